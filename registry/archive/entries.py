"""What an archive holds beside the certificates issued here: checked facts, by the kinds of a data file. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from keys.errors import Refused
from registry.kinds import find_kind, kinds
from registry.levels import find_level, levels
from registry.number import parse_any_number
from registry.occupations import find_occupation
from registry.places import find_place
from registry.tables import read_table

EDITION = (
    "2022"  # the only edition whose codes can be looked up; a printed older name is kept beside the code
)
LONGEST_TEXT = 100  # characters of a name of a school, a course or an employer
LARGEST_WHOLE = 1_000_000  # contestants of the largest contests, with room

Fact = str | int | bool
Facts = Mapping[str, Fact]


@dataclass(frozen=True)
class Choice:
    """One of several answers: id and both names."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True)
class EntryField:
    """One fact of a kind of entry."""

    id: str
    zh: str
    en: str
    type: str
    required: bool
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class EntryKind:
    """One kind of entry; ``day`` names the field that dates it."""

    id: str
    zh: str
    en: str
    day: str
    fields: tuple[EntryField, ...]


@dataclass(frozen=True)
class ArchiveEntry:
    """One entry as kept. ``source`` says where it comes from, ``by`` who entered it."""

    id: str
    archive: str
    kind: str
    on: date
    facts: Facts
    source: str
    by: str
    at: datetime


@cache
def entry_kinds() -> tuple[EntryKind, ...]:
    """Every kind, in the order of the data file."""
    return tuple(_kind(row) for row in read_table("archive_entries")["kind"])


def find_entry_kind(kind_id: str) -> EntryKind:
    """The kind called ``kind_id``. Refused ``entry.kind``."""
    found = next((kind for kind in entry_kinds() if kind.id == kind_id), None)
    if found is None:
        raise Refused("entry.kind", field="kind")
    return found


def check_facts(kind_id: str, given: Mapping[str, Any], *, today: date) -> tuple[Facts, date]:
    """The facts of an entry, checked and in the order of the kind, and the day that dates it.

    Refused ``entry.kind``, ``.unknown_fact``, ``.missing``, ``.text``, ``.date``, ``.whole``, ``.flag``, ``.choice``,
    ``.in_future``, ``.order`` (ends before it begins), ``entry.grade``, ``level.required``, ``level.not_for_kind``,
    and what places, occupations, levels, kinds and numbers refuse; each at ``facts.NAME``.
    """
    kind = find_entry_kind(kind_id)
    known = {field.id for field in kind.fields}
    unknown = next((name for name in given if name not in known), None)
    if unknown is not None:
        raise Refused("entry.unknown_fact", field="facts")
    facts: dict[str, Fact] = {}
    for field in kind.fields:
        value = given.get(field.id)
        if value is None or value == "":
            if field.required:
                raise Refused("entry.missing", field=f"facts.{field.id}")
            continue
        facts[field.id] = _read(field, value)
    _check_days(facts, today)
    if kind_id == "certificate":
        facts = _check_certificate(facts)
    return facts, date.fromisoformat(str(facts[kind.day]))


def describe_fact(field: EntryField, value: Fact) -> Mapping[str, str]:
    """A fact for people, in both languages."""
    if field.type == "flag":
        return {"zh": "是", "en": "yes"} if value else {"zh": "否", "en": "no"}
    if field.type == "choice":
        found = next((choice for choice in field.choices if choice.id == value), None)
        return {"zh": found.zh, "en": found.en} if found else {"zh": str(value), "en": str(value)}
    namer = _NAMERS.get(field.type)
    return namer(str(value)) if namer else {"zh": str(value), "en": str(value)}


def offered(field: EntryField) -> list[dict[str, str]]:
    """What a form offers for a field; empty: anything may be typed."""
    if field.type == "level":
        return [{"id": level.id, "zh": level.zh, "en": level.en} for level in levels()]
    if field.type == "certificate_kind":
        return [{"id": kind.id, "zh": kind.zh, "en": kind.en} for kind in kinds()]
    return [{"id": choice.id, "zh": choice.zh, "en": choice.en} for choice in field.choices]


def _name_occupation(code: str) -> Mapping[str, str]:
    found = find_occupation(code, EDITION)
    return {"zh": f"{found.name_zh}（{code}）", "en": f"{found.name_en} ({code})"}


def _name_level(level_id: str) -> Mapping[str, str]:
    level = find_level(level_id)
    return {"zh": level.zh, "en": level.en}


