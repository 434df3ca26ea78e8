"""The worker's own pages: claim, sign in, see, ask, leave. One session of its own, apart from the consoles'."""
