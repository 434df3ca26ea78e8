"""32 writers at once on a real MongoDB: no number twice, no status index twice, none lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from issuers.request import IssueRequest
from keys.errors import Refused
from registry import status_pool
from registry.sequence import Sequence
from registry.status_pool import StatusPool

WRITERS, EACH = 32, 6
SMALL_BLOCK = 5  # 192 certificates exhaust it dozens of times


def together(act, times=WRITERS):
    barrier = Barrier(times)

    def start(turn):
        barrier.wait()
        return act(turn)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(start, range(times)))


@pytest.fixture
def desks(services, database):
    """Two desks on one database, as two processes have them."""
    return [
        replace(
            services.issuers.desk,
            numbers=Sequence(database["counters"], block=SMALL_BLOCK),
            status=StatusPool(database["status_pools"], block=SMALL_BLOCK),
        )
        for _ in range(2)
    ]


@pytest.fixture
def make_request(make_number, clock):
    def make(person, **changes):
        return IssueRequest(
            **{
                "kind": "skill_level",
                "holder_name": "欧阳试验",
                "id_type": "resident_id",
                "id_number": make_number(person),
                "occupation_code": "6-31-01-03",
                "occupation_edition": "2022",
                "level": "3",
                "issued_on": clock().date(),
            }
            | changes
        )

    return make


def test_no_number_and_no_status_index_twice_and_none_lost(desks, services, database, make_request, house):
    assessor = services.issuers.assessors.find(house.association)

    def write(turn):
        desk = desks[turn % 2]
        return [desk.issue(make_request(turn * EACH + n), assessor) for n in range(EACH)]

    issued = [record for records in together(write) for record in records]
    assert len(issued) == WRITERS * EACH
    assert len({record.number for record in issued}) == len(issued)
    assert len({record.code for record in issued}) == len(issued)
    assert len({record.status for record in issued}) == len(issued)
    stored = {found["_id"]: found["credential"] for found in database["certificates"].find()}
    assert stored == {record.code: record.credential for record in issued}
    at = services.registry.clock()
    outcomes = Counter(services.verifier.verify_code(code, at=at).outcome.value for code in stored)
    assert outcomes == {"valid": len(issued)}


def test_status_indices_do_not_tell_the_order_of_issue(desks, services, make_request, house):
    assessor = services.issuers.assessors.find(house.association)
    indices = [desks[0].issue(make_request(n), assessor).status.index for n in range(12)]
    assert indices not in (sorted(indices), sorted(indices, reverse=True))
    assert max(indices) > 1000


def test_of_two_who_certify_the_same_person_one_wins(desks, services, database, make_request, house):
    assessor = services.issuers.assessors.find(house.association)

    def write(turn):
        try:
            return desks[turn % 2].issue(make_request(7), assessor)
        except Refused as refused:
            return refused.code

    answers = together(write, times=8)
    assert sorted(answer for answer in answers if isinstance(answer, str)) == ["issue.already_held"] * 7
    assert database["certificates"].count_documents({}) == 1


def test_a_full_list_is_followed_by_the_next(database, monkeypatch):
    """Two processes on lists of 48 places: every place is given once, and lists open as they are needed."""
    monkeypatch.setattr(status_pool, "SIZE", 48)
    pools = [StatusPool(database["status_pools"], block=SMALL_BLOCK) for _ in range(2)]
    taken = together(lambda turn: [pools[turn % 2].take() for _ in range(EACH)], times=16)
    places = [place for some in taken for place in some]
    assert len(places) == len(set(places)) == 16 * EACH
    assert {place.index for place in places} <= set(range(48))
    assert len(pools[0].lists()) >= 2


def test_numbers_of_two_names_are_counted_apart_and_begin_at_one(database):
    counters = [Sequence(database["counters"], block=SMALL_BLOCK) for _ in range(2)]
    taken = together(lambda turn: [(name, counters[turn % 2].take(name)) for name in "ab"], times=16)
    numbers = [pair for some in taken for pair in some]
    assert len(numbers) == len(set(numbers)) == 32
    assert {("a", 1), ("b", 1)} <= set(numbers)
