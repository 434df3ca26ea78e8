"""The ladder of eight skill levels (人社部发〔2022〕14号; domain data in ``data/levels.toml``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from keys.errors import Refused
from registry.tables import index_unique, read_table


@dataclass(frozen=True)
class Level:
    """One step. Levels order by ``rank`` (8 highest), never by ``digit``, which runs the other way."""

    id: str
    rank: int
    digit: int | None
    """The digit printed in the certificate's number, 5 to 1; None where no national rule gives one."""
    zh: str
    en: str
    numeral_zh: str | None
    is_post: bool
    """An appointment at one employer, which ends with the post."""

    @property
    def printed(self) -> str:
        """As the certificate prints it (人社鉴发〔2021〕1号): ``三级/高级工``, or the name alone."""
        return f"{self.numeral_zh}级/{self.zh}" if self.numeral_zh else self.zh


def levels() -> tuple[Level, ...]:
    """The whole ladder, lowest rank first."""
    return tuple(_by_id().values())


def find_level(id: str) -> Level:  # noqa: A002 - the ladder's own word
    """The level called ``id``; Refused ``level.unknown``."""
    level = _by_id().get(id)
    if level is None:
        # Only what looks like a level's name is repeated: a misplaced field may hold a personal datum.
        raise Refused("level.unknown", level=id if re.fullmatch(r"[a-z]{1,12}|[0-9]{1,2}", id) else "?")
    return level


@cache
def _by_id() -> dict[str, Level]:
    # TOML has no null: an absent digit or numeral is None.
    rows = [Level(**{"digit": None, "numeral_zh": None, **row}) for row in read_table("levels")["level"]]
    if [level.rank for level in rows] != list(range(1, len(rows) + 1)):
        raise ValueError("registry/data/levels.toml: ranks must run 1, 2, 3 ... in order")
    return index_unique("levels", [(level.id, level) for level in rows])
