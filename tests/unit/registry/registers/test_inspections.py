"""Draws: the same for everybody who computes them, whatever the order of the list."""

import hashlib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.registers.inspections import (
    Outcome,
    Result,
    announce,
    commit,
    draw,
    draw_document,
    read_draw,
    report,
    reveal,
)
from registry.registers.rows import make_row

SEED = bytes(range(32))
TODAY, DAY = date(2026, 11, 22), date(2026, 12, 1)
ids = st.sets(st.text("ABCS0123456789", min_size=1, max_size=13), min_size=1, max_size=30)


def rows_of(*contents):
    rows, last = [], None
    for content in contents:
        last = make_row("inspection:d", last, content, at=datetime(2026, 11, 22, tzinfo=UTC), by="x")
        rows.append(last)
    return rows


def announced(**changes):
    given_ = {
        "subjects": ["c", "a", "b"],
        "size": 2,
        "commitment": commit(SEED),
        "beacon_source": "lottery",
        "draws_on": DAY,
        "today": TODAY,
    }
    return announce([], **(given_ | changes))


@given(ids, st.data())
def test_order_does_not_matter_size_is_exact_and_each_comes_once(subjects, data):
    size = data.draw(st.integers(1, len(subjects)))
    given_ = data.draw(st.permutations(sorted(subjects)))
    found = draw(SEED, "07 12", given_, size)
    assert found == draw(SEED, "07 12", sorted(subjects) * 2, size)
    assert len(found) == size == len(set(found))
    assert set(found) <= subjects


@given(ids, st.data())
def test_a_larger_draw_only_adds(subjects, data):
    size = data.draw(st.integers(1, len(subjects)))
    assert draw(SEED, "x", subjects, len(subjects))[:size] == draw(SEED, "x", subjects, size)


def test_the_ten_lines_of_the_documentation_give_the_same():
    subjects = ["S000033000002", "Y000044000001", "S000022000003"]
    rank = lambda one: hashlib.sha256(SEED + b"\x1f" + b"07 12" + b"\x1f" + one.encode()).digest()  # noqa: E731
    assert draw(SEED, "07 12", subjects, 2) == tuple(sorted(subjects, key=rank)[:2])


def test_every_subject_is_drawn_about_equally_often():
    subjects = [f"s{number}" for number in range(10)]
    hits = dict.fromkeys(subjects, 0)
    for number in range(2_000):
        for one in draw(number.to_bytes(32), "b", subjects, 3):
            hits[one] += 1
    assert all(500 < count < 700 for count in hits.values())  # 600 expected, deviation about 20


def test_a_draw_from_announcement_to_result():
    rows = rows_of(announced())
    assert read_draw(rows).drawn == ()
    assert draw_document(read_draw(rows))["seed"] is None
    rows = rows_of(rows[0].content, reveal(rows, seed=SEED, beacon="07", today=DAY))
    chosen = read_draw(rows).drawn
    assert chosen == draw(SEED, "07", ["a", "b", "c"], 2)
    result = Result(chosen[0], "inspector", DAY, Outcome.FINDINGS, "course_plan", "private note")
    content = report(rows, result, today=DAY)
    done = read_draw(rows_of(rows[0].content, rows[1].content, content))
    assert done.results == (result,)
    assert "private note" not in str(draw_document(done))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subjects": []}, "inspection.subjects"),
        ({"subjects": ["张三"]}, "inspection.subjects"),
        ({"size": 0}, "inspection.size"),
        ({"size": 4}, "inspection.size"),
        ({"draws_on": TODAY}, "inspection.day"),
        ({"beacon_source": ""}, "field.length"),
    ],
)
def test_an_announcement_that_would_not_bind_is_refused(changes, code):
    with pytest.raises(Refused) as refused:
        announced(**changes)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("seed", "today", "code"),
    [(SEED, TODAY, "inspection.too_early"), (bytes(32), DAY, "inspection.seed")],
)
def test_another_seed_or_another_day_is_refused(seed, today, code):
    with pytest.raises(Refused) as refused:
        reveal(rows_of(announced()), seed=seed, beacon="07", today=today)
    assert refused.value.code == code
