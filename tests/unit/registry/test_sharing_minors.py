"""What a link of a minor shows, on the day before and on the day of coming of age."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.archive.ages import may_be_public
from registry.sharing.minors import check_age, claims_shown, of_age_on, offered
from registry.sharing.presets import presets

BORN = date(2010, 5, 6)
EVE, DAY = date(2028, 5, 5), date(2028, 5, 6)
WHO = {"holder_name", "holder_id", "certificate", "appointment", "region"}


def test_until_the_birthday_a_link_shows_the_level_and_the_occupation_at_most():
    assert [one.id for one in offered(BORN, EVE)] == ["level", "occupation"]
    assert [one.id for one in offered(BORN, DAY)] == list(presets())
    for preset in presets():
        assert not WHO & claims_shown(preset, BORN, EVE)
        assert claims_shown(preset, BORN, DAY) == presets()[preset].claims


@pytest.mark.parametrize("preset", ["name", "full"])
def test_a_minor_is_refused_whatever_they_say(preset):
    for says_adult in (True, False):
        with pytest.raises(Refused, match=r"share\.minor"):
            check_age(preset, BORN, EVE, says_adult=says_adult)
    check_age(preset, BORN, DAY, says_adult=False)


@pytest.mark.parametrize("preset", ["name", "full"])
def test_where_no_document_tells_the_person_says_so(preset):
    with pytest.raises(Refused, match=r"share\.adult"):
        check_age(preset, None, EVE, says_adult=False)
    check_age(preset, None, EVE, says_adult=True)
    check_age("occupation", None, EVE, says_adult=False)


def test_an_unknown_choice_is_left_to_who_knows_choices():
    check_age("nothing", BORN, EVE, says_adult=False)


@given(st.dates(date(1960, 1, 1), date(2020, 12, 31)), st.integers(0, 40 * 366))
def test_the_day_is_the_first_on_which_the_archive_may_be_public(born, days):
    on = born + timedelta(days=days)
    day = of_age_on(born, on)
    assert (day is None) is may_be_public(born, on)
    if day:
        assert may_be_public(born, day)
        assert not may_be_public(born, day - timedelta(days=1))
