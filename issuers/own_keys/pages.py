"""Own keys: the assessor's page (offer a key, prove it) and the registrar's (approve or refuse)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.desk import Errors, do_act
from issuers.own_keys.offers import Offer
from issuers.registers import name_of_body
from issuers.services import issuers
from issuers.session import (
    assessors_only,
    bureau_only,
    current_account,
    note,
    registrars_only,
    signers_only,
)
from registry.services import registry
from registry.view import Json, describe_instant

own_key_pages = Blueprint("own_keys", __name__, url_prefix="/console/keys", template_folder="../templates")
key_desk = Blueprint("key_desk", __name__, url_prefix="/registrar/keys", template_folder="../templates")


@own_key_pages.get("", endpoint="home")
@assessors_only
def home() -> ResponseReturnValue:
    """The keys of the assessor's DID, and the form to offer one of its own."""
    return _home()


@own_key_pages.post("", endpoint="offer")
@signers_only
def offer() -> ResponseReturnValue:
    """Offer a public key."""

    def act() -> None:
        account, multikey = current_account(), request.form.get("multikey", "").strip()
        made = issuers().offers.offer(account.owner, multikey, by=account.name, at=registry().clock())
        note("key.offered", f"assessor:{account.owner}", after={"key": made.public.multikey})

    return do_act(
        act, _home, _("Now sign the challenge with the private key."), back=url_for("own_keys.home")
    )


@own_key_pages.post("/<offer_id>/proof", endpoint="prove")
@signers_only
def prove(offer_id: str) -> ResponseReturnValue:
    """Prove possession by the signature of the challenge."""

    def act() -> None:
        owner = current_account().owner
        found = issuers().offers.prove(owner, offer_id, request.form.get("signature", ""))
        note("key.proved", f"assessor:{owner}", after={"key": found.public.multikey})

    return do_act(act, _home, _("Proved. A registrar approves it."), back=url_for("own_keys.home"))


@key_desk.get("", endpoint="home")
@bureau_only
def waiting() -> ResponseReturnValue:
    """Proved keys that wait."""
    rows = [_describe(one) | {"name": name_of_body(one.owner)} for one in issuers().offers.waiting()]
    return render_template("issuers/key_desk.html", offers=rows)


@key_desk.post("/<offer_id>", endpoint="decide")
@registrars_only
def decide(offer_id: str) -> ResponseReturnValue:
    """Approve or refuse."""
    is_approved = request.form.get("voice") == "approve"
    offers = issuers().offers
    found = offers.approve(offer_id, at=registry().clock()) if is_approved else offers.refuse(offer_id)
    name = "key.adopted" if is_approved else "key.declined"
    note(name, f"assessor:{found.owner}", after={"key": found.public.multikey})
    facts = {"key": found.public.multikey, "state": found.state.value}
    issuers().notices.send("key.decided", found.owner, facts, once=found.id)
    return redirect(url_for("key_desk.home"), 303)


def _home(errors: Errors | None = None) -> str:
    owner = current_account().owner
    keyrings = registry().keyrings
    keys = [
        {"id": key.id, "state": key.state.value, "held": keyrings.holds(owner, key.id)}
        for key in keyrings.ring(owner).keys
    ]
    return render_template(
        "issuers/own_keys.html",
        keys=keys,
        offers=[_describe(one) for one in issuers().offers.of_owner(owner)],
        values=request.form if errors else {},
        errors=errors or {},
    )


def _describe(offer: Offer) -> Json:
    return {
        "id": offer.id,
        "owner": offer.owner,
        "multikey": offer.public.multikey,
        "challenge": offer.challenge,
        "state": offer.state.value,
        "by": offer.by,
        "at": describe_instant(offer.at),
    }
