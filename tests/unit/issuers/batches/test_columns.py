"""Headings in both languages, in any order, and what is said of those that do not fit."""

import pytest

from issuers.batches.columns import columns, read_heading
from keys.errors import Refused

NEEDED = ["姓名", "证件号码", "职业名称", "发证日期"]


def test_every_heading_leads_to_one_column():
    for column in columns():
        for text in (column.zh, column.en, *column.aliases):
            rest = [
                name
                for name, id_ in zip(
                    NEEDED, ("name", "id_number", "occupation_name", "issued_on"), strict=True
                )
                if id_ != column.id
            ]
            heading = read_heading([text, *rest])
            assert heading.places[column.id] == 0, text


def test_cells_have_the_addresses_of_a_spreadsheet():
    heading = read_heading([*NEEDED, *[""] * 22, "理论成绩", "操作成绩"])
    assert [heading.cell(name, 7) for name in ("name", "issued_on", "theory", "practice", "job")] == [
        "A7",
        "D7",
        "AA7",
        "AB7",
        "",
    ]


def test_what_is_not_known_is_no_heading():
    assert read_heading(["甲", "乙", ""]) is None


@pytest.mark.parametrize(
    ("cells", "code", "params"),
    [
        (["姓名"], "batch.columns_missing", {"columns": "证件号码, 职业编码/职业名称, 发证日期"}),
        ([*NEEDED, "持证人"], "batch.column_twice", {"column": "姓名"}),
    ],
)
def test_headings_that_do_not_fit(cells, code, params):
    with pytest.raises(Refused) as refused:
        read_heading(cells)
    assert (refused.value.code, dict(refused.value.params)) == (code, params)
