"""Is a credential of an accreditation true, and does it still stand? The ordered checks, pure.

Format, issuer, key and signature say that the registry signed it. Then the registry's own record is asked: whether
anything was decided since (``record``), and whether the accreditation holds today (``status``). Certificates have
their own checks: one issued while an accreditation held stays valid whatever this one says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from issuers.accreditation import Accreditation, Standing
from issuers.accreditations.credential import Attested, parse_accreditation, read_accreditation
from keys.errors import Refused
from keys.ring import KeyRing
from registry.credential import china_date
from verify.registry_signed import OUTCOMES, DocumentVerdict, check_signed, is_believed, take_steps
from verify.verdict import Check, Outcome, Result

Known = tuple[Attested, Accreditation]


@dataclass(frozen=True)
class AccreditationVerdict(DocumentVerdict):
    """The answer. ``said`` is there when its own words can be believed; ``since``: from when it does not hold."""

    said: Attested | None = None
    since: date | None = None


@dataclass(frozen=True)
class AccreditationEvidence:
    """The registry's keys, and what the record says of an assessor's accreditation today (None: nothing)."""

    ring: KeyRing
    known: Callable[[str, str], Known | None]


_OUTCOMES = OUTCOMES | {
    "record": Outcome.SUPERSEDED,
    "status": Outcome.UNKNOWN,
}
_STANDINGS = {
    Standing.SUSPENDED: Outcome.SUSPENDED,
    Standing.WITHDRAWN: Outcome.REVOKED,
    Standing.REPLACED: Outcome.SUPERSEDED,
    Standing.PAST: Outcome.EXPIRED,
    Standing.FUTURE: Outcome.NOT_YET_VALID,
}


def check_accreditation(
    document: bytes, evidence: AccreditationEvidence, *, at: datetime
) -> AccreditationVerdict:
    """The verdict on a signed accreditation at ``at``. Never raises for bad input: that is an answer."""
    steps = _Steps(document, evidence, china_date(at))
    checks, refused = take_steps(steps.run(), "attested")
    if refused is None:
        return AccreditationVerdict(Outcome.VALID, at, tuple(checks), steps.said)
    name = list(_OUTCOMES)[len(checks)]
    checks.append(Check(name, Result.FAILED, refused.code, refused.params))
    outcome = _STANDINGS[steps.standing] if name == "status" and steps.standing else _OUTCOMES[name]
    said = steps.said if is_believed(checks) else None
    return AccreditationVerdict(outcome, at, tuple(checks), said, steps.since)


class _Steps:
    """The checks in the order of ``_OUTCOMES``; each yields its name when it passed, else raises Refused."""

    def __init__(self, document: bytes, evidence: AccreditationEvidence, today: date) -> None:
        self._document = document
        self._evidence = evidence
        self._today = today
        self.said: Attested | None = None
        self.standing: Standing | None = None
        self.since: date | None = None

    def run(self) -> Iterator[str]:
        credential = parse_accreditation(self._document)
        self.said = said = read_accreditation(credential)
        yield "format"
        yield from check_signed(credential, said.registry, self._evidence.ring)
        known = self._evidence.known(said.assessor_id, said.id)
        if known is None:
            raise Refused("accreditation.unknown")
        attested, held = known
        self.standing, self.since = held.standing(self._today)
        if attested != said and self.standing is Standing.CURRENT:
            raise Refused("attested.amended")
        yield "record"
        self._check_standing()
        yield "status"

    def _check_standing(self) -> None:
        if self.standing is not Standing.CURRENT:
            since = self.since.isoformat() if self.since else ""
            raise Refused(f"attested.{self.standing}", since=since)
