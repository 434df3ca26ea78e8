"""Every route of the service, tried as everybody: who is not named in `who_may.py` is refused and changes nothing.

The others of a role (another assessor's signer and token, another employer's) are tried with the first one's real ids.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pymongo
import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from registry.mongo import connect
from tests.integration.access.belongings import make_belongings
from tests.integration.access.who_may import IDS, PROVES_ITSELF, SHARED, WHO_MAY, find_row
from tests.integration.conftest import House, make_body, open_house

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED = frozenset({401, 403, 404, 405, 410})
# what a request may leave behind without having changed anything of substance
TRACES = frozenset({"sessions", "acts", "attempts", "lookup_misses", "trail", "looks"})
FIRST = {"year": 2026}  # whole numbers in addresses; all others are 1
OWNED = {"clerk", "signer", "token:assessor", "employer", "token:employer"}


@dataclass(frozen=True)
class Try:
    """One request: a rule's endpoint, its method and its address."""

    endpoint: str
    method: str
    path: str
    has_ids: bool


@dataclass(frozen=True)
class World:
    """The service, with things of the first assessor and of the first employer, and everybody's way in."""

    house: House
    tries: tuple[Try, ...]
    secrets: tuple[str, ...]
    people: dict[str, tuple[str, str]]  # name -> account name, owner
    tokens: dict[str, str]
    cookies: dict[str, tuple[str, str]] = field(
        default_factory=dict, repr=False
    )  # and their session, by account

    def ask(self, one: Try, who: str) -> Any:
        client = self.house.client()
        headers = {}
        if who in self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        elif who in self.people:
            self.enter(client, self.people[who][0])
        body = None if one.method == "GET" else {}
        answer = client.open(one.path, method=one.method, json=body, headers=headers)
        answer.get_data()
        answer.close()  # a file that is sent
        return answer

    def enter(self, client: FlaskClient, account: str) -> None:
        """Sign the account in as it was before, or anew where something has ended its session since."""
        cookie, secret = self.cookies.get(account, ("", ""))
        sessions = self.house.issuers.account_desk.sessions
        if not secret or sessions.find(secret, at=self.house.clock()) is None:
            self.house.enter(client, account)
            with client.session_transaction() as session:
                secret = session["sid"]
            cookie = client.get_cookie("session").value
            self.cookies[account] = cookie, secret
        client.set_cookie("session", cookie)

    def ask_others(self, tries: list[Try]) -> Iterator[tuple[Try, str, Any]]:
        for one in tries:
            row = find_row(one.endpoint).at(one.method)
            if "nobody" not in row:
                for who in sorted(OWNED & row):
                    yield one, f"other {who}", self.ask(one, f"other {who}")

    def fingerprint(self) -> dict[str, str]:
        found = self.house.database.command("dbHash")["collections"]
        return {name: digest for name, digest in found.items() if name not in TRACES}


def tries_of(
    rules: Iterator[Rule], everywhere: dict[str, object], belongings: dict[str, dict[str, str]], build: Any
) -> Iterator[Try]:
    for rule in rules:
        ids = everywhere | belongings[""] | belongings.get(rule.endpoint.rpartition(".")[0], {})
        for method in sorted((rule.methods or set()) & set(METHODS)):
            arguments = {
                name: FIRST.get(name, 1) if "<int:" + name in rule.rule else ids.get(name, "none")
                for name in rule.arguments
            }
            yield Try(rule.endpoint, method, build(rule.endpoint, arguments, method), bool(rule.arguments))


@pytest.fixture(scope="module")
def world(mongo_uri: str) -> Iterator[World]:
    """One for all tests here: none of them changes anything but what it is allowed to."""
    database = connect(mongo_uri, database=f"test_{uuid.uuid4().hex}")
    house = open_house(database)
    house.app.config["WTF_CSRF_ENABLED"] = False  # its own tests: test_console.py
    yield make_world(house)
    with pymongo.timeout(60):  # a busy disk is no defect of what is tested
        database.client.drop_database(database.name)
    database.client.close()


def make_world(house: House) -> World:
    # the college is the first: it may publish an annual report as well
    issued = house.issued(assessor=house.college)
    add_employer = house.issuers.employers.add
    employer = add_employer("acme", name="示例一厂", credit_code="91150700000000035M")
    other = add_employer("other", name="示例二厂", credit_code="91441900000000019N")
    people = {
        "registrar": ("registrar", "registry"),
        "inspector": ("inspector", "registry"),
        "clerk": ("clerk", house.college),
        "signer": ("signer", house.college),
        "employer": ("buyer", employer.owner),
        "other signer": ("other-signer", house.association),
        "other clerk": ("other-clerk", house.association),
        "other employer": ("other-buyer", other.owner),
    }
    for who, (name, owner) in people.items():
        house.make_account(name, owner, who.rpartition(" ")[2])
    new_token = house.issuers.assessors.new_token
    tokens = {
        "token:assessor": house.tokens[house.college],
        "other token:assessor": house.tokens[house.association],
        "token:registry": new_token("registry", label="test", at=house.clock()),
        "token:employer": new_token(employer.owner, label="test", at=house.clock()),
        "other token:employer": new_token(other.owner, label="test", at=house.clock()),
    }
    archive = house.client().post(
        "/api/v1/archives/search",
        json={"holder": make_body()["holder"], "open": True},
        headers={"Authorization": f"Bearer {tokens['token:registry']}"},
    )
    assert archive.status_code == 200, archive.json
    ids = IDS | {"number": issued["number"], "code": issued["code"]}
    archives = ("archives", "archive_api", "credits", "ledgers", "statements", "statements_api")
    code = archive.json["archive"]["code"]
    belongings = make_belongings(house, employer, issued, code)
    for name in archives:
        belongings[name] = belongings.get(name, {}) | {"code": code}
    adapter = house.app.url_map.bind("127.0.0.1:8000")
    tries = tuple(tries_of(house.app.url_map.iter_rules(), ids, belongings, adapter.build))
    owned = tuple(id_ for some in belongings.values() for id_ in some.values())
    return World(house, tries, (issued["number"], issued["code"], *owned), people, tokens)


