"""Verdicts for a thousand rows at a time: two questions to the record, then only arithmetic.

A QR text with a signed payload is judged by that signature, and the record's own fields are compared with what it
says. The certificate's other signature, in the record, is verified as well wherever that could change the answer:
when the fields differ, when the verdict is not ``valid``, when a key of the assessor was ever compromised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from keys.ring import KeyState
from registry.credential import Face
from registry.names import same_name
from registry.people import SealedHolder
from registry.problems import find_problem
from registry.record import CertificateRecord
from verify.bulk.rows import Row
from verify.checks import Evidence, RecordEvidence, Trust, check_credential
from verify.gate_check import check_gate
from verify.verdict import Check, Outcome, Result, Verdict

CODE_IN_PATH = re.compile("/[vw]/([A-Za-z0-9_-]{16,64})(?=#|$)")
FindAll = Callable[[Iterable[str], Iterable[str]], Iterator[CertificateRecord]]
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


class AskAgain(Exception):
    """Part of the evidence did not answer: these rows are not judged yet."""


@dataclass(frozen=True)
class Answer:
    """The answer to one row. Of the person it holds what the employer sent and nothing more.

    ``code``, ``level``, ``occupation``, ``assessor`` and ``issued_on`` are the certificate's where the outcome is one
    of ``TOLD``; else ``code`` is what was sent and the others are empty.
    """

    row: Row = field(repr=False)
    outcome: Outcome
    reason: str
    words: tuple[str, str]
    code: str = ""
    face: Face | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Judge:
    """What is needed to answer: trust by DID and by assessor id, the record, and the sealed holders."""

    trust: Callable[[str], Trust | None]
    trust_by_id: Callable[[str], Trust | None]
    find_all: FindAll
    open_holder: Callable[[CertificateRecord], SealedHolder]
    origin: str

    def answer(self, rows: Sequence[Row], *, at: datetime) -> list[Answer]:
        """An answer to each row, in order. Raises AskAgain, or what the database raises; then nothing is answered."""
        codes = {code for row in rows if (code := self._code(row))}
        numbers = {row.number for row in rows if row.number and not self._code(row) and not row.qr}
        by_code, by_number = {}, {}
        for found in self.find_all(codes, numbers):
            by_code[found.code] = by_number[found.number] = found
        return [self._answer(row, by_code, by_number, at) for row in rows]

    def _answer(
        self,
        row: Row,
        by_code: Mapping[str, CertificateRecord],
        by_number: Mapping[str, CertificateRecord],
        at: datetime,
    ) -> Answer:
        code = self._code(row)
        if row.problem:
            return describe(row, refuse(row.problem, at))
        if row.qr and not code:
            return describe(row, refuse("qr.foreign", at))
        found = by_code.get(code) if code else by_number.get(row.number)
        if found is None or not self._fits(row, found):
            return describe(row, refuse("record.missing" if code and not found else "lookup.no_match", at))
        verdict = self._judge_gate(row.qr, found, at) if "#" in row.qr else self._judge(found, at)
        if verdict.reason and verdict.reason.code.endswith(".away"):
            raise AskAgain(verdict.reason.code)
        return describe(row, verdict, found.code)

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

    def _judge(self, found: CertificateRecord, at: datetime) -> Verdict:
        evidence = RecordEvidence(found.credential, found.recorded_at, found.state)
        return check_credential(found.credential, Evidence(self.trust, lambda _: evidence), at=at)

    def _judge_gate(self, text: str, found: CertificateRecord, at: datetime) -> Verdict:
        quick = Evidence(self.trust, state=lambda _: found.state, trust_by_id=self.trust_by_id)
        verdict = check_gate(text, quick, at=at)
        if verdict.outcome is Outcome.VALID and verdict.face and self._agrees(verdict.face, found):
            return verdict
        recorded = RecordEvidence(found.credential, found.recorded_at, found.state)
        whole = Evidence(self.trust, lambda _: recorded, trust_by_id=self.trust_by_id)
        return check_gate(text, whole, at=at)

    def _agrees(self, face: Face, found: CertificateRecord) -> bool:
        trust = self.trust_by_id(found.assessor)
        was_stolen = trust is None or any(key.state is KeyState.COMPROMISED for key in trust.ring.keys)
        said = (face.number, face.kind, face.level, (face.occupation.code, face.occupation.edition))
        kept = (found.number, found.kind, found.level, found.occupation)
        return (
            not was_stolen
            and said == kept
            and (face.region, face.issued_on, face.status) == (found.region, found.issued_on, found.status)
            and face.holder.name == self.open_holder(found).name
        )


def refuse(code: str, at: datetime) -> Verdict:
    """The verdict on a row that could not be asked, or that nothing answers to."""
    return Verdict(Outcome.UNKNOWN, at, (Check("record", Result.FAILED, code),))


def describe(row: Row, verdict: Verdict, code: str = "") -> Answer:
    """A verdict as the answer to a row."""
    reason = verdict.reason
    told = verdict.face if verdict.outcome in TOLD else None
    return Answer(
        row=row,
        outcome=verdict.outcome,
        reason=reason.code if reason else "",
        words=_words(verdict.outcome, reason),
        code=code if told else row.code,
        face=told,
    )


def _words(outcome: Outcome, reason: Check | None) -> tuple[str, str]:
    zh, en = OUTCOME_WORDS[outcome]
    if reason is None:
        return zh, en
    problem = find_problem(reason.code)
    return f"{zh}：{problem.zh.format_map(reason.params)}", f"{en}: {problem.en.format_map(reason.params)}"
