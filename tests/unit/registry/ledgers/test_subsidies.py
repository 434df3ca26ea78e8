"""The subsidy ledger's invariants under any order of claims, payments, cancellations, races and crashes."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from keys.errors import Refused
from registry.ledgers.account import Account, LineState, totals
from registry.ledgers.subsidies import Request, SubsidyLedger
from registry.policy.ledger import Claim, Rate
from registry.policy.loading import load_policies
from registry.policy.model import Window
from registry.problems import find_problem

AT = datetime(2022, 11, 22, 4, tzinfo=UTC)
POLICIES = load_policies()
RATE = Rate("330000", "skill_level", "3", 1501, Window(date(2022, 1, 1)), "synthetic")
CLAIM = Claim(
    person="archive-1",
    certificate="C1",
    kind="skill_level",
    occupation="6-31-01-03",
    level="3",
    certified_on=date(2022, 3, 1),
    claimed_on=date(2022, 4, 1),
    region="330106",
    claimant="person",
)
ACTS = st.sampled_from(["prepay", "settle", "reclaim", "cancel"])


class Crash(Exception):
    """The process died here."""


class MemoryAccounts:
    """The port in memory. ``crash``: die before or after the next write. ``rival``: a write that comes in between."""

    def __init__(self):
        self.kept = {}
        self.crash = None
        self.rival = None

    def load(self, archive):
        found = self.kept.get(archive, Account(archive))
        rival, self.rival = self.rival, None
        if rival:
            rival()
        return found

    def save(self, account):
        crash, self.crash = self.crash, None
        if crash == "before":
            raise Crash
        if self.load(account.archive).version != account.version:
            return False
        elsewhere = [
            slot for each in self.kept.values() if each.archive != account.archive for slot in each.slots
        ]
        if set(elsewhere) & set(account.slots):
            raise Refused("subsidy.certificate_elsewhere", field="certificate")
        self.kept[account.archive] = replace(account, version=account.version + 1)
        if crash == "after":
            raise Crash
        return True

    def load_by_line(self, line_id):
        for account in self.kept.values():
            if any(line.id == line_id for line in account.lines):
                return self.load(account.archive)
        raise Refused("subsidy.unknown", field="id")


def make_ledger(accounts=None, rates=(RATE,), **more):
    return SubsidyLedger(accounts or MemoryAccounts(), lambda: POLICIES, lambda: rates, lambda: AT, **more)


def ask(ledger, claim=CLAIM, **more):
    return ledger.claim(Request(lambda: claim, "clerk", **more))


class Ledgers(RuleBasedStateMachine):
    """Two desks on the same accounts."""

    @initialize()
    def begin(self):
        self.accounts = MemoryAccounts()
        self.ledger = make_ledger(self.accounts)
        self.retries = 0
        self.promised = set()

    def attempt(self, act):
        try:
            made = act()
        except (Refused, Crash):
            return
        line = getattr(made, "line", made)
        if line:
            self.promised.add(line.id)

    @rule(
        person=st.sampled_from(["archive-1", "archive-2"]),
        number=st.integers(1, 6),
        occupation=st.integers(1, 5),
        level=st.sampled_from(["3", "4"]),
        year=st.sampled_from([2022, 2023]),
        approver=st.sampled_from([None, None, None, "局长"]),
        crash=st.sampled_from([None, None, "before", "after"]),
        raced=st.booleans(),
    )
    def claim(self, *, person, number, occupation, level, year, approver, crash, raced):
        wanted = replace(
            CLAIM,
            person=person,
            certificate=f"C{number}",
            occupation=f"6-31-01-{occupation:02}",
            level=level,
            claimed_on=date(year, 4, 1),
            approver=approver,
        )
        self.accounts.crash = crash
        if raced:  # another city claims for the same person between our read and our write
            other = replace(wanted, certificate=f"D{number}", region="330200")
            self.accounts.rival = lambda: self.attempt(lambda: ask(self.ledger, other))
        self.attempt(lambda: ask(self.ledger, wanted))
        self.accounts.crash = self.accounts.rival = None

    @rule(
        number=st.integers(0, 20),
        act=ACTS,
        amount=st.integers(-1, 1600),
        crash=st.sampled_from([None, "before", "after"]),
    )
    def change(self, number, act, amount, crash):
        lines = self.lines()
        if not lines:
            return
        line = lines[number % len(lines)]
        acts = {
            "prepay": lambda: self.ledger.prepay(line.id, amount=amount, by="clerk"),
            "settle": lambda: self.ledger.settle(line.id, completed=True, by="clerk"),
            "reclaim": lambda: self.ledger.settle(line.id, completed=False, by="clerk"),
            "cancel": lambda: self.ledger.cancel(line.id, reason="x", by="clerk"),
        }
        self.accounts.crash = crash
        self.attempt(acts[act])
        self.accounts.crash = None

    @rule(number=st.integers(1, 6))
    def retry_after_a_crash_makes_one_line(self, number):
        self.retries += 1
        key = b"%d" % self.retries
        claim = replace(CLAIM, certificate=f"C{number}")
        before = len(self.lines())
        self.accounts.crash = "after"
        self.attempt(lambda: ask(self.ledger, claim, retry=key))
        self.accounts.crash = None
        self.attempt(lambda: ask(self.ledger, claim, retry=key))
        assert len(self.lines()) <= before + 1

    def lines(self):
        return [line for account in self.accounts.kept.values() for line in account.lines]

    @invariant()
    def at_most_three_a_year_but_for_recorded_exceptions(self):
        for account in self.accounts.kept.values():
            ordinary = Counter(
                line.granted_on.year for line in account.lines if line.counts and not line.exception_by
            )
            assert all(number <= 3 for number in ordinary.values())

    @invariant()
    def never_twice_for_one_occupation_and_level(self):
        for account in self.accounts.kept.values():
            pairs = [(line.occupation, line.level) for line in account.lines if line.counts]
            assert len(set(pairs)) == len(pairs)

    @invariant()
    def one_certificate_is_paid_once_in_the_whole_registry(self):
        slots = [line.slot for line in self.lines() if line.counts]
        assert len(set(slots)) == len(slots)

    @invariant()
    def no_line_that_somebody_was_told_of_is_lost(self):
        assert self.promised <= {line.id for line in self.lines()}

    @invariant()
    def the_money_adds_up(self):
        for line in self.lines():
            assert 0 <= line.prepaid * 2 <= (line.approved or 0)
            assert line.paid <= (line.approved or 0)
            if line.state is LineState.SETTLED:
                assert (line.paid, line.clawback) == (line.approved, 0)
            elif not line.counts:
                assert line.clawback == line.paid
            else:
                assert line.clawback == 0

    @invariant()
    def a_level_without_a_rate_never_becomes_zero(self):
        assert all(line.approved is None for line in self.lines() if line.level == "4")


Ledgers.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestLedgers = Ledgers.TestCase


def refusal(act):
    with pytest.raises(Refused) as caught:
        act()
    assert find_problem(caught.value.code).what("en", caught.value)
    return caught.value.code


def test_a_granted_claim_becomes_a_line_with_its_rule():
    found = ask(make_ledger())
    assert (found.line.rule, found.line.approved, found.line.payee) == ("ZJ-03", 1501, "person")
    assert found.line.rule_digest == POLICIES.find("ZJ-03").digest
    assert [act.act for act in found.line.acts] == ["grant"]


def test_a_dry_run_decides_and_enters_nothing():
    accounts = MemoryAccounts()
    found = make_ledger(accounts).claim(Request(lambda: CLAIM, "clerk"), dry_run=True)
    assert found.decision.granted
    assert found.line is None
    assert accounts.kept == {}


def test_a_refused_claim_enters_nothing_and_says_which_limb():
    accounts = MemoryAccounts()
    found = ask(make_ledger(accounts), replace(CLAIM, claimant="enterprise"))
    assert (found.line, found.decision.failed.code) == (None, "payee")
    assert accounts.kept == {}


def test_no_published_figure_is_not_zero_and_can_be_published_later():
    rates = []
    ledger = make_ledger(rates=rates)
    line = ask(ledger).line
    assert line.approved is None
    assert refusal(lambda: ledger.settle(line.id, completed=True, by="c")) == "subsidy.no_figure"
    assert refusal(lambda: ledger.prepay(line.id, amount=1, by="c")) == "subsidy.no_figure"
    rates.append(RATE)
    assert ledger.settle(line.id, completed=True, by="c").balance == 1501


def test_prepayment_is_half_at_most_and_once():
    ledger = make_ledger()
    line = ask(ledger).line
    assert refusal(lambda: ledger.prepay(line.id, amount=751, by="c")) == "subsidy.prepayment"
    assert refusal(lambda: ledger.prepay(line.id, amount=0, by="c")) == "subsidy.prepayment"
    assert ledger.prepay(line.id, amount=750, by="c").prepaid == 750
    assert refusal(lambda: ledger.prepay(line.id, amount=1, by="c")) == "subsidy.prepaid_before"
    assert ledger.settle(line.id, completed=True, by="c").balance == 751


def test_a_course_not_completed_is_taken_back_and_counts_no_more():
    ledger = make_ledger()
    line = ask(ledger).line
    ledger.prepay(line.id, amount=700, by="c")
    taken = ledger.settle(line.id, completed=False, by="c")
    assert (taken.state, taken.clawback, taken.counts) == (LineState.RECLAIMED, 700, False)
    assert ask(ledger, replace(CLAIM, certificate="C2")).line is not None


def test_a_cancelled_line_frees_the_level_and_claims_back_what_was_paid():
    ledger = make_ledger()
    line = ask(ledger).line
    ledger.settle(line.id, completed=True, by="c")
    assert ledger.cancel(line.id, reason="骗取", by="c").clawback == 1501
    assert refusal(lambda: ledger.cancel(line.id, reason="x", by="c")) == "subsidy.not_open"
    assert totals(ledger.accounts.load("archive-1")) == {
        "approved": 0,
        "paid": 1501,
        "clawback": 1501,
        "without_figure": 0,
    }


def test_the_yearly_number_is_excused_by_a_recorded_approver_only():
    ledger = make_ledger()
    claims = [replace(CLAIM, certificate=f"C{n}", occupation=f"6-31-01-0{n}") for n in range(1, 6)]
    assert all(ask(ledger, claim).line for claim in claims[:3])
    assert ask(ledger, claims[3]).decision.failed.code == "per_year"
    assert ask(ledger, replace(claims[3], approver="局长")).line.exception_by == "局长"


@pytest.mark.parametrize(
    ("barred", "more"),
    [
        ("person:aa", {}),
        ("enterprise:91441900000000019N", {"enterprise": "91441900000000019N"}),
        ("assessor:S000033000002", {"assessor": "S000033000002"}),
    ],
)
def test_an_open_integrity_record_blocks_a_new_subsidy(barred, more):
    ledger = make_ledger(
        blocked=lambda subject, on: [1] if (subject, on) == (barred, CLAIM.claimed_on) else [],
        subjects_of=lambda archive: ["person:aa"],
    )
    found = ask(ledger, **more)
    assert (found.line, found.decision.failed.code) == (None, "integrity")


def test_an_earlier_day_gets_round_no_open_record():
    found = ask(
        make_ledger(blocked=lambda _, on: [1] if on == AT.date() else [], subjects_of=lambda _: ["p"])
    )
    assert found.decision.failed.code == "integrity"


def test_nothing_is_paid_while_an_integrity_record_is_open_but_taking_back_goes_on():
    barred = []
    ledger = make_ledger(blocked=lambda *_: barred, subjects_of=lambda archive: ["person:aa"])
    line = ask(ledger).line
    barred.append(1)
    assert refusal(lambda: ledger.prepay(line.id, amount=1, by="c")) == "subsidy.held"
    assert refusal(lambda: ledger.settle(line.id, completed=True, by="c")) == "subsidy.held"
    assert ledger.settle(line.id, completed=False, by="c").state is LineState.RECLAIMED


def test_who_loses_every_race_is_told_to_come_again():
    class Busy(MemoryAccounts):
        def save(self, account):
            return False

    assert refusal(lambda: ask(make_ledger(Busy()))) == "ledger.busy"
