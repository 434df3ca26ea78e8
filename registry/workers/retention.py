"""What is held about a worker, on what basis and how long: a data file, with source and grade. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from registry.tables import GRADES, index_unique, read_table


@dataclass(frozen=True)
class HeldKind:
    """One kind of data. ``erased``: goes with the account."""

    id: str
    zh: str
    en: str
    what_zh: str
    what_en: str
    basis_zh: str
    basis_en: str
    keep_zh: str
    keep_en: str
    source: str
    grade: str
    erased: bool

    @property
    def is_law(self) -> bool:
        """Whether the source is the text of a law or document; all else is said to be unverified."""
        return self.grade == "A"


@cache
def held_kinds() -> tuple[HeldKind, ...]:
    """Every kind, in the order they are shown. ValueError for a row without a grade."""
    rows = [HeldKind(**row) for row in read_table("retention")["kind"]]
    if any(row.grade not in GRADES for row in rows):
        raise ValueError("registry/data/retention.toml has a row without a grade")
    return tuple(index_unique("retention", [(row.id, row) for row in rows]).values())
