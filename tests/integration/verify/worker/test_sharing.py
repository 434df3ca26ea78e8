"""The worker's side of sharing and wallets: what they make, see and withdraw, and that nobody else can."""

from __future__ import annotations

import html
import json
import re

import pytest

from issuers.changes.states import suspend
from keys import sd_jwt
from keys.jws import read_compact, verify_compact
from registry.credential import parse_credential
from registry.sharing.shares import Shares
from registry.workers.leaving import forget_account
from tests.integration.verify.worker.conftest import claimed

LINK = re.compile(r'value="(http[^"]+/s/([A-Za-z0-9_-]{22}))"')
CHOICE = {"preset": "occupation", "purpose": "应聘 某厂", "hours": "24", "views": "5"}


@pytest.fixture
def mine(house):
    return claimed(house, 41)


@pytest.fixture
def other(house):
    return claimed(house, 42)


def share(phone, code, **changes):
    """Make a link as the form does; the path of its own page."""
    form = f"/me/certificates/{code}/share"
    return phone.post(form, page=form, **CHOICE | changes)


def test_a_worker_shares_a_stranger_looks_the_worker_sees_it_and_withdraws(house, mine):
    phone, certificate = mine
    page = share(phone, certificate["code"]).headers["Location"]
    url, token = LINK.search(phone.get(page).text).groups()
    assert url.endswith(f"/s/{token}")

    stranger = house.client()
    seen = stranger.get(f"/s/{token}", headers={"User-Agent": "Mozilla/5.0 (iPhone) Safari/604.1"})
    assert 'data-claim="occupation"' in seen.text
    assert "欧阳" not in seen.text
    assert "应聘 某厂" in seen.text

    own = phone.get(page).text
    assert "Safari, iPhone" in own
    for address in ("/me/looks", "/me/shares"):
        assert "应聘 某厂" in phone.get(address).text
    exported = phone.get("/me/data/export.json").json
    assert exported["shares"][0]["views"] == 1
    assert exported["looks"][0]["by"] == "Safari, iPhone"

    assert phone.post(f"{page}/withdrawal", page=page).status_code == 302
    gone = stranger.get(f"/s/{token}")
    assert (gone.status_code, 'data-share="withdrawn"' in gone.text) == (410, True)
    assert LINK.search(phone.get(page).text) is None


def test_the_qr_is_the_link(mine):
    phone, certificate = mine
    page = share(phone, certificate["code"]).headers["Location"]
    assert phone.get(f"{page}/qr.svg").mimetype == "image/svg+xml"


@pytest.mark.parametrize(
    "changes",
    [
        {"preset": "all"},
        {"purpose": ""},
        {"hours": "99999"},
        {"hours": "x"},
        {"views": "0"},
        {"views": "101"},
    ],
)
def test_a_bad_choice_is_told_beside_its_field(mine, changes):
    phone, certificate = mine
    answer = share(phone, certificate["code"], **changes)
    assert answer.status_code == 422
    assert 'class="field-error"' in answer.text


def test_nobody_shares_sees_or_withdraws_what_is_anothers(house, mine, other):
    (phone, certificate), (stranger, theirs) = mine, other
    page = share(phone, certificate["code"]).headers["Location"]
    for code in (certificate["code"], "A" * 22):
        for address in ("share", "wallet", "files/json", "files/jwt", "files/sd-jwt"):
            assert stranger.get(f"/me/certificates/{code}/{address}").status_code == 404, address
        for address in ("share", "wallet"):
            answer = stranger.post(f"/me/certificates/{code}/{address}", page="/me/account", **CHOICE)
            assert answer.status_code == 404
    assert stranger.get(page).status_code == 404
    assert stranger.get(f"{page}/qr.svg").status_code == 404
    assert stranger.post(f"{page}/withdrawal", page="/me/account").status_code == 404
    assert "应聘" not in stranger.get("/me/shares").text
    assert "应聘" not in stranger.get("/me/looks").text
    assert house.client().get(page).status_code == 302  # to the sign-in
    assert LINK.search(phone.get(page).text)
    assert theirs["code"] != certificate["code"]


def test_an_offer_shows_its_digits_to_its_owner_alone(house, mine, other):
    (phone, certificate), (stranger, _) = mine, other
    form = f"/me/certificates/{certificate['code']}/wallet"
    assert "form" in phone.get(form).text
    page = phone.post(form, page=form).headers["Location"]
    shown = phone.get(page).text
    digits = re.search(r"data-tx-code>(\d{6})<", shown)[1]
    link = html.unescape(re.search(r'href="(openid-credential-offer:[^"]+)"', shown)[1])
    assert digits not in link
    assert phone.get(f"{page}/qr.svg").mimetype == "image/svg+xml"
    assert stranger.get(page).status_code == 404
    assert stranger.get(f"{page}/qr.svg").status_code == 404
    house.clock.advance(minutes=10)
    assert "data-tx-code" not in phone.get(page).text


def test_a_certificate_that_is_not_in_force_goes_into_no_wallet(house, mine):
    phone, certificate = mine
    form = f"/me/certificates/{certificate['code']}/wallet"
    suspend(
        house.registry.record, certificate["code"], reason="under_investigation", by="t", at=house.clock()
    )
    assert phone.post(form, page="/me/account").status_code == 409


def test_the_files_are_what_was_signed(house, mine):
    phone, certificate = mine
    files = f"/me/certificates/{certificate['code']}/files"
    record = house.registry.record.find(certificate["code"])
    original = phone.get(f"{files}/json")
    assert (original.data, original.mimetype) == (record.credential, "application/vc+json")
    ring = house.registry.keyrings.ring(record.assessor)
    token = read_compact(phone.get(f"{files}/jwt").text)
    payload = json.loads(verify_compact(token, ring.find(token.header["kid"]).public))
    signed = parse_credential(record.credential)
    assert payload == {name: signed[name] for name in signed if name != "proof"}
    assert token.header["typ"] == "vc+jwt"
    selective = phone.get(f"{files}/sd-jwt").text
    assert selective.encode() == record.sd_jwt
    assert len(sd_jwt.read(selective).disclosures) >= 10
    assert phone.get(f"{files}/exe").status_code == 404


def test_links_go_with_the_account(house, mine):
    phone, certificate = mine
    page = share(phone, certificate["code"]).headers["Location"]
    token = LINK.search(phone.get(page).text)[2]
    assert house.client().get(f"/s/{token}").status_code == 200
    desk = house.services.workers
    account = desk.accounts.find(house.database["worker_accounts"].find_one()["_id"])
    forget_account(desk, account)
    assert house.client().get(f"/s/{token}").status_code == 404
    assert Shares(house.database, house.registry.vault).find(token) is None
