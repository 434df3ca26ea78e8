"""The whole service on a real database: three assessors, a clock that tests set, people who do not exist."""

from __future__ import annotations

import io
import secrets
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pymongo
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo import WriteConcern
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from issuers.accreditation import Accreditation
from issuers.admission import accredit, admit
from issuers.assessor import AssessorKind
from issuers.services import Issuers
from keys.vault import Vault
from registry.cache import ShortMemory
from registry.identity import check_character
from registry.mongo import Record, connect
from registry.services import Registry
from registry.settings import Settings
from tests.quick import quick
from verify.patience import LastKnown
from verify.services import Verifier
from wsgi import Services, create_app, furnish, open_services, prepare

START = datetime(2026, 11, 22, 4, tzinfo=UTC)  # noon in China
LEVELS = frozenset({"apprentice", "5", "4", "3", "2", "1", "special", "chief"})
ASSESSORS = (
    ("S000033000002", "浙江示例技能人才行业协会", "association", "51330000500000015H", "330000"),
    ("Y000044000001", "东莞示例精密制造有限公司", "enterprise", "91441900000000019N", "441900"),
    ("S000022000003", "吉林示例职业技术学院", "college", "12220000400000018M", "220000"),
)
ASSOCIATION, ENTERPRISE, COLLEGE = (row[0] for row in ASSESSORS)
PASSWORD = "vier leere worte reichen"

# What the database holds when a service begins, by origin and time: made once, then put back for each test.
Beginnings = dict[tuple[str, datetime], dict[str, list[dict[str, Any]]]]


@dataclass
class Clock:
    """The time of the service, as a test sets it."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **passed: float) -> None:
        self.now += timedelta(**passed)


@dataclass(frozen=True)
class House:
    """The service, and what a test does with it."""

    app: Flask
    services: Services
    clock: Clock
    database: Record
    tokens: dict[str, str] = field(repr=False)

    association, enterprise, college = ASSOCIATION, ENTERPRISE, COLLEGE
    password = PASSWORD

    @property
    def registry(self) -> Registry:
        return self.services.registry

    @property
    def issuers(self) -> Issuers:
        return self.services.issuers

    @property
    def verifier(self) -> Verifier:
        return self.services.verifier

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def make_account(self, name: str, owner: str, role: str | None = None) -> None:
        """An account with the tests' password."""
        self.issuers.assessors.set_account(name, owner, self.password, role)

    def enter(self, client: FlaskClient, account: str) -> None:
        """Sign the account in without the price of its password."""
        sessions = self.issuers.account_desk.sessions
        secret = sessions.begin(account, agent="test", address="127.0.0.1", at=self.clock())
        with client.session_transaction() as session:
            session["sid"] = secret

    def headers(self, assessor: str = ASSOCIATION, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[assessor]}", **more}

    def issue(
        self, body: dict[str, Any] | None = None, *, assessor: str = ASSOCIATION, **headers: str
    ) -> Any:
        """The response to one POST /api/v1/certificates."""
        return self.client().post(
            "/api/v1/certificates", json=body or make_body(), headers=self.headers(assessor, **headers)
        )

    def issued(self, body: dict[str, Any] | None = None, *, assessor: str = ASSOCIATION) -> dict[str, Any]:
        """A certificate that was issued."""
        response = self.issue(body, assessor=assessor)
        assert response.status_code == 201, response.json
        return response.json

    def verify(self, **asked: Any) -> dict[str, Any]:
        """The verdict of the API."""
        response = self.client().post("/api/v1/verifications", json=asked)
        assert response.status_code == 200, response.json
        return response.json

    def counts(self) -> dict[str, int]:
        """Documents in every collection; how often issuing was refused is counted aside (issuers/refusals.py)."""
        return {
            name: self.database[name].count_documents({})
            for name in self.database.list_collection_names()
            if name != "issue_refusals"
        }

    def forget(self) -> None:
        """Empty every short memory, as two seconds would."""
        for part in (self.registry, self.issuers, self.verifier, self.registry.status_lists):
            for held in vars(part).values():
                memory = held._load if isinstance(held, LastKnown) else held
                if isinstance(memory, ShortMemory):
                    memory.forget()


def post_parts(client: FlaskClient, path: str, **parts: Any) -> Any:
    """A form whose bytes are files; encoded here, for the test client would keep a temporary file open."""
    given = {
        name: FileStorage(io.BytesIO(part), "x") if isinstance(part, bytes) else part
        for name, part in parts.items()
    }
    boundary, data = encode_multipart(given)
    return client.post(path, data=data, content_type=f"multipart/form-data; boundary={boundary}")


def make_number(person: int) -> str:
    """The right identity number of a person who does not exist."""
    body = f"1501021990{person // 900 % 12 + 1:02}{person // 1000 % 28 + 1:02}{person % 900 + 100:03}"
    return body + check_character(body)


def make_body(*, person: int = 0, **changes: Any) -> dict[str, Any]:
    """A body of POST /api/v1/certificates; ``holder__name="x"`` changes an inner member, ``...`` drops one."""
    body: dict[str, Any] = {
        "kind": "skill_level",
        "holder": {"name": "欧阳试验", "id_type": "resident_id", "id_number": make_number(person)},
        "occupation": {"code": "6-31-01-03", "edition": "2022"},
        "job": None,
        "level": "3",
        "issued_on": "2026-11-22",
    }
    for name, value in changes.items():
        *outer, inner = name.split("__")
        target = body[outer[0]] if outer else body
        if value is ...:
            del target[inner]
        else:
            target[inner] = value
    return body


