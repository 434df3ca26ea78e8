"""The assessor's console: see, issue with a preview, revoke. Plain forms, no script needed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.accounts.entrance import console
from issuers.assessor import Assessor
from issuers.batches.desk import batch_desk
from issuers.batches.single import row_of
from issuers.form import FORM_FIELDS, form_body, form_choices, issue_fields
from issuers.issue import draft_face
from issuers.request import Draft, IssueRequest, check_request
from issuers.revocation import reasons, revoke
from issuers.roles import Role
from issuers.routes import find_own
from issuers.schemas import IssueSchema, load
from issuers.services import issuers
from issuers.session import assessors_only, current_account, current_assessor, note
from issuers.view import describe_assessor, describe_own_face
from keys.errors import Refused
from registry.claiming import claim_link
from registry.credential import MEDIA_TYPE, Face, china_date, day_start, parse_credential, read_face
from registry.problems import error_words
from registry.record import CertificateRecord, Idempotency
from registry.services import registry
from registry.state import State
from registry.view import Json, describe_instant

__all__ = ("console",)

RECENT = 8  # certificates on the overview: as many as fit beside the accreditations
MAX_NOTE = 500  # characters
UNPROCESSABLE = 422

_issue_schema = IssueSchema()


@console.get("/", endpoint="console")
@assessors_only
def overview() -> ResponseReturnValue:
    """The overview: counts, latest certificates, what may be certified."""
    assessor, record = current_assessor(), registry().record
    today = china_date(registry().clock())
    counts = {
        "today": record.count_since(assessor.id, datetime.fromisoformat(day_start(today))),
        "total": record.count(assessor.id),
        "revoked": record.count(assessor.id, state="revoked"),
    }
    described = describe_assessor(assessor, on=today)
    return render_template(
        "issuers/console.html",
        assessor=described,
        counts=counts,
        accreditations=described["accreditations"],
        certificates=[_row(one) for one in record.page(assessor.id, limit=RECENT)[0]],
    )


@console.get("/certificates")
@assessors_only
def certificates() -> ResponseReturnValue:
    """The assessor's certificates, newest first, by the start of a number and by state."""
    q, state = request.args.get("q", "").strip().upper(), request.args.get("state", "")
    before = request.args.get("before") or None
    found, following = registry().record.page(current_assessor().id, text=q, state=state, before=before)
    next_url = url_for("issuers.certificates", q=q, state=state, before=following) if following else None
    rows = [_row(one) for one in found]
    return render_template(
        "issuers/certificates.html", certificates=rows, q=q, state=state, next_url=next_url
    )


@console.get("/certificates/<number>")
@assessors_only
def certificate(number: str) -> ResponseReturnValue:
    """One certificate: face, state, history, links, and the form to revoke it."""
    return _show(find_own(current_assessor().id, number))


