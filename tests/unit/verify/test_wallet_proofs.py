"""A wallet's proof of its key, and the nonces it signs."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.jws import decode_base64url, encode_base64url, sign_compact, write_header
from keys.pair import Algorithm, PrivateKey
from keys.vault import Vault
from registry.wallets.jwt_credential import did_jwk
from registry.wallets.nonces import LIFE, make_nonce, read_nonce
from verify.wallet.proofs import PROOF_TYPE, SKEW, check_proof

US = "https://registry.example"
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
WALLETS = {algorithm: PrivateKey.generate(algorithm) for algorithm in Algorithm}
WALLET = WALLETS[Algorithm.P256]
VAULT = Vault(secrets.token_bytes(32))


def proof(wallet=WALLET, header=None, **claims):
    payload = {"aud": US, "iat": int(NOW.timestamp()), "nonce": "n"} | claims
    named = {"typ": PROOF_TYPE, "jwk": wallet.public.jwk()} if header is None else header
    body = json.dumps({name: value for name, value in payload.items() if value is not None}).encode()
    return sign_compact(body, key=wallet, header=write_header(wallet.public, **named))


def refused(text):
    with pytest.raises(Refused) as caught:
        check_proof(text, audience=US, at=NOW)
    return caught.value.code


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_key_in_the_header(algorithm):
    found = check_proof(proof(WALLETS[algorithm]), audience=US, at=NOW)
    assert (found.key, found.nonce) == (WALLETS[algorithm].public, "n")


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_key_as_did(algorithm):
    wallet = WALLETS[algorithm]
    for did in (f"{did_jwk(wallet.public)}#0", f"did:key:{wallet.public.multikey}#{wallet.public.multikey}"):
        text = proof(wallet, {"typ": PROOF_TYPE, "kid": did})
        assert check_proof(text, audience=US, at=NOW).key == wallet.public


def test_the_audience_may_be_a_list_of_one():
    assert check_proof(proof(aud=[US]), audience=US, at=NOW).nonce == "n"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://elsewhere.example"},
        {"aud": [US, "https://elsewhere.example"]},
        {"aud": None},
        {"nonce": None},
        {"nonce": 1},
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
        {"iat": int((NOW + SKEW).timestamp()) + 1},
        {"iat": int((NOW - SKEW).timestamp()) - 1},
    ],
)
def test_other_claims_are_refused(claims):
    assert refused(proof(**claims)) == "wallet.proof"


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT", "jwk": WALLET.public.jwk()},
        {"jwk": WALLET.public.jwk()},
        {"typ": PROOF_TYPE},
        {"typ": PROOF_TYPE, "jwk": WALLET.public.jwk(), "kid": "did:key:z"},
        {"typ": PROOF_TYPE, "jwk": WALLET.public.jwk(), "x5c": []},
        {"typ": PROOF_TYPE, "jwk": PrivateKey.generate(Algorithm.P256).public.jwk()},
        {"typ": PROOF_TYPE, "jwk": PrivateKey.generate(Algorithm.ED25519).public.jwk()},
        {"typ": PROOF_TYPE, "kid": "did:web:wallet.example#1"},
        {"typ": PROOF_TYPE, "kid": "did:jwk:e30#0"},
        {"typ": PROOF_TYPE, "kid": "did:key:zzz"},
        {"typ": PROOF_TYPE, "kid": 1},
    ],
)
def test_other_headers_are_refused(header):
    assert refused(proof(header=header)) == "wallet.proof"


@given(st.text(max_size=60))
def test_anything_is_answered(text):
    assert refused(text) == "wallet.proof"


def test_a_nonce_is_good_for_a_while():
    nonce = make_nonce(VAULT, at=NOW)
    assert read_nonce(VAULT, nonce, at=NOW) == NOW + LIFE
    assert read_nonce(VAULT, nonce, at=NOW + LIFE - timedelta(seconds=1))
    assert read_nonce(VAULT, nonce, at=NOW + LIFE) is None
    assert nonce != make_nonce(VAULT, at=NOW)


@given(st.integers(0, 36), st.integers(1, 255))
def test_a_changed_nonce_is_not_ours(place, change):
    data = bytearray(decode_base64url(make_nonce(VAULT, at=NOW)))
    data[place] ^= change
    assert read_nonce(VAULT, encode_base64url(bytes(data)), at=NOW) is None


@pytest.mark.parametrize(
    "text", ["", "x", "AAAA", "=", "é", make_nonce(Vault(secrets.token_bytes(32)), at=NOW)]
)
def test_a_strange_nonce_is_not_ours(text):
    assert read_nonce(VAULT, text, at=NOW) is None
