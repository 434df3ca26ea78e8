"""The page behind a share's link, and the presentation to take along."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, Response, make_response, render_template, request, session
from flask.typing import ResponseReturnValue

from keys.errors import Refused
from registry.selective import MEDIA_TYPE
from registry.services import registry
from registry.sharing.browsers import browser_family, is_preview
from registry.sharing.shares import Share, ShareState
from registry.view import describe_instant
from verify.sharing.viewing import describe_share, presentation_of, shares

SAME_LOOK = timedelta(hours=1)  # the same browser coming back so soon is the same look
LOOKED = "looked"  # in the session: share's id -> when
MOST_REMEMBERED = 10  # shares that one browser opened: a cookie has 4 kB
GONE = 410

viewer = Blueprint("share", __name__, template_folder="../templates")


@viewer.after_request
def _keep_private(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@viewer.get("/s/<token>")
def view(token: str) -> ResponseReturnValue:
    """What the worker shows with this link, checked now; or plainly that the link shows nothing any more."""
    share = _find(token)
    if request.method == "HEAD" or is_preview(_browser()):
        return render_template("share/closed.html", state="preview")
    at = registry().clock()
    opened = _open(share, at)
    if opened is None:
        state = share.state(at)
        return make_response(render_template("share/closed.html", state=_closed(state).value), GONE)
    return render_template(
        "share/view.html",
        verdict=describe_share(registry(), opened, at=at),
        purpose=opened.purpose,
        token=token,
        expires_at=describe_instant(opened.expires_at),
        left=opened.views_allowed - opened.views,
    )


@viewer.get("/s/<token>/presentation")
def presentation(token: str) -> ResponseReturnValue:
    """The SD-JWT that proves what the page shows and hides the rest."""
    share, at = _find(token), registry().clock()
    if request.method == "HEAD" or is_preview(_browser()):
        return Response(mimetype=MEDIA_TYPE)
    opened = _open(share, at)
    if opened is None:
        return make_response(render_template("share/closed.html", state=_closed(share.state(at)).value), GONE)
    text = presentation_of(registry(), opened)
    if text is None:
        raise Refused("share.unproved", field="token")
    headers = {"Content-Disposition": 'attachment; filename="certificate.sd-jwt"'}
    return Response(text, mimetype=MEDIA_TYPE, headers=headers)


def _find(token: str) -> Share:
    share = shares().find(token)
    if share is None:
        raise Refused("share.unknown", field="token")
    return share


def _open(share: Share, at: datetime) -> Share | None:
    """The share, its look counted and noted; None when it may not be opened."""
    if _looked_before(share, at):
        return share
    opened = shares().look(share, browser_family(_browser()), at=at)
    if opened:
        newest = list(session.get(LOOKED, {}).items())[1 - MOST_REMEMBERED :]
        session[LOOKED] = {**dict(newest), share.id: int(at.timestamp())}
    return opened


def _looked_before(share: Share, at: datetime) -> bool:
    """Whether this browser opened it just now, and it was not withdrawn since."""
    before = session.get(LOOKED, {}).get(share.id)
    alive = share.state(at) in {ShareState.OPEN, ShareState.USED_UP}
    return alive and before is not None and at.timestamp() - before < SAME_LOOK.total_seconds()


def _closed(state: ShareState) -> ShareState:
    # open a moment ago, and opened the last time by somebody else since
    return ShareState.USED_UP if state is ShareState.OPEN else state


def _browser() -> str:
    return request.headers.get("User-Agent", "")
