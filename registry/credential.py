"""The credential of a certificate: W3C Verifiable Credentials 2.0 with an Open Badges 3.0 body.

A credential is a pure function of its `Face`. Reading goes the same way back: take the face out, build the
credential again, and compare (`registry.reading_back`). Whatever was added, dropped or renamed makes the two differ.

Sources: VC Data Model 2.0 section 4; Open Badges 3.0 sections B.1 to B.3; Bitstring Status List 1.0 section 2.1;
fields of the face: 人社鉴发〔2021〕1号.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from registry.kinds import find_kind
from registry.levels import find_level
from registry.reading_back import parse_object, read_back

CONTEXT_CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
CONTEXT_OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CONTEXT_PATH = "/contexts/skills/v1"
CONTEXT_REISSUE_PATH = (
    "/contexts/skills/v2"  # v1 and what a certificate issued again says; only those name it
)
CREDENTIAL_TYPES = ("VerifiableCredential", "OpenBadgeCredential", "SkillCertificate")
MEDIA_TYPE = "application/vc+json"

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")  # one legal time, no summer time since 1991

Credential = dict[str, Any]


@dataclass(frozen=True)
class Issuer:
    """The assessor as the certificate names it."""

    did: str
    id: str
    name: str
    kind: str
    region: str


@dataclass(frozen=True)
class Holder:
    """The person as the certificate names them; the identity number is masked for good."""

    name: str
    id_type: str
    masked_number: str


@dataclass(frozen=True)
class OccupationName:
    """An occupation as printed: code and edition of the 职业分类大典, both names, job (工种) or None."""

    code: str
    edition: str
    zh: str
    en: str
    job: str | None = None


@dataclass(frozen=True)
class AccreditationReference:
    """Which accreditation covered the certificate when it was issued."""

    id: str
    decision: str


@dataclass(frozen=True)
class Appointment:
    """The post that a special or chief technician holds: it is at one employer and ends with the post."""

    employer: str
    start: date
    end: date | None = None


@dataclass(frozen=True)
class Reissue:
    """That a certificate was issued again: for which one (its code), on which day, why (a code of the reasons)."""

    replaces: str
    on: date
    reason: str


@dataclass(frozen=True)
class StatusEntry:
    """Place in the status lists: the same index in the revocation and the suspension list of that name."""

    list_id: str
    index: int


@dataclass(frozen=True)
class Face:
    """Everything that a certificate says; the credential is built from nothing else."""

    origin: str
    code: str
    number: str
    kind: str
    level: str | None
    holder: Holder
    occupation: OccupationName
    region: str
    issued_on: date
    issuer: Issuer
    accreditation: AccreditationReference
    status: StatusEntry
    appointment: Appointment | None = None
    reissue: Reissue | None = None


def build_credential(face: Face) -> Credential:
    """The unsigned credential of ``face``."""
    credential: Credential = {
        "@context": [CONTEXT_CREDENTIALS, CONTEXT_OPEN_BADGES, face.origin + context_path(face)],
        "id": f"{face.origin}/v/{face.code}",
        "type": list(CREDENTIAL_TYPES),
        "name": find_kind(face.kind).title_zh,
        "issuer": _issuer(face.issuer),
        "validFrom": day_start(face.issued_on),
        "credentialSubject": _subject(face),
        "credentialStatus": [_status(face, purpose) for purpose in ("revocation", "suspension")],
    }
    if face.appointment and face.appointment.end:
        credential["validUntil"] = day_start(face.appointment.end)
    return credential


def context_path(face: Face) -> str:
    """Where the terms are that a certificate uses beyond the standard ones."""
    return CONTEXT_REISSUE_PATH if face.reissue else CONTEXT_PATH


def parse_credential(document: bytes) -> Credential:
    """A credential's bytes as an object, strictly parsed. Refused ``json.*``, ``credential.shape``."""
    return parse_object(document, "credential.shape")


def read_face(credential: Mapping[str, Any]) -> Face:
    """The face of a credential, with or without its proof.

    Refused ``credential.shape`` unless the credential is, member by member, the one that its face builds.
    """
    return read_back(credential, _take_face, build_credential, "credential.shape")


def subject_id(credential_id: str) -> str:
    """The name of the holder in a credential: Open Badges B.1.3 asks for one; this one tells nothing."""
    return f"{credential_id}#holder"


def day_start(day: date) -> str:
    """The first instant of ``day`` in China, RFC 3339 in UTC: 2026-11-22 gives 2026-11-21T16:00:00Z."""
    return datetime.combine(day, time(), CHINA).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def china_date(moment: datetime) -> date:
    """The calendar day in China at ``moment``."""
    return moment.astimezone(CHINA).date()


def status_list_url(origin: str, purpose: str, list_id: str) -> str:
    """Where a status list is published: purpose is revocation or suspension."""
    return f"{origin}/status-lists/{purpose}-{list_id}"


