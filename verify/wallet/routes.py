"""The endpoints that a wallet asks (OpenID4VCI 1.0): metadata, offer, token, nonce, credential.

Errors are the specification's JSON, not this house's problem documents: wallets read no other.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, request

from keys.errors import Refused
from registry.addresses import client_network
from registry.guesses import Counted, Guesses, Limit
from registry.http import answer_json, read_json
from registry.services import registry
from registry.wallets.nonces import make_nonce
from registry.wallets.offers import ACCESS_LIFE
from verify.wallet.desk import WalletDesk, WalletError, open_wallet_desk
from verify.wallet.metadata import GRANT, credential_offer, issuer_metadata, server_metadata

# Somebody who mistypes the transaction code has five tries an offer; a program that tries codes is stopped.
PER_ADDRESS = Limit(20, timedelta(minutes=10))
ACCESS_SECONDS = int(ACCESS_LIFE.total_seconds())

wallet_api = Blueprint("wallet_api", __name__)


def wallet_desk() -> WalletDesk:
    """The wallet desk of the current application."""
    return open_wallet_desk(registry())


@wallet_api.errorhandler(WalletError)
def _answer_error(error: WalletError) -> Response:
    response = _answer({"error": error.error, "error_description": error.description}, error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = f'Bearer error="{error.error}"'
    return response


@wallet_api.get("/.well-known/openid-credential-issuer")
def issuer() -> Response:
    """What can be given, and where (section 12.2)."""
    return _answer(issuer_metadata(registry().settings.origin))


@wallet_api.get("/.well-known/oauth-authorization-server")
def server() -> Response:
    """Where a code becomes a token (RFC 8414)."""
    return _answer(server_metadata(registry().settings.origin))


@wallet_api.get("/oid4vci/offers/<offer_id>")
def offer(offer_id: str) -> Response:
    """An offer by reference (section 4.1.3), while it lives and was not redeemed."""
    offers = wallet_desk().offers
    found = offers.find(offer_id)
    if found is None or found.redeemed_at or registry().clock() >= found.expires_at:
        raise WalletError("invalid_request", "There is no such offer, or it is over", 404)
    return _answer(credential_offer(registry().settings.origin, offers.grant(found)))


@wallet_api.post("/oid4vci/token")
def token() -> Response:
    """An access token for the pre-authorized code and the transaction code (section 6)."""
    form = request.form
    if form.get("grant_type") != GRANT:
        raise WalletError("unsupported_grant_type", "Only the pre-authorized code is taken")
    grant, tx_code = form.get("pre-authorized_code", ""), form.get("tx_code", "")
    if not grant or not tx_code:
        raise WalletError("invalid_request", "pre-authorized_code and tx_code are both needed")
    here = registry()
    guesses, counted, now = Guesses(here.database, here.vault), _counted(), here.clock()
    if seconds := guesses.begin(counted, at=now):
        raise WalletError("slow_down", f"Wait {seconds} s", 429)
    access = wallet_desk().offers.redeem(grant, tx_code, at=now)
    if access is None:
        raise WalletError("invalid_grant", "A code is wrong, over, or was used before")
    guesses.forgive(counted, at=now)
    return _answer({"access_token": access, "token_type": "Bearer", "expires_in": ACCESS_SECONDS})


@wallet_api.post("/oid4vci/nonce")
def nonce() -> Response:
    """A fresh nonce (section 7)."""
    return _answer({"c_nonce": make_nonce(registry().vault, at=registry().clock())})


@wallet_api.post("/oid4vci/credential")
def credential() -> Response:
    """The credential for a proved key (section 8)."""
    scheme, _, access = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not access:
        raise WalletError("invalid_token", "An access token is needed", 401)
    try:
        asked = read_json(request)
    except Refused:
        raise WalletError("invalid_credential_request", "The request is not good JSON") from None
    return _answer({"credentials": [{"credential": wallet_desk().give(access, asked)}]})


def _counted() -> list[Counted]:
    return [(PER_ADDRESS, f"wallet {client_network(request.remote_addr)}")]


def _answer(body: object, status: int = 200) -> Response:
    response = answer_json(body, status)
    # wallets in a browser ask from their own origin; nothing here goes by a cookie
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
