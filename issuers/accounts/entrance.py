"""The entrance of every console: account and password, then the second factor where the account has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from issuers.accounts.caller import caller_for, remember_device
from issuers.accounts.words import role_words
from issuers.employers import is_employer
from issuers.navigation import Menu, menus
from issuers.services import issuers
from issuers.session import begin_session, current_account, describe_account, end_session, signed_in_account
from issuers.store import Account
from keys.errors import Refused
from registry.keyrings import REGISTRY
from registry.problems import error_words, find_problem
from registry.services import registry
from registry.translation import in_language

PENDING_SECONDS = 300  # between password and code: time to find the phone
HOMES = ("/console", "/registrar", "/employer", "/account", "/audit")

console = Blueprint("issuers", "issuers", url_prefix="/console", template_folder="templates")
console.app_context_processor(describe_account)
console.add_app_template_filter(lambda role: in_language(role_words(role)), "role_name")


@console.app_context_processor
def _console_bar() -> dict[str, Callable[[], list[Menu]]]:
    return {"console_menus": lambda: menus(current_account().role)}


@console.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The sign-in form."""
    return render_template("issuers/sign_in.html", values={}, next=request.args.get("next"))


@console.post("/sign-in")
def sign_in_post() -> ResponseReturnValue:
    """Sign in with account and password; with a second factor, its code comes next."""
    name, password = request.form.get("account", ""), request.form.get("password", "")
    desk, now = issuers().account_desk, registry().clock()
    try:
        account = desk.check_password(name, password, caller_for(name), at=now)
    except Refused as refused:
        page = {"values": {"account": name}, "next": request.form.get("next")}
        return _refuse("issuers/sign_in.html", refused, page)
    target = _safe_path(request.form.get("next"))
    if not account.has_second_factor:
        return _let_in(account, target, "password")
    session.clear()
    session["pending"] = [account.name, desk.accounts.stamp(account.name), int(now.timestamp()), target]
    return redirect(url_for("issuers.sign_in_code"))


@console.get("/sign-in/code")
def sign_in_code() -> ResponseReturnValue:
    """The form for the second factor's code."""
    if _pending() is None:
        return redirect(url_for("issuers.sign_in"))
    return render_template("issuers/account/code.html")


@console.post("/sign-in/code")
def sign_in_code_post() -> ResponseReturnValue:
    """Sign in with the code of the phone, or with a recovery code."""
    pending = _pending()
    if pending is None:
        return redirect(url_for("issuers.sign_in"))
    account, target = pending
    code, now = request.form.get("code", ""), registry().clock()
    try:
        way = issuers().account_desk.check_code(account.name, code, caller_for(account.name), at=now)
    except Refused as refused:
        return _refuse("issuers/account/code.html", refused, {})
    return _let_in(account, target, way)


@console.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Sign out."""
    account = signed_in_account()
    if account is not None:
        issuers().account_desk.note("session.ended", account, caller_for(account.name), registry().clock())
    end_session()
    return redirect(url_for("issuers.sign_in"))


def home_of(owner: str) -> str:
    """The endpoint where somebody who acts for ``owner`` begins."""
    if is_employer(owner):
        return "employer.home"
    return "registrar.home" if owner == REGISTRY else "issuers.console"


def _let_in(account: Account, target: str | None, way: str) -> ResponseReturnValue:
    desk, now = issuers().account_desk, registry().clock()
    begin_session(account)
    desk.accounts.seen(account.name, at=now)
    desk.note("session.begun", account, caller_for(account.name), now, after={"way": way})
    return remember_device(make_response(redirect(target or url_for(home_of(account.owner)))), account.name)


def _pending() -> tuple[Account, str | None] | None:
    held: Any = session.get("pending")
    if not held:
        return None
    name, stamp, begun, target = held
    desk, now = issuers().account_desk, int(registry().clock().timestamp())
    account = issuers().assessors.find_account(name)
    if account is None or now - begun > PENDING_SECONDS or desk.accounts.stamp(name) != stamp:
        return None
    return account, target


def _refuse(template: str, refused: Refused, page: dict[str, Any]) -> ResponseReturnValue:
    status = find_problem(refused.code).status
    response = make_response(render_template(template, error=error_words(refused), **page), status)
    if "retry_after" in refused.params:
        response.headers["Retry-After"] = str(refused.params["retry_after"])
    return response


def _safe_path(target: str | None) -> str | None:
    """``target`` where it is a path of this site; anything else would lead elsewhere."""
    if not target or not target.startswith(HOMES) or "\\" in target:
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target
