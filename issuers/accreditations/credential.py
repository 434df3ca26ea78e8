"""An accreditation as a verifiable credential, signed by the registry: who may certify what, where, when. Pure.

Like a certificate it is a pure function of what it says, and is read by building it again. ``holdsDuring`` lists the
times in which the accreditation holds, each from its first day to the day before ``until``; a suspension is a gap
between two. It says what was decided when it was signed; what was decided since, the registry says.

Sources: VC Data Model 2.0 section 4; the scope of a 备案: 人社厅发〔2020〕80号 as domain.md section 4 quotes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from issuers.accreditation import Accreditation, Window
from issuers.assessor import Assessor
from registry.credential import CONTEXT_CREDENTIALS, Credential, china_date, day_start
from registry.reading_back import parse_object, read_back

CONTEXT_PATH = "/contexts/accreditation/v1"
TYPE = "AssessorAccreditation"


@dataclass(frozen=True)
class Attested:
    """Everything that the credential says."""

    origin: str
    registry: str
    assessor_did: str
    assessor_id: str
    assessor_name: str
    id: str
    kind: str
    occupations: tuple[tuple[str, str], ...]
    levels: tuple[str, ...]
    region: str
    decision: str
    valid_from: date
    valid_until: date | None
    windows: tuple[Window, ...]


def attest(assessor: Assessor, held: Accreditation, *, origin: str, registry: str) -> Attested:
    """What the registry, by its DID, says of an accreditation today."""
    return Attested(
        origin=origin,
        registry=registry,
        assessor_did=assessor.did,
        assessor_id=assessor.id,
        assessor_name=assessor.name,
        id=held.id,
        kind=held.kind,
        occupations=tuple(sorted(held.occupations)),
        levels=tuple(sorted(held.levels)),
        region=held.region,
        decision=held.decision,
        valid_from=held.valid_from,
        valid_until=held.valid_until,
        windows=held.windows,
    )


def build_accreditation(said: Attested) -> Credential:
    """The unsigned credential."""
    credential: Credential = {
        "@context": [CONTEXT_CREDENTIALS, said.origin + CONTEXT_PATH],
        "id": f"{said.origin}/assessors/{said.assessor_id}/accreditations/{said.id}",
        "type": ["VerifiableCredential", TYPE],
        "issuer": said.registry,
        "validFrom": day_start(said.valid_from),
        "credentialSubject": {
            "id": said.assessor_did,
            "assessorId": said.assessor_id,
            "legalName": said.assessor_name,
            "accreditationId": said.id,
            "certificateKind": said.kind,
            "occupations": [{"code": code, "edition": edition} for code, edition in said.occupations],
            "skillLevels": list(said.levels),
            "region": said.region,
            "decision": said.decision,
            "holdsDuring": [_window(window) for window in said.windows],
        },
    }
    if said.valid_until:
        credential["validUntil"] = day_start(said.valid_until)
    return credential


def is_accreditation(document: bytes) -> bool:
    """Whether a file looks like one; reading it decides."""
    return f'"{TYPE}"'.encode() in document


def parse_accreditation(document: bytes) -> Credential:
    """Its bytes as an object, strictly parsed. Refused ``json.*``, ``attested.shape``."""
    return parse_object(document, "attested.shape")


def read_accreditation(credential: Mapping[str, Any]) -> Attested:
    """What it says. Refused ``attested.shape`` unless it is, member by member, what that builds."""
    return read_back(credential, _take, build_accreditation, "attested.shape")


def _window(window: Window) -> Credential:
    start, until = window
    return {"from": start.isoformat()} | ({"until": until.isoformat()} if until else {})


def _take(credential: Mapping[str, Any]) -> Attested:
    subject = credential["credentialSubject"]
    origin = credential["id"].partition("/assessors/")[0]
    windows = tuple(
        (date.fromisoformat(one["from"]), _day(one.get("until"))) for one in subject["holdsDuring"]
    )
    until = credential.get("validUntil")
    return Attested(
        origin=origin,
        registry=str(credential["issuer"]),
        assessor_did=str(subject["id"]),
        assessor_id=str(subject["assessorId"]),
        assessor_name=str(subject["legalName"]),
        id=str(subject["accreditationId"]),
        kind=str(subject["certificateKind"]),
        occupations=tuple((str(one["code"]), str(one["edition"])) for one in subject["occupations"]),
        levels=tuple(str(level) for level in subject["skillLevels"]),
        region=str(subject["region"]),
        decision=str(subject["decision"]),
        valid_from=_china_day(credential["validFrom"]),
        valid_until=_china_day(until) if until else None,
        windows=windows,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _china_day(instant: str) -> date:
    return china_date(datetime.fromisoformat(instant))
