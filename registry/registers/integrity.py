"""Integrity files of assessors, enterprises and persons: cases, appeals and what they block, pure.

Sources: ZJ-19 (记录认定机构、企业和个人虚报、隐瞒、伪造…的不良信息), HH-14, HH-17, JL-12. A decision carries its
number, its day, the state of its appeal and the day it leaves the public list; it blocks new subsidies from one
day up to and without another. An appeal that is upheld lifts the block and takes the case off the public list; one
under way does not, and is shown. Findings of inspections stand in the file without a decision and block nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from keys.errors import Refused
from registry.credit_code import parse_credit_code
from registry.number import check_body_code
from registry.registers.rows import Row
from registry.tables import read_table

PERSON_KEY = re.compile(r"[0-9a-f]{64}")  # `registry.people.person_key` as hex: never an identity number
MAX_TEXT = 200  # characters of a decision number or a summary
CASE_ID = re.compile(r"[0-9A-Za-z-]{1,40}")


class Appeal(StrEnum):
    """How far an appeal against a decision has come."""

    NONE = "none"
    OPEN = "open"
    DISMISSED = "dismissed"
    UPHELD = "upheld"


# An appeal is lodged once and ends once; a dismissed one may be reopened by a court.
FOLLOWS: Mapping[Appeal, tuple[Appeal, ...]] = {
    Appeal.NONE: (Appeal.OPEN,),
    Appeal.OPEN: (Appeal.DISMISSED, Appeal.UPHELD),
    Appeal.DISMISSED: (Appeal.OPEN,),
    Appeal.UPHELD: (),
}


@dataclass(frozen=True)
class Case:
    """A case as it stands. ``subject`` is ``assessor:BODY``, ``enterprise:CREDIT CODE`` or ``person:HEX``.

    ``decision`` None: a finding of an inspection. ``ends`` is the first day off the public list.
    """

    id: str
    subject: str
    name: str
    means: str
    decision: str | None
    decided_on: date
    ends: date
    blocks_from: date | None
    blocks_to: date | None
    appeal: Appeal
    summary: str = ""

    @property
    def is_public(self) -> bool:
        """Decisions about bodies only: persons are never named, findings are no decisions."""
        return self.decision is not None and not self.subject.startswith("person:")

    def blocks(self, on: date) -> bool:
        """Whether it bars new subsidies on that day."""
        if self.appeal is Appeal.UPHELD or self.blocks_from is None:
            return False
        return self.blocks_from <= on and (self.blocks_to is None or on < self.blocks_to)

    def is_open(self, on: date) -> bool:
        """Whether something may still come of it on that day: not upheld on appeal, and not at its end."""
        return self.appeal is not Appeal.UPHELD and on < self.ends

    def shown(self, on: date) -> bool:
        """Whether the public list has it on that day."""
        return self.is_public and self.appeal is not Appeal.UPHELD and self.decided_on <= on < self.ends


@cache
def words(group: str) -> Mapping[str, Mapping[str, str]]:
    """What codes are called: ``group`` is means, appeal or subject; code to ``{zh, en}``."""
    found: Mapping[str, Mapping[str, str]] = read_table("integrity")[group]
    return found


def person_subject(person: bytes) -> str:
    """The subject of a person from the keyed hash of the identity document (32 bytes)."""
    return f"person:{person.hex()}"


def decide_case(rows: Sequence[Row], case: Case) -> dict[str, Any]:
    """The content of a case's first row; Refused ``integrity.exists`` or names the field that is wrong."""
    if rows:
        raise Refused("integrity.exists", field="case")
    _check(case)
    return _content(replace(case, subject=check_subject(case.subject)))


def decide_appeal(rows: Sequence[Row], appeal: Appeal) -> dict[str, Any]:
    """The content of the row for an appeal's next state. Refused ``integrity.unknown``, ``integrity.appeal``."""
    if not rows:
        raise Refused("integrity.unknown", field="case")
    case = read_case(rows[-1])
    if case.decision is None or appeal not in FOLLOWS[case.appeal]:
        raise Refused("integrity.appeal", field="appeal")
    return {**rows[-1].content, "appeal": appeal.value}


def latest(rows: Iterable[Row]) -> list[Case]:
    """Every case as its last row has it, in order of their days."""
    last = {row.stream: row for row in rows}
    return sorted((read_case(row) for row in last.values()), key=lambda case: (case.decided_on, case.id))


def blocking(cases: Iterable[Case], on: date) -> list[Case]:
    """Those that bar new subsidies on that day."""
    return [case for case in cases if case.blocks(on)]


def read_case(row: Row) -> Case:
    """The case that a row's content says."""
    content: dict[str, Any] = dict(row.content)
    content |= {name: _day(content[name]) for name in ("decided_on", "ends", "blocks_from", "blocks_to")}
    content["appeal"] = Appeal(content["appeal"])
    return Case(id=row.stream.partition(":")[2], **content)


def _content(case: Case) -> dict[str, Any]:
    return {
        "subject": case.subject,
        "name": case.name,
        "means": case.means,
        "decision": case.decision,
        "decided_on": case.decided_on.isoformat(),
        "ends": case.ends.isoformat(),
        "blocks_from": _text(case.blocks_from),
        "blocks_to": _text(case.blocks_to),
        "appeal": case.appeal.value,
        "summary": case.summary,
    }


def _check(case: Case) -> None:
    if not CASE_ID.fullmatch(case.id):
        raise Refused("integrity.id", field="case")
    check_subject(case.subject)
    if case.subject.startswith("person:") == bool(case.name):
        raise Refused("integrity.name", field="name")  # bodies are named, persons never are
    if case.means not in words("means"):
        raise Refused("integrity.means", field="means", known=", ".join(words("means")))
    for field, text in (("decision", case.decision), ("summary", case.summary), ("name", case.name)):
        if text is not None and (len(text) > MAX_TEXT or not text.isprintable()):
            raise Refused("field.length", field=field)
    if case.decision == "":
        raise Refused("field.missing", field="decision")
    _check_days(case)


def _check_days(case: Case) -> None:
    if case.ends <= case.decided_on:
        raise Refused("integrity.ends", field="ends")
    if case.decision is None and case.blocks_from is not None:
        raise Refused("integrity.no_decision", field="blocks_from")
    if case.blocks_from is None:
        if case.blocks_to is not None:
            raise Refused("integrity.blocks", field="blocks_from")
    elif case.blocks_from < case.decided_on or (case.blocks_to and case.blocks_to <= case.blocks_from):
        raise Refused("integrity.blocks", field="blocks_to")


def check_subject(subject: str) -> str:
    """The subject, checked. Refused ``integrity.subject`` or what its code is refused for."""
    kind, _, code = subject.partition(":")
    if kind == "assessor":
        check_body_code(code)
    elif kind == "enterprise":
        return f"enterprise:{parse_credit_code(code).code}"
    elif kind != "person" or not PERSON_KEY.fullmatch(code):
        raise Refused("integrity.subject", field="subject")
    return subject


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
