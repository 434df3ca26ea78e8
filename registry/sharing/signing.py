"""The selective token of a certificate: signed when it was issued, or at first need where it is older."""

from __future__ import annotations

from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.credential import parse_credential, read_face
from registry.selective import sign_selectively
from registry.services import Registry


def selective_token(here: Registry, record: CertificateRecord) -> str | None:
    """The SD-JWT VC with every disclosure; None where it has none and the registry holds no key to sign one.

    That is so with assessors who keep their own keys: nobody else can sign for them.
    """
    if record.sd_jwt:
        return record.sd_jwt.decode("ascii")
    try:
        key_id, key = here.signing_key(record.assessor)
    except Refused:
        return None
    face = read_face(parse_credential(record.credential))
    signed = sign_selectively(face, key, key_id=key_id, at=here.clock())
    kept = here.record.add_sd_jwt(record.code, signed)
    return kept.sd_jwt.decode("ascii") if kept and kept.sd_jwt else None
