from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from keys.errors import Refused
from keys.pair import Algorithm, PrivateKey
from keys.ring import KeyRing, KeyState

DID = "did:web:registry.example"
PUBLICS = [PrivateKey.generate(Algorithm.ED25519).public for _ in range(8)]
A, B = (f"{DID}#{public.multikey}" for public in PUBLICS[:2])


def day(number, **more):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number, **more)


EMPTY = KeyRing(DID, ())
ADDED = EMPTY.add(PUBLICS[0], day(0))
ACTIVE = ADDED.activate(A, day(10))
ROTATED = ACTIVE.add(PUBLICS[1], day(15)).activate(B, day(20))
RETIRED = ROTATED.retire(B, day(30))
COMPROMISED = ACTIVE.compromise(A, since=day(15))
RETIRED_THEN_COMPROMISED = ROTATED.compromise(A, since=day(15))


@pytest.mark.parametrize(
    ("ring", "id_", "signed_at", "code"),
    [
        (ADDED, A, day(5), "key.pending"),
        (ADDED, B, day(5), "key.unknown"),
        (ACTIVE, A, day(9), "key.not_yet_active"),
        (ACTIVE, A, day(10), None),
        (ACTIVE, A, day(5_000), None),
        (ROTATED, A, day(9), "key.not_yet_active"),
        (ROTATED, A, day(12), None),
        (ROTATED, A, day(20), None),
        (ROTATED, A, day(20, seconds=1), "key.signed_after_retirement"),
        (ROTATED, B, day(19), "key.not_yet_active"),
        (ROTATED, B, day(20), None),
        (RETIRED, B, day(30), None),
        (RETIRED, B, day(31), "key.signed_after_retirement"),
        (COMPROMISED, A, day(9), "key.not_yet_active"),
        (COMPROMISED, A, day(15, seconds=-1), None),
        (COMPROMISED, A, day(15), "key.compromised"),
        (COMPROMISED, A, day(16), "key.compromised"),
        (RETIRED_THEN_COMPROMISED, A, day(14), None),
        (RETIRED_THEN_COMPROMISED, A, day(17), "key.compromised"),
        (RETIRED_THEN_COMPROMISED, B, day(25), None),
        (ADDED.compromise(A, since=day(5)), A, day(4), "key.pending"),
        (ADDED.compromise(A, since=day(5)), A, day(5), "key.compromised"),
    ],
)
def test_window(ring, id_, signed_at, code):
    if code is None:
        assert ring.key_at(id_, signed_at).id == id_
        return
    with pytest.raises(Refused) as caught:
        ring.key_at(id_, signed_at)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda: EMPTY.active, "key.none_active"),
        (lambda: ADDED.active, "key.none_active"),
        (lambda: RETIRED.active, "key.none_active"),
        (lambda: COMPROMISED.active, "key.none_active"),
        (lambda: ADDED.add(PUBLICS[0], day(1)), "key.duplicate"),
        (lambda: ROTATED.add(PUBLICS[0], day(40)), "key.duplicate"),
        (lambda: ACTIVE.activate(A, day(11)), "key.not_pending"),
        (lambda: ROTATED.activate(A, day(40)), "key.not_pending"),
        (lambda: COMPROMISED.activate(A, day(40)), "key.not_pending"),
        (lambda: ADDED.retire(A, day(1)), "key.not_active"),
        (lambda: ROTATED.retire(A, day(40)), "key.not_active"),
        (lambda: EMPTY.activate(A, day(1)), "key.unknown"),
        (lambda: EMPTY.retire(A, day(1)), "key.unknown"),
        (lambda: EMPTY.compromise(A, since=day(1)), "key.unknown"),
        (lambda: ADDED.activate(A, day(-1)), "key.time_reversed"),
        (lambda: ACTIVE.retire(A, day(9)), "key.time_reversed"),
        (lambda: ACTIVE.add(PUBLICS[1], day(5)).activate(B, day(9)), "key.time_reversed"),
        (lambda: KeyRing(DID, (*ACTIVE.keys, *ACTIVE.keys)), "key.ring_malformed"),
        (lambda: replace(ACTIVE, controller="did:web:other.example"), "key.ring_malformed"),
        (
            lambda: replace(ROTATED, keys=tuple(replace(k, state=KeyState.ACTIVE) for k in ROTATED.keys)),
            "key.ring_malformed",
        ),
    ],
)
def test_refused_acts(act, code):
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.code == code


