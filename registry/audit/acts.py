"""Acts: who did what to which thing, why, and what it was before and after.

Whoever changes something notes it here, in one insert. Persons appear as references only (an archive's code, a
certificate's code), never by name or number: the trail is read by many and deleted by nobody. Certificates need no
note: their own document says who issued and changed them, and the trail takes it from there.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """One act. ``name`` is a dotted word such as ``batch.approved``; ``by`` an account, ``owner`` whom it acts for.

    ``subject`` says what it was done to, as ``kind:id`` (``batch:4f1c``, ``account:lihua``, ``assessor:S0000...``).
    ``before`` and ``after`` hold what changed, ``why`` a reason code or sentence, ``request`` the request's id.
    """

    name: str
    by: str
    owner: str
    subject: str
    at: datetime
    why: str = ""
    before: Facts = field(default_factory=dict)
    after: Facts = field(default_factory=dict)
    request: str = ""


class Acts:
    """The acts collection: noted here, in no order yet."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._acts: Collection[dict[str, Any]] = database["acts"]

    def note(self, act: Act, *, session: ClientSession | None = None) -> None:
        """Keep an act; with ``session``, in the transaction that does it."""
        document = {"_id": secrets.token_hex(12), **vars(act)}
        self._acts.insert_one(
            document | {"before": dict(act.before), "after": dict(act.after)}, session=session
        )

    def waiting(self) -> int:
        """About how many acts are not yet in the trail: the collection's own count, which no query is needed for."""
        return self._acts.estimated_document_count()
