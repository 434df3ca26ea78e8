"""The catalogue of refusals: one row a code, in Chinese and English, beside the room that raises it.

A row of ``ROOM/data/problems.toml``::

    ["identity.checksum"]
    status = 422                        # HTTP status (RFC 9457)
    zh = "证件号码的校验位不对。"          # what
    en = "The check digit of the identity number is wrong."
    mend_zh = "请对照证件逐位核对。"       # how to mend it
    mend_en = "Compare the number with the document digit by digit."

``{name}`` in a text is filled from the refusal's params; a day among them reads as its reader writes it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from keys.errors import Refused
from registry.days import with_days_written

ROOMS = ("keys", "registry", "issuers", "verify")
LANGUAGES = ("zh", "en")


class _Ellipses(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


@dataclass(frozen=True)
class Problem:
    """One row of the catalogue. Texts may hold ``{name}`` places."""

    code: str
    status: int
    zh: str
    en: str
    mend_zh: str
    mend_en: str

    def what(self, language: str, refused: Refused) -> str:
        """What is wrong, in ``language`` (``zh`` or ``en``)."""
        return self.say(language, refused.params)

    def say(self, language: str, params: Mapping[str, Any]) -> str:
        """What is wrong, in ``language``, filled from ``params``; days as the reader writes them."""
        text = self.zh if language == "zh" else self.en
        return text.format_map(with_days_written(params, language))

    def mend(self, language: str, refused: Refused) -> str:
        """How to mend it, in ``language`` (``zh`` or ``en``)."""
        text = self.mend_zh if language == "zh" else self.mend_en
        return text.format_map(with_days_written(refused.params, language))

    def words(self) -> dict[str, str]:
        """Its texts as `error_words` has them, of no one refusal: an ellipsis where each has its own word."""
        texts = {"zh": self.zh, "en": self.en, "mend_zh": self.mend_zh, "mend_en": self.mend_en}
        return {name: text.format_map(_Ellipses()) for name, text in texts.items()}


def find_problem(code: str) -> Problem:
    """The row of ``code``; KeyError when the catalogue lacks it (a defect of ours, proved absent by a test)."""
    return catalogue()[code]


def error_words(refused: Refused) -> dict[str, str]:
    """A refusal for a form: what is wrong and how to mend it, in both languages."""
    problem = find_problem(refused.code)
    return {
        "zh": problem.what("zh", refused),
        "en": problem.what("en", refused),
        "mend_zh": problem.mend("zh", refused),
        "mend_en": problem.mend("en", refused),
    }


@cache
def catalogue() -> dict[str, Problem]:
    """Every row of every room, by code."""
    rows: dict[str, Problem] = {}
    for problem in _read_rooms():
        if problem.code in rows:
            raise ValueError(f"two rows for the problem {problem.code}")
        rows[problem.code] = problem
    return rows


def _read_rooms() -> Iterator[Problem]:
    for room in (*ROOMS, "registry.policy"):
        source = files(room) / "data" / "problems.toml"
        if source.is_file():
            for code, row in tomllib.loads(source.read_text("utf-8")).items():
                yield Problem(code=code, **row)
