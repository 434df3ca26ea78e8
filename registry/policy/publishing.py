"""The rule sets as JSON for ``GET /policies``: documents, their rules with quotations, digests, search."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Any

import rfc8785

from keys.errors import Refused
from registry.folding import fold
from registry.places import lineage
from registry.policy.answers import citation_document
from registry.policy.loading import digests_of
from registry.policy.model import Document, Policies, Rule
from registry.policy.wording import name_place


def policies_document(
    policies: Policies, *, region: str | None = None, on: date | None = None
) -> list[dict[str, Any]]:
    """Every document, or those that hold in ``region`` and are in force ``on`` that day; Refused ``place.unknown``."""
    found = [
        document
        for document in policies.documents
        if (region is None or document.place in lineage(region))
        and (on is None or document.window.covers(on))
    ]
    return [_document(policies, document) for document in found]


def policy_document(policies: Policies, document_id: str) -> dict[str, Any]:
    """One document with all its rules; Refused ``policy.unknown``."""
    document = next((each for each in policies.documents if each.id == document_id), None)
    if document is None:
        # Only what looks like a document's name is repeated.
        raise Refused(
            "policy.unknown", id=document_id if re.fullmatch(r"[a-z0-9-]{1,64}", document_id) else "?"
        )
    rules = [rule for rule in policies.rules if rule.document == document]
    return {**_document(policies, document), "rules": [rule_document(rule) for rule in rules]}


def rule_document(rule: Rule) -> dict[str, Any]:
    """One rule as data: its citation, kind, parameters and digest."""
    return {
        **citation_document(rule),
        "kind": rule.kind,
        "en": rule.en,
        "figures": {
            name: value if isinstance(value, int) else float(value) for name, value in rule.figures.items()
        },
        "rows": [dict(row) for row in rule.rows],
        "words": {name: list(words) for name, words in rule.words.items()},
        "status": rule.coverage.status,
        "digest": rule.digest,
    }


def search_rules(policies: Policies, text: str) -> tuple[Rule, ...]:
    """Rules whose id, clause, quotation, English gloss or document's title holds ``text``, in either script."""
    wanted = fold(text)
    return tuple(
        rule
        for rule in policies.rules
        if wanted in fold(" ".join((rule.id, rule.clause, rule.quote, rule.en, rule.document.title)))
    )


def document_digest(policies: Policies, document_id: str) -> str:
    """SHA-256 (hex) over the digests of all rows of a document: what an entitlement statement cites."""
    rows = {
        name: digest for name, digest in digests_of(policies).items() if name.startswith(f"{document_id}/")
    }
    return hashlib.sha256(rfc8785.dumps(rows)).hexdigest()


def _document(policies: Policies, document: Document) -> dict[str, Any]:
    place = name_place(document.place)
    until = document.window.until
    return {
        "id": document.id,
        "title": document.title,
        "title_en": document.title_en,
        "number": document.number,
        "issued_by": document.issued_by,
        "region": {"code": document.place, "zh": place.zh, "en": place.en},
        "in_force": {"from": document.window.since.isoformat(), "to": until.isoformat() if until else None},
        "grade": document.grade,
        "source": document.source,
        "digest": document_digest(policies, document.id),
    }
