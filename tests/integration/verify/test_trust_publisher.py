"""The trust list's version: one for all processes, growing with every change and every day, never going back."""

import json
from datetime import timedelta

import pytest

from keys.errors import Refused
from registry.keyrings import REGISTRY
from verify.offline import read_status_lists, verify_offline
from verify.trust_list import read_trust_list
from verify.trust_publisher import TrustPublisher


@pytest.fixture
def publish(house):
    """Publish as a process that has just started would."""
    return lambda: TrustPublisher(house.registry, house.services.issuers)()  # noqa: PLW0108 - a new one each time


def version(data):
    return json.loads(data)["version"]


def root(house):
    return house.registry.keyrings.ring(REGISTRY).active.public


def test_two_processes_give_the_same_bytes(house, publish):
    first = publish()
    house.clock.advance(seconds=7)
    assert publish() == first


def test_it_grows_when_something_changes_and_when_the_day_turns(house, publish):
    first = publish()
    house.clock.advance(seconds=1)
    house.registry.keyrings.rotate(house.association, at=house.clock())
    second = publish()
    house.clock.advance(days=1)
    third = publish()
    assert version(first) < version(second) < version(third)
    assert publish() == third
    assert read_trust_list(third, root=root(house)).made_at == house.clock().replace(microsecond=0)


def test_a_clock_that_runs_behind_does_not_go_back(house, publish):
    first = publish()
    house.clock.advance(days=-1)
    assert publish() == first
    house.registry.keyrings.rotate(house.association, at=house.clock() + timedelta(days=2))
    assert version(publish()) == version(first) + 1


def test_a_restored_record_does_not_go_back(house, publish):
    first = publish()
    house.database["trust_lists"].delete_many({})
    house.clock.advance(seconds=2)
    assert version(publish()) > version(first)


def test_a_change_while_reading_is_not_lost(house, publish, monkeypatch):
    """Another process writes between our look and our writing: what we then publish is read anew."""
    publish()
    real, others = house.registry.status_lists.digests, []

    def digests():
        read = real()
        if not others:
            others.append(None)
            house.clock.advance(seconds=1)
            house.registry.keyrings.rotate(house.association, at=house.clock())
            others[0] = publish()
        return read

    monkeypatch.setattr(house.registry.status_lists, "digests", digests)
    house.registry.keyrings.rotate(house.association, at=house.clock())
    assert publish() == others[0]


def test_a_revocation_outdates_the_lists_before_it(house, publish, make_body):
    issued = house.issued(make_body())
    lists = [house.registry.status_lists.publish(f"{purpose}-1") for purpose in ("revocation", "suspension")]
    house.clock.advance(seconds=5)
    before = read_trust_list(publish(), root=root(house))
    house.client().post(
        f"/api/v1/certificates/{issued['number']}/revocation",
        json={"reason": "issued_in_error"},
        headers=house.headers(),
    )
    after = read_trust_list(publish(), root=root(house))
    saved = read_status_lists(lists, root=root(house))
    outcomes = [
        verify_offline(issued["credential"].encode(), trust, saved, at=house.clock()).outcome.value
        for trust in (before, after)
    ]
    assert outcomes == ["valid", "unknown"]


def test_who_pinned_the_key_before_follows_a_rotation(house, publish):
    old = root(house)
    house.clock.advance(seconds=1)
    house.registry.keyrings.rotate(REGISTRY, at=house.clock())
    new = root(house)
    followed = read_trust_list(publish(), root=old)
    assert followed.root == new
    assert read_trust_list(publish(), root=new) == followed


def test_a_compromised_key_vouches_for_nothing(house, publish):
    old = house.registry.keyrings.ring(REGISTRY).active
    house.clock.advance(seconds=1)
    house.registry.keyrings.rotate(REGISTRY, at=house.clock())
    house.registry.keyrings.compromise(REGISTRY, old.id, since=house.clock())
    with pytest.raises(Refused, match=r"proof\.signature"):
        read_trust_list(publish(), root=old.public)
    assert read_trust_list(publish(), root=root(house))
