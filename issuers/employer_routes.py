"""The registrar's API for employers: register one, give it a token."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from marshmallow import fields

from issuers.employers import Employer
from issuers.routes import authenticate_registrar
from issuers.schemas import MESSAGES, Strict, load
from issuers.services import issuers
from issuers.session import note
from registry.http import answer_json, read_json
from registry.services import registry

employers_api = Blueprint("employers_api", __name__, url_prefix="/api/v1")


class EmployerSchema(Strict):
    """The body of ``POST /api/v1/employers``."""

    id = fields.String(required=True, error_messages=MESSAGES)
    name = fields.String(required=True, error_messages=MESSAGES)
    credit_code = fields.String(required=True, error_messages=MESSAGES)


_schema = EmployerSchema()


@employers_api.post("/employers")
def add_employer() -> Response:
    """Register an employer that may check in bulk. 201."""
    authenticate_registrar()
    asked = load(_schema, read_json(request))
    added = issuers().employers.add(asked["id"], name=asked["name"], credit_code=asked["credit_code"])
    note("employer.added", added.owner)
    return answer_json(_describe(added), 201)


@employers_api.get("/employers")
def list_employers() -> Response:
    """Every employer that may check in bulk."""
    authenticate_registrar()
    return answer_json({"employers": [_describe(one) for one in issuers().employers.all()]})


@employers_api.post("/employers/<employer_id>/tokens")
def add_token(employer_id: str) -> Response:
    """A new bearer token for the employer, shown this once. 201."""
    authenticate_registrar()
    owner = issuers().employers.find(employer_id).owner
    token = issuers().assessors.new_token(owner, label="registrar", at=registry().clock())
    note("token.made", f"token:{owner}", after={"label": "registrar"})
    return answer_json({"token": token}, 201)


def _describe(employer: Employer) -> dict[str, Any]:
    return {"id": employer.id, "name": employer.name, "credit_code": employer.credit_code}