def test_rotation_retires_the_key_before():
    assert [key.state for key in ROTATED.keys] == [KeyState.RETIRED, KeyState.ACTIVE]
    assert ROTATED.active.id == B
    assert ROTATED.find(A).retired == ROTATED.find(B).activated == day(20)


def test_the_key_before_may_stay_good_a_little_longer():
    ring = ACTIVE.add(PUBLICS[1], day(15)).activate(B, day(20), overlap=timedelta(seconds=5))
    for id_ in (A, B):
        ring.key_at(id_, day(20))
    ring.key_at(A, day(20) + timedelta(seconds=5))
    with pytest.raises(Refused, match=r"^key\.signed_after_retirement"):
        ring.key_at(A, day(20) + timedelta(seconds=6))


def test_acts_do_not_change_the_ring_they_start_from():
    assert ADDED.find(A).state is KeyState.PENDING
    assert ACTIVE.active.id == A


def test_a_second_report_moves_the_cut_off_back_only():
    assert COMPROMISED.compromise(A, since=day(30)).find(A).compromised_since == day(15)
    assert COMPROMISED.compromise(A, since=day(12)).find(A).compromised_since == day(12)


def test_a_signature_in_the_second_of_activation_is_good():
    """``created`` of a proof has whole seconds: it may look older than the activation's fraction."""
    half = timedelta(microseconds=500_000)
    ring = ADDED.activate(A, day(10) + half)
    ring.key_at(A, day(10))
    ring = ring.retire(A, day(11) + half)
    ring.key_at(A, day(11) + half)
    ring.key_at(A, day(11) + half + timedelta(microseconds=1))


def test_zones_do_not_matter_and_a_time_without_one_is_a_defect():
    beijing = timezone(timedelta(hours=8))
    ACTIVE.key_at(A, day(10).astimezone(beijing))
    assert ADDED.activate(A, day(10).astimezone(beijing)) == ACTIVE
    with pytest.raises(ValueError, match="zone"):
        ADDED.activate(A, day(10).replace(tzinfo=None))


class Rotation(RuleBasedStateMachine):
    """Time only goes on; the active key signs now and then; nothing but a cut-off may spoil that."""

    def __init__(self):
        super().__init__()
        self.ring, self.now, self.spare = EMPTY, day(0), list(PUBLICS)
        self.signed = []

    def keys_in(self, *states):
        return [key.id for key in self.ring.keys if key.state in states]

    @rule(step=st.timedeltas(timedelta(0), timedelta(days=400)))
    def wait(self, step):
        self.now += step

    @precondition(lambda self: self.spare)
    @rule()
    def add(self):
        self.ring = self.ring.add(self.spare.pop(), self.now)

    @precondition(lambda self: self.keys_in(KeyState.PENDING))
    @rule(data=st.data())
    def activate(self, data):
        self.ring = self.ring.activate(data.draw(st.sampled_from(self.keys_in(KeyState.PENDING))), self.now)

    @precondition(lambda self: self.keys_in(KeyState.ACTIVE))
    @rule()
    def retire(self):
        self.ring = self.ring.retire(self.ring.active.id, self.now)

    @precondition(lambda self: self.keys_in(KeyState.ACTIVE))
    @rule()
    def sign(self):
        self.signed.append((self.ring.active.id, self.now))

    @precondition(lambda self: self.ring.keys)
    @rule(data=st.data(), back=st.timedeltas(timedelta(0), timedelta(days=400)))
    def compromise(self, data, back):
        id_ = data.draw(st.sampled_from([key.id for key in self.ring.keys]))
        self.ring = self.ring.compromise(id_, since=self.now - back)

    @invariant()
    def at_most_one_is_active(self):
        assert len(self.keys_in(KeyState.ACTIVE)) <= 1

    @invariant()
    def what_was_signed_stays_good_up_to_a_cut_off(self):
        for id_, moment in self.signed:
            since = self.ring.find(id_).compromised_since
            if since is None or moment.replace(microsecond=0) < since:
                self.ring.key_at(id_, moment)
            else:
                with pytest.raises(Refused, match=r"key\.compromised"):
                    self.ring.key_at(id_, moment)


TestRotation = Rotation.TestCase
TestRotation.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
