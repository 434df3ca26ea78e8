"""The certificate as a JWT: ``vc+jwt`` (VC-JOSE-COSE) for a file, ``jwt_vc_json`` (OpenID4VCI 1.0, A.1.1) for a wallet.

``vc+jwt`` carries the Verifiable Credential 2.0 as the whole payload, without its Data Integrity proof: the JWT signs
it instead. ``jwt_vc_json`` is the older form that wallets know: the credential in the claim ``vc``, in the words of
Verifiable Credentials 1.1 (sections 6.3.1), bound to the wallet's key. Both are signed by the assessor's key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from keys.errors import Refused
from keys.jws import Jws, check_type, encode_base64url, read_jwk, read_object, sign_compact, write_header
from keys.pair import PrivateKey, PublicKey
from registry.credential import CONTEXT_CREDENTIALS, CREDENTIAL_TYPES, Credential, subject_id
from registry.reading_back import without_proof

CONTEXT_1_1 = "https://www.w3.org/2018/credentials/v1"
TYPES = ["VerifiableCredential", "SkillCertificate"]
VC_JWT_TYPE, JWT_TYPE = "vc+jwt", "JWT"


def sign_vc_jwt(credential: Credential, key: PrivateKey, *, key_id: str) -> str:
    """``vc+jwt``: the credential as it was signed at issue, but for the proof."""
    payload = without_proof(credential)
    header = write_header(key.public, typ=VC_JWT_TYPE, cty="vc", kid=key_id)
    return sign_compact(orjson.dumps(payload), key=key, header=header)


def sign_jwt_vc_json(
    credential: Credential, key: PrivateKey, *, key_id: str, at: datetime, wallet: PublicKey
) -> str:
    """``jwt_vc_json``, bound to ``wallet``: its key is the subject's ``did:jwk`` and stands in ``cnf``."""
    claims = _claims(credential, wallet, int(at.timestamp()))
    header = write_header(key.public, typ=JWT_TYPE, kid=key_id)
    return sign_compact(orjson.dumps(claims), key=key, header=header)


def read_signed(token: Jws) -> tuple[Credential, bool]:
    """The certificate in a token of ours, not yet verified, without a proof; and whether it is bound to a wallet's key.

    Refused ``jws.*``, ``json.*``, and ``credential.shape`` for claims that we do not write so.
    """
    claims = read_object(token.payload)
    if token.header.get("typ") == JWT_TYPE:
        return _read_older(claims), True
    check_type(token, VC_JWT_TYPE)
    return claims, False


def _claims(credential: Credential, wallet: PublicKey, at: int) -> dict[str, Any]:
    subject = did_jwk(wallet)
    claims: dict[str, Any] = {
        "iss": credential["issuer"]["id"],
        "sub": subject,
        "jti": credential["id"],
        "iat": at,
        "nbf": _seconds(credential["validFrom"]),
        "cnf": {"jwk": wallet.jwk()},
        "vc": _older(credential, subject),
    }
    if "validUntil" in credential:
        claims["exp"] = _seconds(credential["validUntil"])
    return claims


def _read_older(claims: Mapping[str, Any]) -> Credential:
    """Back into the words of 2.0, and once more forward: what comes out otherwise was not written by us."""
    try:
        credential = _newer(claims["vc"])
        rebuilt = _claims(credential, read_jwk(claims["cnf"]["jwk"]), int(claims["iat"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused("credential.shape") from None
    if rebuilt != claims:
        raise Refused("credential.shape")
    return credential


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


def _newer(older: Mapping[str, Any]) -> Credential:
    newer = {name: value for name, value in older.items() if name not in {"issuanceDate", "expirationDate"}}
    newer["@context"] = [CONTEXT_CREDENTIALS, *older["@context"][1:]]
    newer["type"] = list(CREDENTIAL_TYPES)
    newer["validFrom"] = older["issuanceDate"]
    if "expirationDate" in older:
        newer["validUntil"] = older["expirationDate"]
    newer["credentialSubject"] = older["credentialSubject"] | {"id": subject_id(older["id"])}
    return newer


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
