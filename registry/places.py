"""Place codes of GB/T 2260 (domain data in ``data/places.toml``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from keys.errors import Refused
from registry.tables import read_table

COUNTRY = "000000"
CODE = re.compile(r"[0-9]{6}")
KEPT_ANSWERS = 8_192  # counties and years of birth that a long list asks about again and again


@dataclass(frozen=True)
class Place:
    """A code and its name from the year ``valid_from`` (None: not known) to ``valid_to`` (None: in use)."""

    code: str
    zh: str
    en: str
    valid_from: int | None
    valid_to: int | None


@cache
def places() -> tuple[Place, ...]:
    """Every recorded place under every name it had, the country first."""
    return tuple(_read("country", "provinces", "places"))


def find_place(code: str, *, year: int | None = None) -> Place:
    """The recorded place ``code`` as it was called in ``year``, else its latest name.

    Refused ``place.unknown``, also for a real county the table does not list.
    """
    names = _by_code().get(code, ())
    if not names:
        raise Refused("place.unknown", place=code if CODE.fullmatch(code) else "?")
    return next((place for place in names if year is not None and _in_use(place, year)), names[-1])


def lineage(code: str) -> tuple[str, ...]:
    """``code`` and what contains it, most specific first: ``150102 150100 150000 000000``.

    The county need not be recorded, the province must be: Refused ``place.unknown``.
    """
    if not CODE.fullmatch(code) or (code != COUNTRY and not is_province_prefix(code[:2])):
        raise Refused("place.unknown", place=code if CODE.fullmatch(code) else "?")
    return tuple(dict.fromkeys((code, code[:4] + "00", code[:2] + "0000", COUNTRY)))


def contains(region: str, place: str) -> bool:
    """Whether ``place`` is ``region`` or lies in it; Refused ``place.unknown`` as in ``lineage``."""
    return region in lineage(place)


def within(region: str) -> str:
    """What every place code inside a region begins with: 330000 gives 33, 330100 gives 3301, 000000 nothing."""
    return re.sub("(?:00){1,3}$", "", region)


def is_province_prefix(prefix: str) -> bool:
    """Whether ``prefix`` begins the codes of a province or special region.

    Counts 71 (Taiwan), 81 (Hong Kong), 82 (Macao) and 83, which residence permits of Taiwan residents use.
    """
    return prefix in _province_prefixes()


@lru_cache(KEPT_ANSWERS)
def retired_before(code: str, year: int) -> bool:
    """Whether ``code``, or else its city, was out of use before ``year``; False when neither is recorded."""
    city_and_county = [name for name in lineage(code) if name[2:] != "0000"]
    recorded = next((_by_code()[name] for name in city_and_county if name in _by_code()), ())
    return bool(recorded) and all(place.valid_to is not None and place.valid_to < year for place in recorded)


def _in_use(place: Place, year: int) -> bool:
    return (place.valid_from or year) <= year <= (place.valid_to or year)


@cache
def _province_prefixes() -> frozenset[str]:
    return frozenset(place.code[:2] for place in _read("provinces", "prefixes"))


@cache
def _by_code() -> dict[str, tuple[Place, ...]]:
    rows = (*places(), *_read("prefixes"))
    return {code: tuple(row for row in rows if row.code == code) for code in {row.code for row in rows}}


def _read(*parts: str) -> list[Place]:
    table = read_table("places")
    rows = [
        Place(code, zh, en, first or None, last or None)
        for part in parts
        for code, zh, en, first, last in table[part]
    ]
    wrong = [row.code for row in rows if not (CODE.fullmatch(row.code) and row.zh and row.en)]
    if wrong:
        raise ValueError(f"registry/data/places.toml: rows that cannot be used: {wrong}")
    return rows
