"""Taking the named steps of a check in their order, and the verdict that they add up to. Pure.

A step that fails ends the list, for what follows would rest on it. A step that lacks evidence is ``unknown``: the
verdict is then never ``valid``, and never a word against the certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from keys.errors import Refused
from registry.credential import Face
from verify.verdict import Check, Outcome, Result, Verdict

AnyCase = TypeVar("AnyCase")
_AWAY = {"issuer": "issuer.away", "record": "record.away", "status": "status.away"}

_OUTCOMES_BY_CHECK = {
    "format": Outcome.BROKEN,
    "issuer": Outcome.UNTRUSTED,
    "key": Outcome.UNTRUSTED,
    "signature": Outcome.BROKEN,
    "accreditation": Outcome.UNTRUSTED,
    "record": Outcome.UNKNOWN,
    "status": Outcome.UNKNOWN,
    "binding": Outcome.BROKEN,
}
_OUTCOMES_BY_CODE = {
    "record.differs": Outcome.BROKEN,
    "key.compromised": Outcome.UNTRUSTED,
    "proof.missing": Outcome.BROKEN,
    "proof.malformed": Outcome.BROKEN,
    "status.revoked": Outcome.REVOKED,
    "status.superseded": Outcome.SUPERSEDED,
    "status.suspended": Outcome.SUSPENDED,
    "validity.not_yet": Outcome.NOT_YET_VALID,
    "validity.expired": Outcome.EXPIRED,
}
# A verdict from signed lists alone is a whole one: only the record can say more than they do. And who presents a
# certificate is another question than whether it is true.
_MAY_BE_UNASKED = {"record.not_asked", "binding.none", "binding.absent"}


class NotAnswered(Exception):
    """A source of evidence gave no answer in time. That says nothing about the certificate."""


def run_steps(
    steps: Sequence[tuple[str, Callable[[AnyCase], str | None]]], case: AnyCase
) -> tuple[Check, ...]:
    """The named steps on a case, in order, up to the first that fails or that the next cannot do without."""
    checks: list[Check] = []
    for name, step in steps:
        try:
            lacking = step(case)
        except Refused as refused:
            checks.append(Check(name, Result.FAILED, refused.code, refused.params))
            break
        except NotAnswered:
            checks.append(Check(name, Result.UNKNOWN, _AWAY[name]))
            if name == "issuer":
                break  # without keys there is nothing to check
            continue
        checks.append(Check(name, Result.UNKNOWN, lacking) if lacking else _passed(name))
    return tuple(checks)


def conclude(checks: tuple[Check, ...], at: datetime, face: Face | None) -> Verdict:
    """The verdict that the checks add up to; the face only where its signature is good."""
    return Verdict(_outcome(checks), at, checks, face if _passed("signature") in checks else None)


def _passed(name: str) -> Check:
    return Check(name, Result.PASSED, f"{name}.passed")


def _outcome(checks: Sequence[Check]) -> Outcome:
    last = checks[-1]
    if last.result is Result.FAILED:
        return _OUTCOMES_BY_CODE.get(last.code) or _OUTCOMES_BY_CHECK[last.name]
    unsure = [
        check for check in checks if check.result is Result.UNKNOWN and check.code not in _MAY_BE_UNASKED
    ]
    return Outcome.UNKNOWN if unsure else Outcome.VALID
