"""Documents that the registry itself signs: the checks that all of them begin with, and the verdict on them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keys.errors import Refused
from keys.proof import read_proofs, verify
from keys.ring import KeyRing
from verify.verdict import Check, Outcome, Result

OUTCOMES = {
    "format": Outcome.BROKEN,
    "issuer": Outcome.UNTRUSTED,
    "key": Outcome.UNTRUSTED,
    "signature": Outcome.BROKEN,
}
"""What it means when one of the first checks fails, in their order."""


@dataclass(frozen=True)
class DocumentVerdict:
    """The answer."""

    outcome: Outcome
    as_of: datetime
    checks: tuple[Check, ...]

    @property
    def reason(self) -> Check | None:
        """The check that decided against it; None when valid."""
        return next((check for check in self.checks if check.result is not Result.PASSED), None)


def check_signed(credential: Mapping[str, Any], issuer: str, ring: KeyRing) -> Iterator[str]:
    """That the registry signed what names it as its issuer; each check's name when it passed, else raises Refused."""
    if issuer != ring.controller:
        raise Refused("issuer.unknown")
    yield "issuer"
    for proof in read_proofs(credential):
        ring.key_at(proof.verification_method, proof.created)
    yield "key"
    verify(credential, lambda proof: ring.find(proof.verification_method).public)
    yield "signature"


def take_steps(steps: Iterable[str], kind: str) -> tuple[list[Check], Refused | None]:
    """The checks that passed, with the codes of this kind of document, and what then refused."""
    passed: list[Check] = []
    try:
        for name in steps:
            passed.append(Check(name, Result.PASSED, f"{kind}.{name}_passed"))  # noqa: PERF401 - kept on refusal
    except Refused as refused:
        return passed, refused
    return passed, None


def is_believed(checks: Iterable[Check]) -> bool:
    """Whether its own words can be believed: the registry's signature is good."""
    return any(check.name == "signature" and check.result is Result.PASSED for check in checks)
