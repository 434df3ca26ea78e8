"""The record's values as JSON, with both languages: what pages and API show of places, levels and certificates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from registry.credential import Appointment, Face
from registry.kinds import find_kind
from registry.levels import find_level
from registry.occupations import Occupation, find_occupation
from registry.places import find_place
from registry.state import Change

if TYPE_CHECKING:  # who verifies without a database reads this module without pymongo
    from registry.certificate import CertificateRecord

Json = dict[str, Any]


def describe_instant(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def describe_place(code: str) -> Json:
    """A place: code and both names."""
    place = find_place(code)
    return {"code": place.code, "zh": place.zh, "en": place.en}


def describe_kind(kind_id: str) -> Json:
    """A kind of certificate: id and both names."""
    kind = find_kind(kind_id)
    return {"id": kind.id, "zh": kind.zh, "en": kind.en}


def describe_level(level_id: str | None) -> Json | None:
    """A level: id, rank, printed form and both names."""
    if level_id is None:
        return None
    level = find_level(level_id)
    return {"id": level.id, "rank": level.rank, "printed": level.printed, "zh": level.zh, "en": level.en}


def describe_occupation(found: Occupation) -> Json:
    """An occupation: code, edition and both names."""
    return {"code": found.code, "edition": found.edition, "name": {"zh": found.name_zh, "en": found.name_en}}


def describe_occupation_code(code: str, edition: str) -> Json:
    """The occupation of a code and edition."""
    return describe_occupation(find_occupation(code, edition))


def describe_face(face: Face) -> Json:
    """What a certificate says, but for its holder and its assessor's standing."""
    kind = find_kind(face.kind)
    occupation = face.occupation
    return {
        "number": face.number,
        "kind": describe_kind(face.kind),
        "title": {"zh": kind.title_zh, "en": kind.en},
        "occupation": {
            "code": occupation.code,
            "edition": occupation.edition,
            "name": {"zh": occupation.zh, "en": occupation.en},
        },
        "job": occupation.job,
        "level": describe_level(face.level),
        "issued_on": face.issued_on.isoformat(),
        "region": describe_place(face.region),
        "appointment": _appointment(face.appointment),
        "reissued_on": face.reissue.on.isoformat() if face.reissue else None,
    }


def describe_changes(changes: Sequence[Change]) -> list[Json]:
    """The changes of state, oldest first; without the assessor's own notes."""
    return [
        {"state": one.state.value, "at": describe_instant(one.at), "reason": one.reason, "by": one.by}
        for one in changes
    ]


def describe_record(record: CertificateRecord) -> Json:
    """A certificate as recorded, for the archives: exact signed text, state, history; nothing that is sealed."""
    return {
        "number": record.number,
        "code": record.code,
        "state": record.state.value,
        "recorded_at": describe_instant(record.recorded_at),
        "changes": describe_changes(record.changes),
        # the exact signed text, so that a parser between us and the reader cannot alter it
        "credential": record.credential.decode(),
    }


def _appointment(appointment: Appointment | None) -> Json | None:
    if appointment is None:
        return None
    end = appointment.end.isoformat() if appointment.end else None
    return {"employer": appointment.employer, "from": appointment.start.isoformat(), "to": end}
