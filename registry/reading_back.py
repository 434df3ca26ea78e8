"""Credentials that are pure functions of what they say are read by building them again.

What does not come out the same, member by member, was not written by us: a term that our contexts do not define is
refused so without a schema language (PyLD has no safe mode, and JCS signs anything).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from keys.errors import Refused
from keys.strict_json import MAX_BYTES, loads

Said = TypeVar("Said")
_MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)


def parse_object(document: bytes, refusal: str, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """A credential's bytes as an object, strictly parsed. Refused ``json.*``, and ``refusal`` for another value."""
    parsed = loads(document, max_bytes=max_bytes)
    if not isinstance(parsed, dict):
        raise Refused(refusal)
    return parsed


def read_back(
    credential: Mapping[str, Any],
    take: Callable[[Mapping[str, Any]], Said],
    build: Callable[[Said], Mapping[str, Any]],
    refusal: str,
) -> Said:
    """What a credential says, with or without its proof; ``refusal`` unless it is what that builds."""
    try:
        said = take(credential)
        rebuilt = build(said)
    except _MALFORMED as error:
        raise Refused(refusal) from error
    if without_proof(credential) != rebuilt:
        raise Refused(refusal)
    return said


def without_proof(credential: Mapping[str, Any]) -> dict[str, Any]:
    """What was signed."""
    return {name: value for name, value in credential.items() if name != "proof"}
