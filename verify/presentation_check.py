"""Is a presentation true? The ordered checks on an SD-JWT VC of ours, pure.

1. format: a token and disclosures within the limits
2. issuer: the assessor is known to the trust given
3. key: the signing key is the assessor's and was good when it signed
4. signature: it fits, and it covers every disclosure
5. record: the registry holds this very token
6. accreditation: it covered the certificate on its issue date, which the record knows where the token hides it
7. status: neither revoked, superseded nor suspended
8. validity: after it was signed, and before the end, where there is one
9. binding: who presents it holds the key it was issued to

A reduced presentation hides what the record check compares with, but never its place in the status list, and the
token that was signed is the same in every presentation: the record holds it whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from issuers.accreditation import Scope, covering
from keys import sd_jwt
from keys.errors import Refused
from keys.ring import RingKey
from keys.sd_jwt import SdJwt
from registry.credential import Face, StatusEntry, parse_credential, read_face
from registry.kinds import find_kind
from registry.selective import Presented, read_claimed, read_presented
from registry.state import State
from verify.checks import (
    RecordEvidence,
    Trust,
    check_accredited,
    check_recorded_time,
    check_state,
)
from verify.steps import conclude, run_steps
from verify.verdict import Check, Outcome, Verdict

AHEAD = timedelta(minutes=5)  # how far a wallet's clock may run before ours


# What an accreditation is held against; and the level, where the kind has one.
SCOPE = frozenset({"accreditation", "kind", "occupation", "region", "issued_on"})
_LOOKS_SO = re.compile(r"\s*eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+~")


@dataclass(frozen=True)
class PresentationEvidence:
    """``trust`` knows assessors by id. ``record`` gives what the record holds for a place in the status lists.

    It is given the token too, and refuses ``record.differs`` where the record holds another. Both may raise
    `NotAnswered`. ``record`` is None where the record was not asked; then ``state`` is, which knows the state from
    signed status lists. ``audience`` and ``nonce`` are what the verifier asked the holder to sign, where it asked.
    """

    origin: str
    trust: Callable[[str], Trust | None]
    record: Callable[[StatusEntry, str], RecordEvidence | None] | None
    audience: str | None = None
    nonce: str | None = None
    state: Callable[[StatusEntry], State | None] = lambda _: None


@dataclass(frozen=True)
class Binding:
    """What the holder's key signed: for whom, with which challenge, when."""

    audience: str
    nonce: str
    at: datetime


