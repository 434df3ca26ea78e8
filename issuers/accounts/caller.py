"""Who asks, as far as counting attempts needs to know: the network, and whether this browser signed in before."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer

from issuers.accounts.desk import Caller
from registry.addresses import client_network
from registry.services import registry

DEVICE_LIFE = timedelta(days=365)
SALT = "known device"


def caller_for(account: str) -> Caller:
    """The caller of this request, who wants to sign in as ``account``."""
    return Caller(client_network(request.remote_addr), _device_of(account.strip().casefold()), g.request_id)


def remember_device(response: Response, account: str) -> Response:
    """Let this browser's attempts at the account count for themselves from now on."""
    if not _device_of(account):
        response.set_cookie(
            _name(),
            _signer().dumps([account, secrets.token_hex(8)]),
            max_age=int(DEVICE_LIFE.total_seconds()),
            secure=registry().settings.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


def _device_of(account: str) -> str:
    try:
        name, device = _signer().loads(request.cookies.get(_name(), ""))
    except (BadSignature, ValueError, TypeError):
        return ""
    return str(device) if name == account else ""


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or b"", salt=SALT)


def _name() -> str:
    return "__Host-device" if registry().settings.is_secure else "device"
