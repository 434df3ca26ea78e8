"""One archive a person, found by the keyed hash of any of their identity documents.

A unique index over those hashes makes "one person, one archive" hold under races: of many writers who open an archive
for the same document at once, one inserts and the others find it. A merged archive stays as a sign to the kept one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from secrets import token_urlsafe
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from keys.errors import Refused
from keys.vault import Vault
from registry.archive.entries import ArchiveEntry, Facts
from registry.identity import Identity
from registry.people import SealedHolder, open_holder, person_key, seal_holder

CODE_BYTES = 16  # 128 bits, as the codes of certificates
MAX_ALIASES = 20  # merges followed from an old code before giving up: a person has a handful of documents
LONGEST_REASON = 500


@dataclass(frozen=True)
class KnownIdentity:
    """One identity document: its keyed hash, and name and number sealed under the code it was first filed at.

    ``id`` is random: what an audit row names it by.
    """

    id: str
    key: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    under: str


@dataclass(frozen=True)
class Archive:
    """One person's archive."""

    code: str
    identities: tuple[KnownIdentity, ...]
    aliases: tuple[str, ...]
    """Codes of archives that were merged into this one."""
    opened_at: datetime

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code it answers to."""
        return (self.code, *self.aliases)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The keyed hashes of all its identity documents."""
        return tuple(identity.key for identity in self.identities)


