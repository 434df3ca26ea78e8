"""A retry gets the certificate that stands; the same key with another body is refused."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

THREADS = 16
KEY = {"Idempotency-Key": "7d9f1a52-b2a5-4d0e-8f0a-2f3b6f6f2a10"}


def test_the_same_key_and_body_give_the_same_certificate(house, make_body):
    first, second = (house.issue(make_body(), **KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert house.counts()["certificates"] == 1


def test_the_same_body_in_another_order_is_the_same(house, make_body):
    first = house.issue(make_body(), **KEY)
    second = house.issue(dict(reversed(make_body().items())), **KEY)
    assert first.json == second.json


def test_the_same_key_with_another_body_is_refused(house, make_body):
    house.issue(make_body(), **KEY)
    for other in (make_body(person=1), make_body(level="2"), make_body(job="低压")):
        response = house.issue(other, **KEY)
        assert (response.status_code, response.json["code"]) == (422, "issue.idempotency_conflict")
        assert response.json["field"] == "Idempotency-Key"
    assert house.counts()["certificates"] == 1


def test_the_key_of_another_assessor_is_another_key(house, make_body):
    first = house.issue(make_body(), **KEY)
    second = house.issue(make_body(person=1), assessor=house.college, **KEY)
    assert first.json["number"] != second.json["number"]


def test_a_retry_after_a_revocation_shows_what_became_of_it(house, make_body):
    number = house.issue(make_body(), **KEY).json["number"]
    path = f"/api/v1/certificates/{number}/revocation"
    house.client().post(path, json={"reason": "issued_in_error"}, headers=house.headers())
    again = house.issue(make_body(), **KEY).json
    assert (again["number"], again["state"]) == (number, "revoked")


def test_a_key_has_a_length(house, make_body):
    for key in ("", "x" * 201):
        response = house.issue(make_body(), **{"Idempotency-Key": key})
        assert (response.status_code, response.json["code"]) == (422, "issue.idempotency_key")
    assert house.counts()["certificates"] == 0


def together(act, times=THREADS):
    barrier = Barrier(times)

    def start(turn):
        barrier.wait()
        return act(turn)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(start, range(times)))


def test_many_retries_at_once_make_one_certificate(house, make_body):
    answers = together(lambda _: house.issue(make_body(), **KEY))
    assert [answer.status_code for answer in answers] == [201] * THREADS
    assert len({answer.json["number"] for answer in answers}) == 1
    assert len({answer.json["credential"] for answer in answers}) == 1
    assert house.counts()["certificates"] == 1


def test_one_key_with_many_bodies_at_once_makes_one_certificate(house, make_body):
    answers = together(lambda turn: house.issue(make_body(person=turn), **KEY))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * (THREADS - 1)
    assert house.counts()["certificates"] == 1
