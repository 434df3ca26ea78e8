"""What the offline page needs of the data files and of the catalogue of refusals, in both languages. Pure.

The rules of the page (`verify/static/verify`) are the rules of `verify.gate` and `verify.gate_check`; the tables that
they rest on come from here, so that no table is kept twice.
"""

from __future__ import annotations

from functools import cache

from issuers.assessor import KIND_NAMES
from registry.identity import IdType
from registry.kinds import kinds
from registry.levels import levels
from registry.occupations import occupations
from registry.places import is_province_prefix, places
from registry.problems import Problem, catalogue
from registry.view import Json
from verify.reasons import find_number

# The checks' own codes and those of what they read; a code that only a form or the record gives is not among them.
FAMILIES = frozenset(
    {
        "format",
        "issuer",
        "key",
        "signature",
        "accreditation",
        "record",
        "status",
        "validity",
        "qr",
        "cose",
        "proof",
        "scope",
        "place",
        "holder",
        "identity",
        "trust_list",
        "status_list",
    }
)


@cache
def app_words() -> Json:
    """Tables and words by id."""
    return {
        "kinds": {
            kind.id: {
                "hasLevel": kind.has_level,
                "localCode": kind.local_code,
                "zh": kind.title_zh,
                "en": kind.en,
            }
            for kind in kinds()
        },
        "levels": {
            level.id: {
                "digit": level.digit,
                "rank": level.rank,
                "printed": level.printed,
                "zh": level.zh,
                "en": level.en,
            }
            for level in levels()
        },
        "provinces": [f"{number:02}" for number in range(100) if is_province_prefix(f"{number:02}")],
        "places": {place.code: {"zh": place.zh, "en": place.en} for place in places()},
        "occupations": {
            f"{one.code} {one.edition}": {"zh": one.name_zh, "en": one.name_en} for one in occupations()
        },
        "idTypes": {one.value: {"zh": one.zh, "en": one.en} for one in IdType},
        "assessorKinds": KIND_NAMES,
        "reasons": {
            code: _reason(row) for code, row in catalogue().items() if code.split(".")[0] in FAMILIES
        },
    }


def _reason(row: Problem) -> Json:
    return {"zh": row.zh, "en": row.en, "number": find_number(row.code)}
