"""The policy documents in public: which are in force where and when, each rule with its verbatim clause."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, render_template, request

from registry.credential import china_date
from registry.http import answer_json
from registry.places import find_place
from registry.policy.loading import load_policies
from registry.policy.publishing import policies_document, policy_document
from registry.services import registry
from verify.dates import read_date

policies_api = Blueprint("policies_api", __name__, url_prefix="/api/v1")
policies_pages = Blueprint("policies", __name__, template_folder="templates")


@policies_api.get("/policies")
def list_policies() -> Response:
    """The documents, all or those that hold in a region and are in force on a day."""
    region = request.args.get("region")
    place = find_place(region).code if region else None
    return answer_json({"policies": policies_document(load_policies(), region=place, on=read_date("on"))})


@policies_api.get("/policies/<document_id>")
def one_policy(document_id: str) -> Response:
    """One document with all its rules: clause, quotation, strength, figures, digest."""
    return answer_json(policy_document(load_policies(), document_id))


@policies_pages.get("/policies")
def policies_page() -> str:
    """The documents, and which of them are in force on the day asked."""
    on = read_date("on") or china_date(registry().clock())
    documents = [_with_state(one, on) for one in policies_document(load_policies())]
    return render_template("verify/policies.html", documents=documents, on=on.isoformat())


@policies_pages.get("/policies/<document_id>")
def policy_page(document_id: str) -> str:
    """One document, rule by rule."""
    on = china_date(registry().clock())
    found = policy_document(load_policies(), document_id)
    return render_template("verify/policy.html", document=_with_state(found, on))


def _with_state(document: dict[str, object], on: date) -> dict[str, object]:
    window = document["in_force"]
    assert isinstance(window, dict)  # noqa: S101 - as publishing makes it
    start, end = date.fromisoformat(window["from"]), window["to"]
    state = "future" if on < start else "past" if end and on >= date.fromisoformat(end) else "current"
    return document | {"state": state}
