"""What acts are called, in Chinese and English: one row a name in ``registry/data/acts.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from registry.tables import read_table

Words = Mapping[str, str]


def act_words(name: str) -> Words:
    """``{"zh", "en"}`` of an act; its own name where the trail is older than the table (a name was given up)."""
    return all_act_words().get(name) or {"zh": name, "en": name}


@cache
def all_act_words() -> Mapping[str, Words]:
    """Every act that the code notes, by name."""
    return {name: row for name, row in read_table("acts").items() if isinstance(row, dict)}
