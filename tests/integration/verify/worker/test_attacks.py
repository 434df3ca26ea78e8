"""What somebody with ill will would try at a worker's pages; other people's sessions and ids: test_isolation.py."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from registry.sharing.shares import Shares
from registry.wallets.offers import Offers
from tests.integration.conftest import House
from tests.integration.verify.worker.conftest import Phone, claimed, path_of

PAGES = {"me", "me_requests", "me_account", "me_rights", "me_shares", "me_wallet", "me_entry", "share"}
INJECTED = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"


@pytest.fixture
def worker(house: House) -> tuple[Phone, dict[str, str], dict[str, str]]:
    """A worker with one of each thing, and the ids of those things."""
    phone, certificate = claimed(house, 51)
    phone.post("/me/requests", kind="objection", code=certificate["code"], text=INJECTED)
    archive, code, at = house.database["archives"].find_one()["_id"], certificate["code"], house.clock()
    shares = Shares(house.database, house.registry.vault)
    made = shares.make(archive, code, preset="full", purpose="应聘", hours=24, views=50, at=at)
    ids = {
        "code": code,
        "form": "json",
        "share_id": made.id,
        "offer_id": Offers(house.database, house.registry.vault).make(archive, code, at=at).id,
        "request_id": house.database["worker_requests"].find_one()["_id"],
        "session_id": house.database["worker_sessions"].find_one()["id"],
        "passkey_id": "AAAA",
        "token": shares.token(made),
    }
    return phone, certificate, ids


def addresses(house: House, ids: dict[str, str], method: str) -> list[tuple[str, str]]:
    """Endpoint and address of every page that takes ``method``."""
    build = house.app.url_map.bind("127.0.0.1:8000").build
    return [
        (rule.endpoint, build(rule.endpoint, {name: ids[name] for name in rule.arguments}, method))
        for rule in house.app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in PAGES and method in (rule.methods or ())
        if "filename" not in rule.arguments
    ]


def test_no_cache_keeps_a_personal_page_and_no_other_site_learns_its_address(house, worker):
    """In every state: signed in, signed out, refused."""
    phone, _, ids = worker
    faults = []
    for endpoint, path in addresses(house, ids, "GET"):
        if endpoint == "me.manifest":  # says nothing of anybody
            continue
        for who, client in (("worker", phone.client), ("stranger", house.client())):
            answer = client.get(path)
            if answer.headers.get("Cache-Control") != "no-store":
                faults.append(f"{who} {endpoint}: {answer.status_code} {answer.headers.get('Cache-Control')}")
            if answer.headers.get("Referrer-Policy") != "no-referrer":
                faults.append(f"{who} {endpoint}: {answer.headers.get('Referrer-Policy')}")
    assert not faults, "\n".join(faults)


def test_no_form_works_without_its_token(house, worker):
    phone, _, ids = worker
    before = house.database.command("dbHash")["collections"]
    posts = addresses(house, ids, "POST")
    assert len(posts) > 15
    for endpoint, path in posts:
        assert phone.client.post(path, data={"confirm": "yes"}).status_code == 400, endpoint
        forged = {"confirm": "yes", "csrf_token": "x"}
        assert phone.client.post(path, data=forged).status_code == 400, endpoint
    assert house.database.command("dbHash")["collections"] == before


def test_what_people_write_stays_text_on_every_page(house, worker):
    phone, certificate, ids = worker
    phone.post(
        f"/me/certificates/{certificate['code']}/share",
        preset="level",
        purpose=INJECTED[:60],
        hours="1",
        views="1",
    )
    query = dict.fromkeys(("text", "kind", "code", "lang", "at"), INJECTED)
    answers = [phone.get(path) for _, path in addresses(house, ids, "GET")]
    answers += [
        phone.client.get(path, query_string=query)
        for _, path in addresses(house, ids, "GET")
        if "?" not in path
    ]
    answers.append(house.client().get(f"/s/{ids['token']}", headers={"User-Agent": INJECTED}))
    shown = 0
    for answer in answers:
        if answer.mimetype != "text/html":
            continue
        shown += "alert(1)" in answer.text
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert ">49<" not in answer.text
    assert shown >= 2  # the words themselves are there, as words


def test_nothing_leads_to_another_site(house, worker):
    """Neither a Host, nor a path, nor a query makes a link or a redirect that leaves."""
    phone, _, ids = worker
    foreign = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Referer": "https://evil.example/"}
    asked = [path for _, path in addresses(house, ids, "GET")]
    asked += ["//evil.example/me", "//evil.example/%2e%2e", "/me/sign-in?next=https://evil.example/&lang=en"]
    asked += ["/language/en?next=//evil.example", "/me/%2f%2fevil.example"]
    for path in asked:
        for client in (phone.client, house.client()):
            answer = client.get(path, headers=foreign)
            location = urlsplit(answer.headers.get("Location", ""))
            assert location.netloc in ("", "127.0.0.1:8000"), (path, answer.headers["Location"])
            led = (
                re.findall(r'(?:href|action|src)="([^"]+)"', answer.text)
                if answer.mimetype == "text/html"
                else []
            )
            assert [one for one in led if "evil" in one and urlsplit(one).netloc] == [], path


def test_a_share_shows_its_secret_to_nobody_else(house, worker):
    """No page that is not its owner's or its own holds the token; it leads nowhere that would be told of it."""
    phone, _, ids = worker
    page = house.client().get(f"/s/{ids['token']}")
    elsewhere = {urlsplit(one).netloc for one in re.findall(r'(?:href|action|src)="([^"]+)"', page.text)}
    assert elsewhere <= {"", "127.0.0.1:8000"}
    assert "noindex" in page.headers["X-Robots-Tag"]
    acts = str(list(house.database["acts"].find()))
    assert ids["token"] not in acts
    owned = [path for endpoint, path in addresses(house, ids, "GET") if endpoint.startswith("me")]
    holding = {path for path in owned if ids["token"] in phone.get(path).text}
    assert holding == {f"/me/shares/{ids['share_id']}"} | {path for path in owned if ids["token"] in path}


def test_an_ended_link_says_the_same_whatever_it_showed(house, worker):
    """Withdrawn, over, used up: of what it was and whose it was nothing is left to learn."""
    _, certificate, ids = worker
    shares = Shares(house.database, house.registry.vault)
    shares.withdraw(shares.find(ids["token"]), at=house.clock())
    for path in (f"/s/{ids['token']}", f"/s/{ids['token']}/presentation"):
        text = house.client().get(path).text
        for secret in ("欧阳", certificate["number"], certificate["code"], "应聘", "电工"):
            assert secret not in text


def test_an_old_claim_link_and_a_guess_open_nothing_for_who_is_signed_in(house, worker):
    phone, certificate, _ = worker
    used = path_of(certificate["links"]["claim"])
    for path in (used, used[:-4] + "AAAA", used[:-1], used + "A"):
        assert phone.get(path).status_code in (404, 410)
