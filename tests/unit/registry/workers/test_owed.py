"""Subsidies left this year: counting lines of the year, by the rule of the region."""

from datetime import date

import pytest

from registry.ledgers.account import Account, Line, LineState
from registry.policy.loading import load_policies
from registry.workers.owed import subsidies_left

ON = date(2026, 11, 22)


def line(n: int, **changes) -> Line:
    cells = {
        "id": str(n),
        "certificate": str(n),
        "kind": "skill_level",
        "occupation": "6-31-01-03",
        "job": None,
        "level": "3",
        "subsidy": "training",
        "rule": "ZJ-03",
        "rule_digest": "",
        "region": "330000",
        "granted_on": date(2026, 3, 1),
        "payee": "person",
        "enterprise": None,
        "fund": None,
        "approved": 100,
        "exception_by": None,
    }
    return Line(**cells | changes)


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ((), 3),
        ((line(1),), 2),
        ((line(1), line(2, state=LineState.CANCELLED)), 2),
        ((line(1), line(2, granted_on=date(2025, 12, 31))), 2),
        ((line(1), line(2, subsidy="living")), 2),
        (tuple(line(n) for n in range(4)), 0),
    ],
)
def test_lines_that_count_are_taken_off(lines, left):
    found = subsidies_left(load_policies(), Account("a", lines), region="330000", on=ON)
    assert found is not None
    assert (found.rule.id, found.allowed, found.left) == ("ZJ-02", 3, left)


def test_where_no_rule_speaks_there_is_no_number():
    assert subsidies_left(load_policies(), Account("a"), region="150000", on=ON) is None
