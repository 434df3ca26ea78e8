"""Notices: what an owner is told, in the console always, by e-mail and webhook where it wishes."""
