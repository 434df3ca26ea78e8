"""Everything that is held about the worker, to read and to take along; why, and for how long."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from registry.archive.export import export_document
from registry.audit.trail import Filter
from registry.audit.words import act_words
from registry.http import answer_json
from registry.people import open_holder
from registry.policy.loading import load_policies
from registry.services import registry
from registry.sharing.looks import describe_own, every_look, shares_of
from registry.view import Json, describe_instant
from registry.wallets.offers import Offer, Offers
from registry.workers.desk import workers
from registry.workers.requests import WorkerRequest
from registry.workers.retention import held_kinds
from verify.worker.session import current_archive, current_worker, note, workers_only

SCHEMA = "skills-worker/1"

me_rights = Blueprint("me_rights", __name__, url_prefix="/me/data", template_folder="../templates")


@me_rights.get("")
@workers_only
def data() -> ResponseReturnValue:
    """Everything held, in words."""
    return render_template("me/data.html", document=_document(), kinds=held_kinds())


@me_rights.get("/export.json")
@workers_only
def export() -> Response:
    """Everything held, as a file."""
    note("worker.exported")
    response = answer_json(_document())
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


def _document() -> Json:
    """The archive's own export, unmasked (it is theirs), and what is kept for the account."""
    desk, archive, worker = workers(), current_archive(), current_worker()
    document = export_document(desk.archives.dossier(archive), load_policies())
    record, trail = desk.record.of_person(archive.keys), registry().trail
    offers = Offers(registry().database, desk.vault)
    return {
        "schema": SCHEMA,
        "taken_at": describe_instant(desk.clock()),
        "documents": [
            {"name": person.name, "id_type": person.id_type, "id_number": person.id_number}
            for person in (open_holder(desk.vault, one.sealed, code=one.under) for one in archive.identities)
        ],
        "account": {
            "made_at": describe_instant(worker.made_at),
            "recovered_at": describe_instant(worker.recovered_at) if worker.recovered_at else None,
            "has_password": worker.credentials.password is not None,
            "passkeys": [describe_instant(one.added_at) for one in worker.credentials.passkeys],
            "sessions": [
                {"way": one.way, "made_at": describe_instant(one.made_at), "used_on": one.used_on.isoformat()}
                for one in desk.sessions.of_account(worker.id, at=desk.clock())
            ],
        },
        "requests": [_request(one) for one in desk.requests.of_archive(archive.codes)],
        "looks": [
            {"kind": one.kind, "subject": one.subject, "at": describe_instant(one.at), "by": one.by}
            for one in every_look(registry(), archive.codes)
        ],
        "shares": [describe_own(one) for one in shares_of(registry(), archive.codes)],
        "wallet_offers": [_offer(one) for one in offers.of_archive(archive.codes)],
        "trail": [_entry(one) for code in archive.codes for one in trail.walk(_about(code))],
        "recoveries": [
            {
                "started_at": describe_instant(one.started_at),
                "started_by": one.started.owner,
                "confirmed_by": one.confirmed.owner if one.confirmed else None,
                "used_at": describe_instant(one.used_at) if one.used_at else None,
            }
            for one in desk.recoveries.of_archive(archive.codes)
        ],
        "credentials": {one.number: one.credential.decode() for one in record},
        "archive": document,
    }


def _about(code: str) -> Filter:
    """What was done with an archive and its account."""
    return Filter(subject=f"archive:{code}")


def _entry(one: Json) -> Json:
    """One act; of staff only their house."""
    return {"at": one["at"], "act": one["act"], "words": dict(act_words(one["act"])), "by": one["owner"]}


def _offer(one: Offer) -> Json:
    return {
        "certificate": one.code,
        "made_at": describe_instant(one.made_at),
        "expires_at": describe_instant(one.expires_at),
        "redeemed_at": describe_instant(one.redeemed_at) if one.redeemed_at else None,
        "credentials_given": one.issued,
    }


def _request(one: WorkerRequest) -> Json:
    return {
        "kind": one.kind.value,
        "number": one.number,
        "text": one.text,
        "opened_at": describe_instant(one.opened_at),
        "due_on": one.due_on.isoformat(),
        "state": one.state.value,
        "answer": one.answer,
        "answered_at": describe_instant(one.answered_at) if one.answered_at else None,
    }
