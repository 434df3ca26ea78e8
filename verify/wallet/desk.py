"""Giving a certificate to a wallet: a code for a token, a token and a proved key for a signed credential."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keys.errors import Refused
from keys.pair import PublicKey
from registry.bound_tokens import BoundTokens
from registry.certificate import CertificateRecord
from registry.credential import parse_credential, read_face
from registry.selective import sign_selectively
from registry.services import Registry
from registry.state import State
from registry.wallets.jwt_credential import sign_jwt_vc_json, sign_vc_jwt
from registry.wallets.nonces import read_nonce
from registry.wallets.offers import Offer, Offers
from verify.wallet.metadata import CONFIGURATIONS, SD_JWT
from verify.wallet.proofs import KeyProof, check_proof

MOST_PROOF = 8_192  # characters: a proof with a P-256 key has 500


class WalletError(Exception):
    """An answer to a wallet in the words of OpenID4VCI and OAuth: ``error`` and what it means."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


@dataclass(frozen=True)
class WalletDesk:
    """What giving needs: the registry, the offers, and what was signed for wallets."""

    here: Registry
    offers: Offers
    tokens: BoundTokens

    def give(self, access: str, asked: Any) -> str:
        """The credential that a wallet asks for. Raises `WalletError`, and then nothing was signed."""
        at = self.here.clock()
        offer = self.offers.by_access(access, at=at)
        if offer is None:
            raise WalletError("invalid_token", "The access token is unknown or over", 401)
        configuration = _configuration(asked)
        proof = self._prove(_proof(asked), at)
        record = self._record(offer)
        if not self.offers.count(offer):
            raise WalletError("credential_request_denied", "This offer gave all the credentials it gives")
        return self._sign(record, configuration, proof.key, at)

    def _prove(self, text: str, at: datetime) -> KeyProof:
        try:
            proof = check_proof(text, audience=self.here.settings.origin, at=at)
        except Refused:
            raise WalletError("invalid_proof", "The proof of the key is not good") from None
        until = read_nonce(self.here.vault, proof.nonce, at=at)
        if until is None or not self.offers.use_nonce(proof.nonce, until=until):
            raise WalletError("invalid_nonce", "The nonce is not ours, over, or used; ask for a new one")
        return proof

    def _record(self, offer: Offer) -> CertificateRecord:
        record = self.here.record.find(offer.code)
        if record is None or record.state is not State.VALID:
            raise WalletError("credential_request_denied", "The certificate is not in force")
        return record

    def _sign(self, record: CertificateRecord, configuration: str, wallet: PublicKey, at: datetime) -> str:
        try:
            key_id, key = self.here.signing_key(record.assessor)
        except Refused:
            raise WalletError("credential_request_denied", "The assessor keeps its own key") from None
        credential = parse_credential(record.credential)
        if configuration == SD_JWT:
            face = read_face(credential)
            signed = sign_selectively(face, key, key_id=key_id, at=at, confirmed=wallet).decode("ascii")
        else:
            signed = sign_jwt_vc_json(credential, key, key_id=key_id, at=at, wallet=wallet)
        # recorded before it leaves: what the record does not hold does not verify
        self.tokens.keep(signed.partition("~")[0], record.code, at=at)
        return signed

    def vc_jwt(self, record: CertificateRecord) -> str:
        """The certificate as ``vc+jwt``. Refused ``wallet.no_key`` where its assessor keeps its own key."""
        try:
            key_id, key = self.here.signing_key(record.assessor)
        except Refused:
            raise Refused("wallet.no_key", field="code") from None
        signed = sign_vc_jwt(parse_credential(record.credential), key, key_id=key_id)
        self.tokens.keep(signed, record.code, at=self.here.clock())
        return signed


def open_wallet_desk(here: Registry) -> WalletDesk:
    """The desk on a registry. Touches nothing yet."""
    return WalletDesk(here, Offers(here.database, here.vault), BoundTokens(here.database))


def _configuration(asked: Any) -> str:
    if not isinstance(asked, dict):
        raise WalletError("invalid_credential_request", "The request is no JSON object")
    if "credential_identifier" in asked:
        raise WalletError("unknown_credential_identifier", "No credential identifiers were given")
    if "credential_response_encryption" in asked:
        raise WalletError("invalid_encryption_parameters", "Encrypted answers are not offered")
    wanted = asked.get("credential_configuration_id")
    if not isinstance(wanted, str):
        raise WalletError("invalid_credential_request", "credential_configuration_id is missing")
    if wanted not in CONFIGURATIONS:
        raise WalletError("unknown_credential_configuration", "There is no such configuration")
    return wanted


def _proof(asked: dict[str, Any]) -> str:
    proofs = asked.get("proofs")
    given = proofs.get("jwt") if isinstance(proofs, dict) and len(proofs) == 1 else None
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], str):
        raise WalletError("invalid_proof", "One proof of the type jwt is needed")
    if len(given[0]) > MOST_PROOF:
        raise WalletError("invalid_proof", "The proof is too long")
    return given[0]
