"""What the registers and the statistics answer fits the schemas of openapi.json."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from registry.keyrings import REGISTRY
from registry.statistics.projector import Projector
from verify.openapi import openapi_document

DOCUMENT = openapi_document()
EXAMPLES = DOCUMENT["components"]["examples"]


@pytest.fixture
def ask(house):
    """Call an operation by its id with the example of its body; the answer must be described, and fit."""
    by_id = {
        operation["operationId"]: (method, path, operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }
    registrar = house.issuers.assessors.new_token(REGISTRY, label="test", at=house.clock())

    def call(operation_id, *, query="", token=registrar, **names):
        method, path, operation = by_id[operation_id]
        bodies = (
            operation.get("requestBody", {})
            .get("content", {})
            .get("application/json", {})
            .get("examples", {})
        )
        body = EXAMPLES[next(iter(bodies))]["value"] if bodies else None
        response = getattr(house.client(), method)(
            path.format(**names) + query, headers={"Authorization": f"Bearer {token}"}, json=body
        )
        described = operation["responses"][str(response.status_code)]
        if "$ref" in described:
            described = DOCUMENT["components"]["responses"][described["$ref"].rpartition("/")[2]]
        content = described["content"][response.mimetype]["schema"]
        if response.is_json:
            Draft202012Validator(content | {"components": DOCUMENT["components"]}).validate(response.json)
        return response

    return call


def test_directories(ask):
    assert ask("addDirectoryRow", directory="shortage_occupations").status_code == 201
    assert ask("addDirectoryRow", directory="shortage_occupations").status_code == 409
    assert ask("endDirectoryRow", directory="shortage_occupations", number=1).status_code == 201
    assert ask("listDirectories").status_code == 200
    assert ask("listDirectoryRows", directory="shortage_occupations").status_code == 200
    for directory in ("shortage_occupations", "assessors"):
        assert ask("getDirectory", directory=directory, query="?on=2026-03-01").status_code == 200
        assert ask("getDirectory", directory=directory, query="?format=csv").mimetype == "text/csv"
    assert (
        ask("getDirectory", directory="shortage_occupations", query="?known_on=2020-01-01").status_code == 200
    )
    assert ask("getDirectory", directory="assessors", query="?known_on=2020-01-01").status_code == 409
    assert ask("getDirectory", directory="nothing").status_code == 404
    assert ask("getDirectory", directory="standards", query="?on=x").status_code == 422


def test_integrity(ask):
    assert ask("addCase").status_code == 201
    assert ask("addCase").status_code == 409
    assert ask("changeAppeal", case="2026-1").status_code == 200
    assert ask("changeAppeal", case="2026-1").status_code == 409
    assert ask("changeAppeal", case="nothing").status_code == 404
    assert ask("listCases").json["cases"]
    assert ask("exportCases").json["cases"]
    assert ask("exportCases", query="?format=csv").headers["X-Content-Digest"]
    assert ask("exportCases", token="x").status_code == 401


def test_inspections(ask, house):
    assert ask("announceDraw").status_code == 201
    assert ask("announceDraw").status_code == 409
    assert ask("revealDraw", draw="2026-4").status_code == 409
    house.clock.advance(days=10)
    revealed = ask("revealDraw", draw="2026-4")
    assert revealed.status_code == 200
    expected = 201 if revealed.json["drawn"] == ["S000033000002"] else 422
    assert ask("reportVisit", draw="2026-4").status_code == expected
    assert ask("listDraws").status_code == ask("getDraw", draw="2026-4").status_code == 200
    assert ask("getDraw", draw="nothing").status_code == 404


def test_statistics(ask, house, database, make_body):
    projector = Projector(database, house.clock)
    projector.catch_up()
    for person in range(6):
        house.issued(make_body(person=person))
    projector.catch_up()
    assert ask("recordSession", token=house.tokens[house.association]).status_code == 201
    assert ask("publishReport", year=2026, token=house.tokens[house.college]).status_code == 200
    assert ask("publishReport", year=2026, token=house.tokens[house.association]).status_code == 403
    assert ask("listReports").json["reports"]
    assert ask("getReport", college=house.college, year=2026).status_code == 200
    assert ask("getReport", college=house.college, year=2025).status_code == 404
    for view in ("level", "occupation", "region", "assessor", "kind", "month"):
        assert ask("getStatistics", query=f"?by={view}").json["total"] == 6
        assert ask("getExactStatistics", query=f"?by={view}&from=2026-01&to=2027-01").json["counts"]
    assert ask("getStatistics", query="?from=2026-02-01").status_code == 422
    assert ask("getExactStatistics", query="?from=2026").status_code == 422
    assert ask("getTargets").json["targets"]
    assert ask("getPassRates", query="?year=2026").json["bodies"]


def test_uploads(ask, house, database, make_body):
    Projector(database, house.clock).catch_up()
    assert ask("exportUpload").status_code == 409
    house.issued(make_body())
    Projector(database, house.clock).catch_up()
    batch = ask("exportUpload").json["batch"]
    assert ask("downloadUpload", batch=batch).mimetype == "text/csv"
    assert ask("downloadUpload", batch="nothing").status_code == 404
    assert ask("confirmUpload", batch=batch).status_code == 200
    assert ask("confirmUpload", batch=batch).status_code == 409
    assert ask("listUploads").json["batches"]
