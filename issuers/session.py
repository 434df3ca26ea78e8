"""Who is signed in: the session cookie names an account, the account says for whom it acts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from issuers.assessor import Assessor
from issuers.employers import Employer, is_employer
from issuers.services import issuers
from issuers.store import Account
from keys.errors import Refused
from registry.keyrings import REGISTRY

Arguments = ParamSpec("Arguments")
Page = Callable[Arguments, ResponseReturnValue]


def assessors_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for who is signed in for an assessor; strangers are asked to sign in and come back."""
    return _guard(page, "auth.assessor_only", lambda account: not _is_other(account.owner))


def registrars_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for who is signed in for the registry."""
    return _guard(page, "auth.registrar_only", lambda account: account.owner == REGISTRY)


def employers_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for who is signed in for an employer."""
    return _guard(page, "auth.employer_only", lambda account: is_employer(account.owner))


def begin_session(account: Account) -> None:
    """Sign the account in, in a session of its own."""
    session.clear()
    session["account"] = account.name
    session.permanent = True


def end_session() -> None:
    """Sign out."""
    session.clear()


def current_account() -> Account:
    """The account that a guarded page was opened with."""
    account: Account = g.account
    return account


def current_assessor() -> Assessor:
    """The assessor that the account acts for."""
    return issuers().find_assessor(current_account().owner)


def current_employer() -> Employer:
    """The employer that the account acts for."""
    return issuers().employers.find_owner(current_account().owner)


def _is_other(owner: str) -> bool:
    return owner == REGISTRY or is_employer(owner)


def _guard(page: Page[Arguments], refusal: str, is_allowed: Callable[[Account], bool]) -> Page[Arguments]:
    @wraps(page)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> ResponseReturnValue:
        account = issuers().assessors.find_account(session["account"]) if "account" in session else None
        if account is None:
            return redirect(
                url_for("issuers.sign_in", next=request.path if request.method == "GET" else None)
            )
        if not is_allowed(account):
            raise Refused(refusal)
        g.account = account
        return page(*args, **kwargs)

    return guarded
