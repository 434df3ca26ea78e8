"""With the database away every answer is 503 and says so; none says anything about a certificate."""

import secrets

import pytest
from pymongo import MongoClient

from keys.vault import Vault
from registry.policy.loading import load_policies
from registry.problems import find_problem
from registry.settings import Settings
from verify.room import WARMING, warm_up
from wsgi import create_app, open_services

NEGATIVE = ("invalid", "revoked", "broken", "untrusted", "无法核验", "已撤销", 'data-outcome="')


@pytest.fixture(scope="module")
def client():
    nobody = MongoClient("mongodb://127.0.0.1:1/?directConnection=true", timeoutMS=150)
    services = open_services(Settings(), database=nobody["x"], vault=Vault(secrets.token_bytes(32)))
    app = create_app(Settings(), services)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app.test_client()
    nobody.close()


QUESTIONS = [
    {"code": "A" * 22},
    {"number": "S000033000002263000001", "holder": "欧阳试验"},
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: next(iter(question)))
def test_the_api_answers_503_and_decides_nothing(client, question):
    response = client.post("/api/v1/verifications", json=question)
    assert (response.status_code, response.json["code"]) == (503, "mongo.away")
    assert int(response.headers["Retry-After"]) > 0
    assert response.mimetype == "application/problem+json"
    assert "outcome" not in response.json
    assert [word for word in NEGATIVE if word in response.text] == []


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("get", "/v/AAAAAAAAAAAAAAAAAAAAAA", None),
        ("get", "/w/AAAAAAAAAAAAAAAAAAAAAA", None),
        ("get", "/v/AAAAAAAAAAAAAAAAAAAAAA/qr.svg", None),
        ("post", "/lookup", {"number": "S000033000002263000001", "holder": "欧阳试验"}),
        ("get", "/status-lists/revocation-1", None),
        ("get", "/trust-list", None),
    ],
)
def test_a_page_answers_503_and_decides_nothing(client, method, path, data):
    response = getattr(client, method)(path, data=data)
    assert response.status_code == 503
    assert "Retry-After" in response.headers
    assert find_problem("mongo.away").zh in response.text
    assert [word for word in NEGATIVE if word in response.text] == []
    assert "欧阳试验" not in response.text


def test_issuing_answers_503(client):
    headers = {"Authorization": "Bearer skr_x", "Idempotency-Key": "k"}
    response = client.post("/api/v1/certificates", json={}, headers=headers)
    assert (response.status_code, response.json["code"]) == (503, "mongo.away")


def test_what_needs_no_database_goes_on(client):
    assert client.get("/").status_code == 200
    assert client.get("/healthz").status_code == 200
    assert client.get("/api/v1/occupations?q=电工").status_code == 200
    assert client.get("/api/v1/benefits?level=3&region=330000&on=2026-11-22").status_code == 200


def test_ready_says_that_it_is_not(client):
    assert client.get("/readyz").status_code == 503


def test_a_process_warms_up_without_it(client):
    load_policies.cache_clear()
    app = client.application
    assert warm_up(app) is app
    assert load_policies.cache_info().currsize == 1
    for path in WARMING:
        assert client.get(path).status_code == 200
