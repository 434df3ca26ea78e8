"""From a claim as a registrar types it to a claim the rules can decide: the facts come from the record. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import get_args

from keys.errors import Refused
from registry.archive.holdings import Holding
from registry.credit_code import parse_credit_code
from registry.number import LONGEST_INPUT
from registry.places import find_place, lineage
from registry.policy.ledger import Claim, Fact, Payee, Subsidy

LONGEST_APPROVER = 60  # characters of a name and an office
ROUTES = ("public_training", "self_study", "enterprise_training")
SUBSIDIES = get_args(Subsidy)
FACTS = get_args(Fact)
CLAIMANTS = get_args(Payee)
COURSES = ("start_up",)


@dataclass(frozen=True)
class ClaimForm:
    """A claim for one of a person's certificates; whether it is granted, the rules say."""

    certificate: str
    region: str
    claimant: Payee
    claimed_on: date
    subsidy: Subsidy = "training"
    route: str = "public_training"
    course: str | None = None
    enterprise: str | None = None
    workplace: str | None = None
    graduated_on: date | None = None
    facts: frozenset[Fact] = frozenset()
    approver: str | None = None


def find_holding(holdings: Sequence[Holding], number: str) -> Holding:
    """The person's certificate of that number. Refused ``subsidy.certificate``: this person has none."""
    wanted = number.strip().upper()[:LONGEST_INPUT]
    found = next((one for one in holdings if one.number == wanted), None)
    if found is None:
        raise Refused("subsidy.certificate", field="certificate")
    return found


def build_claim(form: ClaimForm, archive: str, holding: Holding, *, today: date) -> Claim:
    """The claim; kind, occupation, level and date are the certificate's own, never the claimant's word.

    Refused ``subsidy.certificate_state``, ``subsidy.claimed_on``, ``subsidy.enterprise``, ``subsidy.choice``,
    ``place.unknown``, ``credit_code.*``, each at its field.
    """
    _check_choices(form)
    if not holding.standing:
        raise Refused("subsidy.certificate_state", field="certificate", state=holding.state)
    if not holding.issued_on <= form.claimed_on <= today:
        raise Refused("subsidy.claimed_on", field="claimed_on", issued_on=holding.issued_on.isoformat())
    if form.approver is not None and not 0 < len(form.approver.strip()) <= LONGEST_APPROVER:
        raise Refused("subsidy.approver", field="approver", limit=LONGEST_APPROVER)
    return Claim(
        person=archive,
        certificate=holding.number,
        kind=holding.kind,
        occupation=holding.occupation,
        level=holding.level,
        certified_on=holding.issued_on,
        claimed_on=form.claimed_on,
        region=_place("region", form.region),
        claimant=form.claimant,
        job=holding.job,
        subsidy=form.subsidy,
        route=form.route,  # type: ignore[arg-type]  # one of ROUTES, checked above
        course="start_up" if form.course else None,
        workplace=_place("workplace", form.workplace) if form.workplace else None,
        graduated_on=form.graduated_on,
        facts=form.facts,
        approver=form.approver.strip() if form.approver else None,
    )


def payee_code(form: ClaimForm) -> str | None:
    """The credit code of an enterprise that claims. Refused ``subsidy.enterprise``, ``credit_code.*``."""
    if form.claimant == "person":
        return None
    if not form.enterprise:
        raise Refused("subsidy.enterprise", field="enterprise")
    try:
        return parse_credit_code(form.enterprise).code
    except Refused as refused:
        raise refused.at("enterprise") from None


def _check_choices(form: ClaimForm) -> None:
    allowed = {
        "claimant": CLAIMANTS,
        "subsidy": SUBSIDIES,
        "route": ROUTES,
        "course": (*COURSES, None),
    }
    for name, choices in allowed.items():
        if getattr(form, name) not in choices:
            raise Refused("subsidy.choice", field=name)
    if not form.facts <= set(FACTS):
        raise Refused("subsidy.choice", field="facts")


def _place(field: str, code: str) -> str:
    try:
        lineage(code)
        return find_place(code).code
    except Refused as refused:
        raise refused.at(field) from None
