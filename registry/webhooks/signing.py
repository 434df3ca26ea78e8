"""Signing a webhook: HTTP Message Signatures (RFC 9421), by the registry's key. Pure.

Covered are method, address, content type and the digest of the body (RFC 9530), so that a message can be replayed
neither to another address nor with another body; ``created`` lets the receiver refuse old ones.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime

from keys.pair import Algorithm, PrivateKey

LABEL = "registry"
CONTENT_TYPE = "application/json"
ALGORITHMS = {Algorithm.ED25519: "ed25519", Algorithm.P256: "ecdsa-p256-sha256"}  # RFC 9421 section 3.3


def sign_message(url: str, body: bytes, *, key_id: str, key: PrivateKey, at: datetime) -> Mapping[str, str]:
    """The headers of a ``POST`` of ``body`` to ``url``, signed. ``key_id`` is the DID URL of the registry's key."""
    digest = f"sha-256=:{_base64(hashlib.sha256(body).digest())}:"
    covered = (
        ("@method", "POST"),
        ("@target-uri", url),
        ("content-type", CONTENT_TYPE),
        ("content-digest", digest),
    )
    named = {"keyid": f'"{key_id}"', "alg": f'"{ALGORITHMS[key.public.algorithm]}"'}
    parameters = signature_parameters([name for name, _ in covered], int(at.timestamp()), named)
    signature = key.sign(signature_base(covered, parameters))
    return {
        "Content-Type": CONTENT_TYPE,
        "Content-Digest": digest,
        "Signature-Input": f"{LABEL}={parameters}",
        "Signature": f"{LABEL}=:{_base64(signature)}:",
    }


def signature_parameters(components: Sequence[str], created: int, named: Mapping[str, str]) -> str:
    """``("@method" ...);created=...;keyid="..."``: RFC 9421 section 2.3. Values of ``named`` are written as given."""
    inner = " ".join(f'"{name}"' for name in components)
    more = "".join(f";{name}={value}" for name, value in named.items())
    return f"({inner});created={created}{more}"


def signature_base(covered: Sequence[tuple[str, str]], parameters: str) -> bytes:
    """What is signed: RFC 9421 section 2.5."""
    lines = [*(f'"{name}": {value}' for name, value in covered), f'"@signature-params": {parameters}']
    return "\n".join(lines).encode("ascii")


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
