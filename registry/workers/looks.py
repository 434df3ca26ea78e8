"""Who looked: what was opened under the worker's hand (shares, statements), one row a look, ended with the account.

A check of a QR code is not here: anybody may check a certificate without being noted. See ``docs/workers.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database

KEEP = timedelta(
    days=365
)  # a year: long enough to ask who looked before an interview, short enough to forget
SHOWN = 200  # of the newest


@dataclass(frozen=True)
class Look:
    """One look. ``kind`` is ``share`` or ``statement``; ``subject`` the share's id or the statement's number.

    ``by`` is who looked, only where they were signed in: an account or an employer's name.
    """

    id: str
    archive: str
    kind: str
    subject: str
    at: datetime
    by: str = ""


class Looks:
    """The worker_looks collection."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._looks: Collection[dict[str, Any]] = database["worker_looks"]

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._looks.create_indexes(
            [
                IndexModel([("archive", ASCENDING), ("at", DESCENDING)], name="archive"),
                IndexModel("until", expireAfterSeconds=0),
            ]
        )

    def note(self, archive: str, kind: str, subject: str, *, at: datetime, by: str = "") -> Look:
        """Note a look at something of the archive."""
        look = Look(token_urlsafe(12), archive, kind, subject, at, by)
        row = {name: value for name, value in vars(look).items() if name != "id"}
        self._looks.insert_one(row | {"_id": look.id, "until": at + KEEP})
        return look

    def of_archive(self, archives: tuple[str, ...]) -> list[Look]:
        """The newest looks at a person's things."""
        found = self._looks.find({"archive": {"$in": list(archives)}}).sort("at", DESCENDING).limit(SHOWN)
        return [_from_document(one) for one in found]

    def forget(self, archives: tuple[str, ...]) -> None:
        """Erase every look at a person's things."""
        self._looks.delete_many({"archive": {"$in": list(archives)}})


def _from_document(row: Mapping[str, Any]) -> Look:
    return Look(row["_id"], row["archive"], row["kind"], row["subject"], row["at"], row.get("by", ""))
