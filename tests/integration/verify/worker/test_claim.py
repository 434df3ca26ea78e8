"""A claim link opens a page once, to the person alone, for a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pymongo.read_concern import ReadConcern

from registry.claiming import CLAIM_LIFE, claim_token
from registry.identity import check_character
from registry.workers.entering import PER_LINK, PER_SIGN_IN
from registry.workers.sessions import SESSION_LIFE
from registry.workers.tickets import TICKET_LIFE
from tests.integration.conftest import make_body, make_number
from tests.integration.verify.worker.conftest import PASSWORD, TICKET, TOKEN, Phone, claimed, path_of


def test_the_page_behind_the_link_tells_nothing(phone, link, issued):
    page = phone.get(link)
    assert page.status_code == 200
    for secret in (issued["number"], issued["code"], "欧阳", make_number(0)):
        assert secret not in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_nothing_is_stored_when_a_certificate_is_issued(house, issued):
    assert [name for name, count in house.counts().items() if name.startswith("worker_") and count] == []


def test_who_claims_sees_every_certificate_of_the_person(house, phone, link, issued):
    other = house.issued(make_body(occupation__code="4-10-01-05"), assessor=house.enterprise)
    answer = phone.claim(link)
    assert (answer.status_code, answer.location) == (302, "/me")
    page = phone.get("/me")
    assert page.status_code == 200
    assert all(number in page.text for number in (issued["number"], other["number"], "欧阳试验"))
    assert make_number(0) not in page.text  # masked: others see the screen too


def test_a_link_works_once(house, phone, link):
    phone.claim(link)
    stranger = Phone(house.client(), house)
    again = stranger.get(link)
    assert (again.status_code, "claim.used" in again.text) == (410, True)
    assert stranger.get("/me").status_code == 302


def test_another_certificate_of_the_person_joins_their_account(house, phone, link):
    phone.claim(link)
    other = house.issued(make_body(occupation__code="4-10-01-05"))
    second = path_of(other["links"]["claim"])
    answer = phone.show(second)
    assert (answer.status_code, answer.location) == (302, "/me")
    assert other["number"] in phone.get("/me").text
    assert phone.get(second).status_code == 410
    assert house.database["worker_accounts"].count_documents({}) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"name": "欧阳其他"}, {"id_number": make_number(1)}, {"id_type": "passport", "id_number": "E12345678"}],
)
def test_a_wrong_name_or_number_gets_the_same_words(phone, link, wrong):
    answer = phone.show(link, **wrong)
    assert answer.status_code == 422
    assert "姓名和证件号码与证书上的不一致" in answer.text
    assert not TICKET.search(answer.text)
    assert 'id_number" type="text" value=""' in answer.text  # what was typed does not come back


def test_guessing_at_a_link_is_stopped_even_for_who_is_right(house, phone, link, clock):
    for n in range(PER_LINK.misses):
        assert phone.show(link, id_number=make_number(n + 1)).status_code == 422
    stopped = phone.show(link)
    assert (stopped.status_code, "Retry-After" in stopped.headers) == (429, True)
    clock.advance(hours=1)
    assert TICKET.search(phone.show(link).text)


def test_many_guesses_at_once_are_no_more_than_the_limit(house, phone, link):
    """Counted before they are judged: what runs beside each other cannot all be the first."""
    token = TOKEN.search(phone.get(link).text)[1]
    shown = {"csrf_token": token, "name": phone.name, "id_type": "resident_id"}
    cookie = phone.client.get_cookie("session").value

    def guess(n):
        client = house.client()
        client.set_cookie("session", cookie)
        return client.post(link, data=shown | {"id_number": make_number(n + 1)}).status_code

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(24)))
    assert (answers.count(422), answers.count(429)) == (PER_LINK.misses, 24 - PER_LINK.misses)


def test_who_is_right_is_not_counted(house, phone, link, issued):
    phone.claim(link)
    for _ in range(PER_SIGN_IN.misses + 2):
        assert Phone(house.client(), house).sign_in(issued["number"]).status_code == 302


def test_a_link_ends_after_its_time_and_a_new_one_replaces_it(house, phone, link, issued, clock):
    clock.now += CLAIM_LIFE
    late = phone.get(link)
    assert (late.status_code, "claim.expired" in late.text) == (410, True)
    assert phone.show(link).status_code == 410
    clerk = house.client()
    house.make_account("clerk-a", house.association, "clerk")
    house.enter(clerk, "clerk-a")
    helper = Phone(clerk, house)
    made = helper.post("/console/workers/links", page="/console/workers", number=issued["number"])
    assert made.status_code == 200
    new = path_of(made.text.split('class="code">')[1].split("<")[0])
    assert phone.get(link).status_code == 410
    assert phone.claim(new).status_code == 302


def test_a_ticket_ends_and_opens_no_other_link(house, phone, link, clock):
    ticket = TICKET.search(phone.show(link).text)
    assert ticket is not None
    other = path_of(house.issued(make_body(person=1))["links"]["claim"])
    fields = {"ticket": ticket[1], "password": PASSWORD, "again": PASSWORD}
    assert phone.post(f"{other}/password", page=other, **fields).status_code == 410
    clock.now += TICKET_LIFE
    assert phone.post(f"{link}/password", page=link, **fields).status_code == 410
    assert phone.post(f"{link}/password", page=link, **fields | {"ticket": "A" * 80}).status_code == 410
    assert house.database["worker_accounts"].count_documents({}) == 0


def test_of_two_at_once_one_gets_the_account(house, link):
    phones = [Phone(house.client(), house) for _ in range(4)]
    tickets = [TICKET.search(one.show(link).text) for one in phones]
    answers = []

    def claim(one, ticket):
        fields = {"ticket": ticket[1], "password": PASSWORD, "again": PASSWORD}
        answers.append(one.post(f"{link}/password", page=link, **fields).status_code)

    threads = [threading.Thread(target=claim, args=pair) for pair in zip(phones, tickets, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(302) == 1
    assert set(answers) <= {302, 409, 410}
    assert house.database["worker_accounts"].count_documents({}) == 1


def test_a_made_up_link_is_unknown(house, phone):
    made_up = claim_token(house.registry.vault, "nosuchcodenosuchcodeno")
    for token in (made_up, "A" * 54, "x"):
        assert phone.get(f"/claim/{token}").status_code == 404
        assert phone.show(f"/claim/{token}").status_code == 404


def test_a_child_is_sent_to_the_registrar(house, phone):
    born_2015 = "15010220151101001"
    number = born_2015 + check_character(born_2015)
    answer = house.issued(make_body(holder__id_number=number))
    assert phone.show(path_of(answer["links"]["claim"]), id_number=number).status_code == 403
    assert house.database["worker_accounts"].count_documents({}) == 0


def test_passwords_short_or_typed_differently_are_refused_and_the_ticket_stays(phone, link):
    ticket = TICKET.search(phone.show(link).text)
    assert ticket is not None
    for password, again in (("short", "short"), (PASSWORD, PASSWORD + "x")):
        answer = phone.post(f"{link}/password", page=link, ticket=ticket[1], password=password, again=again)
        assert answer.status_code == 422
        ticket = TICKET.search(answer.text)
        assert ticket is not None
    assert (
        phone.post(
            f"{link}/password", page=link, ticket=ticket[1], password=PASSWORD, again=PASSWORD
        ).status_code
        == 302
    )


def test_sign_in_by_certificate_or_document_number(house, phone, link, issued):
    phone.claim(link)
    phone.post("/me/sign-out", page="/me")
    assert phone.get("/me").status_code == 302
    for who in (issued["number"], make_number(0), make_number(0).lower()):
        one = Phone(house.client(), house)
        assert one.sign_in(who).status_code == 302
        assert one.get("/me").status_code == 200


def test_every_failed_sign_in_gets_the_same_words_and_is_counted(house, phone, link, issued, clock):
    phone.claim(link)
    stranger = Phone(house.client(), house)
    answers = [
        stranger.sign_in(who, "wrong wrong wrong wrong")
        for who in (issued["number"], make_number(7), "S000033000002263999999", "nobody")
    ]
    assert {one.status_code for one in answers} == {401}
    assert len({one.text.split("field-error")[1].split("</p>")[0] for one in answers}) == 1
    for n in range(PER_SIGN_IN.misses - 1):  # of one person all numbers count together
        stranger.sign_in((issued["number"], make_number(0))[n % 2], "wrong wrong wrong wrong")
    assert stranger.sign_in(issued["number"]).status_code == 429
    clock.advance(hours=1)
    assert stranger.sign_in(issued["number"]).status_code == 302


def test_a_session_ends_by_itself(phone, link, clock):
    phone.claim(link)
    clock.now += SESSION_LIFE - timedelta(seconds=1)
    assert phone.get("/me").status_code == 200
    clock.now += timedelta(seconds=1)
    assert phone.get("/me").status_code == 302


def test_forms_without_their_token_change_nothing(house, phone, link):
    shown = {"name": "欧阳试验", "id_type": "resident_id", "id_number": make_number(0)}
    assert phone.client.post(link, data=shown).status_code == 400
    phone.claim(link)
    assert phone.client.post("/me/account/erase", data={"confirm": "yes"}).status_code == 400
    assert phone.get("/me").status_code == 200


def test_numbers_and_names_are_in_no_trail_and_no_store(house, issued):
    claimed(house, 3)
    text = "".join(
        str(row)
        for name in ("acts", "worker_accounts", "worker_sessions", "worker_claims", "lookup_misses")
        for row in house.database.get_collection(name, read_concern=ReadConcern("local")).find()
    )
    assert make_number(3) not in text
    assert "欧阳" not in text
    assert "worker.claimed" in text
