"""Issues: who may certify what, and doing it."""
