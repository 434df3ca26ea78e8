"""The public pages: verdicts, look-up, upload, benefits, directory, API, and the documents under /.well-known."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from issuers.services import issuers
from issuers.view import describe_assessor
from keys.did import did_document
from keys.errors import Refused
from registry.credential import MEDIA_TYPE, china_date
from registry.folding import fold
from registry.http import answer_json
from registry.keyrings import REGISTRY
from registry.levels import levels
from registry.places import find_place, places
from registry.problems import error_words, find_problem
from registry.services import registry
from registry.status_publisher import TOKEN
from registry.token_status import MEDIA_TYPE as TOKEN_LIST_TYPE
from registry.view import Json, describe_level, describe_place
from verify.accreditation_check import AccreditationVerdict
from verify.accreditations import decisions_of
from verify.dates import read_past_day
from verify.lookup import Question
from verify.openapi import openapi_document, operations
from verify.presentation_check import PresentationVerdict
from verify.presentations import show_presentation
from verify.qr import draw_png, draw_svg
from verify.routes import (
    AnyVerdict,
    describe,
    describe_found,
    is_pdf,
    look_up,
    read_benefit_query,
    verify_file,
)
from verify.services import verifier
from verify.statement_check import StatementVerdict
from verify.verdict import Verdict
from verify.view import find_benefits

CONTEXTS = {
    ("skills", "v1"): "context-v1.json",
    ("skills", "v2"): "context-v2.json",
    ("statement", "v1"): "context-statement-v1.json",
    ("accreditation", "v1"): "context-accreditation-v1.json",
}
QR_AGE = 86_400  # seconds a picture may be cached: what it says stays true

pages = Blueprint("verify", __name__, template_folder="templates")


@pages.get("/")
def home() -> str:
    """What this is, and three ways to verify."""
    return render_template("verify/home.html")


@pages.get("/v/<code>")
def page(code: str) -> ResponseReturnValue:
    """The verification page of a certificate: what its QR opens."""
    return _show("verify/verdict.html", code)


@pages.get("/w/<code>")
def worker(code: str) -> ResponseReturnValue:
    """The worker's page: the certificate as a card, its QR large, and what the level brings."""
    return _show("verify/worker.html", code)


@pages.get("/v/<code>/qr.svg")
def qr_svg(code: str) -> Response:
    """The QR as SVG."""
    return _picture(draw_svg(verifier().qr_text(code)), "image/svg+xml")


@pages.get("/v/<code>/qr.png")
def qr_png(code: str) -> Response:
    """The QR as PNG."""
    return _picture(draw_png(verifier().qr_text(code)), "image/png")


@pages.get("/lookup")
def lookup_form() -> str:
    """The form for a look-up by number."""
    return render_template("verify/lookup.html", values={}, errors=[])


@pages.post("/lookup")
def lookup() -> str:
    """The verdict for a number and its holder. By POST: neither may stand in a URL or a log."""
    names = ("number", "name", "id_number", "holder")
    given = {name: text for name in names if (text := request.form.get(name, "").strip())}
    values = {"number": given.get("number", "")}
    try:
        found = look_up(Question(**given))
    except Refused as refused:
        if refused.code == "lookup.too_many":
            raise
        return render_template("verify/lookup.html", values=values, errors=[error_words(refused)])
    code = found.verdict.face.code if found.verdict.face else None
    return render_template("verify/lookup.html", values=values, result=describe_found(found), code=code)


@pages.post("/upload")
def upload() -> ResponseReturnValue:
    """The verdict on a file: a signed certificate, or a picture of its QR."""
    file = request.files.get("file")
    data = file.read() if file else b""
    try:
        if not data:
            raise Refused("field.missing", field="file")
        return _render_file(verify_file(data), paper=is_pdf(data))
    except Refused as refused:
        words = [error_words(refused)]
        return render_template("verify/home.html", upload_errors=words), find_problem(refused.code).status


@pages.get("/benefits")
def benefits_page() -> str:
    """What a level brings, in a region, on a day; two levels side by side."""
    values = {name: request.args.get(name, "") for name in ("level", "other", "region", "on", "occupation")}
    shown: Json = {"values": values, "errors": {}, "levels": _levels(), "regions": _regions()}
    if not values["level"]:
        values |= {"level": "3", "region": "330000"}
        return render_template("verify/benefits.html", **shown)
    try:
        return render_template("verify/benefits.html", **shown, **_compare(values))
    except Refused as refused:
        shown["errors"] = {refused.field: error_words(refused)}
        return render_template("verify/benefits.html", **shown)


@pages.get("/assessors")
def assessors_page() -> str:
    """The public directory of assessors."""
    wanted, on = request.args.get("q", "").strip(), china_date(registry().clock())
    found = [describe_assessor(one, on=on) for one in issuers().assessors.all()]
    return render_template(
        "verify/assessors.html", q=wanted, assessors=[one for one in found if _matches(one, wanted)]
    )


