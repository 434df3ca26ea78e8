"""An implementation that we did not write verifies what we sign, and reads every word of it.

Digital Bazaar's `@digitalbazaar/vc` checks the certificate and the status list, fed with exactly what the service
serves: DID documents, status lists, our context. Nothing is fetched from elsewhere.

Checked by hand, not here (the file is 1EdTech's): the JSON schema ob_v3p0_achievementcredential_schema.json of
Open Badges 3.0, draft 2019-09, as captured on 2026-07-04 in the source package openbadgeslib 4.6.3, accepts the
certificate but for one point. It wants one object as ``credentialStatus``; ours is a set of two, as VC Data Model 2.0
section 4.10 allows and Open Badges means to (1EdTech/openbadges-specification issue 623, for 3.1).
"""

from __future__ import annotations

import copy
import json
import secrets
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from issuers.changes.states import revoke
from issuers.demo import Demo, make_demo
from keys.vault import Vault
from registry.mongo import Record, connect
from registry.settings import Settings
from wsgi import Services, create_app, now, open_services, prepare

HERE = Path(__file__).parent
ORIGIN = "https://registry.example"
NODE_SECONDS = 60

Json = dict[str, Any]
Ask = Callable[..., list[Json]]


@dataclass
class Issued:
    """A service with the demo's certificates in it, and the first of them as signed."""

    services: Services
    client: FlaskClient
    demo: Demo

    @property
    def credential(self) -> Json:
        return json.loads(self.demo.certificate.credential)

    def documents(self) -> Json:
        """What the service publishes, by the names that credentials and status lists use."""
        credential = self.credential
        did, root = credential["issuer"]["id"], "did:web:registry.example"
        lists = [entry["statusListCredential"] for entry in credential["credentialStatus"]]
        context = credential["@context"][-1]
        paths = {url: url.removeprefix(ORIGIN) for url in (*lists, context)}
        paths |= {did: f"/assessors/{self.demo.assessor.id}/did.json", root: "/.well-known/did.json"}
        return {name: json.loads(self.client.get(path).data) for name, path in paths.items()}


@pytest.fixture
def ask(node: str) -> Ask:
    """Put questions to the independent implementation: what it is asked, the credential, what it may load."""

    def run(what: str, *credentials: Json, documents: Json) -> list[Json]:
        questions = [{"ask": what, "credential": one} for one in credentials]
        request = json.dumps({"documents": documents, "questions": questions})
        done = subprocess.run(
            [node, HERE / "verify.mjs"],
            input=request,
            capture_output=True,
            text=True,
            check=False,
            timeout=NODE_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="module")
def issued(mongo_uri: str) -> Iterator[Issued]:
    """Shared: whoever only reads may ask it."""
    database = connect(mongo_uri, database=f"test_{uuid.uuid4().hex}")
    yield make_issued(database)
    database.client.close()


@pytest.fixture
def issued_alone(database: Record) -> Issued:
    """For a test that changes the record."""
    return make_issued(database)


def make_issued(database: Record) -> Issued:
    settings = Settings(base_url=ORIGIN)
    services = open_services(settings, database=database, vault=Vault(secrets.token_bytes(32)))
    prepare(services)
    demo = make_demo(services.registry, services.issuers)
    return Issued(services, create_app(settings, services).test_client(), demo)


def test_a_certificate_and_its_status_verify(ask: Ask, issued: Issued) -> None:
    [answer] = ask("verify", issued.credential, documents=issued.documents())
    assert answer == {
        "verified": True,
        "statuses": {"revocation": False, "suspension": False},
        "error": None,
    }


def test_a_revocation_stands_in_the_status_list(ask: Ask, issued_alone: Issued) -> None:
    issued = issued_alone
    record, code = issued.services.registry.record, issued.demo.certificate.code
    revoke(record, code, reason="false_results", by="test", at=now())
    [answer] = ask("verify", issued.credential, documents=issued.documents())
    assert answer["statuses"] == {"revocation": True, "suspension": False}


def test_a_changed_certificate_is_refused(ask: Ask, issued: Issued) -> None:
    changes: list[Callable[[Json], Any]] = [
        lambda one: one["credentialSubject"].update(skillLevel="1"),
        lambda one: one["credentialSubject"]["holder"].update(name="李小明"),
        lambda one: one["credentialSubject"].update(note="added"),
        lambda one: one["credentialSubject"].pop("accreditation"),
        lambda one: one.update(validFrom="2020-01-01T00:00:00Z"),
        lambda one: one["credentialStatus"].pop(0),
        lambda one: one["issuer"].update(name="另一机构"),
        lambda one: one["proof"][0].update(created="2020-01-01T00:00:00Z"),
    ]
    changed = [copy.deepcopy(issued.credential) for _ in changes]
    for change, one in zip(changes, changed, strict=True):
        change(one)
    answers = ask("verify", *changed, documents=issued.documents())
    assert [answer["verified"] for answer in answers] == [False] * len(changes)
    assert all("Verification error" in answer["error"] for answer in answers), answers


def test_a_certificate_under_a_strangers_key_is_refused(ask: Ask, issued: Issued) -> None:
    documents = issued.documents()
    stranger, own = (name for name in sorted(documents) if name.startswith("did:"))
    for theirs, ours in zip(
        documents[stranger]["verificationMethod"], documents[own]["verificationMethod"], strict=True
    ):
        ours["publicKeyMultibase"] = theirs["publicKeyMultibase"]
    [answer] = ask("verify", issued.credential, documents=documents)
    assert not answer["verified"]


def test_a_changed_status_list_is_refused(ask: Ask, issued: Issued) -> None:
    documents = issued.documents()
    [name] = [name for name in documents if "/revocation-" in name]
    documents[name]["credentialSubject"]["ttl"] += 1
    [answer] = ask("verify", issued.credential, documents=documents)
    assert not answer["verified"]


def test_every_word_is_linked_data(ask: Ask, issued: Issued) -> None:
    # Clean in safe mode: a proof over the linked data (eddsa-rdfc-2022) would cover every member.
    documents = issued.documents()
    unsigned = {name: value for name, value in issued.credential.items() if name != "proof"}
    certificates = [unsigned, _with_every_member(unsigned)]
    lists = [documents[name] for name in documents if "/status-lists/" in name]
    for one, answer in zip(certificates, ask("read", *certificates, documents=documents), strict=True):
        missing = [word for word in _words(one) if not any(word in quad for quad in answer["quads"])]
        assert not missing
    assert all("quads" in answer for answer in ask("read", *lists, documents=documents))


def test_an_undefined_term_is_no_linked_data(ask: Ask, issued: Issued) -> None:
    extended = copy.deepcopy(issued.credential)
    extended["credentialSubject"]["grade"] = "A"
    [answer] = ask("read", extended, documents=issued.documents())
    assert answer["error"] == "Safe mode validation error."


def _with_every_member(credential: Json) -> Json:
    """The credential with the members that only some certificates have: job, appointment, end."""
    full = copy.deepcopy(credential)
    subject = full["credentialSubject"]
    subject["occupation"]["job"] = "维修电工"
    subject["appointment"] = {
        "employer": "示例厂",
        "appointedFrom": "2026-01-01",
        "appointedUntil": "2029-01-01",
    }
    full["validUntil"] = "2028-12-31T16:00:00Z"
    return full


def _words(value: Any) -> list[str]:
    """Every string in the members of a credential but for its contexts and types."""
    if isinstance(value, dict):
        inner = [one for name, one in value.items() if name not in {"@context", "type"}]
        return [word for one in inner for word in _words(one)]
    return [word for one in value for word in _words(one)] if isinstance(value, list) else [value]
