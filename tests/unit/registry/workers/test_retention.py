"""What is held, why and how long: complete, in both languages, nothing unverified shown as law."""

import re

import pytest

from registry.workers.retention import held_kinds


@pytest.mark.parametrize("kind", held_kinds(), ids=lambda kind: kind.id)
def test_a_row_speaks_both_languages_and_names_its_source(kind):
    for name in ("", "what_", "basis_", "keep_"):
        assert re.search("[一-鿿]", getattr(kind, f"{name}zh"))
        assert not re.search("[一-鿿]", getattr(kind, f"{name}en"))
    assert kind.source
    assert kind.grade in "ABCD"  # general knowledge is no basis for anything


def test_what_goes_with_the_account_is_said():
    erased = {kind.id for kind in held_kinds() if kind.erased}
    assert erased == {"account", "sessions", "looks", "shares", "wallets", "requests"}
