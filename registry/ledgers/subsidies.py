"""The subsidy ledger: claim, decision and entry as one step, whatever else happens at the same moment.

Decide on the account as read, store it at that version, start again when somebody was faster. A crash before the
store leaves nothing, a crash after it leaves the whole line; a retry with the same key finds it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from secrets import token_urlsafe

from keys.errors import Refused
from registry.credential import china_date
from registry.ledgers.account import Account, Act, Line, cancel_line, prepay_line, priced, settle_line
from registry.ledgers.accounts import Accounts
from registry.policy.ledger import Claim, Decision, Rate
from registry.policy.model import Policies
from registry.policy.settings import DEFAULT_SETTINGS, PolicySettings
from registry.policy.subsidies import decide_subsidy, find_rate

MAX_TRIES = 50  # each lost race means that another write for the same person went through
LONGEST_PAUSE = 0.02  # seconds; a write takes a few milliseconds

Blocked = Callable[[str, date], Sequence[object]]
"""The open integrity records that bar a subject on a day (HH-14, ZJ-19); none: it is not barred.

A subject is ``person:HEX``, ``enterprise:CREDIT CODE`` or ``assessor:BODY``, as in `registry.registers.integrity`.
"""


@dataclass(frozen=True)
class Request:
    """A claim as it comes in, before the person's archive is known to be settled.

    ``find`` gives the claim on the person's archive as it is now; called again after a lost race, since the archive
    may have been merged meanwhile. ``enterprise``, ``assessor``: credit code and body whose integrity records are
    asked beside the person's. ``retry``: keyed hash of the caller's retry key and body.
    """

    find: Callable[[], Claim]
    by: str
    enterprise: str | None = None
    assessor: str | None = None
    retry: bytes | None = None


@dataclass(frozen=True)
class Outcome:
    """The decision, and the line it made (None: refused, or only tried)."""

    claim: Claim
    decision: Decision
    line: Line | None


class SubsidyLedger:
    """Every subsidy granted here."""

    def __init__(
        self,
        accounts: Accounts,
        policies: Callable[[], Policies],
        rates: Callable[[], Sequence[Rate]],
        clock: Callable[[], datetime],
        *,
        subjects_of: Callable[[str], Sequence[str]] = lambda _archive: (),
        blocked: Blocked = lambda _subject, _on: (),
        settings: PolicySettings = DEFAULT_SETTINGS,
    ) -> None:
        self.accounts = accounts
        self._policies = policies
        self._rates = rates
        self._clock = clock
        self._subjects_of = subjects_of
        self._blocked = blocked
        self._settings = settings

    def claim(self, request: Request, *, dry_run: bool = False) -> Outcome:
        """Decide a claim and, where it is granted, enter it; ``dry_run`` only decides.

        Refused ``subsidy.certificate_elsewhere``, ``ledger.busy``.
        """
        for attempt in range(MAX_TRIES):
            claim = request.find()
            account = self.accounts.load(claim.person)
            standing = _standing(account, request.retry)
            decision = self._decide(claim, request, account, without=standing)
            if standing or dry_run or not decision.granted:
                return Outcome(claim, decision, standing)
            line = self._line(claim, decision, request)
            if self.accounts.save(account.with_line(line)):
                return Outcome(claim, decision, line)
            _pause(attempt)
        raise Refused("ledger.busy")

    def prepay(self, line_id: str, *, amount: int, by: str) -> Line:
        """Pay in advance; Refused as in `prepay_line`, or by an open integrity record."""

        def change(account: Account, line: Line, act: Act) -> Line:
            on = china_date(act.at)
            self._check_payees(account, line, on)
            return prepay_line(self._policies(), self._priced(line), asked=amount, on=on, act=act)

        return self._change(line_id, change, Act("prepayment", self._clock(), by))

    def settle(self, line_id: str, *, completed: bool, by: str) -> Line:
        """Pay the balance, or take back; Refused as in `settle_line`, or by an open integrity record."""

        def change(account: Account, line: Line, act: Act) -> Line:
            if completed:
                self._check_payees(account, line, china_date(act.at))
            return settle_line(self._priced(line), completed=completed, act=act)

        return self._change(line_id, change, Act("settlement", self._clock(), by))

    def cancel(self, line_id: str, *, reason: str, by: str) -> Line:
        """Cancel a line; it counts no more. Refused as in `cancel_line`."""
        act = Act("cancellation", self._clock(), by, reason=reason)
        return self._change(line_id, lambda _account, line, act: cancel_line(line, act=act), act)

    def _change(self, line_id: str, change: Callable[[Account, Line, Act], Line], act: Act) -> Line:
        for attempt in range(MAX_TRIES):
            account = self.accounts.load_by_line(line_id)
            line = change(account, account.find(line_id), act)
            if self.accounts.save(account.changed(line)):
                return line
            _pause(attempt)
        raise Refused("ledger.busy")

    def _decide(self, claim: Claim, request: Request, account: Account, *, without: Line | None) -> Decision:
        asked = {
            "person": self._subjects_of(claim.person),
            "enterprise": _subject("enterprise", request.enterprise),
            "assessor": _subject("assessor", request.assessor),
        }
        days = {claim.claimed_on, china_date(self._clock())}  # an earlier day gets round no open record
        held = frozenset(
            role
            for role, subjects in asked.items()
            if any(self._blocked(subject, day) for subject in subjects for day in days)
        )
        if without:  # a retry is judged as the first attempt was
            account = account.without(without)
        return decide_subsidy(
            replace(claim, held=claim.held | held),
            account.entries(),
            self._policies(),
            settings=self._settings,
            rates=self._rates(),
        )

    def _check_payees(self, account: Account, line: Line, on: date) -> None:
        """Nothing is paid out while an integrity record is open (HH-14, ZJ-19)."""
        subjects = (*self._subjects_of(account.archive), *_subject("enterprise", line.enterprise))
        if any(self._blocked(subject, on) for subject in subjects):
            raise Refused("subsidy.held", field="id")

    def _priced(self, line: Line) -> Line:
        """The line with a figure, when one was published for its day after the claim."""
        rate = find_rate(
            self._rates(),
            kind=line.kind,
            level=line.level,
            occupation=line.occupation,
            region=line.region,
            on=line.granted_on,
        )
        return priced(line, rate.amount if rate else None)

    def _line(self, claim: Claim, decision: Decision, request: Request) -> Line:
        assert decision.rule is not None  # noqa: S101 - a granted claim has a rule
        assert decision.payee is not None  # noqa: S101 - and the rule names the payee
        return Line(
            id=token_urlsafe(12),
            certificate=claim.certificate,
            kind=claim.kind,
            occupation=claim.occupation,
            job=claim.job,
            level=claim.level,
            subsidy=claim.subsidy,
            rule=decision.rule.id,
            rule_digest=decision.rule.digest,
            region=decision.region,
            granted_on=claim.claimed_on,
            payee=decision.payee,
            enterprise=request.enterprise,
            fund=decision.fund,
            approved=decision.amount,
            exception_by=decision.exception_by,
            retry=request.retry,
            acts=(Act("grant", self._clock(), request.by, decision.amount),),
        )


def _subject(role: str, code: str | None) -> tuple[str, ...]:
    return (f"{role}:{code}",) if code else ()


def _standing(account: Account, retry: bytes | None) -> Line | None:
    return next((line for line in account.lines if retry and line.retry == retry), None)


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.002 * (attempt + 1))))  # noqa: S311 - no secret
