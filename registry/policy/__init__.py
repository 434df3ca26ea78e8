"""Policy: documents as dated data, and the pure rules that answer from them."""
