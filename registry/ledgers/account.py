"""A person's subsidy account: its lines and what may happen to them, pure.

A line runs granted -> (prepaid) -> settled, reclaimed or cancelled. A reclaimed or cancelled line counts no more.
The account is one document: whoever stores it holds the version it was read at against the version it has now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from keys.errors import Refused
from registry.policy.ledger import Entry, Payee, Subsidy
from registry.policy.model import Policies
from registry.policy.subsidies import prepay, settle


class LineState(StrEnum):
    """Where a line stands."""

    GRANTED = "granted"
    SETTLED = "settled"
    RECLAIMED = "reclaimed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Act:
    """Something that happened to a line: when, by whose account, how much (whole yuan), why."""

    act: str
    at: datetime
    by: str
    amount: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Line:
    """One subsidy granted. ``approved`` None: no figure is published, which is not zero."""

    id: str
    certificate: str
    kind: str
    occupation: str
    job: str | None
    level: str | None
    subsidy: Subsidy
    rule: str
    rule_digest: str
    """SHA-256 (hex) of the rule's row as it was when it decided."""
    region: str
    granted_on: date
    payee: Payee
    enterprise: str | None
    """Credit code of the payee when it is an enterprise."""
    fund: str | None
    approved: int | None
    exception_by: str | None
    retry: bytes | None = None
    """Keyed hash of the caller's retry key and body."""
    state: LineState = LineState.GRANTED
    prepaid: int = 0
    balance: int = 0
    """Paid when the course was completed."""
    clawback: int = 0
    """To be paid back."""
    acts: tuple[Act, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it still counts as a subsidy enjoyed."""
        return self.state in (LineState.GRANTED, LineState.SETTLED)

    @property
    def paid(self) -> int:
        """Whole yuan paid out so far, before any clawback."""
        return self.prepaid + self.balance

    @property
    def slot(self) -> str:
        """What may stand in one counting line only, in the whole registry."""
        return f"{self.certificate} {self.subsidy}"


@dataclass(frozen=True)
class Account:
    """The lines of one archive. ``version`` is 0 while nothing is stored."""

    archive: str
    lines: tuple[Line, ...] = ()
    version: int = 0

    def entries(self) -> tuple[Entry, ...]:
        """The lines in the words of the rules; the archive stands for the person."""
        return tuple(
            Entry(
                person=self.archive,
                certificate=line.certificate,
                rule=line.rule,
                kind=line.kind,
                occupation=line.occupation,
                job=line.job,
                level=line.level,
                subsidy=line.subsidy,
                granted_on=line.granted_on,
                cancelled=not line.counts,
            )
            for line in self.lines
        )

    def find(self, line_id: str) -> Line:
        """The line called ``line_id``. Refused ``subsidy.unknown``."""
        found = next((line for line in self.lines if line.id == line_id), None)
        if found is None:
            raise Refused("subsidy.unknown", field="id")
        return found

    def with_line(self, line: Line) -> Account:
        """One line more."""
        return replace(self, lines=(*self.lines, line))

    def changed(self, changed: Line) -> Account:
        """The account with the line of that id replaced."""
        lines = (changed if line.id == changed.id else line for line in self.lines)
        return replace(self, lines=tuple(lines))

    def without(self, line: Line) -> Account:
        """The account as if the line had not been made."""
        return replace(self, lines=tuple(each for each in self.lines if each.id != line.id))

    @property
    def slots(self) -> tuple[str, ...]:
        """The slots of all counting lines."""
        return tuple(line.slot for line in self.lines if line.counts)


def prepay_line(policies: Policies, line: Line, *, asked: int, on: date, act: Act) -> Line:
    """Pay ``asked`` yuan in advance, once, at most the half (ZJ-06).

    Refused ``subsidy.not_open``, ``subsidy.no_figure``, ``subsidy.prepaid_before``,
    ``subsidy.no_prepayment``, ``subsidy.prepayment`` (more than allowed).
    """
    approved = _open(line)
    if line.prepaid:
        raise Refused("subsidy.prepaid_before", field="id")
    found = prepay(policies, approved=approved, asked=asked, region=line.region, on=on)
    if found.rule is None:
        raise Refused("subsidy.no_prepayment", field="id")
    if not found.passed:
        raise Refused("subsidy.prepayment", field="amount", most=found.amount or 0)
    return replace(line, prepaid=asked, acts=(*line.acts, replace(act, amount=asked)))


def settle_line(line: Line, *, completed: bool, act: Act) -> Line:
    """Pay the balance of a completed course, or take back what was paid for one that was not (ZJ-06).

    Refused ``subsidy.not_open``, ``subsidy.no_figure`` (a completed course needs one).
    """
    if not completed:
        _check_open(line)
        return _end(line, LineState.RECLAIMED, act)
    approved = _open(line)
    settled = settle(approved=approved, prepaid=line.prepaid, completed=True)
    return replace(
        line,
        state=LineState.SETTLED,
        balance=settled.balance,
        acts=(*line.acts, replace(act, amount=settled.balance)),
    )


def cancel_line(line: Line, *, act: Act) -> Line:
    """Cancel; whatever was paid is to be paid back. Refused ``subsidy.not_open`` when it counts no more."""
    if not line.counts:
        raise Refused("subsidy.not_open", field="id", state=line.state.value)
    return _end(line, LineState.CANCELLED, act)


def priced(line: Line, amount: int | None) -> Line:
    """The line with a figure where it had none: its rate was published after the claim."""
    return line if line.approved is not None or amount is None else replace(line, approved=amount)


def totals(account: Account) -> Mapping[str, int]:
    """Sums in whole yuan over all lines: approved, paid, to be paid back; and how many have no figure."""
    counting = [line for line in account.lines if line.counts]
    return {
        "approved": sum(line.approved or 0 for line in counting),
        "paid": sum(line.paid for line in account.lines),
        "clawback": sum(line.clawback for line in account.lines),
        "without_figure": sum(line.approved is None for line in counting),
    }


def _end(line: Line, state: LineState, act: Act) -> Line:
    return replace(line, state=state, clawback=line.paid, acts=(*line.acts, replace(act, amount=line.paid)))


def _check_open(line: Line) -> None:
    if line.state is not LineState.GRANTED:
        raise Refused("subsidy.not_open", field="id", state=line.state.value)


def _open(line: Line) -> int:
    _check_open(line)
    if line.approved is None:
        raise Refused("subsidy.no_figure", field="id")
    return line.approved
