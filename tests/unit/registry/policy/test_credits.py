"""The credit bank: sums, conversions, nothing spent twice."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.policy.credits import (
    ConversionRule,
    CreditEntry,
    Result,
    Tier,
    balance,
    convert,
    enter,
    reward_tier,
)
from registry.policy.loading import load_policies
from registry.policy.model import Window
from registry.problems import find_problem

POLICIES = load_policies()
ON = date(2022, 9, 1)
RESULT = Result("S000044000012222000457", "skill_level", "6-31-01-03", "3", date(2022, 5, 1))
ROW = ConversionRule(
    "school-1/7",
    "school-1",
    "mechatronics",
    "workshop",
    "skill_level",
    "6-31-01-03",
    "3",
    4,
    Window(date(2022, 1, 1), date(2023, 1, 1)),
    "synthetic",
)
WANTED = {"school": "school-1", "programme": "mechatronics", "course": "workshop", "on": ON, "rules": [ROW]}
STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["earn", "spend"]), st.integers(-5, 5)), max_size=20
)


@given(STEPS)
def test_balance_is_the_sum_of_the_entries(steps):
    ledger, total = (), 0
    for number, (result, rule, amount) in enumerate(steps):
        entry = CreditEntry(f"{result}{number}", rule, amount, ON)
        if total + amount < 0:
            with pytest.raises(Refused, match=r"credit\.balance"):
                enter(ledger, entry)
        else:
            ledger, total = enter(ledger, entry), total + amount
        assert balance(ledger) == total >= 0


def test_a_result_is_converted_once_only():
    entry = convert((), RESULT, **WANTED)
    assert (entry.credits, entry.course, entry.rule) == (4, "workshop", "school-1/7")
    ledger = enter((), entry)
    other = replace(ROW, id="school-2/1", school="school-2")
    for wanted in (WANTED, WANTED | {"school": "school-2", "rules": [other]}):
        with pytest.raises(Refused, match=r"credit\.spent"):
            convert(ledger, RESULT, **wanted)
    assert convert(ledger, replace(RESULT, number="another"), **WANTED).credits == 4


def test_a_registered_result_may_still_be_converted_but_not_registered_again():
    registered = CreditEntry(RESULT.number, "JL-02", 2, ON)
    ledger = enter((), registered)
    with pytest.raises(Refused, match=r"credit\.spent"):
        enter(ledger, registered)
    assert balance(enter(ledger, convert(ledger, RESULT, **WANTED))) == 6


@pytest.mark.parametrize(
    "changed",
    [
        {"school": "school-9"},
        {"programme": "other"},
        {"course": "other"},
        {"on": date(2023, 1, 1)},
        {"rules": []},
    ],
)
def test_without_a_row_in_force_there_is_no_conversion(changed):
    with pytest.raises(Refused, match=r"credit\.no_rule"):
        convert((), RESULT, **(WANTED | changed))


@pytest.mark.parametrize("changed", [{"level": "4"}, {"kind": "one_plus_x"}, {"occupation": "4-14-01-02"}])
def test_another_result_is_not_converted_by_this_row(changed):
    with pytest.raises(Refused, match=r"credit\.no_rule"):
        convert((), replace(RESULT, **changed), **WANTED)


def test_no_tier_without_a_published_threshold():
    ledger = (CreditEntry("r", "DG-04", 120, ON),)
    bare = reward_tier(POLICIES, ledger, tiers=[], region="441900", on=ON)
    assert (bare.tier, bare.published, bare.rule.id) == (None, False, "DG-04")
    tiers = [
        Tier("441900", name, at_least, Window(date(2022, 1, 1)))
        for name, at_least in (("bronze", 50), ("silver", 120), ("gold", 121))
    ]
    assert reward_tier(POLICIES, ledger, tiers=tiers, region="441900", on=ON).tier.name == "silver"
    low = reward_tier(POLICIES, (), tiers=tiers, region="441900", on=ON)
    assert (low.tier, low.published) == (None, True)
    assert reward_tier(POLICIES, ledger, tiers=tiers, region="330100", on=ON).tier is None


@pytest.mark.parametrize("code", ["credit.spent", "credit.balance", "credit.no_rule", "bundle.kind"])
def test_each_refusal_has_its_words(code):
    assert find_problem(code).zh
