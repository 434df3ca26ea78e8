"""The look-up: any two of three, honest reasons, nothing for who guesses."""

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from pymongo.read_concern import ReadConcern

from registry.addresses import client_network
from registry.guesses import PER_ADDRESS
from verify import lookup
from verify.lookup import PER_SUBJECT

UNKNOWN = "S000033000002263999999"  # an assessor here, a serial it never reached


@pytest.fixture
def issued(house):
    return house.issued()


@pytest.fixture
def holder(make_body):
    return make_body()["holder"]


def reason(verdict):
    return verdict["outcome"], verdict["reason"]["code"] if verdict["reason"] else None


def post(house, asked, address="203.0.113.9"):
    return house.client().post("/api/v1/verifications", json=asked, environ_base={"REMOTE_ADDR": address})


def misses(house):
    """What is counted, as the primary holds it: nobody waits for the others to have it too."""
    return list(house.database.get_collection("lookup_misses", read_concern=ReadConcern("local")).find())


def test_any_two(house, issued, holder):
    number, name, id_number = issued["number"], holder["name"], holder["id_number"]
    for asked in (
        {"number": number, "name": name},
        {"number": f" {number.lower()} ", "id_number": f"{id_number[:6]} {id_number[6:].lower()}"},
        {"name": name, "id_number": id_number},
        {"number": number, "name": name, "id_number": id_number},
        {"number": number, "holder": name},
        {"number": number, "holder": id_number},
    ):
        assert reason(house.verify(**asked)) == ("valid", None), asked


def test_one_wrong_of_three_is_no_match(house, issued, holder, make_number):
    number, name, id_number = issued["number"], holder["name"], holder["id_number"]
    answers = [
        house.verify(**asked)
        for asked in (
            {"number": number, "name": "王试验"},
            {"number": UNKNOWN, "name": name},
            {"number": number, "id_number": make_number(7)},
            {"name": "王试验", "id_number": id_number},
            {"name": name, "id_number": make_number(7)},
            {"number": number, "name": name, "id_number": make_number(7)},
            {"number": number, "name": ""} | {"id_number": make_number(7)},
        )
    ]
    for answer in answers:
        assert reason(answer) == ("unknown", "lookup.no_match")
        assert answer == answers[0]  # word for word: the clock stands still


def test_one_thing_alone_is_not_enough(house, issued):
    for asked in ({"number": issued["number"]}, {"name": "欧阳试验"}):
        assert post(house, asked).status_code == 422
    assert reason(house.verify(number=issued["number"], name=" ")) == ("unknown", "lookup.no_match")
    page = house.client().post("/lookup?lang=en", data={"number": issued["number"], "name": " "})
    assert "Two of number" in page.text


def test_of_a_person_the_one_in_force_comes_first(house, issued, holder, make_body):
    other = house.issued(make_body(level="4"))
    path = f"/api/v1/certificates/{other['number']}/revocation"
    house.client().post(path, json={"reason": "false_results"}, headers=house.headers())
    found = house.verify(name=holder["name"], id_number=holder["id_number"])
    assert (found["outcome"], found["certificate"]["number"]) == ("valid", issued["number"])
    assert found["others"] == [{"code": other["code"], "outcome": "revoked"}]
    assert house.verify(number=issued["number"], name=holder["name"])["others"] == []


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("S00003300000226300003", "number.unknown_form"),
        ("S000099000002263000031", "number.province"),
        ("S000033000002269000031", "number.level"),
        ("S000033000002263000000", "number.serial"),
        ("x", "number.unknown_form"),
        ("S000033000009263000031", "lookup.not_issued_here"),
        ("Y000044000009-ZX-26-000001", "lookup.not_issued_here"),
    ],
)
def test_what_everybody_may_know_is_said(house, number, code):
    verdict = house.verify(number=number, name="欧阳试验")
    assert reason(verdict) == ("unknown", code)
    page = house.client().post("/lookup?lang=zh", data={"number": number, "holder": "欧阳试验"})
    assert page.status_code == 200
    assert verdict["reason"]["zh"] in page.text


def test_the_national_site_is_named(house):
    data = {"number": "S000033000009263000031", "holder": "欧阳试验"}
    assert lookup.NATIONAL_SITE in house.client().post("/lookup", data=data).text


def test_revoked_after_a_match_only(house, issued, holder):
    path = f"/api/v1/certificates/{issued['number']}/revocation"
    house.client().post(path, json={"reason": "false_results"}, headers=house.headers())
    assert reason(house.verify(number=issued["number"], name=holder["name"])) == ("revoked", "status.revoked")
    assert reason(house.verify(number=issued["number"], name="王试验")) == ("unknown", "lookup.no_match")