@pages.get("/assessors/<id>")
def assessor_page(id: str) -> str:  # noqa: A002 - the templates' own word
    """One assessor with its scopes, past ones too."""
    on = china_date(registry().clock())
    return render_template(
        "verify/assessor.html",
        assessor=describe_assessor(issuers().find_assessor(id), on=on),
        decisions=decisions_of(id),
    )


@pages.get("/assessors/<id>/did.json")
def assessor_did(id: str) -> Response:  # noqa: A002
    """The assessor's DID document (did:web)."""
    return _did(issuers().find_assessor(id).id)


@pages.get("/.well-known/did.json")
def registry_did() -> Response:
    """The registry's DID document (did:web)."""
    return _did(REGISTRY)


@pages.get("/status-lists/<name>")
def status_list(name: str) -> Response:
    """A signed status list: ``revocation-1`` or ``suspension-1`` (Bitstring), ``token-1`` (Token Status List)."""
    mimetype = TOKEN_LIST_TYPE if name.startswith(TOKEN) else MEDIA_TYPE
    response = Response(registry().status_lists.publish(name), mimetype=mimetype)
    response.headers["Cache-Control"] = "public, max-age=2"
    return response


@pages.get("/trust-list")
def trust_list() -> Response:
    """The signed trust list: assessors, keys and accreditations, for verifying without a network."""
    response = Response(verifier().trust_list(), mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=2"
    return response


@pages.get("/contexts/<name>/<version>")
def context(name: str, version: str) -> Response:
    """A JSON-LD context of our own terms; its content never changes under this address."""
    if (name, version) not in CONTEXTS:
        raise Refused("http.not_found")
    data = (files("registry") / "data" / CONTEXTS[name, version]).read_bytes()
    response = Response(data, mimetype="application/ld+json")
    response.headers["Cache-Control"] = "public, max-age=86400, immutable"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@pages.get("/api")
def api_page() -> str:
    """The API for people."""
    return render_template("verify/api.html", operations=operations())


@pages.get("/openapi.json")
def openapi() -> Response:
    """The API for programs: OpenAPI 3.1."""
    return answer_json(openapi_document())


@pages.get("/language/<lang>")
def language(lang: str) -> ResponseReturnValue:
    """Choose a language and go back to the start."""
    return redirect(url_for("verify.home", lang=lang))


def _show(template: str, code: str) -> ResponseReturnValue:
    verdict = verifier().verify_code(code, at=registry().clock(), day=read_past_day())
    return show_verdict(template, verdict, code=code)


def show_verdict(
    template: str, verdict: Verdict, *, code: str | None = None, paper: bool = False
) -> ResponseReturnValue:
    """The page of a verdict; never kept by a cache. ``paper``: a PDF was sent, whose print nobody read."""
    code = code or (verdict.face.code if verdict.face else None)
    qr_url = url_for("verify.qr_svg", code=code) if code and verdict.face else None
    page = render_template(template, verdict=describe(verdict), code=code, qr_url=qr_url, paper=paper)
    response = Response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def _render_file(verdict: AnyVerdict, *, paper: bool) -> ResponseReturnValue:
    if isinstance(verdict, PresentationVerdict):
        return show_presentation(verdict)
    if isinstance(verdict, StatementVerdict):
        return render_template("verify/statement.html", verdict=describe(verdict))
    if isinstance(verdict, AccreditationVerdict):
        return render_template("verify/accreditation.html", verdict=describe(verdict))
    return show_verdict("verify/verdict.html", verdict, paper=paper)


def _picture(data: bytes, mimetype: str) -> Response:
    response = Response(data, mimetype=mimetype)
    response.headers["Cache-Control"] = f"private, max-age={QR_AGE}"
    return response


def _did(owner: str) -> Response:
    response = answer_json(did_document(registry().keyrings.ring(owner)), mimetype="application/did+json")
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


def _compare(values: dict[str, str]) -> Json:
    kind, level, occupation, region, on, since = read_benefit_query()
    shown: Json = {"level": describe_level(level)}
    shown["benefits"] = find_benefits(kind, level, occupation, region, on, since)
    if values["other"]:
        shown["other"] = describe_level(values["other"])
        shown["other_benefits"] = find_benefits(kind, values["other"], occupation, region, on, since)
    return shown


def _levels() -> list[Any]:
    return [describe_level(level.id) for level in levels()]


def _regions() -> list[Json]:
    country = find_place("000000")
    named = [place for place in places() if place.valid_to is None and place.code != country.code]
    return [{"id": place.code, **describe_place(place.code)} for place in (country, *named)]


def _matches(assessor: Json, wanted: str) -> bool:
    words = (assessor["name"], assessor["id"], assessor["region"]["zh"], assessor["region"]["en"])
    return fold(wanted) in fold(" ".join(words))
