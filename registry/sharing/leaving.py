"""What goes with a worker's account: every link, every look at one, every offer to a wallet."""

from __future__ import annotations

from registry.services import Registry
from registry.sharing.shares import Shares
from registry.wallets.offers import Offers
from registry.workers.accounts import WorkerAccount
from registry.workers.desk import Forget


def forget_sharing(here: Registry) -> Forget:
    """Erases what sharing and wallets keep for an account. What was fetched or seen stays where it is."""

    def forget(account: WorkerAccount) -> None:
        codes = here.archive_desk.archives.get(account.archive).codes
        Shares(here.database, here.vault).forget(codes)
        Offers(here.database, here.vault).forget(codes)

    return forget
