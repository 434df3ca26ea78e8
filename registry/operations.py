"""What the service's keepers ask: is it alive, is it ready."""

from __future__ import annotations

from flask import Blueprint, Response

from keys.errors import Refused
from registry.http import answer_json
from registry.mongo import is_available
from registry.services import registry

operations = Blueprint("operations", __name__)


@operations.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return answer_json({"status": "ok"})


@operations.get("/readyz")
def readyz() -> Response:
    """The process answers and the database does too."""
    if not is_available(registry().database):
        raise Refused("mongo.away")
    return answer_json({"status": "ok"})
