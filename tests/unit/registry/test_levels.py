import pytest

from keys.errors import Refused
from registry.levels import find_level, levels


def test_ladder_runs_from_apprentice_to_chief():
    assert [level.id for level in levels()] == ["apprentice", "5", "4", "3", "2", "1", "special", "chief"]
    assert [level.rank for level in levels()] == list(range(1, 9))


def test_printed_form_is_numeral_and_name_where_there_is_a_numeral():
    printed = "学徒工 五级/初级工 四级/中级工 三级/高级工 二级/技师 一级/高级技师 特级技师 首席技师"
    assert [level.printed for level in levels()] == printed.split()


def test_digit_runs_against_the_rank_and_is_absent_without_a_national_rule():
    digits = {level.id: level.digit for level in levels()}
    assert digits == {
        "apprentice": None,
        "5": 5,
        "4": 4,
        "3": 3,
        "2": 2,
        "1": 1,
        "special": None,
        "chief": None,
    }


def test_only_special_and_chief_are_posts():
    assert [level.id for level in levels() if level.is_post] == ["special", "chief"]


@pytest.mark.parametrize(
    ("asked", "shown"), [("6", "6"), ("master", "master"), ("150102199901010014", "?"), ("", "?")]
)
def test_unknown_level_is_refused_without_repeating_what_may_be_personal(asked, shown):
    with pytest.raises(Refused) as refused:
        find_level(asked)
    assert (refused.value.code, refused.value.params["level"]) == ("level.unknown", shown)
