"""What the facts of an act are called and what their values mean: ``issuers/data/trail_facts.toml`` and the catalogues.

A name or value without words is shown as it is: the trail is older than any table, and nothing in it may disappear.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from issuers.accounts.words import role_words
from issuers.roles import Role
from keys.errors import Refused
from registry.archive.entries import find_entry_kind
from registry.days import write_day_in_both
from registry.keyrings import REGISTRY
from registry.levels import find_level
from registry.sharing.presets import presets
from registry.view import describe_kind, describe_place

Words = Mapping[str, str]

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
NOTHING = "–"


def fact_words(name: str) -> Words:
    """``{"zh", "en"}`` of a fact's name."""
    return _table()["fact"].get(name) or _same(name)


def value_words(act: str, name: str, value: Any) -> Words:
    """``{"zh", "en"}`` of a fact's value in an act such as ``batch.paused``; a dash for None."""
    if value is None:
        return _same(NOTHING)
    if isinstance(value, bool):
        return _words(_table()["answer"]["yes" if value else "no"])
    if not isinstance(value, str):
        return _same(json.dumps(value, ensure_ascii=False))
    return _find(f"{act.partition('.')[0]}.{name}", value) or _find(name, value) or _same(value)


def _find(name: str, value: str) -> Words | None:
    if found := _table()["value"].get(name, {}).get(value):
        return _words(found)
    try:
        return _CATALOGUES.get(name, _nothing)(value)
    except Refused:  # a code that left its catalogue
        return None


def _place(code: str) -> Words:
    return {language: f"{name} {code}" for language, name in _words(describe_place(code)).items()}


def _kind(value: str) -> Words:
    return _words(describe_kind(value))


def _level(value: str) -> Words:
    return _words(vars(find_level(value)))


def _role(value: str) -> Words | None:
    return role_words(value) if value in {REGISTRY, *Role} else None


def _preset(value: str) -> Words | None:
    return _words(vars(presets()[value])) if value in presets() else None


def _entry_kind(value: str) -> Words:
    return _words(vars(find_entry_kind(value)))


def _day(value: str) -> Words | None:
    return write_day_in_both(date.fromisoformat(value)) if DAY.fullmatch(value) else None


def _nothing(_: str) -> None:
    return None


def _words(row: Mapping[str, Any]) -> Words:
    return {"zh": row["zh"], "en": row["en"]}


def _same(text: str) -> Words:
    return {"zh": text, "en": text}


_CATALOGUES: Mapping[str, Callable[[str], Words | None]] = {
    "level": _level,
    "kind": _kind,
    "archive.kind": _entry_kind,
    "region": _place,
    "role": _role,
    "owner": _role,
    "preset": _preset,
    **dict.fromkeys(("effect", "ends", "from", "held_on", "issued_on", "until"), _day),
}


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((files("issuers") / "data" / "trail_facts.toml").read_text("utf-8"))
