"""The registrar's desk: what a labour bureau looks after."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from issuers.dashboard import bureau_waiting
from issuers.services import issuers
from issuers.session import bureau_only
from issuers.view import describe_assessor, ends_soon
from registry.credential import china_date
from registry.services import registry

registrar = Blueprint("registrar", __name__, url_prefix="/registrar", template_folder="templates")


@registrar.get("/", endpoint="home")
@bureau_only
def home() -> ResponseReturnValue:
    """The overview: what waits, which accreditations end soon, every assessor."""
    on = china_date(registry().clock())
    found = [describe_assessor(one, on=on) for one in issuers().assessors.all()]
    waiting = bureau_waiting(on)
    ending = [(one, held) for one in found for held in one["accreditations"] if ends_soon(held, on)]
    return render_template("issuers/registrar.html", assessors=found, waiting=waiting, ending=ending)