@dataclass(frozen=True)
class PresentationVerdict:
    """The answer. ``presented`` is there when what is shown can be believed, ``binding`` when a key proved it."""

    verdict: Verdict
    presented: Presented | None = None
    binding: Binding | None = None

    @property
    def outcome(self) -> Outcome:
        """One word for the whole."""
        return self.verdict.outcome

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks it rests on."""
        return self.verdict.checks


@dataclass
class _Case:
    text: str
    evidence: PresentationEvidence
    at: datetime
    token: SdJwt | None = None
    assessor_id: str = ""
    key_id: str = ""
    trust: Trust | None = None
    key: RingKey | None = None
    presented: Presented | None = None
    recorded: RecordEvidence | None = None
    bound: dict[str, Any] = field(default_factory=dict)


def is_presentation(text: str | bytes) -> bool:
    """Whether somebody sent an SD-JWT, rather than a file of another kind."""
    head = text if isinstance(text, str) else text[:65_536].decode("latin-1")
    return bool(_LOOKS_SO.match(head))


def check_presentation(text: str, evidence: PresentationEvidence, *, at: datetime) -> PresentationVerdict:
    """The verdict on a presentation at the moment ``at``. Never raises for bad input: that is an answer."""
    case = _Case(text, evidence, at)
    checks = run_steps(STEPS, case)
    verdict = conclude(checks, at, None)
    return PresentationVerdict(verdict, case.presented, _binding(case.bound))


def _check_format(case: _Case) -> None:
    case.token = sd_jwt.read(case.text)
    case.assessor_id, case.key_id = read_claimed(case.token)


def _check_issuer(case: _Case) -> None:
    case.trust = case.evidence.trust(case.assessor_id)
    if case.trust is None:
        raise Refused("issuer.unknown")


def _check_key(case: _Case) -> None:
    assert case.trust is not None  # noqa: S101 - the issuer check came before
    case.key = case.trust.ring.find(case.key_id)


def _check_signature(case: _Case) -> None:
    token, key = _token(case), _key(case)
    presented = read_presented(token, key.public)
    if presented.origin != case.evidence.origin:
        raise Refused("selective.foreign")
    key.check_signed_at(presented.signed_at)
    case.presented = presented


def _check_record(case: _Case) -> str | None:
    presented = _presented(case)
    if case.evidence.record is None:
        return "record.not_asked"
    case.recorded = case.evidence.record(presented.status, sd_jwt.issued_token(_token(case)))
    if case.recorded is None:
        raise Refused("record.missing")
    check_recorded_time(case.key, case.recorded)
    return None


def _check_accreditation(case: _Case) -> str | None:
    assert case.trust is not None  # noqa: S101 - the issuer check came before
    if case.recorded:
        check_accredited(case.trust.assessor, _recorded_face(case.recorded))
        return None
    if case.evidence.record:
        return "record.away"
    shown = _presented(case).shown
    if not shown.keys() >= SCOPE:
        return "accreditation.hidden"
    try:
        named, scope = shown["accreditation"]["id"], _scope_of(shown)
    except (KeyError, TypeError, ValueError):  # an assessor's own key may have signed another form
        raise Refused("selective.shape") from None
    if scope.level is None and find_kind(scope.kind).has_level:
        return "accreditation.hidden"
    held = [one for one in case.trust.assessor.accreditations if one.id == named]
    if not held:
        raise Refused("accreditation.unknown")
    covering(held, scope)
    return None


def _scope_of(shown: Mapping[str, Any]) -> Scope:
    """The scope that disclosed claims speak of, in the form of `registry.selective`; KeyError and the like else."""
    occupation, level = shown["occupation"], shown.get("level")
    return Scope(
        shown["kind"]["id"],
        (occupation["code"], occupation["edition"]),
        level["id"] if level else None,
        shown["region"],
        date.fromisoformat(shown["issued_on"]),
    )


def _check_status(case: _Case) -> str | None:
    return check_state(case.key, case.recorded, lambda: case.evidence.state(_presented(case).status))


def _check_validity(case: _Case) -> None:
    presented = _presented(case)
    if case.at + AHEAD < presented.signed_at:  # a day gone by, before there was anything to present
        raise Refused("validity.not_yet")
    if presented.ends_at and case.at >= presented.ends_at:
        raise Refused("validity.expired")


def _check_binding(case: _Case) -> str | None:
    token, presented = _token(case), _presented(case)
    if presented.confirmed is None:
        return "binding.none"
    if token.binding is None:
        return "binding.absent"
    sd_jwt.verify_binding(token, {"cnf": presented.confirmed}, lambda bound: _judge(case, bound))
    return None


def _judge(case: _Case, bound: Mapping[str, Any]) -> None:
    wanted = {"aud": case.evidence.audience, "nonce": case.evidence.nonce}
    if any(value is not None and bound[name] != value for name, value in wanted.items()):
        raise Refused("binding.other_verifier")
    if bound["iat"] > (case.at + AHEAD).timestamp():
        raise Refused("binding.in_future")
    case.bound = dict(bound)


STEPS: tuple[tuple[str, Callable[[_Case], str | None]], ...] = (
    ("format", _check_format),
    ("issuer", _check_issuer),
    ("key", _check_key),
    ("signature", _check_signature),
    ("record", _check_record),
    ("accreditation", _check_accreditation),
    ("status", _check_status),
    ("validity", _check_validity),
    ("binding", _check_binding),
)


def _binding(bound: Mapping[str, Any]) -> Binding | None:
    if not bound:
        return None
    try:
        at = datetime.fromtimestamp(bound["iat"], UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Binding(bound["aud"], bound["nonce"], at)


def _recorded_face(recorded: RecordEvidence) -> Face:
    return read_face(parse_credential(recorded.credential))


def _token(case: _Case) -> SdJwt:
    assert case.token is not None  # noqa: S101 - the format check came before
    return case.token


def _key(case: _Case) -> RingKey:
    assert case.key is not None  # noqa: S101 - the key check came before
    return case.key


def _presented(case: _Case) -> Presented:
    assert case.presented is not None  # noqa: S101 - the signature check came before
    return case.presented
