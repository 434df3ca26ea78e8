import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.identity import Identity, IdType, check_character, parse_identity
from registry.places import is_province_prefix

FILE = json.loads((Path(__file__).parents[2] / "vectors/registry/identity.json").read_text("utf-8"))
ON = date.fromisoformat(FILE["on"])
PROVINCES = [f"{number:02}" for number in range(100) if is_province_prefix(f"{number:02}")]


@st.composite
def resident_numbers(draw):
    place = draw(st.sampled_from(PROVINCES)) + f"{draw(st.integers(0, 9999)):04}"
    birth = draw(st.dates(date(1900, 1, 1), ON))
    body = f"{place}{birth:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return body + check_character(body)


@pytest.mark.parametrize("vector", FILE["vectors"], ids=lambda vector: vector["note"])
def test_vector(vector):
    if "refused" in vector:
        with pytest.raises(Refused) as refused:
            parse_identity(vector["id_type"], vector["number"], on=ON)
        assert refused.value.code == vector["refused"]
        return
    identity = parse_identity(vector["id_type"], vector["number"], on=ON)
    assert identity.number == vector["normalised"]
    assert identity.birth_date == (date.fromisoformat(vector["birth_date"]) if vector["birth_date"] else None)
    assert list(identity.warnings) == vector["warnings"]


def test_every_type_has_its_row():
    assert [kind.national_code for kind in IdType] == ["201", None, None, None, None]
    assert all(kind.zh and kind.en for kind in IdType)


def test_permanent_residence_card_since_2023_has_a_check_character():
    number = "93115619800101001"
    card = number + check_character(number)
    assert parse_identity("foreign_permanent_resident", card, on=ON).number == card
    wrong = number + check_character(number.replace("9311", "9312"))
    with pytest.raises(Refused, match=r"identity\.checksum"):
        parse_identity("foreign_permanent_resident", wrong, on=ON)


@given(resident_numbers())
def test_a_right_number_passes_and_keeps_its_form(number):
    identity = parse_identity("resident_id", number, on=ON)
    assert identity.number == number
    assert parse_identity(identity.id_type, identity.number, on=ON) == identity
    assert f"{identity.birth_date:%Y%m%d}" == number[6:14]


@given(resident_numbers())
def test_neither_repr_nor_str_shows_the_number_or_the_birth_date(number):
    identity = parse_identity("resident_id", number, on=ON)
    for shown in (repr(identity), str(identity), repr([identity])):
        assert not any(number[start : start + 4] in shown for start in range(15))
        assert repr(identity.birth_date) not in shown


@given(resident_numbers(), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_single_changed_character_is_detected(number, position, character):
    assume(number[position] != character)
    changed = number[:position] + character + number[position + 1 :]
    with pytest.raises(Refused):
        parse_identity("resident_id", changed, on=ON)


@given(resident_numbers(), st.integers(0, 16))
def test_every_transposition_of_neighbours_is_detected(number, position):
    assume(number[position] != number[position + 1])
    swapped = number[:position] + number[position + 1] + number[position] + number[position + 2 :]
    with pytest.raises(Refused):
        parse_identity("resident_id", swapped, on=ON)


@given(resident_numbers())
def test_an_old_number_becomes_the_new_one(number):
    assume(number[6:8] == "19")
    old = number[:6] + number[8:17]
    identity = parse_identity("resident_id", old, on=ON)
    assert identity.number == number
    assert "identity.converted_from_15" in identity.warnings


@given(resident_numbers())
def test_a_birth_date_counts_from_the_day_itself(number):
    birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    assert parse_identity("resident_id", number, on=birth).birth_date == birth
    with pytest.raises(Refused, match=r"identity\.birth_in_future"):
        parse_identity("resident_id", number, on=birth - timedelta(days=1))


@given(st.sampled_from(IdType), st.text() | st.text("0123456789Xx HMA-"))
def test_any_text_is_parsed_or_refused_without_repeating_it(id_type, text):
    try:
        assert isinstance(parse_identity(id_type, text, on=ON), Identity)
    except Refused as refused:
        assert refused.params == {}  # noqa: PT017 - either outcome is right
