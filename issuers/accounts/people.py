"""The registrar's pages of accounts: who may sign in for whom, new ones, roles, one-time links. Plain forms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.accounts.pages import desk
from issuers.accounts.store import Kept
from issuers.accounts.words import role_words
from issuers.roles import Role, roles_of
from issuers.services import issuers
from issuers.session import bureau_only, current_account, note, registrars_only
from keys.errors import Refused
from registry.keyrings import REGISTRY
from registry.problems import error_words, find_problem
from registry.services import registry
from registry.view import Json

Errors = dict[str, Any]

people_pages = Blueprint("accounts", "issuers", url_prefix="/registrar/accounts", template_folder="templates")


@people_pages.get("/")
@bureau_only
def accounts() -> ResponseReturnValue:
    """Every account, by name, of one owner where it is chosen."""
    return _list()


@people_pages.post("/")
@registrars_only
def add() -> ResponseReturnValue:
    """A new account, and the one-time link with which its owner sets the password."""
    form = request.form
    try:
        issuers().assessors.check_owner(form.get("owner", ""))
        account = desk().accounts.add(form.get("account", ""), form.get("owner", ""), form.get("role", ""))
    except Refused as refused:
        field = "owner" if refused.code in ("assessor.unknown", "employer.unknown") else refused.field
        return _list({field or "form": error_words(refused)}), find_problem(refused.code).status
    note(
        "account.made", f"account:{account.name}", after={"owner": account.owner, "role": account.role.value}
    )
    return _offer(account.name)


@people_pages.get("/<name>")
@bureau_only
def account(name: str) -> ResponseReturnValue:
    """One account: role, state, sessions, and what a registrar may do with it."""
    return _show(name)


@people_pages.post("/<name>/link")
@registrars_only
def offer_link(name: str) -> ResponseReturnValue:
    """A one-time link with which the account's owner sets a new password."""
    return _offer(desk().accounts.find(name).account.name)


@people_pages.post("/<name>/role")
@registrars_only
def change_role(name: str) -> ResponseReturnValue:
    """Another role of the same owner; every session of the account ends."""
    _not_oneself(name)
    before, after = desk().accounts.change_role(name, request.form.get("role", ""))
    if before != after:
        desk().end_all(name)
        subject = f"account:{name}"
        note("account.role_changed", subject, before={"role": before.value}, after={"role": after.value})
    return _back(name, _("The role is changed. Every session of the account has ended."))


@people_pages.post("/<name>/state")
@registrars_only
def change_state(name: str) -> ResponseReturnValue:
    """Close the account to its owner, or open it again."""
    _not_oneself(name)
    closing = request.form.get("act") == "disable"
    if desk().accounts.set_disabled(desk().accounts.find(name).account.name, closing):
        ended = desk().end_all(name)
        note(
            "account.disabled" if closing else "account.enabled",
            f"account:{name}",
            after={"sessions_ended": ended},
        )
    return _back(name, _("Done."))


@people_pages.post("/<name>/sessions/end")
@registrars_only
def end_sessions(name: str) -> ResponseReturnValue:
    """Sign the account out everywhere."""
    ended = desk().end_all(desk().accounts.find(name).account.name)
    note("session.revoked", f"account:{name}", after={"sessions_ended": ended})
    return _back(name, _("Every session of the account has ended."))


@people_pages.post("/<name>/second-factor/removal")
@registrars_only
def remove_factor(name: str) -> ResponseReturnValue:
    """Take the second factor away from who lost phone and recovery codes."""
    _not_oneself(name)
    if desk().accounts.drop_factor(desk().accounts.find(name).account.name):
        desk().end_all(name)
        note("account.second_factor_removed", f"account:{name}")
    return _back(name, _("The second factor is taken away."))


def _offer(name: str) -> str:
    word = desk().accounts.offer_reset(name, by=current_account().name, at=registry().clock())
    note("account.reset_offered", f"account:{name}")
    link = f"{registry().settings.origin}{url_for('account.reset')}#{word}"
    return render_template("issuers/account/link.html", name=name, link=link)


def _not_oneself(name: str) -> None:
    if name == current_account().name:
        raise Refused("account.oneself")


def _back(name: str, said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(url_for("accounts.account", name=name))


def _list(errors: Errors | None = None) -> str:
    owner, after = request.args.get("owner", ""), request.args.get("after", "")
    found, following = desk().accounts.page(owner=owner, after=after)
    names = _owners()
    return render_template(
        "issuers/account/accounts.html",
        accounts=[_describe(one, names) for one in found],
        owners=[{"id": key, "zh": name["zh"], "en": name["en"]} for key, name in names.items()],
        owner=owner,
        next_url=url_for("accounts.accounts", owner=owner, after=following) if following else None,
        roles=[{"id": role.value, **role_words(role)} for role in Role],
        errors=errors or {},
        values=request.form,
    )


def _show(name: str) -> str:
    kept = desk().accounts.find(name)
    return render_template(
        "issuers/account/account.html",
        one=_describe(kept, _owners()),
        sessions=desk().sessions.of(name, at=registry().clock()),
        roles=[{"id": role.value, **role_words(role)} for role in roles_of(kept.account.owner)],
        is_oneself=name == current_account().name,
        values={"role": kept.account.role.value},
    )


def _describe(kept: Kept, names: dict[str, dict[str, str]]) -> Json:
    account = kept.account
    return {
        "name": account.name,
        "owner": names.get(account.owner, {"zh": account.owner, "en": account.owner}),
        "owner_id": account.owner,
        "role": role_words(account.role),
        "has_second_factor": account.has_second_factor,
        "disabled": kept.disabled,
        "has_password": kept.has_password,
        "signed_in": kept.signed_in,
    }


def _owners() -> dict[str, dict[str, str]]:
    names = {REGISTRY: {"zh": role_words("registry")["zh"], "en": role_words("registry")["en"]}}
    names |= {one.id: {"zh": one.name, "en": one.name} for one in issuers().assessors.all()}
    return names | {one.owner: {"zh": one.name, "en": one.name} for one in issuers().employers.all()}
