"""The worker's side of wallets: an offer as QR and link with its transaction code, and the certificate as a file."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.credential import MEDIA_TYPE as VC_TYPE
from registry.http import answer_json
from registry.selective import MEDIA_TYPE as SD_JWT_TYPE
from registry.services import registry
from registry.sharing.signing import selective_token
from registry.state import State
from registry.view import describe_instant
from registry.wallets.offers import TRIES, Offer
from verify.paper.desk import certificate_pdf
from verify.qr import draw_svg
from verify.wallet.metadata import credential_offer, offer_by_reference, offer_by_value
from verify.wallet.routes import wallet_desk
from verify.worker.pages import own_holding
from verify.worker.session import current_archive, note, workers_only
from verify.worker.view import describe_card

VC_JWT_TYPE = "application/vc+jwt"
PDF_TYPE = "application/pdf"
FILES = {
    "pdf": (PDF_TYPE, "certificate.pdf"),
    "json": (VC_TYPE, "vc.json"),
    "jwt": (VC_JWT_TYPE, "vc.jwt"),
    "sd-jwt": (SD_JWT_TYPE, "vc.sd-jwt"),
}

me_wallet = Blueprint("me_wallet", __name__, url_prefix="/me", template_folder="../templates")


@me_wallet.get("/certificates/<code>/wallet")
@workers_only
def ways(code: str) -> str:
    """How to take a certificate along: into a wallet, or as a file."""
    held, record = own_holding(code), _record(code)
    return render_template(
        "wallet/ways.html",
        card=describe_card(held),
        code=code,
        in_force=record.state is State.VALID,
        signable=selective_token(registry(), record) is not None,
    )


@me_wallet.post("/certificates/<code>/wallet")
@workers_only
def offer(code: str) -> ResponseReturnValue:
    """A new offer to a wallet."""
    own_holding(code)
    if _record(code).state is not State.VALID:
        raise Refused("wallet.not_in_force", field="code")
    desk = wallet_desk()
    made = desk.offers.make(current_archive().code, code, at=registry().clock())
    note("wallet.offered", offer=made.id)
    return redirect(url_for("me_wallet.show", offer_id=made.id))


@me_wallet.get("/offers/<offer_id>")
@workers_only
def show(offer_id: str) -> str:
    """The offer: its QR, its link, its transaction code; and what became of it."""
    made, here = _own(offer_id), registry()
    offers = wallet_desk().offers
    return render_template(
        "wallet/offer.html",
        offer={"id": made.id, "code": made.code, "expires_at": describe_instant(made.expires_at)},
        state=made.state(here.clock()).value,
        link=offer_by_value(credential_offer(here.settings.origin, offers.grant(made))),
        tx_code=offers.tx_code(made),
        tries=TRIES,
    )


@me_wallet.get("/offers/<offer_id>/state.json")
@workers_only
def state(offer_id: str) -> Response:
    """What became of the offer, for the page that waits."""
    return answer_json({"state": _own(offer_id).state(registry().clock()).value})


@me_wallet.get("/offers/<offer_id>/qr.svg")
@workers_only
def qr(offer_id: str) -> Response:
    """The offer as QR, by reference: short enough for any camera."""
    made = _own(offer_id)
    link = offer_by_reference(f"{registry().settings.origin}/oid4vci/offers/{made.id}")
    return Response(draw_svg(link), mimetype="image/svg+xml")


@me_wallet.get("/certificates/<code>/files/<form>")
@workers_only
def download(code: str, form: str) -> Response:
    """The certificate as a file: on paper (PDF), JSON-LD as signed, JWT (``vc+jwt``), SD-JWT with every disclosure."""
    own_holding(code)
    if form not in FILES:
        raise Refused("http.not_found")
    mimetype, name = FILES[form]
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(_write(_record(code), form), mimetype=mimetype, headers=headers)


def _write(record: CertificateRecord, form: str) -> bytes | str:
    if form == "pdf":
        return certificate_pdf(record, registry())
    if form == "json":
        return record.credential
    if form == "jwt":
        return wallet_desk().vc_jwt(record)
    text = selective_token(registry(), record)
    if text is None:
        raise Refused("wallet.no_key", field="code")
    return text


def _record(code: str) -> CertificateRecord:
    found = registry().record.find(code)
    if found is None:
        raise Refused("certificate.unknown", field="code")
    return found


def _own(offer_id: str) -> Offer:
    return wallet_desk().offers.own(offer_id, current_archive().codes)
