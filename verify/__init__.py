"""Checks and shows: is it true, and in plain words."""
