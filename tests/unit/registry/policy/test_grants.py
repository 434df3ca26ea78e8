"""Sums paid once."""

from datetime import date

import pytest

from registry.policy.grants import construction_grant, contest_award, honour_award, service_penalty
from registry.policy.loading import load_policies

POLICIES = load_policies()
HOHHOT = {"region": "150102", "on": date(2020, 6, 1)}
ZHEJIANG = {"region": "330106", "on": date(2022, 6, 1)}


@pytest.mark.parametrize(
    ("what", "tier", "amount"),
    [
        ("base", "national", 5_000_000),
        ("base", "region", 1_000_000),
        ("studio", "national", 100_000),
        ("studio", "region", 100_000),
    ],
)
def test_grants_by_tier(what, tier, amount):
    assert construction_grant(POLICIES, what=what, tier=tier, **HOHHOT).amount == amount
    assert construction_grant(POLICIES, what=what, tier=tier, **ZHEJIANG).amount is None


@pytest.mark.parametrize(
    ("rank", "outcome"), [(1, "no_figure"), (3, "no_figure"), (4, "not_met"), (None, "not_met")]
)
def test_first_three_of_a_national_contest_are_rewarded(rank, outcome):
    found = contest_award(POLICIES, contest="national_class_1", rank=rank, **HOHHOT)
    assert (found.outcome, found.amount, found.rule.id) == (outcome, None, "HH-08")


def test_worldskills_award_is_matched():
    found = contest_award(POLICIES, contest="worldskills", rank=None, national_amount=300_000, **HOHHOT)
    assert (found.amount, found.rule.id) == (300_000, "HH-09")
    assert contest_award(POLICIES, contest="worldskills", rank=None, **HOHHOT).outcome == "no_figure"
    assert contest_award(POLICIES, contest="village", rank=1, **HOHHOT).outcome == "no_rule"
    assert contest_award(POLICIES, contest="worldskills", rank=None, **ZHEJIANG).outcome == "no_rule"


def test_each_honour_is_paid_once():
    asked = {"honour": "全国技术能手", "region": "150100", "on": date(2010, 1, 1)}
    assert honour_award(POLICIES, paid=[], **asked).passed
    assert honour_award(POLICIES, paid=["中华技能大奖"], **asked).passed
    assert honour_award(POLICIES, paid=["全国技术能手"], **asked).missing == ("once",)
    assert honour_award(POLICIES, paid=[], **(asked | {"honour": "优秀员工"})).outcome == "no_rule"


def test_the_penalty_is_the_actual_cost():
    found = service_penalty(POLICIES, training_cost=4321, **ZHEJIANG)
    assert (found.amount, found.rule.id) == (4321, "ZJ-08")
    assert service_penalty(POLICIES, training_cost=4321, **HOHHOT).outcome == "no_rule"
