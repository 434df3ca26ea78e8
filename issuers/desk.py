"""What the desks' forms share: reading fields, doing the act, showing the page again with what was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from issuers.session import current_account
from keys.errors import Refused
from registry.problems import error_words, find_problem
from registry.services import registry

Act = Callable[[], None]
Errors = dict[str, Any]

LONGEST_NUMBER = 8  # digits: above every limit that the rules behind the forms have


def do_act(act: Act, again: Callable[[Errors], str], said: str, *, back: str) -> ResponseReturnValue:
    """Do what a form asks and go to ``back``; a refusal shows the page with the words at the field."""
    try:
        act()
    except Refused as refused:
        page = again({refused.field or "form": error_words(refused)})
        return page, find_problem(refused.code).status
    flash(said)
    return redirect(back)


def filled(*names: str) -> dict[str, Any]:
    """The fields of the form that hold something."""
    return {name: request.form[name].strip() for name in names if request.form.get(name, "").strip()}


def whole(name: str) -> int:
    """A field that holds a whole number, from zero. Refused ``field.amount``."""
    text = request.form.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise Refused("field.amount", field=name)
    return int(text)


def signed() -> dict[str, Any]:
    """When and by whom the act is done."""
    return {"at": registry().clock(), "by": current_account().name}
