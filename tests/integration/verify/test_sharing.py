"""A share as a stranger meets it: what it shows, what it holds nowhere, how it ends."""

from __future__ import annotations

import base64
import html
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from issuers.changes.states import revoke, suspend
from keys import sd_jwt
from registry.sharing.presets import presets
from registry.sharing.shares import TOKEN_CHARACTERS, Shares

BROWSER = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/537.36"}


@pytest.fixture
def code(house):
    return house.issued()["code"]


@pytest.fixture
def shares(house):
    return Shares(house.database, house.registry.vault)


@pytest.fixture
def make(house, shares, code):
    def make(preset="level", *, views=5, hours=24):
        return shares.make(
            "archive", code, preset=preset, purpose="应聘", hours=hours, views=views, at=house.clock()
        )

    return make


def path(shares, share):
    return f"/s/{shares.token(share)}"


def spellings(secret: str) -> set[str]:
    """A value as it could lie in a page: plain, escaped, hex, and base64 at each of the three offsets."""
    raw = secret.encode()
    found = {
        secret,
        html.escape(secret),
        quote(secret),
        json.dumps(secret)[1:-1],
        raw.hex(),
        raw.hex().upper(),
    }
    for offset in range(3):
        # what surrounds it changes the first and last character of the code; the middle is always the same
        text = base64.b64encode(b"\0" * offset + raw + b"\0" * 3).decode()
        middle = text[(offset * 8 + 5) // 6 : ((offset + len(raw)) * 8) // 6]
        found |= {middle, middle.replace("+", "-").replace("/", "_")}
    return found


def secrets_of(house, code):
    record = house.registry.record.find(code)
    return {"name": "欧阳试验", "number": record.number, "masked": "15**************", "code": code}


def test_the_search_would_find_them(house, shares, make, code):
    """The net is whole: with everything shown, each secret is found in the page, and in the proof as base64."""
    client, link = house.client(), path(shares, make("full"))
    page, proof = client.get(link).text, client.get(f"{link}/presentation").text
    for name, secret in secrets_of(house, code).items():
        assert any(spelling in page for spelling in spellings(secret)), name
        assert any(spelling in proof for spelling in spellings(secret)), name


@pytest.mark.parametrize(
    ("preset", "shown"),
    [("level", set()), ("occupation", set()), ("name", {"name"})],
)
def test_what_is_hidden_is_nowhere_in_any_spelling(house, shares, make, code, preset, shown):
    client, link = house.client(), path(shares, make(preset))
    answers = [client.get(address, headers=BROWSER) for address in (link, f"{link}/presentation")]
    for answer in answers:
        assert answer.status_code == 200
        haystack = answer.text + "\n".join(f"{name}: {value}" for name, value in answer.headers)
        for name, secret in secrets_of(house, code).items():
            found = [one for one in spellings(secret) if one in haystack]
            assert (found != []) is (name in shown), (name, found)
    if preset == "level":
        assert not any(one in answers[0].text for one in spellings("6-31-01-03"))


@pytest.mark.parametrize("preset", ["level", "occupation", "name", "full"])
def test_the_proof_proves_what_the_page_shows(house, shares, make, preset):
    client, link = house.client(), path(shares, make(preset))
    page = client.get(link)
    proof = client.get(f"{link}/presentation")
    assert proof.mimetype == "application/dc+sd-jwt"
    verdict = house.verify(presentation=proof.text)
    assert verdict["outcome"] == "valid"
    shown = verdict["presentation"]["shown"].keys()
    assert shown == presets()[preset].claims - {"appointment"}
    assert all(f'data-claim="{name}"' in page.text for name in shown)
    assert page.text.count("data-claim=") == len(shown)


def test_a_link_says_that_it_ends_and_not_the_certificate(house, shares, make):
    text = house.client().get(path(shares, make()), headers={"Accept-Language": "en"}).text
    assert "It is the link that ends, not the certificate" in text
    assert "应聘" in text


def test_a_look_is_counted_and_noted_without_an_address(house, shares, make):
    share = make(views=2)
    client = house.client()
    for _ in range(3):  # the same browser, coming back: one look
        assert client.get(path(shares, share), headers=BROWSER).status_code == 200
    [kept] = shares.of_archive(["archive"])
    assert (kept.views, [look.browser for look in kept.looks]) == (1, ["Chrome, Android"])
    assert b"127.0.0.1" not in json.dumps(house.database["shares"].find_one(), default=str).encode()
    house.clock.advance(hours=2)
    client.get(path(shares, share), headers=BROWSER)
    assert shares.of_archive(["archive"])[0].views == 2


def test_used_up_expired_withdrawn(house, shares, make):
    once, short, taken = make(views=1), make(hours=1), make()
    assert house.client().get(path(shares, once)).status_code == 200
    stranger = house.client()
    for share, state in ((once, "used_up"), (taken, "withdrawn"), (short, "expired")):
        if state == "withdrawn":
            assert stranger.get(path(shares, taken)).status_code == 200
            shares.withdraw(taken, at=house.clock())
        if state == "expired":
            house.clock.advance(hours=1)
        for address in (path(shares, share), f"{path(shares, share)}/presentation"):
            answer = stranger.get(address)
            assert (answer.status_code, f'data-share="{state}"' in answer.text) == (410, True)
            assert "data-claim" not in answer.text
            assert "应聘" not in answer.text
            assert "欧阳" not in answer.text


def test_two_at_once_never_get_past_the_limit(house, shares, make):
    link = path(shares, make(views=3))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: house.client().get(link).status_code, range(8)))
    assert sorted(answers) == [200] * 3 + [410] * 5


