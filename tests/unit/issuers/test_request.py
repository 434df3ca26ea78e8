from dataclasses import replace
from datetime import date, timedelta

import pytest

from issuers.assessor import AssessorKind
from issuers.request import MAX_AGE, IssueRequest, check_request
from keys.errors import Refused
from registry.credential import Appointment

TODAY = date(2026, 11, 22)
REQUEST = IssueRequest(
    kind="skill_level",
    holder_name="欧阳试验",
    id_type="resident_id",
    id_number="150102199901010014",
    occupation_code="6-31-01-03",
    occupation_edition="2022",
    level="3",
    issued_on=TODAY,
)
POST = Appointment("示例公司", date(2026, 1, 1), date(2028, 1, 1))


def refusal(assessor, **changes):
    with pytest.raises(Refused) as caught:
        check_request(replace(REQUEST, **changes), assessor, today=TODAY)
    return caught.value.code, caught.value.field


def test_a_right_request_becomes_a_draft(association, accreditation):
    draft = check_request(REQUEST, association, today=TODAY)
    assert (draft.kind.id, draft.level.id, draft.region) == ("skill_level", "3", "330000")
    assert draft.accreditation == accreditation
    assert (draft.occupation.zh, draft.occupation.en) == ("电工", "Electrician")
    assert draft.identity.number == "150102199901010014"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"kind": "diploma"}, "kind.unknown", "kind"),
        ({"kind": "qualification"}, "kind.not_issued_here", "kind"),
        ({"kind": "single_skill"}, "level.not_for_kind", "level"),
        ({"kind": "single_skill", "level": None}, "scope.kind", "kind"),
        ({"level": None}, "level.required", "level"),
        ({"level": "6"}, "level.unknown", "level"),
        ({"level": "三级"}, "level.unknown", "level"),
        ({"level": "5"}, "scope.level", "level"),
        ({"occupation_code": "6-31-01"}, "occupation.code_malformed", "occupation.code"),
        ({"occupation_code": "6-31-01-99"}, "occupation.unknown", "occupation.code"),
        ({"occupation_edition": "1999"}, "occupation.edition_unknown", "occupation.edition"),
        ({"occupation_code": "6-18-01-01"}, "scope.occupation", "occupation.code"),
        ({"region": "999999"}, "place.unknown", "region"),
        ({"region": "150000"}, "scope.region", "region"),
        ({"id_number": "150102199901010015"}, "identity.checksum", "holder.id_number"),
        ({"id_number": "1501021999"}, "identity.length", "holder.id_number"),
        ({"id_type": "library_card"}, "identity.type_unknown", "holder.id_type"),
        ({"holder_name": "欧阳1"}, "name.digits", "holder.name"),
        ({"holder_name": " "}, "name.empty", "holder.name"),
        ({"issued_on": TODAY + timedelta(days=1)}, "issue.in_future", "issued_on"),
        ({"issued_on": TODAY - MAX_AGE - timedelta(days=1)}, "issue.too_old", "issued_on"),
        ({"issued_on": date(2025, 12, 31)}, "scope.date", "issued_on"),
        ({"job": "x" * 41}, "issue.job", "job"),
        ({"job": "a\nb"}, "issue.job", "job"),
        ({"appointment": POST}, "appointment.not_for_level", "appointment"),
        ({"level": "special"}, "level.post_at_employer", "level"),
    ],
)
def test_what_stands_in_the_way_is_named(association, changes, code, field):
    assert refusal(association, **changes) == (code, field)


@pytest.fixture
def enterprise(association, accreditation):
    held = replace(accreditation, levels=frozenset({"special", "chief"}))
    return replace(association, id="Y000033000002", kind=AssessorKind.ENTERPRISE, accreditations=(held,))


@pytest.mark.parametrize("level", ["special", "chief"])
def test_a_post_is_given_by_an_employer(enterprise, level):
    request = replace(REQUEST, level=level, appointment=POST)
    assert check_request(request, enterprise, today=TODAY).appointment == POST


@pytest.mark.parametrize(
    ("appointment", "code", "field"),
    [
        (None, "appointment.required", "appointment"),
        (replace(POST, employer=""), "appointment.employer", "appointment.employer"),
        (replace(POST, employer="x" * 101), "appointment.employer", "appointment.employer"),
        (replace(POST, end=POST.start), "appointment.dates", "appointment.to"),
    ],
)
def test_a_post_needs_its_time_and_employer(enterprise, appointment, code, field):
    assert refusal(enterprise, level="special", appointment=appointment) == (code, field)


@pytest.mark.parametrize("job", [None, "", "  ", "--", " -- "])
def test_no_job_is_none(association, job):
    assert check_request(replace(REQUEST, job=job), association, today=TODAY).occupation.job is None


def test_the_oldest_day_still_taken(association, accreditation):
    wide = replace(association, accreditations=(replace(accreditation, valid_from=date(2020, 1, 1)),))
    assert check_request(replace(REQUEST, issued_on=TODAY - MAX_AGE), wide, today=TODAY)


def test_a_request_does_not_show_the_person():
    for shown in (repr(REQUEST),):
        assert "欧阳试验" not in shown
        assert "150102199901010014" not in shown
