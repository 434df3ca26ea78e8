"""Changing the state of one certificate: revoke, suspend, lift; one document update each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from issuers.changes.reasons import Act, check_reason
from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.keyrings import REGISTRY
from registry.record import Record
from registry.state import Change, State

FROM: Mapping[Act, tuple[State, ...]] = {
    Act.SUSPEND: (State.VALID,),
    Act.LIFT: (State.SUSPENDED,),
    Act.REVOKE: (State.VALID, State.SUSPENDED),
    Act.REISSUE: (State.VALID,),
}
TO: Mapping[Act, State] = {
    Act.SUSPEND: State.SUSPENDED,
    Act.LIFT: State.VALID,
    Act.REVOKE: State.REVOKED,
    Act.REISSUE: State.SUPERSEDED,
}
LIFTED = "lifted"  # the reason of a lifting that names none
MAX_NOTE = 500  # characters


@dataclass(frozen=True)
class Decision:
    """What is to be done, why, by whom (an account or an assessor's id) and for whom, and a note for the own file.

    ``request`` is the id of the request that asks for it.
    """

    act: Act
    reason: str
    by: str
    owner: str
    note: str = ""
    request: str = ""

    def change(self, at: datetime, *, many: str = "") -> Change:
        """The change that it makes, as part of the change of ``many``, where it is one."""
        return Change(TO[self.act], at, self.reason, self.by, self.note, self.owner, many, self.request)


def check_decision(decision: Decision) -> Decision:
    """The decision. Refused ``state.reason_unknown``, ``field.length`` of the note."""
    check_reason(decision.act, decision.reason, decision.owner)
    if len(decision.note) > MAX_NOTE:
        raise Refused("field.length", field="note")
    return decision


def apply(
    record: Record, code: str, decision: Decision, at: datetime, *, many: str = ""
) -> CertificateRecord:
    """Change the state of a certificate. Refused ``state.already``, ``state.reason_unknown``, ``state.not_yours``.

    What the registry suspended, only the registry lifts.
    """
    check_decision(decision)
    protected = REGISTRY if decision.act is Act.LIFT and decision.owner != REGISTRY else ""
    change = decision.change(at, many=many)
    changed = record.change(code, change, only_from=FROM[decision.act], last_owner_not=protected)
    if changed is None:
        raise _why_not(record.find(code), decision)
    return changed


def revoke(
    record: Record, code: str, *, reason: str, by: str, at: datetime, note: str = "", owner: str = ""
) -> CertificateRecord:
    """Revoke for good. Refused as `apply`."""
    return apply(record, code, Decision(Act.REVOKE, reason, by, owner, note), at)


def suspend(
    record: Record, code: str, *, reason: str, by: str, at: datetime, owner: str = ""
) -> CertificateRecord:
    """Suspend until lifted. Refused as `apply`."""
    return apply(record, code, Decision(Act.SUSPEND, reason, by, owner), at)


def lift(
    record: Record, code: str, *, by: str, at: datetime, reason: str = LIFTED, owner: str = ""
) -> CertificateRecord:
    """Lift a suspension. Refused as `apply`."""
    return apply(record, code, Decision(Act.LIFT, reason, by, owner), at)


def _why_not(found: CertificateRecord | None, decision: Decision) -> Refused:
    if found and found.state in FROM[decision.act]:
        return Refused("state.not_yours", field="state")
    return Refused("state.already", field="state")
