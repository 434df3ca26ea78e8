"""The description of the API: valid OpenAPI 3.1, and as complete as the routes are."""

from __future__ import annotations

import json
import re
import secrets
from datetime import date

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pymongo import MongoClient

from issuers.changes.reasons import Act, reasons
from keys.vault import Vault
from registry.identity import IdType, parse_identity
from registry.kinds import kinds
from registry.levels import levels
from registry.problems import catalogue
from registry.settings import Settings
from registry.state import State
from verify.checks import STEPS
from verify.openapi import openapi_document, operations
from verify.presentation_check import STEPS as PRESENTATION_STEPS
from verify.verdict import Outcome
from wsgi import create_app, open_services

DOCUMENT = openapi_document()
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


@pytest.fixture(scope="module")
def app():
    nobody = MongoClient("mongodb://127.0.0.1:1/", connect=False)
    services = open_services(Settings(), database=nobody["x"], vault=Vault(secrets.token_bytes(32)))
    yield create_app(Settings(), services)
    nobody.close()


def test_it_is_openapi_3_1():
    assert DOCUMENT["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_route_is_described_and_every_description_has_a_route(app):
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1")
    }
    assert {(method.upper(), path) for method, path, _ in OPERATIONS} == routes


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=lambda value: str(value)[:40])
def test_an_operation_is_told_in_both_languages(method, path, operation):
    assert re.search("[一-鿿]", operation["x-summary-zh"])
    assert not re.search("[一-鿿]", operation["summary"])
    placed = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"]
    assert placed == re.findall(r"{(\w+)}", path)
    if "requestBody" in operation:
        assert all(
            "$ref" in example
            for content in operation["requestBody"]["content"].values()
            for example in content.get("examples", {}).values()
        )
    if operation.get("security"):
        assert "401" in operation["responses"]


def test_operations_have_one_name_each():
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)


def test_the_page_lists_them_all():
    listed = {(one["method"], one["path"]): one["auth"] for one in operations()}
    assert set(listed) == {(method, path) for method, path, _ in OPERATIONS}
    assert listed["post", "/api/v1/certificates"]
    assert not listed["post", "/api/v1/verifications"]


def test_lists_of_words_are_those_of_the_data():
    assert SCHEMAS["Kind"]["properties"]["id"]["enum"] == [kind.id for kind in kinds()]
    assert SCHEMAS["Level"]["properties"]["id"]["enum"] == [level.id for level in levels()]
    assert SCHEMAS["MaskedHolder"]["properties"]["id_type"]["enum"] == [one.value for one in IdType]
    assert SCHEMAS["Verdict"]["properties"]["outcome"]["enum"] == [one.value for one in Outcome]
    assert SCHEMAS["Check"]["properties"]["name"]["enum"] == [*dict(STEPS), "binding"]
    assert dict(PRESENTATION_STEPS).keys() == {*dict(STEPS), "binding"}
    assert SCHEMAS["StateChangeRequest"]["properties"]["reason"]["enum"] == [
        code for code, reason in reasons().items() if {Act.SUSPEND, Act.REVOKE} & set(reason.acts)
    ]
    assert set(SCHEMAS["Certificate"]["properties"]["state"]["enum"]) == {state.value for state in State}


def validator(name):
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}})


def examples_of(schema):
    for _, _, operation in OPERATIONS:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if content.get("schema", {}).get("$ref", "").endswith(f"/{schema}"):
            yield from (reference["$ref"].rpartition("/")[2] for reference in content["examples"].values())


@pytest.mark.parametrize("schema", ["IssueRequest", "VerificationRequest", "StateChangeRequest"])
def test_examples_fit_their_schema(schema):
    names = list(examples_of(schema))
    assert names
    for name in names:
        validator(schema).validate(DOCUMENT["components"]["examples"][name]["value"])


def test_the_example_of_a_problem_is_one_of_ours():
    problem = DOCUMENT["components"]["examples"]["problem"]["value"]
    validator("Problem").validate(problem)
    row = catalogue()[problem["code"]]
    assert problem["messages"]["en"] == {"title": row.en, "detail": row.mend_en}
    assert problem["status"] == row.status


def test_people_in_examples_have_right_numbers():
    for name in examples_of("IssueRequest"):
        value = DOCUMENT["components"]["examples"][name]["value"]
        holder = value["holder"]
        assert parse_identity(
            holder["id_type"], holder["id_number"], on=date.fromisoformat(value["issued_on"])
        )


def test_it_is_served_as_it_is(app):
    response = app.test_client().get("/openapi.json")
    assert response.status_code == 200
    assert json.loads(response.data) == DOCUMENT
    assert app.test_client().get("/api").status_code == 200


def test_public_answers_fit_their_schemas(app):
    client = app.test_client()
    asked = {
        "/api/v1/benefits?level=3&region=330000&on=2026-11-22&held_since=2026-11-22": "Benefits",
        "/api/v1/benefits?kind=one_plus_x": "Benefits",
        "/api/v1/benefits?level=1&region=441900": "Benefits",
        "/api/v1/occupations?q=电工": "Occupations",
        "/api/v1/occupations": "Occupations",
        "/api/v1/occupations/2022/6-31-01-03": "Occupation",
        "/api/v1/occupations/2022/nowhere": "Problem",
        "/api/v1/benefits?on=2026-02-30": "Problem",
        "/api/v1/nowhere": "Problem",
    }
    for path, schema in asked.items():
        validator(schema).validate(client.get(path).json)