def _name_kind(kind_id: str) -> Mapping[str, str]:
    kind = find_kind(kind_id)
    return {"zh": kind.zh, "en": kind.en}


def _name_place(code: str) -> Mapping[str, str]:
    place = find_place(code)
    return {"zh": place.zh, "en": place.en}


_NAMERS: Mapping[str, Callable[[str], Mapping[str, str]]] = {
    "occupation": _name_occupation,
    "level": _name_level,
    "certificate_kind": _name_kind,
    "place": _name_place,
}


def _read(field: EntryField, value: Any) -> Fact:
    try:
        return _READERS[field.type](field, value)
    except Refused as refused:
        raise refused.at(f"facts.{field.id}") from None


def _read_text(_field: EntryField, value: Any) -> str:
    text = unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else ""
    if not text or len(text) > LONGEST_TEXT or any(unicodedata.category(sign)[0] == "C" for sign in text):
        raise Refused("entry.text", limit=LONGEST_TEXT)
    return text


def _read_date(_field: EntryField, value: Any) -> str:
    try:
        if not isinstance(value, str) or len(value) != len("2026-11-22"):
            raise Refused("entry.date")
        return date.fromisoformat(value).isoformat()
    except ValueError:  # a Refused is one too
        raise Refused("entry.date") from None


def _read_whole(_field: EntryField, value: Any) -> int:
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isdigit()
        and len(value) <= len(str(LARGEST_WHOLE))
    ):
        value = int(value)  # forms send text
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_WHOLE:
        raise Refused("entry.whole", limit=LARGEST_WHOLE)
    return value


def _read_flag(_field: EntryField, value: Any) -> bool:
    if value not in (True, False, "yes", "no"):
        raise Refused("entry.flag")
    return value in (True, "yes")


def _read_choice(field: EntryField, value: Any) -> str:
    if value not in [choice.id for choice in field.choices]:
        raise Refused("entry.choice")
    return str(value)


_READERS: Mapping[str, Callable[[EntryField, Any], Fact]] = {
    "text": _read_text,
    "date": _read_date,
    "whole": _read_whole,
    "flag": _read_flag,
    "choice": _read_choice,
    "place": lambda field, value: find_place(_read_text(field, value)).code,
    "occupation": lambda field, value: find_occupation(_read_text(field, value), EDITION).code,
    "level": lambda field, value: find_level(_read_text(field, value)).id,
    "certificate_kind": lambda field, value: find_kind(_read_text(field, value)).id,
}


def _check_days(facts: Mapping[str, Fact], today: date) -> None:
    for first, last in (("started_on", "ended_on"), ("from", "to")):
        if first in facts and last in facts and str(facts[last]) < str(facts[first]):
            raise Refused("entry.order", field=f"facts.{last}")
    for name in ("issued_on", "ended_on", "won_on", "awarded_on", "graduated_on", "from"):
        if name in facts and str(facts[name]) > today.isoformat():
            raise Refused("entry.in_future", field=f"facts.{name}")


def _check_certificate(facts: dict[str, Fact]) -> dict[str, Fact]:
    """Number, level and line of an imported certificate: an education-line grade is no level (section 1.3)."""
    kind = find_kind(str(facts["kind"]))
    if kind.has_level and "level" not in facts:
        raise Refused("level.required", field="facts.level")
    if not kind.has_level and "level" in facts:
        raise Refused("level.not_for_kind", field="facts.level")
    if (kind.id == "one_plus_x") is not ("grade" in facts):
        raise Refused("entry.grade", field="facts.grade")
    return facts | {"number": _read_number(str(facts["number"]), kind.id)}


# The rule of these numbers was not found (section 5.2): kept as printed.
_FREE_NUMBERS = {"single_skill", "preparatory_technician", "training_completion", "one_plus_x"}


def _read_number(text: str, kind: str) -> str:
    try:
        return parse_any_number(text, kind=kind).text
    except Refused as refused:
        if kind in _FREE_NUMBERS:
            return text.upper()
        raise refused.at("facts.number") from None


def _kind(row: Mapping[str, Any]) -> EntryKind:
    made = tuple(
        EntryField(
            field["id"],
            field["zh"],
            field["en"],
            field["type"],
            field.get("required", True),
            tuple(Choice(**choice) for choice in field.get("choices", ())),
        )
        for field in row["field"]
    )
    if row["day"] not in {field.id for field in made} or any(field.type not in _READERS for field in made):
        raise ValueError(f"registry/data/archive_entries.toml: the kind {row['id']} cannot be used")
    return EntryKind(row["id"], row["zh"], row["en"], row["day"], made)
