"""At a date: what was true at the end of a day gone by, beside what is true now."""

from datetime import UTC, date, datetime, timedelta

import pytest

from keys.errors import Refused
from registry.state import Change, State, state_at
from verify.history import end_of_day

ISSUED = "2026-11-22"


@pytest.fixture
def issued(house):
    return house.issued()


def act(house, issued, what, *, method="post", reason="under_investigation"):
    path = f"/api/v1/certificates/{issued['number']}/{what}"
    body = {"json": {"reason": reason}} if method == "post" else {}
    response = getattr(house.client(), method)(path, headers=house.headers(), **body)
    assert response.status_code == 200, response.json


def ask(house, issued, day, **asked):
    asked = asked or {"code": issued["code"]}
    response = house.client().post(f"/api/v1/verifications?at={day}", json=asked)
    assert response.status_code == 200, response.json
    return response.json


def then(verdict):
    at = verdict["at"]
    return at["outcome"], at["reason"]["code"] if at["reason"] else None


def test_without_a_day_nothing_is_said_of_one(house, issued):
    assert house.verify(code=issued["code"])["at"] is None


def test_suspended_then_lifted(house, issued):
    house.clock.advance(days=2)
    act(house, issued, "suspension")  # on the 24th
    house.clock.advance(days=3)
    act(house, issued, "suspension", method="delete")  # on the 27th
    house.clock.advance(days=3)
    for day, outcome in (
        ("22", "valid"),
        ("23", "valid"),
        ("24", "suspended"),
        ("26", "suspended"),
        ("27", "valid"),
    ):
        verdict = ask(house, issued, f"2026-11-{day}")
        assert (verdict["outcome"], verdict["at"]["outcome"]) == ("valid", outcome), day
        assert verdict["at"]["day"] == f"2026-11-{day}"
    assert then(ask(house, issued, "2026-11-25")) == ("suspended", "status.suspended")


def test_revoked_later_by_every_way_of_asking(house, issued, make_body):
    qr = house.verifier.qr_text(issued["code"])
    house.clock.advance(days=5)
    act(house, issued, "revocation", reason="false_results")
    holder = make_body()["holder"]
    for asked in (
        {"code": issued["code"]},
        {"credential": issued["credential"]},
        {"qr": qr},
        {"number": issued["number"], "name": holder["name"]},
    ):
        verdict = ask(house, issued, "2026-11-26", **asked)
        assert (verdict["outcome"], then(verdict)) == ("revoked", ("valid", None)), asked
        assert verdict["certificate"]["holder"] is None  # it was valid then; the person is still not told now
        assert then(ask(house, issued, "2026-11-27", **asked)) == ("revoked", "status.revoked"), asked


def test_the_cause_is_the_one_of_that_day(house, issued):
    act(house, issued, "suspension")
    house.clock.advance(days=2)
    act(house, issued, "revocation", reason="false_results")
    verdict = ask(house, issued, ISSUED)
    assert verdict["at"]["reason"]["cause"]["code"] == "under_investigation"
    assert verdict["reason"]["cause"]["code"] == "false_results"


def test_not_yet_recorded(house, issued):
    assert then(ask(house, issued, "2026-11-21")) == ("unknown", "record.not_yet")
    assert ask(house, issued, "2026-11-21")["outcome"] == "valid"


def test_a_rotated_key_and_an_ended_accreditation_change_no_day_before(house, issued, make_body):
    house.clock.advance(days=3)
    house.registry.keyrings.rotate(house.association, at=house.clock())
    house.issuers.assessors.end_accreditation(house.association, "A-02", on=date(2026, 11, 26))
    house.clock.advance(days=3)
    house.forget()
    for day in (ISSUED, "2026-11-25", "2026-11-27"):
        assert then(ask(house, issued, day)) == ("valid", None), day


def test_a_key_stolen_later_leaves_the_days_before(house, issued, make_body):
    key = house.registry.keyrings.ring(house.association).active.id
    house.clock.advance(days=3)
    late = house.issued(make_body(person=1, issued_on="2026-11-25"))
    house.registry.keyrings.compromise(house.association, key, since=house.clock() - timedelta(hours=1))
    house.forget()
    assert then(ask(house, issued, "2026-11-24")) == ("valid", None)
    verdict = ask(house, late, "2026-11-24")
    assert (verdict["outcome"], verdict["at"]["outcome"]) == ("untrusted", "untrusted")


def test_a_post_had_not_ended_then(house, make_body):
    appointment = {"employer": "东莞示例精密制造有限公司", "from": "2026-01-01", "to": "2026-12-01"}
    issued = house.issued(make_body(level="special", appointment=appointment), assessor=house.enterprise)
    house.clock.advance(days=20)
    assert then(ask(house, issued, "2026-11-30")) == ("valid", None)
    assert then(ask(house, issued, "2026-12-01")) == ("expired", "validity.expired")
    assert ask(house, issued, "2026-11-30")["outcome"] == "expired"


def test_the_page_shows_both(house, issued):
    house.clock.advance(days=5)
    act(house, issued, "revocation", reason="false_results")
    page = house.client().get(f"/v/{issued['code']}?at=2026-11-25&lang=zh").text
    assert 'data-outcome="revoked"' in page
    assert 'data-outcome="valid"' in page
    assert "欧**验" not in page
    assert page.index('data-outcome="revoked"') < page.index('data-outcome="valid"')


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2026-11-23", "at.future"),
        ("1999-12-31", "at.too_early"),
        ("2026-02-30", "field.date"),
        ("x", "field.date"),
    ],
)
def test_a_day_that_cannot_be_asked_about_is_refused(house, issued, day, code):
    refused = house.client().post(f"/api/v1/verifications?at={day}", json={"code": issued["code"]})
    assert (refused.status_code, refused.json["code"]) == (422, code)
    assert house.client().get(f"/v/{issued['code']}?at={day}").status_code == 422


def test_of_today_it_is_now(house, issued):
    act(house, issued, "suspension")
    assert then(ask(house, issued, ISSUED)) == ("suspended", "status.suspended")


def test_a_day_ends_in_china():
    now = datetime(2026, 11, 22, 4, tzinfo=UTC)
    assert end_of_day(date(2026, 11, 20), now=now) == datetime(2026, 11, 20, 15, 59, 59, 999999, tzinfo=UTC)
    with pytest.raises(Refused):
        end_of_day(date(2026, 11, 22), now=datetime(2026, 11, 21, 15, tzinfo=UTC))  # still the 21st in China


def test_the_state_at_a_moment():
    at = datetime(2026, 11, 22, tzinfo=UTC)
    changes = [Change(State.SUSPENDED, at, "a", "x"), Change(State.VALID, at + timedelta(1), "lifted", "x")]
    assert state_at(changes, at - timedelta(seconds=1)) == (State.VALID, None)
    assert state_at(changes, at) == (State.SUSPENDED, "a")
    assert state_at(changes, at + timedelta(1)) == (State.VALID, None)
    assert state_at([], at) == (State.VALID, None)
