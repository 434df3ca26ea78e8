"""Occupations of the national classification (domain data in ``data/occupations.toml``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from keys.errors import Refused
from registry.folding import fold, narrow
from registry.tables import index_unique, read_table

# 大类-中类-小类-细类; the classification has eight 大类.
CODE = re.compile(r"[1-8]-[0-9]{2}-[0-9]{2}-[0-9]{2}")
# Longer than any occupation's name: nothing longer can be found.
LONGEST_SEARCH = 60
MOST_RESULTS = 100


@dataclass(frozen=True)
class Occupation:
    """One 细类. A code means something only together with its ``edition``."""

    code: str
    edition: str
    name_zh: str
    name_en: str
    group: str
    """The id of one of ``groups()``."""


@dataclass(frozen=True)
class Group:
    """A heading under which forms list occupations."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True)
class EarlierName:
    """A name of another time, and the occupation it leads to today by explicit decision."""

    zh: str
    code: str
    edition: str
    source: str
    grade: str
    since: int | None = None
    """The year of the new name; None where both names are in use."""


def find_occupation(code: str, edition: str) -> Occupation:
    """The occupation ``code`` of ``edition``.

    Refused ``occupation.code_malformed``, ``occupation.edition_unknown``, ``occupation.unknown``.
    """
    code = narrow(code).strip()
    if not CODE.fullmatch(code):
        raise Refused("occupation.code_malformed")
    if edition not in editions():
        raise Refused("occupation.edition_unknown", known=", ".join(editions()))
    occupation = _by_code().get(code)
    if occupation is None:
        raise Refused("occupation.unknown", occupation=code, edition=edition)
    return occupation


def search_occupations(text: str, *, limit: int = 20) -> tuple[Occupation, ...]:
    """At most ``limit`` occupations (at most 100) for what a person typed, best first.

    Matches the start of a code (with or without hyphens), a part of the Chinese name in simplified
    or traditional characters, every word of the English name, and earlier names.
    """
    if len(text) > LONGEST_SEARCH:
        return ()
    wanted = " ".join(fold(text).split())
    if not wanted:
        return ()
    ranked = [(rank, entry.occupation) for entry in _entries() if (rank := entry.rank(wanted)) is not None]
    ranked.sort(key=lambda pair: (pair[0], pair[1].code))
    return tuple(occupation for _, occupation in ranked[: max(0, min(limit, MOST_RESULTS))])


def occupations() -> tuple[Occupation, ...]:
    """Every occupation, grouped as in the data file."""
    return tuple(_by_code().values())


@cache
def groups() -> tuple[Group, ...]:
    """The headings, in the order of the data file."""
    return tuple(Group(row["id"], row["zh"], row["en"]) for row in read_table("occupations")["group"])


def editions() -> tuple[str, ...]:
    """The editions whose codes can be looked up."""
    return tuple({occupation.edition: None for occupation in occupations()})


@cache
def earlier_names() -> tuple[EarlierName, ...]:
    """Names of other times; ValueError when one leads nowhere."""
    names = tuple(EarlierName(**row) for row in read_table("occupations")["earlier_name"])
    for name in names:
        if name.code not in _by_code() or _by_code()[name.code].edition != name.edition:
            raise ValueError(f"registry/data/occupations.toml: {name.zh} leads to no occupation")
    return names


@dataclass(frozen=True)
class _Entry:
    """An occupation with everything it is found by, folded."""

    occupation: Occupation
    codes: tuple[str, str]
    names: tuple[str, ...]
    english: str

    def rank(self, wanted: str) -> int | None:
        """How well ``wanted`` (folded) matches: 0 best, None not at all."""
        squeezed = wanted.replace(" ", "")
        ranks = (
            (0, any(code == wanted for code in self.codes) or squeezed in self.names),
            (1, any(code.startswith(wanted) for code in self.codes)),
            (2, any(name.startswith(squeezed) for name in self.names) or self.english.startswith(wanted)),
            (3, any(squeezed in name for name in self.names)),
            (4, all(word in self.english for word in wanted.split())),
        )
        return next((rank for rank, matches in ranks if matches), None)


@cache
def _entries() -> tuple[_Entry, ...]:
    return tuple(_entry(occupation) for occupation in occupations())


def _entry(occupation: Occupation) -> _Entry:
    names = [occupation.name_zh, *(name.zh for name in earlier_names() if name.code == occupation.code)]
    return _Entry(
        occupation,
        (occupation.code, occupation.code.replace("-", "")),
        tuple(fold(name) for name in names),
        fold(occupation.name_en),
    )


@cache
def _by_code() -> dict[str, Occupation]:
    table = read_table("occupations")
    rows = [
        Occupation(code, table["edition"], zh, en, group["id"])
        for group in table["group"]
        for code, zh, en in group["rows"]
    ]
    wrong = [row.code for row in rows if not (CODE.fullmatch(row.code) and row.name_zh and row.name_en)]
    if wrong:
        raise ValueError(f"registry/data/occupations.toml: rows that cannot be used: {wrong}")
    return index_unique("occupations", [(row.code, row) for row in rows])
