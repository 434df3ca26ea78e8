"""The chain: entries from acts and certificates, and every way of tampering found where it was done."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.audit.checking import Break, walk_chain
from registry.audit.entries import (
    NOTHING_BEFORE,
    Happening,
    chain,
    content_of,
    happening_of_act,
    happenings_of_insert,
    happenings_of_update,
    hash_of,
)

NOW = datetime(2026, 11, 22, 4, 5, 6, 789000, tzinfo=UTC)
CERTIFICATE = {
    "number": "S000033000002263000001",
    "kind": "skill_level",
    "level": "3",
    "occupation": {"code": "6-31-01-03", "edition": "2022"},
    "assessor": "S000033000002",
    "issued_on": "2026-11-22",
    "recorded_at": NOW,
    "changes": [
        {"state": "suspended", "at": NOW, "reason": "under_review", "by": "li", "note": "欧阳试验 called"},
        {"state": "valid", "at": NOW, "reason": "cleared", "by": "wang", "note": ""},
    ],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=6,
)


def make(number: int, **changes: Any) -> Happening:
    made: dict[str, Any] = {
        "event": f"e{number}", "at": NOW, "act": "a.b", "by": "li", "owner": "registry", "subject": "x:1",
        "why": "", "request": "", "before": {}, "after": {"n": number},
    }  # fmt: skip
    return Happening(**(made | changes))


def make_trail(length: int = 5) -> list[dict[str, Any]]:
    return chain(map(make, range(length)), seq=0, previous=NOTHING_BEFORE)


def test_entries_are_numbered_and_each_holds_the_hash_before():
    trail = make_trail()
    assert [one["_id"] for one in trail] == [1, 2, 3, 4, 5]
    assert [one["previous"] for one in trail] == [NOTHING_BEFORE, *(one["hash"] for one in trail[:-1])]
    assert all(one["hash"] == hash_of(content_of(one)) for one in trail)
    assert walk_chain(trail).seq == 5
    assert walk_chain(trail).broken is None


def test_a_chain_in_two_parts_is_the_chain_in_one():
    first = chain(map(make, range(2)), seq=0, previous=NOTHING_BEFORE)
    rest = chain(map(make, range(2, 5)), seq=2, previous=first[-1]["hash"])
    assert [*first, *rest] == make_trail()


@pytest.mark.parametrize(
    "name", ["at", "act", "by", "owner", "subject", "why", "request", "before", "after", "event"]
)
def test_a_changed_member_is_found_at_its_entry(name):
    trail = make_trail()
    trail[2] = trail[2] | {name: {"n": "other"} if name in ("before", "after") else "other"}
    assert walk_chain(trail).broken == Break(3, "changed")


def test_a_changed_entry_with_a_new_hash_is_found_at_the_next():
    trail = make_trail()
    changed = trail[2] | {"by": "other"}
    trail[2] = changed | {"hash": hash_of(content_of(changed))}
    assert walk_chain(trail).broken == Break(4, "moved")


def test_a_missing_entry_and_two_that_changed_places_are_found():
    trail = make_trail()
    assert walk_chain(trail[:2] + trail[3:]).broken == Break(3, "missing")
    assert walk_chain(trail[1:]).broken == Break(1, "missing")
    two, three = trail[1] | {"_id": 3}, trail[2] | {"_id": 2}
    assert walk_chain([trail[0], three, two]).broken == Break(2, "moved")


def test_a_walk_goes_on_where_another_ended():
    trail = make_trail()
    half = walk_chain(trail[:3])
    assert walk_chain(trail[3:], seq=half.seq, previous=half.hash).seq == 5
    assert walk_chain(trail[4:], seq=half.seq, previous=half.hash).broken == Break(4, "missing")


@given(facts=st.dictionaries(st.text(st.characters(codec="utf-8")), JSON, max_size=4))
def test_any_facts_survive_the_way_into_the_chain(facts):
    [entry] = chain([make(0, after=facts)], seq=0, previous=NOTHING_BEFORE)
    assert entry["after"] == facts
    assert walk_chain([copy.deepcopy(entry)]).broken is None


def test_facts_that_are_no_json_become_texts():
    after = {"on": date(2026, 11, 22), "at": NOW, "levels": frozenset({"3"}), "pair": (1, 2)}
    [entry] = chain([make(0, after=after)], seq=0, previous=NOTHING_BEFORE)
    assert entry["after"] == {
        "on": "2026-11-22",
        "at": "2026-11-22T04:05:06.789Z",
        "levels": ["3"],
        "pair": [1, 2],
    }


def test_an_act_becomes_a_happening():
    document = {
        "_id": "f00", "name": "batch.approved", "by": "li", "owner": "S000033000002", "subject": "batch:1", "at": NOW,
        "why": "", "request": "r", "before": {}, "after": {"rows": 4},
    }  # fmt: skip
    found = happening_of_act(document)
    assert (found.event, found.act, found.after) == ("f00", "batch.approved", {"rows": 4})


def test_a_certificate_tells_its_issue_and_its_changes_without_the_private_note():
    issued, suspended, lifted = happenings_of_insert(CERTIFICATE)
    assert [one.act for one in (issued, suspended, lifted)] == [
        "certificate.issued",
        "certificate.suspended",
        "certificate.resumed",
    ]
    assert (suspended.by, suspended.why, suspended.before) == ("li", "under_review", {"state": "valid"})
    assert (lifted.before, lifted.after) == ({"state": "suspended"}, {"state": "valid"})
    assert "欧阳" not in repr([issued, suspended, lifted])


def test_an_update_tells_only_the_changes_it_made():
    first, second = CERTIFICATE["changes"]
    pushed = list(happenings_of_update(CERTIFICATE, {"state": "valid", "changes.1": second}))
    assert [one.event for one in pushed] == ["S000033000002263000001#2"]
    whole = list(happenings_of_update(CERTIFICATE, {"changes": [first, second]}))
    assert [one.event for one in whole] == ["S000033000002263000001#1", "S000033000002263000001#2"]
    assert list(happenings_of_update(CERTIFICATE, {"claim": "x", "changesets": []})) == []


def test_a_certificate_names_who_issued_it_and_by_which_request():
    single = CERTIFICATE | {"issuance": {"by": "wang", "request": "f" * 32}, "changes": []}
    (issued,) = happenings_of_insert(single)
    assert (issued.by, issued.request) == ("wang", "f" * 32)
    of_batch = {"by": "wang", "batch": "4f1c", "prepared_by": "li"}
    (issued,) = happenings_of_insert(single | {"issuance": of_batch})
    assert (issued.by, issued.request, issued.after["prepared_by"]) == ("wang", "batch:4f1c", "li")


def test_a_change_names_its_request_or_the_change_of_many_and_whose_act_it_was():
    first = CERTIFICATE["changes"][0]
    changes = [
        first | {"request": "f" * 32, "owner": "registry"},
        first | {"act": "9a", "owner": "S000033000002", "by": "S000033000002"},
    ]
    _, by_registry, by_token = happenings_of_insert(CERTIFICATE | {"changes": changes})
    assert (by_registry.owner, by_registry.request) == ("registry", "f" * 32)
    assert by_registry.after == {"state": "suspended", "assessor": "S000033000002"}
    assert (by_token.by, by_token.owner, by_token.request) == ("", "S000033000002", "changes:9a")
    assert by_token.after == {"state": "suspended"}


def test_a_certificate_that_keeps_the_number_of_the_one_it_replaces_has_events_of_its_own():
    again = CERTIFICATE | {"_id": "secret code", "replaces": "other code"}
    named = {one.event for one in [*happenings_of_insert(CERTIFICATE), *happenings_of_insert(again)]}
    assert len(named) == 6
    assert not any("code" in event for event in named)  # a code opens a page