def test_a_preview_is_no_look_and_shows_nothing(house, shares, make):
    share = make(views=1)
    for answer in (
        house.client().get(path(shares, share), headers={"User-Agent": "Twitterbot/1.0"}),
        house.client().head(path(shares, share)),
    ):
        assert answer.status_code == 200
        assert "data-claim" not in answer.text
    assert shares.of_archive(["archive"])[0].views == 0


def test_a_suspended_and_a_revoked_certificate_name_nobody(house, shares, make, code):
    client, link = house.client(), path(shares, make("full"))
    assert "欧阳试验" in client.get(link).text
    record = house.registry.record
    suspend(record, code, reason="under_investigation", by="t", at=house.clock())
    page = client.get(link).text
    assert 'data-outcome="suspended"' in page
    assert "欧阳" not in page
    revoke(record, code, reason="false_results", by="t", at=house.clock())
    page = client.get(link).text
    assert 'data-outcome="revoked"' in page
    assert code not in page


@pytest.mark.parametrize("token", ["A" * TOKEN_CHARACTERS, "x", "A" * 500, "..", "%00", "欧"])
def test_a_guessed_link(house, token):
    assert house.client().get(f"/s/{token}").status_code == 404
    assert house.client().get(f"/s/{token}/presentation").status_code == 404


def test_the_link_lies_nowhere_in_the_database(house, shares, make):
    share = make()
    assert shares.token(share) not in json.dumps(house.database["shares"].find_one(), default=repr)
    assert shares.token(share) == shares.token(shares.own(share.id, ["archive"]))


def test_an_older_certificate_is_signed_at_first_need(house, shares, make, code):
    house.database["certificates"].update_one({"_id": code}, {"$unset": {"sd_jwt": ""}})
    link = path(shares, make())
    proof = house.client().get(f"{link}/presentation").text
    assert house.verify(presentation=proof)["outcome"] == "valid"
    assert sd_jwt.issued_token(sd_jwt.read(proof)) in house.registry.record.find(code).sd_jwt.decode()


def test_without_a_key_the_registry_gives_its_word_alone(house, shares, make, code):
    house.database["certificates"].update_one({"_id": code}, {"$unset": {"sd_jwt": ""}})
    assessor = house.registry.record.find(code).assessor
    kept = house.database["keyrings"].find_one({"_id": assessor})
    house.database["keyrings"].update_one({"_id": assessor}, {"$set": {"keys.0.state": "retired"}})
    house.forget()
    client, link = house.client(), path(shares, make("occupation"))
    page = client.get(link, headers={"Accept-Language": "en"})
    assert 'data-claim="occupation"' in page.text
    assert "cannot be proved alone" in page.text
    for name, secret in secrets_of(house, code).items():
        assert not any(one in page.text for one in spellings(secret)), name
    assert client.get(f"{link}/presentation").status_code == 409
    house.database["keyrings"].replace_one({"_id": assessor}, kept)


def test_erased_with_the_account(house, shares, make):
    share = make()
    shares.forget(["archive"])
    assert house.client().get(path(shares, share)).status_code == 404
