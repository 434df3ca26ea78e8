"""The states of a certificate, pure: verifiers need them without the database that keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """What the record says of a certificate today."""

    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Change:
    """One change of state: to what, when, why (a reason code), by whom (an account's or assessor's id).

    ``note`` is for the assessor's own file and is shown to nobody else. ``owner`` is whom the account acted for, an
    assessor's id or ``registry`` (empty before it was kept); ``act`` the change of many that this one is part of,
    ``request`` the id of the request that asked for this one.
    """

    state: State
    at: datetime
    reason: str
    by: str
    note: str = ""
    owner: str = ""
    act: str = ""
    request: str = ""


def state_at(changes: Sequence[Change], moment: datetime) -> tuple[State, str | None]:
    """The state that ``changes`` (oldest first) had led to at ``moment``, and why (None where it is valid)."""
    before = [change for change in changes if change.at <= moment]
    if not before or before[-1].state is State.VALID:
        return State.VALID, None
    return before[-1].state, before[-1].reason


# In which list a state sets its bit. A superseded certificate must not pass as valid for who only reads the lists.
LISTED: Mapping[str, tuple[State, ...]] = {
    "revocation": (State.REVOKED, State.SUPERSEDED),
    "suspension": (State.SUSPENDED,),
}
