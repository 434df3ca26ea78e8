"""One's own account: password, second factor, sessions; and the page that a one-time link leads to. Plain forms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.accounts.caller import caller_for
from issuers.accounts.desk import AccountDesk
from issuers.accounts.second_factor import enrolment_picture, enrolment_uri
from issuers.services import issuers
from issuers.session import current_account, current_session_ref, note, signed_in_only
from issuers.store import Account
from keys.errors import Refused
from registry.problems import error_words, find_problem
from registry.services import registry

Errors = dict[str, Any]

account_pages = Blueprint("account", "issuers", url_prefix="/account", template_folder="templates")


@account_pages.get("/")
@signed_in_only
def home() -> ResponseReturnValue:
    """One's own account."""
    return _home()


@account_pages.post("/password")
@signed_in_only
def change_password() -> ResponseReturnValue:
    """A new password, after the old one; every other session ends."""
    account, form = current_account(), request.form
    try:
        _prove(account)
        if form.get("new_password") != form.get("again"):
            raise Refused("account.not_the_same", field="again")
        desk().accounts.set_password(account.name, form.get("new_password", ""))
    except Refused as refused:
        renamed = refused.at("new_password") if refused.code.startswith("auth.password_") else refused
        return _home(_errors(renamed)), find_problem(refused.code).status
    ended = desk().end_all(account.name, but=session["sid"])
    note("account.password_changed", _subject(account), after={"sessions_ended": ended})
    flash(_("The password is changed. Every other session of yours has ended."))
    return redirect(url_for("account.home"))


@account_pages.post("/sessions/<ref>/end")
@signed_in_only
def end_session(ref: str) -> ResponseReturnValue:
    """End one of one's own sessions from here."""
    account = current_account()
    if not desk().sessions.end_one(account.name, ref):
        raise Refused("account.session_unknown", field="ref")
    note("session.revoked", _subject(account), after={"sessions_ended": 1})
    flash(_("That session has ended."))
    return redirect(url_for("account.home"))


@account_pages.post("/sessions/end")
@signed_in_only
def end_all_sessions() -> ResponseReturnValue:
    """Sign out everywhere else."""
    account = current_account()
    ended = desk().end_all(account.name, but=session["sid"])
    note("session.revoked", _subject(account), after={"sessions_ended": ended})
    flash(_("Every other session of yours has ended."))
    return redirect(url_for("account.home"))


@account_pages.get("/second-factor")
@signed_in_only
def second_factor() -> ResponseReturnValue:
    """The second factor: set it up, or take it away."""
    return _factor()


@account_pages.post("/second-factor/begin")
@signed_in_only
def begin_second_factor() -> ResponseReturnValue:
    """A new secret, after the password."""
    account = current_account()
    try:
        _prove(account)
    except Refused as refused:
        return _factor(_errors(refused)), find_problem(refused.code).status
    return _factor(secret=desk().set_up_factor(account.name))


@account_pages.post("/second-factor")
@signed_in_only
def confirm_second_factor() -> ResponseReturnValue:
    """The second factor from now on, after a first right code; shows the recovery codes, this once."""
    account = current_account()
    try:
        codes = desk().confirm_factor(account.name, request.form.get("code", ""), at=registry().clock())
    except Refused as refused:
        secret = desk().accounts.offered_secret(account.name)
        return _factor(_errors(refused), secret=secret), find_problem(refused.code).status
    desk().end_all(account.name, but=session["sid"])
    note("account.second_factor_set", _subject(account))
    return render_template("issuers/account/recovery_codes.html", codes=codes)


@account_pages.post("/second-factor/removal")
@signed_in_only
def remove_second_factor() -> ResponseReturnValue:
    """Without a second factor again, after the password."""
    account = current_account()
    try:
        _prove(account)
    except Refused as refused:
        return _factor(_errors(refused)), find_problem(refused.code).status
    if desk().accounts.drop_factor(account.name):
        note("account.second_factor_removed", _subject(account))
    flash(_("The second factor is taken away."))
    return redirect(url_for("account.home"))


@account_pages.get("/reset")
def reset() -> ResponseReturnValue:
    """Where a registrar's one-time link leads. The word is in the fragment: no server and no log reads it."""
    return render_template("issuers/account/reset.html", errors={})


@account_pages.post("/reset")
def reset_post() -> ResponseReturnValue:
    """Set a new password with the word of the link."""
    form = request.form
    try:
        if form.get("new_password") != form.get("again"):
            raise Refused("account.not_the_same", field="again")
        password = form.get("new_password", "")
        account = desk().use_reset(form.get("word", ""), password, caller_for(""), at=registry().clock())
    except Refused as refused:
        renamed = refused.at("new_password") if refused.code.startswith("auth.password_") else refused
        page = render_template(
            "issuers/account/reset.html", errors=_errors(renamed), word=form.get("word", "")
        )
        return page, find_problem(refused.code).status
    flash(_("The password is set. Sign in as %(account)s.", account=account.name))
    return redirect(url_for("issuers.sign_in"))


def desk() -> AccountDesk:
    """The account desk of the current application."""
    return issuers().account_desk


def _prove(account: Account) -> None:
    """The password again, before what a stranger at an open desk must not do. Refused ``auth.*``."""
    password, caller = request.form.get("password", ""), caller_for(account.name)
    desk().check_password(account.name, password, caller, at=registry().clock())


def _home(errors: Errors | None = None) -> str:
    account = current_account()
    sessions = desk().sessions.of(account.name, at=registry().clock())
    return render_template(
        "issuers/account/home.html",
        errors=errors or {},
        sessions=sessions,
        here=current_session_ref(),
        recovery_left=desk().accounts.recovery_left(account.name),
    )


def _factor(errors: Errors | None = None, *, secret: str | None = None) -> str:
    uri = enrolment_uri(secret, current_account().name, _("Skills Registry")) if secret else ""
    return render_template(
        "issuers/account/second_factor.html",
        errors=errors or {},
        secret=secret,
        picture=enrolment_picture(uri) if uri else None,
    )


def _errors(refused: Refused) -> Errors:
    return {refused.field or "form": error_words(refused)}


def _subject(account: Account) -> str:
    return f"account:{account.name}"
