"""A certificate as a JWT: both forms, every outcome, from evidence made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.jws import read_compact, sign_compact, write_header
from keys.pair import Algorithm, PrivateKey
from registry.credential import Appointment, build_credential
from registry.problems import find_problem
from registry.state import State
from registry.wallets.jwt_credential import sign_jwt_vc_json, sign_vc_jwt
from verify.checks import Evidence, RecordEvidence
from verify.token_check import STEPS, check_token, is_token
from verify.verdict import Outcome, Result

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
WALLET = PrivateKey.generate(Algorithm.P256)
FORMS = ("vc+jwt", "jwt_vc_json")


def write(stage, form, credential=None, key=None):
    """The token of a stage's certificate."""
    credential = credential or stage.signed()
    key, key_id = key or stage.keys[-1], stage.ring.keys[-1].id
    if form == "vc+jwt":
        return sign_vc_jwt(credential, key, key_id=key_id)
    return sign_jwt_vc_json(credential, key, key_id=key_id, at=NOW, wallet=WALLET.public)


def recorded(stage, *, state=State.VALID, signed_at=NOW, document=None):
    evidence = RecordEvidence(document or stage.document(), stage.signed_at, state, signed_at=signed_at)
    return Evidence(stage.trust, lambda _: evidence)


def judge(text, evidence, at=NOW):
    verdict = check_token(text, evidence, at=at)
    for check in verdict.checks:
        assert find_problem(check.code)
    reason = verdict.reason
    return verdict.outcome, reason.code if reason else None


def altered(text, change, *, key):
    """The token with claims that ``change`` alters in place, signed again by ``key``."""
    token = read_compact(text)
    claims = json.loads(token.payload)
    change(claims)
    header = write_header(key.public, typ=token.header["typ"], kid=token.header["kid"])
    return sign_compact(json.dumps(claims).encode(), key=key, header=header)


@pytest.mark.parametrize(("form", "bound"), [("vc+jwt", "binding.none"), ("jwt_vc_json", "binding.absent")])
def test_what_was_signed_here_is_valid_and_says_that_nobody_proved_a_key(stage, form, bound):
    verdict = check_token(write(stage, form), recorded(stage), at=NOW)
    assert (verdict.outcome, verdict.face) == (Outcome.VALID, stage.face)
    assert [check.name for check in verdict.checks] == [name for name, _ in STEPS]
    assert verdict.checks[-1].code == bound
    assert {check.result for check in verdict.checks[:-1]} == {Result.PASSED}


@pytest.mark.parametrize("form", FORMS)
def test_a_post_that_ends_goes_both_ways_and_expires(stage, accreditation, form):
    end = date(2027, 1, 1)
    face = replace(stage.face, level="special", appointment=Appointment("示例公司", date(2026, 11, 22), end))
    held = replace(accreditation, levels=frozenset({"special"}))
    stage = replace(stage, assessor=replace(stage.assessor, accreditations=(held,)))
    credential = stage.sign(build_credential(face))
    evidence = recorded(stage, document=json.dumps(credential).encode())
    text = write(stage, form, credential)
    assert judge(text, evidence) == (Outcome.VALID, None)
    assert judge(text, evidence, at=NOW + 60 * DAY) == (Outcome.EXPIRED, "validity.expired")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("state", [State.REVOKED, State.SUSPENDED, State.SUPERSEDED])
def test_the_state_of_the_record_decides(stage, form, state):
    found = judge(write(stage, form), recorded(stage, state=state))
    assert found == (Outcome(state.value), f"status.{state.value}")


@pytest.mark.parametrize("form", FORMS)
def test_another_key_is_broken_and_another_assessor_untrusted(stage, form):
    thief = PrivateKey.generate(Algorithm.ED25519)
    assert judge(write(stage, form, key=thief), recorded(stage)) == (Outcome.BROKEN, "jws.signature")
    nobody = replace(recorded(stage), trust=lambda _: None)
    assert judge(write(stage, form), nobody) == (Outcome.UNTRUSTED, "issuer.unknown")


def test_what_the_assessors_own_key_signed_otherwise_is_broken(stage):
    """Who has stolen the key can sign another level, but the record holds another certificate."""
    text = write(stage, "vc+jwt", stage.signed(level="2"))
    assert judge(text, recorded(stage)) == (Outcome.BROKEN, "record.differs")


@pytest.mark.parametrize(
    "change",
    [
        lambda claims: claims.update(sub="did:jwk:other"),
        lambda claims: claims.update(nbf=0),
        lambda claims: claims.update(exp=9_999_999_999),
        lambda claims: claims.update(more="x"),
        lambda claims: claims.update(iss="did:web:elsewhere.test"),
        lambda claims: claims["vc"].update(type=["VerifiableCredential"]),
        lambda claims: claims["vc"]["credentialSubject"].update(id="x"),
        lambda claims: claims["vc"].pop("issuanceDate"),
        lambda claims: claims.update(vc=[]),
        lambda claims: claims.pop("cnf"),
        lambda claims: claims.update(iat="x"),
    ],
)
def test_claims_that_we_do_not_write_so_are_refused(stage, change):
    text = altered(write(stage, "jwt_vc_json"), change, key=stage.keys[-1])
    outcome, _ = judge(text, recorded(stage))
    assert outcome is Outcome.BROKEN


@pytest.mark.parametrize("form", FORMS)
def test_a_token_signed_after_the_theft_of_the_key_is_untrusted(stage, form):
    ring = stage.ring.compromise(stage.ring.keys[0].id, since=NOW)
    cut = replace(stage, ring=ring)
    assert judge(write(stage, form), recorded(cut)) == (Outcome.UNTRUSTED, "key.compromised")
    assert judge(write(stage, form), recorded(cut, signed_at=NOW - DAY)) == (Outcome.VALID, None)


def test_without_a_record_of_it_there_is_no_yes(stage):
    assert judge(write(stage, "vc+jwt"), Evidence(stage.trust, lambda _: None))[0] is Outcome.UNKNOWN

    def differs(_):
        raise Refused("record.differs")

    assert judge(write(stage, "vc+jwt"), Evidence(stage.trust, differs)) == (Outcome.BROKEN, "record.differs")


def test_tokens_of_other_kinds_are_refused(stage):
    text = write(stage, "vc+jwt")
    token = read_compact(text)
    for typ in ("dc+sd-jwt", "openid4vci-proof+jwt", "at+jwt"):
        header = write_header(stage.keys[-1].public, typ=typ, kid=token.header["kid"])
        other = sign_compact(token.payload, key=stage.keys[-1], header=header)
        assert judge(other, recorded(stage)) == (Outcome.BROKEN, "jws.type")


@given(
    st.text(alphabet="eyJ.-_~A ", max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1"))
)
def test_any_text_gets_an_answer(text):
    verdict = check_token(text, Evidence(lambda _: None), at=NOW)
    assert verdict.outcome is not Outcome.VALID
    assert isinstance(is_token(text.encode()), bool)


def test_a_token_is_told_from_other_files():
    assert is_token(b"eyJh.eyJi.c2ln\n")
    for other in (b"eyJh.eyJi.c2ln~", b'{"a": 1}', b"%PDF-1.7", b"eyJh.eyJi", b"https://a.b.c"):
        assert not is_token(other)
