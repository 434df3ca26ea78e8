"""Every mistake of a row is found, at its cell, with the value that stands there."""

import json
from dataclasses import replace
from datetime import date

import pytest

from issuers.assessor import AssessorKind
from issuers.batches.checking import SHARED, Checker
from issuers.batches.columns import columns
from issuers.batches.findings import Finding
from issuers.batches.reading import Row
from registry.problems import find_problem

TODAY = date(2026, 11, 22)
GOOD = {
    "name": "欧阳试验",
    "id_number": "150102199901010014",
    "occupation_name": "电工",
    "level": "三级/高级工",
    "issued_on": "2026-11-22",
}


def check(association, **changes):
    values = {name: text for name, text in (GOOD | changes).items() if text is not None}
    return Checker(association, TODAY).check(Row(7, values))


def test_a_good_row_is_a_draft(association):
    draft, findings = check(
        association, work_unit="示例厂", theory="60", practice="99.5", job="--", id_type="201", number="--"
    )
    assert findings == []
    assert (draft.occupation.code, draft.level.id, draft.region) == ("6-31-01-03", "3", "330000")
    assert draft.aside == {"work_unit": "示例厂", "theory": "60", "practice": "99.5"}


@pytest.mark.parametrize(
    ("changes", "where", "code"),
    [
        ({"name": None}, "name", "batch.cell_missing"),
        ({"name": "王3"}, "name", "name.digits"),
        ({"name": "=1+1"}, "name", "name.characters"),
        ({"id_number": None}, "id_number", "batch.cell_missing"),
        ({"id_number": "150102199901010015"}, "id_number", "identity.checksum"),
        ({"id_number": "15010219990101001"}, "id_number", "identity.length"),
        ({"id_number": "1.50102E+17"}, "id_number", "batch.rounded"),
        ({"id_type": "999"}, "id_type", "batch.id_type"),
        ({"occupation_name": "会飞的人"}, "occupation_name", "batch.occupation_name"),
        ({"occupation_name": "保育师"}, "occupation_name", "scope.occupation"),
        ({"occupation": "6-99-99-99"}, "occupation", "occupation.unknown"),
        ({"occupation": "4-10-01-05"}, "occupation", "batch.occupation_differs"),
        ({"level": "九级"}, "level", "batch.level"),
        ({"level": None}, "level", "level.required"),
        ({"level": "5"}, "level", "scope.level"),
        ({"kind": "nonsense"}, "kind", "batch.kind"),
        ({"issued_on": "昨天"}, "issued_on", "batch.date"),
        ({"issued_on": "2026-02-30"}, "issued_on", "batch.date"),
        ({"issued_on": "2026-11-23"}, "issued_on", "issue.in_future"),
        ({"region": "440000"}, "region", "scope.region"),
        ({"theory": "59.5"}, "theory", "batch.mark_failed"),
        ({"practice": "优"}, "practice", "batch.mark"),
        ({"practice": "NaN"}, "practice", "batch.mark"),
        ({"number": "S000033000002263000001"}, "number", "batch.number_given"),
        ({"assessor": "另一机构"}, "assessor", "batch.other_assessor"),
        ({"job": "长" * 41}, "job", "issue.job"),
        ({"work_unit": "长" * 201}, "work_unit", "batch.cell_too_long"),
        ({"employer": "示例厂", "appointed_from": "2026-01-01"}, "employer", "appointment.not_for_level"),
    ],
)
def test_each_mistake_is_found_at_its_cell(association, changes, where, code):
    if code == "scope.occupation":  # 保育师 may be in the scope: then another that is not
        association = replace(
            association,
            accreditations=tuple(
                replace(held, occupations=frozenset({("6-31-01-03", "2022")}))
                for held in association.accreditations
            ),
        )
    draft, findings = check(association, **changes)
    assert draft is None
    assert [(one.column, one.code) for one in findings] == [(where, code)]
    assert findings[0].row == 7
    problem = find_problem(code)
    assert problem.zh.format_map(findings[0].params)
    assert problem.mend_en.format_map(findings[0].params)


def test_one_mistake_hides_no_other(association):
    _, findings = check(
        association,
        name="王3",
        id_number="150102199901010015",
        level="九级",
        issued_on="昨天",
        theory="12",
        occupation_name="会飞的人",
    )
    assert {one.column for one in findings} == {
        "name",
        "id_number",
        "level",
        "issued_on",
        "theory",
        "occupation_name",
    }


def test_identity_numbers_are_masked(association):
    _, findings = check(association, id_number="150102199901010015")
    assert findings == [Finding(7, "id_number", "15**************15", "identity.checksum")]


@pytest.mark.parametrize("text", ["2026-11-22", "2026/11/22", "20261122", "2026年11月22日", "2026.11.22"])
def test_dates_as_people_write_them(association, text):
    draft, _ = check(association, issued_on=text)
    assert draft.issued_on == TODAY


@pytest.mark.parametrize("text", ["3", "三级", "高级工", "三级/高级工", "3级", " 3 "])
def test_levels_as_people_write_them(association, text):
    draft, _ = check(association, level=text)
    assert draft.level.id == "3"


def test_a_post_at_an_employer(association, accreditation):
    held = replace(accreditation, levels=frozenset({"special"}))
    employer = replace(association, kind=AssessorKind.ENTERPRISE, accreditations=(held,))
    draft, findings = check(
        employer,
        level="特级技师",
        employer="示例厂",
        appointed_from="2026-01-01",
        appointed_until="2029-01-01",
    )
    assert not findings
    assert draft.appointment.employer == "示例厂"


def test_every_column_of_the_file_is_known_to_the_rules():
    own = {"name", "id_type", "id_number", "work_unit", "theory", "practice"}
    assert {column.id for column in columns()} == own | set(SHARED)
    assert json.dumps(
        [column.zh for column in columns() if column.national], ensure_ascii=False
    ) == json.dumps(
        [
            "姓名",
            "证件类型",
            "证件号码",
            "所在单位",
            "职业名称",
            "工种名称",
            "职业技能等级",
            "证书编号",
            "发证日期",
            "评价机构",
            "发证机构",
        ],
        ensure_ascii=False,
    )
