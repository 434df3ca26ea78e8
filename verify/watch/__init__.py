"""The watch list: an employer is told when a certificate it relies on changes."""