def _issuer(issuer: Issuer) -> Credential:
    return {
        "id": issuer.did,
        "type": ["Profile"],
        "name": issuer.name,
        "assessorId": issuer.id,
        "assessorKind": issuer.kind,
        "region": issuer.region,
    }


def _subject(face: Face) -> Credential:
    subject: Credential = {
        "id": subject_id(f"{face.origin}/v/{face.code}"),
        "type": ["AchievementSubject"],
        "achievement": _achievement(face),
        "certificateNumber": face.number,
        "certificateKind": face.kind,
        "skillLevel": face.level,
        "region": face.region,
        "issuedOn": face.issued_on.isoformat(),
        "holder": {
            "name": face.holder.name,
            "idType": face.holder.id_type,
            "idMasked": face.holder.masked_number,
        },
        "occupation": _occupation(face.occupation),
        "accreditation": {"accreditationId": face.accreditation.id, "decision": face.accreditation.decision},
    }
    if face.appointment:
        subject["appointment"] = _appointment(face.appointment)
    if face.reissue:
        subject["reissue"] = {
            "replaces": f"{face.origin}/v/{face.reissue.replaces}",
            "reissuedOn": face.reissue.on.isoformat(),
            "reason": face.reissue.reason,
        }
    return {name: value for name, value in subject.items() if value is not None}


def _occupation(occupation: OccupationName) -> Credential:
    entry = {
        "code": occupation.code,
        "edition": occupation.edition,
        "nameZh": occupation.zh,
        "nameEn": occupation.en,
    }
    return entry | ({"job": occupation.job} if occupation.job else {})


def _achievement(face: Face) -> Credential:
    occupation, kind = face.occupation, find_kind(face.kind)
    level = f" {find_level(face.level).printed}" if face.level else ""
    return {
        "id": f"{face.origin}/api/v1/occupations/{occupation.edition}/{occupation.code}#{face.level or face.kind}",
        "type": ["Achievement"],
        "achievementType": "Certification",
        "name": f"{occupation.zh}{level}",
        "description": f"{kind.zh}：{occupation.zh}{level}",
        "criteria": {
            "narrative": f"按《职业分类大典》{occupation.edition}年版 {occupation.code} 的标准评价合格"
        },
    }


def _appointment(appointment: Appointment) -> Credential:
    entry = {"employer": appointment.employer, "appointedFrom": appointment.start.isoformat()}
    return entry | ({"appointedUntil": appointment.end.isoformat()} if appointment.end else {})


def _status(face: Face, purpose: str) -> Credential:
    url = status_list_url(face.origin, purpose, face.status.list_id)
    return {
        "id": f"{url}#{face.status.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(face.status.index),
        "statusListCredential": url,
    }


def _take_face(credential: Mapping[str, Any]) -> Face:
    origin, code = credential["id"].rsplit("/v/", 1)
    subject, issuer = credential["credentialSubject"], credential["issuer"]
    holder, accreditation = subject["holder"], subject["accreditation"]
    revocation = credential["credentialStatus"][0]
    return Face(
        origin=origin,
        code=code,
        number=_text(subject, "certificateNumber"),
        kind=_text(subject, "certificateKind"),
        level=_text(subject, "skillLevel") if "skillLevel" in subject else None,
        holder=Holder(*_texts(holder, "name", "idType", "idMasked")),
        occupation=_take_occupation(subject["occupation"]),
        region=_text(subject, "region"),
        issued_on=date.fromisoformat(subject["issuedOn"]),
        issuer=Issuer(*_texts(issuer, "id", "assessorId", "name", "assessorKind", "region")),
        accreditation=AccreditationReference(*_texts(accreditation, "accreditationId", "decision")),
        status=StatusEntry(
            revocation["statusListCredential"].rsplit("-", 1)[1], int(revocation["statusListIndex"])
        ),
        appointment=_take_appointment(subject.get("appointment")),
        reissue=_take_reissue(subject.get("reissue")),
    )


def _take_occupation(entry: Mapping[str, Any]) -> OccupationName:
    job = _text(entry, "job") if "job" in entry else None
    code, edition, zh, en = _texts(entry, "code", "edition", "nameZh", "nameEn")
    return OccupationName(code, edition, zh, en, job)


def _take_appointment(entry: Mapping[str, Any] | None) -> Appointment | None:
    if entry is None:
        return None
    end = entry.get("appointedUntil")
    return Appointment(
        _text(entry, "employer"),
        date.fromisoformat(entry["appointedFrom"]),
        date.fromisoformat(end) if end else None,
    )


def _take_reissue(entry: Mapping[str, Any] | None) -> Reissue | None:
    if entry is None:
        return None
    code = _text(entry, "replaces").rsplit("/v/", 1)[1]
    return Reissue(code, date.fromisoformat(entry["reissuedOn"]), _text(entry, "reason"))


def _texts(entry: Mapping[str, Any], *names: str) -> list[str]:
    return [_text(entry, name) for name in names]


def _text(entry: Mapping[str, Any], name: str) -> str:
    # anything else would come back the same from `build_credential`: an object could hide terms we never defined
    value = entry[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value
