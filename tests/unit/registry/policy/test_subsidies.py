"""Decisions on claims, one limb at a time, and the ledger's invariants in any order of claims."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.policy.ledger import Claim, Entry, Rate
from registry.policy.loading import load_policies
from registry.policy.model import Window
from registry.policy.settings import PolicySettings
from registry.policy.subsidies import (
    Settlement,
    decide_subsidy,
    find_rate,
    fund_of,
    groups_covered,
    paying_region,
    prepay,
    settle,
)
from registry.problems import find_problem

POLICIES = load_policies()
CLAIM = Claim(
    person="p1",
    certificate="C1",
    kind="skill_level",
    occupation="6-31-01-03",
    level="3",
    certified_on=date(2022, 3, 1),
    claimed_on=date(2022, 4, 1),
    region="330106",
    claimant="person",
)
ELSEWHERE = ["4-14-01-02", "6-18-01-01", "6-20-01-01"]
START_UP = replace(
    CLAIM,
    kind="training_completion",
    level=None,
    course="start_up",
    region="150102",
    certified_on=date(2020, 3, 1),
    claimed_on=date(2020, 5, 1),
    graduated_on=date(2020, 6, 30),
)


def entry(claim=CLAIM, rule="ZJ-03", **changed):
    told = {
        "person": claim.person,
        "certificate": f"{claim.certificate}-{claim.occupation}-earlier",
        "rule": rule,
        "kind": claim.kind,
        "occupation": claim.occupation,
        "job": claim.job,
        "level": claim.level,
        "subsidy": claim.subsidy,
        "granted_on": claim.claimed_on,
    }
    return Entry(**(told | changed))


def decide(claim, entries=(), settings=None, rates=()):
    return decide_subsidy(claim, entries, POLICIES, settings=settings or PolicySettings(), rates=rates)


def three(on=date(2022, 2, 1)):
    return [entry(occupation=code, granted_on=on) for code in ELSEWHERE]


def test_zhejiang_pays_the_person_or_the_enterprise():
    personal = decide(CLAIM)
    assert (personal.granted, personal.rule.id, personal.payee, personal.amount) == (
        True,
        "ZJ-03",
        "person",
        None,
    )
    course = replace(
        CLAIM, kind="training_completion", level=None, route="enterprise_training", claimant="enterprise"
    )
    staff = decide(course)
    assert (staff.granted, staff.rule.id, staff.payee) == (True, "ZJ-04", "enterprise")
    wrong = decide(replace(course, claimant="person"))
    assert (wrong.granted, wrong.failed.code) == (False, "payee")


def test_the_fourth_claim_of_a_year_is_refused():
    assert decide(CLAIM, three()[:2]).granted
    refused = decide(CLAIM, three())
    assert (refused.granted, refused.failed.code, refused.failed.rule.id) == (False, "per_year", "ZJ-02")
    assert refused.amount is None
    assert decide(CLAIM, three(date(2021, 12, 31))).granted


def test_the_rolling_year_reads_the_twelve_months_before():
    rolling = PolicySettings(year_basis="rolling")
    assert decide(CLAIM, three(date(2021, 12, 31)), rolling).failed.code == "per_year"
    assert decide(CLAIM, three(date(2021, 4, 1)), rolling).granted
    assert "year_basis=rolling" in [step.code for step in decide(CLAIM, (), rolling).steps]


def test_one_certificate_is_paid_for_once_wherever_it_is_claimed():
    here = replace(CLAIM, region="441900")
    there = replace(CLAIM, region="220100")
    paid = [entry(here, rule="DG-06", certificate=CLAIM.certificate)]
    assert decide(here).granted
    assert decide(there).granted
    assert decide(there, paid).failed.code == decide(here, paid).failed.code == "certificate"
    assert decide(replace(there, subsidy="living"), paid).granted


def test_an_exception_from_the_yearly_number_needs_an_approver_who_is_recorded():
    excused = decide(replace(CLAIM, approver="bureau-7"), three())
    assert (excused.granted, excused.exception_by) == (True, "bureau-7")
    repeated = decide(replace(CLAIM, approver="bureau-7"), [entry()])
    assert (repeated.granted, repeated.failed.code) == (False, "occupation_and_level")
    assert decide(replace(CLAIM, approver="bureau-7")).exception_by is None


def test_one_occupation_and_level_is_paid_once_for_ever():
    earlier = entry(granted_on=date(2019, 1, 1))
    assert decide(CLAIM, [earlier]).failed.code == "occupation_and_level"
    assert decide(replace(CLAIM, level="2"), [earlier]).granted
    assert decide(replace(CLAIM, occupation="4-14-01-02"), [earlier]).granted
    assert decide(CLAIM, [replace(earlier, cancelled=True)]).granted
    assert decide(CLAIM, [replace(earlier, person="p2")]).granted


def test_a_qualification_and_a_skill_level_are_one_unless_set_otherwise():
    earlier = entry(kind="qualification")
    assert decide(CLAIM, [earlier]).failed.code == "occupation_and_level"
    assert decide(CLAIM, [earlier], PolicySettings(same_effect=False)).granted


def test_two_jobs_of_one_occupation_are_one_unless_set_otherwise():
    claim, earlier = replace(CLAIM, job="钳工甲"), entry(job="钳工乙")
    assert decide(claim, [earlier]).failed.code == "occupation_and_level"
    assert decide(claim, [earlier], PolicySettings(same_occupation="job")).granted
    assert not decide(CLAIM, [earlier], PolicySettings(same_occupation="job")).granted


def test_completion_certificates_count_unless_set_otherwise():
    courses = [replace(each, kind="training_completion", level=None) for each in three()]
    assert decide(CLAIM, courses).failed.code == "per_year"
    assert decide(CLAIM, courses, PolicySettings(completion_counts=False)).granted


@pytest.mark.parametrize(
    ("certified_on", "settings", "granted"),
    [
        (date(2020, 1, 1), PolicySettings(), True),
        (date(2019, 12, 31), PolicySettings(), False),
        (date(2020, 12, 31), PolicySettings(), True),
        (date(2019, 12, 31), PolicySettings(graduation_year="school"), True),
        (date(2020, 9, 1), PolicySettings(graduation_year="school"), False),
    ],
)
def test_the_graduation_year_and_its_two_readings(certified_on, settings, granted):
    decision = decide(replace(START_UP, certified_on=certified_on), settings=settings)
    assert decision.granted is granted
    assert granted or decision.failed.code == "graduation_year"


def test_graduation_year_subsidy_is_paid_once():
    first = decide(START_UP)
    assert (first.granted, first.rule.id, first.amount, first.payee) == (True, "HH-01", 2000, "person")
    assert "graduation_year=calendar" in [step.code for step in first.steps]
    second = decide(START_UP, [entry(START_UP, rule="HH-01")])
    assert (second.granted, second.failed.code) == (False, "times")
    assert decide(replace(START_UP, graduated_on=None)).failed.code == "graduation_year"
    assert decide(replace(START_UP, claimed_on=date(2021, 10, 4))).failed.code == "rule"


def test_an_integrity_record_holds_the_payment():
    for region in ("330106", "150102"):
        held = decide(replace(START_UP, held=frozenset({"enterprise"}), region=region))
        assert not held.granted
    assert decide(replace(CLAIM, held=frozenset({"assessor"}))).failed.rule.id == "ZJ-19"
    assert decide(replace(START_UP, held=frozenset({"person"}))).failed.rule.id == "HH-14"


def test_a_monthly_pension_is_the_limb_not_the_age():
    assert decide(replace(CLAIM, facts=frozenset({"no_monthly_pension"}))).granted
    refused = decide(replace(CLAIM, facts=frozenset({"monthly_pension"})))
    assert (refused.failed.code, refused.failed.rule.id) == ("pension", "ZJ-16")


def test_dongguan_pays_by_kind_and_level():
    for kind, rule in (("qualification", "DG-05"), ("skill_level", "DG-06")):
        claim = replace(CLAIM, kind=kind, region="441900")
        rates = [Rate("441900", kind, "3", 1500, Window(date(2020, 1, 1)), "synthetic")]
        decision = decide(claim, rates=rates)
        assert (decision.rule.id, decision.amount, decide(claim).amount) == (rule, 1500, None)
    assert decide(replace(CLAIM, kind="single_skill", region="441900")).failed.code == "rule"


def test_jilin_has_two_kinds_of_subsidy():
    claim = replace(CLAIM, region="220100")
    assert decide(claim).rule.id == decide(replace(claim, subsidy="living")).rule.id == "JL-04"
    assert decide(replace(claim, subsidy="assessment")).failed.code == "rule"


def test_inner_mongolia_enterprises_pay_in_shortage_occupations():
    claim = replace(CLAIM, kind="qualification", region="150700", facts=frozenset({"shortage", "employed"}))
    decision = decide(claim)
    assert (decision.granted, decision.rule.id, decision.rule.words["payer"]) == (
        True,
        "NM-23",
        ("enterprise",),
    )
    assert decide(replace(claim, facts=frozenset({"employed"}))).failed.code == "shortage"
    assert decide(replace(claim, level="4")).failed.code == "rule"


def test_unemployment_insurance_pays_only_for_the_insured():
    on = date(2020, 6, 1)
    claim = replace(CLAIM, region="150102", claimed_on=on, facts=frozenset({"insured"}))
    decision = decide(claim)
    assert (decision.granted, decision.rule.id, decision.fund) == (True, "HH-20", "unemployment_insurance")
    assert decide(replace(claim, facts=frozenset())).failed.code == "insured"
    assert fund_of(POLICIES, insured=True, region="441900", on=on) == "unemployment_insurance"
    assert fund_of(POLICIES, insured=False, region="441900", on=on) is None
    assert fund_of(POLICIES, insured=True, region="330000", on=on) is None
    covered = groups_covered(POLICIES, facts=frozenset({"insured"}), region="220100", on=date(2021, 1, 1))
    assert [rule.id for rule in covered] == ["JL-16"]


def test_the_workplace_pays_for_migrant_workers():
    on = date(2020, 6, 1)
    away = replace(
        CLAIM, region="330106", workplace="150102", claimed_on=on, facts=frozenset({"migrant_worker"})
    )
    assert paying_region(POLICIES, away) == "150102"
    decision = decide(away)
    assert (decision.granted, decision.region, decision.rule.id) == (True, "150102", "HH-21")
    assert paying_region(POLICIES, replace(away, facts=frozenset())) == "330106"
    assert paying_region(POLICIES, replace(away, claimed_on=date(2022, 1, 1))) == "330106"


def test_the_rate_of_the_most_specific_region_on_the_day():
    since = Window(date(2021, 1, 1), date(2023, 1, 1))
    rates = [
        Rate("330000", "skill_level", "3", 1000, since, "synthetic"),
        Rate("330100", "skill_level", "3", 1500, since, "synthetic"),
        Rate("330100", "skill_level", "3", 2000, since, "synthetic", occupation="6-31-01-03"),
        Rate("440000", "skill_level", "3", 9000, since, "synthetic"),
    ]

    def amount(region, on=date(2022, 1, 1), occupation="6-31-01-03"):
        rate = find_rate(rates, kind="skill_level", level="3", occupation=occupation, region=region, on=on)
        return rate and rate.amount

    assert [amount("330106"), amount("330200"), amount("110000")] == [2000, 1000, None]
    assert amount("330106", occupation="4-14-01-02") == 1500
    assert [amount("330106", date(2020, 12, 31)), amount("330106", date(2023, 1, 1))] == [None, None]


def test_prepayment_balance_and_clawback():
    asked = {"region": "330106", "on": date(2022, 1, 1)}
    half = prepay(POLICIES, approved=9999, asked=4999, **asked)
    assert (half.passed, half.amount, half.rule.id) == (True, 4999, "ZJ-06")
    assert not prepay(POLICIES, approved=9999, asked=5000, **asked).passed
    assert prepay(POLICIES, approved=9999, asked=1, region="150100", on=date(2020, 6, 1)).outcome == "no_rule"
    assert settle(approved=9999, prepaid=4999, completed=True) == Settlement(balance=5000, clawback=0)
    assert settle(approved=9999, prepaid=4999, completed=False) == Settlement(balance=0, clawback=4999)
    with pytest.raises(Refused, match=r"subsidy\.prepaid"):
        settle(approved=100, prepaid=101, completed=True)
    assert find_problem("subsidy.prepaid").status == 422


CLAIMS = st.builds(
    Claim,
    person=st.sampled_from(["p1", "p2"]),
    certificate=st.uuids().map(str),
    kind=st.sampled_from(["skill_level", "qualification"]),
    occupation=st.sampled_from(ELSEWHERE),
    level=st.sampled_from(["5", "4", "3"]),
    certified_on=st.just(date(2021, 4, 1)),
    claimed_on=st.dates(date(2021, 4, 1), date(2023, 6, 1)),
    region=st.sampled_from(["330106", "330200"]),
    claimant=st.just("person"),
    job=st.sampled_from([None, "a", "b"]),
    ownership=st.sampled_from([None, "public", "private"]),
)


@given(CLAIMS, st.lists(st.builds(entry, CLAIMS), max_size=5), st.sampled_from(["public", "private"]))
def test_ownership_never_changes_a_result(claim, entries, ownership):
    assert decide(claim, entries) == decide(replace(claim, ownership=ownership), entries)


@given(st.lists(st.tuples(CLAIMS, st.booleans()), max_size=25), st.sampled_from(["natural", "rolling"]))
def test_the_ledger_holds_in_any_order_of_claims_and_cancellations(claims, basis):
    entries = []
    for claim, cancel in claims:
        if cancel and entries:
            entries[0] = replace(entries[0], cancelled=True)
            entries.append(entries.pop(0))
        if decide(claim, entries, PolicySettings(year_basis=basis)).granted:
            entries.append(entry(claim))
    standing = [each for each in entries if not each.cancelled]
    once = Counter((each.person, each.occupation, each.level) for each in standing)
    assert max(once.values(), default=0) <= 1
    for each in standing:
        first = each.granted_on
        if basis == "natural":
            year = [other for other in standing if other.granted_on.year == first.year]
        else:
            year = [other for other in standing if first <= other.granted_on < first + timedelta(days=365)]
        assert sum(other.person == each.person for other in year) <= 3
