"""The states of a certificate, pure: verifiers need them without the database that keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """What the record says of a certificate today."""

    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


# In which list a state sets its bit. A superseded certificate must not pass as valid for who only reads the lists.
LISTED: Mapping[str, tuple[State, ...]] = {
    "revocation": (State.REVOKED, State.SUPERSEDED),
    "suspension": (State.SUSPENDED,),
}
