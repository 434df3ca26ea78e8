"""What counts for what: results of elsewhere by a dated table; 1+X bundles apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from keys.errors import Refused
from registry.kinds import find_kind
from registry.places import lineage
from registry.policy.model import Policies, Rule, Window


@dataclass(frozen=True)
class Recognised:
    """One row: a standard or result of elsewhere, and the occupation and level it counts for here."""

    standard: str
    owner: str
    occupation: str
    level: str
    region: str
    window: Window
    reference: str


@dataclass(frozen=True)
class Recognition:
    """The row that maps it (None: not recognised there that day), and the rules that call for recognition."""

    row: Recognised | None
    rules: tuple[Rule, ...]


def recognise(
    policies: Policies, table: Sequence[Recognised], *, standard: str, region: str, on: date
) -> Recognition:
    """How ``standard`` counts in ``region`` on that day (DG-03; HH-05, HH-10 for other bodies)."""
    places = lineage(region)
    rows = [
        row for row in table if row.standard == standard and row.region in places and row.window.covers(on)
    ]
    rules = tuple(
        rule
        for rule in policies.in_force(region, on)
        if rule.kind == "recognition" or rule.id in ("HH-05", "HH-10")
    )
    return Recognition(min(rows, key=lambda row: places.index(row.region), default=None), rules)


def labour_level(kind: str, level: str | None) -> str | None:
    """The level of the labour ladder a certificate shows; None for the education line."""
    return level if find_kind(kind).line == "hrss" else None


@dataclass(frozen=True)
class Bundle:
    """A diploma and the 1+X certificates beside it (JL-01): the education line, no labour level."""

    diploma: str
    certificates: tuple[str, ...]


def bundle(
    policies: Policies, *, diploma: str, certificates: Sequence[tuple[str, str]], region: str, on: date
) -> Bundle:
    """Bind ``certificates`` (number, kind) to a diploma; else Refused ``bundle.kind``."""
    rule = policies.nearest("bundle", region=region, on=on)
    kinds = rule.words["certificates"] if rule else ("one_plus_x",)
    if any(kind not in kinds for _, kind in certificates):
        raise Refused("bundle.kind", field="certificates")
    return Bundle(diploma, tuple(dict.fromkeys(number for number, _ in certificates)))
