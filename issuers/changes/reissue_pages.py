"""Issuing a certificate again in the console: what is put right and why, a look at the new one, and yes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.changes.reasons import Act, reasons_for
from issuers.changes.reissue import NAMES, keeps_number
from issuers.changes.states import Decision
from issuers.changes.view import describe_row
from issuers.console import form_retry
from issuers.issue import draft_face
from issuers.routes import find_own
from issuers.services import issuers
from issuers.session import current_account, current_assessor, signers_only
from issuers.view import describe_own_face
from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.credential import Face, parse_credential, read_face
from registry.identity import IdType
from registry.levels import levels
from registry.people import SealedHolder, open_holder
from registry.problems import error_words, find_problem
from registry.services import registry
from registry.view import Json, describe_level, describe_occupation_code

FIELDS = ("reason", "note", "holder_name", "id_type", "id_number", "occupation", "job", "level")

reissue_pages = Blueprint(
    "reissues", __name__, url_prefix="/console/certificates/<number>/reissue", template_folder="../templates"
)


@reissue_pages.get("")
@signers_only
def form(number: str) -> ResponseReturnValue:
    """The form, filled with what the certificate says."""
    return _form(_own(number))


@reissue_pages.post("")
@signers_only
def again(number: str) -> ResponseReturnValue:
    """Back from the preview, with everything typed still there."""
    return _form(_own(number), _typed())


@reissue_pages.post("/preview")
@signers_only
def preview(number: str) -> ResponseReturnValue:
    """The new certificate as it will be; nothing is stored."""
    old = _own(number)
    try:
        draft = issuers().changes.draft(old, current_assessor(), _decision(), _changes())
    except Refused as refused:
        return _refuse(old, refused)
    new_face = draft_face(draft, current_assessor(), registry().settings.origin)
    return render_template(
        "issuers/reissue_preview.html",
        old=describe_row(old),
        certificate=describe_own_face(new_face),
        keeps=keeps_number(_face(old), draft),
        name=draft.holder_name,
        id_number=draft.identity.number,
        fields=_typed(),
        idempotency_key=secrets.token_urlsafe(16),
    )


@reissue_pages.post("/confirm")
@signers_only
def confirm(number: str) -> ResponseReturnValue:
    """Issue again what was previewed; sent twice, it is done once."""
    old, account = _own(number), current_account()
    try:
        key = form_retry(f"{account.owner} reissue {number}", _typed())
        new = issuers().changes.reissue(old, current_assessor(), _decision(), _changes(), idempotency=key)
    except Refused as refused:
        return _refuse(old, refused)
    flash(_("Issued again. The old certificate is replaced; its code leads to this one."))
    return redirect(url_for("certificates.certificate", number=new.number))


def _own(number: str) -> CertificateRecord:
    return find_own(current_account().owner, number)


def _typed() -> dict[str, str]:
    return {name: text for name in FIELDS if (text := request.form.get(name, "").strip())}


def _decision() -> Decision:
    account, typed = current_account(), _typed()
    reason, note = typed.get("reason", ""), typed.get("note", "")
    return Decision(Act.REISSUE, reason, account.name, account.owner, note, g.request_id)


def _changes() -> dict[str, str | None]:
    """What the form says; the number that was left empty stays."""
    typed = _typed()
    code, _sign, edition = typed.get("occupation", "").partition(":")
    found: dict[str, str | None] = {
        "holder_name": typed.get("holder_name"),
        "id_type": typed.get("id_type"),
        "id_number": typed.get("id_number"),
        "occupation_code": code,
        "occupation_edition": edition,
        "level": typed.get("level"),
    }
    return {name: value for name, value in found.items() if value} | {"job": typed.get("job")}


def _form(old: CertificateRecord, typed: Mapping[str, str] | None = None, errors: Any = None) -> str:
    face, holder = _face(old), open_holder(registry().vault, old.holder, code=old.code)
    return render_template(
        "issuers/reissue.html",
        certificate=describe_row(old),
        values=_values(face, holder) if typed is None else typed,
        reasons=[vars(one) | {"id": one.code} for one in reasons_for(Act.REISSUE, old.assessor)],
        occupations=_occupations(face),
        levels=[describe_level(level.id) for level in levels()],
        id_types=[{"id": str(one), "zh": one.zh, "en": one.en} for one in IdType],
        errors=errors or {},
    )


def _values(face: Face, holder: SealedHolder) -> dict[str, str]:
    occupation = face.occupation
    return {
        "holder_name": holder.name,
        "id_type": holder.id_type,
        "occupation": f"{occupation.code}:{occupation.edition}",
        "job": occupation.job or "",
        "level": face.level or "",
    }


def _occupations(face: Face) -> list[Json]:
    accredited = {pair for held in current_assessor().accreditations for pair in held.occupations}
    pairs = sorted(accredited | {(face.occupation.code, face.occupation.edition)})
    return [
        {"id": f"{code}:{edition}"} | describe_occupation_code(code, edition)["name"]
        for code, edition in pairs
    ]


def _refuse(old: CertificateRecord, refused: Refused) -> ResponseReturnValue:
    fields = {name: field for field, name in NAMES.items() if not field.endswith("code")}
    named = "occupation" if refused.field == "occupation" else fields.get(refused.field or "", refused.field)
    error = {named if named in FIELDS else "form": error_words(refused)}
    return _form(old, _typed(), error), find_problem(refused.code).status


def _face(record: CertificateRecord) -> Face:
    return read_face(parse_credential(record.credential))
