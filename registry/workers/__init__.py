"""Workers, the people certificates are about: their accounts, sessions, claims, requests, and what they are owed."""
