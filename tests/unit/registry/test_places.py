import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.places import contains, find_place, is_province_prefix, lineage, places, retired_before


def test_lineage_runs_from_the_most_specific_to_the_country():
    assert lineage("150102") == ("150102", "150100", "150000", "000000")
    assert lineage("441900") == ("441900", "440000", "000000")
    assert lineage("000000") == ("000000",)


def test_lineage_of_a_county_the_table_does_not_list():
    assert lineage("610113") == ("610113", "610100", "610000", "000000")


@pytest.mark.parametrize("code", ["990000", "00000", "1501021", "15010X", "", "１５０１０２"])
def test_lineage_refuses_what_lies_in_no_province(code):
    with pytest.raises(Refused, match=r"place\.unknown"):
        lineage(code)


def test_contains():
    assert contains("150000", "150102")
    assert contains("150102", "150102")
    assert contains("000000", "330106")
    assert not contains("150102", "150100")
    assert not contains("330000", "150102")


def test_every_province_and_special_region_has_names():
    prefixes = [f"{number:02}" for number in range(100) if is_province_prefix(f"{number:02}")]
    assert len(prefixes) == 31 + 4
    for prefix in prefixes:
        place = find_place(f"{prefix}0000")
        assert place.zh
        assert place.en


def test_a_code_keeps_its_names_of_other_years():
    assert find_place("150105").zh == "赛罕区"
    assert find_place("150105", year=1995).zh == "郊区"
    assert find_place("220381").valid_to == 2020
    assert find_place("220184").zh == find_place("220381").zh == "公主岭市"


def test_places_lists_real_places_only():
    assert places()[0].code == "000000"
    assert find_place("830000") not in places()
    assert len(set(places())) == len(places())
    assert all(lineage(place.code) for place in places())


def test_unknown_place_is_refused():
    with pytest.raises(Refused, match=r"place\.unknown"):
        find_place("150199")


def test_retired_codes():
    assert retired_before("152101", 2003)
    assert not retired_before("152101", 2001)
    assert retired_before("152122", 2003)  # a county not listed, of a league that is
    assert not retired_before("150105", 2020)  # renamed, not retired
    assert not retired_before("610113", 2020)


@given(st.text())
def test_lineage_refuses_and_never_breaks(code):
    try:
        assert lineage(code)[0] == code
    except Refused as refused:
        assert refused.code == "place.unknown"  # noqa: PT017 - either outcome is right
