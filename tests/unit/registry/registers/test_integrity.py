"""Integrity files: what blocks, what is public, and what an appeal does."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from keys.errors import Refused
from registry.registers.integrity import (
    FOLLOWS,
    Appeal,
    Case,
    blocking,
    decide_appeal,
    decide_case,
    latest,
    person_subject,
    read_case,
    words,
)
from registry.registers.integrity_store import export_document, export_lines
from registry.registers.rows import make_row

BODY = Case(
    id="2026-1",
    subject="enterprise:91441900000000019N",
    name="东莞示例精密制造有限公司",
    means="forgery",
    decision="示例罚〔2026〕1号",
    decided_on=date(2026, 1, 10),
    ends=date(2029, 1, 10),
    blocks_from=date(2026, 2, 1),
    blocks_to=date(2027, 2, 1),
    appeal=Appeal.NONE,
)
PERSON = replace(BODY, id="2026-2", subject=person_subject(bytes(32)), name="")


def rows_of(case, *appeals):
    contents = [decide_case([], case)]
    at = datetime(2026, 1, 10, tzinfo=UTC)
    rows = [make_row(f"integrity:{case.id}", None, contents[0], at=at, by="x")]
    for appeal in appeals:
        rows.append(make_row(rows[0].stream, rows[-1], decide_appeal(rows, appeal), at=at, by="x"))
    return rows


def test_a_case_reads_back_as_it_was_recorded():
    assert read_case(rows_of(BODY)[0]) == BODY


@pytest.mark.parametrize(
    ("on", "expected"),
    [("2026-01-31", False), ("2026-02-01", True), ("2027-01-31", True), ("2027-02-01", False)],
)
def test_a_block_is_half_open(on, expected):
    assert BODY.blocks(date.fromisoformat(on)) is expected


@pytest.mark.parametrize(
    ("appeals", "blocks", "shown"),
    [
        ((), True, True),
        ((Appeal.OPEN,), True, True),
        ((Appeal.OPEN, Appeal.DISMISSED), True, True),
        ((Appeal.OPEN, Appeal.UPHELD), False, False),
    ],
)
def test_only_an_appeal_that_is_upheld_lifts_the_block(appeals, blocks, shown):
    case = latest(rows_of(BODY, *appeals))[0]
    on = date(2026, 6, 1)
    assert (case.blocks(on), case.shown(on), bool(blocking([case], on))) == (blocks, shown, blocks)


def test_the_public_list_forgets_at_the_end_and_never_knows_persons_or_findings():
    assert BODY.shown(date(2029, 1, 9))
    assert not BODY.shown(date(2029, 1, 10))
    assert not BODY.shown(date(2026, 1, 9))
    assert not PERSON.shown(date(2026, 6, 1))
    assert not replace(BODY, decision=None).shown(date(2026, 6, 1))


def test_an_appeal_takes_its_steps_in_order():
    for state, following in FOLLOWS.items():
        for wanted in Appeal:
            rows = rows_of(BODY)
            content = {**rows[0].content, "appeal": state.value}
            rows = [make_row("integrity:x", None, content, at=datetime(2026, 1, 1, tzinfo=UTC), by="x")]
            if wanted in following:
                assert decide_appeal(rows, wanted)["appeal"] == wanted
            else:
                with pytest.raises(Refused):
                    decide_appeal(rows, wanted)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "a/b"}, "integrity.id"),
        ({"subject": "dog:1"}, "integrity.subject"),
        ({"subject": "person:1501"}, "integrity.subject"),
        ({"subject": "enterprise:1"}, "credit_code.length"),
        ({"name": ""}, "integrity.name"),
        ({"means": "luck"}, "integrity.means"),
        ({"decision": ""}, "field.missing"),
        ({"decision": None}, "integrity.no_decision"),
        ({"ends": date(2026, 1, 10)}, "integrity.ends"),
        ({"blocks_from": date(2026, 1, 9)}, "integrity.blocks"),
        ({"blocks_to": date(2026, 2, 1)}, "integrity.blocks"),
        ({"blocks_from": None}, "integrity.blocks"),
    ],
)
def test_what_does_not_fit_is_refused(changes, code):
    with pytest.raises(Refused) as refused:
        decide_case([], replace(BODY, **changes))
    assert refused.value.code == code


def test_a_person_is_never_named():
    with pytest.raises(Refused) as refused:
        decide_case([], replace(PERSON, name="王小明"))
    assert refused.value.code == "integrity.name"
    assert "王小明" not in str(refused.value)


def test_the_export_holds_decisions_and_its_digest_follows_its_rows():
    finding = replace(BODY, id="f", decision=None, blocks_from=None, blocks_to=None)
    cases = [BODY, PERSON, finding, replace(BODY, id="later", decided_on=date(2027, 1, 1))]
    document = export_document(cases, on=date(2026, 6, 1))
    assert [row["case"] for row in document["cases"]] == ["2026-1", "2026-2"]
    assert document["digest"] != export_document([BODY], on=date(2026, 6, 1))["digest"]
    lines = export_lines(document)
    assert lines[1][0] == "2026-1"
    assert lines[2][2] == ""


def test_the_words_of_the_documents_are_there():
    assert {"false_statement", "concealment", "forgery"} <= words("means").keys()
    assert words("subject").keys() == {"assessor", "enterprise", "person"}
    assert words("appeal").keys() == {state.value for state in Appeal}
