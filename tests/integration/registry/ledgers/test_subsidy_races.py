"""Claims for one person from two cities at the same moment, on a real database."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Barrier

import pytest

from keys.errors import Refused
from registry.ledgers.accounts import StoredAccounts
from registry.ledgers.subsidies import Request, SubsidyLedger
from registry.mongo import connect
from registry.policy.ledger import Claim
from registry.policy.loading import load_policies

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
CITIES = ("330106", "330200")
CLAIM = Claim(
    person="archive-1",
    certificate="C1",
    kind="skill_level",
    occupation="6-31-01-03",
    level="3",
    certified_on=date(2022, 3, 1),
    claimed_on=date(2022, 4, 1),
    region=CITIES[0],
    claimant="person",
)
CLAIMANTS = 32


@pytest.fixture
def ledgers(database, mongo_uri):
    """Two, each with a connection of its own, as two processes have."""
    made = []
    for _ in CITIES:
        accounts = StoredAccounts(connect(mongo_uri, database=database.name))
        accounts.prepare()
        made.append(SubsidyLedger(accounts, load_policies, tuple, lambda: AT))
    yield made
    for ledger in made:
        ledger.accounts._accounts.database.client.close()


def race(ledgers, claims):
    """What each claimant got: ``granted``, the first limb that failed, or a refusal's code."""
    start = Barrier(len(claims))

    def claim(numbered):
        number, wanted = numbered
        start.wait()
        try:
            found = ledgers[number % 2].claim(Request(lambda: wanted, "clerk"))
        except Refused as refused:
            return refused.code
        return "granted" if found.line else found.decision.failed.code

    with ThreadPoolExecutor(len(claims)) as pool:
        return Counter(pool.map(claim, enumerate(claims)))


def test_of_thirty_two_claims_for_one_level_exactly_one_wins(ledgers):
    claims = [
        replace(CLAIM, certificate=f"C{number}", region=CITIES[number % 2]) for number in range(CLAIMANTS)
    ]
    assert race(ledgers, claims) == {"granted": 1, "occupation_and_level": CLAIMANTS - 1}
    assert len(ledgers[0].accounts.load("archive-1").lines) == 1


def test_of_thirty_two_claims_in_a_year_exactly_three_win(ledgers):
    claims = [
        replace(CLAIM, certificate=f"C{number}", occupation=f"6-31-01-{number:02}", region=CITIES[number % 2])
        for number in range(CLAIMANTS)
    ]
    assert race(ledgers, claims) == {"granted": 3, "per_year": CLAIMANTS - 3}
    assert len(ledgers[0].accounts.load("archive-1").lines) == 3


def test_one_certificate_is_not_paid_in_two_archives_at_once(ledgers):
    claims = [replace(CLAIM, person=f"archive-{number}") for number in range(CLAIMANTS)]
    assert race(ledgers, claims) == {"granted": 1, "subsidy.certificate_elsewhere": CLAIMANTS - 1}


def test_a_retry_gets_the_line_it_made(ledgers):
    request = Request(lambda: CLAIM, "clerk", retry=b"k" * 32)
    first, second = (ledger.claim(request) for ledger in ledgers)
    assert first.line == second.line
    assert first.line is not None
    assert second.decision.granted


def test_thirty_two_settlements_pay_once(ledgers):
    priced = replace(CLAIM, region="150100", kind="training_completion", level=None, course="start_up")
    priced = replace(
        priced,
        certified_on=date(2020, 3, 1),
        claimed_on=date(2020, 4, 1),
        graduated_on=date(2020, 7, 1),
    )
    line = ledgers[0].claim(Request(lambda: priced, "clerk")).line
    assert line.approved == 2000
    start = Barrier(CLAIMANTS)

    def settle(number):
        start.wait()
        try:
            return ledgers[number % 2].settle(line.id, completed=True, by="clerk").balance
        except Refused as refused:
            return refused.code

    with ThreadPoolExecutor(CLAIMANTS) as pool:
        told = Counter(pool.map(settle, range(CLAIMANTS)))
    assert told == {2000: 1, "subsidy.not_open": CLAIMANTS - 1}
    assert ledgers[0].accounts.load("archive-1").lines[0].paid == 2000


def test_moving_with_an_empty_account_makes_no_null_slot(ledgers):
    for number in range(3):
        ledgers[0].accounts.save(ledgers[0].accounts.load(f"empty-{number}"))
    assert ledgers[0].accounts.load("empty-2").version == 1
