"""From what an assessor asks to what a certificate says: every check that needs no database, pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from issuers.accreditation import Accreditation, Scope, covering
from issuers.assessor import Assessor, AssessorKind
from keys.errors import Refused
from registry.credential import Appointment, OccupationName
from registry.identity import Identity, parse_identity
from registry.kinds import Kind, find_kind
from registry.levels import Level, find_level
from registry.names import parse_name
from registry.occupations import Occupation, find_occupation
from registry.places import find_place

MAX_AGE = timedelta(
    days=366
)  # subsidy offices refuse certificates recorded over 12 months after issue (Rizhao 2022)
MAX_JOB = 40  # characters of a 工种 or direction
MAX_EMPLOYER = 100
FIRST_APPOINTMENT = date(1949, 10, 1)  # no post is older than the state whose rules give it


@dataclass(frozen=True)
class IssueRequest:
    """One certificate as an assessor asks for it; nothing is checked yet."""

    kind: str
    holder_name: str = field(repr=False)
    id_type: str
    id_number: str = field(repr=False)
    occupation_code: str
    occupation_edition: str
    level: str | None
    issued_on: date
    job: str | None = None
    region: str | None = None
    appointment: Appointment | None = None


@dataclass(frozen=True)
class Draft:
    """A certificate that may be issued: all its words, no number yet."""

    kind: Kind
    level: Level | None
    holder_name: str = field(repr=False)
    identity: Identity
    occupation: OccupationName
    region: str
    issued_on: date
    accreditation: Accreditation
    appointment: Appointment | None
    aside: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Kept in the record and on no certificate: place of work, marks."""


Given = TypeVar("Given")
Found = TypeVar("Found")


def located(field: str, act: Callable[[Given], Found], given: Given) -> Found:
    """What ``act`` makes of ``given``; its refusal, located at ``field`` of the caller's input."""
    try:
        return act(given)
    except Refused as refused:
        raise refused.at(field) from None


def check_request(request: IssueRequest, assessor: Assessor, *, today: date) -> Draft:
    """The draft of ``request``; Refused with the field that stands in the way. ``today`` is the day in China."""
    check_date(request.issued_on, today)
    kind = check_kind(located("kind", find_kind, request.kind))
    level = check_level(kind, request.level)
    check_post(level, request.appointment, assessor)
    found = _find_occupation(request)
    region = located("region", find_place, request.region or assessor.region).code
    scope = Scope(
        kind.id, (found.code, found.edition), level.id if level else None, region, request.issued_on, today
    )
    accreditation = covering(assessor.accreditations, scope)
    return Draft(
        kind=kind,
        level=level,
        holder_name=located("holder.name", parse_name, request.holder_name),
        identity=_check_identity(request),
        occupation=OccupationName(
            found.code, found.edition, found.name_zh, found.name_en, check_job(request.job)
        ),
        region=region,
        issued_on=request.issued_on,
        accreditation=accreditation,
        appointment=request.appointment,
    )


def _find_occupation(request: IssueRequest) -> Occupation:
    try:
        return find_occupation(request.occupation_code, request.occupation_edition)
    except Refused as refused:
        field = "edition" if refused.code == "occupation.edition_unknown" else "code"
        raise refused.at(f"occupation.{field}") from None


def check_date(issued_on: date, today: date) -> None:
    """Refused ``issue.in_future``, ``issue.too_old``."""
    if issued_on > today:
        raise Refused("issue.in_future", field="issued_on", today=today.isoformat())
    if issued_on < today - MAX_AGE:
        raise Refused("issue.too_old", field="issued_on", days=MAX_AGE.days)


def _check_identity(request: IssueRequest) -> Identity:
    try:
        return parse_identity(request.id_type, request.id_number, on=request.issued_on)
    except Refused as refused:
        field = "id_type" if refused.code == "identity.type_unknown" else "id_number"
        raise refused.at(f"holder.{field}") from None


def check_kind(kind: Kind) -> Kind:
    """The kind, if certificates of it are issued here. Refused ``kind.not_issued_here``."""
    if not kind.issued_here:
        raise Refused("kind.not_issued_here", field="kind", kind=kind.zh)
    return kind


def check_level(kind: Kind, level_id: str | None) -> Level | None:
    """The level that a kind needs or forbids. Refused ``level.*``."""
    if not kind.has_level:
        if level_id is not None:
            raise Refused("level.not_for_kind", field="level")
        return None
    if level_id is None:
        raise Refused("level.required", field="level")
    return located("level", find_level, level_id)


def check_post(level: Level | None, appointment: Appointment | None, assessor: Assessor) -> None:
    """Whether a post and a level go together. Refused ``level.post_at_employer``, ``appointment.*``."""
    if level is None or not level.is_post:
        if appointment:
            raise Refused("appointment.not_for_level", field="appointment")
        return
    if assessor.kind is not AssessorKind.ENTERPRISE:
        raise Refused("level.post_at_employer", field="level")
    if appointment is None:
        raise Refused("appointment.required", field="appointment")
    if not 0 < len(appointment.employer) <= MAX_EMPLOYER:
        raise Refused("appointment.employer", field="appointment.employer", limit=MAX_EMPLOYER)
    if appointment.start < FIRST_APPOINTMENT or (appointment.end and appointment.end <= appointment.start):
        raise Refused("appointment.dates", field="appointment.to")


def check_job(job: str | None) -> str | None:
    """The trade as printed; None where there is none. Refused ``issue.job``."""
    if job is None or job.strip() in {
        "",
        "--",
    }:  # the face prints -- where there is none (人社鉴发〔2021〕1号)
        return None
    text = job.strip()
    if len(text) > MAX_JOB or not text.isprintable():
        raise Refused("issue.job", field="job", limit=MAX_JOB)
    return text
