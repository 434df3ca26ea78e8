"""Sending webhooks: where they may go, how they are signed, one attempt, and when the next is due."""
