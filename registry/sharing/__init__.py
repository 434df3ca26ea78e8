"""Shares: links under the worker's hand that show a part of a certificate for one purpose."""
