"""Sharing: the worker chooses what a link shows, a stranger opens it."""
