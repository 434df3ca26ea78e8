"""Every search begins at an index, finds what it should, and nothing of another assessor."""

from __future__ import annotations

from datetime import date

import pytest

from registry.people import name_key, person_key
from registry.record_documents import INDEXES
from registry.searching import Query

NAMES = {index.document["name"] for index in INDEXES} | {"_id_"}


def steps(plan):
    yield plan
    for name in ("inputStage", "inputStages", "shards"):
        inner = plan.get(name, [])
        for one in inner if isinstance(inner, list) else [inner]:
            yield from steps(one)


@pytest.fixture
def issued(house, make_body):
    return [house.issued(make_body(person=person, level=level)) for person, level in enumerate("3345")]


def queries(house, issued, make_number):
    vault, own = house.registry.vault, (house.association,)
    number = issued[0]["number"]
    return {
        "number": (Query(own, number=number), 1),
        "start of a number": (Query(own, number=number[:15]), 4),
        "numbers": (Query(own, numbers=(number, issued[1]["number"], "X")), 2),
        "codes": (Query(own, codes=(issued[2]["code"],)), 1),
        "name": (Query(own, names=(name_key(vault, "歐陽 试验"),)), 4),
        "person": (Query(own, persons=(person_key(vault, "resident_id", make_number(1)),)), 1),
        "level": (Query(own, level="3"), 2),
        "occupation": (Query(own, occupations=("6-31-01-03",)), 4),
        "state": (Query(own, state="revoked"), 0),
        "days": (Query(own, recorded_from=date(2026, 11, 22), recorded_to=date(2026, 11, 22)), 4),
        "earlier days": (Query(own, recorded_to=date(2026, 11, 21)), 0),
        "day of issue": (Query(own, issued_from=date(2026, 11, 22)), 4),
        "another assessor": (Query((house.college,), number=number), 0),
        "all assessors": (Query((house.college, house.association), level="3"), 2),
    }


def test_every_search_is_served_by_an_index(house, issued, make_number):
    for name, (query, expected) in queries(house, issued, make_number).items():
        found, _ = house.registry.searching.page(query)
        assert len(found) == expected, name
        plan = house.registry.searching.find(query, limit=51).explain()["queryPlanner"]["winningPlan"]
        stages = list(steps(plan))
        assert "COLLSCAN" not in [one["stage"] for one in stages], name
        assert {one["indexName"] for one in stages if one["stage"] == "IXSCAN"} <= NAMES, name


def test_older_certificates_are_given_their_names_and_again_does_no_harm(house, issued):
    house.database["certificates"].update_many({}, {"$unset": {"name_key": ""}})
    searching, vault = house.registry.searching, house.registry.vault
    query = Query((house.association,), names=(name_key(vault, "欧阳试验"),))
    assert searching.page(query)[0] == []
    assert [searching.index_names(vault), searching.index_names(vault)] == [4, 0]
    assert len(searching.page(query)[0]) == 4


def test_a_search_of_the_console_finds_a_name_and_hides_it_from_the_address(house, issued):
    client = house.client()
    house.make_account("finder", house.association, "clerk")
    house.enter(client, "finder")
    page = client.get("/console/certificates").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    found = client.post("/console/certificates", data={"csrf_token": token, "q": "歐陽试验"})
    assert all(one["number"] in found.text for one in issued)
    nobody = client.post("/console/certificates", data={"csrf_token": token, "q": "王不在"})
    assert not any(one["number"] in nobody.text for one in issued)
