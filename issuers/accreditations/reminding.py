"""Tells assessors of accreditations that end soon: once for each accreditation and distance, however often it runs."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from datetime import date
from threading import Event

from issuers.accreditation import Accreditation
from issuers.notices.kinds import Facts
from issuers.notices.store import Notices
from issuers.store import Assessors
from registry.credential import china_date
from registry.services import Registry
from registry.threads import in_threads, keep_at

REMIND_DAYS = (90, 30, 7)  # a quarter to prepare an application, a month, a last week
EVERY_SECONDS = 3_600.0  # a day begins for everybody within the hour
AWAY_SECONDS = 60.0  # nobody waits for a reminder

log = logging.getLogger("issuers.accreditations")


def reached(held: Accreditation, today: date) -> int | None:
    """The nearest distance that an accreditation has come to, None when its end is far, over, or decided anyway."""
    if held.valid_until is None or held.ending is not None or not held.spans(today):
        return None
    left = (held.valid_until - today).days
    return min((days for days in REMIND_DAYS if left <= days), default=None)


def remind(assessors: Assessors, notices: Notices, *, today: date) -> int:
    """Send what is due today; how many accreditations have come near their end."""
    near = 0
    for assessor in assessors.all():
        for held in assessor.accreditations:
            days = reached(held, today)
            if days is not None:
                _send(notices, assessor.id, held, days, today)
                near += 1
    return near


def _send(notices: Notices, owner: str, held: Accreditation, days: int, today: date) -> None:
    assert held.valid_until is not None  # noqa: S101 - it has come near
    facts: Facts = {
        "accreditation": held.id,
        "decision": held.decision,
        "days": (held.valid_until - today).days,
        "until": held.valid_until.isoformat(),
    }
    notices.send("accreditation.expiring", owner, facts, once=f"{held.id} {held.valid_until} {days}")


def reminding(
    registry: Registry, assessors: Assessors, notices: Notices, *, every: float = EVERY_SECONDS
) -> AbstractContextManager[None]:
    """Remind in a thread while the block runs."""

    def attempt() -> None:
        remind(assessors, notices, today=china_date(registry.clock()))

    def work(stop: Event) -> None:
        keep_at(attempt, stop, idle_seconds=every, away_seconds=AWAY_SECONDS, log=log)

    return in_threads(work, name="reminders")
