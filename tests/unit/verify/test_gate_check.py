"""The verdict on a QR: the vectors, every flipped bit, hostile text, and what the record adds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.cose import read1, sign1
from keys.pair import Algorithm, PrivateKey, PublicKey
from registry.credential import Appointment
from registry.state import State
from verify import gate_check
from verify.checks import Evidence, RecordEvidence, Trust
from verify.gate import claims_of, read_claims
from verify.gate_check import check_gate, key_name, seal_gate
from verify.gate_text import read_text, write_text
from verify.holder_check import CheckValue
from verify.offline import fits_holder, read_status_lists, read_trust_list, verify_qr_offline
from verify.steps import NotAnswered
from verify.verdict import Outcome, Result

FILE = json.loads((Path(__file__).parents[2] / "vectors/verify/qr-v1.json").read_text("utf-8"))
VECTORS = {vector["name"]: vector for vector in FILE["vectors"]}
SAID = [vector for vector in FILE["vectors"] if "claims" in vector]
ROOT = PublicKey.from_multikey(FILE["root"]["multikey"])
TRUST = read_trust_list(FILE["trust_list"].encode(), root=ROOT)
LISTS = read_status_lists([text.encode() for text in FILE["status_lists"]], root=ROOT)
VALID = VECTORS["valid"]["text"]
AT = datetime.fromisoformat(VECTORS["valid"]["at"])
MOST_SECONDS = 0.05  # for any input


def verify(text, at=AT):
    return verify_qr_offline(text, TRUST, LISTS, at=at)


@pytest.mark.parametrize("vector", FILE["vectors"], ids=lambda vector: vector["name"])
def test_vector(vector):
    verdict = verify(vector["text"], datetime.fromisoformat(vector["at"]))
    reason = verdict.reason
    assert verdict.outcome == vector["outcome"]
    assert (reason and reason.code, reason and reason.name) == (vector["reason"], vector["check"])


@pytest.mark.parametrize("vector", SAID, ids=lambda vector: vector["name"])
def test_what_a_vector_says(vector):
    parts = read_text(vector["text"])
    message = read1(parts.message)
    claims, said = read_claims(message.payload), vector["claims"]
    assert parts.message.hex() == vector["message_hex"]
    assert (message.payload.hex(), message.kid.hex()) == (vector["claims_hex"], vector["kid_hex"])
    assert (claims.number, claims.holder.name) == (said["number"], said["name"])
    assert claims.holder.masked_number == said["id_masked"]
    assert claims.issued_on.isoformat() == said["issued_on"]
    assert [claims.status.list_id, claims.status.index] == said["status"]
    assert (claims.job, claims.job_left_out) == (said["job"], said["job_left_out"])
    assert vector["external_aad"] == vector["text"].partition("#")[0]


@pytest.mark.parametrize("vector", [one for one in SAID if "id_number" in one], ids=lambda one: one["name"])
def test_a_vector_knows_its_holder(vector):
    assert fits_holder(vector["text"], vector["id_number"], on=AT.date())
    other = "150102199901010022" if vector["claims"]["id_type"] == "resident_id" else "AB9999989"
    assert not fits_holder(vector["text"], other, on=AT.date())


def test_a_vector_is_what_its_key_signs():
    vector = VECTORS["valid"]
    seed = FILE["keys"]["S000033000002 active"]["seed_hex"]
    key = PrivateKey.from_bytes(Algorithm.ED25519, bytes.fromhex(seed))
    claims = read_claims(bytes.fromhex(vector["claims_hex"]))
    assert seal_gate(claims, vector["external_aad"], key=key) == vector["text"]


def test_every_flipped_bit_of_the_message_is_refused():
    parts = read_text(VALID)
    for bit in range(len(parts.message) * 8):
        changed = bytearray(parts.message)
        changed[bit // 8] ^= 1 << bit % 8
        verdict = verify(write_text(parts.url, bytes(changed)))
        assert verdict.outcome in {Outcome.BROKEN, Outcome.UNTRUSTED}, bit
        assert verdict.face is None


def test_every_flipped_bit_of_the_text_is_refused():
    text = VALID.encode()
    for bit in range(len(text) * 8):
        changed = bytearray(text)
        changed[bit // 8] ^= 1 << bit % 8
        verdict = verify(changed.decode("utf-8", "replace"))
        assert verdict.outcome in {Outcome.BROKEN, Outcome.UNTRUSTED}, bit
        assert verdict.face is None


def test_every_truncation_is_refused():
    for length in range(len(VALID)):
        assert verify(VALID[:length]).outcome in {Outcome.BROKEN, Outcome.UNTRUSTED}


def test_spaces_around_a_pasted_text_are_no_part_of_it():
    assert verify(f" {VALID}\r\n").outcome is Outcome.VALID


URL = VALID.partition("#")[0]
DEEP = b"\xd2\x84\x43\xa1\x01\x27\xa0\x59\x00\xc8" + b"\x81" * 200 + b"\x58\x40" + bytes(64)
HOSTILE = {
    "empty": "",
    "a megabyte of digits": f"{URL}#1" + "9" * 1_000_000,
    "a megabyte of a host": "https://" + "a" * 1_000_000 + "/v/",
    "just too many digits": f"{URL}#1" + "9" * 641,
    "digits of another script": f"{URL}#" + "１٣" * 200,
    "a signed-looking nest": write_text(URL, DEEP),
    "nested tags": write_text(URL, b"\xd2" * 250),
    "nested arrays": write_text(URL, b"\xd2" + b"\x81" * 250),
    "an array of 2^64": write_text(URL, b"\xd2\x9b" + b"\xff" * 8),
    "a string of 2^63": write_text(URL, b"\xd2\x84\x5b\x7f" + b"\xff" * 7),
    "a decimal of a billion digits": write_text(
        URL, b"\xd2\x84\x40\xa1\x05\xc4\x82\x1a\x3b\x9a\xca\x00\x01@@"
    ),
    "a regular expression": write_text(
        URL, b"\xd2\x84\x40\xa1\x05\xd8\x23\x78\x1e(((((a{1,60000}){1,60000}){1,1}@@"
    ),
    "gzip": write_text(URL, b"\x1f\x8b\x08" + bytes(200)),
    "PNG": write_text(URL, b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "JSON": '{"type": ["VerifiableCredential"]}',
    "an EU health certificate": "HC1:NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL-AH-R6IOOK.IR9B+9D0000",
    "a JWT": "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJ4In0.AAAA",
    "a payment code": "https://qr.alipay.com/fkx00000000000000000",
    "null bytes": "\x00" * 900,
    "lone surrogates": "\ud800" * 900,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_at_once_with_a_reason(name):
    start = perf_counter()
    verdict = verify(HOSTILE[name])
    assert perf_counter() - start < MOST_SECONDS
    assert verdict.outcome is Outcome.BROKEN
    assert verdict.reason.name == "format"


@pytest.mark.parametrize(
    "claims",
    [
        b"",
        b"\x80",
        b"\xa0",
        b"\x81" * 150,
        b"\xbf\x05\x00\xff",
        bytes(150),
        b"\xa2\x05\x1a\x6b\x01\xc0\x00\x3a\x00\x01\x00\x00\x9b\x00\x00\x00\xff\xff\xff\xff\xff",
        b"\xa2\x05\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00\x3a\x00\x01\x00\x00\x80",
        b"\xa2\x05\xc4\x82\x1a\x3b\x9a\xca\x00\x01\x3a\x00\x01\x00\x00\x80",
    ],
    ids=len,
)
def test_hostile_claims_are_refused_even_when_signed(claims):
    seed = FILE["keys"]["S000033000002 active"]["seed_hex"]
    key = PrivateKey.from_bytes(Algorithm.ED25519, bytes.fromhex(seed))
    message = sign1(claims, key=key, kid=key_name(key.public), external_aad=URL.encode())
    start = perf_counter()
    verdict = verify(write_text(URL, message))
    assert perf_counter() - start < MOST_SECONDS
    assert (verdict.outcome, verdict.reason.code) == (Outcome.BROKEN, "qr.claims")


@given(st.text(max_size=1_200) | st.binary(max_size=250).map(lambda data: write_text(URL, b"\xd2" + data)))
def test_no_text_is_too_strange(text):
    assert verify(text).outcome is Outcome.BROKEN


def test_verifying_is_fast():
    start = perf_counter()
    for _ in range(50):
        verify(VALID)
    assert (perf_counter() - start) / 50 < 0.01


def test_another_key_of_the_same_name_is_tried_too(monkeypatch, stage):
    """Two keys may share 8 bytes of their digest; the one that signed decides."""
    ring = stage.rotate(datetime(2026, 2, 1, tzinfo=UTC))
    monkeypatch.setattr(gate_check, "key_name", lambda _: b"the same")
    for key in ring.keys:
        text = seal_gate(gate_claims(ring), f"https://example.test/v/{stage.face.code}", key=key)
        assert check_gate(text, gate_evidence(ring, State.VALID), at=AT).outcome is Outcome.VALID


# --- with a record: the certificate of the stage ---

CHECK = CheckValue(b"saltsalt", 77)
HERE = "https://example.test/v/ResUN44qBSONPDrAS79LuQ"


def gate_claims(stage, **changes):
    return claims_of(replace(stage.face, **changes), CHECK)


def gate_evidence(stage, state=None, record=None, *, at=datetime(2026, 11, 22, 4, tzinfo=UTC)):
    """Evidence with a record of the certificate, or with status lists only."""
    trust = Trust(stage.assessor, stage.ring)
    document = stage.document() if record is None else record
    return Evidence(
        stage.trust,
        (lambda _: RecordEvidence(document, at, state)) if record is not False else None,
        lambda _: state,
        lambda wanted: trust if wanted == stage.assessor.id else None,
    )


def text_of(stage, *, key=-1, **changes):
    return seal_gate(gate_claims(stage, **changes), HERE, key=stage.keys[key])


def test_the_record_says_the_same(stage):
    verdict = check_gate(text_of(stage), gate_evidence(stage, State.VALID), at=AT)
    assert verdict.outcome is Outcome.VALID
    assert verdict.face == stage.face
    assert [check.result for check in verdict.checks] == [Result.PASSED] * 8


@pytest.mark.parametrize("state", [State.REVOKED, State.SUSPENDED, State.SUPERSEDED])
def test_the_records_state_decides(stage, state):
    verdict = check_gate(text_of(stage), gate_evidence(stage, state), at=AT)
    assert (verdict.outcome.value, verdict.reason.code) == (state.value, f"status.{state.value}")


@pytest.mark.parametrize(
    "change",
    [
        {"number": "S000033000002263000032"},
        {"level": "2", "number": "S000033000002262000031"},
        {"issued_on": date(2026, 11, 21)},
        {"region": "330100"},
    ],
    ids=str,
)
def test_a_payload_that_says_other_than_the_record_is_broken(stage, change):
    verdict = check_gate(text_of(stage, **change), gate_evidence(stage, State.VALID), at=AT)
    assert (verdict.outcome, verdict.reason.code) == (Outcome.BROKEN, "record.differs")


def test_a_payload_behind_another_certificates_code_is_broken(stage):
    other = stage.document(code="q7Rk2_vN-8sXa1LmP0dZtw")
    verdict = check_gate(text_of(stage), gate_evidence(stage, State.VALID, other), at=AT)
    assert verdict.reason.code == "record.differs"


def test_a_job_left_out_is_taken_from_the_record(stage):
    job = "工" * 40
    face = replace(stage.face, occupation=replace(stage.face.occupation, job=job))
    named = replace(face, holder=replace(face.holder, name="阿" * 30))
    text = seal_gate(claims_of(named, CHECK), HERE, key=stage.keys[0])
    verdict = check_gate(
        text,
        gate_evidence(stage, State.VALID, stage.document(occupation=face.occupation, holder=named.holder)),
        at=AT,
    )
    assert read_claims(read1(read_text(text).message).payload).job_left_out
    assert (verdict.outcome, verdict.face.occupation.job) == (Outcome.VALID, job)


def test_nothing_recorded_is_unknown(stage):
    evidence = replace(gate_evidence(stage), record=lambda _: None)
    verdict = check_gate(text_of(stage), evidence, at=AT)
    assert (verdict.outcome, verdict.reason.code) == (Outcome.UNKNOWN, "record.missing")


def away(_):
    raise NotAnswered


def test_a_record_that_does_not_answer_says_nothing_against_the_certificate(stage):
    verdict = check_gate(text_of(stage), replace(gate_evidence(stage), record=away), at=AT)
    assert verdict.outcome is Outcome.UNKNOWN
    assert [check.code for check in verdict.checks if check.result is Result.UNKNOWN] == [
        "record.away",
        "status.not_asked",
    ]
    assert verdict.face.holder.name == stage.face.holder.name


def test_without_any_answer_nothing_is_said_at_all(stage):
    verdict = check_gate(text_of(stage), replace(gate_evidence(stage), trust_by_id=away), at=AT)
    assert (verdict.outcome, verdict.reason.code, verdict.face) == (Outcome.UNKNOWN, "issuer.away", None)


def test_a_stolen_key_is_believed_where_the_record_is_older_than_the_theft(stage):
    theft = datetime(2026, 11, 25, tzinfo=UTC)
    stolen = replace(stage, ring=stage.ring.compromise(stage.ring.keys[0].id, since=theft))
    text = text_of(stage)
    assert check_gate(text, gate_evidence(stolen, State.VALID), at=AT).outcome is Outcome.VALID
    late = gate_evidence(stolen, State.VALID, at=theft)
    assert check_gate(text, late, at=AT).reason.code == "key.compromised"
    alone = gate_evidence(stolen, State.VALID, record=False)
    assert check_gate(text, alone, at=AT).reason.code == "key.time_unproved"


def test_a_new_key_does_not_vouch_for_what_a_stolen_one_signed(stage):
    theft, forged = datetime(2026, 11, 1, tzinfo=UTC), stage.document()
    rotated = stage.rotate(datetime(2026, 11, 26, tzinfo=UTC))
    rotated = replace(rotated, ring=rotated.ring.compromise(rotated.ring.keys[0].id, since=theft))
    verdict = check_gate(text_of(rotated), gate_evidence(rotated, State.VALID, forged), at=AT)
    assert (verdict.outcome, verdict.reason.code) == (Outcome.UNTRUSTED, "key.compromised")


def test_an_appointment_ends_also_without_the_record(stage):
    enterprise = SimpleNamespace(
        assessor=replace(
            stage.assessor,
            accreditations=(replace(stage.assessor.accreditations[0], levels=frozenset({"special"})),),
        ),
        ring=stage.ring,
        trust=stage.trust,
    )
    text = text_of(
        stage,
        level="special",
        number="S000033000002-DJ-26-000001",
        appointment=Appointment("某厂", date(2026, 10, 1), date(2027, 1, 1)),
    )
    evidence = gate_evidence(enterprise, State.VALID, record=False)
    last = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)
    assert check_gate(text, evidence, at=last).outcome is Outcome.VALID
    assert check_gate(text, evidence, at=last + timedelta(seconds=1)).outcome is Outcome.EXPIRED
