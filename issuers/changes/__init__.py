"""Changes of state: one at a time, many by two people, and certificates issued again in the place of others."""
