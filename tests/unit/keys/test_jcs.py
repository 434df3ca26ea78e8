import json
import struct
from enum import IntEnum, StrEnum
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from keys import jcs
from keys.errors import Refused
from keys.jcs import canonicalize
from keys.strict_json import MAX_INTEGER

RFC = json.loads((Path(__file__).parents[2] / "vectors/keys/rfc8785.json").read_text("utf-8"))
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
SCALARS = st.none() | st.booleans() | INTEGERS | TEXT
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def nest(leaves):
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=30)


def refused(value):
    with pytest.raises(Refused) as caught:
        canonicalize(value)
    return caught.value.code


@given(nest(SCALARS | FLOATS))
def test_agrees_with_the_library(value):
    assert canonicalize(value) == rfc8785.dumps(value)


@given(nest(SCALARS))
def test_agrees_with_the_library_without_floats(value):
    assert canonicalize(value) == rfc8785.dumps(value)


def test_sample_of_the_rfc():
    assert canonicalize(json.loads(RFC["input"])) == bytes.fromhex(RFC["output_hex"])
    assert canonicalize(json.loads(RFC["author"]["input"])) == RFC["author"]["output"].encode()


def test_keys_sort_by_utf16_code_units():
    written = json.loads(canonicalize(json.loads(RFC["sorting_input"])))
    assert list(written.values()) == RFC["sorting_order"]


@pytest.mark.parametrize(("bits", "text"), RFC["numbers"])
def test_numbers_of_appendix_b(bits, text):
    assert canonicalize(struct.unpack(">d", bytes.fromhex(bits))[0]) == text.encode()


@pytest.mark.parametrize("bits", RFC["not_numbers"])
def test_no_numbers_of_appendix_b(bits):
    assert refused([struct.unpack(">d", bytes.fromhex(bits))[0]]) == "json.not_finite"


class Word(StrEnum):
    A = "a"


class Number(IntEnum):
    ONE = 1


def test_subclasses_are_their_json_kind():
    assert canonicalize({"w": Word.A, "n": Number.ONE, "t": (1, True)}) == b'{"n":1,"t":[1,true],"w":"a"}'


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (MAX_INTEGER + 1, "json.number_range"),
        ({"a": [-(10**5000)]}, "json.number_range"),
        (float("nan"), "json.not_finite"),
        ("\ud800", "json.lone_surrogate"),
        ({"\ud800": 1}, "json.lone_surrogate"),
        ({"\ud800": 1.5}, "json.lone_surrogate"),
        ([1.5, "\udfff"], "json.lone_surrogate"),
        ({1: 2}, "json.not_json"),
        ({None: 2}, "json.not_json"),
        ([b"a"], "json.not_json"),
        ({"a": {1, 2}}, "json.not_json"),
    ],
)
def test_refuses(value, code):
    assert refused(value) == code


@pytest.mark.parametrize("leaf", [1, 1.5])
def test_depth_beyond_the_interpreter_is_refused(leaf):
    nested = leaf
    for _ in range(100_000):
        nested = [nested]
    assert refused(nested) == "json.too_deep"


def test_a_structure_in_itself_is_refused(monkeypatch):
    monkeypatch.setattr(jcs, "MAX_NODES", 1_000)
    loop = {}
    loop["again"] = loop
    assert refused(loop) == "json.too_large"


def test_the_value_is_not_changed():
    value = {"b": [1, {"d": 1, "c": 2}], "a": 1}
    before = json.dumps(value)
    canonicalize(value)
    assert json.dumps(value) == before
