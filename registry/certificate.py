"""A certificate as recorded: what was signed, whose it is in keyed hashes, and the changes of its state since."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from registry.credential import StatusEntry
from registry.issuance import Issuance
from registry.state import Change, State


@dataclass(frozen=True)
class Idempotency:
    """A caller's retry key and the digest of the body it was first used with (32 bytes each)."""

    key: bytes
    body: bytes


@dataclass(frozen=True)
class CertificateRecord:
    """A certificate as recorded.

    ``credential`` is the exact signed bytes, ``sd_jwt`` the same certificate as an SD-JWT VC with every disclosure
    (`registry.selective`), None where none was signed. ``person`` is the keyed hash of the identity document,
    ``holder`` the sealed name and identity number, ``holds`` the keyed hash of person, kind, occupation and level,
    ``name_key`` that of the folded name. A certificate issued again ``replaces`` a code; the one it replaces is
    ``replaced_by`` it.
    """

    code: str
    number: str
    kind: str
    level: str | None
    occupation: tuple[str, str]
    assessor: str
    region: str
    issued_on: date
    recorded_at: datetime
    person: bytes = field(repr=False)
    holder: bytes = field(repr=False)
    holds: bytes = field(repr=False)
    status: StatusEntry = field(repr=False)
    credential: bytes = field(repr=False)
    sd_jwt: bytes | None = field(default=None, repr=False)
    qr: str | None = field(default=None, repr=False)
    """The signed text of its QR, where the assessor keeps its own key and has signed that too."""
    idempotency: Idempotency | None = field(default=None, repr=False)
    state: State = State.VALID
    changes: tuple[Change, ...] = ()
    name_key: bytes = field(default=b"", repr=False)
    replaces: str | None = field(default=None, repr=False)
    replaced_by: str | None = field(default=None, repr=False)
    issuance: Issuance | None = None
    """Who caused it and by which request or batch; None where that was not kept yet."""

    @property
    def cause(self) -> str | None:
        """Why it is not valid: the reason code of its last change; None while it is."""
        return self.changes[-1].reason if self.changes and self.state is not State.VALID else None
