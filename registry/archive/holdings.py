"""Every certificate of a person in one shape: those issued here, read from the record, and those imported. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from registry.archive.entries import ArchiveEntry
from registry.certificate import CertificateRecord
from registry.credential import parse_credential, read_face
from registry.kinds import Line, find_kind
from registry.policy.access import Qualification
from registry.policy.credits import Result

PRESENT = "valid"


@dataclass(frozen=True)
class Holding:
    """One certificate. ``code`` None: imported, so that the registry vouches for the entry, not for the certificate."""

    number: str
    kind: str
    line: Line
    occupation: str
    occupation_printed: str | None
    job: str | None
    level: str | None
    grade: str | None
    region: str | None
    issued_on: date
    issued_by: str
    assessor: str | None
    employer: str | None
    """Of a special or chief technician: who appointed them."""
    ends_on: date | None
    state: str
    code: str | None
    source: str
    entry: str | None = None
    """The archive's entry, when it was imported."""

    @property
    def standing(self) -> bool:
        """Whether it holds today: not revoked, suspended or replaced."""
        return self.state == PRESENT

    @property
    def result(self) -> Result:
        """As a learning result of the credit bank."""
        return Result(self.number, self.kind, self.occupation, self.level, self.issued_on)

    @property
    def qualification(self) -> Qualification:
        """As what an access check looks for."""
        return Qualification(
            self.number, self.kind, self.occupation, self.issued_on, withdrawn=not self.standing
        )


def from_record(record: CertificateRecord) -> Holding:
    """A certificate issued here, as its own signed words say."""
    face = read_face(parse_credential(record.credential))
    post = face.appointment
    return Holding(
        number=record.number,
        kind=record.kind,
        line=find_kind(record.kind).line,
        occupation=face.occupation.code,
        occupation_printed=face.occupation.zh,
        job=face.occupation.job,
        level=record.level,
        grade=None,
        region=record.region,
        issued_on=record.issued_on,
        issued_by=face.issuer.name,
        assessor=record.assessor,
        employer=post.employer if post else None,
        ends_on=post.end if post else None,
        state=record.state.value,
        code=record.code,
        source=face.accreditation.decision,
    )


def from_entry(entry: ArchiveEntry) -> Holding:
    """An imported certificate."""
    facts = entry.facts

    def text(name: str) -> str | None:
        return str(facts[name]) if name in facts else None

    return Holding(
        number=str(facts["number"]),
        kind=str(facts["kind"]),
        line=find_kind(str(facts["kind"])).line,
        occupation=str(facts["occupation"]),
        occupation_printed=text("printed_occupation"),
        job=None,
        level=text("level"),
        grade=text("grade"),
        region=None,
        issued_on=entry.on,
        issued_by=str(facts["issued_by"]),
        assessor=None,
        employer=None,
        ends_on=None,
        state=PRESENT,
        code=None,
        source=entry.source,
        entry=entry.id,
    )
