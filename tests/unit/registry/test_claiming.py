"""Claim links name a certificate to the registry alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.vault import Vault
from registry.claiming import CLAIM_LIFE, MAX_TOKEN, Claim, check_age, claim_link, claim_token, read_claim

VAULT, OTHER = Vault(bytes(32)), Vault(bytes(31) + b"\x01")
CODE = "Wm4b9cXk0Q2Zt7yJH1sPqA"
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
# of base64url, in its order
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_a_link_is_the_same_each_time_and_names_its_certificate() -> None:
    link = claim_link(VAULT, "https://skills.example", CODE)
    assert link == claim_link(VAULT, "https://skills.example", CODE)
    assert link.startswith("https://skills.example/claim/")
    assert read_claim(VAULT, link.rpartition("/")[2]) == Claim(CODE, 0)


def test_a_new_link_is_another_one() -> None:
    assert claim_token(VAULT, CODE, 1) != claim_token(VAULT, CODE)
    assert read_claim(VAULT, claim_token(VAULT, CODE, 1)) == Claim(CODE, 1)


def test_a_link_shows_nothing_of_the_certificate() -> None:
    token = claim_token(VAULT, CODE)
    assert all(CODE[at : at + 6] not in token for at in range(len(CODE) - 5))
    assert CODE not in repr(read_claim(VAULT, token))


@given(st.text(ALPHABET, min_size=22, max_size=22), st.integers(0, 53), st.sampled_from(ALPHABET))
def test_no_changed_token_is_taken(code: str, at: int, letter: str) -> None:
    token = claim_token(VAULT, code)
    changed = token[:at] + letter + token[at + 1 :]
    if changed != token:
        with pytest.raises(Refused, match=r"claim\.unknown"):
            read_claim(VAULT, changed)


@pytest.mark.parametrize(
    "token", ["", "A", "!" * 54, "号" * 54, claim_token(OTHER, CODE), "A" * (MAX_TOKEN + 1)]
)
def test_what_is_not_ours_is_unknown(token: str) -> None:
    with pytest.raises(Refused, match=r"claim\.unknown"):
        read_claim(VAULT, token)


def test_idle_bits_at_the_end_count_too() -> None:
    token = claim_token(VAULT, CODE)
    twin = token[:-1] + ALPHABET[(ALPHABET.index(token[-1]) ^ 1)]
    with pytest.raises(Refused, match=r"claim\.unknown"):
        read_claim(VAULT, twin)


def test_a_link_ends_after_its_life() -> None:
    check_age(NOW, NOW + CLAIM_LIFE - timedelta(milliseconds=1))
    with pytest.raises(Refused, match=r"claim\.expired"):
        check_age(NOW, NOW + CLAIM_LIFE)
