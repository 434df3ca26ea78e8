"""Presentations, put together with the record: verified like a certificate, and described by what they show.

Beside them what programs need to verify one without us: the type's metadata (draft-ietf-oauth-sd-jwt-vc, section 6)
and each assessor's keys (section 5).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache

import orjson
from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from issuers.services import issuers
from keys.errors import Refused
from keys.ring import KeyState
from registry.bound_tokens import BoundTokens
from registry.credential import StatusEntry
from registry.selective import VCT_PATH, Presented, issuer_url
from registry.services import registry
from registry.tables import read_table
from registry.view import Json, describe_instant, describe_place
from verify.checks import RecordEvidence
from verify.presentation_check import Binding, PresentationEvidence, PresentationVerdict, check_presentation
from verify.services import Verifier, evidence_of, verifier
from verify.verdict import Outcome
from verify.view import describe_checks, describe_reason

PERSONAL = frozenset({"holder_name", "holder_id", "certificate"})
TOLD = {Outcome.REVOKED, Outcome.SUSPENDED, Outcome.EXPIRED, Outcome.SUPERSEDED, Outcome.NOT_YET_VALID}
AGE = 3_600  # seconds that programs may keep the keys and the type: both change rarely, and old keys stay

documents = Blueprint("presentations", __name__)


def verify_presentation(
    text: str, *, at: datetime, audience: str | None = None, nonce: str | None = None
) -> PresentationVerdict:
    """The verdict on a presentation somebody sent."""
    here = verifier()
    evidence = PresentationEvidence(
        registry().settings.origin,
        here.known_trust_by_id,
        lambda status, token: here.patience.ask(lambda: _look_up(here, status, token)),
        audience,
        nonce,
    )
    return check_presentation(text.strip(), evidence, at=at)


def describe_presentation(found: PresentationVerdict) -> Json:
    """The verdict as JSON, in the shape of a certificate's; the person is shown only while it is valid."""
    verdict = found.verdict
    return {
        "outcome": verdict.outcome.value,
        "as_of": describe_instant(verdict.as_of),
        "reason": describe_reason(verdict.reason),
        "checks": describe_checks(verdict.checks),
        "certificate": None,
        "benefits": None,
        "at": None,
        "presentation": _describe(found.presented, verdict.outcome, found.binding),
    }


def show_presentation(found: PresentationVerdict) -> ResponseReturnValue:
    """The page of a verdict on a presentation; never kept by a cache."""
    response = Response(render_template("verify/presentation.html", verdict=describe_presentation(found)))
    response.headers["Cache-Control"] = "no-store"
    return response


def describe_shown(shown: Json) -> Json:
    """Disclosed claims for people: the region with its names."""
    region = shown.get("region")
    return shown | ({"region": describe_place(region)} if isinstance(region, str) else {})


def keep_back(shown: Json, outcome: Outcome) -> Json:
    """The claims that may be told: the person's own only while the certificate is valid, in the order of the page."""
    told = {name: shown[name] for name in claim_names() if name in shown}
    return told if outcome is Outcome.VALID else {name: told[name] for name in told if name not in PERSONAL}


@documents.get(VCT_PATH)
def type_metadata() -> Response:
    """What the claims of a certificate are called, for wallets and verifiers."""
    table = read_table("selective_claims")
    body = {
        "vct": registry().settings.origin + VCT_PATH,
        "name": table["name"]["en"],
        "description": table["description"]["en"],
        "display": [
            {"locale": locale, "name": table["name"][lang], "description": table["description"][lang]}
            for locale, lang in LOCALES
        ],
        "claims": [_claim(row) for row in table["claim"]],
    }
    return _public(body)


@documents.get("/.well-known/jwt-vc-issuer/assessors/<assessor_id>")
def issuer_metadata(assessor_id: str) -> Response:
    """The keys of an assessor's tokens, those it no longer signs with too, never those that were stolen."""
    here = registry()
    assessor = issuers().find_assessor(assessor_id)
    good = [
        key
        for key in here.keyrings.ring(assessor.id).keys
        if key.state in {KeyState.ACTIVE, KeyState.RETIRED}
    ]
    keys = [key.public.jwk() | {"kid": key.id, "use": "sig"} for key in good]
    return _public({"issuer": issuer_url(here.settings.origin, assessor.id), "jwks": {"keys": keys}})


LOCALES = (("zh-CN", "zh"), ("en", "en"))


@cache
def claim_names() -> tuple[str, ...]:
    """The claims that a certificate may have, in the order of the page."""
    return tuple(row["id"] for row in read_table("selective_claims")["claim"])


def _claim(row: Json) -> Json:
    display = [{"locale": locale, "label": row[lang], "name": row[lang]} for locale, lang in LOCALES]
    return {"path": [row["id"]], "display": display, "sd": "always"}


def _public(body: Json) -> Response:
    response = Response(orjson.dumps(body), mimetype="application/json")
    response.headers["Cache-Control"] = f"public, max-age={AGE}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _look_up(here: Verifier, status: StatusEntry, token: str) -> RecordEvidence | None:
    found = here.registry.record.find_by_status(status)
    if found is None:
        return None
    if found.sd_jwt and found.sd_jwt.partition(b"~")[0] == token.encode("ascii"):
        return evidence_of(found)
    signed_at = BoundTokens(here.registry.database).find(token, found.code)
    if signed_at is None:
        raise Refused("record.differs")
    return replace(evidence_of(found), recorded_at=signed_at)


def _describe(presented: Presented | None, outcome: Outcome, binding: Binding | None) -> Json | None:
    if presented is None or outcome not in {Outcome.VALID, *TOLD}:
        return None
    return {
        "shown": describe_shown(keep_back(dict(presented.shown), outcome)),
        "not_shown": [name for name in claim_names() if name not in presented.shown],
        "assessor_id": presented.assessor_id,
        "signed_at": describe_instant(presented.signed_at),
        "ends_at": describe_instant(presented.ends_at) if presented.ends_at else None,
        "bound": presented.confirmed is not None,
        "binding": binding
        and {"audience": binding.audience, "nonce": binding.nonce, "at": describe_instant(binding.at)},
    }
