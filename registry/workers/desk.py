"""The workers' desk: the stores of this folder and what they stand on, put together once by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from flask import current_app

from keys.vault import Vault
from registry.archive.desk import ArchiveDesk
from registry.archive.store import Archive
from registry.audit.acts import Act, Acts
from registry.claiming import claim_link
from registry.guesses import Guesses
from registry.record import Record
from registry.services import Registry
from registry.workers.accounts import WorkerAccount, WorkerAccounts
from registry.workers.claims import ClaimLinks
from registry.workers.looks import Looks
from registry.workers.passkeys import Passkeys
from registry.workers.recoveries import Recoveries
from registry.workers.requests import WorkerRequests
from registry.workers.sessions import WorkerSessions

EXTENSION = "skills-workers"
WORKER = "worker"  # who acts in the trail: the account's id would say nothing more than the archive does
SITE = "技能证书登记 Skills Registry"  # what a device shows beside a passkey

Forget = Callable[[WorkerAccount], None]


@dataclass(frozen=True)
class WorkerDesk:
    """Everything that a worker's pages use. ``forgetters`` erase what other folders keep about an account."""

    record: Record
    archives: ArchiveDesk
    vault: Vault
    clock: Callable[[], datetime]
    origin: str
    accounts: WorkerAccounts
    sessions: WorkerSessions
    links: ClaimLinks
    requests: WorkerRequests
    recoveries: Recoveries
    looks: Looks
    passkeys: Passkeys
    guesses: Guesses
    acts: Acts
    forgetters: tuple[Forget, ...] = field(default=())

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        for part in (self.accounts, self.sessions, self.requests, self.recoveries, self.looks, self.passkeys):
            part.prepare()
        self.guesses.prepare()

    @property
    def today(self) -> date:
        """The day in China."""
        return self.archives.today

    def archive_of(self, account: WorkerAccount) -> Archive:
        """The archive of an account, also after a merge."""
        return self.archives.archives.get(account.archive)

    def claim_url(self, code: str) -> str:
        """The newest claim link of a certificate, whatever became of it."""
        return claim_link(self.vault, self.origin, code, self.links.state(code).generation)

    def note(self, name: str, archive: str, *, why: str = "", request: str = "", **after: str) -> None:
        """Note in the trail what a worker did, by the archive's code alone."""
        self.acts.note(
            Act(
                name,
                WORKER,
                WORKER,
                f"archive:{archive}",
                self.clock(),
                why,
                after=after,
                request=request,
            )
        )


def open_workers(registry: Registry, forgetters: tuple[Forget, ...] = ()) -> WorkerDesk:
    """The desk on a registry. Touches nothing yet."""
    database, vault, origin = registry.database, registry.vault, registry.settings.origin
    return WorkerDesk(
        registry.record,
        registry.archive_desk,
        vault,
        registry.clock,
        origin,
        WorkerAccounts(database),
        WorkerSessions(database),
        ClaimLinks(database),
        WorkerRequests(database, vault),
        Recoveries(database),
        Looks(database),
        Passkeys(database, vault, origin, SITE),
        Guesses(database, vault),
        registry.acts,
        forgetters,
    )


def workers() -> WorkerDesk:
    """The workers' desk of the current application."""
    return cast("WorkerDesk", current_app.extensions[EXTENSION])
