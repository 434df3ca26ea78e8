import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.occupations import (
    CODE,
    earlier_names,
    editions,
    find_occupation,
    groups,
    occupations,
    search_occupations,
)


def names(text, **options):
    return [occupation.name_zh for occupation in search_occupations(text, **options)]


def test_table_holds_the_77_verified_pairs():
    assert len(occupations()) == 77
    assert editions() == ("2022",)
    assert len({occupation.name_zh for occupation in occupations()}) == 77
    assert {occupation.group for occupation in occupations()} == {group.id for group in groups()}


def test_finds_a_pair_of_code_and_edition():
    electrician = find_occupation("6-31-01-03", "2022")
    assert (electrician.name_zh, electrician.name_en) == ("电工", "Electrician")
    assert find_occupation("6-24-04-00", "2022").name_zh == "电池制造工"


@pytest.mark.parametrize(
    ("code", "edition", "refusal"),
    [
        ("4-10-01-02", "2022", "occupation.unknown"),  # 育婴员 of 2015: no code is carried over by itself
        ("6-31-01-03", "2015", "occupation.edition_unknown"),
        ("6310103", "2022", "occupation.code_malformed"),
        ("6-31-01-٠٣", "2022", "occupation.code_malformed"),
        ("9-31-01-03", "2022", "occupation.code_malformed"),
        ("", "2022", "occupation.code_malformed"),
    ],
)
def test_what_is_not_in_the_table_is_refused(code, edition, refusal):
    with pytest.raises(Refused) as refused:
        find_occupation(code, edition)
    assert refused.value.code == refusal


@pytest.mark.parametrize(
    "typed", ["6-31-01-03", "6310103", "电工", "電工", "electrician", "ＥＬＥＣＴＲＩＣＩＡＮ", " 电 工 "]
)
def test_search_finds_what_people_type(typed):
    assert names(typed)[0] == "电工"


def test_search_by_traditional_characters_finds_every_match():
    assert set(names("護理")) == {"孤残儿童护理员", "养老护理员", "医疗护理员"}


def test_search_by_the_start_of_a_code():
    assert names("5-05-05") == ["农机驾驶操作员", "农机修理工"]


def test_search_by_english_words_in_any_order():
    assert names("repair agricultural") == ["农机修理工"]


@pytest.mark.parametrize(
    ("old", "new"), [("保育员", "保育师"), ("育婴员", "婴幼儿发展引导员"), ("护工", "医疗护理员")]
)
def test_search_by_a_name_of_another_time(old, new):
    assert names(old) == [new]
    assert any(name.zh == old and name.source and name.grade for name in earlier_names())


def test_search_is_bounded():
    assert len(names("工", limit=5)) == 5
    assert names("工", limit=0) == []
    assert names("") == names("   ") == names("工" * 61) == []


@given(st.text())
def test_search_takes_any_text(text):
    assert len(search_occupations(text)) <= 20


@given(st.text() | st.from_regex(CODE, fullmatch=True), st.text() | st.just("2022"))
def test_look_up_refuses_and_never_breaks(code, edition):
    try:
        assert find_occupation(code, edition) in occupations()
    except Refused as refused:
        assert refused.code.startswith("occupation.")  # noqa: PT017 - either outcome is right
