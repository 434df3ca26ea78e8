"""An assessor's desk for the trainings and assessments it held: enter one, correct one, see them all (HH-16, JL-11)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.desk import Errors, do_act, filled, whole
from issuers.register_schemas import SessionSchema
from issuers.registers import sessions
from issuers.schemas import load
from issuers.session import assessors_only, current_account, current_assessor, note
from registry.credential import china_date
from registry.levels import levels
from registry.services import registry
from registry.statistics.sessions import Session, sectors
from registry.view import Json, describe_level

TEXTS = ("id", "kind", "sector", "level", "region", "held_on")
HEADS = ("enrolled", "passed", "employed", "subsidised")
MUST = ("enrolled", "passed")  # the others may stay unsaid

session_desk = Blueprint("session_desk", __name__, url_prefix="/console", template_folder="templates")


@session_desk.get("/sessions")
@assessors_only
def sessions_page() -> ResponseReturnValue:
    """What was held, and the form; filled with one of them where its id is in the address, to correct it."""
    return _show()


@session_desk.post("/sessions")
@assessors_only
def record() -> ResponseReturnValue:
    """Enter a training or assessment, or correct the one of that id."""

    def act() -> None:
        now, assessor = registry().clock(), current_assessor()
        found = Session(body=assessor.id, **load(SessionSchema(), _body()))
        sessions().record(found, at=now, by=current_account().name, today=china_date(now))
        facts = {"held_on": found.held_on.isoformat()} | {name: getattr(found, name) for name in HEADS}
        note("training.recorded", f"session:{assessor.id}:{found.id}", after=facts)

    back = url_for("session_desk.sessions_page")
    return do_act(act, _show, _("Entered. The pass rates follow at once."), back=back)


def _body() -> dict[str, Any]:
    given = [name for name in HEADS if name in MUST or request.form.get(name, "").strip()]
    return filled(*TEXTS) | {name: whole(name) for name in given}


def _show(errors: Errors | None = None) -> str:
    found = sessions().of_body(current_assessor().id)
    chosen = next((one for one in found if one.id == request.args.get("id")), None)
    return render_template(
        "issuers/sessions.html",
        sessions=[_describe(one) for one in found],
        sectors=[{"id": name, **words} for name, words in sectors().items()],
        levels=[{"id": one.id, "zh": one.zh, "en": one.en} for one in levels()],
        correcting=chosen.id if chosen else None,
        values=request.form or (_values(chosen) if chosen else {}),
        errors=errors or {},
    )


def _values(one: Session) -> dict[str, str]:
    return {name: str(getattr(one, name)) for name in (*TEXTS, *HEADS) if getattr(one, name) is not None}


def _describe(one: Session) -> Json:
    return vars(one) | {"sector": sectors()[one.sector], "level": describe_level(one.level)}
