"""The career line: levels over time, the ways to the next, each with its rule."""

from datetime import UTC, date, datetime

from registry.archive.career import career
from registry.archive.entries import ArchiveEntry
from registry.archive.export import describe_career
from registry.archive.holdings import Holding, from_entry
from registry.policy.loading import load_policies

POLICIES = load_policies()
AT = datetime(2026, 11, 22, tzinfo=UTC)
ON = date(2026, 11, 22)


def make_holding(level="3", on=date(2026, 1, 10), **changes):
    cells = {
        "number": f"N-{level}-{on}",
        "kind": "skill_level",
        "line": "hrss",
        "occupation": "6-31-01-03",
        "occupation_printed": None,
        "job": None,
        "level": level,
        "grade": None,
        "region": "330106",
        "issued_on": on,
        "issued_by": "示例协会",
        "assessor": None,
        "employer": None,
        "ends_on": None,
        "state": "valid",
        "code": None,
        "source": "x",
    }
    return Holding(**{**cells, **changes})


def make_entry(kind, on, /, **facts):
    return ArchiveEntry("e1", "a1", kind, on, facts, "source", "clerk", AT)


def ask(holdings=(), entries=(), region="330106", on=ON):
    return career(POLICIES, holdings, entries, region=region, on=on)


def test_a_career_from_level_three_to_two():
    found = ask([make_holding("3"), make_holding("2", date(2026, 7, 10))])
    amounts = [(period.level, period.answer.amount) for period in found.periods]
    assert amounts == [("3", 500), ("2", 800)]
    assert (found.level.id, found.next_level.id) == ("2", "1")


def test_the_schedule_ends_with_today():
    found = ask([make_holding("3")])
    assert found.periods[-1].window.until == date(2026, 11, 23)


def test_a_post_ends_with_its_appointment():
    found = ask(
        [
            make_holding("1", date(2026, 1, 1)),
            make_holding("special", date(2026, 2, 1), ends_on=date(2026, 6, 1)),
        ]
    )
    assert [period.level for period in found.periods] == ["1", "special", "1"]


def test_revoked_future_and_education_line_certificates_do_not_count():
    found = ask(
        [
            make_holding("1", state="revoked"),
            make_holding("2", date(2027, 1, 1)),
            make_holding(None, kind="one_plus_x", line="education", grade="senior"),
        ]
    )
    assert (found.level, found.next_level, found.periods) == (None, None, ())


def test_a_chief_technician_in_dongguan_is_paid_thirty_six_months():
    post = make_entry(
        "post", date(2026, 1, 1), post="chief", employer="x", occupation="6-31-01-03", region="441900"
    )
    term = ask(entries=[post], region="441900").chief
    assert (term.months, term.paid, term.rule.id) == (36, 11, "DG-09")


def test_a_preparatory_technician_applies_after_two_years_in_post_with_approval():
    certificate = make_holding(None, date(2020, 1, 1), kind="preparatory_technician")
    post = {"post": "ordinary", "employer": "x", "occupation": "6-31-01-07", "region": "150100"}
    found = ask([certificate], [make_entry("post", date(2019, 1, 1), **post)], region="150100").preparatory
    assert (found.may, found.apply_from, found.missing) == (False, date(2022, 1, 1), ("employer_approval",))
    approved = make_entry("post", date(2019, 1, 1), **post, employer_approves=True)
    assert ask([certificate], [approved], region="150100").preparatory.may


def test_the_next_level_may_be_skipped_to_in_inner_mongolia():
    found = ask([make_holding("3")], region="150100")
    assert [rule.id for rule in found.skip.rules] == ["NM-03"]
    assert found.skip.missing == ("evidence", "approver")


def test_one_contest_promotion_a_year():
    contest = {
        "name": "x",
        "contest_class": "city_class_1",
        "occupation": "6-31-01-03",
        "rank": 1,
        "contestants": 50,
        "who": "worker",
        "region": "120000",
    }
    entries = [make_entry("contest", date(2025, month, 1), **contest) for month in (9, 5)]
    found = ask([make_holding("3", date(2024, 1, 1))], entries, region="120000")
    assert [what.outcome for _, what in found.promotions] == ["promoted", "already_this_year"]
    assert found.promotions[0][1].level == "2"


def test_every_answer_carries_its_clause():
    document = describe_career(ask([make_holding("3")], region="330106"))
    assert document["allowances"][0]["answer"]["quote"]
    assert document["allowances"][0]["total"] == 10 * 500


def test_an_imported_certificate_is_a_holding():
    facts = {
        "kind": "qualification",
        "number": "0715000001300001",
        "occupation": "6-31-01-03",
        "level": "3",
        "issued_by": "某鉴定站",
        "issued_on": "2007-05-01",
    }
    found = from_entry(make_entry("certificate", date(2007, 5, 1), **facts))
    assert (found.line, found.standing, found.code) == ("hrss", True, None)
    assert not found.qualification.withdrawn
