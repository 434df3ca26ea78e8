"""The certificate on paper: one A4 page as PDF/A-3, with its QR, and the signed credential attached inside the file."""
