"""Verdicts for a thousand rows at a time: two questions to the record, then only arithmetic.

A QR text with a signed payload that says exactly what the record says is answered by `quick`; everything else by the
checks that a single verification makes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from registry.certificate import CertificateRecord
from registry.credential import Face
from registry.names import same_name
from registry.occupations import find_occupation
from registry.people import SealedHolder
from registry.problems import find_problem
from verify.bulk.quick import QuickYes
from verify.bulk.rows import Row
from verify.checks import Evidence, RecordEvidence, Trust, check_credential
from verify.gate_check import check_gate
from verify.history import end_of_day, evidence_at
from verify.verdict import Check, Outcome, Result, Verdict

CODE_IN_PATH = re.compile("/[vw]/([A-Za-z0-9_-]{16,64})(?=#|$)")
Known = Callable[[Evidence, datetime], Evidence]
FindAll = Callable[[Iterable[str], Iterable[str]], Iterator[CertificateRecord]]
MEMOISED_NAMES = 4_096  # of occupations: two editions have about 3,300
# Outcomes after which the certificate's own words may be repeated; the others rest on words nobody vouches for.
TOLD = frozenset(Outcome) - {Outcome.BROKEN, Outcome.UNTRUSTED, Outcome.UNKNOWN}
OUTCOME_WORDS = {
    Outcome.VALID: ("有效", "Valid"),
    Outcome.REVOKED: ("已撤销", "Revoked"),
    Outcome.SUSPENDED: ("已暂停", "Suspended"),
    Outcome.EXPIRED: ("已过期", "Expired"),
    Outcome.NOT_YET_VALID: ("尚未生效", "Not yet valid"),
    Outcome.SUPERSEDED: ("已被替换", "Replaced"),
    Outcome.UNTRUSTED: ("来源不可信", "Issuer not trusted"),
    Outcome.BROKEN: ("已被改动或损坏", "Altered or damaged"),
    Outcome.UNKNOWN: ("无法核验", "Could not be checked"),
}


@dataclass(frozen=True)
class Told:
    """What is told of a certificate: level, code and Chinese name of the occupation, assessor, date of issue."""

    level: str | None
    occupation: str
    occupation_name: str
    assessor: str
    assessor_name: str
    issued_on: date


@dataclass(frozen=True)
class Answer:
    """The answer to one row. Of the person it holds what the employer sent and nothing more.

    ``told`` is there where the outcome is one of ``TOLD``; else ``code`` is what was sent.
    """

    row: Row = field(repr=False)
    outcome: Outcome
    reason: str
    words: tuple[str, str]
    code: str = ""
    told: Told | None = None


def levels_of(answers: Iterable[Answer]) -> Counter[str]:
    """How many rows are valid, by skill level."""
    told = (answer.told for answer in answers if answer.outcome is Outcome.VALID)
    return Counter(one.level for one in told if one and one.level)


@dataclass(frozen=True)
class Judge:
    """What is needed to answer: trust by DID and by assessor id, the record, and the sealed holders."""

    trust: Callable[[str], Trust | None]
    trust_by_id: Callable[[str], Trust | None]
    find_all: FindAll
    open_holder: Callable[[CertificateRecord], SealedHolder]
    origin: str

    def answer(self, rows: Sequence[Row], *, at: datetime, day: date | None = None) -> list[Answer]:
        """An answer to each row, in order: how it is, or how it was at the end of a ``day`` gone by.

        What the database raises goes through; then nothing is answered.
        """
        codes = {code for row in rows if (code := self._code(row))}
        numbers = {row.number for row in rows if row.number and not self._code(row) and not row.qr}
        by_code, by_number = {}, {}
        for record in self.find_all(codes, numbers):
            by_code[record.code] = by_number[record.number] = record
        found = [self._find(row, by_code, by_number) for row in rows]
        if day is not None:
            moment = end_of_day(day, now=at)
            return [self._answer(*one, moment, evidence_at) for one in zip(rows, found, strict=True)]
        quick = QuickYes(self.trust_by_id, self.origin, at)
        yes = quick(zip((row.qr for row in rows), found, strict=True))
        return [
            self._say_yes(row, one) if is_quick and one else self._answer(row, one, at)
            for row, one, is_quick in zip(rows, found, yes, strict=True)
        ]

    def _find(
        self,
        row: Row,
        by_code: Mapping[str, CertificateRecord],
        by_number: Mapping[str, CertificateRecord],
    ) -> CertificateRecord | None:
        """The certificate of a row, where there is one and it is the person's named."""
        if row.problem:
            return None
        code = self._code(row)
        found = by_code.get(code) if code or row.qr else by_number.get(row.number)
        return found if found and self._fits(row, found) else None

    def _say_yes(self, row: Row, found: CertificateRecord) -> Answer:
        return Answer(row, Outcome.VALID, "", OUTCOME_WORDS[Outcome.VALID], found.code, self._tell(found))

    def _answer(
        self,
        row: Row,
        found: CertificateRecord | None,
        at: datetime,
        known: Known = lambda evidence, _: evidence,
    ) -> Answer:
        if found is None:
            return describe(row, refuse(self._find_reason(row), at))
        recorded = RecordEvidence(
            found.credential, found.recorded_at, found.state, found.cause, found.changes
        )
        evidence = known(Evidence(self.trust, lambda _: recorded, trust_by_id=self.trust_by_id), at)
        if "#" in row.qr:
            return describe(row, check_gate(row.qr, evidence, at=at), found.code)
        return describe(row, check_credential(found.credential, evidence, at=at), found.code)

    def _find_reason(self, row: Row) -> str:
        """Why nothing was found. Who named a person cannot tell an unknown certificate from somebody else's."""
        if row.problem:
            return row.problem
        if row.qr and not self._code(row):
            return "qr.foreign"
        is_named = row.number or row.name or row.id_number
        return "lookup.no_match" if is_named else "record.missing"

    def _code(self, row: Row) -> str:
        """The code that a row names, in a QR text of ours or by itself."""
        if not row.qr:
            return row.code
        found = CODE_IN_PATH.match(row.qr, len(self.origin)) if row.qr.startswith(f"{self.origin}/") else None
        return found.group(1) if found else ""

    def _fits(self, row: Row, found: CertificateRecord) -> bool:
        """Whether number, name and identity number, as far as sent, are the certificate's; which is not told."""
        if row.number and row.number != found.number:
            return False
        if not (row.name or row.id_number):
            return True
        person = self.open_holder(found)
        fits_name = row.name in {"", person.name, person.id_number} or same_name(person.name, row.name)
        return fits_name and row.id_number in {"", person.id_number}

    def _tell(self, found: CertificateRecord) -> Told:
        trust = self.trust_by_id(found.assessor)
        name = trust.assessor.name if trust else ""
        occupation = _name_occupation(*found.occupation)
        return Told(found.level, found.occupation[0], occupation, found.assessor, name, found.issued_on)


