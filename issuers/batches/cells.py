"""What the cells of a list mean: dates, levels, kinds, documents, occupations, marks. Pure."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache

from issuers.batches.columns import table
from keys.errors import Refused
from registry.folding import narrow
from registry.identity import IdType
from registry.kinds import kinds
from registry.levels import levels
from registry.occupations import Occupation, earlier_names, find_occupation, occupations
from registry.sheets import heading_key

PASS_MARK = Decimal(60)  # of 100, in theory and in practice each (domain notes 1.2 [C])
FULL_MARK = Decimal(100)
NUMBER_RULE_SINCE = 2_000  # two-digit years are not guessed
KEPT_CELLS = 512  # cells that stand in row after row: documents by name, marks
ROUNDED = re.compile(r"\d(\.\d+)?E\+\d{1,2}", re.IGNORECASE)  # what a spreadsheet makes of 18 digits
_DATE = re.compile(r"(\d{4})([-/.年]?)(\d{1,2})([-/.月]?)(\d{1,2})日?")
_MIDNIGHT = re.compile(r"[ T]00:00(:00)?$")


def parse_date(text: str) -> date:
    """2026-11-22, 2026/11/22, 2026.11.22, 20261122, or in Chinese. Refused ``batch.date``."""
    found = _DATE.fullmatch(_MIDNIGHT.sub("", narrow(text).strip()))
    if not found or (not found[2] and len(found[3] + found[5]) < 4):
        raise Refused("batch.date")
    try:
        return date(int(found[1]), int(found[3]), int(found[5]))
    except ValueError:
        raise Refused("batch.date") from None


@lru_cache(KEPT_CELLS)
def parse_mark(text: str) -> Decimal:
    """A mark from 0 to 100. Refused ``batch.mark``."""
    try:
        mark = Decimal(narrow(text).strip())
    except InvalidOperation:
        raise Refused("batch.mark") from None
    if not mark.is_finite() or not 0 <= mark <= FULL_MARK:
        raise Refused("batch.mark")
    return mark


def check_mark(text: str) -> None:
    """Refused ``batch.mark``, ``batch.mark_failed``."""
    if parse_mark(text) < PASS_MARK:
        raise Refused("batch.mark_failed", limit=int(PASS_MARK))


def parse_level(text: str) -> str:
    """The id of a level from ``3``, the printed form, a numeral or a name. Refused ``batch.level``."""
    return _look_up(_levels(), text, "batch.level")


def parse_kind(text: str) -> str:
    """The id of a kind of certificate from its id or name. Refused ``batch.kind``."""
    return _look_up(_kinds(), text, "batch.kind")


@lru_cache(KEPT_CELLS)
def parse_id_type(text: str) -> str:
    """The id of an identity document from its id, name or national code (201). Refused ``batch.id_type``."""
    return _look_up(_id_types(), text, "batch.id_type")


def find_by_name(text: str, preferred: AbstractSet[tuple[str, str]]) -> Occupation:
    """The occupation of that Chinese or English name, one that is accredited before others.

    Refused ``batch.occupation_name``, ``batch.occupation_ambiguous``.
    """
    found = _occupations().get(heading_key(text), ())
    accredited = [one for one in found if (one.code, one.edition) in preferred]
    candidates = accredited or list(found)
    if not candidates:
        raise Refused("batch.occupation_name")
    if len(candidates) > 1:
        raise Refused("batch.occupation_ambiguous", codes=", ".join(one.code for one in candidates))
    return candidates[0]


def is_name_of(text: str, occupation: Occupation) -> bool:
    """Whether ``text`` is a name of that occupation, now or formerly."""
    return occupation in _occupations().get(heading_key(text), ())


def _look_up(known: dict[str, str], text: str, refusal: str) -> str:
    found = known.get(heading_key(text))
    if found is None:
        raise Refused(refusal)
    return found


@cache
def _levels() -> dict[str, str]:
    known = {}
    for level in levels():
        numeral = f"{level.numeral_zh}级" if level.numeral_zh else ""
        digit = f"{level.digit}级" if level.digit else ""
        for text in (level.id, level.zh, level.en, level.printed, numeral, digit):
            known[heading_key(text)] = level.id
    known.pop("", None)
    return known


@cache
def _kinds() -> dict[str, str]:
    texts = {kind.id: (kind.id, kind.zh, kind.en, kind.title_zh) for kind in kinds()}
    return {heading_key(text): id_ for id_, names in texts.items() for text in names}


@cache
def _id_types() -> dict[str, str]:
    texts = {one.value: (one.value, one.zh, one.en, one.national_code or one.value) for one in IdType}
    aliases = {heading_key(zh): id_ for zh, id_ in table()["words"]["id_type_aliases"].items()}
    return aliases | {heading_key(text): id_ for id_, names in texts.items() for text in names}


@cache
def _occupations() -> dict[str, tuple[Occupation, ...]]:
    index: dict[str, tuple[Occupation, ...]] = {}
    earlier = [(name.zh, find_occupation(name.code, name.edition)) for name in earlier_names()]
    own = [(text, one) for one in occupations() for text in (one.name_zh, one.name_en)]
    for text, one in [*own, *earlier]:
        key = heading_key(text)
        if one not in index.get(key, ()):
            index[key] = (*index.get(key, ()), one)
    return index
