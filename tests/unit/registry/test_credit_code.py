import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.credit_code import ALPHABET, CreditCode, check_character, find_category, parse_credit_code

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/registry/credit_code.json").read_text("utf-8"))[
    "vectors"
]


@st.composite
def credit_codes(draw):
    head = draw(st.sampled_from(["11", "12", "51", "52", "91", "Y1"]))
    body = f"{head}{draw(st.integers(0, 999_999)):06}{draw(st.text(ALPHABET, min_size=9, max_size=9))}"
    return body + check_character(body)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["note"])
def test_vector(vector):
    if "refused" in vector:
        with pytest.raises(Refused) as refused:
            parse_credit_code(vector["code"])
        assert refused.value.code == vector["refused"]
    else:
        expected = CreditCode(
            vector["normalised"], vector["category"], vector["region"], tuple(vector["warnings"])
        )
        assert parse_credit_code(vector["code"]) == expected


def test_category_has_names_for_pages():
    assert (find_category("52441900MJ00000188").zh, find_category("52").en) == (
        "民办非企业单位",
        "Private non-enterprise body",
    )


def test_a_ligature_is_no_pair_of_letters():
    with pytest.raises(Refused, match=r"credit_code\.characters"):
        parse_credit_code("91150102MA0TE5Tﬀ4")


@given(credit_codes())
def test_a_right_code_passes_and_keeps_its_form(code):
    parsed = parse_credit_code(code)
    assert parsed.code == code
    assert parse_credit_code(parsed.code) == parsed


@given(credit_codes(), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_every_single_changed_character_is_detected(code, position, character):
    assume(code[position] != character)
    with pytest.raises(Refused):
        parse_credit_code(code[:position] + character + code[position + 1 :])


@given(credit_codes(), st.integers(0, 16))
def test_every_transposition_of_neighbours_is_detected(code, position):
    assume(code[position] != code[position + 1])
    with pytest.raises(Refused):
        parse_credit_code(code[:position] + code[position + 1] + code[position] + code[position + 2 :])


@given(st.text() | st.text(ALPHABET, min_size=18, max_size=18))
def test_any_text_is_parsed_or_refused(text):
    try:
        assert len(parse_credit_code(text).code) == 18
    except Refused as refused:
        assert refused.code.startswith("credit_code.")  # noqa: PT017 - either outcome is right
