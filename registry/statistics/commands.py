"""Command line of the statistics: count events until stopped, or count everything anew."""

from __future__ import annotations

import signal
from threading import Event

import click

from registry.commands import Opener
from registry.statistics.projector import projecting
from registry.statistics.rebuilding import rebuild


@click.group("statistics")
def statistics_commands() -> None:
    """Counters of certificates: kept as events happen."""


@statistics_commands.command("follow")
@click.pass_obj
def follow_command(opener: Opener) -> None:
    """Count events until interrupted, beside a server that runs elsewhere."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with opener() as services, projecting(services.registry.database, services.registry.clock):
        stop.wait()


@statistics_commands.command("rebuild")
@click.pass_obj
def rebuild_command(opener: Opener) -> None:
    """Count the whole record anew. Pages show the old figures until it is done."""
    with opener() as services:
        pointer = rebuild(services.registry.database, at=services.registry.clock())
        found = services.registry.database["statistics"].count_documents({})
        click.echo(f"{pointer['generation']}  {found} counters")
