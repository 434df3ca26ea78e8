"""One answer a row: the same as a single verification gives, and nothing of a person that was not sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from registry.state import State
from verify.bulk.answers import OUTCOME_WORDS
from verify.bulk.quick import QuickYes
from verify.bulk.results import cells_of
from verify.bulk.rows import Row
from verify.checks import Evidence, RecordEvidence
from verify.gate_check import check_gate
from verify.verdict import Outcome

ORIGIN = "https://example.test"


def answer(world, *rows):
    return world.judge.answer(rows, at=world.at)


def brief(world, row):
    (one,) = answer(world, row)
    return one.outcome.value, one.reason


@pytest.mark.parametrize("state", list(State))
def test_a_code_a_number_and_a_qr_text_get_one_answer(world, state):
    record = world.record(state=state)
    rows = [
        Row(2, code=record.code),
        Row(3, number=record.number, name="欧阳试验"),
        Row(4, number=record.number, id_number="150102199901010014"),
        Row(5, qr=f"{ORIGIN}/v/{record.code}"),
        Row(6, qr=f"{ORIGIN}/w/{record.code}"),
        Row(7, qr=world.text(record)),
        Row(8, qr=world.text(record), number=record.number, name="欧阳试验"),
    ]
    answers = answer(world, *rows)
    assert {one.outcome.value for one in answers} == {state.value}
    assert len({one.told for one in answers}) == 1
    assert answers[0].told.occupation_name == "电工"
    assert answers[0].told.assessor == "S000033000002"
    assert world.questions == 1


def test_an_unknown_number_and_a_wrong_name_are_told_alike(world):
    record = world.record()
    wrong, unknown = answer(
        world,
        Row(2, number=record.number, name="王小明"),
        Row(2, number="S000033000002263999999", name="王小明"),
    )
    left, right = cells_of(wrong), cells_of(unknown)
    assert left[:2] + left[3:] == right[:2] + right[3:]
    assert left[4:6] == ["unknown", "lookup.no_match"]


def test_with_a_code_a_wrong_name_and_an_unknown_code_are_told_alike(world):
    record = world.record()
    assert brief(world, Row(2, code=record.code, name="王小明")) == ("unknown", "lookup.no_match")
    assert brief(world, Row(2, code="x" * 22, name="王小明")) == ("unknown", "lookup.no_match")
    assert brief(world, Row(2, code="x" * 22)) == ("unknown", "record.missing")


@pytest.mark.parametrize(
    "row",
    [
        Row(2, number="S000033000002263000031", name="王小明", id_number="150102199901010014"),
        Row(2, number="S000033000002263000031", name="欧阳试验", id_number="150102199901010022"),
        Row(2, code="ResUN44qBSONPDrAS79LuQ", number="S000033000002263000099"),
    ],
)
def test_all_that_was_sent_must_fit(world, row):
    world.record()
    assert brief(world, row) == ("unknown", "lookup.no_match")


def test_a_name_is_compared_as_on_the_page(world):
    record = world.record()
    assert brief(world, Row(2, number=record.number, name="歐陽 試驗")) == ("valid", "")


@pytest.mark.parametrize(
    "text", ["https://elsewhere.test/v/ResUN44qBSONPDrAS79LuQ", "zscx.osta.org.cn", f"{ORIGIN}/v/short"]
)
def test_somebody_elses_qr(world, text):
    world.record()
    assert brief(world, Row(2, qr=text)) == ("unknown", "qr.foreign")


def test_nothing_of_the_person_comes_back_that_was_not_sent(world):
    record = world.record()
    (one,) = answer(world, Row(2, code=record.code))
    written = " ".join(cells_of(one))
    assert "欧阳" not in written
    assert "15**" not in written
    assert record.number not in written


def test_of_a_certificate_that_cannot_be_believed_nothing_is_told(world):
    record = world.record()
    text = world.text(record)
    (one,) = answer(world, Row(2, qr=text[:-1] + str((int(text[-1]) + 1) % 10)))
    assert one.outcome is Outcome.BROKEN
    assert one.told is None


def test_every_row_problem_is_told_in_words(world):
    for code in (
        "bulk.row_empty",
        "bulk.row_too_long",
        "bulk.row_unreadable",
        "bulk.row_rounded",
        "lookup.both_needed",
    ):
        (one,) = answer(world, Row(2, problem=code))
        assert (one.outcome, one.reason) == (Outcome.UNKNOWN, code)
        assert one.words[0].startswith(OUTCOME_WORDS[Outcome.UNKNOWN][0])


# --- the quick yes ---


def full(world, record, text):
    """What a single verification says, with all its checks."""
    evidence = RecordEvidence(record.credential, record.recorded_at, record.state)
    return check_gate(
        text, Evidence(world.trust, lambda _: evidence, trust_by_id=world.trust), at=world.at
    ).outcome


def quick(world, record, text, at=None):
    return QuickYes(world.trust, ORIGIN, at or world.at)([(text, record)])[0]


def test_the_quick_yes_is_given(world):
    record = world.record()
    assert quick(world, record, world.text(record))


def test_no_changed_digit_gets_a_quick_yes(world):
    record = world.record()
    text = world.text(record)
    start = text.index("#") + 1
    for place in range(start, len(text)):
        changed = text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]
        assert not quick(world, record, changed), place


def test_what_the_assessor_signed_beside_the_record_gets_none(world, change):
    record = world.record()
    face = world.stage.face
    for changes in (
        {"level": "2", "number": "S000033000002262000031"},
        {"holder": change(face.holder, name="王小明")},
        {"holder": change(face.holder, masked_number="11**************11")},
        {"status": change(face.status, index=5)},
        {"number": "S000033000002263000032"},
    ):
        text = world.text(record, **changes)
        assert not quick(world, record, text)
        assert full(world, record, text) is Outcome.BROKEN


@pytest.mark.parametrize("state", [one for one in State if one is not State.VALID])
def test_only_the_valid_get_one(world, state):
    record = world.record(state=state)
    assert not quick(world, record, world.text(record))


def test_nobody_gets_one_before_the_date_of_issue(world):
    record = world.record()
    assert not quick(world, record, world.text(record), at=world.at - timedelta(days=2))


def test_no_assessor_gets_one_whose_key_was_stolen(world):
    record = world.record()
    text, ring = world.text(record), world.stage.ring
    world.stage = type(world.stage)(
        world.stage.assessor, ring.compromise(ring.keys[0].id, since=world.at), world.stage.keys
    )
    assert not quick(world, record, text)


def test_nobody_gets_one_under_an_accreditation_that_did_not_cover_it(world, change):
    record = world.record()
    text, (held,) = world.text(record), world.stage.assessor.accreditations
    ended = change(held, valid_until=record.issued_on)
    world.stage = change(world.stage, assessor=change(world.stage.assessor, accreditations=(ended,)))
    assert not quick(world, record, text)


def test_one_that_names_a_job_or_a_post_gets_none(world, change):
    record = world.record(occupation=change(world.stage.face.occupation, job="变电检修工"))
    assert not quick(world, record, world.text(record))
    assert brief(world, Row(2, qr=world.text(record))) == ("valid", "")


def test_another_certificates_text_gets_none(world, another_code):
    one, other = world.record(), world.record(code=another_code(7), number="S000033000002263000032")
    assert not quick(world, one, world.text(other))


def test_the_words_of_an_answer_come_from_every_outcome():
    assert set(OUTCOME_WORDS) == set(Outcome)
