"""The words of the pages: which language a reader gets, and how texts, dates and times read in it.

Message ids are English, so English needs no catalogue; each room keeps its Chinese one in
``translations/zh``. Texts that come from data carry both languages as ``{"zh": ..., "en": ...}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from importlib.resources import files
from urllib.parse import quote, urlencode

from flask import Flask, Response, request
from flask_babel import Babel, get_locale
from flask_babel import gettext as _

from registry.days import write_day
from registry.identity import IdType

LANGUAGES = ("zh", "en")
LANGUAGE_NAMES = {"zh": "中文", "en": "English"}
DEFAULT_LANGUAGE = "zh"
ROOMS_WITH_PAGES = ("registry", "issuers", "verify")
COOKIE = "lang"
COOKIE_SECONDS = 365 * 24 * 3600  # a year: a choice of language is not worth asking for again
CHINA = timezone(timedelta(hours=8))  # one zone for the whole country, no summer time since 1991


def init_translation(app: Flask) -> None:
    """Give ``app`` the catalogues, the choice of language, and the filters its templates use."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(
        str(files(room) / "translations") for room in ROOMS_WITH_PAGES
    )
    Babel(app, default_locale=DEFAULT_LANGUAGE, locale_selector=choose_language)
    app.jinja_env.filters.update(
        in_language=in_language, as_date=as_date, as_time=as_time, document_name=document_name
    )
    app.context_processor(_describe_language)
    app.after_request(_remember_language)


def choose_language() -> str:
    """The reader's language: ``?lang=``, then the cookie, then Accept-Language, then Chinese."""
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT_LANGUAGE


def language() -> str:
    """The language of this request, ``zh`` or ``en``; Chinese outside a request."""
    locale = get_locale()
    return str(locale.language) if locale else DEFAULT_LANGUAGE


def in_language(texts: Mapping[str, str] | None) -> str:
    """The text in the reader's language out of ``{"zh": ..., "en": ...}``; empty for None."""
    return texts[language()] if texts else ""


def document_name(id_type: str) -> str:
    """What an identity document is called, from its id such as ``resident_id``."""
    return in_language({"zh": IdType(id_type).zh, "en": IdType(id_type).en})


def as_date(value: str | date | None) -> str:
    """A day as the reader writes it, from a date or ``YYYY-MM-DD``; empty for None."""
    if not value:
        return ""
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return write_day(day, language())


def as_time(value: str | datetime) -> str:
    """A moment in China's time to the minute, named as such, from an aware datetime or RFC 3339."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = moment.astimezone(CHINA)
    return str(_("%(date)s, %(clock)s Beijing time", date=as_date(local.date()), clock=f"{local:%H:%M}"))


def _describe_language() -> dict[str, str | None]:
    now = language()
    other = LANGUAGES[1 - LANGUAGES.index(now)]
    return {
        "language": now,
        "other_language": other,
        "other_language_name": LANGUAGE_NAMES[other],
        "other_language_url": _find_url_in(other),
    }


def _find_url_in(other: str) -> str | None:
    """This page in the other language; None for the answer to a form, which a link cannot ask for again."""
    rule = request.url_rule
    if rule is not None and "GET" not in (rule.methods or ()):
        return None
    query = request.args.to_dict() | {"lang": other}
    return f"{quote(request.path)}?{urlencode(query)}"


def _remember_language(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.vary.update(("Accept-Language", "Cookie"))
    wish = request.args.get("lang")
    if wish in LANGUAGES:
        response.set_cookie(
            COOKIE, wish, max_age=COOKIE_SECONDS, secure=request.is_secure, httponly=True, samesite="Lax"
        )
    return response