@console.get("/certificates/<number>/credential.json")
@assessors_only
def credential(number: str) -> ResponseReturnValue:
    """The exact signed bytes, as a file."""
    record = find_own(current_assessor().id, number)
    response = Response(record.credential, mimetype=MEDIA_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{record.number}.json"'
    return response


@console.post("/certificates/<number>/revoke", endpoint="revoke")
@assessors_only
def revoke_post(number: str) -> ResponseReturnValue:
    """Revoke, with a reason, after a tick that says yes."""
    record = find_own(current_assessor().id, number)
    reason, note = request.form.get("reason", ""), request.form.get("note", "").strip()
    try:
        if request.form.get("confirm") != "yes":
            raise Refused("state.confirm", field="confirm")
        if len(note) > MAX_NOTE:
            raise Refused("field.length", field="note")
        revoke(
            registry().record,
            record.code,
            reason=reason,
            by=current_account().name,
            at=registry().clock(),
            note=note,
        )
    except Refused as refused:
        return _show(record, {refused.field: error_words(refused)}), UNPROCESSABLE
    flash(_("Revoked. Every check shows it from now on."))
    return redirect(url_for("issuers.certificate", number=number))


@console.get("/issue")
@assessors_only
def issue() -> ResponseReturnValue:
    """The form for one certificate."""
    today = china_date(registry().clock()).isoformat()
    return _form({"kind": "skill_level", "holder.id_type": "resident_id", "issued_on": today})


@console.post("/issue")
@assessors_only
def issue_again() -> ResponseReturnValue:
    """Back from the preview to the form, with everything typed still there."""
    return _form({name: request.form.get(name, "") for name in FORM_FIELDS})


@console.post("/issue/preview")
@assessors_only
def preview() -> ResponseReturnValue:
    """The certificate as it will be, for proof-reading; nothing is stored."""
    try:
        draft = _draft()
    except Refused as refused:
        return _refuse(refused)
    return render_template(
        "issuers/preview.html",
        certificate=describe_own_face(draft_face(draft, current_assessor(), registry().settings.origin)),
        name=draft.holder_name,
        is_clerk=current_account().role is Role.CLERK,
        id_number=draft.identity.number,
        fields=issue_fields(request.form),
        idempotency_key=secrets.token_urlsafe(16),
    )


@console.post("/issue/confirm")
@assessors_only
def confirm() -> ResponseReturnValue:
    """Issue what was previewed, or hand a clerk's over to the signer; sent twice, it is done once."""
    assessor = current_assessor()
    try:
        asked = load(_issue_schema, form_body(request.form))
        if current_account().role is Role.CLERK:
            return _hand_over(asked, assessor)
        record = issuers().desk.issue(asked, assessor, idempotency=_idempotency(assessor.id))
    except Refused as refused:
        return _refuse(refused)
    link = claim_link(registry().vault, registry().settings.origin, record.code)
    return render_template(
        "issuers/issued.html",
        number=record.number,
        links=_links(record),
        qr_url=_links(record)["qr_svg"],
        claim=link,
        claim_qr_url=url_for("me_entry.claim_qr", token=link.rpartition("/")[2]),
    )


def _hand_over(asked: IssueRequest, assessor: Assessor) -> ResponseReturnValue:
    """What a clerk prepared becomes a batch of one, which a signer approves."""
    check_request(
        asked, assessor, today=china_date(registry().clock())
    )  # a refusal stands at the form's field
    key = request.form.get("idempotency_key", "")
    batch_id = batch_desk().prepare_one(row_of(asked), assessor, by=current_account().name, key=key)
    note("batch.prepared", f"batch:{batch_id}", after={"certificates": 1})
    flash(_("Prepared. It waits for a signer, who approves it on the page of the batch."))
    return redirect(url_for("batches.batch", batch_id=batch_id), 303)


def _draft() -> Draft:
    asked = load(_issue_schema, form_body(request.form))
    return check_request(asked, current_assessor(), today=china_date(registry().clock()))


def _idempotency(assessor: str) -> Idempotency | None:
    key = request.form.get("idempotency_key", "")
    if not key:
        raise Refused("field.missing", field="idempotency_key")
    body = repr(sorted(issue_fields(request.form).items())).encode()
    return Idempotency(
        key=hashlib.sha256(f"{assessor} console {key}".encode()).digest(),
        body=registry().vault.digest(body, purpose="request body"),
    )


def _form(values: Mapping[str, str], errors: Mapping[str, Any] | None = None) -> str:
    choices = form_choices(
        current_assessor(), request.values.get("occupation_q", ""), values.get("occupation", "")
    )
    return render_template("issuers/issue.html", values=values, errors=errors or {}, **choices)


def _refuse(refused: Refused) -> ResponseReturnValue:
    values = {name: request.form.get(name, "") for name in FORM_FIELDS}
    return _form(values, {refused.field or "form": error_words(refused)}), UNPROCESSABLE


def _show(record: CertificateRecord, errors: Mapping[Any, Any] | None = None) -> str:
    face = _face(record)
    return render_template(
        "issuers/certificate.html",
        certificate=describe_own_face(face),
        state=record.state.value,
        history=_history(record),
        links=_links(record),
        qr_url=_links(record)["qr_svg"],
        reasons=[{"id": reason.code, "zh": reason.zh, "en": reason.en} for reason in reasons().values()],
        errors=errors or {},
        values=request.form,
    )


def _face(record: CertificateRecord) -> Face:
    return read_face(parse_credential(record.credential))


def _row(record: CertificateRecord) -> Json:
    return describe_own_face(_face(record)) | {"state": record.state.value}


def _links(record: CertificateRecord) -> Json:
    return {
        "verify": url_for("verify.page", code=record.code),
        "worker": url_for("verify.worker", code=record.code),
        "qr_svg": url_for("verify.qr_svg", code=record.code),
        "qr_png": url_for("verify.qr_png", code=record.code),
        "credential": url_for("issuers.credential", number=record.number),
        "pdf": url_for("paper.certificate", number=record.number) if record.state is State.VALID else None,
    }


def _history(record: CertificateRecord) -> list[Json]:
    issued: Json = {"at": describe_instant(record.recorded_at), "act": "issued", "actor": record.assessor}
    acts = {"valid": "resumed"}
    changes = []
    for change in record.changes:
        reason = reasons().get(change.reason)
        changes.append(
            {
                "at": describe_instant(change.at),
                "act": acts.get(change.state.value, change.state.value),
                "actor": change.by,
                "reason": {"zh": reason.zh, "en": reason.en} if reason else None,
                "note": change.note,
            }
        )
    return [issued, *changes]
