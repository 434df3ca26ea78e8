"""The life of an accreditation: two registrars for every step, nothing taken back, no day twice and none lost."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuers.accreditation import Ending, Scope, Suspension, covering
from issuers.accreditations.life import Act, Asked, Case, Terms, Voice, Vote, accreditation_id, apply, cast
from keys.errors import Refused

TODAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
PAIR = ("6-31-01-03", "2022")
ASKED = Asked("skill_level", frozenset({PAIR}), frozenset({"3", "4"}), "330000", TODAY, None)
DAY = timedelta(days=1)


def vote(by, voice=Voice.APPROVE, **terms):
    return Vote(by, voice, Terms("示例认定委〔2026〕2号", **terms), "", AT)


def case(act=Act.GRANT, accreditation=None, id_="2026-0001"):
    return Case(id_, act, "S000033000002", accreditation, ASKED if act is Act.GRANT else None)


def decided(one, **terms):
    return cast(cast(one, vote("a", **terms)), vote("b", **terms))


def granted(**terms):
    terms = {"effect": TODAY, "until": date(2028, 1, 1)} | terms
    return apply((), decided(case(), **terms), today=TODAY)


def do(held, act, *, today=TODAY, **terms):
    return apply(held, decided(case(act, held[0].id), **terms), today=today)


def refusal(act):
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code


def test_one_registrar_decides_nothing_however_often():
    one = cast(cast(case(), vote("a")), vote("a"))
    assert one.decision is None
    assert len(one.votes) == 1
    assert apply((), one, today=TODAY) == ()


def test_two_must_agree_to_the_letter():
    one = cast(cast(case(), vote("a", effect=TODAY)), vote("b", effect=TODAY + DAY))
    assert one.decision is None
    assert cast(one, vote("c", effect=TODAY)).decision == one.votes[0]
    assert cast(one, vote("a", effect=TODAY + DAY)).decision is not None  # a comes round


def test_approval_and_refusal_do_not_add_up():
    one = cast(cast(case(), vote("a")), vote("b", Voice.REFUSE))
    assert one.decision is None
    refused = cast(one, vote("c", Voice.REFUSE))
    assert refused.decision.voice is Voice.REFUSE
    assert apply((), refused, today=TODAY) == ()


def test_what_is_decided_is_decided():
    assert refusal(lambda: cast(decided(case()), vote("c"))) == "accreditation.decided"


def test_a_grant_holds_as_decided_not_as_asked():
    [held] = granted(effect=TODAY + 5 * DAY)
    assert (held.id, held.occupations, held.decision) == (
        "A-2026-0001",
        frozenset({PAIR}),
        "示例认定委〔2026〕2号",
    )
    assert held.windows == ((TODAY + 5 * DAY, date(2028, 1, 1)),)


def test_a_change_of_scope_is_a_new_one_and_ends_the_old():
    before = granted()
    wider = decided(case(accreditation=before[0].id, id_="2026-0002"), effect=TODAY + DAY)
    old, new = apply(before, wider, today=TODAY)
    assert (old.windows, old.ending) == (((TODAY, TODAY + DAY),), Ending.REPLACED)
    assert (new.windows, new.id) == (((TODAY + DAY, None),), "A-2026-0002")
    assert replace(old, valid_until=before[0].valid_until, ending=None) == before[0]


def test_suspended_at_once_stops_issuing_today_and_holds_until_tonight():
    [held] = do(granted(), Act.SUSPEND)
    assert held.in_force(TODAY)
    assert not held.in_force(TODAY + DAY)
    asked = Scope("skill_level", PAIR, "3", "330000", TODAY)
    assert covering([held], asked) == held
    assert refusal(lambda: covering([held], replace(asked, issuing=TODAY))) == "scope.suspended"
    assert refusal(lambda: covering([held], replace(asked, on=TODAY + DAY))) == "scope.suspended"


def test_a_suspension_of_a_later_day_stops_nothing_before():
    [held] = do(granted(), Act.SUSPEND, effect=TODAY + 9 * DAY)
    asked = Scope("skill_level", PAIR, "3", "330000", TODAY, TODAY)
    assert covering([held], asked) == held
    assert held.suspensions == (Suspension(TODAY + 9 * DAY, TODAY + 9 * DAY),)


def test_lifted_it_holds_again_and_the_gap_stays():
    suspended = do(granted(), Act.SUSPEND)
    [held] = do(suspended, Act.LIFT, today=TODAY + 5 * DAY)
    assert held.windows == ((TODAY, TODAY + DAY), (TODAY + 5 * DAY, date(2028, 1, 1)))


def test_lifted_before_it_began_nothing_is_left_of_it():
    assert do(do(granted(), Act.SUSPEND), Act.LIFT) == granted()


def test_withdrawn_it_ends_and_lets_nothing_be_recorded_late():
    [held] = do(granted(), Act.WITHDRAW)
    asked = Scope("skill_level", PAIR, "3", "330000", TODAY)
    assert covering([held], asked) == held  # what was issued stays valid
    late = replace(asked, issuing=TODAY + DAY)
    assert refusal(lambda: covering([held], late)) == "scope.withdrawn"
    [ran_out] = granted(until=TODAY + DAY)
    assert covering([ran_out], late) == ran_out


@pytest.mark.parametrize(
    ("act", "terms", "code"),
    [
        (Act.SUSPEND, {"effect": TODAY}, "accreditation.effect_past"),
        (Act.WITHDRAW, {"effect": TODAY}, "accreditation.effect_past"),
        (Act.LIFT, {"effect": TODAY - DAY}, "accreditation.effect_past"),
        (Act.LIFT, {}, "accreditation.not_suspended"),
        (Act.WITHDRAW, {"effect": date(2028, 1, 1)}, "accreditation.ended"),
        (Act.SUSPEND, {"effect": date(2028, 1, 1)}, "accreditation.ended"),
    ],
)
def test_what_cannot_be(act, terms, code):
    assert refusal(lambda: do(granted(), act, **terms)) == code


def test_what_else_cannot_be():
    suspended = do(granted(), Act.SUSPEND)
    assert refusal(lambda: do(suspended, Act.SUSPEND)) == "accreditation.suspended_already"
    withdrawn = do(granted(), Act.WITHDRAW, effect=TODAY + 9 * DAY)
    again = decided(case(accreditation="A-2026-0001", id_="2026-0002"), effect=TODAY + DAY)
    assert refusal(lambda: apply(withdrawn, again, today=TODAY)) == "accreditation.ended"
    assert refusal(lambda: granted(until=TODAY)) == "accreditation.dates"
    assert refusal(lambda: granted(effect=TODAY - DAY)) == "accreditation.effect_past"
    assert refusal(lambda: apply(granted(), decided(case()), today=TODAY)) == "accreditation.exists"
    other = decided(case(Act.LIFT, "A-other"))
    assert refusal(lambda: apply(granted(), other, today=TODAY)) == "accreditation.unknown"


# --- for all lives ---

STEPS = st.lists(
    st.tuples(
        st.sampled_from(list(Act)),
        st.integers(0, 20),  # days that pass before
        st.none() | st.integers(-2, 30),  # effect, in days from then
        st.lists(
            st.tuples(st.sampled_from("abc"), st.sampled_from(list(Voice))), max_size=4
        ),  # who votes what
        st.integers(0, 3),  # which accreditation
    ),
    max_size=12,
)


def run(steps):
    """A life: after each step (day, held before, case, held after)."""
    held, day = (), TODAY
    for number, (act, passed, effect, voices, which) in enumerate(steps):
        day += passed * DAY
        concerned = held[which % len(held)].id if held and (which or act is not Act.GRANT) else None
        one = case(act, concerned, f"2026-{number:04}")
        until = day + 60 * DAY if act is Act.GRANT and which % 2 else None
        after = held
        try:
            for by, voice in voices:
                terms = {"effect": None if effect is None else day + effect * DAY, "until": until}
                one = cast(one, vote(by, voice, **terms))
            after = apply(held, one, today=day)
        except Refused:
            pass
        yield day, held, one, after
        held = after


@given(STEPS)
def test_nothing_comes_into_force_without_two_different_registrars(steps):
    agreed = set()
    for _, before, one, after in run(steps):
        approving = {v.by for v in one.votes if v.voice is Voice.APPROVE}
        if len(approving) >= 2:
            agreed.add(accreditation_id(one.id))
        else:
            assert after == before  # and nothing changes either
        assert {held.id for held in after} <= agreed


@given(STEPS)
def test_the_windows_and_the_gaps_between_are_the_whole_time(steps):
    for _, _, _, after in run(steps):
        for held in after:
            windows = held.windows
            for (_, until), (start, _) in pairwise(windows):
                assert until < start  # in order, apart: no day twice
            for day in (TODAY + n * DAY for n in range(320)):
                counted = sum(s <= day and (u is None or day < u) for s, u in windows)
                gaps = sum(g.start <= day and (g.until is None or day < g.until) for g in held.suspensions)
                assert counted + gaps == 1 or not held.spans(day)
                assert gaps <= 1
                assert held.in_force(day) == (counted == 1)


@given(STEPS)
def test_no_decision_takes_a_day_that_was_or_is(steps):
    """What was certified until the day of the decision was certified by an accredited body, and stays so."""
    for today, before, _, after in run(steps):
        now = {held.id: held for held in after}
        for held in before:
            for day in (TODAY + n * DAY for n in range((today - TODAY).days + 1)):
                assert now[held.id].in_force(day) or not held.in_force(day)
