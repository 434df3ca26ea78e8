"""What one event adds to which counters."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from registry.statistics.counting import (
    DIMENSIONS,
    Event,
    Subject,
    count,
    counter_names,
    events_of_insert,
    events_of_update,
)

SUBJECT = Subject("3", "6-31-01-03", "2022", "330000", "S000033000002", "skill_level")
DOCUMENT = {
    "level": "3",
    "occupation": {"code": "6-31-01-03", "edition": "2022"},
    "region": "330000",
    "assessor": "S000033000002",
    "kind": "skill_level",
    "issued_on": "2026-11-22",
    "recorded_at": datetime(2026, 11, 23, 17, tzinfo=UTC),
    "changes": [],
}


def change(state, at=datetime(2026, 12, 31, 17, tzinfo=UTC)):
    return {"state": state, "at": at, "reason": "x", "by": "x", "note": ""}


def test_an_event_is_counted_once_a_dimension_and_once_a_day():
    names = list(counter_names(Event(SUBJECT, "issued", date(2026, 11, 22))))
    assert names[0] == "day|2026-11-22|"
    assert {name.partition("|")[0] for name in names} == {"day", "region_level", *DIMENSIONS}
    assert "occupation|2026-11|6-31-01-03:2022" in names


def test_an_issue_is_counted_on_the_day_of_its_recording_too_and_a_change_is_not():
    [issued] = events_of_insert(DOCUMENT)
    assert list(counter_names(issued))[-1] == "recorded|2026-11-24|S000033000002"
    [revoked] = events_of_update(DOCUMENT, {"changes.0": change("revoked")})
    assert not any(name.startswith("recorded|") for name in counter_names(revoked))


def test_a_change_is_counted_on_its_day_in_china():
    events = list(events_of_update(DOCUMENT, {"state": "revoked", "changes.0": change("revoked")}))
    assert [(event.measure, event.on) for event in events] == [("revoked", date(2027, 1, 1))]


def test_an_update_of_anything_else_counts_nothing():
    assert (
        list(events_of_update(DOCUMENT, {"note": "x", "changes": [change("revoked"), change("valid")]})) == []
    )


def test_a_list_set_whole_for_the_first_time_is_one_change():
    assert len(list(events_of_update(DOCUMENT, {"changes": [change("suspended")]}))) == 1


def test_a_certificate_that_comes_with_changes_counts_them():
    document = DOCUMENT | {"changes": [change("suspended"), change("valid")]}
    assert [event.measure for event in events_of_insert(document)] == ["issued", "suspended", "lifted"]


def test_a_revoked_suspension_is_closed():
    """Or a certificate that is no longer in force would be taken away twice."""
    changes = [change("suspended"), change("valid"), change("suspended"), change("revoked")]
    document = DOCUMENT | {"changes": changes}
    whole = ["issued", "suspended", "lifted", "suspended", "revoked", "closed"]
    assert [event.measure for event in events_of_insert(document)] == whole
    one_by_one = [
        event.measure
        for place, one in enumerate(changes)
        for event in events_of_update(document, {f"changes.{place}": one})
    ]
    assert one_by_one == whole[1:]


@given(
    st.lists(st.sampled_from(["issued", "revoked", "suspended", "lifted"]), max_size=30), st.integers(1, 50)
)
def test_every_dimension_adds_up_to_the_number_of_events(measures, times):
    counted = count((Event(SUBJECT, measure, date(2026, 11, 22)) for measure in measures), times=times)
    for dimension in DIMENSIONS:
        assert sum(n for (name, _), n in counted.items() if name.startswith(f"{dimension}|")) == times * len(
            measures
        )
