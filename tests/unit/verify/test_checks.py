"""Every outcome, from evidence made by hand: the pure core decides without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.errors import Refused
from keys.jcs import canonicalize
from keys.pair import Algorithm, PrivateKey
from keys.ring import KeyRing
from registry.credential import AccreditationReference, Appointment, build_credential
from registry.problems import find_problem
from registry.state import State
from verify.checks import STEPS, Evidence, Trust, check_credential
from verify.verdict import Outcome, Result

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def judge(document, evidence, at=NOW):
    verdict = check_credential(document, evidence, at=at)
    for check in verdict.checks:  # each has words, in both languages
        problem = find_problem(check.code)
        assert problem.zh.format_map(check.params)
        assert problem.en.format_map(check.params)
    reason = verdict.reason
    return verdict.outcome, reason.code if reason else None


def test_valid_passes_every_check_in_order(stage):
    document = stage.document()
    verdict = check_credential(document, stage.recorded(document), at=NOW)
    assert verdict.outcome is Outcome.VALID
    assert [check.name for check in verdict.checks] == [name for name, _ in STEPS]
    assert {check.result for check in verdict.checks} == {Result.PASSED}
    assert (verdict.face, verdict.as_of) == (stage.face, NOW)


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (State.REVOKED, Outcome.REVOKED),
        (State.SUSPENDED, Outcome.SUSPENDED),
        (State.SUPERSEDED, Outcome.SUPERSEDED),
    ],
)
def test_state_of_the_record_decides_and_so_do_signed_lists(stage, state, outcome):
    document = stage.document()
    assert judge(document, stage.recorded(document, state=state)) == (outcome, f"status.{state.value}")
    assert judge(document, stage.listed(state)) == (outcome, f"status.{state.value}")


def test_signed_lists_alone_are_enough_for_valid(stage):
    assert judge(stage.document(), stage.listed(State.VALID)) == (Outcome.VALID, None)


def test_without_a_status_it_is_unknown_never_valid(stage):
    assert judge(stage.document(), stage.listed(None)) == (Outcome.UNKNOWN, "status.not_asked")


def test_a_post_ends_on_the_day_it_ends_in_china(stage):
    document = stage.document(appointment=Appointment("示例公司", date(2026, 1, 1), date(2026, 12, 1)))
    evidence = stage.recorded(document)
    last = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
    assert judge(document, evidence, at=last) == (Outcome.VALID, None)
    assert judge(document, evidence, at=last + timedelta(seconds=1)) == (Outcome.EXPIRED, "validity.expired")


def test_before_its_day_it_is_not_yet_valid(stage):
    document = stage.document()
    eve = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)
    assert judge(document, stage.recorded(document), at=eve) == (Outcome.NOT_YET_VALID, "validity.not_yet")


def test_an_assessor_that_nobody_knows_is_untrusted(stage):
    nobody = Evidence(lambda _: None)
    assert judge(stage.document(), nobody) == (Outcome.UNTRUSTED, "issuer.unknown")


def test_an_assessor_under_the_did_of_another_is_untrusted(stage):
    other = replace(stage.assessor, id="S000033000009")
    assert judge(stage.document(), Evidence(lambda _: Trust(other, stage.ring))) == (
        Outcome.UNTRUSTED,
        "issuer.mismatch",
    )


def test_the_key_of_another_is_untrusted(stage):
    document = (
        replace(stage, keys=(PrivateKey.generate(Algorithm.ED25519),)).rotate(NOW - DAY).document(at=NOW)
    )
    assert judge(document, stage.recorded(document)) == (Outcome.UNTRUSTED, "key.unknown")


def test_a_signature_by_another_key_under_our_name_is_broken(stage):
    document = replace(stage, keys=(PrivateKey.generate(Algorithm.ED25519),)).document()
    assert judge(document, stage.recorded(document)) == (Outcome.BROKEN, "proof.signature")


def test_signed_before_a_rotation_it_verifies_after(stage):
    document = stage.document()
    for turned in (stage.rotate(NOW), stage.rotate(NOW).rotate(NOW + DAY)):
        assert judge(document, turned.recorded(document)) == (Outcome.VALID, None)


def test_a_retired_key_signs_nothing_new(stage):
    turned = stage.rotate(stage.signed_at - DAY)
    assert judge(turned.document(key=0), turned.listed(State.VALID)) == (
        Outcome.UNTRUSTED,
        "key.signed_after_retirement",
    )


def compromised(stage, since):
    return replace(stage, ring=stage.ring.compromise(stage.ring.keys[0].id, since=since))


def test_recorded_before_the_compromise_it_stays_valid(stage):
    document, cut = stage.document(), compromised(stage, stage.signed_at + DAY)
    assert judge(document, cut.recorded(document)) == (Outcome.VALID, None)


def test_recorded_after_the_compromise_it_is_untrusted_whatever_its_proof_says(stage):
    document, since = stage.document(), stage.signed_at + DAY
    late = compromised(stage, since).recorded(document, at=since)
    assert judge(document, late) == (Outcome.UNTRUSTED, "key.compromised")


def test_signed_after_the_compromise_it_is_untrusted(stage):
    document, cut = stage.document(), compromised(stage, stage.signed_at)
    assert judge(document, cut.recorded(document)) == (Outcome.UNTRUSTED, "key.compromised")


def test_offline_nothing_proves_that_a_leaked_key_signed_in_time(stage):
    cut = compromised(stage, stage.signed_at + DAY)
    assert judge(stage.document(), cut.listed(State.VALID)) == (Outcome.UNKNOWN, "key.time_unproved")


def test_a_second_proof_does_not_hide_a_leaked_key(stage):
    """Who holds the leaked key adds a proof that names a good key; what decided is the first."""
    stage = stage.rotate(stage.signed_at - DAY)
    cut = compromised(stage, stage.signed_at)
    leaked = stage.signed(at=stage.signed_at - 2 * DAY, key=0)
    both = stage.sign(leaked)
    assert judge(canonicalize(both), cut.listed(State.VALID)) == (Outcome.UNKNOWN, "key.time_unproved")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "single_skill"}, "scope.kind"),
        ({"occupations": frozenset({("4-10-01-05", "2022")})}, "scope.occupation"),
        ({"levels": frozenset({"4"})}, "scope.level"),
        ({"region": "150000"}, "scope.region"),
        ({"valid_until": date(2026, 11, 22)}, "scope.date"),
    ],
)
def test_outside_the_accreditation_it_is_untrusted(stage, accreditation, change, code):
    narrow = replace(
        stage, assessor=replace(stage.assessor, accreditations=(replace(accreditation, **change),))
    )
    document = stage.document()
    assert judge(document, narrow.recorded(document)) == (Outcome.UNTRUSTED, code)


def test_the_accreditation_it_names_must_cover_it_not_some_other(stage, accreditation):
    narrow = replace(accreditation, levels=frozenset({"5"}))
    held = (narrow, replace(accreditation, id="A-2"))
    both = replace(stage, assessor=replace(stage.assessor, accreditations=held))
    document = stage.document()
    assert judge(document, both.recorded(document)) == (Outcome.UNTRUSTED, "scope.level")
    named = stage.document(accreditation=AccreditationReference("A-2", accreditation.decision))
    assert judge(named, both.recorded(named)) == (Outcome.VALID, None)
    unknown = stage.document(accreditation=AccreditationReference("A-3", accreditation.decision))
    assert judge(unknown, both.recorded(unknown)) == (Outcome.UNTRUSTED, "accreditation.unknown")


def test_an_accreditation_that_ended_later_covers_what_came_before(stage, accreditation):
    ended = replace(accreditation, valid_until=date(2026, 11, 23))
    later = replace(stage, assessor=replace(stage.assessor, accreditations=(ended,)))
    document = stage.document()
    assert judge(document, later.recorded(document), at=NOW + 400 * DAY) == (Outcome.VALID, None)


def test_not_in_the_record_is_unknown(stage):
    assert judge(stage.document(), Evidence(stage.trust, lambda _: None)) == (
        Outcome.UNKNOWN,
        "record.missing",
    )


def test_another_than_recorded_is_broken(stage):
    document = stage.document(level="2")
    assert judge(document, stage.recorded(stage.document())) == (Outcome.BROKEN, "record.differs")


def test_the_same_credential_in_another_spelling_is_the_same(stage):
    spaced = stage.document().replace(b'","', b'" , "')
    assert judge(spaced, stage.recorded(stage.document())) == (Outcome.VALID, None)


def test_a_refusal_of_the_status_is_an_answer(stage):
    def outside(_):
        raise Refused("status_list.index")

    evidence = Evidence(stage.trust, state=outside)
    assert judge(stage.document(), evidence) == (Outcome.UNKNOWN, "status_list.index")


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"", "json.syntax"),
        (b"null", "credential.shape"),
        (b"[]", "credential.shape"),
        (b"{}", "credential.shape"),
        (b'{"a":1,"a":1}', "json.duplicate_key"),
        (b'{"a":NaN}', "json.not_finite"),
        (b'"\\ud800"', "json.lone_surrogate"),
        (b"\xff", "json.not_utf8"),
        (b"[" * 40 + b"]" * 40, "json.too_deep"),
        (b" " * 65_537, "json.too_large"),
    ],
)
def test_what_is_no_certificate_is_broken(stage, document, code):
    assert judge(document, stage.listed(State.VALID)) == (Outcome.BROKEN, code)


@pytest.mark.parametrize("proof", [None, [], {}, 7, [None], ["x"], [{}], [{"type": "DataIntegrityProof"}]])
def test_without_a_proof_it_is_never_believed(stage, proof):
    unsigned = build_credential(stage.face) | ({} if proof is None else {"proof": proof})
    verdict = check_credential(canonicalize(unsigned), stage.listed(State.VALID), at=NOW)
    assert verdict.outcome in {Outcome.BROKEN, Outcome.UNTRUSTED}
    assert verdict.face is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def paths(value, path=()):
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from paths(inner, (*path, step))


def put(document, path, value):
    *outer, last = path
    for step in outer:
        document = document[step]
    document[last] = value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=400)
@given(data=st.data())
def test_any_member_replaced_by_any_json_is_answered_and_never_valid(stage, data):
    credential = stage.signed()
    path = data.draw(st.sampled_from([found for found in paths(credential) if found]))
    value = data.draw(json_values)
    before = canonicalize(credential)
    put(credential, path, value)
    document = canonicalize(credential)
    outcome, _ = judge(document, stage.recorded(before))
    assert outcome in {Outcome.BROKEN, Outcome.UNTRUSTED} or document == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(garbage=st.binary(max_size=200))
def test_garbage_is_broken(stage, garbage):
    assert check_credential(garbage, stage.listed(State.VALID), at=NOW).outcome is Outcome.BROKEN


def test_each_single_flipped_bit_is_broken_or_untrusted(stage):
    """Offline too, where no record could notice: the signature alone must catch each."""
    document = stage.document()
    evidence = stage.listed(State.VALID)
    assert judge(document, evidence) == (Outcome.VALID, None)
    for place in range(len(document) * 8):
        flipped = bytearray(document)
        flipped[place >> 3] ^= 1 << (place & 7)
        verdict = check_credential(bytes(flipped), evidence, at=NOW)
        assert verdict.outcome in {Outcome.BROKEN, Outcome.UNTRUSTED}, place
        assert verdict.face is None, place


def test_a_ring_of_somebody_else_has_no_key_of_ours(stage):
    document = stage.document()
    empty = Evidence(lambda _: Trust(stage.assessor, KeyRing(stage.assessor.did, ())))
    assert judge(document, empty) == (Outcome.UNTRUSTED, "key.unknown")
