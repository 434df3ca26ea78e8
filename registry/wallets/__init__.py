"""Wallets: offers, nonces, and a certificate as a JWT."""
