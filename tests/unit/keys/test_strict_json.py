import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.strict_json import MAX_BYTES, MAX_DEPTH, MAX_INTEGER, loads

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=30,
)


def refused(data, **limits):
    with pytest.raises(Refused) as caught:
        loads(data, **limits)
    return caught.value.code


@given(JSON, st.booleans())
def test_reads_what_json_writes(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert loads(text) == value
    assert loads(text.encode()) == value


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ('{"a":1,"a":1}', "json.duplicate_key"),
        (r'{"a":1,"\u0061":2}', "json.duplicate_key"),
        ('[{"b":{"a":1,"a":2}}]', "json.duplicate_key"),
        ("NaN", "json.not_finite"),
        ("[Infinity]", "json.not_finite"),
        ("-Infinity", "json.not_finite"),
        ("1e999", "json.not_finite"),
        ("-1e999", "json.not_finite"),
        (r'"\ud800"', "json.lone_surrogate"),
        (r'"\uDFFFx"', "json.lone_surrogate"),
        (r'["\ude00\ud83d"]', "json.lone_surrogate"),
        (r'{"\ud800":1}', "json.lone_surrogate"),
        ('"\ud800"', "json.lone_surrogate"),
        (b'"\xed\xa0\x80"', "json.not_utf8"),
        (b'"\xff"', "json.not_utf8"),
        ('"a"'.encode("utf-16"), "json.not_utf8"),
        (str(MAX_INTEGER + 1), "json.number_range"),
        (str(-MAX_INTEGER - 1), "json.number_range"),
        ("9" * 5_000, "json.number_range"),
        ("", "json.syntax"),
        ("[1,]", "json.syntax"),
        ("[1] 2", "json.syntax"),
        ("01", "json.syntax"),
        ("'a'", "json.syntax"),
        ('"a\nb"', "json.syntax"),
        ("\ufeff1", "json.syntax"),
        (b"\xef\xbb\xbf1", "json.syntax"),
        ('{"a":1}}', "json.syntax"),
        ("[}", "json.syntax"),
    ],
)
def test_refuses(data, code):
    assert refused(data) == code


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\\ud800"', r"\ud800"),
        (str(MAX_INTEGER), MAX_INTEGER),
        (str(-MAX_INTEGER), -MAX_INTEGER),
        ("-0", 0),
        ("1e2", 100.0),
        ("0." + "1" * 5_000, 1 / 9),
        (" [1] \n", [1]),
    ],
)
def test_accepts(data, value):
    assert loads(data) == value


def test_depth_is_exact():
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        nested = "1"
        for _ in range(MAX_DEPTH):
            nested = opening + nested + closing
        loads(nested)
        assert refused("[" + nested + "]") == "json.too_deep"
        assert refused('{"k":' + nested + "}") == "json.too_deep"


@given(JSON, st.integers(1, 6))
def test_depth_agrees_with_a_walk(value, limit):
    def depth(node):
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    text = json.dumps(value)
    if depth(value) > limit:
        assert refused(text, max_depth=limit) == "json.too_deep"
    else:
        assert loads(text, max_depth=limit) == value


def test_brackets_in_strings_are_no_depth():
    loads(json.dumps(["[" * 100, '\\"' + "{" * 100, "a\\", "[" * 50, {"]}[{" * 20: "\\"}]))


def test_size_counts_bytes():
    assert refused('"' + "字" * (MAX_BYTES // 3) + '"') == "json.too_large"
    assert refused(b" " * (MAX_BYTES + 1)) == "json.too_large"
    loads('"' + "a" * (MAX_BYTES - 2) + '"')


def test_depth_beyond_the_interpreter_is_refused_too():
    assert refused("[" * 200_000 + "]" * 200_000, max_bytes=10**6, max_depth=10**6) == "json.too_deep"


@pytest.mark.parametrize("unit", ["[", '"', '\\"', '["', '{"a":[', "9", "]", "[]", '"\\', "\\u", "[1,"])
def test_hostile_text_is_refused_quickly(unit):
    text = unit * (MAX_BYTES // len(unit))
    start = time.perf_counter()
    with pytest.raises(Refused):
        loads(text)
    assert time.perf_counter() - start < 0.5  # quadratic scanning would take many seconds


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_refusal(data):
    with suppress(Refused):
        loads(data)
