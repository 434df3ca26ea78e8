"""What a worker sees: certificates as cards, the QR for a gate, the career line, what is due, who looked."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from issuers.services import issuers
from keys.errors import Refused
from registry.archive.export import describe_career, describe_check, describe_line
from registry.archive.holdings import Holding
from registry.archive.store import Archive
from registry.policy.loading import load_policies
from registry.services import registry
from registry.sharing.looks import every_look
from registry.view import Json, describe_instant, describe_place
from registry.workers.desk import workers
from registry.workers.next_level import next_levels, source
from registry.workers.owed import subsidies_left
from verify.manifest import answer_manifest
from verify.watch.desk import watch_desk
from verify.worker.session import current_archive, current_worker, workers_only
from verify.worker.view import (
    describe_card,
    describe_due,
    describe_glance,
    describe_left,
    describe_next,
    describe_owner,
    draw_line,
)

me = Blueprint("me", __name__, url_prefix="/me", template_folder="../templates")


@me.get("")
@workers_only
def home() -> ResponseReturnValue:
    """The certificates as cards."""
    desk, archive = workers(), current_archive()
    cards = [describe_card(one) for one in desk.archives.holdings(archive)]
    requests = desk.requests.of_archive(archive.codes)
    return render_template(
        "me/home.html",
        holder=describe_owner(desk, archive),
        cards=cards,
        waiting=sum(one.state.value == "open" for one in requests),
        recovered_at=current_worker().recovered_at,
        as_of=describe_instant(desk.clock()),
    )


@me.get("/certificates/<code>/show")
@workers_only
def show(code: str) -> ResponseReturnValue:
    """The QR of a certificate, as large as the screen: for a gate."""
    one = own_holding(code)
    return render_template(
        "me/show.html",
        card=describe_card(one),
        qr_url=url_for("verify.qr_svg", code=code),
        as_of=describe_instant(workers().clock()),
    )


@me.get("/career")
@workers_only
def career() -> ResponseReturnValue:
    """Levels over time, and the next one: from when, and what is missing."""
    desk = workers()
    dossier = desk.archives.dossier(current_archive())
    steps = next_levels(dossier.holdings, dossier.career.next_level, dossier.on)
    return render_template(
        "me/career.html",
        line=draw_line(dossier.holdings, dossier.on),
        career=describe_career(dossier.career),
        steps=[describe_next(step) for step in steps],
        source=source(),
    )


@me.get("/due")
@workers_only
def due() -> ResponseReturnValue:
    """What is due: allowance, subsidies left, titles, education, credits, next level, each with its clause."""
    desk, policies = workers(), load_policies()
    dossier = desk.archives.dossier(current_archive())
    left = subsidies_left(policies, dossier.account, region=dossier.career.region, on=dossier.on)
    dues = describe_due(dossier)
    steps = next_levels(dossier.holdings, dossier.career.next_level, dossier.on)
    return render_template(
        "me/due.html",
        dues=dues,
        glance=describe_glance(dues, steps),
        left=describe_left(left),
        lines=[describe_line(line, policies) for line in dossier.account.lines],
        credits=dossier.credits,
        region=describe_place(dossier.career.region),
        on=dossier.on,
    )


@me.get("/looks")
@workers_only
def looks() -> ResponseReturnValue:
    """Who looked, as far as it is recorded, and what is not."""
    desk, archive = workers(), current_archive()
    acts = [row for row in desk.archives.archives.audit(archive) if row.act == "export"]
    return render_template(
        "me/looks.html",
        looks=every_look(registry(), archive.codes),
        checks=[describe_check(one) for one in desk.archives.access.of_person(archive.keys)],
        exports=acts,
        followers=_followers(archive),
        recoveries=desk.recoveries.of_archive(archive.codes),
    )


@me.get("/manifest.webmanifest")
def manifest() -> Response:
    """What the home screen shows (W3C Web Application Manifest)."""
    name = _("My certificates")
    return answer_manifest("/me", name=name, short_name=name, scope="/me")


def _followers(archive: Archive) -> list[Json]:
    """The employers that watch a certificate of the person, by name."""
    codes = [one.code for one in workers().archives.holdings(archive) if one.code]
    employers = {one.id: one.name for one in issuers().employers.all()}
    return [
        {
            "name": employers.get(row["employer"], row["employer"]),
            "number": row["number"],
            "since": row["since"],
        }
        for row in watch_desk().watches.of_codes(codes)
    ]


def own_holding(code: str) -> Holding:
    """A certificate of the signed-in worker. Refused ``certificate.unknown``, for another's too."""
    held = workers().archives.holdings(current_archive())
    found = next((one for one in held if one.code == code), None)
    if found is None:
        raise Refused("certificate.unknown", field="code")
    return found
