"""Entries of an archive: what is taken, what is refused, and the lines of certificates kept apart."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.archive.entries import check_facts, describe_fact, entry_kinds, find_entry_kind, offered
from registry.problems import find_problem

TODAY = date(2026, 11, 22)
CERTIFICATE = {
    "kind": "qualification",
    "number": "0715000001300001",
    "occupation": "6-31-01-03",
    "level": "3",
    "issued_by": "某鉴定站",
    "issued_on": "2007-05-01",
}
TRAINING = {"course": "电工", "provider": "示例学校", "started_on": "2026-01-01", "ended_on": "2026-02-01"}
GOOD = {
    "certificate": CERTIFICATE,
    "training": TRAINING,
    "contest": {
        "name": "示例大赛",
        "contest_class": "city_class_1",
        "occupation": "6-31-01-03",
        "rank": 3,
        "contestants": "40",
        "who": "worker",
        "region": "120000",
        "won_on": "2025-05-01",
    },
    "honour": {"honour": "全国技术能手", "awarded_by": "示例部门", "awarded_on": "2020-01-01"},
    "post": {
        "post": "chief",
        "employer": "示例公司",
        "occupation": "6-31-01-03",
        "region": "441900",
        "from": "2026-01-01",
        "to": "2026-06-01",
        "employer_approves": "yes",
    },
    "class_diploma": {
        "class": "senior_class",
        "school": "示例技师学院",
        "full_time": True,
        "graduated_on": "2024-07-01",
    },
}


def refusal(kind, facts):
    with pytest.raises(Refused) as caught:
        check_facts(kind, facts, today=TODAY)
    assert find_problem(caught.value.code).what("zh", caught.value)
    return caught.value.code, caught.value.field


def test_every_kind_has_a_good_example():
    assert set(GOOD) == {kind.id for kind in entry_kinds()}


@pytest.mark.parametrize("kind", GOOD)
def test_good_facts_pass_and_can_be_said(kind):
    facts, on = check_facts(kind, GOOD[kind], today=TODAY)
    assert set(facts) == set(GOOD[kind])
    assert on.isoformat() == facts[find_entry_kind(kind).day]
    for field in find_entry_kind(kind).fields:
        if field.id in facts:
            words = describe_fact(field, facts[field.id])
            assert words["zh"]
            assert words["en"]


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_stored_passes_again_unchanged(kind):
    facts, on = check_facts(kind, GOOD[kind], today=TODAY)
    assert check_facts(kind, facts, today=TODAY) == (facts, on)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("0715000001300001", "qualification"),
        ("0715000001300", "qualification"),
        ("RGN33010600126300001", "skill_level"),
        ("AB" + "1" * 20, "skill_level"),
        ("S000044000012263000457", "skill_level"),
        ("any 专项 number", "single_skill"),
    ],
)
def test_older_forms_of_number_are_taken(number, kind):
    facts = CERTIFICATE | {"kind": kind, "number": number}
    if kind == "single_skill":
        del facts["level"]
    assert check_facts("certificate", facts, today=TODAY)[0]["kind"] == kind


@pytest.mark.parametrize(
    ("kind", "facts", "code", "field"),
    [
        ("poem", {}, "entry.kind", "kind"),
        ("training", TRAINING | {"marks": 100}, "entry.unknown_fact", "facts"),
        ("training", TRAINING | {"course": "  "}, "entry.text", "facts.course"),
        ("training", TRAINING | {"course": ""}, "entry.missing", "facts.course"),
        ("training", TRAINING | {"course": "x" * 101}, "entry.text", "facts.course"),
        ("training", TRAINING | {"course": "a\u202eb"}, "entry.text", "facts.course"),
        ("training", TRAINING | {"course": ["a"]}, "entry.text", "facts.course"),
        ("training", TRAINING | {"started_on": "20260101"}, "entry.date", "facts.started_on"),
        ("training", TRAINING | {"started_on": "2026-02-30"}, "entry.date", "facts.started_on"),
        ("training", TRAINING | {"started_on": "2026-03-01"}, "entry.order", "facts.ended_on"),
        ("training", TRAINING | {"ended_on": "2026-11-23"}, "entry.in_future", "facts.ended_on"),
        ("training", TRAINING | {"hours": True}, "entry.whole", "facts.hours"),
        ("training", TRAINING | {"hours": 0}, "entry.whole", "facts.hours"),
        ("training", TRAINING | {"hours": 10**9}, "entry.whole", "facts.hours"),
        ("training", TRAINING | {"passed": "maybe"}, "entry.flag", "facts.passed"),
        ("post", GOOD["post"] | {"post": "king"}, "entry.choice", "facts.post"),
        ("post", GOOD["post"] | {"region": "999999"}, "place.unknown", "facts.region"),
        ("post", GOOD["post"] | {"occupation": "9"}, "occupation.code_malformed", "facts.occupation"),
        ("certificate", CERTIFICATE | {"number": "123"}, "number.unknown_form", "facts.number"),
        ("certificate", CERTIFICATE | {"level": None}, "level.required", "facts.level"),
        ("certificate", CERTIFICATE | {"kind": "one_plus_x"}, "level.not_for_kind", "facts.level"),
        (
            "certificate",
            CERTIFICATE | {"kind": "one_plus_x", "level": None},
            "entry.grade",
            "facts.grade",
        ),
        ("certificate", CERTIFICATE | {"grade": "senior"}, "entry.grade", "facts.grade"),
    ],
)
def test_what_is_refused_and_where(kind, facts, code, field):
    assert refusal(kind, facts) == (code, field)


def test_a_grade_of_the_education_line_is_no_level():
    facts = {name: value for name, value in CERTIFICATE.items() if name != "level"}
    taken, _ = check_facts(
        "certificate", facts | {"kind": "one_plus_x", "grade": "senior", "number": "x1"}, today=TODAY
    )
    assert "level" not in taken
    assert taken["number"] == "X1"


@given(
    st.dictionaries(
        st.sampled_from([*CERTIFICATE, "x"]), st.none() | st.booleans() | st.integers() | st.text()
    )
)
def test_anything_is_taken_or_refused(facts):
    try:
        check_facts("certificate", facts, today=TODAY)
    except Refused as refused:
        find_problem(refused.code).what("en", refused)


def test_forms_offer_levels_kinds_and_choices():
    fields = {field.id: field for field in find_entry_kind("certificate").fields}
    assert [row["id"] for row in offered(fields["grade"])] == ["junior", "middle", "senior"]
    assert "3" in [row["id"] for row in offered(fields["level"])]
    assert "one_plus_x" in [row["id"] for row in offered(fields["kind"])]
    assert offered(fields["number"]) == []
