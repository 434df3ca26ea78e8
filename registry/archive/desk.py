"""The archive desk: everything about one person, put together from the record, the archive and the ledgers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pymongo.database import Database

from keys.errors import Refused
from keys.vault import Vault
from registry.archive.career import Career, career
from registry.archive.entries import ArchiveEntry, check_facts
from registry.archive.holdings import Holding, from_entry, from_record
from registry.archive.merging import Merging
from registry.archive.store import LONGEST_REASON, Archive, Archives, AuditRow
from registry.credential import china_date
from registry.identity import Identity, parse_identity
from registry.keyrings import REGISTRY
from registry.ledgers.access import AccessLog, KeptCheck
from registry.ledgers.account import Account
from registry.ledgers.accounts import StoredAccounts
from registry.ledgers.claims import ClaimForm, build_claim, find_holding, payee_code
from registry.ledgers.credits import CreditAccount, CreditBank
from registry.ledgers.published import PublishedTables
from registry.ledgers.subsidies import Outcome, Request, SubsidyLedger
from registry.names import parse_name, same_name
from registry.people import SealedHolder, open_holder
from registry.places import COUNTRY
from registry.policy.access import AccessCheck, Checker, check_access
from registry.policy.ledger import Claim
from registry.policy.loading import load_policies
from registry.policy.model import Policies
from registry.record import Record
from registry.registers.integrity import person_subject
from registry.registers.integrity_store import IntegrityFiles


@dataclass(frozen=True)
class Person:
    """Somebody as a request names them: a checked document, and a name where one was given."""

    identity: Identity = field(repr=False)
    name: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Dossier:
    """Everything about a person."""

    archive: Archive
    holder: SealedHolder = field(repr=False)
    holdings: tuple[Holding, ...]
    entries: tuple[ArchiveEntry, ...]
    account: Account
    credits: CreditAccount
    checks: tuple[KeptCheck, ...]
    career: Career
    audit: tuple[AuditRow, ...]
    on: date


@dataclass(frozen=True)
class ArchiveDesk:
    """Archives and ledgers, and the record they read certificates from."""

    record: Record
    vault: Vault
    clock: Callable[[], datetime]
    policies: Callable[[], Policies]
    archives: Archives
    accounts: StoredAccounts
    subsidies: SubsidyLedger
    credits: CreditBank
    tables: PublishedTables
    access: AccessLog
    merging: Merging

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        for part in (self.archives, self.accounts, self.credits, self.tables, self.access):
            part.prepare()

    @property
    def today(self) -> date:
        """The day in China."""
        return china_date(self.clock())

    def person(self, id_type: str, id_number: str, name: str | None = None) -> Person:
        """Somebody named in a request. Refused ``identity.*``, ``name.*``, each at its field of ``holder``."""
        try:
            identity = parse_identity(id_type, id_number, on=self.today)
        except Refused as refused:
            where = "id_type" if refused.code == "identity.type_unknown" else "id_number"
            raise refused.at(f"holder.{where}") from None
        try:
            return Person(identity, parse_name(name) if name else None)
        except Refused as refused:
            raise refused.at("holder.name") from None

    def find(self, person: Person, *, by: str, make: bool = False) -> Archive:
        """The person's archive, made now for somebody with a certificate here, or when ``make`` is asked.

        Refused ``archive.unknown``, ``archive.name_missing``, ``archive.name_differs``.
        """
        archive = self.archives.find(person.identity)
        if archive is None:
            name = self._name_on_record(person) or (person.name if make else None)
            if name is None:
                raise Refused("archive.name_missing" if make else "archive.unknown", field="holder")
            archive = self.archives.open(name, person.identity, by=by, at=self.clock())
        if person.name and not same_name(person.name, self.archives.holder(archive).name):
            raise Refused("archive.name_differs", field="holder.name")
        return archive

    def holdings(self, archive: Archive) -> tuple[Holding, ...]:
        """The certificates of a person, newest first."""
        here = [from_record(one) for one in self.record.of_person(archive.keys)]
        imported = [from_entry(one) for one in self.archives.entries(archive) if one.kind == "certificate"]
        return tuple(sorted((*here, *imported), key=lambda one: one.issued_on, reverse=True))

    def dossier(self, archive: Archive, *, region: str | None = None, on: date | None = None) -> Dossier:
        """Everything about a person, read for the rules of a region (by default that of the newest certificate)."""
        on = on or self.today
        holdings, entries = self.holdings(archive), self.archives.entries(archive)
        region = region or next((one.region for one in holdings if one.region), COUNTRY)
        return Dossier(
            archive=archive,
            holder=self.archives.holder(archive),
            holdings=holdings,
            entries=entries,
            account=self.accounts.load(archive.code),
            credits=self.credits.load(archive.code),
            checks=self.access.of_person(archive.keys),
            career=career(self.policies(), holdings, entries, region=region, on=on),
            audit=self.archives.audit(archive),
            on=on,
        )

    def add_entry(
        self, archive: Archive, kind: str, facts: Mapping[str, Any], *, source: str, by: str
    ) -> ArchiveEntry:
        """Add an entry. Refused as `check_facts`, ``entry.source``, ``archive.issued_here``, ``.number_exists``."""
        checked, on = check_facts(kind, facts, today=self.today)
        source = source.strip()
        if not source or len(source) > LONGEST_REASON:
            raise Refused("entry.source", field="source", limit=LONGEST_REASON)
        if kind == "certificate" and self.record.find_by_number(str(checked["number"])):
            raise Refused("archive.issued_here", field="facts.number")
        return self.archives.add_entry(archive, kind, checked, on, source=source, by=by, at=self.clock())

    def claim(
        self, person: Person, form: ClaimForm, *, by: str, retry: bytes | None = None, dry_run: bool = False
    ) -> Outcome:
        """Decide and enter a claim. Refused as `find` and `claim_of`."""
        return self.claim_of(self.find(person, by=by), form, by=by, retry=retry, dry_run=dry_run)

    def claim_of(
        self, archive: Archive, form: ClaimForm, *, by: str, retry: bytes | None = None, dry_run: bool = False
    ) -> Outcome:
        """Decide and enter a claim. Refused as `build_claim`, `payee_code` and `SubsidyLedger.claim`."""
        holding = find_holding(self.holdings(archive), form.certificate)

        def find() -> Claim:
            here = self.archives.get(archive.code)  # merged meanwhile: the kept one answers
            return build_claim(form, here.code, holding, today=self.today)

        request = Request(find, by, payee_code(form), holding.assessor, retry)
        return self.subsidies.claim(request, dry_run=dry_run)

    def check_access(
        self,
        person: Person,
        *,
        occupation: str,
        region: str,
        on: date,
        checker: Checker,
        checked_by: str,
        owner: str = REGISTRY,
    ) -> tuple[KeptCheck, AccessCheck]:
        """Check employment access and keep the check as evidence; gives it and the answer.

        Where a name is given that the document does not bear, the answer is that of somebody who holds nothing.
        """
        key = self.archives.key_of(person.identity)
        held = self._held_by(person, key)
        found = check_access(
            self.policies(),
            occupation=occupation,
            region=region,
            on=on,
            held=[one.qualification for one in held],
            checker=checker,
            access_list=self.tables.access_list(region),
        )
        kept = self.access.keep(
            found, person=key, checked_by=checked_by, owner=owner, region=region, at=self.clock()
        )
        return kept, found

    def _held_by(self, person: Person, key: bytes) -> Sequence[Holding]:
        archive = self.archives.find(person.identity)
        if person.name:
            name = self.archives.holder(archive).name if archive else self._name_on_record(person)
            if name is None or not same_name(person.name, name):
                return ()
        return (
            self.holdings(archive) if archive else [from_record(one) for one in self.record.of_person([key])]
        )

    def _name_on_record(self, person: Person) -> str | None:
        """The name on the newest certificate here; the one who asks need not know it."""
        found = self.record.of_person([self.archives.key_of(person.identity)])
        return open_holder(self.vault, found[0].holder, code=found[0].code).name if found else None


def open_archive_desk(
    database: Database[dict[str, Any]], vault: Vault, record: Record, clock: Callable[[], datetime]
) -> ArchiveDesk:
    """The desk on a database. Touches nothing yet."""
    archives, accounts, tables = (
        Archives(database, vault),
        StoredAccounts(database),
        PublishedTables(database),
    )
    credits_ = CreditBank(database, tables)
    subsidies = SubsidyLedger(
        accounts,
        load_policies,
        tables.rates,
        clock,
        subjects_of=lambda code: [person_subject(key) for key in archives.get(code).keys],
        blocked=IntegrityFiles(database).blocked,
    )
    return ArchiveDesk(
        record,
        vault,
        clock,
        load_policies,
        archives,
        accounts,
        subsidies,
        credits_,
        tables,
        AccessLog(database),
        Merging(database, archives, accounts, credits_),
    )
