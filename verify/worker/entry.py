"""Coming in: the claim link, the recovery link, signing in and out. Plain forms; only a passkey needs a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.passwords import hash_password, verify_password
from keys.errors import Refused
from keys.strict_json import loads
from registry.claiming import CLAIM_LIFE, PATH, claim_link, read_claim
from registry.identity import IdType
from registry.problems import error_words, find_problem
from registry.workers.accounts import Credentials, WorkerAccount
from registry.workers.desk import workers
from registry.workers.entering import (
    Shown,
    claim,
    open_link,
    prove_claim,
    prove_recovery,
    recover,
    sign_in_by_passkey,
)
from registry.workers.entering import (
    sign_in as enter,
)
from registry.workers.passkeys import PasskeyUser
from registry.workers.tickets import Ticket, Way, open_ticket, seal_ticket
from verify.qr import draw_svg
from verify.worker.passkey_place import find_passkey_page, passkeys_work_here
from verify.worker.session import begin_session, client, end_session, is_signed_in

MAX_ANSWER = 20_000  # bytes of a passkey's answer; with attestation "none" about 1,000

entry = Blueprint("me_entry", __name__, template_folder="../templates")


@entry.get("/claim/<token>")
def claim_page(token: str) -> ResponseReturnValue:
    """What the claim link opens: a question, and nothing about anybody."""
    open_link(workers(), token)
    return _question("claim", token)


@entry.get("/claim/<token>/qr.svg")
def claim_qr(token: str) -> Response:
    """The claim link as a QR, for the sheet that the assessor hands out."""
    desk = workers()
    made = read_claim(desk.vault, token)
    link = claim_link(desk.vault, desk.origin, made.code, made.generation)
    return Response(draw_svg(link), mimetype="image/svg+xml")


@entry.get("/me/recover/<token>")
def recovery_page(token: str) -> ResponseReturnValue:
    """What the recovery link opens."""
    workers().recoveries.of_token(token, at=workers().clock())
    return _question("recovery", token)


@entry.get("/me/recover/<token>/qr.svg")
def recovery_qr(token: str) -> Response:
    """The recovery link as a QR, for the phone of who stands at the desk."""
    desk = workers()
    desk.recoveries.of_token(token, at=desk.clock())
    return Response(draw_svg(f"{desk.origin}/me/recover/{token}"), mimetype="image/svg+xml")


@entry.post("/claim/<token>", endpoint="prove_claim")
@entry.post("/me/recover/<token>", endpoint="prove_recovery")
def prove(token: str) -> ResponseReturnValue:
    """Name and number are right: choose how to sign in from now on."""
    form, way = request.form, _way()
    shown = Shown(form.get("name", ""), form.get("id_type", ""), form.get("id_number", ""))
    try:
        if way == "recovery":
            return _choice(prove_recovery(workers(), token, shown, client=client()))
        ticket = prove_claim(workers(), token, shown, client=client())
    except Refused as refused:
        if refused.field is None:
            raise
        words = {refused.field: error_words(refused)}
        return _question(way, token, form, words), find_problem(refused.code).status
    return _choice(ticket) if ticket else _joined()


@entry.post("/claim/<token>/password", endpoint="claim_by_password")
@entry.post("/me/recover/<token>/password", endpoint="recover_by_password")
def set_password(token: str) -> ResponseReturnValue:
    """The account, with a password."""
    way = _way()
    ticket = _open(token, way)
    password = request.form.get("password", "")
    try:
        if password != request.form.get("again", ""):
            raise Refused("worker.password_again", field="again")
        credentials = Credentials(password=hash_password(password))
    except Refused as refused:
        return _choice(ticket, {refused.field: error_words(refused)}), find_problem(refused.code).status
    return begin_session(_settle(ticket, credentials), way)


@entry.post("/claim/<token>/passkey", endpoint="claim_by_passkey")
@entry.post("/me/recover/<token>/passkey", endpoint="recover_by_passkey")
def set_passkey(token: str) -> ResponseReturnValue:
    """The account, with a passkey."""
    way, desk = _way(), workers()
    ticket = _open(token, way)
    try:
        passkey = desk.passkeys.accept(read_answer(), ticket.account, at=desk.clock())
    except Refused as refused:
        return _choice(ticket, {"passkey": error_words(refused)}), find_problem(refused.code).status
    return begin_session(_settle(ticket, Credentials((passkey,))), way)


@entry.get("/me/sign-in")
def sign_in() -> ResponseReturnValue:
    """The sign-in form."""
    if is_signed_in():
        return redirect(url_for("me.home"))
    return _sign_in_form()


@entry.post("/me/sign-in")
def sign_in_by_password() -> ResponseReturnValue:
    """Sign in with a number and a password. By POST: no number may stand in a URL or a log."""
    who, password = request.form.get("who", ""), request.form.get("password", "")
    try:
        account = enter(workers(), who, password, client=client(), verify=verify_password)
    except Refused as refused:
        if refused.field is None:
            raise
        return _sign_in_form({refused.field: error_words(refused)}), find_problem(refused.code).status
    return begin_session(account, "password")


@entry.post("/me/sign-in/passkey")
def sign_in_by_key() -> ResponseReturnValue:
    """Sign in with a passkey."""
    try:
        account = sign_in_by_passkey(workers(), read_answer())
    except Refused as refused:
        return _sign_in_form({"passkey": error_words(refused)}), find_problem(refused.code).status
    return begin_session(account, "passkey")


@entry.post("/me/sign-out")
def sign_out() -> ResponseReturnValue:
    """Sign out. The service worker sees this request too, and wipes what it keeps."""
    return end_session(make_response(redirect(url_for("me_entry.sign_in"))))


def read_answer() -> Any:
    """The passkey's answer in the form. Refused ``worker.passkey_refused``."""
    text = request.form.get("answer", "").encode()
    if len(text) > MAX_ANSWER:
        raise Refused("worker.passkey_refused")
    try:
        return loads(text)
    except Refused:
        raise Refused("worker.passkey_refused") from None


