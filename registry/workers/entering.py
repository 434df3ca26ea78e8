"""Coming in: by a claim link, a recovery link, a passkey or a password. Each wrong guess is counted.

Whether a person, a number or an account exists is told to nobody who has not shown both name and identity number, or
a right password.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from keys.errors import Refused
from registry.archive.ages import age
from registry.archive.desk import Person
from registry.archive.store import Archive
from registry.certificate import CertificateRecord
from registry.claiming import Claim, read_claim
from registry.folding import narrow
from registry.guesses import PER_ADDRESS, Counted, Limit
from registry.identity import Identity, IdType, parse_identity
from registry.names import same_name
from registry.people import SealedHolder, open_holder, person_key
from registry.workers.accounts import Credentials, WorkerAccount, new_account_id
from registry.workers.desk import WorkerDesk
from registry.workers.recoveries import Recovery
from registry.workers.tickets import TICKET_LIFE, Ticket, Way

# Who has the link in hand knows name and number by heart; five slips an hour are many. 5 tries an hour for 90 days
# are 10,800: of the 2^24 numbers that fit a mask a finder tries one in 1,500.
PER_LINK = Limit(5, timedelta(hours=1))
# All links and both ways in of one person together, so that several links are no several chances.
PER_PERSON = Limit(10, timedelta(hours=24))
# Ten wrong passwords an hour for one person; a passkey goes on working meanwhile.
PER_SIGN_IN = Limit(10, timedelta(hours=1))
CHILD = 14  # years; PIPL article 28: data of those younger are sensitive, a guardian decides
MAX_WHO = 64  # characters of what somebody signs in by: a number of a certificate or a document

VerifyPassword = Callable[[str | None, str], bool]


@dataclass(frozen=True)
class Shown:
    """What somebody typed to show who they are."""

    name: str = field(repr=False)
    id_type: str
    id_number: str = field(repr=False)


def open_link(desk: WorkerDesk, token: str) -> tuple[Claim, CertificateRecord]:
    """What a claim link opens. Refused ``claim.*``."""
    claim = read_claim(desk.vault, token)
    record = desk.record.find(claim.code)
    if record is None:
        raise Refused("claim.unknown")
    desk.links.check(claim, recorded_at=record.recorded_at, now=desk.clock())
    return claim, record


def prove_claim(desk: WorkerDesk, token: str, shown: Shown, *, client: str) -> Ticket | None:
    """A ticket to make the account of the certificate's person; None where it joins the account they have.

    Refused ``claim.*``, ``identity.*``, ``worker.not_you``, ``worker.too_many``.
    """
    claim, record = open_link(desk, token)
    counted = _counted(client, token, record.person)
    identity = _prove(desk, shown, open_holder(desk.vault, record.holder, code=record.code), counted)
    if identity.birth_date and age(identity.birth_date, desk.today) < CHILD:
        raise Refused("claim.child", years=CHILD)
    archive = desk.archives.find(Person(identity), by="worker")
    if desk.accounts.of_archive(archive):
        desk.links.use(claim, at=desk.clock())
        desk.note("worker.joined", archive.code, certificate=record.code)
        return None
    return _ticket(desk, "claim", token, archive, new_account_id())


def claim(desk: WorkerDesk, ticket: Ticket, credentials: Credentials) -> WorkerAccount:
    """Make the account, once. Refused ``claim.*``, also where somebody was faster."""
    link, record = open_link(desk, ticket.token)
    archive = desk.archives.archives.get(ticket.archive)
    account = desk.accounts.make(archive, credentials, at=desk.clock(), id=ticket.account)
    try:
        desk.links.use(link, at=desk.clock())
    except Refused:  # used or replaced in this very moment
        desk.accounts.delete(account.id)
        raise
    desk.note("worker.claimed", archive.code, certificate=record.code)
    return account


def prove_recovery(desk: WorkerDesk, token: str, shown: Shown, *, client: str) -> Ticket:
    """A ticket to set new credentials. Refused ``recovery.link``, ``identity.*``, ``worker.*``."""
    recovery = desk.recoveries.of_token(token, at=desk.clock())
    archive = desk.archives.archives.get(recovery.archive)
    holder = desk.archives.archives.holder(archive)
    _prove(desk, shown, holder, _counted(client, token, archive.keys[0]))
    return _ticket(desk, "recovery", token, archive, recovery.account)


def recover(desk: WorkerDesk, ticket: Ticket, credentials: Credentials) -> WorkerAccount:
    """New credentials; the old ones and every session end. Refused ``recovery.link``."""
    recovery: Recovery = desk.recoveries.use(ticket.token, at=desk.clock())
    desk.accounts.replace_credentials(recovery.account, credentials, at=desk.clock())
    desk.sessions.end_all(recovery.account)
    account = desk.accounts.find(recovery.account)
    if account is None:  # erased meanwhile
        raise Refused("recovery.link")
    desk.note("worker.recovered", recovery.archive, recovery=recovery.id)
    return account


def sign_in(
    desk: WorkerDesk, who: str, password: str, *, client: str, verify: VerifyPassword
) -> WorkerAccount:
    """The account of a certificate's or document's number and a password.

    Refused ``worker.sign_in``, the same words for every mistake, and ``worker.too_many``.
    """
    who = "".join(narrow(who[:MAX_WHO]).split()).upper()
    archive = _archive_of(desk, who)
    # of a person all numbers count together, else each certificate would be ten more chances
    whom = archive.code if archive else who
    counted: list[Counted] = [(PER_ADDRESS, f"worker {client}"), (PER_SIGN_IN, f"worker sign-in {whom}")]
    at = _begin(desk, counted)
    account = desk.accounts.of_archive(archive) if archive else None
    right = verify(account.credentials.password if account else None, password)
    if account is None or not right:
        raise Refused("worker.sign_in", field="password")
    desk.guesses.forgive(counted, at=at)
    return account


def sign_in_by_passkey(desk: WorkerDesk, answer: Any) -> WorkerAccount:
    """The account of a passkey. Refused ``worker.passkey_refused``, ``worker.passkey_copied``."""
    wanted = desk.passkeys.passkey_id(answer)
    account = desk.accounts.of_passkey(wanted)
    if account is None:
        raise Refused("worker.passkey_refused")
    passkey = next(one for one in account.credentials.passkeys if one.id == wanted)
    count = desk.passkeys.check(answer, passkey, at=desk.clock())
    desk.accounts.count_use(passkey.id, count)
    return account


def _prove(desk: WorkerDesk, shown: Shown, holder: SealedHolder, counted: Sequence[Counted]) -> Identity:
    """The identity document, if it and the name are the holder's."""
    identity = parse_identity(shown.id_type, shown.id_number, on=desk.today)
    at, vault = _begin(desk, counted), desk.vault
    same_number = person_key(vault, identity.id_type, identity.number) == person_key(
        vault, holder.id_type, holder.id_number
    )
    if not all(
        [same_number, same_name(holder.name, shown.name)]
    ):  # both are compared, whatever the first said
        raise Refused("worker.not_you", field="id_number")
    desk.guesses.forgive(counted, at=at)
    return identity


def _ticket(desk: WorkerDesk, way: Way, token: str, archive: Archive, account: str) -> Ticket:
    return Ticket(way, token, archive.code, account, desk.clock() + TICKET_LIFE)


def _counted(client: str, token: str, person: bytes) -> list[Counted]:
    return [
        (PER_ADDRESS, f"worker {client}"),
        (PER_LINK, f"worker link {token}"),
        (PER_PERSON, f"worker {person.hex()}"),
    ]


def _begin(desk: WorkerDesk, counted: Sequence[Counted]) -> datetime:
    """The moment at which the try was counted."""
    at = desk.clock()
    if seconds := desk.guesses.begin(counted, at=at):
        raise Refused("worker.too_many", retry_after=seconds)
    return at


def _archive_of(desk: WorkerDesk, who: str) -> Archive | None:
    """The archive of a certificate's number or of a document's, of whatever kind."""
    find = desk.archives.archives.find
    record = desk.record.find_by_number(who)
    if record:
        holder = open_holder(desk.vault, record.holder, code=record.code)
        return find(Identity(IdType(holder.id_type), holder.id_number))
    return next((found for kind in IdType if (found := find(Identity(kind, who)))), None)
