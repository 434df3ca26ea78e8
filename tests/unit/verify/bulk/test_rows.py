"""What a row asks, and which column says what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.bulk.rows import FIELDS, Row, find_fields, make_row, pack, unpack

ADDRESS = "https://example.test/v/ResUN44qBSONPDrAS79LuQ"


@pytest.mark.parametrize(
    ("cells", "fields"),
    [
        (["证书编号", "姓名"], ["number", "name"]),
        (["編號", " 姓 名 ", "部门"], ["number", "name", None]),
        (["Certificate No.", "Holder name", "ID number"], ["number", "name", "id_number"]),
        (["ＣＯＤＥ"], ["code"]),
        (["二维码", "工号"], ["qr", "ref"]),
        (["QR code"], ["qr"]),
    ],
)
def test_headings_are_known_in_both_languages_and_scripts(cells, fields):
    assert find_fields(cells) == fields


@pytest.mark.parametrize("cells", [["姓名"], ["王小明", "S000033000002263000001"], [ADDRESS], [""]])
def test_a_row_that_says_not_how_to_find_a_certificate_is_no_heading(cells):
    assert find_fields(cells) is None


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"number": "S000033000002263000001", "name": "王小明"}, ""),
        ({"number": "S000033000002263000001", "id_number": "150102199901010014"}, ""),
        ({"code": "ResUN44qBSONPDrAS79LuQ"}, ""),
        ({"qr": ADDRESS}, ""),
        ({"number": "S000033000002263000001"}, "lookup.both_needed"),
        ({"name": "王小明"}, "bulk.row_empty"),
        ({"number": "S000033000002263000001", "id_number": "1.50102E+17"}, "bulk.row_rounded"),
        ({"qr": "x" * 1_001}, "bulk.row_too_long"),
    ],
)
def test_a_row_that_cannot_be_asked_says_why(values, problem):
    assert make_row(2, values).problem == problem


def test_an_address_in_the_column_of_codes_is_a_qr_text():
    assert make_row(2, {"code": ADDRESS}) == Row(2, qr=ADDRESS)


def test_full_width_numbers_are_read():
    row = make_row(2, {"number": "ｓ００００３３０００００２２６３０００００１", "name": "王小明"})
    assert row.number == "S000033000002263000001"


def test_what_is_too_long_is_not_kept():
    assert make_row(2, {"name": "王" * 10_000, "number": "x"}) == Row(2, problem="bulk.row_too_long")


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=70)), st.integers(1, 100_001))
def test_a_row_survives_being_kept(values, position):
    row = make_row(position, values)
    assert unpack(pack(row)) == row
