"""The account: sessions, passkeys, password, and the end of it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.passwords import hash_password, verify_password
from keys.errors import Refused
from registry.guesses import PER_ADDRESS, Counted
from registry.problems import error_words, find_problem
from registry.workers.desk import workers
from registry.workers.entering import PER_SIGN_IN
from registry.workers.leaving import forget_account
from verify.worker.entry import offer_passkey, read_answer
from verify.worker.passkey_place import find_passkey_page
from verify.worker.session import (
    client,
    current_session,
    current_worker,
    end_session,
    note,
    workers_only,
)

me_account = Blueprint("me_account", __name__, url_prefix="/me/account", template_folder="../templates")


@me_account.get("")
@workers_only
def account() -> ResponseReturnValue:
    """How to sign in, where one is signed in, and how to leave."""
    return _show()


@me_account.post("/sessions/<session_id>/end")
@workers_only
def end_one(session_id: str) -> ResponseReturnValue:
    """End one session, perhaps on a lost phone."""
    workers().sessions.end(current_worker().id, session_id)
    flash(_("Signed out there."))
    return redirect(url_for("me_account.account"))


@me_account.post("/sessions/end")
@workers_only
def end_others() -> ResponseReturnValue:
    """End every session but this one."""
    workers().sessions.end_all(current_worker().id, but=current_session().id)
    flash(_("Signed out everywhere else."))
    return redirect(url_for("me_account.account"))


@me_account.post("/password")
@workers_only
def change_password() -> ResponseReturnValue:
    """Set a password, or another one; who has one must give it first."""
    form, worker = request.form, current_worker()
    try:
        _check_password(form.get("old", ""))
        if form.get("password", "") != form.get("again", ""):
            raise Refused("worker.password_again", field="again")
        workers().accounts.set_password(worker.id, hash_password(form.get("password", "")))
    except Refused as refused:
        if refused.field is None:
            raise
        return _show({refused.field: error_words(refused)}), find_problem(refused.code).status
    workers().sessions.end_all(worker.id, but=current_session().id)
    note("worker.password_set")
    flash(_("The password is set. Every other device was signed out."), "success")
    return redirect(url_for("me_account.account"))


@me_account.post("/passkeys")
@workers_only
def add_passkey() -> ResponseReturnValue:
    """Add the passkey of one more device."""
    desk, worker = workers(), current_worker()
    try:
        passkey = desk.passkeys.accept(read_answer(), worker.id, at=desk.clock())
        desk.accounts.add_passkey(worker.id, passkey)
    except Refused as refused:
        return _show({"passkey": error_words(refused)}), find_problem(refused.code).status
    note("worker.passkey_added")
    flash(_("The passkey is set."), "success")
    return redirect(url_for("me_account.account"))


@me_account.post("/passkeys/<passkey_id>/remove")
@workers_only
def remove_passkey(passkey_id: str) -> ResponseReturnValue:
    """Remove a passkey, perhaps of a lost phone."""
    try:
        wanted = urlsafe_b64decode(passkey_id)
    except (Error, ValueError):
        raise Refused("http.not_found") from None
    try:
        workers().accounts.remove_passkey(current_worker().id, wanted)
    except Refused as refused:
        return _show({"passkey": error_words(refused)}), find_problem(refused.code).status
    note("worker.passkey_removed")
    flash(_("The passkey is removed."))
    return redirect(url_for("me_account.account"))


@me_account.post("/erase")
@workers_only
def erase() -> ResponseReturnValue:
    """Erase the account, after a tick that says yes."""
    if request.form.get("confirm") != "yes":
        words = {"confirm": error_words(Refused("state.confirm", field="confirm"))}
        return _show(words), find_problem("state.confirm").status
    forget_account(workers(), current_worker())
    flash(_("The account is erased. Your certificates stay on record and open to checks."), "success")
    return end_session(make_response(redirect(url_for("me_entry.sign_in"))))


def _check_password(old: str) -> None:
    """Refused ``worker.sign_in``, ``worker.too_many``; nothing to check where there is none yet."""
    worker, desk = current_worker(), workers()
    if worker.credentials.password is None:
        return
    counted: list[Counted] = [
        (PER_ADDRESS, f"worker {client()}"),
        (PER_SIGN_IN, f"worker account {worker.id}"),
    ]
    at = desk.clock()
    if seconds := desk.guesses.begin(counted, at=at):
        raise Refused("worker.too_many", retry_after=seconds)
    if not verify_password(worker.credentials.password, old):
        raise Refused("worker.sign_in", field="old")
    desk.guesses.forgive(counted, at=at)


def _show(errors: Mapping[Any, Any] | None = None) -> str:
    desk, worker = workers(), current_worker()
    passkeys = [
        {"id": urlsafe_b64encode(one.id).decode(), "added_at": one.added_at}
        for one in worker.credentials.passkeys
    ]
    return render_template(
        "me/account.html",
        passkeys=passkeys,
        has_password=worker.credentials.password is not None,
        sessions=desk.sessions.of_account(worker.id, at=desk.clock()),
        here=current_session().id,
        options=offer_passkey(worker),
        passkey_page=find_passkey_page(url_for("me_account.account")),
        errors=errors or {},
    )
