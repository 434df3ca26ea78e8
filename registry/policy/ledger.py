"""The words of the subsidy ledger: a claim, what was granted before, a region's rate, the decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from registry.policy.answers import Step
from registry.policy.model import Rule, Text, Window

Payee = Literal["person", "enterprise"]
Subsidy = Literal["training", "assessment", "living"]
Fact = Literal["insured", "migrant_worker", "shortage", "employed", "monthly_pension", "no_monthly_pension"]


@dataclass(frozen=True)
class Claim:
    """One claim. ``person`` is the archive's opaque key, never an identity number."""

    person: str
    certificate: str
    """Its number in the record: one certificate brings one subsidy of a kind, wherever it is claimed."""
    kind: str
    occupation: str
    level: str | None
    certified_on: date
    claimed_on: date
    region: str
    claimant: Payee
    job: str | None = None
    subsidy: Subsidy = "training"
    route: Literal["public_training", "self_study", "enterprise_training"] = "public_training"
    course: Literal["start_up"] | None = None
    workplace: str | None = None
    graduated_on: date | None = None
    facts: frozenset[Fact] = frozenset()
    held: frozenset[str] = frozenset()
    """Subjects of this claim with an open integrity record: ``person``, ``enterprise``, ``assessor``."""
    ownership: Literal["public", "private"] | None = None
    """Of the training body. Recorded; no rule reads it (ZJ-14)."""
    approver: str | None = None
    """Who approves an exception from the yearly number (ZJ-02 原則上)."""


@dataclass(frozen=True)
class Entry:
    """One line of the ledger: what was granted; a cancelled line counts no more."""

    person: str
    certificate: str
    rule: str
    kind: str
    occupation: str
    job: str | None
    level: str | None
    subsidy: Subsidy
    granted_on: date
    cancelled: bool = False


@dataclass(frozen=True)
class Rate:
    """A region's amount, in whole yuan: the figures the documents leave to local tables (ZJ-05, HH-27)."""

    region: str
    kind: str
    level: str | None
    amount: int
    window: Window
    source: str
    occupation: str | None = None
    """None: any occupation; a rate for the claim's own occupation comes first."""


@dataclass(frozen=True)
class Limb:
    """One thing a claim must meet, and whether it does."""

    code: str
    passed: bool
    text: Text
    rule: Rule | None = None


@dataclass(frozen=True)
class Decision:
    """Whether a claim is granted, every limb asked, and what is paid to whom from what.

    ``amount`` None on a granted claim: no figure is published or loaded; it is not zero.
    """

    granted: bool
    rule: Rule | None
    limbs: tuple[Limb, ...]
    region: str
    payee: Payee | None = None
    fund: str | None = None
    amount: int | None = None
    exception_by: str | None = None
    steps: tuple[Step, ...] = ()

    @property
    def failed(self) -> Limb | None:
        """The first limb that was not met and not excused."""
        return None if self.granted else next(limb for limb in self.limbs if not limb.passed)
