"""What a share may show, for how long and how often: choices of a data file, and the bounds of all choices. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from keys.errors import Refused
from registry.tables import index_unique, read_table

LONGEST = timedelta(days=90)
"""A season of applications; what must be shown longer is better shown by the certificate itself."""
MOST_VIEWS = 100
"""Who must show it to more people than that has no one purpose."""
VIEWS = (1, 5, 20, MOST_VIEWS)
LONGEST_PURPOSE = 60  # characters: a line on the viewer's page


@dataclass(frozen=True)
class Preset:
    """One choice: the claims it shows, and what it is for."""

    id: str
    zh: str
    en: str
    why_zh: str
    why_en: str
    minors: bool
    """Whether somebody under age may choose it."""
    claims: frozenset[str]


@dataclass(frozen=True)
class Life:
    """How long a link lives."""

    hours: int
    zh: str
    en: str


@cache
def presets() -> dict[str, Preset]:
    """By id, what shows least first."""
    rows = [
        Preset(**{**row, "claims": frozenset(row["claims"])}) for row in read_table("share_presets")["preset"]
    ]
    return index_unique("share_presets", [(row.id, row) for row in rows])


@cache
def lives() -> tuple[Life, ...]:
    """The lives offered, shortest first."""
    return tuple(Life(**row) for row in read_table("share_presets")["life"])


def check_choice(preset: str, purpose: str, hours: int, views: int) -> str:
    """The purpose, trimmed. Refused ``share.preset``, ``.purpose``, ``.life``, ``.views``."""
    if preset not in presets():
        raise Refused("share.preset", field="preset")
    text = " ".join(purpose.split())
    if not 0 < len(text) <= LONGEST_PURPOSE or not text.isprintable():
        raise Refused("share.purpose", field="purpose", limit=LONGEST_PURPOSE)
    if not timedelta() < timedelta(hours=min(hours, 10_000)) <= LONGEST:
        raise Refused("share.life", field="hours", days=LONGEST.days)
    if not 0 < views <= MOST_VIEWS:
        raise Refused("share.views", field="views", limit=MOST_VIEWS)
    return text
