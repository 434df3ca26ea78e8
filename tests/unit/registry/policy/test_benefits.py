"""What a level brings: allowance, title, education, subsidies."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.levels import levels
from registry.policy.answers import benefits_document
from registry.policy.benefits import Schooling, allowance, benefits, education, subsidies, titles
from registry.policy.loading import load_policies

POLICIES = load_policies()
TODAY = date(2026, 11, 22)
LEVELS = [level.id for level in levels()]
REGIONS = ["330000", "330106", "150100", "150102", "441900", "220100", "370000", "110000"]


def ask(**given):
    question = {
        "kind": "skill_level",
        "level": "3",
        "occupation": "6-31-01-03",
        "region": "330106",
        "on": TODAY,
    }
    return benefits(POLICIES, **(question | given))


@pytest.mark.parametrize(("level", "amount"), [("3", 500), ("2", 800), ("1", 1200), ("special", 2000)])
def test_zhejiang_allowance_by_level(level, amount):
    answer = allowance(POLICIES, level=level, region="330106", on=TODAY)
    assert (answer.outcome, answer.amount, answer.unit, answer.strength) == (
        "amount",
        amount,
        "month",
        "encouraged",
    )
    assert (answer.rule.id, answer.region, answer.document.number) == ("ZJ-01", "330000", None)
    assert answer.text.zh == f"鼓励企业每月发放 {amount} 元技能津贴（指导标准，不是法定应得）。"


@pytest.mark.parametrize("level", ["apprentice", "5", "4", "chief"])
def test_zhejiang_states_nothing_for_other_levels(level):
    answer = allowance(POLICIES, level=level, region="330000", on=TODAY)
    assert (answer.outcome, answer.amount) == ("not_stated", None)
    found = ask(level=level)
    assert found.allowances == ()
    assert (found.notes[0].topic, found.notes[0].outcome) == ("allowances", "not_stated")


def test_zhejiang_answers_from_its_first_day():
    assert allowance(POLICIES, level="3", region="330000", on=date(2021, 3, 28)) is None
    assert allowance(POLICIES, level="3", region="330000", on=date(2021, 3, 29)).amount == 500


def test_inner_mongolia_speaks_without_a_figure():
    found = ask(region="150102")
    (answer,) = found.allowances
    assert (answer.rule.id, answer.outcome, answer.amount) == ("NM-10", "no_figure", None)
    assert "内党办发〔2007〕4号" in answer.text.zh
    assert "没有公布数额" in answer.text.zh


def test_no_rule_is_said_and_is_no_zero():
    found = ask(region="110000")
    assert found.allowances == ()
    assert allowance(POLICIES, level="3", region="110000", on=TODAY) is None
    assert "no_rule" in [note.outcome for note in found.notes if note.topic == "allowances"]


@pytest.mark.parametrize(
    ("level", "held_since", "title", "day"),
    [
        ("3", date(2025, 3, 1), "assistant_engineer", date(2027, 3, 1)),
        ("2", date(2024, 2, 29), "engineer", date(2027, 2, 28)),
        ("1", date(2020, 5, 31), "senior_engineer", date(2024, 5, 31)),
        ("1", date(2001, 1, 1), "senior_engineer", date(2018, 11, 30)),
    ],
)
def test_titles_say_from_which_day(level, held_since, title, day):
    answer = titles(POLICIES, level=level, held_since=held_since, region="330106", on=TODAY)[0]
    assert (answer.title, answer.apply_from, answer.rule.grade) == (title, day, "B")
    assert f"自{day.year}年{day.month}月{day.day}日起可申报" in answer.text.zh
    assert f"from {day.day} {day:%B %Y} under" in answer.text.en
    assert "职业发展贯通的意见" in answer.text.zh
    assert "May apply for the title of" in answer.text.en


ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("level", LEVELS)
def test_sentences_have_days_as_readers_write_them(level, region):
    found = ask(level=level, region=region, held_since=date(2019, 5, 1))
    document = benefits_document(found)
    answers = [row for name in ("allowances", "titles", "education", "subsidies") for row in document[name]]
    sentences = [row["sentence"] for row in answers] + [step for row in answers for step in row["steps"]]
    assert sentences
    for words in sentences:
        assert not ISO_DAY.search(words["zh"] + words["en"]), words
    told = [step for row in document["titles"] for step in row["steps"] if step["code"] == "arithmetic"]
    assert all("2019年5月1日 + " in step["zh"] and "1 May 2019 + " in step["en"] for step in told)
    assert all(ISO_DAY.fullmatch(row["apply_from"]) for row in document["titles"] if "apply_from" in row)


def test_titles_without_a_date_give_the_years():
    answer = titles(POLICIES, level="3", held_since=None, region="330106", on=TODAY)[0]
    assert (answer.years, answer.apply_from) == (2, None)
    assert "满 2 年" in answer.text.zh


@pytest.mark.parametrize("level", LEVELS)
def test_no_title_is_ever_called_equal(level):
    for region in REGIONS:
        for answer in titles(POLICIES, level=level, held_since=date(2020, 1, 1), region=region, on=TODAY):
            assert "等同" not in answer.text.zh
            assert "equal" not in answer.text.en.lower()


@pytest.mark.parametrize("level", ["apprentice", "5", "4", "chief"])
def test_no_title_is_invented_for_other_levels(level):
    assert titles(POLICIES, level=level, held_since=None, region="330106", on=TODAY) == ()


def test_special_technician_has_no_published_years():
    answer = titles(POLICIES, level="special", held_since=date(2020, 1, 1), region="370000", on=TODAY)[0]
    assert (answer.outcome, answer.years, answer.apply_from) == ("years_unknown", None, None)
    assert "没有找到" in answer.text.zh
    assert answer.rule.id == "SD-TITLE-SPECIAL"
    assert titles(POLICIES, level="special", held_since=None, region="330000", on=TODAY) == ()


def test_the_most_specific_region_answers_for_titles():
    asked = {"held_since": None, "region": "370400", "on": TODAY}
    assert titles(POLICIES, level="3", **asked)[0].rule.id == "SD-TITLE-2020"
    assert titles(POLICIES, level="1", **asked)[0].rule.id == "CN-TITLE-2018"


def test_titles_cite_the_city_beside_the_country():
    hohhot = titles(POLICIES, level="2", held_since=None, region="150102", on=date(2020, 6, 1))
    assert [answer.rule.id for answer in hohhot] == ["CN-TITLE-2018", "HH-10", "HH-11"]
    dongguan = titles(POLICIES, level="2", held_since=None, region="441900", on=TODAY)
    assert [answer.rule.id for answer in dongguan] == ["CN-TITLE-2018", "DG-11"]
    elementary = titles(POLICIES, level="5", held_since=None, region="150102", on=date(2020, 6, 1))
    assert [answer.rule.id for answer in elementary] == ["HH-10"]


@pytest.mark.parametrize(
    ("completed", "treated_as"),
    [
        ("intermediate_class", "secondary"),
        ("senior_class", "college"),
        ("preparatory_technician_class", "bachelor"),
    ],
)
def test_class_diploma_is_treated_as_an_education_level(completed, treated_as):
    schooling = Schooling(completed=completed, school="technical_school", full_time=True, employed=False)
    for on, rule in ((date(2020, 6, 1), "HH-12"), (TODAY, "CN-CLASS-2022")):
        (answer,) = education(
            POLICIES, kind="skill_level", level="4", region="150102", on=on, schooling=schooling
        )
        assert (answer.rule.id, answer.outcome, answer.treated_as) == (rule, "treated_as", treated_as)
        assert "这是待遇，不是学历证书" in answer.text.zh


def test_the_countrys_rule_asks_for_a_full_time_class():
    schooling = Schooling(
        completed="senior_class", school="technical_school", full_time=False, employed=False
    )
    assert (
        education(POLICIES, kind="skill_level", level="3", region="330000", on=TODAY, schooling=schooling)
        == ()
    )


def test_a_certificate_alone_brings_no_education():
    answers = education(POLICIES, kind="skill_level", level="3", region="330000", on=TODAY)
    assert [answer.treated_as for answer in answers] == [None]
    assert answers[0].text.zh.startswith("仅凭本证书不产生学历待遇")


NM_11 = {"completed": "senior_class", "school": "technician_college", "full_time": False, "employed": True}


@pytest.mark.parametrize(
    ("level", "changed", "met"),
    [
        ("3", {}, True),
        ("1", {"school": "senior_technical_school"}, True),
        ("4", {}, False),
        ("3", {"school": "technical_school"}, False),
        ("3", {"employed": False}, False),
    ],
)
def test_the_2007_rule_needs_its_three_tests(level, changed, met):
    schooling = Schooling(**(NM_11 | changed))
    answers = education(
        POLICIES, kind="qualification", level=level, region="150100", on=TODAY, schooling=schooling
    )
    assert [answer.rule.id for answer in answers] == (["NM-11"] if met else [])
    assert all(answer.strength == "may" and "可比照" in answer.text.zh for answer in answers)


def test_subsidies_follow_kind_and_level():
    def ids(kind, level, region):
        return [
            answer.rule.id for answer in subsidies(POLICIES, kind=kind, level=level, region=region, on=TODAY)
        ]

    assert ids("skill_level", "3", "330106") == ["ZJ-03"]
    assert ids("training_completion", None, "330106") == ["ZJ-04"]
    assert ids("qualification", "3", "441900") == ["DG-05"]
    assert ids("qualification", "4", "150000") == []
    assert ids("qualification", "3", "150000") == ["NM-23"]


def test_a_level_of_the_education_line_answers_no_labour_rule():
    found = ask(kind="one_plus_x", level="3")
    assert (found.allowances, found.titles, found.education, found.subsidies) == ((), (), (), ())
    assert [note.outcome for note in found.notes] == ["other_line"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"level": "6"}, "level.unknown"),
        ({"region": "990000"}, "place.unknown"),
        ({"kind": "medal"}, "kind.unknown"),
    ],
)
def test_unknown_words_are_refused(changed, code):
    with pytest.raises(Refused) as refused:
        ask(**changed)
    assert refused.value.code == code


@given(st.sampled_from(REGIONS), st.dates(date(2005, 1, 1), date(2035, 1, 1)))
def test_the_allowance_never_falls_as_rank_rises(region, on):
    answers = [allowance(POLICIES, level=level, region=region, on=on) for level in LEVELS]
    amounts = [answer.amount for answer in answers if answer and answer.amount is not None]
    assert amounts == sorted(amounts)


@given(st.sampled_from(LEVELS), st.sampled_from(REGIONS), st.dates(date(2005, 1, 1), date(2035, 1, 1)))
def test_every_answer_cites_a_rule_in_force_there_on_that_day(level, region, on):
    found = ask(level=level, region=region, on=on)
    in_force = POLICIES.in_force(region, on)
    for answer in (*found.allowances, *found.titles, *found.education, *found.subsidies):
        assert answer.rule in in_force
        assert answer.rule.grade != "G"
        assert answer.amount != 0


def test_the_document_is_plain_json_in_both_languages():
    found = ask(held_since=date(2025, 3, 1))
    document = benefits_document(found)
    assert document["as_of"] == "2026-11-22"
    paid = document["allowances"][0]
    assert (paid["amount"], paid["unit"], paid["strength"], paid["region"]) == (
        500,
        "month",
        "encouraged",
        "330000",
    )
    assert paid["document"]["title"] == "“金藍領”職業技能提升行動"
    assert paid["in_force"] == {"from": "2021-03-29", "to": None}
    assert "高級工500元/月" in paid["quote"]
    assert [step["code"] for step in paid["steps"]] == ["look_up", "rule", "figure", "payer_open"]
    assert paid["sentence"]["en"].startswith(
        "Enterprises are encouraged to pay a skills allowance of 500 yuan"
    )
    assert document["titles"][0]["apply_from"] == "2027-03-01"
    assert document.keys() == {
        "as_of",
        "region",
        "kind",
        "level",
        "occupation",
        "allowances",
        "titles",
        "education",
        "subsidies",
        "notes",
    }


def test_a_place_is_named_by_the_nearest_recorded_one():
    document = benefits_document(ask(region="330199"))
    assert document["region"] == {"code": "330199", "zh": "杭州市", "en": "Hangzhou"}
    assert document["allowances"][0]["steps"][0]["zh"].endswith("由浙江省的规定回答。")
