import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.kinds import kinds
from registry.number import (
    CertificateNumber,
    check_body_code,
    check_consistent,
    local_number,
    parse_any_number,
    parse_number,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/registry/numbers.json").read_text("utf-8"))[
    "vectors"
]
bodies = st.from_regex("[YS][0-9]{4}(15|22|33|44)[0-9]{6}", fullmatch=True)
years = st.integers(2000, 2099)
serials = st.integers(1, 999_999)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: ascii(vector["text"]))
def test_vector(vector):
    if "refused" in vector:
        with pytest.raises(Refused) as refused:
            parse_any_number(vector["text"])
        assert refused.value.code == vector["refused"]
        return
    parsed = parse_any_number(vector["text"])
    assert (parsed.form, parsed.body, parsed.year) == (vector["form"], vector.get("body"), vector.get("year"))
    if parsed.form == "national":
        number = parse_number(vector["text"])
        assert (number.level, number.serial) == (vector["level"], vector["serial"])


@given(bodies, years, st.integers(1, 5), serials)
def test_a_national_number_reads_back(body, year, level, serial):
    number = CertificateNumber(body, year, level, serial)
    assert len(number.text) == 22
    assert parse_number(number.text) == number
    assert parse_any_number(number.text).form == "national"


@given(bodies, st.sampled_from([kind.local_code for kind in kinds()]), years, serials)
def test_a_local_number_reads_back_and_never_looks_national(body, code, year, serial):
    text = local_number(body, code, year, serial)
    parsed = parse_any_number(text)
    assert (parsed.form, parsed.text, parsed.body, parsed.year) == ("local", text, body, year)
    with pytest.raises(Refused):
        parse_number(text)
    with pytest.raises(Refused):
        parse_number(text.replace("-", ""))


def test_a_local_number_as_printed():
    assert local_number("Y000015000001", "ZX", 2026, 1) == "Y000015000001-ZX-26-000001"


@pytest.mark.parametrize(
    ("parts", "refusal"),
    [
        (("Z000015000001", 2026, 3, 1), "number.body"),
        (("Y000099000001", 2026, 3, 1), "number.province"),
        (("Y000015000001", 1999, 3, 1), "number.year"),
        (("Y000015000001", 2026, 0, 1), "number.level"),
        (("Y000015000001", 2026, 6, 1), "number.level"),
        (("Y000015000001", 2026, 3, 0), "number.serial"),
        (("Y000015000001", 2026, 3, 1_000_000), "number.serial"),
    ],
)
def test_a_number_the_rule_does_not_allow_cannot_be_made(parts, refusal):
    with pytest.raises(Refused) as refused:
        CertificateNumber(*parts)
    assert refused.value.code == refusal


@pytest.mark.parametrize("text", ["", "Y00001500000", "Y0000150000011", "y000015000001", "Y00001500000１"])
def test_body_code_of_another_shape_is_refused(text):
    with pytest.raises(Refused, match=r"number\.body"):
        check_body_code(text)


def test_a_number_that_agrees_with_its_record_passes():
    number = parse_number("Y000015000001263000001")
    check_consistent(number, body="Y000015000001", issued_on=date(2026, 11, 22), level=3)


@pytest.mark.parametrize(
    ("record", "refusal"),
    [
        ({"body": "Y000015000002"}, "number.body_differs"),
        ({"issued_on": date(2025, 11, 22)}, "number.year_differs"),
        ({"level": 4}, "number.level_differs"),
    ],
)
def test_a_number_that_disagrees_with_its_record_is_refused(record, refusal):
    agreeing = {"body": "Y000015000001", "issued_on": date(2026, 11, 22), "level": 3}
    with pytest.raises(Refused) as refused:
        check_consistent(parse_number("Y000015000001263000001"), **(agreeing | record))
    assert refused.value.code == refusal


def test_import_forms_belong_to_kinds():
    assert parse_any_number("0710000001300001", kind="qualification").form == "import_16"
    with pytest.raises(Refused, match=r"number\.unknown_form"):
        parse_any_number("0710000001300001", kind="skill_level")


@given(st.text() | st.text("YS0123456789-ZX", max_size=26))
def test_any_text_is_parsed_or_refused(text):
    for parse in (parse_number, parse_any_number):
        try:
            assert parse(text).text
        except Refused as refused:
            assert refused.code.startswith("number.")  # noqa: PT017 - either outcome is right
