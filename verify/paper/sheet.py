"""What stands on the paper certificate. Pure: a face goes in, labelled rows come out.

Fields and their order: 人社鉴发〔2021〕1号 (docs/paper.md). The words are in ``data/paper.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from babel.dates import format_date

from keys.errors import Refused
from registry.credential import Appointment, Face, OccupationName
from registry.identity import IdType
from registry.kinds import find_kind
from registry.levels import find_level

NONE = "--"  # what the notice wants where there is no 工种/职业方向
Words = dict[str, str]


@dataclass(frozen=True)
class Row:
    """One line: its label in both languages, what it says, and the same in English where there is one."""

    name: str
    label: Words
    text: str = field(repr=False)
    english: str = field(default="", repr=False)


@dataclass(frozen=True)
class Sheet:
    """Everything printed. ``missing`` are the characters that no font has, as 〔U+20BB7〕 stands in the rows."""

    title: Words
    body: Words
    rows: tuple[Row, ...] = field(repr=False)
    missing: tuple[str, ...] = ()


def make_sheet(face: Face, id_number: str) -> Sheet:
    """The sheet of a certificate. ``id_number`` stands on it whole, as the notice wants; the face has it masked.

    Refused ``paper.kind`` for a kind that is not issued here and therefore has no text.
    """
    kind = find_kind(face.kind)
    body = paper_words()["body"].get(face.kind)
    if body is None:
        raise Refused("paper.kind")
    return Sheet({"zh": kind.title_zh, "en": kind.en}, body, tuple(_rows(face, id_number)))


def mark_missing(sheet: Sheet, has_glyph: Callable[[str], bool]) -> Sheet:
    """The sheet with each character that no font has written as its code point, so that no box is ever printed."""
    said = "".join(row.text + row.english for row in sheet.rows)
    missing = {one: f"〔U+{ord(one):04X}〕" for one in dict.fromkeys(said) if not has_glyph(one)}
    table = str.maketrans(missing)
    rows = (
        replace(row, text=row.text.translate(table), english=row.english.translate(table))
        for row in sheet.rows
    )
    return replace(sheet, rows=tuple(rows), missing=tuple(missing.values()))


@cache
def paper_words() -> dict[str, Any]:
    """The fixed words, from ``data/paper.toml``."""
    return tomllib.loads((files("verify") / "data" / "paper.toml").read_text("utf-8"))


def _rows(face: Face, id_number: str) -> Iterator[Row]:
    id_type = IdType(face.holder.id_type)
    yield _row("name", face.holder.name)
    yield _row("id_type", id_type.zh, id_type.en)
    yield _row("id_number", id_number)
    yield _row("occupation", face.occupation.zh, _english(face.occupation))
    yield _row("job", face.occupation.job or NONE)
    if face.level:
        level = find_level(face.level)
        yield _row("level", level.printed or level.zh, level.en)
    yield _row("number", face.number)
    if face.appointment:
        yield _row("appointed", face.appointment.employer, _time(face.appointment))
    yield _row("assessor", face.issuer.name)
    yield _row("issued_on", _day(face.issued_on, "zh_CN"), _day(face.issued_on, "en_GB"))
    yield _row("verify_url", f"{face.origin}/v/{face.code}")
    yield _row("assessor_url", f"{face.origin}/assessors/{face.issuer.id}")


def _row(name: str, text: str, english: str = "") -> Row:
    return Row(name, paper_words()["label"][name], text, english)


def _english(occupation: OccupationName) -> str:
    return f"{occupation.en} · {occupation.code} ({occupation.edition})"


def _time(appointment: Appointment) -> str:
    return f"{appointment.start} – {appointment.end or ''}".rstrip()


def _day(day: date, locale: str) -> str:
    return str(format_date(day, format="long", locale=locale))
