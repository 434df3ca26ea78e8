"""The trail's pages: for the bureau every act with filters and export, for an assessor its own; and the public head."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from issuers.accounts.words import role_words
from issuers.reason_words import reason_words
from issuers.session import assessors_only, bureau_only, current_account, note
from issuers.trail_facts import fact_words, value_words
from keys.errors import Refused
from keys.jcs import canonicalize
from keys.proof import sign
from registry.audit.checking import Checks
from registry.audit.entries import shown
from registry.audit.trail import Filter, is_decision_about
from registry.audit.words import act_words
from registry.credential import day_start
from registry.keyrings import REGISTRY
from registry.services import registry
from registry.spreadsheet import BYTE_ORDER_MARK, safe_cell
from registry.translation import language
from registry.view import Json

COLUMNS = (
    "seq",
    "at",
    "act",
    "by",
    "owner",
    "subject",
    "why",
    "request",
    "before",
    "after",
    "previous",
    "hash",
)
WORDS = ("act_words", "reason")  # of the CSV: what an act and a reason are called in the reader's language
FIELDS = ("by", "owner", "act", "subject", "from", "to")

trail_pages = Blueprint("trail", "issuers", template_folder="templates")
audit_pages = Blueprint("audit", "issuers")


@audit_pages.get("/audit/head")
def head() -> Response:
    """Number, hash and time of the last entry, signed by the registry: who keeps it can prove a later cut."""
    here = registry()
    end = here.trail.end()
    key_id, key = here.signing_key(REGISTRY)
    unsigned = {
        "log": f"{here.settings.origin}/audit/head",
        "seq": end.seq,
        "hash": end.hash,
        "at": end.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if end.at else None,
    }
    signed = sign(unsigned, key=key, verification_method=key_id, created=here.clock())
    return Response(canonicalize(signed), mimetype="application/json", headers={"Cache-Control": "no-cache"})


@trail_pages.get("/registrar/trail")
@bureau_only
def trail() -> ResponseReturnValue:
    """Every act, newest first, by who, owner, act, subject and days."""
    return _page(_filter(), own=False)


@trail_pages.get("/console/trail")
@assessors_only
def own_trail() -> ResponseReturnValue:
    """The assessor's own acts, and the bureau's on its certificates and about itself."""
    return _page(_filter(about=current_account().owner), own=True)


@trail_pages.get("/registrar/trail.csv")
@bureau_only
def trail_csv() -> ResponseReturnValue:
    """The entries of the filter as CSV; taking them is an act itself."""
    return _export(partial(_csv, in_=language()), "text/csv", "csv")


@trail_pages.get("/registrar/trail.ndjson")
@bureau_only
def trail_ndjson() -> ResponseReturnValue:
    """The entries of the filter as NDJSON, with everything their hashes cover."""
    return _export(_ndjson, "application/x-ndjson", "ndjson")


def _page(wanted: Filter, *, own: bool) -> str:
    here = registry()
    found, following = here.trail.page(wanted, before=_number("before"))
    values = {name: request.args.get(name, "") for name in FIELDS}
    endpoint = "trail.own_trail" if own else "trail.trail"
    kept: dict[str, Any] = {name: value for name, value in values.items() if value}
    return render_template(
        "issuers/trail.html",
        entries=[_describe(_without_decider(one, wanted.about)) for one in found],
        values=values,
        own=own,
        kept=kept,
        acts=[{"id": name, **act_words(name)} for name in here.trail.acts()],
        next_url=url_for(endpoint, **kept, before=following) if following else None,
        check=None if own else Checks(here.database).last(),
        end=here.trail.end(),
    )


def _without_decider(entry: Mapping[str, Any], reader: str) -> Mapping[str, Any]:
    return {**entry, "by": ""} if reader and is_decision_about(entry, reader) else entry


def _describe(entry: Mapping[str, Any]) -> Json:
    act, before, after = entry["act"], entry["before"], entry["after"]
    facts = [
        {
            "name": fact_words(name),
            "before": value_words(act, name, before[name]) if name in before else None,
            "after": value_words(act, name, after[name]) if name in after else None,
        }
        for name in dict.fromkeys((*before, *after))
    ]
    return shown(entry) | {
        "words": act_words(act),
        "reason": reason_words(entry["why"]),
        "acting_for": role_words(REGISTRY) if entry["owner"] == REGISTRY else None,
        "facts": facts,
    }


def _export(write: Any, mimetype: str, ending: str) -> Response:
    wanted, here = _filter(), registry()
    note("trail.exported", "trail:", after={"filter": request.query_string.decode("ascii", "replace")[:200]})
    response = Response(write(here.trail.walk(wanted)), mimetype=mimetype)
    day = here.clock().strftime("%Y%m%d")
    response.headers["Content-Disposition"] = f'attachment; filename="trail-{day}.{ending}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _csv(entries: Iterable[Mapping[str, Any]], *, in_: str) -> Iterator[str]:
    yield BYTE_ORDER_MARK
    yield _line((*COLUMNS, *WORDS))
    for entry in entries:
        told = shown(entry)
        words = (act_words(told["act"])[in_], reason_words(told["why"])[in_])
        yield _line([*(_cell(told[name]) for name in COLUMNS), *map(safe_cell, words)])


def _ndjson(entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for entry in entries:
        yield json.dumps(shown(entry), ensure_ascii=False) + "\n"


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return safe_cell(json.dumps(value, ensure_ascii=False) if value else "")
    return safe_cell(str(value))


def _filter(*, about: str = "") -> Filter:
    given = {name: request.args.get(name, "").strip() for name in FIELDS}
    since, last = _day("from", given["from"]), _day("to", given["to"])
    return Filter(
        by=given["by"],
        owner="" if about else given["owner"],
        about=about,
        act=given["act"],
        subject=given["subject"],
        since=datetime.fromisoformat(day_start(since)) if since else None,
        until=datetime.fromisoformat(day_start(last + timedelta(days=1))) if last else None,
    )


def _day(field: str, text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
        return found if found is None or found.year > 1 else None
    except ValueError:
        raise Refused("field.date", field=field) from None


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
