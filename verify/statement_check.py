"""Is an entitlement statement true? The ordered checks, pure: format, issuer, key, signature, rules, status.

The rules check compares the digests cited with the rule sets held here: amended rules do not make the statement false
for its day, but nobody should pay by it without asking again, so the answer is then ``unknown``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from keys.errors import Refused
from keys.ring import KeyRing
from registry.policy.model import Policies
from registry.policy.publishing import document_digest
from registry.state import State
from registry.statement import Statement, parse_statement, read_statement
from verify.registry_signed import OUTCOMES, DocumentVerdict, check_signed, is_believed, take_steps
from verify.verdict import Check, Outcome, Result


@dataclass(frozen=True)
class StatementVerdict(DocumentVerdict):
    """The answer. ``statement`` is there when its own words can be believed."""

    statement: Statement | None = None


@dataclass(frozen=True)
class StatementEvidence:
    """The registry's keys, the rule sets held here, and the state of a certificate by code (None: not recorded)."""

    ring: KeyRing
    policies: Policies
    state: Callable[[str], State | None]


_OUTCOMES = OUTCOMES | {
    "rules": Outcome.UNKNOWN,
    "status": Outcome.REVOKED,
}


def check_statement(document: bytes, evidence: StatementEvidence, *, at: datetime) -> StatementVerdict:
    """The verdict on a signed statement. Never raises for bad input: that is an answer."""
    steps = _Steps(document, evidence)
    checks, refused = take_steps(steps.run(), "statement")
    if refused is None:
        return StatementVerdict(Outcome.VALID, at, tuple(checks), steps.statement)
    name = list(_OUTCOMES)[len(checks)]
    result = Result.UNKNOWN if _OUTCOMES[name] is Outcome.UNKNOWN else Result.FAILED
    checks.append(Check(name, result, refused.code, refused.params))
    statement = steps.statement if is_believed(checks) else None
    return StatementVerdict(_OUTCOMES[name], at, tuple(checks), statement)


class _Steps:
    """The checks in the order of ``_OUTCOMES``; each yields its name when it passed, else raises Refused."""

    def __init__(self, document: bytes, evidence: StatementEvidence) -> None:
        self._document = document
        self._evidence = evidence
        self.statement: Statement | None = None

    def run(self) -> Iterator[str]:
        credential = parse_statement(self._document)
        self.statement = statement = read_statement(credential)
        yield "format"
        yield from check_signed(credential, statement.registry, self._evidence.ring)
        self._check_rules(statement)
        yield "rules"
        self._check_certificates(statement)
        yield "status"

    def _check_rules(self, statement: Statement) -> None:
        held = {document.id for document in self._evidence.policies.documents}
        for name, digest in statement.rule_sets.items():
            if name not in held or document_digest(self._evidence.policies, name) != digest:
                raise Refused("statement.rules_amended")

    def _check_certificates(self, statement: Statement) -> None:
        for answered in statement.answers:
            if self._evidence.state(answered.code) is not State.VALID:
                raise Refused("statement.certificate_changed", number=answered.number)