def is_refused(answer: Any) -> bool:
    to_sign_in = answer.status_code == 302 and "/sign-in" in answer.location
    return to_sign_in or answer.status_code in REFUSED


def test_every_route_has_a_row_and_every_row_a_route(world):
    endpoints = {one.endpoint for one in world.tries}
    assert sorted(name for name in endpoints if find_row(name) is None) == []
    known = endpoints | {name.rpartition(".")[0] for name in endpoints}
    assert sorted(WHO_MAY.keys() - known) == []


EVERYBODY = ("nobody", "registrar", "inspector", "clerk", "signer", "employer")


def test_every_route_as_everybody(world):
    """Refused where not named and nothing changed; never refused where named, and never a defect."""
    faults = []
    everybody = (*EVERYBODY, "token:assessor", "token:registry", "token:employer")
    before = world.fingerprint()
    for one in world.tries:
        for who in everybody:
            if who in find_row(one.endpoint).at(one.method):
                continue
            answer = world.ask(one, who)
            if not is_refused(answer):
                faults.append(f"{who} may {one.method} {one.path} ({one.endpoint}): {answer.status_code}")
    assert not faults, "\n".join(faults)
    assert world.fingerprint() == before


def test_nobody_reaches_what_another_owner_has(world):
    """Another's real ids: 403 or 404, nothing of them shown anywhere, nothing changed."""
    faults = []
    with_ids = [one for one in world.tries if one.has_ids and one.endpoint not in SHARED]
    before = world.fingerprint()
    for one, who, answer in world.ask_others(with_ids):
        if not is_refused(answer):
            faults.append(f"{who}: {one.method} {one.path}: {answer.status_code}")
    assert not faults, "\n".join(faults)
    assert world.fingerprint() == before
    for one, who, answer in world.ask_others([one for one in world.tries if not one.has_ids]):
        if any(secret in answer.text for secret in world.secrets):
            faults.append(f"{who}: {one.method} {one.path} shows what is not theirs")
    assert not faults, "\n".join(faults)


def test_who_is_named_gets_in(world):
    faults = []
    for one in world.tries:
        named = find_row(one.endpoint).at(one.method)
        for who in ["nobody"] if "nobody" in named else sorted(named):
            answer = world.ask(one, who)
            if one.endpoint in PROVES_ITSELF:
                assert answer.status_code < 500
                continue
            to_sign_in = answer.status_code == 302 and "/sign-in" in answer.location
            if to_sign_in or answer.status_code in (401, 403, 500):
                faults.append(f"{who}: {one.method} {one.path} ({one.endpoint}): {answer.status_code}")
    assert not faults, "\n".join(faults)


def test_no_browser_keeps_what_not_everybody_may_see(world):
    """Also what is refused, so that nothing depends on who remembers to say so."""
    faults = []
    for one in world.tries:
        if one.method != "GET" or "nobody" in find_row(one.endpoint).read or one.path.startswith("/api/"):
            continue
        for who in ("nobody", "registrar", "signer", "employer"):
            kept = world.ask(one, who).headers.get("Cache-Control")
            if kept != "no-store":
                faults.append(f"{who}: {one.path} ({one.endpoint}): {kept}")
    assert not faults, "\n".join(faults)


def test_the_ids_are_real(world):
    """Or the refusals above would prove nothing: each page with an id of theirs opens for who owns it."""
    faults, seen = [], set()
    for one in world.tries:
        held = [id_ for id_ in world.secrets if id_ in one.path]
        row = find_row(one.endpoint).at(one.method)
        named = row & OWNED or row & {"registrar"}
        if one.method != "GET" or not held or not named or "nobody" in find_row(one.endpoint).read:
            continue
        seen |= set(held)
        for who in sorted(named):
            status = world.ask(one, who).status_code
            if status not in (200, 409):  # 409: not in that state
                faults.append(f"{who}: {one.path}: {status}")
    assert not faults, "\n".join(faults)
    assert len(seen) >= 7


def test_another_assessors_batch_cannot_be_chosen_either(world):
    """Ids in forms and filters, not in addresses."""
    batch = next(one.path for one in world.tries if one.endpoint == "batches.batch").rpartition("/")[2]
    for who, status in (("clerk", 200), ("other clerk", 404), ("other signer", 404)):
        client = world.house.client()
        world.house.enter(client, world.people[who][0])
        form = {"act": "suspend", "reason": "lax_exam", "batch": batch}
        for path in ("/console/changes/preview", "/console/changes"):
            answer = client.post(path, data=form)
            assert answer.status_code in (status, 422 if status == 200 else status), (who, path)
        found = client.get(f"/console/certificates?assessor={world.house.college}&level=3")
        assert (world.secrets[0] in found.text) == (who == "clerk"), who
