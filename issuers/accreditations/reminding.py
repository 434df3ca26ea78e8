"""Tells assessors of accreditations that end soon: once for each accreditation and distance, however often it runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from threading import Event, Thread

from issuers.accreditation import Accreditation
from issuers.notices.kinds import Facts
from issuers.notices.store import Notices
from issuers.store import Assessors
from registry.credential import china_date
from registry.mongo import DATABASE_AWAY
from registry.services import Registry

REMIND_DAYS = (90, 30, 7)  # a quarter to prepare an application, a month, a last week
EVERY_SECONDS = 3_600.0  # a day begins for everybody within the hour
AWAY_SECONDS = 10.0

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


@contextmanager
def reminding(
    registry: Registry, assessors: Assessors, notices: Notices, *, every: float = EVERY_SECONDS
) -> Iterator[None]:
    """Remind in a thread while the block runs."""
    stop = Event()

    def work() -> None:
        while not stop.is_set():
            try:
                remind(assessors, notices, today=china_date(registry.clock()))
                stop.wait(every)
            except DATABASE_AWAY as error:
                log.warning("database away: %s", type(error).__name__)
                stop.wait(AWAY_SECONDS)
            except Exception as error:  # noqa: BLE001 - the next round reminds
                log.error("defect while reminding: %s", type(error).__name__)
                stop.wait(every)

    thread = Thread(target=work, name="reminders")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
