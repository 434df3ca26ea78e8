"""What verification answers, pure: an outcome, the checks it rests on, and words for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from keys.errors import Param
from registry.credential import Face


class Outcome(StrEnum):
    """One word for the whole. Everything but VALID is a negative answer."""

    VALID = "valid"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    SUPERSEDED = "superseded"
    UNTRUSTED = "untrusted"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class Result(StrEnum):
    """How one check ended; UNKNOWN means it could not be made."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One named check with a reason code of ``verify/data/reasons.toml``."""

    name: str
    result: Result
    code: str
    params: Mapping[str, Param] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The answer. ``face`` is there when the certificate's own words can be believed; ``reason`` is a code.

    ``past`` is the verdict at the end of a day gone by, where one was asked for.
    """

    outcome: Outcome
    as_of: datetime
    checks: tuple[Check, ...]
    face: Face | None = None
    past: Verdict | None = None

    @property
    def reason(self) -> Check | None:
        """The check that decided against it; None when valid."""
        if self.outcome is Outcome.VALID:
            return None
        failed = [check for check in self.checks if check.result is Result.FAILED]
        unsure = [check for check in self.checks if check.result is Result.UNKNOWN]
        return (failed or unsure[-1:])[0]
