"""Changing the state of a certificate: revoke, suspend, lift; one document update each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files

from keys.errors import Refused
from registry.record import CertificateRecord, Record
from registry.state import Change, State


@dataclass(frozen=True)
class Reason:
    """Why a state changes; words for the page."""

    code: str
    zh: str
    en: str


@cache
def reasons() -> dict[str, Reason]:
    """The catalogue of reasons, by code."""
    rows = tomllib.loads((files("issuers") / "data" / "reasons.toml").read_text("utf-8"))
    return {code: Reason(code, row["zh"], row["en"]) for code, row in rows.items()}


def revoke(
    record: Record, code: str, *, reason: str, by: str, at: datetime, note: str = ""
) -> CertificateRecord:
    """Revoke for good. Refused ``state.already``, ``state.reason_unknown``."""
    change = replace(_change(State.REVOKED, reason, by, at), note=note)
    return _done(record.change(code, change, only_from=(State.VALID, State.SUSPENDED)))


def suspend(record: Record, code: str, *, reason: str, by: str, at: datetime) -> CertificateRecord:
    """Suspend until lifted. Refused ``state.already``, ``state.reason_unknown``."""
    return _done(record.change(code, _change(State.SUSPENDED, reason, by, at), only_from=(State.VALID,)))


def lift(record: Record, code: str, *, by: str, at: datetime) -> CertificateRecord:
    """Lift a suspension. Refused ``state.already`` when there is none."""
    return _done(record.change(code, Change(State.VALID, at, "lifted", by), only_from=(State.SUSPENDED,)))


def _change(state: State, reason: str, by: str, at: datetime) -> Change:
    if reason not in reasons():
        raise Refused("state.reason_unknown", field="reason", known=", ".join(reasons()))
    return Change(state, at, reason, by)


def _done(changed: CertificateRecord | None) -> CertificateRecord:
    if changed is None:
        raise Refused("state.already", field="state")
    return changed
