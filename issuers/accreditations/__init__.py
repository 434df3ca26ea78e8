"""The life of an accreditation: applied for, decided by two registrars, changed, suspended, withdrawn, renewed."""