def offer_passkey(account: WorkerAccount | Ticket) -> str | None:
    """Options for making a passkey, as JSON for the page; None where passkeys do not work."""
    desk = workers()
    if not passkeys_work_here():
        return None
    known, account_id = (
        ((), account.account) if isinstance(account, Ticket) else (account.credentials.passkeys, account.id)
    )
    # shown by the device beside the passkey: whose phone it is, no other need know
    user = PasskeyUser(account_id, _("My certificates"))
    return orjson.dumps(desk.passkeys.offer(user, known, at=desk.clock())).decode()


def _way() -> Way:
    return "claim" if request.path.startswith(PATH) else "recovery"


def _open(token: str, way: Way) -> Ticket:
    return open_ticket(workers().vault, request.form.get("ticket", ""), way, token, at=workers().clock())


def _settle(ticket: Ticket, credentials: Credentials) -> WorkerAccount:
    act = claim if ticket.way == "claim" else recover
    return act(workers(), ticket, credentials)


def _question(
    way: Way, token: str, values: Mapping[str, str] | None = None, errors: Mapping[Any, Any] | None = None
) -> str:
    types = [{"id": str(one), "zh": one.zh, "en": one.en} for one in IdType]
    # what was typed comes back but for the number: a form left open on a desk shows none
    typed = {name: (values or {}).get(name, "") for name in ("name", "id_type")}
    return render_template(
        "me/prove.html",
        way=way,
        action=url_for(f"me_entry.prove_{way}", token=token),
        values=typed,
        errors=errors or {},
        id_types=types,
        days=CLAIM_LIFE.days,
        passkey_page=find_passkey_page(_link(way, token)),
    )


def _choice(ticket: Ticket, errors: Mapping[Any, Any] | None = None) -> str:
    by = {"claim": "claim", "recovery": "recover"}[ticket.way]
    return render_template(
        "me/choose.html",
        way=ticket.way,
        ticket=seal_ticket(workers().vault, ticket),
        password_url=url_for(f"me_entry.{by}_by_password", token=ticket.token),
        passkey_url=url_for(f"me_entry.{by}_by_passkey", token=ticket.token),
        options=offer_passkey(ticket),
        passkey_page=find_passkey_page(_link(ticket.way, ticket.token)),
        errors=errors or {},
    )


def _link(way: Way, token: str) -> str:
    return url_for("me_entry.claim_page" if way == "claim" else "me_entry.recovery_page", token=token)


def _joined() -> ResponseReturnValue:
    if is_signed_in():
        return redirect(url_for("me.home"))
    return _sign_in_form(joined=True)


def _sign_in_form(errors: Mapping[Any, Any] | None = None, *, joined: bool = False) -> str:
    desk = workers()
    options = orjson.dumps(desk.passkeys.ask(at=desk.clock())).decode() if passkeys_work_here() else None
    return render_template(
        "me/sign_in.html",
        errors=errors or {},
        options=options,
        passkey_page=find_passkey_page(url_for("me_entry.sign_in")),
        joined=joined,
    )
