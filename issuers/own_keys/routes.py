"""The API for assessors who sign with a key of their own: reserving a certificate to be signed."""

from __future__ import annotations

from flask import Blueprint, Response, request

from issuers.own_keys.desk import describe_reservation
from issuers.routes import authenticate
from issuers.schemas import IssueSchema, load
from issuers.services import issuers
from registry.http import answer_json, read_json

own_keys_api = Blueprint("own_keys_api", __name__, url_prefix="/api/v1")
_issue_schema = IssueSchema()


@own_keys_api.post("/certificates/reservations")
def reserve() -> Response:
    """Reserve a certificate: the unsigned credential, and what else may be signed. It is used once, within minutes."""
    assessor = authenticate()
    asked = load(_issue_schema, read_json(request))
    return answer_json(describe_reservation(issuers().own_keys.reserve(asked, assessor)), 201)
