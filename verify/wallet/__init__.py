"""Wallets: OpenID4VCI 1.0 with the pre-authorized code, and downloads."""
