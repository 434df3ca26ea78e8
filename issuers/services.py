"""The issuers' parts, put together once by the composition root and found again in a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from issuers.accounts.desk import AccountDesk, open_account_desk
from issuers.accreditations.desk import AccreditationDesk, open_accreditation_desk
from issuers.assessor import Assessor
from issuers.changes.allowance import Allowance
from issuers.changes.desk import ChangeDesk
from issuers.changes.many import ManyDesk
from issuers.changes.many_store import ManyChanges
from issuers.employers import Employers
from issuers.issue import IssuingDesk
from issuers.notices.store import Notices
from issuers.own_keys.desk import OwnKeyDesk, SealQr
from issuers.own_keys.offers import Offers
from issuers.refusals import Refusals
from issuers.store import Assessors
from registry.cache import ShortMemory
from registry.reissuing import Replacement
from registry.sequence import Sequence
from registry.services import Registry

EXTENSION = "skills-issuers"


@dataclass(frozen=True)
class Issuers:
    """Assessors, their desk, and a short memory of who is who."""

    assessors: Assessors
    employers: Employers
    desk: IssuingDesk
    changes: ChangeDesk
    many: ManyDesk
    find_assessor: ShortMemory[str, Assessor]
    owner_of_token: ShortMemory[str, str]
    notices: Notices
    account_desk: AccountDesk
    accreditations: AccreditationDesk
    offers: Offers
    own_keys: OwnKeyDesk
    refusals: Refusals


def open_issuers(registry: Registry, *, seal_qr: SealQr | None = None) -> Issuers:
    """The issuers' parts on a registry. ``seal_qr`` comes from the room above: see `OwnKeyDesk`."""
    assessors = Assessors(registry.database)
    desk = IssuingDesk(
        record=registry.record,
        numbers=Sequence(registry.database["counters"]),
        status=registry.status_pool,
        vault=registry.vault,
        signing_key=registry.signing_key,
        clock=registry.clock,
        origin=registry.settings.origin,
    )
    employers = Employers(registry.database)
    has_mail = registry.settings.mail_server is not None
    notices = Notices(registry.database, registry.clock, has_mail=has_mail)
    changes = ChangeDesk(
        registry.record,
        Replacement(registry.database, registry.record),
        Allowance(registry.database),
        desk,
        registry.vault,
        registry.clock,
    )
    return Issuers(
        assessors,
        employers,
        desk,
        changes,
        ManyDesk(ManyChanges(registry.database), registry.record, registry.searching, registry.clock),
        ShortMemory(assessors.find),
        ShortMemory(assessors.owner_of_token),
        notices,
        open_account_desk(registry.database, registry.vault, registry.acts),
        open_accreditation_desk(registry, assessors, notices),
        Offers(registry.database, registry.keyrings),
        OwnKeyDesk(desk, registry.keyrings, registry.database["reservations"], seal_qr),
        Refusals(registry.database, registry.clock),
    )


def issuers() -> Issuers:
    """The issuers' parts of the current application."""
    return cast("Issuers", current_app.extensions[EXTENSION])
