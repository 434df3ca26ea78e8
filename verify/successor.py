"""Where a replaced certificate leads: to the one that stands in its place, without a word about the person."""

from __future__ import annotations

from issuers.changes.reasons import reasons
from issuers.services import issuers
from registry.credential import china_date
from registry.services import registry
from registry.view import Json, describe_level
from verify.verdict import Outcome, Verdict


def describe_successor(verdict: Verdict) -> Json | None:
    """The certificate that took the place of a superseded one: its page, since which day, why; None otherwise."""
    if verdict.outcome is not Outcome.SUPERSEDED or verdict.face is None:
        return None
    old = registry().record.find(verdict.face.code)
    new = issuers().changes.replacement.successor(old) if old else None
    if old is None or new is None:
        return None
    change, reason = old.changes[-1], reasons().get(old.changes[-1].reason)
    return {
        "code": new.code,
        "verify": f"{registry().settings.origin}/v/{new.code}",
        "since": china_date(change.at).isoformat(),
        "reason": {"code": reason.code, "zh": reason.zh, "en": reason.en} if reason else None,
        "level": describe_level(new.level),
    }
