"""Cells of CSV files that people open in a spreadsheet: none may start a formula."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")  # OWASP, CSV injection
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as GBK and shows Chinese as rubbish


def safe_cell(text: str) -> str:
    """``text``, with an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
