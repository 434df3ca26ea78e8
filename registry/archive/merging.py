"""Merging the archives of one person under audit, and taking a merge back.

One transaction moves identities, entries, subsidy lines and credit entries, and writes the audit row that names them
all: either everything moved, or nothing. The row is enough to take the merge back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from keys.errors import Refused
from registry.archive.store import Archive, Archives, check_reason
from registry.ledgers.accounts import StoredAccounts
from registry.ledgers.credits import CreditBank


@dataclass(frozen=True)
class Merging:
    """Everything that belongs to an archive, and the database whose transaction holds it together."""

    database: Database[dict[str, Any]]
    archives: Archives
    accounts: StoredAccounts
    credits: CreditBank

    def merge(self, keep: str, duplicate: str, *, why: str, by: str, at: datetime) -> Archive:
        """Move all of ``duplicate`` into ``keep``; the old code goes on answering with the kept archive.

        Refused ``archive.unknown``, ``archive.same``, ``archive.reason``.
        """
        why = check_reason(why)

        def act(session: ClientSession) -> None:
            kept, gone = self.archives.get(keep, session), self.archives.get(duplicate, session)
            if kept.code == gone.code:
                raise Refused("archive.same", field="duplicate")
            moved = dict(self.archives.move(gone.code, kept.code, session))
            moved["lines"] = list(self.accounts.move(gone.code, kept.code, session))
            moved["credits"] = list(self.credits.move(gone.code, kept.code, session))
            self.archives.mark_merged(gone.code, kept.code, gone.aliases, session)
            self.archives.note(
                "merge",
                kept.code,
                by=by,
                at=at,
                why=why,
                before={"from": gone.code, "aliases": list(gone.aliases)},
                after={"into": kept.code, **moved},
                session=session,
            )

        self._in_transaction(act)
        return self.archives.get(keep)

    def undo(self, audit_id: str, *, why: str, by: str, at: datetime) -> Archive:
        """Take a merge back as its audit row tells it; gives the archive that is there again.

        Later additions stay with the kept archive. Refused ``archive.audit_unknown``, ``archive.not_a_merge`` (also
        when it was undone before, or the kept one merged on), ``archive.reason``.
        """
        why = check_reason(why)
        row = self.archives.audit_row(audit_id)
        if row.act != "merge":
            raise Refused("archive.not_a_merge", field="id")
        kept, again = row.after["into"], row.before["from"]

        def act(session: ClientSession) -> None:
            if self.archives.get(again, session).code != kept:
                raise Refused("archive.not_a_merge", field="id")  # undone before, or merged on
            self.archives.move(
                kept,
                again,
                session,
                documents=frozenset(row.after["documents"]),
                entries=frozenset(row.after["entries"]),
            )
            self.accounts.move(kept, again, session, only=frozenset(row.after["lines"]))
            self.credits.move(kept, again, session, only=frozenset(row.after["credits"]))
            self.archives.unmark_merged(again, kept, row.before["aliases"], session)
            self.archives.note(
                "undo_merge",
                kept,
                by=by,
                at=at,
                why=why,
                before={"merge": audit_id},
                after={"again": again},
                session=session,
            )

        self._in_transaction(act)
        return self.archives.get(again)

    def _in_transaction(self, act: Callable[[ClientSession], None]) -> None:
        with self.database.client.start_session() as session:
            try:
                session.with_transaction(act)
            except DuplicateKeyError:
                raise Refused("ledger.busy") from None  # a first claim came in between
