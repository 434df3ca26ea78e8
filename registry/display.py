"""How pages are shown to who needs it otherwise: large type, high contrast. A cookie, read for every page."""

from __future__ import annotations

from collections.abc import Container

from flask import Flask, request

COOKIE = "display"
CHOICES = ("large", "contrast")


def init_display(app: Flask) -> None:
    """Give every template ``display``: the classes of its root element, such as ``large contrast``."""
    app.context_processor(lambda: {"display": read_choices(request.cookies.get(COOKIE, ""))})


def read_choices(cookie: str) -> str:
    """The choices in a cookie, as classes; anything else in it is passed over."""
    return write_choices(cookie.split("-")).replace("-", " ")


def write_choices(chosen: Container[str]) -> str:
    """The choices as the value of the cookie."""
    return "-".join(choice for choice in CHOICES if choice in chosen)
