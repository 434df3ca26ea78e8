"""The unified social credit code of a body (GB 32100-2015).

18 characters: registering department, kind of body, six digits of region (GB/T 2260), nine characters
of organisation code (GB 11714-1997) and one check character (ISO 7064 MOD 31-3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from keys.errors import Refused
from registry.folding import narrow
from registry.places import is_province_prefix
from registry.tables import index_unique, read_table

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
LENGTH = 18
# 18 characters and room for spaces and hyphens.
LONGEST_INPUT = 64
WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# Bodies registered with a ministry carry 100000 as their region.
NATIONAL_REGION = "100000"

ORGANISATION_CHECK = "credit_code.organisation_check"
CATEGORY_UNKNOWN = "credit_code.category_unknown"
REGION_UNKNOWN = "credit_code.region_unknown"


@dataclass(frozen=True)
class Category:
    """What kind of body the first two characters name."""

    id: str
    zh: str
    en: str


OTHER = Category("other", "其他", "Other")


@dataclass(frozen=True)
class CreditCode:
    """A code that passed."""

    code: str
    category: str
    """The id of the kind of body: ``enterprise``, ``association``, ``public_institution`` and so on."""
    region: str
    """Six digits of GB/T 2260: where the body is registered."""
    warnings: tuple[str, ...] = ()
    """Codes with a text in ``registry.warning_texts``."""


def parse_credit_code(text: str) -> CreditCode:
    """Check ``text``; Refused ``credit_code.length``, ``.characters``, ``.checksum``, ``.department``.

    A wrong check character of the organisation code, a kind of body or a region outside our tables
    are warnings: real codes of that sort may exist.
    """
    code = _normalise(text)
    if code[-1] != check_character(code[:-1]):
        raise Refused("credit_code.checksum")
    if code[0] not in _departments():
        raise Refused("credit_code.department")
    return CreditCode(code, find_category(code).id, code[2:8], tuple(_warnings(code)))


def check_character(body: str) -> str:
    """The eighteenth character for the first 17, ``body``; a difference of 31 is written 0."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(body, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def find_category(code: str) -> Category:
    """The kind of body of ``code``, by its first two characters; ``other`` when the table has none."""
    return _categories().get(code[:2], OTHER)


def _warnings(code: str) -> list[str]:
    found = {
        CATEGORY_UNKNOWN: code[:2] not in _categories(),
        REGION_UNKNOWN: not (is_province_prefix(code[2:4]) or code[2:8] == NATIONAL_REGION),
        ORGANISATION_CHECK: code[16] != _organisation_check(code[8:16]),
    }
    return [warning for warning, applies in found.items() if applies]


def _organisation_check(body: str) -> str:
    """The ninth character for eight of an organisation code: letters count 10 (A) to 35 (Z)."""
    total = sum(int(c, 36) * w for c, w in zip(body, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[(11 - total % 11) % 11]


def _normalise(text: str) -> str:
    if len(text) > LONGEST_INPUT:
        raise Refused("credit_code.length")
    code = re.sub("[ \t-]", "", narrow(text).strip())
    # ASCII first: upper-casing turns some other letters into ours (a ligature into FF).
    if not code.isascii() or not set(code := code.upper()) <= set(ALPHABET):
        raise Refused("credit_code.characters")
    if len(code) != LENGTH:
        raise Refused("credit_code.length")
    if not code[2:8].isdigit():
        raise Refused("credit_code.characters")
    return code


@cache
def _departments() -> frozenset[str]:
    return frozenset(character for character, _ in read_table("credit_codes")["departments"])


@cache
def _categories() -> dict[str, Category]:
    rows = read_table("credit_codes")["categories"]
    return index_unique("credit_codes", [(prefix, Category(*names)) for prefix, *names in rows])
