"""The wallet's proof of its key (OpenID4VCI 1.0, appendix F.1), pure.

1. a token of the type ``openid4vci-proof+jwt``, by an algorithm of the list
2. one key: ``jwk`` in the header, or ``kid`` as a ``did:jwk`` or ``did:key``
3. the signature is that key's
4. made for us (``aud``), just now (``iat``), with a nonce
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from keys.errors import Refused
from keys.jws import Jws, check_type, decode_base64url, read_compact, read_jwk, read_object, verify_compact
from keys.pair import PublicKey
from keys.strict_json import JsonObject

PROOF_TYPE = "openid4vci-proof+jwt"
SKEW = timedelta(minutes=5)
"""Between a phone's clock and ours; as long as a nonce is good."""


@dataclass(frozen=True)
class KeyProof:
    """A wallet's key, proved, and the nonce that it signed."""

    key: PublicKey
    nonce: str


def check_proof(text: str, *, audience: str, at: datetime) -> KeyProof:
    """The key of a proof. Refused ``wallet.proof`` for whatever is wrong with it; the nonce is for the caller."""
    try:
        token = read_compact(text)
        check_type(token, PROOF_TYPE)
        key = _key_of(token)
        claims = read_object(verify_compact(token, key))
    except Refused:
        raise Refused("wallet.proof") from None
    return KeyProof(key, _check_claims(claims, audience, at))


def _key_of(token: Jws) -> PublicKey:
    jwk, kid = token.header.get("jwk"), token.header.get("kid")
    if (jwk is None) == (kid is None) or "x5c" in token.header:
        raise Refused("wallet.proof")
    return read_jwk(jwk) if kid is None else _key_of_did(kid)


def _key_of_did(kid: object) -> PublicKey:
    did = str(kid).partition("#")[0]
    method, _, value = did.removeprefix("did:").partition(":")
    if method == "jwk":
        return read_jwk(read_object(decode_base64url(value)))
    if method == "key":
        return PublicKey.from_multikey(value)
    raise Refused("wallet.proof")


def _check_claims(claims: JsonObject, audience: str, at: datetime) -> str:
    issued, nonce = claims.get("iat"), claims.get("nonce")
    if claims.get("aud") not in (audience, [audience]) or not isinstance(nonce, str):
        raise Refused("wallet.proof")
    if type(issued) is not int or abs(at.timestamp() - issued) > SKEW.total_seconds():
        raise Refused("wallet.proof")
    return nonce
