"""``/metrics``: figures of the service for Prometheus, read when asked, none about a person.

Every figure comes from an index or from a collection's own count, so that a scrape costs the same on a large record.
Nothing is counted in the process: of several server processes each gives the same answer.
"""

from __future__ import annotations

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from issuers.batches.desk import batch_desk
from issuers.registers import figures
from issuers.routes import authenticate_registrar
from issuers.services import issuers
from registry.services import registry
from verify.bulk.desk import bulk_desk

metrics = Blueprint("metrics", __name__)
metrics.before_request(authenticate_registrar)


@metrics.get("/metrics")
def scrape() -> Response:
    """The figures of this moment, in the text form that Prometheus reads."""
    collected = CollectorRegistry()
    for add in (_certificates, _work, _trail, _notices, _statistics):
        add(collected)
    response = Response(generate_latest(collected), content_type=CONTENT_TYPE_LATEST)
    response.headers["Cache-Control"] = "no-store"
    return response


def _certificates(collected: CollectorRegistry) -> None:
    record = registry().record
    whole = Gauge("registry_certificates", "Certificates recorded, about", registry=collected)
    whole.set(record.estimate())
    gauge = Gauge(
        "registry_certificates_not_valid", "Certificates in a state but valid", ["state"], registry=collected
    )
    for state, count in record.count_not_valid().items():
        gauge.labels(state.value).set(count)


def _work(collected: CollectorRegistry) -> None:
    gauge = Gauge("registry_chunks_waiting", "Pieces of long work not done yet", ["work"], registry=collected)
    gauge.labels("bulk").set(bulk_desk().jobs.chunks_waiting())
    gauge.labels("batch").set(batch_desk().batches.chunks_waiting())


def _trail(collected: CollectorRegistry) -> None:
    gauge = Gauge("registry_acts_waiting", "Acts noted and not yet in the trail", registry=collected)
    gauge.set(registry().acts.waiting())


def _notices(collected: CollectorRegistry) -> None:
    gauge = Gauge(
        "registry_notices", "Notices not delivered by a channel", ["channel", "state"], registry=collected
    )
    for (channel, state), count in issuers().notices.count_undelivered().items():
        gauge.labels(channel.value, state).set(count)


def _statistics(collected: CollectorRegistry) -> None:
    as_of = figures().as_of()
    if as_of is None:  # no sample: nothing was counted yet, which is not zero seconds
        return
    gauge = Gauge("registry_statistics_behind_seconds", "Age of the statistics", registry=collected)
    gauge.set(max(0.0, (registry().clock() - as_of).total_seconds()))
