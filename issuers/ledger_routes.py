"""The registrar's API of the ledgers under /api/v1: subsidies, credits, checks of employment access, their tables."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from issuers.access import keep_check
from issuers.archive_routes import desk, read_person
from issuers.archive_schemas import (
    AccessSchema,
    CancellationSchema,
    ClaimSchema,
    ConversionSchema,
    EarningSchema,
    PrepaymentSchema,
    ReferralSchema,
    SettlementSchema,
    make_form,
)
from issuers.ledger_view import both, describe_credits, describe_outcome, describe_row
from issuers.published import SCHEMAS, publish
from issuers.routes import MAX_RETRY_KEY, authenticate_registrar
from issuers.schemas import load
from issuers.session import note
from keys.errors import Refused
from keys.jcs import canonicalize
from registry.archive.export import cite, describe_check, describe_line
from registry.http import answer_json, read_json
from registry.keyrings import REGISTRY
from registry.ledgers.account import Line
from registry.ledgers.claims import find_holding
from registry.ledgers.published import Table
from registry.services import registry

ledger_api = Blueprint("ledger_api", __name__, url_prefix="/api/v1")
ledger_api.before_request(authenticate_registrar)

_claim, _prepayment, _settlement = ClaimSchema(), PrepaymentSchema(), SettlementSchema()
_cancellation, _earning, _conversion = CancellationSchema(), EarningSchema(), ConversionSchema()
_access, _referral = AccessSchema(), ReferralSchema()


@ledger_api.post("/subsidies/claims")
def claim() -> Response:
    """Decide a claim. 201 with its line when granted, 200 when not or with ``?dry_run=true``: both are answers."""
    body = read_json(request)
    asked = load(_claim, body)
    dry_run = request.args.get("dry_run") == "true"
    outcome = desk().claim(
        read_person(asked["holder"]),
        make_form(asked["form"], desk().today),
        by=REGISTRY,
        retry=_retry(body),
        dry_run=dry_run,
    )
    made = outcome.line is not None and not dry_run
    if outcome.line and made:
        note("subsidy.granted", f"subsidy:{outcome.line.id}")
    return answer_json(describe_outcome(outcome, desk().policies()), 201 if made else 200)


@ledger_api.post("/subsidies/claims/<line_id>/prepayment")
def prepayment(line_id: str) -> Response:
    """Pay at most the half in advance, once (ZJ-06)."""
    amount = load(_prepayment, read_json(request))["amount"]
    line = desk().subsidies.prepay(line_id, amount=amount, by=REGISTRY)
    note("subsidy.prepaid", f"subsidy:{line_id}", after={"amount": amount})
    return _line(line)


@ledger_api.post("/subsidies/claims/<line_id>/settlement")
def settlement(line_id: str) -> Response:
    """Pay the balance of a completed course, or take back what was paid for one that was not."""
    completed = load(_settlement, read_json(request))["completed"]
    line = desk().subsidies.settle(line_id, completed=completed, by=REGISTRY)
    note("subsidy.settled" if completed else "subsidy.reclaimed", f"subsidy:{line_id}")
    return _line(line)


@ledger_api.post("/subsidies/claims/<line_id>/cancellation")
def cancellation(line_id: str) -> Response:
    """Cancel a subsidy, with a reason; it counts no more and what was paid is to be paid back."""
    reason = load(_cancellation, read_json(request))["reason"]
    line = desk().subsidies.cancel(line_id, reason=reason, by=REGISTRY)
    note("subsidy.cancelled", f"subsidy:{line_id}")
    return _line(line)


@ledger_api.post("/credits")
def earn() -> Response:
    """Enter credits for a result, once for each published rule. 201 with the account."""
    asked = load(_earning, read_json(request))
    archive = desk().find(read_person(asked["holder"]), by=REGISTRY)
    holding = find_holding(desk().holdings(archive), asked["result"])
    account = desk().credits.earn(
        lambda: desk().archives.get(archive.code).code,
        holding.result,
        credits_=asked["credits"],
        rule=asked["rule"],
        on=desk().today,
    )
    note("credit.earned", f"archive:{archive.code}", why=asked["rule"], after={"credits": asked["credits"]})
    reward = desk().credits.reward(
        desk().policies(), account, region=holding.region or "000000", on=desk().today
    )
    return answer_json(describe_credits(account, reward), 201)


@ledger_api.post("/credits/conversions")
def convert() -> Response:
    """Exempt from a course by a school's rule; a result is converted once for ever. 201 with the account."""
    asked = load(_conversion, read_json(request))
    archive = desk().find(read_person(asked["holder"]), by=REGISTRY)
    holding = find_holding(desk().holdings(archive), asked["result"])
    account = desk().credits.convert(
        lambda: desk().archives.get(archive.code).code,
        holding.result,
        school=asked["school"],
        programme=asked["programme"],
        course=asked["course"],
        on=desk().today,
    )
    after = {name: asked[name] for name in ("school", "programme", "course")}
    note("credit.converted", f"archive:{archive.code}", after=after)
    return answer_json(describe_credits(account), 201)


