"""``skills-registry verify FILE`` on files saved from the service: no network, no database, an exit code an outcome."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from keys.errors import Refused
from keys.pair import Algorithm, PrivateKey
from registry.keyrings import REGISTRY
from verify.commands import EXIT_CODES, verify_command
from verify.offline import read_status_lists, verify_offline
from verify.trust_list import read_trust_list

CODES = {"valid": 0, "revoked": 10, "suspended": 11, "expired": 12, "not_yet_valid": 13, "superseded": 14}
CODES |= {"untrusted": 15, "broken": 16, "unknown": 17}


@pytest.fixture
def clock(clock):
    clock.now = datetime.now(UTC).replace(microsecond=0)  # the command asks the wall, so the service does too
    return clock


@pytest.fixture
def issued(house, make_body):
    today = (house.clock.now + timedelta(hours=8)).date()
    house.database["assessors"].update_many(
        {}, {"$set": {"accreditations.0.valid_from": "2020-01-01", "accreditations.0.valid_until": None}}
    )
    house.forget()
    return house.issued(make_body(issued_on=today.isoformat()))


@pytest.fixture
def root(house):
    return house.registry.keyrings.ring(REGISTRY).active.public.multikey


@pytest.fixture
def save(house, issued, tmp_path):
    """Save everything anew, as somebody with a browser would; gives the paths by name."""

    def fetch(path):
        response = house.client().get(path)
        assert response.status_code == 200
        return response.data

    def save_all():
        house.forget()
        saved = {
            "certificate": issued["credential"].encode(),
            "trust": fetch("/trust-list"),
            "revocation": fetch("/status-lists/revocation-1"),
            "suspension": fetch("/status-lists/suspension-1"),
        }
        for name, data in saved.items():
            (tmp_path / name).write_bytes(data)
        return tmp_path

    return save_all


def run(folder, root, *, lists=("revocation", "suspension"), more=()):
    arguments = [str(folder / "certificate"), "--trust", str(folder / "trust"), *more]
    for name in lists:
        arguments += ["--status", str(folder / name)]
    return CliRunner().invoke(verify_command, [*arguments, *(["--root", root] if root else [])])


def test_every_outcome_has_an_exit_code():
    assert {outcome.value: code for outcome, code in EXIT_CODES.items()} == CODES


def test_valid_without_network_and_database(save, root):
    for key in (root, None):
        result = run(save(), key)
        assert (result.exit_code, result.output.splitlines()[0]) == (0, "valid")


def test_as_json(save, root):
    result = run(save(), root, more=["--json"])
    answer = json.loads(result.output)
    assert answer["outcome"] == "valid"
    assert {"name": "record", "result": "unknown", "code": "record.not_asked", "number": "V604"} in answer[
        "checks"
    ]


@pytest.mark.parametrize("lists", [(), ("revocation",), ("suspension",)])
def test_without_its_status_lists_it_is_unknown(save, root, lists):
    result = run(save(), root, lists=lists)
    assert (result.exit_code, result.output.splitlines()[0]) == (17, "unknown")


@pytest.mark.parametrize(("act", "code"), [("revocation", 10), ("suspension", 11)])
def test_as_of_the_list(house, issued, save, root, act, code):
    folder = save()
    path = f"/api/v1/certificates/{issued['number']}/{act}"
    house.client().post(path, json={"reason": "under_investigation"}, headers=house.headers())
    assert run(folder, root).exit_code == 0  # the copy is of the time before
    result = run(save(), root)
    assert result.exit_code == code
    assert "欧阳试验" not in result.output


def test_a_revocation_shows_even_where_the_other_list_is_missing(house, issued, save, root):
    path = f"/api/v1/certificates/{issued['number']}/revocation"
    house.client().post(path, json={"reason": "issued_in_error"}, headers=house.headers())
    assert run(save(), root, lists=("revocation",)).exit_code == 10


def test_an_old_list_proves_a_revocation_but_not_that_there_is_none(house, issued, save, root):
    folder = save()
    trust = read_trust_list((folder / "trust").read_bytes(), root=None)
    lists = read_status_lists(
        [(folder / name).read_bytes() for name in ("revocation", "suspension")], root=None
    )
    document = (folder / "certificate").read_bytes()
    now = house.clock.now
    assert verify_offline(document, trust, lists, at=now + timedelta(hours=23)).outcome.value == "valid"
    assert verify_offline(document, trust, lists, at=now + timedelta(days=1)).outcome.value == "unknown"


def test_a_superseded_certificate_is_in_the_revocation_list(house, issued, save, root):
    house.database["certificates"].update_one({"_id": issued["code"]}, {"$set": {"state": "superseded"}})
    assert run(save(), root).exit_code == 10


def test_a_tampered_certificate_is_broken(save, root):
    folder = save()
    file = folder / "certificate"
    file.write_bytes(file.read_bytes().replace(b'"skillLevel":"3"', b'"skillLevel":"1"'))
    assert run(folder, root).exit_code == 16
    file.write_bytes(b"")
    assert run(folder, root).exit_code == 16


def refusal(result):
    assert isinstance(result.exception, Refused), result.output
    return result.exception.code


@pytest.mark.parametrize("name", ["trust", "revocation"])
def test_a_tampered_list_is_refused(save, root, name):
    folder = save()
    file = folder / name
    file.write_bytes(file.read_bytes().replace(b'"revocation"', b'"suspension"').replace(b'"3"', b'"5"'))
    assert refusal(run(folder, root)) == "proof.signature"


def test_lists_signed_by_another_are_refused(save):
    other = PrivateKey.generate(Algorithm.ED25519).public.multikey
    assert refusal(run(save(), other)) == "proof.signature"


def test_an_older_trust_list_is_refused(house, save, root):
    old = (save() / "trust").read_bytes()
    house.clock.advance(seconds=5)
    house.registry.keyrings.rotate(house.association, at=house.clock())
    new = (save() / "trust").read_bytes()
    known = read_trust_list(new, root=None).version
    assert read_trust_list(new, root=None, not_before=known).version == known
    with pytest.raises(Refused, match=r"trust_list\.rollback"):
        read_trust_list(old, root=None, not_before=known)
    folder = save()
    (folder / "trust").write_bytes(old)
    assert refusal(run(folder, root, more=["--trust-version", str(known)])) == "trust_list.rollback"


def test_an_assessor_missing_from_the_trust_list_is_untrusted(house, save, root):
    house.database["assessors"].delete_one({"_id": house.association})
    assert run(save(), root).exit_code == 15


def test_a_rotated_and_a_compromised_key(house, save, root):
    house.clock.advance(hours=1)
    ring = house.registry.keyrings.rotate(house.association, at=house.clock())
    assert run(save(), root).exit_code == 0
    house.registry.keyrings.compromise(house.association, ring.keys[0].id, since=house.clock())
    assert run(save(), root).exit_code == 17  # offline nothing proves when it was signed
