"""What a wallet reads before it asks: the issuer's and the authorization server's metadata, and an offer. Pure.

Source: OpenID4VCI 1.0, sections 4.1, 12.2 and appendix A; RFC 8414.
"""

from __future__ import annotations

from urllib.parse import quote

import orjson

from registry.selective import VCT_PATH
from registry.tables import read_table
from registry.view import Json
from registry.wallets.jwt_credential import TYPES
from registry.wallets.offers import TX_DIGITS

SD_JWT, JWT = "skill-certificate-sd-jwt", "skill-certificate-jwt"
CONFIGURATIONS = (SD_JWT, JWT)
GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
SCHEME = "openid-credential-offer://"
ALGORITHMS = ["EdDSA", "ES256"]
LOCALES = (("zh-CN", "zh"), ("en", "en"))
SERVICE = {"zh": "技能证书登记", "en": "Skills Registry"}


def issuer_metadata(origin: str) -> Json:
    """``/.well-known/openid-credential-issuer``."""
    return {
        "credential_issuer": origin,
        "credential_endpoint": f"{origin}/oid4vci/credential",
        "nonce_endpoint": f"{origin}/oid4vci/nonce",
        "display": [{"name": SERVICE[lang], "locale": locale} for locale, lang in LOCALES],
        "credential_configurations_supported": {
            SD_JWT: _configuration("dc+sd-jwt", []) | {"vct": origin + VCT_PATH},
            JWT: _configuration("jwt_vc_json", ["credentialSubject"])
            | {"credential_definition": {"type": TYPES}},
        },
    }


def server_metadata(origin: str) -> Json:
    """``/.well-known/oauth-authorization-server``."""
    return {
        "issuer": origin,
        "token_endpoint": f"{origin}/oid4vci/token",
        "grant_types_supported": [GRANT],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": True,
    }


def credential_offer(origin: str, grant: str) -> Json:
    """A credential offer; the transaction code is not in it."""
    code = {
        "input_mode": "numeric",
        "length": TX_DIGITS,
        "description": "6 digits beside the QR / 二维码旁的 6 位数字",
    }
    return {
        "credential_issuer": origin,
        "credential_configuration_ids": list(CONFIGURATIONS),
        "grants": {GRANT: {"pre-authorized_code": grant, "tx_code": code}},
    }


def offer_by_value(offer: Json) -> str:
    """The link that carries the whole offer."""
    return f"{SCHEME}?credential_offer={quote(orjson.dumps(offer), safe='')}"


def offer_by_reference(url: str) -> str:
    """The link that says where the offer lies: short enough for a QR that any camera reads."""
    return f"{SCHEME}?credential_offer_uri={quote(url, safe='')}"


def _configuration(form: str, root: list[str]) -> Json:
    table = read_table("selective_claims")
    display = [
        {"name": table["name"][lang], "description": table["description"][lang], "locale": locale}
        for locale, lang in LOCALES
    ]
    claims = [
        {
            "path": [*root, row["id"]],
            "display": [{"name": row[lang], "locale": locale} for locale, lang in LOCALES],
        }
        for row in table["claim"]
    ]
    metadata: Json = {"display": display}
    if not root:  # the other form has the words of the credential itself
        metadata["claims"] = claims
    return {
        "format": form,
        "cryptographic_binding_methods_supported": ["jwk", "did:jwk", "did:key"],
        "credential_signing_alg_values_supported": ALGORITHMS,
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ALGORITHMS}},
        "credential_metadata": metadata,
    }