@ledger_api.post("/access-checks")
def access_check() -> Response:
    """May this person be hired or placed there on that day? 201: the check is kept as evidence."""
    kept, found = keep_check(load(_access, read_json(request)))
    listing = found.listing
    shown = describe_check(kept) | {
        "sentence": both(found.text),
        "listing": {"document": listing.document, "from": listing.window.since.isoformat()}
        if listing
        else None,
        "rules": [cite(rule) for rule in found.rules],
    }
    return answer_json(shown, 201)


@ledger_api.post("/access-checks/<check_id>/referral")
def referral(check_id: str) -> Response:
    """Refer whoever hired or placed against a check that found no certificate (NM-08). 201."""
    asked = load(_referral, read_json(request))
    made = desk().access.refer(check_id, **asked, by=REGISTRY, at=registry().clock())
    note("access.referred", f"access:{check_id}", after={"employer": made.employer})
    return answer_json({"id": made.id, "check": made.check, "employer": made.employer}, 201)


@ledger_api.get("/subsidies/rates")
def rates() -> Response:
    """Every published rate with the days it holds."""
    return _rows("rates")


@ledger_api.post("/subsidies/rates")
def add_rate() -> Response:
    """Publish a rate, with its source. 201."""
    return _add("rates")


@ledger_api.get("/credits/rules")
def conversion_rules() -> Response:
    """Every conversion rule with the days it holds."""
    return _rows("conversion_rules")


@ledger_api.post("/credits/rules")
def add_conversion_rule() -> Response:
    """Publish a school's conversion rule. 201."""
    return _add("conversion_rules")


@ledger_api.get("/credits/tiers")
def tiers() -> Response:
    """Every reward tier with the days it holds."""
    return _rows("credit_tiers")


@ledger_api.post("/credits/tiers")
def add_tier() -> Response:
    """Publish a region's reward tier. 201."""
    return _add("credit_tiers")


@ledger_api.get("/access-list")
def access_list() -> Response:
    """Every occupation on an access list with the days it is listed."""
    return _rows("access_list")


@ledger_api.post("/access-list")
def add_listing() -> Response:
    """List an occupation, or end its listing. 201."""
    return _add("access_list")


def _add(table: Table) -> Response:
    asked = load(SCHEMAS[table], read_json(request))
    return answer_json(describe_row(publish(table, asked, by=REGISTRY)), 201)


def _rows(table: Table) -> Response:
    return answer_json({"rows": [describe_row(row) for row in desk().tables.rows(table)]})


def _line(line: Line) -> Response:
    return answer_json(describe_line(line, desk().policies()))


def _retry(body: Any) -> bytes | None:
    """The keyed hash of the caller's retry key and body: another body with the same key is another claim."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= MAX_RETRY_KEY:
        raise Refused("issue.idempotency_key", field="Idempotency-Key", limit=MAX_RETRY_KEY)
    return registry().vault.digest(key.encode("utf-8", "replace") + canonicalize(body), purpose="claim retry")
