"""What a console does for a worker: a new claim link, and the two steps of a recovery."""

from __future__ import annotations

from keys.errors import Refused
from registry.archive.desk import Person
from registry.certificate import CertificateRecord
from registry.claiming import claim_link
from registry.masking import mask_name
from registry.names import same_name
from registry.people import open_holder
from registry.workers.desk import WorkerDesk
from registry.workers.recoveries import Desk, Recovery


def renew_link(desk: WorkerDesk, record: CertificateRecord, *, by: str) -> str:
    """A new claim link for a certificate; every earlier one is dead."""
    generation = desk.links.renew(record.code, by=by, at=desk.clock())
    return claim_link(desk.vault, desk.origin, record.code, generation)


def start_recovery(desk: WorkerDesk, person: Person, who: Desk) -> Recovery:
    """Start a recovery for somebody whose document was shown.

    Refused ``recovery.no_account`` for a wrong name, an unknown person and one without an account alike.
    """
    archive = desk.archives.archives.find(person.identity)
    account = desk.accounts.of_archive(archive) if archive else None
    if archive is None or account is None or not person.name:
        raise Refused("recovery.no_account", field="holder")
    names = {desk.archives.archives.holder(archive).name}
    for one in desk.record.of_person(archive.keys):
        names.add(open_holder(desk.vault, one.holder, code=one.code).name)
    if not any(same_name(name, person.name) for name in names):
        raise Refused("recovery.no_account", field="holder")
    return desk.recoveries.start(archive.code, account.id, mask_name(person.name), who, at=desk.clock())


def confirm_recovery(
    desk: WorkerDesk, recovery_id: str, who: Desk, *, registrar: bool
) -> tuple[Recovery, str]:
    """Confirm as a second person; gives the link, shown this once. Refused ``recovery.*``."""
    recovery, token = desk.recoveries.confirm(recovery_id, who, registrar=registrar, at=desk.clock())
    return recovery, f"{desk.origin}/me/recover/{token}"