@dataclass(frozen=True)
class AuditRow:
    """Who did what to which archive, when and why; ``before`` and ``after`` are references, no personal data."""

    id: str
    act: str
    archive: str
    at: datetime
    by: str
    why: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class Archives:
    """The archives, archive_entries and archive_audit collections."""

    def __init__(self, database: Database[dict[str, Any]], vault: Vault) -> None:
        self._archives = database["archives"]
        self._entries = database["archive_entries"]
        self._audit = database["archive_audit"]
        self._vault = vault

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        # a merged archive has no identities: an empty list would be indexed as null, and null is unique too
        living = {"identities.key": {"$exists": True}}
        self._archives.create_indexes(
            [IndexModel("identities.key", name="person", unique=True, partialFilterExpression=living)]
        )
        self._entries.create_indexes(
            [
                IndexModel([("archive", ASCENDING), ("on", DESCENDING)], name="archive"),
                IndexModel(
                    "number",
                    name="number",
                    unique=True,
                    partialFilterExpression={"number": {"$exists": True}},
                ),
            ]
        )
        self._audit.create_indexes([IndexModel([("archive", ASCENDING), ("at", ASCENDING)], name="archive")])

    def key_of(self, identity: Identity) -> bytes:
        """The keyed hash of an identity document."""
        return person_key(self._vault, identity.id_type, identity.number)

    def find(self, identity: Identity) -> Archive | None:
        """The archive of an identity document."""
        return self._find({"identities.key": self.key_of(identity)})

    def of_key(self, key: bytes) -> Archive | None:
        """The archive of the keyed hash of an identity document."""
        return self._find({"identities.key": key})

    def open(self, name: str, identity: Identity, *, by: str, at: datetime) -> Archive:
        """The archive of an identity document, made now where there is none."""
        found = self.find(identity)
        if found:
            return found
        code = token_urlsafe(CODE_BYTES)
        sealed = seal_holder(self._vault, name, identity, code=code)
        row = {"id": token_urlsafe(12), "key": self.key_of(identity), "sealed": sealed, "under": code}
        try:
            self._archives.insert_one({"_id": code, "identities": [row], "aliases": [], "opened_at": at})
        except DuplicateKeyError:
            found = self.find(identity)
            if found is None:
                raise Refused("ledger.busy") from None  # made and merged away in between
            return found
        self.note("open", code, by=by, at=at)
        return self.get(code)

    def get(self, code: str, session: ClientSession | None = None) -> Archive:
        """The archive of a code, also of one that was merged away. Refused ``archive.unknown``."""
        for _ in range(MAX_ALIASES):
            document = self._archives.find_one({"_id": code}, session=session)
            if document is None:
                break
            if "merged_into" not in document:
                return _from_document(document)
            code = document["merged_into"]
        raise Refused("archive.unknown", field="code")

    def holder(self, archive: Archive) -> SealedHolder:
        """Name and number of the first document; for masking, never shown whole."""
        first = archive.identities[0]
        return open_holder(self._vault, first.sealed, code=first.under)

    def add_entry(
        self, archive: Archive, kind: str, facts: Facts, on: date, *, source: str, by: str, at: datetime
    ) -> ArchiveEntry:
        """Add a checked entry. Refused ``archive.number_exists``: the certificate stands in an archive already."""
        entry = ArchiveEntry(token_urlsafe(12), archive.code, kind, on, facts, source, by, at)
        document = {
            "_id": entry.id,
            "archive": entry.archive,
            "kind": kind,
            "on": on.isoformat(),
            "facts": dict(facts),
            "source": source,
            "by": by,
            "at": at,
        }
        if kind == "certificate":
            document["number"] = facts["number"]
        try:
            self._entries.insert_one(document)
        except DuplicateKeyError:
            raise Refused("archive.number_exists", field="facts.number") from None
        self.note("entry", archive.code, by=by, at=at, after={"entry": entry.id, "kind": kind})
        return entry

    def withdraw_entry(self, archive: Archive, entry_id: str, *, why: str, by: str, at: datetime) -> None:
        """Take a wrong entry out of the archive; it stays on file with who did it and why.

        Refused ``entry.unknown``, ``archive.reason``.
        """
        why = check_reason(why)
        mark = {"$set": {"withdrawn": {"by": by, "at": at, "why": why}}, "$unset": {"number": ""}}
        wanted = {"_id": entry_id, "archive": {"$in": list(archive.codes)}, "withdrawn": {"$exists": False}}
        if not self._entries.update_one(wanted, mark).matched_count:
            raise Refused("entry.unknown", field="id")
        self.note("withdraw", archive.code, by=by, at=at, why=why, before={"entry": entry_id})

    def entries(self, archive: Archive) -> tuple[ArchiveEntry, ...]:
        """Its entries, newest first, without those withdrawn."""
        # an entry made while its archive was merged away still bears the old code
        wanted = {"archive": {"$in": list(archive.codes)}, "withdrawn": {"$exists": False}}
        found = self._entries.find(wanted).sort([("on", DESCENDING), ("_id", ASCENDING)])
        return tuple(_entry(document) for document in found)

    def audit(self, archive: Archive) -> tuple[AuditRow, ...]:
        """Everything that was done to it and to the archives merged into it, oldest first."""
        codes = list(archive.codes)
        return tuple(
            _audit(row) for row in self._audit.find({"archive": {"$in": codes}}).sort("at", ASCENDING)
        )

    def audit_row(self, row_id: str) -> AuditRow:
        """One audit row. Refused ``archive.audit_unknown``."""
        found = self._audit.find_one({"_id": row_id})
        if found is None:
            raise Refused("archive.audit_unknown", field="id")
        return _audit(found)

    def note(
        self,
        act: str,
        archive: str,
        *,
        by: str,
        at: datetime,
        why: str = "",
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        session: ClientSession | None = None,
    ) -> str:
        """Write an audit row and give its id. Rows are only ever added."""
        row_id = token_urlsafe(12)
        row = {"_id": row_id, "act": act, "archive": archive, "at": at, "by": by, "why": why}
        self._audit.insert_one(
            row | {"before": dict(before or {}), "after": dict(after or {})}, session=session
        )
        return row_id

    def move(
        self,
        source: str,
        target: str,
        session: ClientSession,
        *,
        documents: frozenset[str] | None = None,
        entries: frozenset[str] | None = None,
    ) -> Mapping[str, Any]:
        """Move identities and entries (all, or only these) from one archive to another; gives what was moved."""
        giver = self._archives.find_one({"_id": source}, session=session)
        assert giver is not None  # noqa: S101 - the caller has just read it
        moving = [row for row in giver["identities"] if documents is None or row["id"] in documents]
        staying = [row for row in giver["identities"] if row not in moving]
        wanted: dict[str, Any] = {"archive": source}
        if entries is not None:
            wanted["_id"] = {"$in": sorted(entries)}
        ids = [row["_id"] for row in self._entries.find(wanted, {"_id": 1}, session=session)]
        # the giver first: a key stands in one archive at a time, inside a transaction too
        given: dict[str, Any] = (
            {"$set": {"identities": staying}} if staying else {"$unset": {"identities": ""}}
        )
        self._archives.update_one({"_id": source}, given, session=session)
        self._archives.update_one(
            {"_id": target}, {"$push": {"identities": {"$each": moving}}}, session=session
        )
        self._entries.update_many({"_id": {"$in": ids}}, {"$set": {"archive": target}}, session=session)
        return {"documents": [row["id"] for row in moving], "entries": ids}

    def mark_merged(self, source: str, target: str, aliases: Sequence[str], session: ClientSession) -> None:
        """Make ``source`` a sign to ``target``, which answers to its code (and ``aliases``) from now on."""
        self._archives.update_one({"_id": source}, {"$set": {"merged_into": target}}, session=session)
        self._archives.update_one(
            {"_id": target}, {"$push": {"aliases": {"$each": [source, *aliases]}}}, session=session
        )

    def unmark_merged(self, source: str, target: str, aliases: Sequence[str], session: ClientSession) -> None:
        """Take `mark_merged` back."""
        self._archives.update_one({"_id": source}, {"$unset": {"merged_into": ""}}, session=session)
        self._archives.update_one(
            {"_id": target}, {"$pull": {"aliases": {"$in": [source, *aliases]}}}, session=session
        )

    def _find(self, wanted: Mapping[str, Any]) -> Archive | None:
        document = self._archives.find_one(wanted)
        return _from_document(document) if document else None


def _from_document(document: Mapping[str, Any]) -> Archive:
    identities = tuple(KnownIdentity(**row) for row in document.get("identities", ()))
    return Archive(document["_id"], identities, tuple(document["aliases"]), document["opened_at"])


def _entry(document: Mapping[str, Any]) -> ArchiveEntry:
    cells = {name: value for name, value in document.items() if name not in ("_id", "number")}
    return ArchiveEntry(**{**cells, "id": document["_id"], "on": date.fromisoformat(document["on"])})


def _audit(row: Mapping[str, Any]) -> AuditRow:
    return AuditRow(**{"id" if name == "_id" else name: value for name, value in row.items()})


def check_reason(why: str) -> str:
    """Why something is done, trimmed. Refused ``archive.reason``."""
    text = why.strip()
    if not text or len(text) > LONGEST_REASON:
        raise Refused("archive.reason", field="reason", limit=LONGEST_REASON)
    return text