@pytest.fixture(name="make_body")
def give_make_body() -> Callable[..., dict[str, Any]]:
    return make_body


@pytest.fixture(name="make_number")
def give_make_number() -> Callable[[int], str]:
    return make_number


@pytest.fixture(scope="session")
def shared_database(mongo_uri: str) -> Iterator[Record]:
    """One database for all tests of the service: making its collections and indexes takes longer than most tests."""
    record = connect(mongo_uri, database=f"test_{uuid.uuid4().hex}")
    yield record
    record.client.close()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Record]:
    """A database without a document: for tests of the whole service the shared one, whose indexes stay."""
    name = "shared_database" if "services" in request.fixturenames else "own_database"
    found: Record = request.getfixturevalue(name)
    yield found
    with pymongo.timeout(60):  # a busy disk is no defect of what is tested
        for name in find_filled(found):
            # not waiting for the journal each time: what the next test writes first waits for all before it
            found[name].with_options(write_concern=WriteConcern(w=1)).delete_many({})


def find_filled(database: Record) -> list[str]:
    """Names of the collections that hold a document; one question for all of them."""
    pipeline: list[dict[str, Any]] = [{"$documents": []}]
    for name in database.list_collection_names():
        first = [{"$limit": 1}, {"$project": {"_id": {"$literal": name}}}]
        pipeline.append({"$unionWith": {"coll": name, "pipeline": first}})
    return [found["_id"] for found in database.aggregate(pipeline)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault(secrets.token_bytes(32))


@pytest.fixture(scope="session", autouse=True)
def quickly() -> Iterator[None]:
    with quick():
        yield


@pytest.fixture(scope="session")
def beginnings() -> Beginnings:
    return {}


@pytest.fixture
def services(
    settings: Settings, database: Record, clock: Clock, vault: Vault, beginnings: Beginnings
) -> Services:
    """Every room's parts on an empty database, with three assessors."""
    beginning = (settings.origin, clock())
    if beginning not in beginnings:
        made = make_services(settings, database, clock, vault)
        beginnings[beginning] = {name: list(database[name].find()) for name in find_filled(database)}
        return made
    made = open_services(settings, database=database, vault=vault, clock=clock)
    with pymongo.timeout(60):  # a busy disk is no defect of what is tested
        for name, documents in beginnings[beginning].items():
            database[name].insert_many(documents)
    return made


@pytest.fixture(scope="session")
def apps() -> Callable[[Settings, Services], Flask]:
    """The application, made once for all tests, for its routes and templates are compiled then.

    Once for each of what it takes from the settings when it is made; the rest it asks its services for.
    """
    made: dict[tuple[bool, str], Flask] = {}

    def find(settings: Settings, services: Services) -> Flask:
        kind = settings.is_secure, settings.proxies
        if kind not in made:
            made[kind] = create_app(settings, services)
        furnish(made[kind], services)
        made[kind].config["WTF_CSRF_ENABLED"] = True  # a test may have set it aside
        return made[kind]

    return find


@pytest.fixture
def house(
    services: Services,
    settings: Settings,
    clock: Clock,
    database: Record,
    apps: Callable[[Settings, Services], Flask],
) -> House:
    return make_house(apps(settings, services), services, clock, database)


def open_house(database: Record) -> House:
    """The service on a database that a whole module shares."""
    settings, clock = Settings(), Clock()
    services = make_services(settings, database, clock, Vault(secrets.token_bytes(32)))
    return make_house(create_app(settings, services), services, clock, database)


def make_services(settings: Settings, database: Record, clock: Clock, vault: Vault) -> Services:
    made = open_services(settings, database=database, vault=vault, clock=clock)
    with pymongo.timeout(60):  # a busy disk is no defect of what is tested
        prepare(made)
        for row in ASSESSORS:
            admit_one(made, *row)
    return made


def make_house(app: Flask, services: Services, clock: Clock, database: Record) -> House:
    app.testing = False  # a defect answers 500, as in service
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assessors = services.issuers.assessors
    tokens = {row[0]: assessors.new_token(row[0], label="test", at=clock()) for row in ASSESSORS}
    return House(app, services, clock, database, tokens)


def admit_one(services: Services, id_: str, name: str, kind: str, credit_code: str, region: str) -> None:
    assessors = services.issuers.assessors
    admit(
        assessors,
        services.registry,
        id_,
        name=name,
        kind=AssessorKind(kind),
        credit_code=credit_code,
        region=region,
    )
    pairs = frozenset({("6-31-01-03", "2022"), ("4-10-01-05", "2022"), ("6-18-01-01", "2022")})
    levels = LEVELS if kind == "enterprise" else LEVELS - {"special", "chief"}
    held = Accreditation(
        f"A-{id_[-2:]}",
        "skill_level",
        pairs,
        levels,
        region,
        date(2026, 1, 1),
        date(2028, 1, 1),
        "示例认定委〔2026〕1号",
    )
    accredit(assessors, id_, held)
