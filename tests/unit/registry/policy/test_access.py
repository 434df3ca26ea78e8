"""Hiring checks on a date, against the list in force that day."""

from dataclasses import replace
from datetime import date

import pytest

from registry.policy.access import Listing, Qualification, check_access, digest_of, stays_valid
from registry.policy.loading import load_policies
from registry.policy.model import Window

POLICIES = load_policies()
ON = date(2010, 5, 1)
LIST = [Listing("6-18-02-04", Window(date(2008, 1, 1), date(2013, 1, 1)), "synthetic list")]
HELD = Qualification("Q1", "qualification", "6-18-02-04", date(2009, 1, 1))


def check(**changed):
    asked = {
        "occupation": "6-18-02-04",
        "region": "150100",
        "on": ON,
        "held": [HELD],
        "checker": "employer",
        "access_list": LIST,
    }
    return check_access(POLICIES, **(asked | changed))


def test_a_listed_occupation_needs_a_qualification():
    found = check()
    assert (found.outcome, found.certificate) == ("allowed", "Q1")
    assert [rule.id for rule in found.rules] == ["NM-06", "NM-07"]
    assert check(held=[]).outcome == "certificate_missing"


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "skill_level"},
        {"occupation": "6-18-02-05"},
        {"issued_on": date(2010, 5, 2)},
        {"withdrawn": True},
    ],
)
def test_another_certificate_is_no_proof(changed):
    found = check(held=[replace(HELD, **changed)])
    assert (found.outcome, found.certificate) == ("certificate_missing", None)


def test_an_unlisted_occupation_is_open():
    assert check(held=[], access_list=()).outcome == "open"
    assert check(held=[], occupation="4-10-01-05").outcome == "open"
    today = check(held=[], region="330100", on=date(2026, 1, 1))
    assert (today.outcome, [rule.id for rule in today.rules]) == ("open", ["CN-ACCESS-2021"])


@pytest.mark.parametrize(
    ("on", "outcome"),
    [
        (date(2007, 12, 31), "open"),
        (date(2008, 1, 1), "certificate_missing"),
        (date(2012, 12, 31), "certificate_missing"),
        (date(2013, 1, 1), "open"),
    ],
)
def test_the_list_of_that_day_decides(on, outcome):
    assert check(held=[], on=on).outcome == outcome


def test_without_a_rule_the_check_says_so():
    found = check(region="330100")
    assert (found.outcome, found.rules) == ("no_rule", ())


def test_agency_and_employer_get_their_own_words():
    agency, employer = (check(held=[], checker=checker) for checker in ("agency", "employer"))
    assert "不得介绍就业" in agency.text.zh
    assert "不得录用" in employer.text.zh


def test_the_evidence_names_the_list_it_was_asked_against():
    found = check()
    assert (found.on, found.listing.document, found.list_digest) == (ON, "synthetic list", digest_of(LIST))
    assert digest_of([*LIST, replace(LIST[0], occupation="x")]) != digest_of(LIST)
    assert digest_of(list(reversed([*LIST, replace(LIST[0], occupation="x")]))) == digest_of(
        [*LIST, replace(LIST[0], occupation="x")]
    )


@pytest.mark.parametrize(
    ("issued_on", "valid"), [(date(2012, 12, 31), True), (date(2013, 1, 1), False), (date(2007, 1, 1), False)]
)
def test_a_qualification_from_before_the_exit_stays_valid(issued_on, valid):
    assert stays_valid(issued_on, occupation="6-18-02-04", catalogue=LIST) is valid
