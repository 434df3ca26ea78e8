"""The next level: from the first certificate of the level on, by the years of the data file."""

from dataclasses import replace
from datetime import date

import pytest

from registry.archive.holdings import Holding
from registry.levels import find_level, levels
from registry.workers.next_level import next_levels, source

ON = date(2026, 11, 22)
HELD = Holding(
    number="S000033000002263000001",
    kind="skill_level",
    line="hrss",
    occupation="6-31-01-03",
    occupation_printed="电工",
    job=None,
    level="3",
    grade=None,
    region="330000",
    issued_on=date(2024, 2, 29),
    issued_by="示例",
    assessor="S000033000002",
    employer=None,
    ends_on=None,
    state="valid",
    code="code",
    source="示例",
)


def following(level: str):
    rank = find_level(level).rank
    return next((one for one in levels() if one.rank == rank + 1), None)


def test_years_run_from_the_day_of_issue():
    (step,) = next_levels([HELD], following("3"), ON)
    assert (step.target.id, step.years, step.earliest) == ("2", 5, date(2029, 2, 28))
    assert (step.days_left, step.may) == ((date(2029, 2, 28) - ON).days, False)


def test_the_day_comes():
    (step,) = next_levels([HELD], following("3"), date(2029, 2, 28))
    assert step.may


def test_the_first_certificate_of_an_occupation_counts_and_each_occupation_has_its_step():
    later = replace(HELD, issued_on=date(2026, 1, 1), number="2")
    cook = replace(HELD, occupation="4-03-02-01", number="3")
    steps = next_levels([later, cook, HELD], following("3"), ON)
    assert {step.occupation: step.since for step in steps} == dict.fromkeys(
        ("6-31-01-03", "4-03-02-01"), date(2024, 2, 29)
    )


@pytest.mark.parametrize("change", [{"state": "revoked"}, {"line": "education"}, {"level": "4"}])
def test_what_does_not_stand_leads_nowhere(change):
    assert next_levels([replace(HELD, **change)], following("3"), ON) == ()


def test_a_post_has_no_day():
    (step,) = next_levels([replace(HELD, level="1")], following("1"), ON)
    assert (step.target.is_post, step.earliest, step.days_left) == (True, None, None)


def test_who_stands_at_the_top_has_no_next_level():
    assert next_levels([replace(HELD, level="chief")], None, ON) == ()


def test_the_source_is_named_and_is_no_law():
    assert source()[1] == "C"
