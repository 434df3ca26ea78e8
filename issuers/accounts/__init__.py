"""Accounts: signing in with two factors, sessions, lock-out, resets, and the registrar's list of accounts."""
