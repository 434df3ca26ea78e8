"""Decides a claim for a subsidy from the rules and what was granted before.

Who owns a training body is not asked (ZJ-14), nor is anybody's age (ZJ-16 asks for the pension).
The ledger's store makes the decision and the new entry one atomic step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from keys.errors import Refused
from registry.places import lineage
from registry.policy import wording
from registry.policy.answers import Finding, Step
from registry.policy.dates import add_years
from registry.policy.ledger import Claim, Decision, Entry, Limb, Payee, Rate
from registry.policy.model import Policies, Rule, Text
from registry.policy.settings import DEFAULT_SETTINGS, PolicySettings, describe_setting


def decide_subsidy(
    claim: Claim,
    entries: Iterable[Entry],
    policies: Policies,
    *,
    settings: PolicySettings = DEFAULT_SETTINGS,
    rates: Sequence[Rate] = (),
) -> Decision:
    """Grant or refuse ``claim``; ``entries`` are the person's earlier lines, others are passed over.

    Asked in order: a rule (HH-01, HH-20, HH-21, DG-05, DG-06, ZJ-03, ZJ-04, NM-23, JL-04), open
    integrity records (HH-14, ZJ-19), the monthly pension (ZJ-16), the certificate not used
    before, the payee, the rule's own conditions, then once for an occupation and level and at most
    three a year (ZJ-02). Only the yearly number may be excused, by an approver who is recorded.
    """
    region = paying_region(policies, claim)
    past = [entry for entry in entries if entry.person == claim.person and not entry.cancelled]
    rule, own = _choose(policies, claim, region, past, settings)
    limit = policies.nearest("subsidy_limit", region=region, on=claim.claimed_on)
    limbs = (
        *_general_limbs(policies, claim, region, rule),
        _limb("certificate", not any(_repeats(claim, entry) for entry in past), None),
        *own,
        *_limit_limbs(claim, past, limit, settings),
    )
    failed = [limb.code for limb in limbs if not limb.passed]
    excused = failed == ["per_year"] and bool(claim.approver)
    granted = rule is not None and (not failed or excused)
    return Decision(
        granted=granted,
        rule=rule,
        limbs=limbs,
        region=region,
        payee=_payee(rule) if rule else None,
        fund=fund_of(policies, insured="insured" in claim.facts, region=region, on=claim.claimed_on),
        amount=_amount(rule, claim, region, rates) if granted and rule else None,
        exception_by=claim.approver if granted and excused else None,
        steps=_steps(rule, limit, region, settings),
    )


def paying_region(policies: Policies, claim: Claim) -> str:
    """The workplace for a migrant worker where a rule says so (HH-21), else the region of the claim."""
    if "migrant_worker" in claim.facts and claim.workplace:
        rules = policies.speaking("subsidy", region=claim.workplace, on=claim.claimed_on)
        if any("workplace" in rule.words.get("region", ()) for rule in rules):
            return claim.workplace
    return claim.region


def fund_of(policies: Policies, *, insured: bool, region: str, on: date) -> str | None:
    """The fund a rule names for the insured (HH-20, DG-17), or None: the document names none."""
    rules = (
        *policies.speaking("fund", region=region, on=on),
        *policies.speaking("subsidy", region=region, on=on),
    )
    return next((rule.words["fund"][0] for rule in rules if insured and "fund" in rule.words), None)


def groups_covered(policies: Policies, *, facts: frozenset[str], region: str, on: date) -> tuple[Rule, ...]:
    """The rules that name a group of these facts (ZJ-16 no monthly pension, JL-16 insured staff)."""
    rules = policies.speaking("eligibility", region=region, on=on)
    return tuple(rule for rule in rules if facts >= set(rule.words["when"]))


def find_rate(
    rates: Iterable[Rate], *, kind: str, level: str | None, occupation: str, region: str, on: date
) -> Rate | None:
    """The rate in force that day of the nearest place, the occupation's own first (ZJ-05)."""
    places = lineage(region)
    fitting = [
        rate
        for rate in rates
        if rate.region in places
        and rate.window.covers(on)
        and (rate.kind, rate.level) == (kind, level)
        and rate.occupation in (None, occupation)
    ]
    return min(fitting, key=lambda rate: (places.index(rate.region), rate.occupation is None), default=None)


def prepay(policies: Policies, *, approved: int, asked: int, region: str, on: date) -> Finding:
    """How much of an ``approved`` subsidy (yuan) may be paid in advance: at most half (ZJ-06)."""
    rule = policies.nearest("prepayment", region=region, on=on)
    if rule is None:
        return Finding(
            None, "no_rule", passed=False, text=Text("没有预拨规定。", "No rule allows payment in advance.")
        )
    percent = rule.figure("maximum_percent")
    most = approved * percent // 100
    text = Text(
        f"最高可预拨 {most} 元（{approved} 元的 {percent}%）。",
        f"At most {most} yuan in advance ({percent}% of {approved}).",
    )
    return Finding(rule, "prepayment", passed=0 < asked <= most, text=text, amount=most)


@dataclass(frozen=True)
class Settlement:
    """After a course: what is still paid, or what is taken back (whole yuan)."""

    balance: int
    clawback: int


def settle(*, approved: int, prepaid: int, completed: bool) -> Settlement:
    """The balance of a completed course, the clawback of one that was not (ZJ-06)."""
    if not 0 <= prepaid <= approved:
        raise Refused("subsidy.prepaid", field="prepaid")
    return Settlement(approved - prepaid, 0) if completed else Settlement(0, prepaid)


