"""Employment access: may this person be placed or hired in this occupation on this day?

The list of occupations with access is loaded by the deployer, dated; it is empty by default,
because which items of the national catalogue are access-type was not found one by one. An
occupation that is not listed that day is open. A qualification issued while its occupation was
in the catalogue stays good after it left (人社厅发〔2020〕80号, known from a code repository, grade D).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import rfc8785

from registry.policy.model import Policies, Rule, Text, Window

Checker = Literal["agency", "employer"]


@dataclass(frozen=True)
class Listing:
    """One row of a list: an occupation and the days on which it is listed, with the list's document."""

    occupation: str
    window: Window
    document: str


@dataclass(frozen=True)
class Qualification:
    """What the person holds: kind, occupation, day of issue, and whether it is withdrawn."""

    number: str
    kind: str
    occupation: str
    issued_on: date
    withdrawn: bool = False


@dataclass(frozen=True)
class AccessCheck:
    """The answer and what it was based on, to be kept as evidence."""

    outcome: Literal["open", "allowed", "certificate_missing", "no_rule"]
    text: Text
    on: date
    checker: Checker
    occupation: str
    rules: tuple[Rule, ...]
    listing: Listing | None
    certificate: str | None
    list_digest: str
    """SHA-256 (hex) of the list as it was asked."""


_TEXTS = {
    "open": Text(
        "该职业当日不在就业准入名单内，无须准入证书。",
        "The occupation is not on the access list that day: no certificate is required.",
    ),
    "allowed": Text(
        "持有所需的职业资格证书，可以录用或介绍就业。",
        "Holds the qualification required: may be hired or placed.",
    ),
    "no_rule": Text("没有找到该地区当日有效的就业准入规定。", "No access rule was found there for that day."),
}
_MISSING = {
    "agency": Text(
        "未查到所需的职业资格证书，职业介绍机构不得介绍就业。",
        "The qualification required was not found: an agency must not place this person.",
    ),
    "employer": Text(
        "未查到所需的职业资格证书，用人单位不得录用。",
        "The qualification required was not found: an employer must not hire this person.",
    ),
}


def check_access(
    policies: Policies,
    *,
    occupation: str,
    region: str,
    on: date,
    held: Sequence[Qualification],
    checker: Checker,
    access_list: Sequence[Listing] = (),
) -> AccessCheck:
    """The check of NM-06 (a listed occupation needs a qualification), in NM-07's words for this checker."""
    rule = policies.nearest("access", region=region, on=on)
    rules = tuple(each for each in (rule, policies.nearest("access_checker", region=region, on=on)) if each)
    listing = next(
        (row for row in access_list if row.occupation == occupation and row.window.covers(on)), None
    )
    proof = _proof(rule, occupation, on, held) if rule and listing else None
    outcome: Literal["open", "allowed", "certificate_missing", "no_rule"]
    if rule is None:
        outcome = "no_rule"
    elif listing is None:
        outcome = "open"
    else:
        outcome = "allowed" if proof else "certificate_missing"
    return AccessCheck(
        outcome,
        say(outcome, checker),
        on,
        checker,
        occupation,
        rules,
        listing,
        proof.number if proof else None,
        digest_of(access_list),
    )


def stays_valid(issued_on: date, *, occupation: str, catalogue: Sequence[Listing]) -> bool:
    """Whether it was issued while its occupation was in the catalogue; leaving it later changes nothing."""
    return any(row.occupation == occupation and row.window.covers(issued_on) for row in catalogue)


def say(outcome: str, checker: Checker) -> Text:
    """The answer as a sentence, in NM-07's words for who checked."""
    return _MISSING[checker] if outcome == "certificate_missing" else _TEXTS[outcome]


def digest_of(access_list: Sequence[Listing]) -> str:
    """SHA-256 (hex) of a list, in any order of its rows."""
    rows = [
        [row.occupation, str(row.window.since), str(row.window.until), row.document] for row in access_list
    ]
    return hashlib.sha256(rfc8785.dumps(sorted(rows))).hexdigest()


def _proof(rule: Rule, occupation: str, on: date, held: Sequence[Qualification]) -> Qualification | None:
    return next(
        (
            each
            for each in held
            if each.kind in rule.words["certificates"]
            and each.occupation == occupation
            and each.issued_on <= on
            and not each.withdrawn
        ),
        None,
    )
