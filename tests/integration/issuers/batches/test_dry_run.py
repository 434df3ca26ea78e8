"""A dry run of 40,000 rows, one in twenty wrong in one of twelve ways: each is found, at its cell; nothing is kept."""

from __future__ import annotations

import csv
import io
import os

from registry.identity import check_character
from tests.integration.conftest import House, make_body

ROWS = int(os.environ.get("DRY_RUN_ROWS", "4000"))  # 40,000 by hand: docs/performance.md
EACH = 20  # one row in so many is wrong
DAY = "2026-11-22"
HEADING = [
    "理论成绩",
    "姓名",
    "证件类型",
    "证件号码",
    "职业名称",
    "职业技能等级",
    "发证日期",
    "评价机构",
    "证书编号",
]
WRONG = (
    ("A", "理论成绩", "59", "batch.mark_failed"),
    ("A", "理论成绩", "良好", "batch.mark"),
    ("B", "姓名", "王3", "name.digits"),
    ("B", "姓名", "", "batch.cell_missing"),
    ("C", "证件类型", "999", "batch.id_type"),
    ("D", "证件号码", "1501021999010100", "identity.length"),
    ("E", "职业名称", "会飞的人", "batch.occupation_name"),
    ("F", "职业技能等级", "九级", "batch.level"),
    ("G", "发证日期", "2026-13-01", "batch.date"),
    ("G", "发证日期", "2027-01-01", "issue.in_future"),
    ("H", "评价机构", "另一机构", "batch.other_assessor"),
    ("D", "证件号码", "twice", "batch.twice"),
)


def number_of(person: int) -> str:
    born = f"{1950 + person // 12_000:04}{person % 12 + 1:02}{person // 12 % 25 + 1:02}"
    body = f"330106{born}{person // 300 % 40 + 100:03}"
    return body + check_character(body)


def make_list() -> tuple[bytes, set[tuple[str, str]]]:
    """The list, and the (cell, reason) of all that is wrong in it."""
    out, expected = io.StringIO(), set()
    table = csv.writer(out)
    table.writerow(HEADING)
    for n in range(ROWS):
        row = dict.fromkeys(HEADING, "")
        row |= {"姓名": "欧阳试验", "证件号码": number_of(n), "职业名称": "电工", "职业技能等级": "3"}
        row |= {"发证日期": DAY, "理论成绩": "75"}
        if n % EACH == EACH - 1:
            letter, column, text, code = WRONG[n // EACH % len(WRONG)]
            row[column] = number_of(n - 1) if text == "twice" else text
            expected.add((f"{letter}{n + 2}", code))
        table.writerow(row.values())
    return out.getvalue().encode(), expected


def test_finds_all_of_them_and_keeps_nothing(house: House) -> None:
    person = {"name": "欧阳试验", "id_type": "resident_id", "id_number": number_of(7)}
    house.issued(make_body(holder=person))
    before = house.counts()
    data, expected = make_list()
    assert len(expected) == ROWS // EACH
    answer = house.client().post("/api/v1/batches?dry_run=true", data=data, headers=house.headers()).json
    found = {(one["cell"], one["code"]) for one in answer["findings"]}
    assert found == expected | {("D9", "issue.already_held")}
    assert (answer["rows"], answer["wrong"]) == (ROWS, len(expected) + 1)
    assert house.counts() == before
    assert all(one["messages"]["mend_zh"] for one in answer["findings"])
