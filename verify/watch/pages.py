"""The watch list for people, under /employer/watches. No script needed."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from issuers.session import current_account, current_employer, employers_only
from keys.errors import Refused
from registry.problems import catalogue, error_words, find_problem
from registry.services import registry
from registry.view import Json
from verify.watch.desk import MAX_CODES, watch_desk
from verify.watch.routes import begin_watching, describe_change, direct_changes, end_watching
from verify.watch.store import Document

SHOWN = 200  # changes, and watches, of the page; all of them are in the API

pages = Blueprint("watch", __name__, url_prefix="/employer/watches", template_folder="../templates")


@pages.get("")
@employers_only
def home() -> ResponseReturnValue:
    """What is watched, what changed, and what could not be delivered."""
    return _home()


@pages.post("")
@employers_only
def add() -> ResponseReturnValue:
    """Watch the codes of the form, one a line."""
    try:
        _, unknown = begin_watching(current_employer(), [_code(line) for line in _lines()])
    except Refused as refused:
        return _refuse(refused)
    return _home(unknown=unknown) if unknown else _back()


@pages.post("/<code>/end")
@employers_only
def remove(code: str) -> ResponseReturnValue:
    """End a watch."""
    end_watching(current_employer(), code)
    return _back()


@pages.post("/webhook")
@employers_only
def webhook() -> ResponseReturnValue:
    """Have changes sent to an address; to none where the field is empty."""
    url = request.form.get("url", "").strip()
    try:
        direct_changes(current_employer(), url, by=current_account().name)
    except Refused as refused:
        return _refuse(refused)
    return _back()


@pages.post("/changes/<change>/delivery")
@employers_only
def send_again(change: str) -> ResponseReturnValue:
    """Have a change delivered anew."""
    watch_desk().watches.send_again(current_employer().id, change, at=registry().clock())
    return _back()


def _home(*, error: dict[str, str] | None = None, unknown: list[str] | None = None) -> str:
    employer, watches = current_employer(), watch_desk().watches
    return render_template(
        "employer/watches.html",
        employer=employer,
        url=watches.webhook(employer.id),
        watched=watches.of_employer(employer.id, limit=SHOWN),
        count=watches.count(employer.id),
        changes=[_change(one) for one in watches.latest(employer.id, limit=SHOWN)],
        dead=[_change(one) for one in watches.latest(employer.id, limit=SHOWN, delivery="dead")],
        limit=MAX_CODES,
        error=error,
        unknown=unknown,
    )


def _change(change: Document) -> Json:
    """A change with the words for a failed delivery."""
    answer = change.get("answer")
    words = error_words(Refused(answer)) if answer in catalogue() else None
    return describe_change(change) | {"words": words}


def _refuse(refused: Refused) -> ResponseReturnValue:
    return _home(error=error_words(refused)), find_problem(refused.code).status


def _back() -> ResponseReturnValue:
    return redirect(url_for("watch.home"), 303)


def _lines() -> list[str]:
    return request.form.get("codes", "").split()


def _code(text: str) -> str:
    """The code of a line: alone, or in the address of a verification page."""
    return text.partition("#")[0].partition("?")[0].rpartition("/")[2]
