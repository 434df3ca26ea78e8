"""Large type and high contrast: a choice for every page, kept in a cookie, without an account."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from registry.display import CHOICES, COOKIE, write_choices
from registry.services import registry
from registry.translation import COOKIE_SECONDS

display_pages = Blueprint("display", __name__, template_folder="../templates")


@display_pages.get("/display")
def display() -> str:
    """The two choices."""
    return render_template("me/display.html", choices=CHOICES)


@display_pages.post("/display")
def choose() -> ResponseReturnValue:
    """Keep the choices."""
    response = make_response(redirect(url_for("display.display")))
    response.set_cookie(
        COOKIE,
        write_choices(request.form),
        max_age=COOKIE_SECONDS,
        secure=registry().settings.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response
