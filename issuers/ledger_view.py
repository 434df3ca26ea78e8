"""Decisions, published rows and answers of the ledgers as JSON, each with the clause it stands on."""

from __future__ import annotations

from registry.archive.export import cite, describe_line
from registry.ledgers.credits import CreditAccount
from registry.ledgers.published import PublishedRow
from registry.ledgers.subsidies import Outcome
from registry.policy.credits import Reward
from registry.policy.ledger import Decision, Limb
from registry.policy.model import Policies, Text
from registry.policy.wording import word
from registry.view import Json, describe_instant, describe_place


def describe_outcome(outcome: Outcome, policies: Policies) -> Json:
    """A decision, every limb asked, and the line it made (null: none)."""
    return describe_decision(outcome.decision) | {
        "subsidy": describe_line(outcome.line, policies) if outcome.line else None
    }


def describe_decision(decision: Decision) -> Json:
    """Granted or not, limb by limb; ``amount`` null with ``figure`` not_published: no figure, which is not zero."""
    failed = decision.failed
    return {
        "granted": decision.granted,
        "failed": failed.code if failed else None,
        "limbs": [_limb(limb) for limb in decision.limbs],
        "region": describe_place(decision.region),
        "payee": decision.payee,
        "fund": {"id": decision.fund, **both(word("fund", decision.fund))} if decision.fund else None,
        "amount": decision.amount,
        "figure": _figure(decision),
        "exception_by": decision.exception_by,
        "rule": cite(decision.rule),
        "steps": [{"code": step.code, **both(step.text)} for step in decision.steps],
    }


def describe_row(row: PublishedRow) -> Json:
    """A published row with the days it really holds."""
    until = row.window.until
    return {
        "id": row.id,
        **row.cells,
        "from": row.window.since.isoformat(),
        "to": until.isoformat() if until else None,
        "source": row.source,
        "entered_by": row.by,
        "entered_at": describe_instant(row.at),
    }


def describe_credits(account: CreditAccount, reward: Reward | None = None) -> Json:
    """A credit account: its balance is the sum of its entries."""
    shown: Json = {
        "archive": account.archive,
        "balance": account.balance,
        "entries": [
            {
                "result": entry.result,
                "rule": entry.rule,
                "credits": entry.credits,
                "on": entry.entered_on.isoformat(),
                "course": entry.course,
            }
            for entry in account.entries
        ],
    }
    return shown | ({"reward": _reward(reward)} if reward else {})


def _reward(reward: Reward) -> Json:
    tier = reward.tier
    return {
        "published": reward.published,
        "tier": {"name": tier.name, "at_least": tier.at_least} if tier else None,
        "rule": cite(reward.rule),
    }


def _limb(limb: Limb) -> Json:
    return {"code": limb.code, "passed": limb.passed, **both(limb.text), "rule": cite(limb.rule)}


def _figure(decision: Decision) -> str | None:
    if not decision.granted:
        return None
    return "published" if decision.amount is not None else "not_published"


def both(text: Text) -> dict[str, str]:
    """A text in both languages."""
    return {"zh": text.zh, "en": text.en}
