"""Keys that assessors keep themselves: registered with a proof of possession, and certificates signed elsewhere."""