def refuse(code: str, at: datetime) -> Verdict:
    """The verdict on a row that could not be asked, or that nothing answers to."""
    return Verdict(Outcome.UNKNOWN, at, (Check("record", Result.FAILED, code),))


def describe(row: Row, verdict: Verdict, code: str = "") -> Answer:
    """A verdict as the answer to a row."""
    reason = verdict.reason
    told = _tell(verdict.face) if verdict.face and verdict.outcome in TOLD else None
    return Answer(
        row=row,
        outcome=verdict.outcome,
        reason=reason.code if reason else "",
        words=_words(verdict.outcome, reason),
        code=code if told else row.code,
        told=told,
    )


def _tell(face: Face) -> Told:
    occupation, issuer = face.occupation, face.issuer
    return Told(face.level, occupation.code, occupation.zh, issuer.id, issuer.name, face.issued_on)


@lru_cache(MEMOISED_NAMES)
def _name_occupation(code: str, edition: str) -> str:
    return find_occupation(code, edition).name_zh


def _words(outcome: Outcome, reason: Check | None) -> tuple[str, str]:
    zh, en = OUTCOME_WORDS[outcome]
    if reason is None:
        return zh, en
    problem = find_problem(reason.code)
    return f"{zh}：{problem.say('zh', reason.params)}", f"{en}: {problem.say('en', reason.params)}"
