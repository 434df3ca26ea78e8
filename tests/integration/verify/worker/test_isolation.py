"""Nobody sees another worker's data: every route with another's session, an ended one, none, a guessed id."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from registry.claiming import CLAIM_LIFE
from registry.workers.sessions import SESSION_LIFE
from tests.integration.conftest import House, make_body, make_number
from tests.integration.verify.worker.conftest import TICKET, Phone, path_of

WORKER_BLUEPRINTS = {
    "me",
    "me_requests",
    "me_account",
    "me_rights",
    "sharing",
    "me_sharing",
    "wallet",
    "me_wallet",
}
OPEN = {"me.manifest"}


@pytest.fixture
def two(house: House) -> tuple[Phone, dict, Phone, dict]:
    """Two workers, each with an account and a certificate; the first has asked for something."""
    house.app.config["WTF_CSRF_ENABLED"] = False  # a stranger who has a token as well
    first, certificate = claimed(house, 1, holder__name="甲试验")
    second, other = claimed(house, 2, holder__name="乙试验")
    return first, certificate, second, other


@pytest.fixture(autouse=True)
def _tokens_again(house: House) -> Iterator[None]:
    yield
    house.app.config["WTF_CSRF_ENABLED"] = True


def claimed(house: House, person: int, **changes: str) -> tuple[Phone, dict]:
    certificate = house.issued(make_body(person=person, **changes))
    phone = Phone(house.client(), house, person, changes["holder__name"])
    link = path_of(certificate["links"]["claim"])
    shown = {"name": phone.name, "id_type": "resident_id", "id_number": make_number(person)}
    ticket = TICKET.search(phone.client.post(link, data=shown).text)
    assert ticket is not None
    password = {"password": "vier leere worte", "again": "vier leere worte"}
    assert phone.client.post(f"{link}/password", data={"ticket": ticket[1], **password}).status_code == 302
    return phone, certificate


def routes(house: House, **ids: str) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and address of every page of a worker's, with these ids or well-formed guesses."""
    build = house.app.url_map.bind("127.0.0.1:8000").build
    for rule in house.app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] not in WORKER_BLUEPRINTS or rule.endpoint in OPEN:
            continue
        if "filename" in rule.arguments:
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            arguments = {name: ids.get(name, secrets.token_urlsafe(12)) for name in rule.arguments}
            yield rule.endpoint, method, build(rule.endpoint, arguments, method)


def test_without_a_session_every_page_asks_to_sign_in(house, two):
    stranger = house.client()
    seen = list(routes(house))
    assert len(seen) > 15
    for endpoint, method, path in seen:
        answer = stranger.open(path, method=method)
        assert (answer.status_code, answer.location) == (302, "/me/sign-in"), (endpoint, method)


@pytest.mark.parametrize("cookie", ["", "x", secrets.token_urlsafe(32), "é" * 40, "A" * 4000])
def test_a_guessed_session_is_none(house, two, cookie):
    stranger = house.client()
    stranger.set_cookie("me", cookie)
    assert stranger.get("/me").status_code == 302


def test_an_ended_session_opens_nothing_anywhere(house, two, clock):
    first, *_ = two
    token = first.client.get_cookie("me").value
    first.client.post("/me/sign-out")
    stranger = house.client()
    stranger.set_cookie("me", token)
    for endpoint, method, path in routes(house):
        assert stranger.open(path, method=method).status_code == 302, endpoint


def test_an_expired_session_opens_nothing_anywhere(house, two, clock):
    first, *_ = two
    clock.now += SESSION_LIFE
    for endpoint, method, path in routes(house):
        assert first.client.open(path, method=method).status_code == 302, endpoint


def test_another_session_with_real_ids_sees_and_changes_nothing(house, two):
    first, certificate, second, _ = two
    asked = first.client.post(
        "/me/requests", data={"kind": "objection", "code": certificate["code"], "text": "甲的秘密话"}
    )
    assert asked.status_code == 302
    account = house.database["worker_accounts"].find_one({"archive": archive_of(house, first)})
    ids = {
        "code": certificate["code"],
        "request_id": house.database["worker_requests"].find_one()["_id"],
        "session_id": house.database["worker_sessions"].find_one({"account": account["_id"]})["id"],
    }
    before = fingerprint(house, account["_id"])
    secrets_of_first = (
        "甲试验",
        certificate["number"],
        certificate["code"],
        make_number(1),
        "甲的秘密话",
        account["_id"],
    )
    for endpoint, method, path in routes(house, **ids):
        if endpoint == "me_account.erase" and method == "POST":
            continue  # it names nobody: it would end the second's own account
        answer = second.client.open(
            path, method=method, data={"confirm": "yes", "code": ids["code"]} if method == "POST" else None
        )
        assert answer.status_code < 500, endpoint
        if ids["code"] in path or ids["request_id"] in path:
            assert answer.status_code == 404, (endpoint, answer.status_code)
        text = answer.text.replace(path, "")
        assert [one for one in secrets_of_first if one in text] == [], endpoint
    assert fingerprint(house, account["_id"]) == before


def test_a_request_cannot_be_opened_about_anothers_certificate(house, two):
    _, certificate, second, _ = two
    answer = second.client.post(
        "/me/requests", data={"kind": "correction", "code": certificate["code"], "text": "x"}
    )
    assert answer.status_code == 404
    assert house.database["worker_requests"].count_documents({}) == 0


def test_erasing_ends_only_ones_own_account(house, two):
    first, certificate, second, _ = two
    assert second.client.post("/me/account/erase", data={"confirm": "yes"}).status_code == 302
    assert certificate["number"] in first.get("/me").text
    assert second.get("/me").status_code == 302


def test_an_expired_or_used_link_with_the_right_person_opens_nothing(house, two, clock):
    other = two[3]
    assert house.client().get(path_of(other["links"]["claim"])).status_code == 410
    late = path_of(house.issued(make_body(person=5))["links"]["claim"])
    clock.now += CLAIM_LIFE
    shown = {"name": "欧阳试验", "id_type": "resident_id", "id_number": make_number(5)}
    assert house.client().post(late, data=shown).status_code == 410
    assert house.client().get("/me/recover/" + secrets.token_urlsafe(32)).status_code == 410


def test_console_sessions_open_no_worker_page_and_workers_no_console(house, two):
    first, *_ = two
    console = house.client()
    house.make_account("registrar-x", "registry", "registrar")
    house.enter(console, "registrar-x")
    assert console.get("/me").status_code == 302
    for path in ("/console/", "/registrar/", "/employer/", "/console/workers"):
        answer = first.client.get(path)
        assert (answer.status_code, "/console/sign-in" in answer.location) == (302, True), path


def archive_of(house: House, phone: Phone) -> str:
    desk = house.services.workers
    account = desk.accounts.find(
        desk.sessions.find(phone.client.get_cookie("me").value, at=house.clock()).account
    )
    return account.archive


def fingerprint(house: House, account: str) -> str:
    names = ("worker_accounts", "worker_sessions", "worker_requests", "worker_recoveries")
    rows = [row for name in names for row in house.database[name].find()]
    mine = [row for row in rows if account in (row.get("_id"), row.get("account")) or "kind" in row]
    return repr(sorted(map(repr, mine)))
