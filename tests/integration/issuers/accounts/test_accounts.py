"""Accounts in service: two factors, sessions, lock-out, one-time links, and what a registrar does with them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape

import pyotp
import pytest

from issuers.accounts.lockout import KEPT, PER_ACCOUNT, Attempts, seconds_after
from issuers.accounts.sessions import IDLE_LIFE, WHOLE_LIFE
from keys.errors import Refused

NEW = "ganz andere lange worte"


class Visitor:
    """A browser without scripts."""

    def __init__(self, house, account=None):
        self.house, self.client = house, house.client()
        if account:
            assert self.sign_in(account).status_code == 302

    def get(self, path):
        return self.client.get(path)

    def post(self, path, **form):
        page = self.client.get("/console/sign-in").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return self.client.post(path, data={**form, "csrf_token": token})

    def sign_in(self, account, password=None):
        return self.post("/console/sign-in", account=account, password=password or self.house.password)

    def is_in(self):
        return self.get("/account/").status_code == 200


@pytest.fixture
def people(house):
    house.clock.now = datetime.now(UTC).replace(microsecond=0)  # MongoDB's own clock ends counts of attempts
    for name, owner, role in (
        ("registrar", "registry", "registrar"),
        ("registrar2", "registry", "registrar"),
        ("inspector", "registry", "inspector"),
        ("signer", house.association, "signer"),
    ):
        house.make_account(name, owner, role)
    return house


def enrol(visitor):
    page = visitor.post("/account/second-factor/begin", password=visitor.house.password)
    secret = re.search(r'<span class="code">([A-Z2-7]+)</span>', page.text)[1]
    page = visitor.post("/account/second-factor", code=code_of(visitor.house, secret))
    assert page.status_code == 200
    return secret, re.findall(r'<li class="code">([^<]+)</li>', page.text)


def code_of(house, secret):
    return pyotp.TOTP(secret).at(house.clock.now)


def noted(house, name):
    return list(house.database["acts"].find({"name": name}))


def test_the_second_factor_is_asked_for_where_it_is_set_up(people):
    secret, _ = enrol(Visitor(people, "signer"))
    people.clock.advance(seconds=60)
    visitor = Visitor(people)
    assert visitor.sign_in("signer").location == "/console/sign-in/code"
    assert not visitor.is_in()
    assert visitor.post("/console/sign-in/code", code="000000").status_code == 401
    code = code_of(people, secret)
    assert visitor.post("/console/sign-in/code", code=code).location == "/console/"
    assert visitor.is_in()
    again = Visitor(people)
    again.sign_in("signer")
    assert again.post("/console/sign-in/code", code=code).status_code == 401  # a code is never accepted twice
    assert not again.is_in()


def test_of_two_who_show_one_code_at_once_one_is_let_in(people):
    enrol(Visitor(people, "signer"))
    accounts = people.issuers.account_desk.accounts
    _, used = accounts.factor("signer")
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: accounts.accept_step("signer", used + 1), range(4))) == 1


def test_a_recovery_code_stands_in_once(people):
    _, codes = enrol(Visitor(people, "signer"))
    for is_let_in in (True, False):
        visitor = Visitor(people)
        visitor.sign_in("signer")
        visitor.post("/console/sign-in/code", code=codes[0].upper())
        assert visitor.is_in() is is_let_in
    assert people.issuers.account_desk.accounts.recovery_left("signer") == len(codes) - 1


def test_secrets_lie_sealed_and_hashed(people):
    secret, codes = enrol(Visitor(people, "signer"))
    raw = repr(people.database["accounts"].find_one({"_id": "signer"}))
    assert secret not in raw
    assert not any(code in raw or code.replace("-", "") in raw for code in codes)
    cookie = repr(list(people.database["sessions"].find()))
    assert people.password not in raw + cookie


def test_between_password_and_code_time_runs_out_and_a_new_password_ends_it(people):
    secret, _ = enrol(Visitor(people, "signer"))
    late, stale = Visitor(people), Visitor(people)
    late.sign_in("signer")
    people.clock.advance(seconds=301)
    assert late.post("/console/sign-in/code", code=code_of(people, secret)).location == "/console/sign-in"
    stale.sign_in("signer")
    people.issuers.account_desk.accounts.set_password("signer", NEW)
    assert stale.post("/console/sign-in/code", code=code_of(people, secret)).location == "/console/sign-in"


def test_guessing_waits_longer_each_time_and_a_known_device_does_not_wait_for_strangers(people):
    owner = Visitor(people, "signer")
    stranger = Visitor(people)
    for _ in range(PER_ACCOUNT.free):
        assert stranger.sign_in("signer", "guessed guessed").status_code == 401
    told = stranger.sign_in("signer")  # even the right password waits now
    assert told.status_code == 429
    assert int(told.headers["Retry-After"]) == 2
    assert owner.sign_in("signer").status_code == 302
    people.clock.advance(seconds=3)
    assert stranger.sign_in("signer", "guessed guessed").status_code == 401
    assert int(stranger.sign_in("signer").headers["Retry-After"]) == 4
    people.clock.advance(seconds=5)
    assert stranger.sign_in("signer").status_code == 302


def test_an_unknown_account_waits_like_a_known_one(people):
    answers = {}
    for name in ("signer", "nobody-at-all"):
        visitor = Visitor(people)
        answers[name] = [
            visitor.sign_in(name, "guessed guessed").status_code for _ in range(PER_ACCOUNT.free + 1)
        ]
    assert answers["signer"] == answers["nobody-at-all"]
    assert answers["signer"][-1] == 429


def test_a_burst_at_one_moment_is_not_a_hundred_guesses(database, house):
    attempts, now = Attempts(database, house.registry.vault), datetime.now(UTC)

    def begin(_):
        try:
            attempts.begin([(PER_ACCOUNT, "signer ")], at=now)
        except Refused:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(begin, range(40))) == PER_ACCOUNT.free


def test_mongodb_computes_the_wait_that_the_rule_says(database, house):
    attempts, now = Attempts(database, house.registry.vault), datetime.now(UTC).replace(microsecond=0)
    for count in range(1, 16):
        attempts.begin([(PER_ACCOUNT, "x")], at=now)
        [held] = database["attempts"].find()
        assert (held["until"] - now).total_seconds() == seconds_after(PER_ACCOUNT, count)
        now = held["until"]
    attempts.begin([(PER_ACCOUNT, "x")], at=now + PER_ACCOUNT.forget + timedelta(seconds=1))
    assert database["attempts"].find_one()["n"] == 1  # long ago: it begins anew
    assert timedelta(seconds=KEPT) > PER_ACCOUNT.forget


def test_failed_sign_ins_are_noted_without_what_was_typed(people):
    visitor = Visitor(people)
    visitor.sign_in("signer", "my bank password")
    visitor.sign_in("my other password", "x")
    found = noted(people, "session.refused")
    assert sorted(one["subject"] for one in found) == ["account:", "account:signer"]
    assert "password" not in repr([{**one, "why": ""} for one in found])


def test_a_session_ends_idle_in_any_case_and_from_elsewhere(people):
    here, there = Visitor(people, "signer"), Visitor(people, "signer")
    people.clock.advance(seconds=IDLE_LIFE.total_seconds())
    assert here.is_in()
    people.clock.advance(seconds=1)
    assert not there.is_in()
    there.sign_in("signer")
    ref = re.search(r"/account/sessions/([0-9a-f]+)/end", here.get("/account/").text)[1]
    assert here.post(f"/account/sessions/{ref}/end").status_code == 302
    assert (here.is_in(), there.is_in()) == (True, False)
    there.sign_in("signer")
    assert here.post("/account/sessions/end").status_code == 302
    assert (here.is_in(), there.is_in()) == (True, False)
    for _ in range(int(WHOLE_LIFE / IDLE_LIFE)):
        people.clock.advance(seconds=IDLE_LIFE.total_seconds() - 1)
        here.get("/account/")
    assert not here.is_in()


def test_nobody_ends_another_ones_session(people):
    victim, other = Visitor(people, "signer"), Visitor(people, "inspector")
    [session] = people.issuers.account_desk.sessions.of("signer", at=people.clock.now)
    assert other.post(f"/account/sessions/{session.ref}/end").status_code == 404
    assert victim.is_in()


def test_signing_out_ends_the_session_for_a_copied_cookie_too(people):
    visitor, thief = Visitor(people, "signer"), Visitor(people)
    thief.client.set_cookie("session", visitor.client.get_cookie("session").value)
    assert thief.is_in()
    visitor.post("/console/sign-out")
    assert not thief.is_in()


def test_a_new_password_needs_the_old_one_and_ends_every_other_session(people):
    here, there = Visitor(people, "signer"), Visitor(people, "signer")
    wrong = here.post("/account/password", password="not it not it", new_password=NEW, again=NEW)
    assert wrong.status_code == 401
    typo = here.post("/account/password", password=people.password, new_password=NEW, again=NEW + "x")
    short = here.post("/account/password", password=people.password, new_password="short", again="short")
    assert (typo.status_code, short.status_code) == (422, 422)
    assert there.is_in()
    assert (
        here.post("/account/password", password=people.password, new_password=NEW, again=NEW).status_code
        == 302
    )
    assert (here.is_in(), there.is_in()) == (True, False)
    assert there.sign_in("signer", NEW).status_code == 302


def link_of(page):
    return unescape(re.search(r'id="link">([^<]+)<', page.text)[1])


def test_a_one_time_link_is_shown_once_works_once_and_ends(people):
    registrar, owner = Visitor(people, "registrar"), Visitor(people, "signer")
    first = link_of(registrar.post("/registrar/accounts/signer/link")).partition("#")[2]
    word = link_of(registrar.post("/registrar/accounts/signer/link")).partition("#")[2]
    assert word not in repr(list(people.database["resets"].find()))
    assert owner.is_in()  # an offer alone changes nothing
    stranger = Visitor(people)
    old = stranger.post("/account/reset", word=first, new_password=NEW, again=NEW)
    assert old.status_code == 410  # a later link ends an earlier one
    assert stranger.post("/account/reset", word=word, new_password="short", again="short").status_code == 422
    assert stranger.post("/account/reset", word=word, new_password=NEW, again=NEW).status_code == 302
    assert not owner.is_in()
    assert stranger.post("/account/reset", word=word, new_password=NEW, again=NEW).status_code == 410
    assert stranger.sign_in("signer", NEW).status_code == 302
    late = link_of(registrar.post("/registrar/accounts/signer/link")).partition("#")[2]
    people.clock.advance(hours=24, seconds=1)
    assert stranger.post("/account/reset", word=late, new_password=NEW, again=NEW).status_code == 410


def test_a_registrar_makes_an_account_and_its_owner_sets_the_password(people):
    registrar = Visitor(people, "registrar")
    made = registrar.post("/registrar/accounts/", account="Zhang.San", owner=people.college, role="clerk")
    word = link_of(made).partition("#")[2]
    visitor = Visitor(people)
    assert visitor.sign_in("zhang.san", "").status_code == 401
    visitor.post("/account/reset", word=word, new_password=NEW, again=NEW)
    assert visitor.sign_in("zhang.san", NEW).location == "/console/"
    for form, status in (
        ({"account": "zhang.san", "owner": people.college, "role": "clerk"}, 409),
        ({"account": "x", "owner": people.college, "role": "clerk"}, 422),
        ({"account": "neu", "owner": people.college, "role": "registrar"}, 422),
        ({"account": "neu", "owner": "S000099000009", "role": "clerk"}, 404),
    ):
        assert registrar.post("/registrar/accounts/", **form).status_code == status, form


@pytest.mark.parametrize(
    ("path", "form"),
    [("state", {"act": "disable"}), ("role", {"role": "clerk"}), ("sessions/end", {})],
)
def test_disabling_or_another_role_ends_every_session(people, path, form):
    owner = Visitor(people, "signer")
    assert Visitor(people, "registrar").post(f"/registrar/accounts/signer/{path}", **form).status_code == 302
    assert not owner.is_in()


def test_a_disabled_account_is_closed_until_it_is_enabled(people):
    registrar, owner = Visitor(people, "registrar"), Visitor(people)
    registrar.post("/registrar/accounts/signer/state", act="disable")
    assert owner.sign_in("signer").status_code == 401
    word = link_of(registrar.post("/registrar/accounts/signer/link")).partition("#")[2]
    assert owner.post("/account/reset", word=word, new_password=NEW, again=NEW).status_code == 410
    registrar.post("/registrar/accounts/signer/state", act="enable")
    assert owner.sign_in("signer").status_code == 302


def test_nobody_disables_or_promotes_themselves_and_an_inspector_nobody(people):
    registrar, inspector = Visitor(people, "registrar"), Visitor(people, "inspector")
    assert registrar.post("/registrar/accounts/registrar/state", act="disable").status_code == 409
    assert registrar.post("/registrar/accounts/registrar/role", role="inspector").status_code == 409
    assert inspector.get("/registrar/accounts/signer").status_code == 200
    assert inspector.post("/registrar/accounts/signer/link").status_code == 403


def test_a_lost_phone_is_helped_by_another_registrar(people):
    enrol(Visitor(people, "signer"))
    Visitor(people, "registrar").post("/registrar/accounts/signer/second-factor/removal")
    assert Visitor(people).sign_in("signer").location == "/console/"
    assert [one["subject"] for one in noted(people, "account.second_factor_removed")] == ["account:signer"]


def test_where_it_is_required_a_signer_sets_the_second_factor_up_first(people):
    signer = Visitor(people, "signer")
    assert signer.get("/console/").status_code == 200
    object.__setattr__(people.registry.settings, "second_factor", "required")
    try:
        assert signer.get("/console/").location == "/account/second-factor"
        assert signer.post("/console/issue/preview").location == "/account/second-factor"
        enrol(signer)
        assert signer.get("/console/").status_code == 200
    finally:
        object.__setattr__(people.registry.settings, "second_factor", "")


def test_what_accounts_do_is_noted_by_reference(people):
    registrar = Visitor(people, "registrar")
    registrar.post("/registrar/accounts/signer/role", role="clerk")
    registrar.post("/registrar/accounts/signer/state", act="disable")
    registrar.post("/console/sign-out")
    [changed] = noted(people, "account.role_changed")
    assert (changed["by"], changed["before"], changed["after"]) == (
        "registrar",
        {"role": "signer"},
        {"role": "clerk"},
    )
    assert changed["request"]
    assert noted(people, "account.disabled")
    assert [one["by"] for one in noted(people, "session.ended")] == ["registrar"]