def test_the_same_work_for_a_wrong_name_and_an_unknown_number(
    house, issued, holder, make_number, monkeypatch
):
    opened, real = [], lookup.open_holder
    monkeypatch.setattr(lookup, "open_holder", lambda *args, **more: opened.append(1) or real(*args, **more))
    work = {}
    for way, asked in {
        "wrong name": {"number": issued["number"], "name": "王试验"},
        "unknown number": {"number": UNKNOWN, "name": "王试验"},
        "person, wrong name": {"id_number": holder["id_number"], "name": "王试验"},
        "no such person": {"id_number": make_number(7), "name": "王试验"},
    }.items():
        opened.clear()
        house.verify(**asked)
        work[way] = len(opened)
    assert work["wrong name"] == work["unknown number"] == 1
    assert work["person, wrong name"] == work["no such person"] == lookup.MOST_OF_A_PERSON


def test_the_same_time_for_a_wrong_name_and_an_unknown_number(house, issued, monkeypatch):
    monkeypatch.setattr("verify.lookup.PER_ADDRESS", PER_ADDRESS.__class__(10**6, PER_ADDRESS.window))
    monkeypatch.setattr("verify.lookup.PER_SUBJECT", PER_SUBJECT.__class__(10**6, PER_SUBJECT.window))
    taken = {issued["number"]: [], UNKNOWN: []}
    for turn in range(80):
        for number, times in taken.items():
            started = time.perf_counter()
            house.verify(number=number, name="王试验")
            times.append(time.perf_counter() - started if turn > 5 else 0.0)
    known, unknown = (statistics.median(times[6:]) for times in taken.values())
    assert abs(known - unknown) < 0.35 * max(
        known, unknown
    )  # both wait for the same questions to the database


def test_guessing_from_one_address_is_slowed(house, issued, holder):
    for n in range(PER_ADDRESS.misses):
        assert post(house, {"number": f"S000033000002263{n + 500:06}", "name": "王试验"}).status_code == 200
    right = {"number": issued["number"], "name": holder["name"]}
    refused = post(house, right)
    assert (refused.status_code, refused.json["code"]) == (429, "lookup.too_many")
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    form = {"number": issued["number"], "holder": holder["name"]}
    page = house.client().post("/lookup?lang=en", data=form, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert page.status_code == 429
    assert page.headers["Retry-After"] == refused.headers["Retry-After"]
    assert "Too many look-ups" in page.text
    assert post(house, right, address="203.0.113.10").json["outcome"] == "valid"
    assert house.verify(code=issued["code"])["outcome"] == "valid"  # the QR's page is not held back
    house.clock.advance(minutes=10)
    assert post(house, right).json["outcome"] == "valid"


@pytest.mark.parametrize("way", ["api", "page"])
def test_many_guesses_at_once_are_no_more_than_the_limit(house, issued, way):
    """Counted before they are judged: what runs beside each other cannot all be the first."""

    def guess(n):
        asked = {"number": issued["number"], "name": "王试验"}
        if way == "api":
            return post(house, asked, address=f"198.51.100.{n}").status_code
        address = {"REMOTE_ADDR": f"198.51.100.{n}"}
        return house.client().post("/lookup", data=asked, environ_base=address).status_code

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(24)))
    assert (answers.count(200), answers.count(429)) == (PER_SUBJECT.misses, 24 - PER_SUBJECT.misses)


def test_of_many_at_once_who_is_right_is_not_counted(house, issued, holder):
    right = {"number": issued["number"], "name": holder["name"]}
    with ThreadPoolExecutor(8) as pool:
        outcomes = [one.json["outcome"] for one in pool.map(lambda _: post(house, right), range(40))]
    assert outcomes == ["valid"] * 40
    assert {one["n"] for one in misses(house)} == {0}


def test_what_everybody_may_know_is_no_guess(house):
    for _ in range(PER_ADDRESS.misses + 1):
        assert post(house, {"number": "S000033000009263000031", "name": "王试验"}).status_code == 200
    assert misses(house) == []


@pytest.mark.parametrize("exists", [True, False])
def test_guessing_at_one_number_from_everywhere_is_slowed_whether_it_exists_or_not(house, issued, exists):
    number = issued["number"] if exists else UNKNOWN
    for n in range(PER_SUBJECT.misses):
        written = number.lower() if n % 2 else f" {number} "
        assert (
            post(house, {"number": written, "name": "王试验"}, address=f"198.51.100.{n}").status_code == 200
        )
    refused = post(house, {"number": number, "name": "欧阳试验"}, address="198.51.100.99")
    assert (refused.status_code, refused.json["code"]) == (429, "lookup.too_many")


def test_who_finds_is_never_stopped(house, issued, holder):
    for _ in range(PER_ADDRESS.misses + 2):
        assert post(house, {"number": issued["number"], "name": holder["name"]}).json["outcome"] == "valid"


def test_counts_hold_neither_address_nor_number(house, issued):
    post(house, {"number": UNKNOWN, "name": "王试验"})
    kept = misses(house)
    assert len(kept) == 2
    assert UNKNOWN not in json.dumps(kept, default=repr)
    assert "203.0" not in json.dumps(kept, default=repr)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        (None, "unknown"),
        ("x", "unknown"),
    ],
)
def test_one_client_is_an_address_or_a_network(address, network):
    assert client_network(address) == network
