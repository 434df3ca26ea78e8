"""Signing in, in two steps, and what owners and registrars do with accounts; every step noted in the trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.database import Database

from issuers.accounts.lockout import PER_ACCOUNT, PER_ADDRESS, PER_CODE, Attempts, Counted
from issuers.accounts.second_factor import (
    clean_recovery_code,
    find_step,
    new_recovery_codes,
    new_secret,
)
from issuers.accounts.sessions import Sessions
from issuers.accounts.store import Accounts
from issuers.roles import Role
from issuers.store import Account
from keys.errors import Refused
from keys.vault import Vault
from registry.audit.acts import Act, Acts, Facts

# Who decides for many, or reads everything: SECOND_FACTOR=required makes these set one up at their next sign-in.
GUARDED_ROLES = (Role.REGISTRAR, Role.INSPECTOR, Role.SIGNER)
NEVER = -1  # the step before every step


@dataclass(frozen=True)
class Caller:
    """Where a request comes from: a shortened address or network, a known device's name (or empty), its id."""

    network: str
    device: str
    request: str


@dataclass(frozen=True)
class AccountDesk:
    """Accounts, sessions and attempts together."""

    accounts: Accounts
    sessions: Sessions
    attempts: Attempts
    acts: Acts

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self.accounts.prepare()
        self.sessions.prepare()
        self.attempts.prepare()

    def check_password(self, name: str, password: str, caller: Caller, *, at: datetime) -> Account:
        """The account, after its password. Refused ``auth.wait``, ``auth.sign_in``: the same for every mistake."""
        name = name.strip().casefold()
        counted = _counted(name, caller)
        self.attempts.begin(counted, at=at)
        account = self.accounts.check_password(name, password)
        if account is None:
            self._note_refused(name, "password", caller, at)
            raise Refused("auth.sign_in", field="password")
        self.attempts.forget(counted[:1])
        self.attempts.forgive(counted[1:])
        return account

    def check_code(self, account: str, code: str, caller: Caller, *, at: datetime) -> str:
        """The second factor: six digits, or a recovery code; which it was. Refused ``auth.wait``, ``auth.code``."""
        counted: list[Counted] = [(PER_CODE, account)]
        self.attempts.begin(counted, at=at)
        if self._accepts(account, code, at=at):
            way = "code"
        elif self.accounts.accept_recovery(account, clean_recovery_code(code)):
            way = "recovery"
        else:
            self._note_refused(account, "code", caller, at)
            raise Refused("auth.code", field="code")
        self.attempts.forget(counted)
        return way

    def set_up_factor(self, account: str) -> str:
        """A new secret that waits for its first code."""
        secret = new_secret()
        self.accounts.offer_factor(account, secret)
        return secret

    def confirm_factor(self, account: str, code: str, *, at: datetime) -> list[str]:
        """The second factor from now on, after a first right code: its recovery codes, shown this once.

        Refused ``auth.code``, ``account.no_offer``.
        """
        secret = self.accounts.offered_secret(account)
        if secret is None:
            raise Refused("account.no_offer", field="code")
        step = find_step(secret, code, at=at, after=NEVER)
        if step is None:
            raise Refused("auth.code", field="code")
        codes = new_recovery_codes()
        self.accounts.set_factor(
            account, secret, step=step, codes=[clean_recovery_code(one) for one in codes]
        )
        return codes

    def end_all(self, account: str, *, but: str | None = None) -> int:
        """End every session of the account, but for that of the cookie ``but``."""
        return self.sessions.end_all(account, but=but)

    def use_reset(self, word: str, password: str, caller: Caller, *, at: datetime) -> Account:
        """A new password by a one-time word: every session ends, every count is forgotten. Refused ``account.*``."""
        counted: list[Counted] = [(PER_ADDRESS, caller.network)]
        self.attempts.begin(counted, at=at)
        account = self.accounts.use_reset(word, password, at=at)
        self.sessions.end_all(account.name)
        self.attempts.forgive(counted)
        self.attempts.forget([(PER_ACCOUNT, f"{account.name} "), (PER_CODE, account.name)])
        self.note("account.password_reset", account, caller, at)
        return account

    def note(
        self, name: str, account: Account, caller: Caller, at: datetime, *, after: Facts | None = None
    ) -> None:
        """Note an act of an account upon itself, also before it is signed in."""
        self.acts.note(_act(name, account, caller, at, after or {}))

    def _accepts(self, account: str, code: str, *, at: datetime) -> bool:
        factor = self.accounts.factor(account)
        if factor is None:
            return False
        secret, used = factor
        step = find_step(secret, code, at=at, after=used)
        return step is not None and self.accounts.accept_step(account, step)

    def _note_refused(self, name: str, what: str, caller: Caller, at: datetime) -> None:
        # what was typed as a name may be a password: only names of accounts are written down
        known = self.accounts.owner_of(name)
        subject = f"account:{name}" if known else "account:"
        self.acts.note(Act("session.refused", "", known or "", subject, at, what, request=caller.request))


def open_account_desk(database: Database[dict[str, Any]], vault: Vault, acts: Acts) -> AccountDesk:
    """The desk on a database."""
    return AccountDesk(Accounts(database, vault), Sessions(database), Attempts(database, vault), acts)


def _counted(name: str, caller: Caller) -> Sequence[Counted]:
    return [(PER_ACCOUNT, f"{name} {caller.device}"), (PER_ADDRESS, caller.network)]


def _act(name: str, account: Account, caller: Caller, at: datetime, after: Facts) -> Act:
    return Act(
        name, account.name, account.owner, f"account:{account.name}", at, after=after, request=caller.request
    )
