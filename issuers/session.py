"""Who is signed in: the cookie names a session, the session an account, the account says for whom it acts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from issuers.accounts.desk import GUARDED_ROLES
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


def staff_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for who works at the record: an assessor's clerk or signer, the bureau's registrar or inspector."""
    return _guard(page, "auth.staff_only", *ASSESSOR, *BUREAU)


def changers_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for who changes certificates: an assessor's clerk or signer, a registrar."""
    return _guard(page, "auth.staff_only", *ASSESSOR, Role.REGISTRAR)


def signers_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for an assessor's signer: who approves what a clerk prepared."""
    return _guard(page, "auth.signer_only", Role.SIGNER)


def registrars_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for a registrar."""
    return _guard(page, "auth.registrar_only", Role.REGISTRAR)


def bureau_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for the bureau: registrars, and inspectors who read and draw."""
    return _guard(page, "auth.bureau_only", *BUREAU)


def desks_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only where workers are helped: an assessor's clerk or signer, or a registrar."""
    return _guard(page, "auth.desk_only", *ASSESSOR, Role.REGISTRAR)


def employers_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for who is signed in for an employer."""
    return _guard(page, "auth.employer_only", Role.EMPLOYER)


def signed_in_only(page: Page[Arguments]) -> Page[Arguments]:
    """For anybody who is signed in, about their own account: also where a second factor is still to be set up."""
    return _guard(page, "auth.sign_in", *Role, enforced=False)


def begin_session(account: Account) -> None:
    """Sign the account in, in a session of its own."""
    session.clear()
    session["sid"] = issuers().account_desk.sessions.begin(
        account.name,
        agent=request.user_agent.string,
        address=request.remote_addr or "",
        at=registry().clock(),
    )
    session.permanent = True
    g.account = account


def end_session() -> None:
    """Sign out: the session ends here and in the list of sessions."""
    if "sid" in session:
        issuers().account_desk.sessions.end(session["sid"])
    session.clear()


def bears_session() -> bool:
    """Whether the request's signed cookie names a session; whether that still stands, the page's guard asks."""
    return "sid" in session


def signed_in_account() -> Account | None:
    """Who is signed in, of any role: one indexed read for the session, one for the account."""
    if not bears_session():
        return None
    found = issuers().account_desk.sessions.find(session["sid"], at=registry().clock())
    if found is None:
        return None
    g.session_ref = found.ref
    return issuers().assessors.find_account(found.account)


def current_account() -> Account:
    """The account that a guarded page was opened with."""
    account: Account = g.account
    return account


def current_session_ref() -> str:
    """What the session that a guarded page was opened with is called in the list of sessions."""
    ref: str = g.session_ref
    return ref


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
    """Note an act of who asks in the trail, as `registry.audit.acts.Act` describes.

    Signed in, that is an account; with a bearer token it is the token's owner, and no account.
    """
    account: Account | None = g.get("account")
    here = registry()
    here.acts.note(
        Act(
            name,
            account.name if account else "",
            account.owner if account else g.get("token_owner", ""),
            subject,
            here.clock(),
            why,
            before or {},
            after or {},
            g.request_id,
        )
    )


def _lacks_factor(account: Account) -> bool:
    wanted = registry().settings.second_factor == "required" and account.role in GUARDED_ROLES
    return wanted and not account.has_second_factor


def _guard(page: Page[Arguments], refusal: str, *allowed: Role, enforced: bool = True) -> Page[Arguments]:
    @wraps(page)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> ResponseReturnValue:
        account = signed_in_account()
        if account is None:
            return redirect(
                url_for("issuers.sign_in", next=request.path if request.method == "GET" else None)
            )
        g.account = account
        if account.role not in allowed:
            raise Refused(refusal)
        if enforced and _lacks_factor(account):
            return redirect(url_for("account.second_factor"))
        return page(*args, **kwargs)

    return guarded
