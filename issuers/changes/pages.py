"""Certificates in the console: find, look at one, suspend, lift, revoke. An assessor sees its own, the bureau all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.changes.reasons import MAY, Act, check_role, reasons_for
from issuers.changes.searching import FIELDS, FILTERS, read_query
from issuers.changes.states import FROM, LIFTED, Decision
from issuers.changes.view import describe_row, history, links
from issuers.roles import BUREAU
from issuers.routes import find_in, find_own
from issuers.services import issuers
from issuers.session import current_account, staff_only
from issuers.view import describe_own_face
from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.credential import MEDIA_TYPE, parse_credential, read_face
from registry.keyrings import REGISTRY
from registry.levels import levels
from registry.problems import error_words, find_problem
from registry.services import registry
from registry.view import describe_level

certificate_pages = Blueprint(
    "certificates", __name__, url_prefix="/console/certificates", template_folder="../templates"
)
# Several forms stand on one page: the fields of each begin with its own word.
PREFIXES: Mapping[Act, str] = {Act.SUSPEND: "suspend_", Act.LIFT: "lift_", Act.REVOKE: ""}


@certificate_pages.get("")
@staff_only
def search() -> ResponseReturnValue:
    """Certificates, newest first; the filters of a link may stand in the address, a person may not."""
    return _found(request.args.to_dict())


@certificate_pages.post("")
@staff_only
def search_form() -> ResponseReturnValue:
    """What a search finds. By POST: names and identity numbers stand in no address and no log."""
    return _found(request.form.to_dict())


@certificate_pages.get("/<number>")
@staff_only
def certificate(number: str) -> ResponseReturnValue:
    """One certificate: face, state, history, links, and what may be done to it."""
    return show(find_visible(number))


@certificate_pages.get("/<number>/credential.json")
@staff_only
def credential(number: str) -> ResponseReturnValue:
    """The exact signed bytes, as a file."""
    record = find_visible(number)
    response = Response(record.credential, mimetype=MEDIA_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{record.number}.json"'
    return response


@certificate_pages.post("/<number>/suspend")
@staff_only
def suspend(number: str) -> ResponseReturnValue:
    """Suspend until lifted, with a reason."""
    return _change(number, Act.SUSPEND, _("Suspended. Every check shows it from now on."))


@certificate_pages.post("/<number>/lift")
@staff_only
def lift(number: str) -> ResponseReturnValue:
    """Lift a suspension, with a reason."""
    return _change(number, Act.LIFT, _("The suspension is lifted. The certificate is valid again."))


@certificate_pages.post("/<number>/revoke")
@staff_only
def revoke(number: str) -> ResponseReturnValue:
    """Revoke, with a reason, after a tick that says yes."""
    return _change(number, Act.REVOKE, _("Revoked. Every check shows it from now on."))


def find_visible(number: str) -> CertificateRecord:
    """The certificate of that number, where the account may see it. Refused ``certificate.unknown``."""
    account = current_account()
    if account.owner == REGISTRY:
        return find_in(registry().record, number)
    return find_own(account.owner, number)


def show(record: CertificateRecord, errors: Mapping[Any, Any] | None = None) -> str:
    """The page of one certificate."""
    account = current_account()
    may = [act for act in Act if account.role in MAY[act] and record.state in FROM[act]]
    if record.changes and record.changes[-1].owner == REGISTRY and account.owner != REGISTRY:
        may = [act for act in may if act is not Act.LIFT]  # only the registry lifts what it suspended
    successor = issuers().changes.replacement.successor(record)
    return render_template(
        "issuers/certificate.html",
        certificate=describe_own_face(read_face(parse_credential(record.credential))),
        state=record.state.value,
        history=history(record),
        # a paper copy is the assessor's to make
        links=links(record) | ({"pdf": None} if account.role in BUREAU else {}),
        qr_url=links(record)["qr_svg"],
        reasons={
            act.value: [vars(one) | {"id": one.code} for one in reasons_for(act, account.owner)]
            for act in may
        },
        successor=describe_row(successor) if successor else None,
        before=record.replaces,
        errors=errors or {},
        values=request.form or {"lift_reason": LIFTED},
    )


def _found(form: dict[str, str]) -> ResponseReturnValue:
    values = {name: form[name].strip() for name in FIELDS if form.get(name, "").strip()}
    shown: dict[str, Any] = {
        "values": values,
        "filtered": any(name in values for name in FILTERS),
        "levels": [describe_level(level.id) for level in levels()],
        "may_issue": current_account().owner != REGISTRY,
        "asked": bool(values),
    }
    try:
        query = read_query(values, visible_assessors(), registry().vault)
        found, following = registry().searching.page(query, before=form.get("before") or None)
    except Refused as refused:
        shown["errors"] = {refused.field or "form": error_words(refused)}
        return render_template("issuers/certificates.html", **shown), find_problem(refused.code).status
    rows = [describe_row(one) for one in found]
    return render_template("issuers/certificates.html", certificates=rows, next=following, **shown)


def visible_assessors() -> tuple[str, ...]:
    """Whose certificates the account may see."""
    owner = current_account().owner
    return tuple(one.id for one in issuers().assessors.all()) if owner == REGISTRY else (owner,)


def _change(number: str, act: Act, said: str) -> ResponseReturnValue:
    check_role(act, current_account().role)
    record = find_visible(number)
    try:
        issuers().changes.change(record.code, _decision(act))
    except Refused as refused:
        field = PREFIXES[act] + refused.field if refused.field in ("reason", "note", "confirm") else "form"
        return show(record, {field: error_words(refused)}), find_problem(refused.code).status
    flash(said)
    return redirect(url_for("certificates.certificate", number=number))


def _decision(act: Act) -> Decision:
    account, prefix = current_account(), PREFIXES[act]
    if act is Act.REVOKE and request.form.get("confirm") != "yes":
        raise Refused("state.confirm", field="confirm")
    reason = request.form.get(f"{prefix}reason", "")
    note = request.form.get(f"{prefix}note", "").strip()
    return Decision(act, reason, account.name, account.owner, note, g.request_id)
