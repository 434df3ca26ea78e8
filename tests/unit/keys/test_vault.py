import os
import pickle
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.vault import Vault, create_master_key, read_master_key

MASTER = bytes(range(32))
VAULT = Vault(MASTER)


@given(st.binary(max_size=200), st.text(st.characters(exclude_categories=["Cs"])))
def test_round_trip(plaintext, context):
    sealed = VAULT.seal(plaintext, context=context)
    assert Vault(MASTER).open(sealed, context=context) == plaintext
    assert len(sealed) == len(plaintext) + 29


def test_every_flipped_bit_is_refused():
    sealed = VAULT.seal(b"secret", context="c")
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Refused, match=r"vault\.cannot_open"):
            VAULT.open(bytes(changed), context="c")


@pytest.mark.parametrize("length", [0, 1, 12, 13, 28])
def test_truncated(length):
    with pytest.raises(Refused, match=r"vault\.cannot_open"):
        VAULT.open(VAULT.seal(b"secret", context="c")[:length], context="c")


def test_another_context_or_master_cannot_open():
    sealed = VAULT.seal(b"secret", context="assessor-1")
    for vault, context in ((VAULT, "assessor-2"), (Vault(MASTER[::-1]), "assessor-1")):
        with pytest.raises(Refused, match=r"vault\.cannot_open"):
            vault.open(sealed, context=context)


def test_the_same_secret_never_looks_the_same():
    assert len({VAULT.seal(b"secret", context="c") for _ in range(100)}) == 100


def test_digest_is_stable_and_bound_to_purpose_and_key():
    digest = VAULT.digest(b"data", purpose="identity")
    assert len(digest) == 32
    assert Vault(MASTER).digest(b"data", purpose="identity") == digest
    others = [
        VAULT.digest(b"other", purpose="identity"),
        VAULT.digest(b"data", purpose="token"),
        Vault(MASTER[::-1]).digest(b"data", purpose="identity"),
    ]
    assert digest not in others


def test_derived_keys_are_stable_and_apart():
    assert VAULT.derive("session") == Vault(MASTER).derive("session")
    assert len({VAULT.derive("session"), VAULT.derive("csrf"), Vault(MASTER[::-1]).derive("session")}) == 3
    assert len(VAULT.derive("session", 48)) == 48


def test_kinds_of_subkey_do_not_meet():
    assert VAULT.derive("x") != VAULT.digest(b"", purpose="x")
    assert VAULT.derive("digest:x") != VAULT.derive("x")


def test_stored_values_stay_readable():
    """Fixed outputs: whoever changes a label or a layout makes every stored secret unreadable."""
    assert VAULT.derive("session", 8).hex() == "9f994de4966dcdb5"
    assert VAULT.digest(b"data", purpose="identity")[:8].hex() == "f9f8f5fb67129794"
    assert (
        VAULT.open(
            bytes.fromhex("01399842086dfb19987471fa82d825d462ad55038a965f44c8c4764d5b10875abfb4bb"),
            context="c",
        )
        == b"secret"
    )


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_master_key_length(length):
    with pytest.raises(Refused, match=r"vault\.master_key_length"):
        Vault(bytes(length))


def test_a_vault_shows_and_leaves_nothing():
    assert repr(VAULT) == "<Vault>"
    with pytest.raises(TypeError):
        pickle.dumps(VAULT)


def test_master_key_file(tmp_path):
    path = tmp_path / "master.key"
    create_master_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(read_master_key(path)) == 32
    before = path.read_bytes()
    with pytest.raises(Refused, match=r"vault\.master_key_exists"):
        create_master_key(path)
    assert path.read_bytes() == before


def test_the_mode_does_not_depend_on_the_umask(tmp_path):
    before = os.umask(0)
    try:
        create_master_key(tmp_path / "master.key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "master.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o660])
def test_an_exposed_file_is_refused(tmp_path, mode):
    path = tmp_path / "master.key"
    create_master_key(path)
    path.chmod(mode)
    with pytest.raises(Refused, match=r"vault\.master_key_exposed"):
        read_master_key(path)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "vault.master_key_length"),
        (b"AAAA\n", "vault.master_key_length"),
        (b"A" * 64, "vault.master_key_length"),
        (b"not base64!", "vault.master_key_malformed"),
        (b"A" * 41, "vault.master_key_malformed"),
        (bytes(32), "vault.master_key_malformed"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, content, code):
    path = tmp_path / "master.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Refused) as caught:
        read_master_key(path)
    assert caught.value.code == code


def test_a_missing_file_is_refused(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(Refused, match=r"vault\.master_key_missing"):
            read_master_key(path)


def test_padding_does_not_matter(tmp_path):
    path = tmp_path / "master.key"
    create_master_key(path)
    master = read_master_key(path)
    path.write_bytes(path.read_bytes().rstrip(b"=\n"))
    assert read_master_key(path) == master
