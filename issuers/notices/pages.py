"""An assessor's notices in the console: the list, where they are sent, and what could not be delivered."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.desk import Errors, do_act
from issuers.notices.kinds import write
from issuers.notices.store import Channel, Contact, Document
from issuers.services import issuers
from issuers.session import assessors_only, current_account, note, signers_only
from keys.errors import Refused
from registry.mail import check_address
from registry.problems import catalogue, error_words
from registry.services import registry
from registry.view import Json, describe_instant
from registry.webhooks.address import parse_target

notices_pages = Blueprint("notices", __name__, url_prefix="/console/notices", template_folder="../templates")


@notices_pages.app_context_processor
def _count_unread() -> dict[str, Any]:
    # a function: only a page whose menu shows the number pays for it
    return {
        "unread_notices": lambda: issuers().notices.unread(current_account().owner) if "account" in g else 0
    }


@notices_pages.get("", endpoint="home")
@assessors_only
def home() -> ResponseReturnValue:
    """The list."""
    return _home()


@notices_pages.post("/read", endpoint="read")
@assessors_only
def read() -> ResponseReturnValue:
    """All of them are read."""
    issuers().notices.mark_read(current_account().owner)
    return redirect(url_for("notices.home"), 303)


@notices_pages.post("/contact", endpoint="contact")
@signers_only
def contact() -> ResponseReturnValue:
    """Set where notices are sent; an empty field sends none that way."""

    def save() -> None:
        owner, outbox, wanted = current_account().owner, issuers().notices, _read_contact()
        before = outbox.contact(owner)
        outbox.set_contact(owner, wanted, by=current_account().name)
        # which channels, not which addresses: an address may name a person
        note("notices.contact", f"assessor:{owner}", before=_channels(before), after=_channels(wanted))

    return do_act(save, _home, _("Saved."), back=url_for("notices.home"))


@notices_pages.post("/again", endpoint="send_again")
@assessors_only
def send_again() -> ResponseReturnValue:
    """Deliver anew what was given up."""
    channel = Channel.MAIL if request.form.get("channel") == Channel.MAIL else Channel.WEBHOOK
    issuers().notices.send_again(current_account().owner, request.form.get("id", ""), channel)
    return redirect(url_for("notices.home"), 303)


def _home(errors: Errors | None = None) -> str:
    owner, outbox = current_account().owner, issuers().notices
    held = outbox.contact(owner)
    stands = {"mail": held.mail or "", "webhook": held.webhook or ""}
    return render_template(
        "issuers/notices.html",
        notices=[_describe(one) for one in outbox.latest(owner)],
        dead=[row for one in outbox.dead(owner) for row in _describe_dead(one)],
        values=request.form if errors else stands,
        errors=errors or {},
        has_mail=registry().settings.mail_server is not None,
    )


def _read_contact() -> Contact:
    mail, url = (request.form.get(name, "").strip() for name in ("mail", "webhook"))
    if mail:
        check_address(mail, field="mail")
    if url:
        try:
            parse_target(url, loopback=bool(registry().settings.webhook_loopback))
        except Refused as refused:
            raise refused.at("webhook") from None
    return Contact(mail or None, url or None)


def _channels(held: Contact) -> dict[str, bool]:
    return {"mail": held.mail is not None, "webhook": held.webhook is not None}


def _describe(notice: Document) -> Json:
    words = write(notice["kind"], notice["facts"])
    return {
        "id": notice["_id"],
        "at": describe_instant(notice["at"]),
        "read": notice["read"],
        "title": {"zh": words.zh, "en": words.en},
        "text": {"zh": words.text_zh, "en": words.text_en},
        "page": words.page,
        "sent": [notice[channel]["state"] for channel in Channel if channel in notice],
    }


def _describe_dead(notice: Document) -> list[Json]:
    rows = []
    for channel in Channel:
        if notice.get(channel, {}).get("state") == "dead":
            answer = notice[channel]["answer"]
            words = error_words(Refused(answer)) if answer in catalogue() else None
            rows.append(_describe(notice) | {"channel": channel.value, "answer": answer, "words": words})
    return rows
