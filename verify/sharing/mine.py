"""The worker's side of sharing: choose what a link shows, show it, see who looked, withdraw it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.problems import error_words, find_problem
from registry.services import registry
from registry.sharing.minors import check_age, of_age_on, offered
from registry.sharing.presets import LONGEST_PURPOSE, VIEWS, lives, presets
from registry.sharing.shares import Share, ShareState
from registry.sharing.signing import selective_token
from registry.view import Json, describe_instant
from registry.workers.desk import workers
from verify.qr import draw_svg
from verify.sharing.viewing import birth_date_of, shares
from verify.worker.pages import own_holding
from verify.worker.session import current_archive, note, workers_only
from verify.worker.view import describe_card

me_shares = Blueprint("me_shares", __name__, url_prefix="/me", template_folder="../templates")


@me_shares.get("/certificates/<code>/share")
@workers_only
def choose(code: str) -> str:
    """The form: what to show, for what, how long, how often."""
    return _form(code, {"preset": "level", "hours": "24", "views": "5", "purpose": ""}, {})


@me_shares.post("/certificates/<code>/share")
@workers_only
def make(code: str) -> ResponseReturnValue:
    """A new link."""
    own_holding(code)
    given = {name: request.form.get(name, "") for name in ("preset", "hours", "views", "purpose", "adult")}
    archive = current_archive().code
    try:
        check_age(given["preset"], _born(code), workers().today, says_adult=given["adult"] == "yes")
        share = shares().make(
            archive,
            code,
            preset=given["preset"],
            purpose=given["purpose"],
            hours=_whole(given["hours"]),
            views=_whole(given["views"]),
            at=registry().clock(),
        )
    except Refused as refused:
        if refused.field is None:
            raise
        words = {refused.field: error_words(refused)}
        return _form(code, given, words), find_problem(refused.code).status
    said = {"adult": "said"} if given["adult"] == "yes" else {}
    note("share.made", share=share.id, preset=share.preset, **said)
    return redirect(url_for("me_shares.one", share_id=share.id))


@me_shares.get("/shares")
@workers_only
def every() -> str:
    """Every link, the newest first."""
    found = shares().of_archive(current_archive().codes)
    return render_template("share/mine.html", shares=[_describe(one) for one in found])


@me_shares.get("/shares/<share_id>")
@workers_only
def one(share_id: str) -> str:
    """One link: its address, its QR, and who looked."""
    share = _own(share_id)
    return render_template("share/one.html", share=_describe(share), url=_url(share))


@me_shares.get("/shares/<share_id>/qr.svg")
@workers_only
def qr(share_id: str) -> Response:
    """The link as QR."""
    return Response(draw_svg(_url(_own(share_id))), mimetype="image/svg+xml")


@me_shares.post("/shares/<share_id>/withdrawal")
@workers_only
def withdraw(share_id: str) -> ResponseReturnValue:
    """Close the link for good."""
    share = _own(share_id)
    shares().withdraw(share, at=registry().clock())
    note("share.withdrawn", share=share.id)
    return redirect(url_for("me_shares.one", share_id=share.id))


def _own(share_id: str) -> Share:
    return shares().own(share_id, current_archive().codes)


def _url(share: Share) -> str:
    return f"{registry().settings.origin}/s/{shares().token(share)}"


def _form(code: str, values: dict[str, str], errors: dict[str, Any]) -> str:
    held, record, born, today = own_holding(code), _record(code), _born(code), workers().today
    return render_template(
        "share/choose.html",
        card=describe_card(held),
        values=values,
        errors=errors,
        presets=[vars(one) for one in offered(born, today)],
        of_age_on=of_age_on(born, today),
        age_unknown=born is None,
        lives=[vars(one) for one in lives()],
        views=VIEWS,
        longest=LONGEST_PURPOSE,
        proved=selective_token(registry(), record) is not None,
    )


def _record(code: str) -> CertificateRecord:
    found = registry().record.find(code)
    if found is None:  # imported: there is nothing signed here to show a part of
        raise Refused("certificate.unknown", field="code")
    return found


def _born(code: str) -> date | None:
    return birth_date_of(registry(), _record(code))


def _describe(share: Share) -> Json:
    preset, state = presets()[share.preset], share.state(registry().clock())
    return {
        "id": share.id,
        "preset": {"zh": preset.zh, "en": preset.en},
        "purpose": share.purpose,
        "made_at": describe_instant(share.made_at),
        "expires_at": describe_instant(share.expires_at),
        "views": share.views,
        "views_allowed": share.views_allowed,
        "state": state.value,
        "is_open": state is ShareState.OPEN,
        "looks": [{"at": describe_instant(look.at), "browser": look.browser} for look in share.looks],
    }


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
