"""HTTP shared by the rooms: reading JSON, answering JSON, and problems as RFC 9457 or as a page."""

from __future__ import annotations

import logging
import random
from typing import Any

import orjson
from flask import Flask, Request, Response, g, make_response, render_template, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from keys.errors import Refused
from keys.strict_json import MAX_BYTES, loads
from registry.mongo import DATABASE_AWAY
from registry.problems import Problem, find_problem
from registry.services import registry
from registry.translation import language

API_PREFIX = "/api/"
# what programs fetch: refusals there are problem documents, elsewhere pages
FOR_PROGRAMS = (
    API_PREFIX,
    "/trust-list",
    "/audit/",
    "/status-lists/",
    "/.well-known/",
    "/contexts/",
    "/credentials/",
    "/oid4vci/",
    "/healthz",
    "/readyz",
)
RETRY_AFTER = "3"  # seconds: as long as the driver looks for a server
MAX_BODY = 1024 * 1024  # bytes of any request: forms and pictures; JSON has the tighter limit of its parser

# Nothing from elsewhere, nothing inline: pages need no script and get none that is not ours.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # a code in a link must not travel to another site
    "Cross-Origin-Opener-Policy": "same-origin",
}

# Pages that name people, and what is refused there: no browser keeps them for who comes to the machine next.
PRIVATE = ("/account", "/console", "/registrar", "/employer", "/me", "/claim/", "/s/")

log = logging.getLogger("registry.http")


def read_json(incoming: Request) -> Any:
    """The JSON body, strictly parsed. Refused ``json.*`` or ``http.not_json``."""
    if incoming.mimetype not in {"application/json", "application/vc+json", "application/ld+json"}:
        raise Refused("http.not_json", field="Content-Type")
    if (incoming.content_length or 0) > MAX_BYTES:
        raise Refused("json.too_large", limit=MAX_BYTES)
    return loads(incoming.get_data(cache=True))


def answer_json(body: Any, status: int = 200, *, mimetype: str = "application/json") -> Response:
    """A JSON answer: UTF-8, not escaped, never stored by a cache (it may name a person)."""
    response = Response(orjson.dumps(body), status, mimetype=mimetype)
    response.headers["Cache-Control"] = "no-store"
    return response


def problem_document(refused: Refused) -> dict[str, Any]:
    """The RFC 9457 document of a refusal, in the reader's language, with both languages beside it."""
    problem = find_problem(refused.code)
    here = language()
    return {
        "type": f"{registry().settings.origin}/api#{refused.code}",
        "title": problem.what(here, refused),
        "detail": problem.mend(here, refused),
        "status": problem.status,
        "code": refused.code,
        "field": refused.field,
        "params": dict(refused.params),
        "messages": {lang: _words(problem, refused, lang) for lang in ("zh", "en")},
        "request_id": g.request_id,
    }


def install(app: Flask) -> None:
    """Request ids, security headers, and one way for every error to leave the house."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.session_interface = _PageSessions()
    app.before_request(_name_request)
    app.after_request(_add_headers)
    app.register_error_handler(Refused, answer_refusal)
    app.register_error_handler(HTTPException, _answer_http)
    for error in DATABASE_AWAY:
        app.register_error_handler(error, _answer_database_away)
    app.register_error_handler(Exception, _answer_defect)


def answer_refusal(refused: Refused) -> ResponseReturnValue:
    """A refusal as a problem document (API) or as a page that talks (everything else)."""
    status = find_problem(refused.code).status
    document = problem_document(refused)
    if request.path.startswith(FOR_PROGRAMS):
        response = answer_json(document, status, mimetype="application/problem+json")
    else:
        response = make_response(render_template("registry/problem.html", problem=_page(document)), status)
    if status == 503:
        response.headers["Retry-After"] = RETRY_AFTER
    if "retry_after" in refused.params:
        response.headers["Retry-After"] = str(refused.params["retry_after"])
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _page(document: dict[str, Any]) -> dict[str, Any]:
    messages = document["messages"]
    return document | {
        "title": {lang: words["title"] for lang, words in messages.items()},
        "mend": {lang: words["detail"] for lang, words in messages.items()},
    }


def _words(problem: Problem, refused: Refused, lang: str) -> dict[str, str]:
    return {"title": problem.what(lang, refused), "detail": problem.mend(lang, refused)}


class _PageSessions(SecureCookieSessionInterface):
    """Sessions for pages; the API reads no cookie and sets none, so none is opened or signed for it."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.startswith(API_PREFIX):
            return None
        return super().open_session(app, request)


def _name_request() -> None:
    # a name, no secret: without the system call of uuid4, for which a thread gives up its turn
    g.request_id = f"{random.getrandbits(128):032x}"


def _add_headers(response: Response) -> Response:
    # added, not set: nothing else in the house sets them, and setting looks through all headers each time
    response.headers.add("X-Request-Id", g.get("request_id", ""))
    for name, value in SECURITY_HEADERS.items():
        response.headers.add(name, value)
    if request.path.startswith(PRIVATE):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


_HTTP_CODES = {
    400: "http.bad_request",
    404: "http.not_found",
    405: "http.method",
    413: "http.too_large",
    415: "http.not_json",
}


def _answer_http(error: HTTPException) -> ResponseReturnValue:
    if error.code and error.code < 400:
        return error  # a redirect
    refused = Refused(_HTTP_CODES.get(error.code or 500, "http.bad_request"))
    response = make_response(answer_refusal(refused))
    if error.code == 405 and error.get_headers():
        response.headers.extend({k: v for k, v in error.get_headers() if k == "Allow"})
    return response


def _answer_database_away(error: Exception) -> ResponseReturnValue:
    log.warning("database away: %s (request %s)", type(error).__name__, g.get("request_id"))
    return answer_refusal(Refused("mongo.away"))


def _answer_defect(error: Exception) -> ResponseReturnValue:
    # The traceback goes to the log without the exception's text, which could quote a person's data.
    frames = []
    trace = error.__traceback__
    while trace:
        frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    log.error(
        "defect: %s at %s (request %s)",
        type(error).__name__,
        " < ".join(reversed(frames)),
        g.get("request_id"),
    )
    return answer_refusal(Refused("http.defect"))
