"""Leaving: the account and everything that is kept for it alone go; certificates stay as the law requires."""

from __future__ import annotations

from registry.workers.accounts import WorkerAccount
from registry.workers.desk import WorkerDesk


def forget_account(desk: WorkerDesk, account: WorkerAccount) -> None:
    """Erase an account: sharing and whatever else is registered, looks, requests, recoveries, sessions, passkeys.

    The account itself goes last, so that whoever is cut off halfway can ask again. The archive, its certificates and
    ledgers stay: they are the record. Done twice, it does nothing the second time.
    """
    codes = desk.archive_of(account).codes
    for forget in desk.forgetters:
        forget(account)
    desk.looks.forget(codes)
    desk.requests.forget(codes)
    desk.recoveries.forget(codes)
    desk.sessions.end_all(account.id)
    desk.accounts.delete(account.id)
    desk.note("worker.erased", codes[0])
