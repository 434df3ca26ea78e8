"""How many subsidies a person may still receive this year (ZJ-02), from their ledger. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from registry.ledgers.account import Account
from registry.policy.model import Policies, Rule
from registry.policy.settings import DEFAULT_SETTINGS, PolicySettings


@dataclass(frozen=True)
class SubsidiesLeft:
    """Of ``allowed`` a year, ``used`` are gone; by ``rule``."""

    rule: Rule
    year: int
    allowed: int
    used: int

    @property
    def left(self) -> int:
        """How many are left."""
        return max(0, self.allowed - self.used)


def subsidies_left(
    policies: Policies,
    account: Account,
    *,
    region: str,
    on: date,
    settings: PolicySettings = DEFAULT_SETTINGS,
) -> SubsidiesLeft | None:
    """What is left in the year of ``on``; None where no rule of the region sets a number."""
    limit = policies.nearest("subsidy_limit", region=region, on=on)
    if limit is None:
        return None
    used = sum(
        line.counts
        and line.subsidy == "training"
        and line.granted_on.year == on.year
        and (settings.completion_counts or line.kind != "training_completion")
        for line in account.lines
    )
    return SubsidiesLeft(limit, on.year, limit.figure("per_year"), used)
