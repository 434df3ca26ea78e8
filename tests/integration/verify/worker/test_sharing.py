"""The worker's side of sharing and wallets: what they make, see and withdraw, and that nobody else can."""

from __future__ import annotations

import html
import json
import re

import pypdfium2
import pytest

from issuers.changes.states import suspend
from keys import sd_jwt
from keys.jws import read_compact, verify_compact
from registry.credential import parse_credential
from registry.identity import check_character
from registry.sharing.shares import Shares
from registry.workers.leaving import forget_account
from tests.integration.conftest import make_body, make_number
from tests.integration.verify.worker.conftest import PASSWORD, TICKET, Phone, claimed, path_of

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


def test_who_has_too_many_links_is_told_to_withdraw_some(house, mine, monkeypatch):
    monkeypatch.setattr("registry.sharing.shares.MOST_OPEN", 1)
    phone, certificate = mine
    assert share(phone, certificate["code"]).status_code == 302
    answer = share(phone, certificate["code"])
    assert (answer.status_code, "先撤回不再需要的链接" in answer.text) == (409, True)


def test_nobody_shares_sees_or_withdraws_what_is_anothers(house, mine, other):
    (phone, certificate), (stranger, theirs) = mine, other
    page = share(phone, certificate["code"]).headers["Location"]
    for code in (certificate["code"], "A" * 22):
        for address in ("share", "wallet", "files/pdf", "files/json", "files/jwt", "files/sd-jwt"):
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
    for below in ("qr.svg", "state.json"):
        assert stranger.get(f"{page}/{below}").status_code == 404
        assert house.client().get(f"{page}/{below}").status_code == 302
    assert phone.get(f"{page}/state.json").json == {"state": "waiting"}
    house.clock.advance(minutes=10)
    assert phone.get(f"{page}/state.json").json == {"state": "expired"}
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


def test_the_worker_prints_their_own_paper_while_it_is_in_force(house, mine):
    phone, certificate = mine
    link = f"/me/certificates/{certificate['code']}/files/pdf"
    ways = f"/me/certificates/{certificate['code']}/wallet"
    assert link in phone.get(ways).text
    answer = phone.get(link)
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/pdf", "no-store")
    document = pypdfium2.PdfDocument(answer.data)
    assert make_number(41) in document[0].get_textpage().get_text_range()
    attached = bytes(document.get_attachment(0).get_data())
    assert attached == house.registry.record.find(certificate["code"]).credential
    suspend(
        house.registry.record, certificate["code"], reason="under_investigation", by="t", at=house.clock()
    )
    assert link not in phone.get(ways).text
    assert phone.get(link).status_code == 409


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


def body_of(born: str) -> str:
    """The identity number of somebody born that day who does not exist."""
    body = f"150102{born}123"
    return body + check_character(body)


def claimed_by(house, **holder):
    certificate = house.issued(make_body(**{f"holder__{name}": value for name, value in holder.items()}))
    phone = Phone(house.client(), house)
    link = path_of(certificate["links"]["claim"])
    ticket = TICKET.search(phone.show(link, **holder).text)
    given = {"ticket": ticket[1], "password": PASSWORD, "again": PASSWORD}
    assert phone.post(f"{link}/password", page=link, **given).status_code == 302
    return phone, certificate


def test_a_minor_shares_what_they_can_and_not_who_they_are(house):
    phone, certificate = claimed_by(house, id_number=body_of("20100506"))
    form = phone.get(f"/me/certificates/{certificate['code']}/share").text
    assert re.findall(r'id="preset-(\w+)"', form) == ["level", "occupation"]
    assert "2028年5月6日" in form
    for preset in ("name", "full"):
        for said in ({}, {"adult": "yes"}):
            answer = share(phone, certificate["code"], preset=preset, **said)
            assert (answer.status_code, "未满18周岁" in answer.text) == (403, True)
    page = share(phone, certificate["code"]).headers["Location"]
    token = LINK.search(phone.get(page).text)[2]
    assert 'data-claim="occupation"' in house.client().get(f"/s/{token}").text


def test_a_link_with_a_name_that_a_minor_has_all_the_same_names_nobody_until_the_birthday(house):
    _, certificate = claimed_by(house, id_number=body_of("20081124"))
    shares = Shares(house.database, house.registry.vault)
    archive = house.database["archives"].find_one()["_id"]
    made = shares.make(
        archive, certificate["code"], preset="full", purpose="应聘", hours=100, views=9, at=house.clock()
    )
    address = f"/s/{shares.token(made)}"
    for answer in (house.client().get(address), house.client().get(f"{address}/presentation")):
        assert "欧阳" not in answer.text
        assert certificate["number"] not in answer.text
        assert certificate["code"] not in answer.text
    proof = house.client().get(f"{address}/presentation").text
    assert house.verify(presentation=proof)["presentation"]["shown"].keys() == {
        "level",
        "kind",
        "issued_on",
        "assessor",
        "occupation",
    }
    house.clock.advance(days=2)
    assert "欧阳" in house.client().get(address).text


def test_where_the_document_shows_no_age_the_person_says_it_and_it_is_noted(house):
    phone, certificate = claimed_by(house, id_type="passport", id_number="E12345678")
    assert 'name="adult"' in phone.get(f"/me/certificates/{certificate['code']}/share").text
    answer = share(phone, certificate["code"], preset="name")
    assert (answer.status_code, 'id="error-adult"' in answer.text) == (422, True)
    assert share(phone, certificate["code"], preset="name", adult="yes").status_code == 302
    assert house.database["acts"].find_one({"name": "share.made"})["after"]["adult"] == "said"
