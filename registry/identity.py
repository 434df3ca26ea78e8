"""Identity numbers: what a holder's document carries, checked and brought to one form.

The resident number follows GB 11643-1999: 6 digits of place, 8 of birth date, 3 of sequence and
one check character (ISO 7064 MOD 11-2). A refusal never repeats the number or a part of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from operator import mul

from keys.errors import Refused
from registry.folding import narrow
from registry.places import is_province_prefix, retired_before
from registry.tables import read_table

# The longest document number is 18 characters; the rest is room for spaces and hyphens.
LONGEST_INPUT = 64
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
# Hong Kong, Macao, Taiwan: the residence permit's number is built like the resident number [G].
PERMIT_PREFIXES = ("810000", "820000", "830000")
# Nine numbers of ten: nothing in them to tidy.
_USUAL = re.compile("[0-9]{17}[0-9X]")
_SEPARATORS = re.compile("[ \t\u00a0\u2010-\u2015\u2212-]")

CONVERTED = "identity.converted_from_15"
RETIRED_PREFIX = "identity.prefix_retired_before_birth"
PERMIT_PREFIX = "identity.residence_permit_prefix"


class IdType(StrEnum):
    """Kinds of identity document; names and shapes are in ``data/identity_types.toml``."""

    RESIDENT_ID = "resident_id"
    RESIDENCE_PERMIT_HMT = "residence_permit_hmt"
    HMT_TRAVEL_PERMIT = "hmt_travel_permit"
    FOREIGN_PERMANENT_RESIDENT = "foreign_permanent_resident"
    PASSPORT = "passport"

    @property
    def national_code(self) -> str | None:
        """The code of the national reporting rows (``201``); None where it was not found."""
        return _document(self).national_code

    @property
    def zh(self) -> str:
        """The document's Chinese name."""
        return _document(self).zh

    @property
    def en(self) -> str:
        """The document's English name."""
        return _document(self).en


@dataclass(frozen=True)
class Identity:
    """A number that passed. Its ``repr`` shows neither the number nor the birth date."""

    id_type: IdType
    number: str = field(repr=False)
    """Normalised: capital letters and digits, a resident number always of 18 characters."""
    birth_date: date | None = field(default=None, repr=False)
    warnings: tuple[str, ...] = ()
    """Codes with a text in ``registry.warning_texts``: worth a look, no reason to refuse."""


def parse_identity(id_type: str, number: str, *, on: date) -> Identity:
    """Check ``number`` of a document of ``id_type`` on the day ``on``.

    Refused ``identity.type_unknown``, ``.length``, ``.characters``, ``.checksum``,
    ``.place_never_used``, ``.birth_date``, ``.birth_in_future``.
    """
    document_type = _find_type(id_type)
    text = _normalise(number)
    _check_shape(document_type, text)
    if document_type is IdType.RESIDENT_ID:
        return _parse_resident(text, on)
    if document_type is IdType.RESIDENCE_PERMIT_HMT:
        return _parse_permit(text, on)
    if document_type is IdType.FOREIGN_PERMANENT_RESIDENT and len(text) == 18:
        _check_checksum(text)
    return Identity(document_type, text)


def check_character(body: str) -> str:
    """The eighteenth character for the 17 digits ``body`` (ISO 7064 MOD 11-2)."""
    return CHECK_CHARACTERS[sum(map(mul, map(int, body), WEIGHTS)) % 11]


def _parse_resident(text: str, on: date) -> Identity:
    warnings = []
    if len(text) == 15:
        body = f"{text[:6]}19{text[6:]}"
        text = body + check_character(body)
        warnings.append(CONVERTED)
    _check_checksum(text)
    if not is_province_prefix(text[:2]):
        raise Refused("identity.place_never_used")
    birth = _parse_birth(text, on)
    if text.startswith(PERMIT_PREFIXES):
        warnings.append(PERMIT_PREFIX)
    if retired_before(text[:6], birth.year):
        warnings.append(RETIRED_PREFIX)
    return Identity(IdType.RESIDENT_ID, text, birth, tuple(warnings))


def _parse_permit(text: str, on: date) -> Identity:
    _check_checksum(text)
    if not text.startswith(PERMIT_PREFIXES):
        raise Refused("identity.place_never_used")
    return Identity(IdType.RESIDENCE_PERMIT_HMT, text, _parse_birth(text, on))


def _parse_birth(text: str, on: date) -> date:
    try:
        birth = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        # `from None`: the message of the cause would hold a part of the number
        raise Refused("identity.birth_date") from None
    if birth > on:
        raise Refused("identity.birth_in_future")
    return birth


def _check_checksum(text: str) -> None:
    if text[-1] != check_character(text[:-1]):
        raise Refused("identity.checksum")


def _check_shape(id_type: IdType, text: str) -> None:
    document = _document(id_type)
    if document.shape.fullmatch(text):
        return
    # Another length than any number of this document, or the wrong characters: two different mistakes.
    if len(text) in document.lengths:
        raise Refused("identity.characters")
    raise Refused("identity.length")


def _normalise(number: str) -> str:
    if _USUAL.fullmatch(number):
        return number
    if len(number) > LONGEST_INPUT:
        raise Refused("identity.length")
    text = _SEPARATORS.sub("", narrow(number).strip())
    # ASCII before upper-casing, which turns some other letters into ours.
    if not re.fullmatch("[A-Za-z0-9]*", text):
        raise Refused("identity.characters")
    return text.upper()


def _find_type(id_type: str) -> IdType:
    try:
        return IdType(id_type)
    except ValueError:
        raise Refused("identity.type_unknown") from None


@dataclass(frozen=True)
class _Document:
    """One row of the data file."""

    id: str
    zh: str
    en: str
    shape: re.Pattern[str]
    lengths: tuple[int, ...]
    national_code: str | None = None


@cache
def _document(id_type: IdType) -> _Document:
    row = next(row for row in read_table("identity_types")["type"] if row["id"] == id_type)
    return _Document(**row | {"shape": re.compile(row["shape"])})
