"""The verification page as an installable app that goes on working without a network.

Its rules are the small scripts under ``static/verify``; this module serves them, the words and tables that they need
(`verify.app_words`), the shell that stands in for a page of the server, and the service worker that keeps all of it.
"""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import orjson
from flask import Blueprint, Response, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from keys.errors import Refused
from registry.http import answer_json
from registry.levels import levels
from registry.problems import error_words, find_problem
from registry.translation import LANGUAGES, language
from verify.app_words import app_words
from verify.manifest import answer_manifest
from verify.pages import show_verdict
from verify.pictures import read_qr
from verify.routes import CODE_IN_URL, verify_text

MAX_TEXTS = 8  # codes in one picture: more is a sheet of stickers
SHARED = ("static/registry.css", "static/icon.svg")
SHELLS = tuple(f"{path}?lang={lang}" for path in ("/app/shell", "/scan") for lang in LANGUAGES)

app_pages = Blueprint(
    "app", __name__, template_folder="templates", static_folder="static/verify", static_url_path="/app/static"
)


@app_pages.record
def _lend_parts(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals |= {"skill_levels": levels, "app_parts": lambda: _parts_in(language())}


@lru_cache(len(LANGUAGES))
def _parts_in(_lang: str) -> Markup:
    # the same on every page, and 40 % of what a verdict took to write
    return Markup(render_template("verify/app_parts.html"))  # noqa: S704 - our own template, escaped by itself


@app_pages.get("/scan")
def scan() -> str:
    """Camera, picture, pasted text, number: every way to check a certificate that is in front of you."""
    return render_template("verify/scan.html", errors=[], **_other_language())


@app_pages.post("/scan")
def scan_text() -> ResponseReturnValue:
    """The verdict on pasted text, for browsers without scripts."""
    text = request.form.get("text", "").strip()
    if not text:
        missing = Refused("field.missing", field="text")
        page = render_template("verify/scan.html", errors=[error_words(missing)])
        return page, find_problem(missing.code).status
    return show_verdict("verify/verdict.html", verify_text(text))


@app_pages.get("/app/shell")
def shell() -> str:
    """What stands in for ``/v/CODE`` when the server does not answer; the scripts fill it."""
    return render_template("verify/shell.html", **_other_language())


@app_pages.get("/app/words.json")
def words() -> Response:
    """Tables and words of the app, in both languages."""
    response = answer_json(app_words())
    response.headers["Cache-Control"] = "no-cache"
    return response


@app_pages.post("/app/picture")
def picture() -> Response:
    """The texts of the codes in a picture or PDF, for a browser that reads no codes; those of ours first."""
    file = request.files.get("file")
    try:
        texts = read_qr(file.read()) if file else []
    except Refused as refused:
        return answer_json({"texts": [], "code": refused.code}, find_problem(refused.code).status)
    texts.sort(key=lambda text: CODE_IN_URL.search(text) is None)
    return answer_json({"texts": texts[:MAX_TEXTS]})


@app_pages.get("/manifest.webmanifest")
def manifest() -> Response:
    """The app's name, icons and first page (W3C Web Application Manifest)."""
    return answer_manifest("/scan", name=_("Skills certificate check"), short_name=_("Check"), scope="/")


@app_pages.get("/sw.js")
def service_worker() -> Response:
    """The service worker, with the list of what it keeps and their version before it."""
    response = Response(_service_worker(), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


def _other_language() -> dict[str, Any]:
    """A link that fits wherever the page stands: the service worker shows it under other addresses."""
    other = next(lang for lang in LANGUAGES if lang != language())
    return {"other_language_url": f"?lang={other}"}


@cache
def _service_worker() -> str:
    static = files("verify") / "static" / "verify"
    own = sorted(entry.name for entry in static.iterdir() if entry.name != "sw.js")
    kept = [
        *(f"/app/static/{name}" for name in own),
        *(f"/{path}" for path in SHARED),
        "/app/words.json",
        "/manifest.webmanifest",
    ]
    given = {"VERSION": _version(), "FILES": kept, "SHELLS": SHELLS}
    lines = (f"const {name} = {orjson.dumps(value).decode()};" for name, value in given.items())
    return "\n".join([*lines, (static / "sw.js").read_text("utf-8")])


def _version() -> str:
    """Another one whenever anything that the service worker keeps may look different."""
    digest = sha256(orjson.dumps(app_words()))
    for room in ("registry", "verify"):
        for folder in ("static", "templates", "translations"):
            for path in sorted(_walk(files(room) / folder), key=str):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _walk(folder: Any) -> list[Any]:
    found: list[Any] = []
    for entry in folder.iterdir():
        found += _walk(entry) if entry.is_dir() else [entry]
    return found
