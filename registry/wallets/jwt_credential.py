"""The certificate as a JWT: ``vc+jwt`` (VC-JOSE-COSE) for a file, ``jwt_vc_json`` (OpenID4VCI 1.0, A.1.1) for a wallet.

``vc+jwt`` carries the Verifiable Credential 2.0 as the whole payload, without its Data Integrity proof: the JWT signs
it instead. ``jwt_vc_json`` is the older form that wallets know: the credential in the claim ``vc``, in the words of
Verifiable Credentials 1.1 (sections 6.3.1), bound to the wallet's key. Both are signed by the assessor's key.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from keys.jws import encode_base64url, sign_compact, write_header
from keys.pair import PrivateKey, PublicKey
from registry.credential import Credential

CONTEXT_1_1 = "https://www.w3.org/2018/credentials/v1"
TYPES = ["VerifiableCredential", "SkillCertificate"]


def sign_vc_jwt(credential: Credential, key: PrivateKey, *, key_id: str) -> str:
    """``vc+jwt``: the credential as it was signed at issue, but for the proof."""
    payload = {name: value for name, value in credential.items() if name != "proof"}
    header = write_header(key.public, typ="vc+jwt", cty="vc", kid=key_id)
    return sign_compact(orjson.dumps(payload), key=key, header=header)


def sign_jwt_vc_json(
    credential: Credential, key: PrivateKey, *, key_id: str, at: datetime, wallet: PublicKey
) -> str:
    """``jwt_vc_json``, bound to ``wallet``: its key is the subject's ``did:jwk`` and stands in ``cnf``."""
    subject = did_jwk(wallet)
    claims: dict[str, Any] = {
        "iss": credential["issuer"]["id"],
        "sub": subject,
        "jti": credential["id"],
        "iat": int(at.timestamp()),
        "nbf": _seconds(credential["validFrom"]),
        "cnf": {"jwk": wallet.jwk()},
        "vc": _older(credential, subject),
    }
    if "validUntil" in credential:
        claims["exp"] = _seconds(credential["validUntil"])
    header = write_header(key.public, typ="JWT", kid=key_id)
    return sign_compact(orjson.dumps(claims), key=key, header=header)


def did_jwk(public: PublicKey) -> str:
    """The ``did:jwk`` of a public key."""
    return f"did:jwk:{encode_base64url(orjson.dumps(public.jwk()))}"


def _older(credential: Credential, subject: str) -> Credential:
    """The credential in the words of Verifiable Credentials 1.1."""
    older = {
        name: value for name, value in credential.items() if name not in {"proof", "validFrom", "validUntil"}
    }
    older["@context"] = [CONTEXT_1_1, *credential["@context"][1:]]
    older["type"] = TYPES
    older["issuanceDate"] = credential["validFrom"]
    if "validUntil" in credential:
        older["expirationDate"] = credential["validUntil"]
    older["credentialSubject"] = credential["credentialSubject"] | {"id": subject}
    return older


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
