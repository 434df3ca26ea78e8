"""The kinds of notices and their words, from ``issuers/data/notices.toml``. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from registry.days import with_days_written

Facts = Mapping[str, str | int]


@dataclass(frozen=True)
class Kind:
    """One kind: the names of its facts, a headline and a text in both languages, and the page to look at."""

    id: str
    facts: frozenset[str]
    page: str
    zh: str
    en: str
    text_zh: str
    text_en: str


@dataclass(frozen=True)
class Words:
    """A notice in words; ``page`` is a path."""

    zh: str
    en: str
    text_zh: str
    text_en: str
    page: str


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by its id."""
    rows: dict[str, Any] = tomllib.loads((files("issuers") / "data" / "notices.toml").read_text("utf-8"))
    return {id_: Kind(id_, frozenset(row.pop("facts")), **row) for id_, row in rows.items()}


def check_facts(kind: str, facts: Facts) -> None:
    """A defect of the caller, ``ValueError``, unless the facts are exactly those of the kind."""
    if kind not in kinds() or kinds()[kind].facts != facts.keys():
        raise ValueError(f"a notice {kind} with the facts {sorted(facts)}")


def write(kind: str, facts: Facts) -> Words:
    """The notice in words."""
    row = kinds()[kind]
    zh, en = (with_days_written(facts, language) for language in ("zh", "en"))
    return Words(
        row.zh.format_map(zh),
        row.en.format_map(en),
        row.text_zh.format_map(zh),
        row.text_en.format_map(en),
        row.page.format_map(dict(facts)),
    )
