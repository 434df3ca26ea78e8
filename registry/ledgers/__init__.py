"""The ledgers: subsidies, credits, checks of employment access, and the published tables they read."""
