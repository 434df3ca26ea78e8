"""The certificate as an SD-JWT VC (draft-ietf-oauth-sd-jwt-vc): every claim can be shown alone. Pure.

In the open stand only what a verifier cannot do without: who signed (``iss``, ``kid``), when (``iat``), the type
(``vct``), an end (``exp``, of posts), and the place in the status list (``status``, Token Status List). Everything
else is a disclosure; the certificate's code and number too, so that a reduced presentation does not lead to the page
that shows more.

The issuer is an address below the registry, as the draft's section 3.5 wants: its keys lie at
``/.well-known/jwt-vc-issuer/assessors/ID``. A key's ``kid`` is the DID URL that the Data Integrity proof names too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from keys import sd_jwt, sd_jwt_issuing
from keys.errors import Refused
from keys.jws import read_object, write_header
from keys.pair import PrivateKey, PublicKey
from registry.credential import (
    AccreditationReference,
    Appointment,
    Face,
    Issuer,
    OccupationName,
    StatusEntry,
    day_start,
)
from registry.kinds import find_kind
from registry.levels import find_level

TYPE = "dc+sd-jwt"
MEDIA_TYPE = f"application/{TYPE}"
VCT_PATH = "/credentials/skill-certificate/v1"
DIGESTS = 12
"""Digests in every token: one more than the longest certificate has claims, so that their number tells nothing."""
NEVER_HIDDEN = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "iat"})
"""Section 3.2.2.2 of the draft, and the time of signing, on which the key's goodness rests."""
KEPT_HEADERS = 256
KEPT = 1_024  # encoded claims of classes, 1 kB each: occupations, levels, days of all assessors that are issuing now

_shared_of = attrgetter(
    "kind", "level", "issued_on", "occupation", "issuer", "accreditation", "region", "appointment"
)
_ISSUER = re.compile(r"(https?://[^/]+)/assessors/([A-Z0-9]{1,32})")
_STATUS = re.compile(r"(https?://[^/]+)/status-lists/token-([A-Za-z0-9]{1,32})")


@dataclass(frozen=True)
class Presented:
    """What a verified SD-JWT VC of ours says in the open, and ``shown``: the claims that were disclosed."""

    origin: str
    assessor_id: str
    key_id: str
    signed_at: datetime
    ends_at: datetime | None
    status: StatusEntry
    shown: Mapping[str, Any]
    hidden: int
    confirmed: Mapping[str, Any] | None


def sign_selectively(
    face: Face,
    key: PrivateKey,
    *,
    key_id: str,
    at: datetime,
    confirmed: PublicKey | None = None,
) -> bytes:
    """The SD-JWT VC of ``face`` with every disclosure; bound to a wallet's key where ``confirmed`` is given."""
    (token,) = sign_many_selectively([face], key, key_id=key_id, at=at, confirmed=confirmed)
    return token


def sign_many_selectively(
    faces: Iterable[Face],
    key: PrivateKey,
    *,
    key_id: str,
    at: datetime,
    confirmed: PublicKey | None = None,
) -> list[bytes]:
    """The SD-JWT VC of each, as `sign_selectively`: all prepared, then all signed."""
    bound = {"cnf": {"jwk": confirmed.jwk()}} if confirmed else {}
    prepared = sd_jwt_issuing.prepare_many(
        [(_claims(face, at) | bound, _hidden(face)) for face in faces], digests=DIGESTS
    )
    return sd_jwt_issuing.issue_many(prepared, key=key, header=_header(key.public, key_id))


def _hidden(face: Face) -> list[sd_jwt_issuing.Hideable]:
    return [*_hide_shared(*_shared_of(face)), *(sd_jwt_issuing.hide(*claim) for claim in _own(face).items())]


def hideable(face: Face) -> dict[str, Any]:
    """The claims of ``face`` that can be shown one by one."""
    return _shared(*_shared_of(face)) | _own(face)


def _own(face: Face) -> dict[str, Any]:
    """What one certificate says."""
    return {
        "holder_name": face.holder.name,
        "holder_id": {"type": face.holder.id_type, "masked": face.holder.masked_number},
        "certificate": {"number": face.number, "url": f"{face.origin}/v/{face.code}"},
    }


@lru_cache(KEPT)
def _hide_shared(*shared: Any) -> tuple[sd_jwt_issuing.Hideable, ...]:
    return tuple(sd_jwt_issuing.hide(*claim) for claim in _shared(*shared).items())


