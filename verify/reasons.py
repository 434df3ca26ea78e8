"""Reasons by number: each code that a verdict can carry has a short stable number, the same wherever it is shown."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from registry.problems import find_problem

HUNDREDS = {
    "V1": ("Form: the document cannot be read", "格式"),
    "V2": ("The QR code", "二维码"),
    "V3": ("Who signed", "签发者与密钥"),
    "V4": ("The signature", "签名"),
    "V5": ("The accreditation", "备案"),
    "V6": ("The record and the look-up", "登记与查询"),
    "V7": ("The status and the lists", "状态与列表"),
    "V8": ("The dates, and statements of entitlements", "日期与待遇说明"),
    "V9": ("The holder", "持证人"),
}


@cache
def reason_numbers() -> Mapping[str, str]:
    """The number of each code, ``V101`` and so on."""
    return tomllib.loads((files("verify") / "data" / "reason_numbers.toml").read_text("utf-8"))


def find_number(code: str) -> str | None:
    """The number of a code; None for a check that passed."""
    return reason_numbers().get(code)


def reasons_document() -> str:
    """``docs/reasons.md``."""
    lines = [
        "# Reasons, by number",
        "",
        "Made from `verify/data/reason_numbers.toml` by `python -m verify.reasons > docs/reasons.md`; a test compares.",
        "The same numbers stand beside the reason on the page, in the API (`reason.number`), on the command line and",
        "in the offline app. A number stays with its code for good.",
    ]
    for hundred, (en, zh) in HUNDREDS.items():
        lines += [
            "",
            f"## {hundred}xx {en} {zh}",
            "",
            "| number | code | 中文 | English |",
            "|---|---|---|---|",
        ]
        lines += [_row(code, number) for code, number in reason_numbers().items() if number[:2] == hundred]
    return "\n".join(lines) + "\n"


def _row(code: str, number: str) -> str:
    problem = find_problem(code)
    return f"| {number} | `{code}` | {problem.zh} | {problem.en} |"


if __name__ == "__main__":
    sys.stdout.write(reasons_document())
