"""Rows out of uploads: encodings, spreadsheets, NDJSON, and files that mean harm."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from keys.errors import Refused
from verify.bulk import reading
from verify.bulk.reading import find_format, read_rows
from verify.bulk.rows import Row

LIST = "证书编号,姓名,部门\nS000033000002263000001,王小明,检修\n\nS000033000002263000002,欧阳·试验,\n"
ROWS = [
    Row(2, number="S000033000002263000001", name="王小明"),
    Row(4, number="S000033000002263000002", name="欧阳·试验"),
]


def read(data: bytes) -> list[Row]:
    return list(read_rows(io.BytesIO(data)))


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read(data)
    return refused.value.code


def workbook(*rows: list[object]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_every_encoding_that_spreadsheets_save(encoding):
    assert read(LIST.encode(encoding)) == ROWS


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_delimiter_that_spreadsheets_save(delimiter, line_end):
    assert read(LIST.replace(",", delimiter).replace("\n", line_end).encode()) == ROWS


def test_a_single_column_needs_no_heading():
    found = read(b"ResUN44qBSONPDrAS79LuQ\nhttps://example.test/v/ResUN44qBSONPDrAS79LuQ#1234\n")
    assert found == [
        Row(1, code="ResUN44qBSONPDrAS79LuQ"),
        Row(2, qr="https://example.test/v/ResUN44qBSONPDrAS79LuQ#1234"),
    ]


def test_a_workbook():
    data = workbook(
        ["编号", "姓名", "证件号码"], ["S000033000002263000001", "王小明", None], [], ["A", "李", 110101]
    )
    assert find_format(io.BytesIO(data)) == "xlsx"
    assert read(data) == [ROWS[0], Row(4, number="A", name="李", id_number="110101")]


def test_an_identity_number_that_the_spreadsheet_rounded_is_told_so():
    (row,) = read(workbook(["编号", "证件号码"], ["S000033000002263000001", 150102199901010014]))
    assert row.problem == "bulk.row_rounded"


def test_ndjson_line_by_line():
    lines = [
        json.dumps({"number": "S000033000002263000001", "name": "王小明"}, ensure_ascii=False),
        "",
        '{"number": "x", "nmae": "王小明"}',
        '{"number": 5, "name": "x"}',
        "[1]",
        '{"code": "' + "x" * 9_000 + '"}',
        '{"code": "ResUN44qBSONPDrAS79LuQ"}',
    ]
    found = read("\n".join(lines).encode())
    assert [(row.position, row.problem) for row in found] == [
        (1, ""),
        (3, "bulk.row_unreadable"),
        (4, "bulk.row_unreadable"),
        (5, "bulk.row_unreadable"),
        (6, "bulk.row_unreadable"),
        (7, ""),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bulk.no_rows"),
        ("证书编号,姓名\n".encode(), "bulk.no_rows"),
        ("王小明,S000033000002263000001\n".encode(), "bulk.no_heading"),
        (b"\xff\x00\x9c\x00\x01", "sheet.encoding"),
        (b"code\n\x00\x01\x02\n", "sheet.encoding"),
        (b'code\n"' + b"x" * 200_000 + b'"\n', "sheet.csv"),
        (b"code" + b"," * 100, "sheet.columns"),
        (b"PK\x03\x04 no workbook at all", "sheet.xlsx"),
    ],
)
def test_files_that_are_no_lists(data, code):
    assert refusal(data) == code


def test_too_many_rows(monkeypatch):
    monkeypatch.setattr(reading, "MAX_ROWS", 3)
    assert len(read(b"code\n" + b"x\n" * 3)) == 3
    assert refusal(b"code\n" + b"x\n" * 4) == "bulk.too_many_rows"


def test_a_zip_bomb_is_refused_before_it_is_opened():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for n in range(17):
            packed.writestr(f"xl/{n}.xml", b"\0" * 10_000_000)
    assert len(file.getvalue()) < 200_000
    assert refusal(file.getvalue()) == "sheet.xlsx_too_large"


def test_a_zip_of_many_members_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for n in range(501):
            packed.writestr(f"{n}", b"")
    assert refusal(file.getvalue()) == "sheet.xlsx_too_large"


def test_an_xml_bomb_is_refused():
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    sheet = '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&a11;</t></is></c></row></sheetData>'
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    bomb = f'<!DOCTYPE worksheet [{entities}]><worksheet xmlns="{space}">{sheet}</worksheet>'
    good, file = zipfile.ZipFile(io.BytesIO(workbook(["编号", "姓名"], ["A", "李"]))), io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name in good.namelist():
            packed.writestr(name, bomb if "sheet1" in name else good.read(name))
    assert refusal(file.getvalue()) == "sheet.xlsx"


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for start in (b"", b"PK\x03\x04", b"{", b"code\n"):
        with suppress(Refused):
            assert read(start + data)
