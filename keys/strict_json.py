"""JSON in, refused whenever two readers could understand it differently.

I-JSON (RFC 7493) with limits: UTF-8, no duplicate keys, no lone surrogates, integers that every
reader keeps exact, finite numbers, bounded size and depth.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn, TypeAlias, cast

from keys.errors import Refused

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]

MAX_BYTES = 65_536
"""A signed certificate is about 3 kB; twenty times that is no certificate."""
MAX_DEPTH = 32
"""An Open Badges 3.0 credential nests eight levels; 32 keeps every later walk far from recursion limits."""
MAX_INTEGER = 2**53 - 1
"""RFC 7493 section 2.2: beyond it, readers that hold numbers as doubles round."""
_MAX_INTEGER_CHARACTERS = len(str(-MAX_INTEGER))

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(r"\\.", re.DOTALL)
# Every bracket becomes a square one; everything else that may stand outside a string goes.
_BRACKETS = {**dict.fromkeys(range(128)), **str.maketrans("[{]}", "[[]]")}


def loads(data: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> JsonValue:
    """The value of one JSON text; ``max_bytes`` counts UTF-8 bytes, ``max_depth`` arrays and objects.

    Refused: ``json.too_large``, ``json.not_utf8``, ``json.too_deep``, ``json.duplicate_key``,
    ``json.not_finite``, ``json.number_range``, ``json.lone_surrogate``, ``json.syntax``.
    """
    text = _read_text(data, max_bytes)
    _check_depth(text, max_depth)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Refused("json.syntax", line=error.lineno, column=error.colno) from None
    except RecursionError:  # only where a caller allows a depth beyond the interpreter's
        raise Refused("json.too_deep", limit=max_depth) from None
    if _SURROGATE_ESCAPE.search(text):
        _check_surrogates(value)
    return cast("JsonValue", value)


def _read_text(data: bytes | str, max_bytes: int) -> str:
    if len(data) > max_bytes:
        raise Refused("json.too_large", limit=max_bytes)
    if isinstance(data, bytes):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("json.not_utf8") from None
    try:
        size = len(data.encode("utf-8"))
    except UnicodeEncodeError:
        raise Refused("json.lone_surrogate") from None
    if size > max_bytes:
        raise Refused("json.too_large", limit=max_bytes)
    return data


def _check_depth(text: str, max_depth: int) -> None:
    """Refuse before parsing. Brackets that do not match are left to the parser."""
    if text.count("[") + text.count("{") <= max_depth:
        return
    outside_strings = (_ESCAPE.sub("", text) if "\\" in text else text).split('"')[::2]
    brackets = "".join(outside_strings).translate(_BRACKETS)
    for _ in range(max_depth):
        brackets, before = brackets.replace("[]", ""), brackets  # takes the innermost layer away
        if len(brackets) == len(before):
            return
    if "[]" in brackets:
        raise Refused("json.too_deep", limit=max_depth)


def _check_surrogates(value: object) -> None:
    """Escaped pairs became characters while parsing; what is still a surrogate had no partner."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("json.lone_surrogate") from None


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused("json.duplicate_key")
    return members


def _read_integer(digits: str) -> int:
    # The length first: int() of thousands of digits is slow, and raises beyond 4,300.
    if len(digits) > _MAX_INTEGER_CHARACTERS or abs(number := int(digits)) > MAX_INTEGER:
        raise Refused("json.number_range")
    return number


def _read_float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Refused("json.not_finite")
    return number


def _refuse_constant(_name: str) -> NoReturn:
    raise Refused("json.not_finite")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_read_object,
    parse_int=_read_integer,
    parse_float=_read_float,
    parse_constant=_refuse_constant,
)
