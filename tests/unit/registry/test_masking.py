import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.identity import parse_identity
from registry.masking import mask, mask_name
from registry.names import parse_name

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/registry/names.json").read_text("utf-8"))[
    "vectors"
]
numbers = st.text("0123456789ABCDEFGHX", max_size=20)


def test_mask_of_a_resident_number():
    assert mask("150102199901010014") == "15**************14"
    identity = parse_identity("resident_id", "150102199901010014", on=date(2026, 11, 22))
    assert mask(identity) == "15**************14"


def test_a_short_number_is_masked_whole():
    assert mask("1234567") == "*******"
    assert mask("E12345678") == "E1*****78"


@given(numbers)
def test_mask_shows_no_more_than_the_usual_one_of_six_and_four(number):
    masked = mask(number)
    usual = number[:6] + "*" * (len(number) - 10) + number[-4:] if len(number) > 10 else number
    assert len(masked) == len(number)
    for ours, theirs, real in zip(masked, usual, number, strict=True):
        assert ours == "*" or ours == theirs == real
    assert len(number) - masked.count("*") <= 4


@pytest.mark.parametrize("vector", [v for v in VECTORS if "masked" in v], ids=lambda v: v["kept"])
def test_mask_of_a_name(vector):
    assert mask_name(vector["kept"]) == vector["masked"]


@given(st.text())
def test_a_masked_name_hides_something_of_every_part(text):
    try:
        name = parse_name(text)
    except Refused:
        return
    masked = mask_name(name)
    assert len(masked) == len(name)
    assert all(shown in ("*", real) for shown, real in zip(masked, name, strict=True))
    parts = "".join(" " if character in " ·-'" else character for character in masked).split()
    assert parts
    assert all("*" in part for part in parts)


@given(st.text())
def test_any_text_can_be_masked(text):
    assert len(mask_name(text)) == len(text)
