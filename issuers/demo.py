"""Demo data: three assessors of the three kinds and a few certificates, made once, through the ordinary desk."""

from __future__ import annotations

import hashlib
import secrets
import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from typing import Any

from issuers.accreditation import Accreditation
from issuers.admission import accredit, admit
from issuers.assessor import Assessor, AssessorKind
from issuers.changes.states import revoke
from issuers.employers import Employer
from issuers.request import IssueRequest
from issuers.roles import ASSESSOR, BUREAU, Role
from issuers.services import Issuers
from keys.errors import Refused
from registry.certificate import CertificateRecord, Idempotency
from registry.claiming import claim_link
from registry.credential import Appointment, china_date
from registry.keyrings import REGISTRY
from registry.services import Registry
from registry.state import State
from registry.workers.claims import ClaimLinks

EDITION = "2022"
LABEL = "demo"
AGE = timedelta(
    days=30
)  # the demo accreditations began, and the special technician was appointed, a month ago


@dataclass(frozen=True)
class DemoAccount:
    """An account with the password made at this start."""

    name: str
    role: Role
    password: str = field(repr=False)


@dataclass(frozen=True)
class Demo:
    """What a start of the demo hands out. Passwords and tokens are made at that start."""

    certificate: CertificateRecord
    holder: dict[str, str] = field(repr=False)
    assessor: Assessor
    accounts: tuple[DemoAccount, ...] = field(repr=False)
    token: str = field(repr=False)
    registrar_token: str = field(repr=False)
    employer_token: str = field(repr=False)
    claim_url: str = field(repr=False)


def make_demo(registry: Registry, issuers: Issuers) -> Demo:
    """The demo data where it is not yet there, and a new password and token."""
    data = tomllib.loads((files("issuers") / "data" / "demo.toml").read_text("utf-8"))
    for row in data["assessors"]:
        _admit(registry, issuers, row)
    employer = _employer(issuers, data["employer"])
    records = [_issue(registry, issuers, row) for row in data["certificates"]]
    first = data["certificates"][0]
    assessor = issuers.assessors.find(first["assessor"])
    owners = dict.fromkeys(BUREAU, REGISTRY) | dict.fromkeys(ASSESSOR, assessor.id)
    owners[Role.EMPLOYER] = employer.owner
    return Demo(
        certificate=records[0],
        holder={"name": first["name"], "id_type": "resident_id", "id_number": first["id_number"]},
        assessor=assessor,
        accounts=tuple(
            _account(issuers, row["name"], Role(row["role"]), owners[row["role"]]) for row in data["accounts"]
        ),
        token=_token(registry, issuers, assessor.id),
        registrar_token=_token(registry, issuers, REGISTRY),
        employer_token=_token(registry, issuers, employer.owner),
        claim_url=_claim_url(registry, records[0].code),
    )


def _claim_url(registry: Registry, code: str) -> str:
    """The holder's link; one that was used in an earlier run of the demo says so and leads to the sign-in."""
    generation = ClaimLinks(registry.database).state(code).generation
    return claim_link(registry.vault, registry.settings.origin, code, generation)


def _employer(issuers: Issuers, row: dict[str, str]) -> Employer:
    try:
        return issuers.employers.add(row["id"], name=row["name"], credit_code=row["credit_code"])
    except Refused as refused:
        if refused.code != "employer.exists":
            raise
        return issuers.employers.find(row["id"])


def _account(issuers: Issuers, name: str, role: Role, owner: str) -> DemoAccount:
    password = secrets.token_urlsafe(12)
    issuers.assessors.set_account(name, owner, password, role)
    return DemoAccount(name, role, password)


def _token(registry: Registry, issuers: Issuers, owner: str) -> str:
    issuers.assessors.end_tokens(owner, label=LABEL)
    return issuers.assessors.new_token(owner, label=LABEL, at=registry.clock())


def _admit(registry: Registry, issuers: Issuers, row: dict[str, Any]) -> None:
    try:
        admit(
            issuers.assessors,
            registry,
            row["id"],
            name=row["name"],
            kind=AssessorKind(row["kind"]),
            credit_code=row["credit_code"],
            region=row["region"],
        )
        accredit(issuers.assessors, row["id"], _accreditation(registry, row))
    except Refused as refused:
        if refused.code not in {"assessor.exists", "accreditation.exists"}:
            raise


def _accreditation(registry: Registry, row: dict[str, Any]) -> Accreditation:
    start = china_date(registry.clock()) - AGE
    return Accreditation(
        row["accreditation"],
        "skill_level",
        frozenset((code, EDITION) for code in row["occupations"]),
        frozenset(row["levels"]),
        row["region"],
        start,
        start.replace(year=start.year + 3, day=1),
        row["decision"],
    )


def _issue(registry: Registry, issuers: Issuers, row: dict[str, Any]) -> CertificateRecord:
    key = hashlib.sha256(f"demo {row['id_number']}".encode()).digest()
    standing = registry.record.find_by_idempotency(row["assessor"], key)
    if standing is None:
        assessor = issuers.assessors.find(row["assessor"])
        standing = issuers.desk.issue(
            _request(registry, row, assessor), assessor, idempotency=Idempotency(key, key)
        )
    if "revoked" in row and standing.state is State.VALID:
        return revoke(registry.record, standing.code, reason=row["revoked"], by="demo", at=registry.clock())
    return standing


def _request(registry: Registry, row: dict[str, Any], assessor: Assessor) -> IssueRequest:
    today = china_date(registry.clock())
    post = Appointment(assessor.name, today - AGE) if row["level"] == "special" else None
    return IssueRequest(
        kind="skill_level",
        holder_name=row["name"],
        id_type="resident_id",
        id_number=row["id_number"],
        occupation_code=row["occupation"],
        occupation_edition=EDITION,
        level=row["level"],
        issued_on=today,
        appointment=post,
    )
