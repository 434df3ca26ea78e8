"""``did:web`` names and the DID document of a key ring. Pure.

Source: did:web Method Specification (W3C Credentials Community Group); W3C DID 1.0; W3C Controlled
Identifiers 1.0 for ``Multikey``, ``revoked`` and the verification relationships.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import quote, unquote, urlsplit

from keys.errors import Refused
from keys.ring import KeyRing, KeyState, RingKey
from keys.strict_json import JsonObject, JsonValue

CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
"""DID 1.0 is the Recommendation; its context and that of Multikey are what resolvers know."""
MAX_DID_CHARACTERS = 512
"""A host name has at most 253 characters, the paths of this registry less than 100."""

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?:%3A[0-9]{1,5})?"
_SEGMENT = r"(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+"
_DID_WEB = re.compile(rf"did:web:({_HOST})((?::{_SEGMENT})*)")
_STEPS = {".", ".."}


def did_web(base_url: str, *path: str) -> str:
    """The DID of ``path`` below ``base_url``: ``https://a.cn:8443`` + ``x`` -> ``did:web:a.cn%3A8443:x``.

    Refused ``did.malformed``: no host name, user info, query or fragment, or an empty or dotted segment;
    ``did.ip_address``: did:web forbids addresses (here loopback is let through, for a demo).
    """
    host, port = _read_host(base_url)
    url = urlsplit(base_url)
    if url.scheme not in {"http", "https"} or url.username is not None or url.query or url.fragment:
        raise Refused("did.malformed")
    segments = [unquote(part) for part in url.path.split("/") if part] + list(path)
    did = ":".join(["did:web", host + (f"%3A{port}" if port else ""), *map(_encode, segments)])
    did_to_url(did)
    return did


def did_to_url(did: str) -> str:
    """Where the document of a ``did:web`` lies, always https; Refused ``did.malformed``."""
    match = _DID_WEB.fullmatch(did)
    if match is None or len(did) > MAX_DID_CHARACTERS:
        raise Refused("did.malformed")
    host, segments = match[1], match[2].split(":")[1:]
    if any(unquote(segment) in _STEPS or "/" in unquote(segment) for segment in segments):
        raise Refused("did.malformed")
    return "https://" + "/".join([unquote(host), *(segments or [".well-known"]), "did.json"])


def did_document(ring: KeyRing) -> JsonObject:
    """The DID document of ``ring``, as JSON.

    Every key is a ``Multikey`` verification method. Active and retired keys stand in
    ``assertionMethod`` and ``authentication``, without ``expires``: Controlled Identifiers asks
    verifiers to refuse every proof of an expired method, also one made before, and old certificates
    must go on verifying. A pending key is published ahead, but may not assert anything yet.

    A compromised key stays listed with the time of ``revoked``, so that a verifier can tell "revoked"
    from "unknown", and stands in no relationship: a verifier that reads only this document cannot know
    when a signature was really made, and must not trust one. Our own verifier has the register's
    dates and keeps what was signed before the cut-off good (``KeyRing.key_at``).
    """
    trusted: list[JsonValue] = [
        key.id for key in ring.keys if key.state in {KeyState.ACTIVE, KeyState.RETIRED}
    ]
    return {
        "@context": list(CONTEXTS),
        "id": ring.controller,
        "verificationMethod": [_method_of(ring.controller, key) for key in ring.keys],
        "assertionMethod": trusted,
        "authentication": list(trusted),
    }


def _method_of(controller: str, key: RingKey) -> JsonObject:
    method: JsonObject = {
        "id": key.id,
        "type": "Multikey",
        "controller": controller,
        "publicKeyMultibase": key.public.multikey,
    }
    if key.compromised_since is not None:
        method["revoked"] = key.compromised_since.strftime("%Y-%m-%dT%H:%M:%SZ")
    return method


def _read_host(base_url: str) -> tuple[str, int | None]:
    try:
        url = urlsplit(base_url)
        host, port = (url.hostname or "").encode("idna").decode("ascii"), url.port
    except ValueError:
        raise Refused("did.malformed") from None
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        return host, port
    if not loopback:
        raise Refused("did.ip_address")
    return host, port


def _encode(segment: str) -> str:
    # The id characters of a DID are letters, digits, ``.``, ``-``, ``_`` and percent-encoded bytes.
    return quote(segment, safe="").replace("~", "%7E")
