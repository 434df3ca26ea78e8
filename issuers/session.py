"""Who is signed in: the session cookie names an account, the account says for whom it acts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from issuers.assessor import Assessor
from issuers.employers import Employer
from issuers.roles import ASSESSOR, BUREAU, Role
from issuers.services import issuers
from issuers.store import Account
from keys.errors import Refused
from registry.audit.acts import Act, Facts
from registry.services import registry

Arguments = ParamSpec("Arguments")
Page = Callable[Arguments, ResponseReturnValue]


def assessors_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for an assessor's clerk or signer; strangers are asked to sign in and come back."""
    return _guard(page, "auth.assessor_only", *ASSESSOR)


def signers_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for an assessor's signer: who approves what a clerk prepared."""
    return _guard(page, "auth.signer_only", Role.SIGNER)


def registrars_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for a registrar."""
    return _guard(page, "auth.registrar_only", Role.REGISTRAR)


def bureau_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for the bureau: registrars, and inspectors who read and draw."""
    return _guard(page, "auth.bureau_only", *BUREAU)


def employers_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for who is signed in for an employer."""
    return _guard(page, "auth.employer_only", Role.EMPLOYER)


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


def may_change() -> bool:
    """Whether who is signed in may change what the bureau looks after: an inspector reads and draws."""
    account: Account | None = g.get("account")
    return account is not None and account.role is not Role.INSPECTOR


def describe_account() -> dict[str, Any]:
    """For every page: who is signed in there, and whether forms that change something are shown."""
    return {"account": g.get("account"), "may_change": may_change()}


def current_assessor() -> Assessor:
    """The assessor that the account acts for."""
    return issuers().find_assessor(current_account().owner)


def current_employer() -> Employer:
    """The employer that the account acts for."""
    return issuers().employers.find_owner(current_account().owner)


def note(
    name: str, subject: str, *, why: str = "", before: Facts | None = None, after: Facts | None = None
) -> None:
    """Note an act of the signed-in account in the trail, as `registry.audit.acts.Act` describes."""
    account, here = current_account(), registry()
    here.acts.note(
        Act(
            name,
            account.name,
            account.owner,
            subject,
            here.clock(),
            why,
            before or {},
            after or {},
            g.request_id,
        )
    )


def _guard(page: Page[Arguments], refusal: str, *allowed: Role) -> Page[Arguments]:
    @wraps(page)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> ResponseReturnValue:
        account = issuers().assessors.find_account(session["account"]) if "account" in session else None
        if account is None:
            return redirect(
                url_for("issuers.sign_in", next=request.path if request.method == "GET" else None)
            )
        if account.role not in allowed:
            raise Refused(refusal)
        g.account = account
        return page(*args, **kwargs)

    return guarded
