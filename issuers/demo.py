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
from issuers.request import IssueRequest
from issuers.revocation import revoke
from issuers.services import Issuers
from keys.errors import Refused
from registry.credential import Appointment, china_date
from registry.record import CertificateRecord, Idempotency, State
from registry.services import Registry

EDITION = "2022"
LABEL = "demo"
AGE = timedelta(
    days=30
)  # the demo accreditations began, and the special technician was appointed, a month ago


@dataclass(frozen=True)
class Demo:
    """What a start of the demo hands out. The password and the token are made at that start."""

    certificate: CertificateRecord
    holder: dict[str, str] = field(repr=False)
    assessor: Assessor
    account: str
    password: str = field(repr=False)
    token: str = field(repr=False)


def make_demo(registry: Registry, issuers: Issuers) -> Demo:
    """The demo data where it is not yet there, and a new password and token."""
    data = tomllib.loads((files("issuers") / "data" / "demo.toml").read_text("utf-8"))
    for row in data["assessors"]:
        _admit(registry, issuers, row)
    records = [_issue(registry, issuers, row) for row in data["certificates"]]
    first = data["certificates"][0]
    assessor = issuers.assessors.find(first["assessor"])
    password = secrets.token_urlsafe(12)
    issuers.assessors.set_account(data["account"], assessor.id, password)
    issuers.assessors.end_tokens(assessor.id, label=LABEL)
    return Demo(
        certificate=records[0],
        holder={"name": first["name"], "id_type": "resident_id", "id_number": first["id_number"]},
        assessor=assessor,
        account=data["account"],
        password=password,
        token=issuers.assessors.new_token(assessor.id, label=LABEL, at=registry.clock()),
    )


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
