"""The words for warnings: what was accepted although it deserves a look."""

from __future__ import annotations

from functools import cache
from typing import Any

from registry.tables import read_table


def describe_warning(code: str, language: str) -> str:
    """The text of the warning ``code`` in ``language`` (``zh`` or ``en``); KeyError when there is none."""
    return str(_texts()[code]["zh" if language == "zh" else "en"])


@cache
def _texts() -> dict[str, dict[str, Any]]:
    return {code: row for code, row in read_table("warning_texts").items() if isinstance(row, dict)}
