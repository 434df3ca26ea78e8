"""What a stranger sees who opens a share: the chosen part of a certificate, checked now, and nothing of the rest.

Everything shown comes out of the presentation itself, after it was verified: what is not in it cannot slip in.
"""

from __future__ import annotations

from datetime import date, datetime

from keys import sd_jwt
from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.credential import china_date, parse_credential, read_face
from registry.identity import parse_identity
from registry.people import open_holder
from registry.selective import hideable
from registry.services import Registry, registry
from registry.sharing.minors import claims_shown
from registry.sharing.shares import Share, Shares
from registry.sharing.signing import selective_token
from registry.view import Json
from verify.presentations import (
    claim_names,
    describe_presentation,
    describe_shown,
    keep_back,
    verify_presentation,
)
from verify.routes import describe
from verify.services import verifier


def shares() -> Shares:
    """The shares of the current application."""
    return Shares(registry().database, registry().vault)


def presentation_of(here: Registry, share: Share) -> str | None:
    """The SD-JWT with the chosen disclosures alone; None where the certificate has no selective token."""
    record = _record(here, share)
    whole = selective_token(here, record)
    return sd_jwt.select(sd_jwt.read(whole), _claims(here, share, record)) if whole else None


def describe_share(here: Registry, share: Share, *, at: datetime) -> Json:
    """The verdict on what a share shows, as JSON; ``proved`` tells whether a presentation can be taken along."""
    text = presentation_of(here, share)
    if text is None:
        return _describe_unproved(here, share, at)
    return describe_presentation(verify_presentation(text, at=at)) | {"proved": True}


def _describe_unproved(here: Registry, share: Share, at: datetime) -> Json:
    """What the registry says of a certificate that carries no selective token: its word, nothing to take along."""
    record = _record(here, share)
    wanted = _claims(here, share, record)
    verdict = verifier().verify_code(record.code, at=at)
    said = describe(verdict)
    face = read_face(parse_credential(record.credential))
    shown = {name: value for name, value in hideable(face).items() if name in wanted}
    presentation = verdict.face and {
        "shown": describe_shown(keep_back(shown, verdict.outcome)),
        "not_shown": [name for name in claim_names() if name not in wanted],
    }
    told = {name: said[name] for name in ("outcome", "as_of", "reason", "checks")}
    return told | {"presentation": presentation, "proved": False}


def birth_date_of(here: Registry, record: CertificateRecord) -> date | None:
    """When the holder was born, as far as the document on file shows it."""
    person = open_holder(here.vault, record.holder, code=record.code)
    return parse_identity(person.id_type, person.id_number, on=china_date(here.clock())).birth_date


def _claims(here: Registry, share: Share, record: CertificateRecord) -> frozenset[str]:
    return claims_shown(share.preset, birth_date_of(here, record), china_date(here.clock()))


def _record(here: Registry, share: Share) -> CertificateRecord:
    found = here.record.find(share.code)
    if found is None:
        raise Refused("share.unknown", field="token")
    return found