def _shared(  # noqa: PLR0917 - the members that `_shared_of` takes, in its order
    kind_id: str,
    level_id: str | None,
    issued_on: date,
    occupation: OccupationName,
    issuer: Issuer,
    accreditation: AccreditationReference,
    region: str,
    appointment: Appointment | None,
) -> dict[str, Any]:
    """What the certificates of a class say alike."""
    kind = find_kind(kind_id)
    claims: dict[str, Any] = {"kind": {"id": kind.id, "zh": kind.zh, "en": kind.en}}
    if level_id:
        level = find_level(level_id)
        claims["level"] = {"id": level.id, "zh": level.printed, "en": level.en}
    claims["issued_on"] = issued_on.isoformat()
    claims["occupation"] = _occupation(occupation)
    claims["assessor"] = {"id": issuer.id, "name": issuer.name}
    claims["accreditation"] = {"id": accreditation.id, "decision": accreditation.decision}
    claims["region"] = region
    if appointment:
        end = appointment.end.isoformat() if appointment.end else None
        claims["appointment"] = {
            "employer": appointment.employer,
            "from": appointment.start.isoformat(),
            "to": end,
        }
    return claims


def token_list_url(origin: str, list_id: str) -> str:
    """Where the Token Status List of that name is published."""
    return f"{origin}/status-lists/token-{list_id}"


def issuer_url(origin: str, assessor_id: str) -> str:
    """The ``iss`` of an assessor's tokens."""
    return f"{origin}/assessors/{assessor_id}"


def read_claimed(token: sd_jwt.SdJwt) -> tuple[str, str]:
    """(assessor's id, key id) that a token names, before anything is verified. Refused ``selective.shape``."""
    from_payload = read_object(token.token.payload).get("iss")
    found = _ISSUER.fullmatch(from_payload) if isinstance(from_payload, str) else None
    kid = token.token.header.get("kid")
    if found is None or not isinstance(kid, str):
        raise Refused("selective.shape")
    return found[2], kid


def read_presented(token: sd_jwt.SdJwt, public: PublicKey) -> Presented:
    """What ``public`` signed of a token. Refused as `keys.sd_jwt.verify` says, and ``selective.shape``."""
    shown = sd_jwt.verify(token, public, typ=TYPE)
    try:
        return _present(token, shown)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Refused("selective.shape") from None


def _present(token: sd_jwt.SdJwt, shown: sd_jwt.Shown) -> Presented:
    claims = shown.claims
    issuer, listed = _ISSUER.fullmatch(_text(claims["iss"])), _listed(claims["status"])
    known = NEVER_HIDDEN | shown.disclosed
    if issuer is None or NEVER_HIDDEN & shown.disclosed or not claims.keys() <= known:
        raise ValueError("not one of ours")
    uri = _STATUS.fullmatch(_text(listed["uri"]))
    if uri is None or uri[1] != issuer[1] or claims["vct"] != issuer[1] + VCT_PATH:
        raise ValueError("not one of ours")
    end, confirmed = claims.get("exp"), claims.get("cnf")
    return Presented(
        origin=issuer[1],
        assessor_id=issuer[2],
        key_id=_text(token.token.header["kid"]),
        signed_at=_moment(claims["iat"]),
        ends_at=None if end is None else _moment(end),
        status=StatusEntry(uri[2], _whole(listed["idx"])),
        shown={name: claims[name] for name in claims if name in shown.disclosed},
        hidden=shown.hidden,
        confirmed=confirmed if isinstance(confirmed, Mapping) else None,
    )


def _claims(face: Face, at: datetime) -> dict[str, Any]:
    listed = {"idx": face.status.index, "uri": token_list_url(face.origin, face.status.list_id)}
    claims: dict[str, Any] = {
        "iss": issuer_url(face.origin, face.issuer.id),
        "iat": int(at.timestamp()),
        "vct": face.origin + VCT_PATH,
        "status": {"status_list": listed},
    }
    if face.appointment and face.appointment.end:
        claims["exp"] = _seconds(face.appointment.end)
    return claims


def _occupation(found: OccupationName) -> dict[str, Any]:
    return {"code": found.code, "edition": found.edition, "zh": found.zh, "en": found.en, "job": found.job}


@lru_cache(KEPT_HEADERS)
def _header(public: PublicKey, key_id: str) -> bytes:
    return write_header(public, typ=TYPE, kid=key_id)


def _seconds(day: date) -> int:
    return int(datetime.fromisoformat(day_start(day)).timestamp())


def _listed(status: Any) -> Mapping[str, Any]:
    listed = status["status_list"]
    if not isinstance(listed, Mapping):
        raise TypeError("status_list")
    return listed


def _moment(seconds: Any) -> datetime:
    return datetime.fromtimestamp(_whole(seconds), UTC)


def _whole(number: Any) -> int:
    if type(number) is not int or number < 0:
        raise TypeError("a whole number")
    return number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text")
    return value
