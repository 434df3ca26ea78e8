"""Batches as registrars and inspectors read them, under /registrar/batches: whose, who decided, counts, reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from issuers.batches.chunks import Document
from issuers.batches.desk import batch_desk
from issuers.batches.overview import BatchOverview, Wanted
from issuers.batches.store import OPEN, BatchState
from issuers.batches.telling import describe
from issuers.dashboard import refusals_of
from issuers.services import issuers
from issuers.session import bureau_only
from registry.problems import find_problem
from registry.services import registry
from registry.statistics.charts import bars
from registry.view import Json

UNDER_WAY = "under_way"
ENDED = "ended"
CHOICES: Mapping[str, tuple[BatchState, ...]] = {
    UNDER_WAY: OPEN,
    ENDED: tuple(state for state in BatchState if state not in OPEN),
}

bureau_batches = Blueprint(
    "bureau_batches", __name__, url_prefix="/registrar/batches", template_folder="../templates"
)


@bureau_batches.get("")
@bureau_only
def home() -> ResponseReturnValue:
    """Every assessor's batches, newest first, by assessor and by whether they have ended."""
    assessor, choice = request.args.get("assessor", ""), request.args.get("state", "")
    overview = BatchOverview(registry().database)
    found, after = overview.page(
        Wanted(assessor, CHOICES.get(choice, ())), before=request.args.get("before", "")
    )
    kept: dict[str, Any] = {name: one for name, one in (("assessor", assessor), ("state", choice)) if one}
    return render_template(
        "batches/bureau.html",
        batches=[_row(one) for one in found],
        assessors=issuers().assessors.all(),
        values=kept,
        next_url=url_for("bureau_batches.home", **kept, before=after) if after else None,
        refusals=refusals_of(assessor) if assessor else None,
    )


@bureau_batches.get("/<batch_id>")
@bureau_only
def batch(batch_id: str) -> ResponseReturnValue:
    """One batch: how far it is, who prepared and approved it, counts, and why rows were refused."""
    found = batch_desk().batches.find(batch_id)
    counts = BatchOverview(registry().database).refusals(found)
    return render_template("batches/bureau_batch.html", batch=_row(found), refusals=_chart(counts))


def _row(found: Document) -> Json:
    assessor = issuers().find_assessor(found["assessor"])
    return describe(batch_desk(), found) | {"assessor": {"id": assessor.id, "name": assessor.name}}


def _chart(counts: Mapping[str, int]) -> list[Json]:
    drawn = bars(list(counts.values()))
    return [
        {"words": find_problem(code).words(), "bar": bar} for code, bar in zip(counts, drawn, strict=True)
    ]
