"""From the words of a search form to a query: one box for number, name or identity number, and filters beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from keys.errors import Refused
from keys.vault import Vault
from registry.folding import narrow
from registry.identity import IdType
from registry.occupations import search_occupations
from registry.people import name_key, person_key
from registry.searching import Query

FILTERS = ("occupation", "level", "state", "issued_from", "issued_to", "recorded_from", "recorded_to")
FIELDS = ("q", *FILTERS)
MOST_OCCUPATIONS = 50  # that one word may stand for
MOST_NUMBERS = 10_000  # pasted into one list
# The 13 characters of a body begin with S or Y (人社鉴发〔2019〕2号); no identity document here is written so.
NUMBER = re.compile(r"[SY][0-9A-Z]{0,21}")


def read_query(form: Mapping[str, str], assessors: Sequence[str], vault: Vault) -> Query:
    """The query of a form. Refused ``search.date``, ``field.length``."""
    box = form.get("q", "").strip()
    number = "".join(narrow(box).split()).upper()
    is_number = NUMBER.fullmatch(number) is not None
    has_digits = any(character.isdigit() for character in number)
    return Query(
        assessors=tuple(assessors),
        number=number if is_number else "",
        numbers=read_numbers(form.get("numbers", "")),
        names=_names(vault, box) if box and not is_number and not has_digits else (),
        persons=_persons(vault, number) if has_digits and not is_number else (),
        occupations=_occupations(form.get("occupation", "").strip()),
        level=form.get("level", ""),
        state=form.get("state", ""),
        issued_from=_day(form, "issued_from"),
        issued_to=_day(form, "issued_to"),
        recorded_from=_day(form, "recorded_from"),
        recorded_to=_day(form, "recorded_to"),
    )


def read_numbers(text: str) -> tuple[str, ...]:
    """The numbers pasted into a field, each once, however they are separated. Refused ``field.length``."""
    found = tuple(dict.fromkeys(re.findall(r"[0-9A-Z]+", narrow(text).upper())))
    if len(found) > MOST_NUMBERS:
        raise Refused("field.length", field="numbers")
    return found


def _names(vault: Vault, name: str) -> tuple[bytes, ...]:
    try:
        return (name_key(vault, name),)
    except Refused:  # nobody is called so
        return (b"",)


def _persons(vault: Vault, number: str) -> tuple[bytes, ...]:
    return tuple(person_key(vault, id_type, number) for id_type in IdType)


def _occupations(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    # a word that no occupation has: nothing is to be found, not everything
    return tuple(one.code for one in search_occupations(text, limit=MOST_OCCUPATIONS)) or ("-",)


def _day(form: Mapping[str, str], name: str) -> date | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("search.date", field=name) from None
