"""The assessor's console: see, issue with a preview. Plain forms, no script needed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.accounts.entrance import console
from issuers.assessor import Assessor
from issuers.batches.desk import batch_desk
from issuers.batches.single import row_of
from issuers.changes.view import describe_row, links
from issuers.dashboard import assessor_waiting, recorded_in_all, refusals_of
from issuers.form import FORM_FIELDS, form_body, form_choices, issue_fields
from issuers.issue import draft_face
from issuers.registers import figures
from issuers.request import Draft, IssueRequest, check_request
from issuers.roles import Role
from issuers.schemas import IssueSchema, load
from issuers.services import issuers
from issuers.session import assessors_only, current_account, current_assessor, note
from issuers.view import describe_assessor, describe_own_face, ends_soon
from keys.errors import Refused
from registry.certificate import Idempotency
from registry.claiming import claim_link
from registry.credential import china_date, day_start
from registry.issuance import Issuance
from registry.problems import error_words
from registry.searching import Query
from registry.services import registry

__all__ = ("console",)

RECENT = 8  # certificates on the overview: as many as fit beside the accreditations
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
        "total": recorded_in_all(assessor.id, today),
        "revoked": figures().of_assessor(assessor.id, until=today)["revoked"],
    }
    newest, _ = registry().searching.page(Query(assessors=(assessor.id,)), limit=RECENT)
    described = describe_assessor(assessor, on=today)
    waiting = assessor_waiting(assessor.id)
    return render_template(
        "issuers/console.html",
        assessor=described,
        counts=counts,
        waiting=waiting,
        ending=[one for one in described["accreditations"] if ends_soon(one, today)],
        accreditations=described["accreditations"],
        refusals=refusals_of(assessor.id),
        certificates=[describe_row(one) for one in newest],
    )


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
        with issuers().refusals.counting(current_assessor().id):
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
        with issuers().refusals.counting(assessor.id):
            record = issuers().desk.issue(
                asked,
                assessor,
                idempotency=form_retry(assessor.id, issue_fields(request.form)),
                issuance=Issuance(current_account().name, g.request_id),
            )
    except Refused as refused:
        return _refuse(refused)
    link = claim_link(registry().vault, registry().settings.origin, record.code)
    return render_template(
        "issuers/issued.html",
        number=record.number,
        links=links(record),
        qr_url=links(record)["qr_svg"],
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


def form_retry(what: str, fields: Mapping[str, str]) -> Idempotency:
    """The retry key of a form that was sent, for ``what``; its body are the fields. Refused ``field.missing``."""
    key = request.form.get("idempotency_key", "")
    if not key:
        raise Refused("field.missing", field="idempotency_key")
    body = repr(sorted(fields.items())).encode()
    return Idempotency(
        key=hashlib.sha256(f"{what} console {key}".encode()).digest(),
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
