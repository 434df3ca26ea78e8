"""Certificate numbers: the national one of 22 characters, this registry's local one, and forms met on import.

The national one follows 人社鉴发〔2019〕2号 《职业技能等级证书编码规则（试行）》: one letter (Y employer,
S social assessment body), 4 digits of body, 2 of province, 6 of the body's serial, 2 of year, 1 of level
(1 to 5), 6 of serial; no check digit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from keys.errors import Refused
from registry.folding import narrow
from registry.kinds import kinds
from registry.places import is_province_prefix
from registry.tables import read_table

# 22 characters and room for spaces.
LONGEST_INPUT = 64
BODY = re.compile("[YS][0-9]{12}")
NATIONAL = re.compile("([YS][0-9]{12})([0-9]{2})([0-9])([0-9]{6})")
LOCAL = re.compile("([YS][0-9]{12})-([A-Z]{2})-([0-9]{2})-([0-9]{6})")
LAST_SERIAL = 999_999
KEPT_BODIES = 1_024  # assessors that are issuing now: a batch has the same one in every row
# The rule is of 2019 and prints two digits of the year.
YEARS = range(2000, 2100)
LEVEL_DIGITS = range(1, 6)


@dataclass(frozen=True)
class CertificateNumber:
    """A national number; making one with parts the rule does not allow is Refused (``number.*``)."""

    body: str
    """The body's 13 characters."""
    year: int
    level: int
    """The printed digit, 5 lowest to 1 highest."""
    serial: int

    def __post_init__(self) -> None:
        check_body_code(self.body)
        _check_parts(self.year, self.serial)
        if self.level not in LEVEL_DIGITS:
            raise Refused("number.level")

    @property
    def text(self) -> str:
        """The 22 characters."""
        return f"{self.body}{self.year % 100:02}{self.level}{self.serial:06}"


@dataclass(frozen=True)
class ParsedNumber:
    """A number of any form."""

    form: str
    """``national``, ``local``, or the id of a row of ``data/number_forms.toml``."""
    text: str
    body: str | None = None
    """The body's 13 characters; None for import forms."""
    year: int | None = None


def parse_number(text: str) -> CertificateNumber:
    """The national number in ``text``.

    Refused ``number.length``, ``.shape``, ``.province``, ``.level``, ``.serial``.
    """
    number = _normalise(text)
    if len(number) != 22:
        raise Refused("number.length")
    parts = NATIONAL.fullmatch(number)
    if not parts:
        raise Refused("number.shape")
    body, year, level, serial = parts.groups()
    return CertificateNumber(body, 2000 + int(year), int(level), int(serial))


def parse_any_number(text: str, *, kind: str | None = None) -> ParsedNumber:
    """The number in ``text``, of a form issued here or met on import.

    ``kind`` (the id of a kind of certificate) narrows the import forms to those it carries.
    Refused ``number.unknown_form`` and, for the forms issued here, as in ``parse_number``.
    """
    number = _normalise(text)
    if NATIONAL.fullmatch(number):
        parsed = parse_number(number)
        return ParsedNumber("national", number, parsed.body, parsed.year)
    if parts := LOCAL.fullmatch(number):
        body, code, year, serial = parts.groups()
        local_number(body, code, 2000 + int(year), int(serial))
        return ParsedNumber("local", number, body, 2000 + int(year))
    for form in _import_forms():
        if form.shape.fullmatch(number) and (kind is None or kind in form.kinds):
            return ParsedNumber(form.id, number)
    raise Refused("number.unknown_form")


def local_number(body: str, kind_local_code: str, year: int, serial: int) -> str:
    """A number for a kind or level without a published national rule: ``Y000015000001-ZX-26-000001``.

    Its hyphens keep it from being taken for a national one. Refused ``number.*``.
    """
    check_body_code(body)
    _check_parts(year, serial)
    if kind_local_code not in {kind.local_code for kind in kinds()}:
        raise Refused("number.kind")
    return f"{body}-{kind_local_code}-{year % 100:02}-{serial:06}"


@lru_cache(KEPT_BODIES)
def check_body_code(text: str) -> str:
    """The 13 characters of a body; Refused ``number.body``, ``number.province``."""
    if not BODY.fullmatch(text):
        raise Refused("number.body")
    if not is_province_prefix(text[5:7]):
        raise Refused("number.province", province=text[5:7])
    return text


def check_consistent(number: CertificateNumber, *, body: str, issued_on: date, level: int) -> None:
    """Hold the number against the record: its body's 13 characters, issue date, printed level digit.

    Refused ``number.body_differs``, ``number.year_differs``, ``number.level_differs``.
    """
    if number.body != body:
        raise Refused("number.body_differs")
    if number.year != issued_on.year:
        raise Refused("number.year_differs", year=issued_on.year)
    if number.level != level:
        raise Refused("number.level_differs", level=level)


def _check_parts(year: int, serial: int) -> None:
    if year not in YEARS:
        raise Refused("number.year")
    if not 1 <= serial <= LAST_SERIAL:
        raise Refused("number.serial", limit=LAST_SERIAL)


def _normalise(text: str) -> str:
    if len(text) > LONGEST_INPUT:
        raise Refused("number.length")
    number = re.sub("[ \t]", "", narrow(text).strip())
    if not number.isascii():
        raise Refused("number.shape")
    return number.upper()


@dataclass(frozen=True)
class _ImportForm:
    id: str
    shape: re.Pattern[str]
    kinds: frozenset[str]


@cache
def _import_forms() -> tuple[_ImportForm, ...]:
    known = {kind.id for kind in kinds()}
    forms = [
        _ImportForm(row["id"], re.compile(row["shape"]), frozenset(row["kinds"]))
        for row in read_table("number_forms")["form"]
    ]
    if any(not form.kinds <= known for form in forms):
        raise ValueError("registry/data/number_forms.toml: a form names an unknown kind")
    return tuple(forms)