def _choose(
    policies: Policies, claim: Claim, region: str, past: list[Entry], settings: PolicySettings
) -> tuple[Rule | None, tuple[Limb, ...]]:
    """The first rule whose conditions are all met, else the first that speaks of such a certificate."""
    rules = [
        rule
        for rule in policies.speaking("subsidy", region=region, on=claim.claimed_on)
        if _fits(rule, claim)
    ]
    asked = [(rule, tuple(_own_limbs(rule, claim, past, settings))) for rule in rules]
    met = (pair for pair in asked if all(limb.passed for limb in pair[1]))
    return next(met, asked[0] if asked else (None, ()))


def _fits(rule: Rule, claim: Claim) -> bool:
    return (
        claim.kind in rule.words["certificates"]
        and claim.subsidy in rule.words.get("subsidies", ("training",))
        and ("levels" not in rule.words or claim.level in rule.words["levels"])
        and rule.about("route", claim.route)
        and ("course" not in rule.words or claim.course in rule.words["course"])
    )


def _own_limbs(rule: Rule, claim: Claim, past: list[Entry], settings: PolicySettings) -> Iterable[Limb]:
    yield _limb("payee", claim.claimant == _payee(rule), rule)
    for condition in rule.words.get("when", ()):
        if condition == "graduation_year":
            yield _limb(condition, _in_graduation_year(claim, settings), rule)
        else:
            yield _limb(condition, condition in claim.facts, rule)
    if "times" in rule.figures:
        yield _limb("times", sum(entry.rule == rule.id for entry in past) < rule.figure("times"), rule)


def _general_limbs(policies: Policies, claim: Claim, region: str, rule: Rule | None) -> Iterable[Limb]:
    yield _limb("rule", rule is not None, rule)
    yield _limb(
        "integrity", not claim.held, policies.nearest("integrity", region=region, on=claim.claimed_on)
    )
    pension = next(
        (
            each
            for each in policies.speaking("eligibility", region=region, on=claim.claimed_on)
            if "no_monthly_pension" in each.words["when"]
        ),
        None,
    )
    if pension is not None:
        yield _limb("pension", "monthly_pension" not in claim.facts, pension)


def _limit_limbs(
    claim: Claim, past: list[Entry], limit: Rule | None, settings: PolicySettings
) -> Iterable[Limb]:
    if limit is None or claim.subsidy != "training":
        return
    trained = [entry for entry in past if entry.subsidy == "training"]
    repeated = claim.level is not None and any(_same(claim, entry, settings) for entry in trained)
    yield _limb("occupation_and_level", not repeated, limit)
    if settings.completion_counts or claim.kind != "training_completion":
        used = sum(_counts(entry, settings) and _in_year(entry, claim, settings) for entry in trained)
        yield _limb("per_year", used < limit.figure("per_year"), limit)


def _repeats(claim: Claim, entry: Entry) -> bool:
    """No document needs to say that one certificate is not paid for twice, in one city or in two."""
    return (claim.certificate, claim.subsidy) == (entry.certificate, entry.subsidy)


def _same(claim: Claim, entry: Entry, settings: PolicySettings) -> bool:
    """One occupation and one level, in the reading the settings give to both words."""
    by_job = settings.same_occupation == "job" and None not in (claim.job, entry.job)
    occupation = (
        (claim.occupation, claim.job) == (entry.occupation, entry.job)
        if by_job
        else (claim.occupation == entry.occupation)
    )
    kind = claim.kind == entry.kind or (settings.same_effect and {claim.kind, entry.kind} <= _SAME_EFFECT)
    return occupation and kind and claim.level == entry.level


_SAME_EFFECT = {"skill_level", "qualification"}


def _counts(entry: Entry, settings: PolicySettings) -> bool:
    return settings.completion_counts or entry.kind != "training_completion"


def _in_year(entry: Entry, claim: Claim, settings: PolicySettings) -> bool:
    """Lines of the claim's year; rolling: within a year before or after, so that no order goes round it."""
    if settings.year_basis == "natural":
        return entry.granted_on.year == claim.claimed_on.year
    earlier, later = sorted((entry.granted_on, claim.claimed_on))
    return later < add_years(earlier, 1)


def _in_graduation_year(claim: Claim, settings: PolicySettings) -> bool:
    if claim.graduated_on is None:
        return False
    year = claim.graduated_on.year
    first = date(year, 1, 1) if settings.graduation_year == "calendar" else date(year - 1, 9, 1)
    return first <= claim.certified_on < add_years(first, 1)


def _payee(rule: Rule) -> Payee:
    return "enterprise" if rule.words["payee"][0] == "enterprise" else "person"


def _amount(rule: Rule, claim: Claim, region: str, rates: Sequence[Rate]) -> int | None:
    if "amount" in rule.figures:
        return rule.figure("amount")
    rate = find_rate(
        rates,
        kind=claim.kind,
        level=claim.level,
        occupation=claim.occupation,
        region=region,
        on=claim.claimed_on,
    )
    return rate.amount if rate else None


def _limb(code: str, passed: bool, rule: Rule | None) -> Limb:  # noqa: FBT001 - a limb is its answer
    return Limb(code, passed, wording.word("limb", code), rule)


def _steps(rule: Rule | None, limit: Rule | None, region: str, settings: PolicySettings) -> tuple[Step, ...]:
    told = (
        [Step("look_up", wording.say_look_up(region, rule)), Step("rule", wording.say_rule(rule))]
        if rule
        else []
    )
    if rule is not None and "graduation_year" in rule.words.get("when", ()):
        told.append(Step(*describe_setting(settings, "graduation_year")))
    if limit is not None:
        told.append(Step("rule", wording.say_rule(limit)))
        told += [
            Step(*describe_setting(settings, name))
            for name in ("year_basis", "completion_counts", "same_occupation", "same_effect")
        ]
    return tuple(told)
