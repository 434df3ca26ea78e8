"""The kinds of certificate the record knows (domain data in ``data/kinds.toml``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from keys.errors import Refused
from registry.tables import index_unique, read_table

Line = Literal["hrss", "education"]


@dataclass(frozen=True)
class Kind:
    """One kind of certificate."""

    id: str
    zh: str
    en: str
    line: Line
    """The ministry line: a level of the education line never satisfies a rule of the hrss line."""
    has_level: bool
    """Whether it carries a level of the ladder in ``registry.levels``."""
    issued_here: bool
    """False: recorded by import only."""
    local_code: str
    """Two capital letters for numbers that no national rule covers."""
    title_zh: str
    """What the certificate is called on its face."""


def kinds() -> tuple[Kind, ...]:
    """Every kind, in the order of the data file."""
    return tuple(_by_id().values())


def find_kind(id: str) -> Kind:  # noqa: A002 - the table's own word
    """The kind called ``id``; Refused ``kind.unknown``."""
    kind = _by_id().get(id)
    if kind is None:
        # Only what looks like a kind's name is repeated: a misplaced field may hold a personal datum.
        raise Refused("kind.unknown", kind=id if re.fullmatch(r"[a-z_]{1,32}", id) else "?")
    return kind


@cache
def _by_id() -> dict[str, Kind]:
    rows = [Kind(**row) for row in read_table("kinds")["kind"]]
    codes = [kind.local_code for kind in rows]
    if len(set(codes)) != len(codes) or not all(re.fullmatch("[A-Z]{2}", code) for code in codes):
        raise ValueError("registry/data/kinds.toml: local_code must be two capital letters, each once")
    return index_unique("kinds", [(kind.id, kind) for kind in rows])
