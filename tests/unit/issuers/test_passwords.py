import pytest

from issuers.passwords import MAX_LENGTH, MIN_LENGTH, hash_password, verify_password
from keys.errors import Refused


def test_the_right_password_and_no_other():
    hashed = hash_password("vier leere worte")
    assert hashed.startswith("$argon2id$")
    assert "leere" not in hashed
    assert verify_password(hashed, "vier leere worte")
    assert not verify_password(hashed, "vier leere Worte")
    assert not verify_password(hashed, "")


def test_the_same_password_is_hashed_anew():
    assert hash_password("vier leere worte") != hash_password("vier leere worte")


@pytest.mark.parametrize(
    ("password", "code"),
    [("x" * (MIN_LENGTH - 1), "auth.password_short"), ("x" * (MAX_LENGTH + 1), "auth.password_long")],
)
def test_a_password_has_a_length(password, code):
    with pytest.raises(Refused) as caught:
        hash_password(password)
    assert caught.value.code == code


@pytest.mark.parametrize("hashed", [None, "", "plain", "$argon2id$v=19$broken"])
def test_what_is_no_hash_opens_nothing(hashed):
    assert not verify_password(hashed, "the password of an account that does not exist")


def test_an_endless_password_is_no_work():
    assert not verify_password(hash_password("vier leere worte"), "x" * 1_000_000)
