"""What the values of a view and the targets are called, in both languages, and their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache

from babel.dates import format_date

from keys.errors import Refused
from registry.kinds import find_kind
from registry.levels import find_level, levels
from registry.occupations import find_occupation
from registry.places import find_place
from registry.statistics.counting import NO_LEVEL
from registry.statistics.sessions import sectors
from registry.tables import read_table

Name = Mapping[str, str]
"""``{zh, en}``."""


def name_value(view: str, value: str) -> Name:
    """The value ``3`` of the view ``level``, for example; a value nobody knows is its own name."""
    try:
        return _NAMERS[view](value) if view in _NAMERS else _same(value)
    except Refused:  # a code of an older table
        return _same(value)


def name_target(name: str) -> Name:
    """A target of a rule set."""
    return sectors().get(name) or _words("target").get(name) or _same(name)


def order_values(view: str, rows: Mapping[str, int]) -> list[str]:
    """Values in their natural order: months and levels as they run, others largest first."""
    if view == "month":
        return sorted(rows)
    if view == "level":
        return sorted(rows, key=[*(level.id for level in levels()), NO_LEVEL].index)
    return sorted(rows, key=lambda value: (-rows[value], value))


@cache
def _words(group: str) -> Mapping[str, Name]:
    found: Mapping[str, Name] = read_table("figures")[group]
    return found


def _same(text: str) -> Name:
    return {"zh": text, "en": text}


def _name_level(value: str) -> Name:
    if value == NO_LEVEL:
        return _words("value")["none"]
    level = find_level(value)
    return {"zh": level.zh, "en": level.en}


def _name_place(value: str) -> Name:
    place = find_place(value)
    return {"zh": place.zh, "en": place.en}


def _name_occupation(value: str) -> Name:
    code, _, edition = value.partition(":")
    occupation = find_occupation(code, edition)
    return {"zh": occupation.name_zh, "en": occupation.name_en}


def _name_kind(value: str) -> Name:
    kind = find_kind(value)
    return {"zh": kind.zh, "en": kind.en}


def _name_month(value: str) -> Name:
    month = date.fromisoformat(f"{value}-01")
    return {"zh": format_date(month, "LLLL", locale="zh_CN"), "en": format_date(month, "LLLL", locale="en")}


_NAMERS: Mapping[str, Callable[[str], Name]] = {
    "level": _name_level,
    "region": _name_place,
    "occupation": _name_occupation,
    "kind": _name_kind,
    "month": _name_month,
}
