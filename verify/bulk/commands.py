"""Command line of bulk checks: the worker, and verifying a report later, without the service."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from typing import Protocol

import click

from keys.errors import Refused
from keys.pair import PublicKey
from registry.problems import error_words
from verify.bulk.desk import BulkDesk
from verify.bulk.report import check_results, read_report, verify_report
from verify.bulk.worker import run_worker
from verify.trust_list import only
from verify.watch.desk import WatchDesk
from verify.watch.follower import watching

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
ALTERED = 16  # as of ``verify``: broken


class HasDesks(Protocol):
    """Parts that hold the bulk desk and the watch desk."""

    @property
    def bulk(self) -> BulkDesk:
        """The bulk desk."""

    @property
    def watch(self) -> WatchDesk:
        """The watch desk."""


Opener = Callable[[], AbstractContextManager[HasDesks]]


@click.command("worker")
@click.pass_obj
def worker_command(opener: Opener) -> None:
    """Work on bulk checks and watch lists until interrupted; as many workers as you like may share them."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with opener() as services, watching(services.watch):
        run_worker(services.bulk, stop)


@click.command("verify-report")
@click.argument("report", type=FILE)
@click.option(
    "--root", required=True, help="the registry's public key (Multikey), from /.well-known/did.json"
)
@click.option("--results", type=FILE, help="the CSV of results, to be compared with the report")
def verify_report_command(report: Path, root: str, results: Path | None) -> None:
    """Verify the report of a bulk check, and that RESULTS is the file it speaks of. Exit code 0, or 16 when not."""
    try:
        found = read_report(report.read_bytes())
        verify_report(found, only(PublicKey.from_multikey(root)))
        if results:
            with results.open("rb") as file:
                check_results(found, file)
    except Refused as refused:
        words = error_words(refused)
        click.echo(f"{refused.code}\n{words['zh']}{words['mend_zh']}\n{words['en']} {words['mend_en']}")
        sys.exit(ALTERED)
    counts = "  ".join(f"{outcome} {count}" for outcome, count in found["outcomes"].items())
    click.echo(f"{found['employer']['name']}  {found['checkedUntil']}  {found['rows']}\n{counts}")
