"""A stencil's bytes are those of `canonicalize` and `sign`, whatever texts it is filled with."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.jcs import canonicalize
from keys.pair import Algorithm, PrivateKey
from keys.proof import sign
from keys.stencil import Marks, SigningStencil, sign_filled

METHOD = "did:web:example.test#key"
NOW = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def make_document(name: str, number: str):
    return {
        "@context": ["https://example.test/context"],
        "id": f"https://example.test/v/{number}",
        "subject": {"name": name, "ä€😀": f"{number}#{name}"},
        "zero": [0, None, True],
    }


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_signs_as_the_truth_does(algorithm):
    key = PrivateKey.generate(algorithm)
    marks = Marks()
    stencil = SigningStencil(
        make_document(marks("name"), marks("number")), marks, algorithm=algorithm, verification_method=METHOD
    )

    @given(TEXTS, TEXTS)
    def compare(name, number):
        filled = stencil.fill({"name": name, "number": number}, created=NOW)
        made, again = sign_filled([filled, filled], key)
        true = sign(make_document(name, number), key=key, verification_method=METHOD, created=NOW)
        assert made == again == canonicalize(true)

    compare()


def test_a_text_that_looks_like_a_mark_stays_a_text():
    key, marks = PrivateKey.generate(Algorithm.ED25519), Marks()
    stencil = SigningStencil(
        make_document(marks("name"), "1"), marks, algorithm=Algorithm.ED25519, verification_method=METHOD
    )
    (made,) = sign_filled([stencil.fill({"name": Marks()("name") + marks("name")}, created=NOW)], key)
    assert json.loads(made)["subject"]["name"].endswith(marks("name"))


def test_refuses_half_a_character():
    marks = Marks()
    stencil = SigningStencil(
        make_document(marks("name"), "1"), marks, algorithm=Algorithm.ED25519, verification_method=METHOD
    )
    with pytest.raises(Refused) as refused:
        stencil.fill({"name": "\ud800"}, created=NOW)
    assert refused.value.code == "json.lone_surrogate"
