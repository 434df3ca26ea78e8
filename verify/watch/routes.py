"""The watch list for programs, under /api/v1/watches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request
from marshmallow import fields

from issuers.employers import Employer
from issuers.routes import authenticate_employer
from issuers.schemas import MESSAGES, Strict, load
from issuers.session import note
from keys.errors import Refused
from registry.http import answer_json, read_json
from registry.services import registry
from registry.view import Json, describe_instant
from verify.watch.desk import watch_desk
from verify.watch.store import Document

PAGE = 500  # watches or changes in one answer
# A change that another process is just keeping may have an earlier time than one already shown: the cursor stays
# behind by so much, and the next answer may repeat a change, by its id, rather than leave one out.
SETTLED = timedelta(seconds=5)

api = Blueprint("watch_api", __name__, url_prefix="/api/v1/watches")


class WatchSchema(Strict):
    """The body of ``POST /api/v1/watches``."""

    codes = fields.List(
        fields.String(required=True, error_messages=MESSAGES), required=True, error_messages=MESSAGES
    )


class WebhookSchema(Strict):
    """The body of ``PUT /api/v1/watches/webhook``."""

    url = fields.String(required=True, error_messages=MESSAGES)


_watch_schema, _webhook_schema = WatchSchema(), WebhookSchema()


@api.post("")
def add() -> Response:
    """Watch certificates by code. 201 with the watches, and the codes that the record does not hold."""
    employer = authenticate_employer()
    made, unknown = begin_watching(employer, load(_watch_schema, read_json(request))["codes"])
    return answer_json({"watches": [_describe(one) for one in made], "unknown": unknown}, 201)


@api.get("")
def watches() -> Response:
    """What the employer watches, by code; ``after`` is the last code of the answer before."""
    employer = authenticate_employer()
    after = request.args.get("after", "")
    found = watch_desk().watches.of_employer(employer.id, after=after, limit=PAGE + 1)
    following = found[PAGE - 1]["code"] if len(found) > PAGE else None
    return answer_json({"watches": [_describe(one) for one in found[:PAGE]], "next": following})


@api.delete("/<code>")
def remove(code: str) -> Response:
    """End a watch."""
    return answer_json(_describe(end_watching(authenticate_employer(), code)))


@api.get("/changes")
def changes() -> Response:
    """What changed, in the order noticed; ``since`` is a time, or ``next`` of the answer before."""
    employer, desk = authenticate_employer(), watch_desk()
    since, after = _read_cursor(request.args.get("since", ""))
    found = desk.watches.changes(employer.id, since=since, after=after, limit=PAGE)
    settled = registry().clock() - SETTLED
    certain = [one for one in found if one["noticed_at"] <= settled]
    following = _cursor(certain[-1]) if certain else request.args.get("since") or None
    return answer_json({"changes": [describe_change(one) for one in found], "next": following})


@api.post("/changes/<change>/delivery")
def send_again(change: str) -> Response:
    """Have a change delivered anew. 202."""
    employer, desk = authenticate_employer(), watch_desk()
    found = desk.watches.send_again(employer.id, change, at=registry().clock())
    return answer_json(describe_change(found), 202)


@api.get("/webhook")
def webhook() -> Response:
    """Where changes are sent; ``null`` where nowhere."""
    return answer_json({"url": watch_desk().watches.webhook(authenticate_employer().id)})


@api.put("/webhook")
def set_webhook() -> Response:
    """Have changes sent to an address from now on."""
    employer, url = authenticate_employer(), load(_webhook_schema, read_json(request))["url"]
    direct_changes(employer, url, by="API")
    return answer_json({"url": url})


@api.delete("/webhook")
def remove_webhook() -> Response:
    """Have nothing sent any more."""
    direct_changes(authenticate_employer(), "", by="API")
    return answer_json({"url": None})


def begin_watching(employer: Employer, codes: Sequence[str]) -> tuple[list[Document], list[str]]:
    """Watch certificates by code, and note it: `WatchDesk.watch`."""
    made, unknown = watch_desk().watch(employer, codes)
    if made:
        note("watch.begun", employer.owner, after={"certificates": len(made)})
    return made, unknown


def end_watching(employer: Employer, code: str) -> Document:
    """End a watch, and note it."""
    ended = watch_desk().watches.remove(employer.id, code)
    note("watch.ended", f"certificate:{ended['number']}")
    return ended


def direct_changes(employer: Employer, url: str, *, by: str) -> None:
    """Have changes sent to ``url``, nowhere where empty; noted is only that, for an address may hold a key."""
    if url:
        watch_desk().set_webhook(employer, url, by=by)
    else:
        watch_desk().watches.remove_webhook(employer.id)
    note("watch.webhook_set", employer.owner, after={"is_set": bool(url)})


def describe_change(change: Mapping[str, Any]) -> Json:
    """A change as its employer sees it: what was sent, and how the delivery stands."""
    return watch_desk().describe(change) | {
        "noticed_at": describe_instant(change["noticed_at"]),
        "delivery": change["delivery"],
        "tries": change["tries"],
        "answer": change.get("answer"),
    }


def _describe(watch: Document) -> Json:
    ends = watch.get("expires_at")
    return {
        "code": watch["code"],
        "number": watch["number"],
        "since": describe_instant(watch["since"]),
        "expires_at": describe_instant(ends) if ends else None,
    }


def _cursor(change: Mapping[str, Any]) -> str:
    return f"{change['noticed_at'].isoformat()}_{change['_id'].partition(' ')[2]}"


def _read_cursor(text: str) -> tuple[datetime | None, str]:
    """A time, and the id of the change after which to go on. Refused ``watch.cursor``."""
    if not text:
        return None, ""
    moment, _, after = text.partition("_")
    try:
        # a plus that nobody escaped arrives as a space
        since = datetime.fromisoformat(moment.replace(" ", "+"))
    except ValueError:
        raise Refused("watch.cursor", field="since") from None
    return (since if since.tzinfo else since.replace(tzinfo=UTC)), after
