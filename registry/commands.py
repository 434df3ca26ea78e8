"""Command line of the registry room: keys and doctor. Every room's commands get an opener for the parts they need."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, BinaryIO, Protocol

import click
import orjson
import pymongo

from keys.errors import Refused
from registry.credential import CHINA
from registry.keyrings import REGISTRY
from registry.mongo import is_available
from registry.problems import error_words
from registry.services import Registry
from registry.settings import Settings, describe_settings
from registry.view import describe_instant, describe_record

PROGRESS = 10_000  # certificates between two lines of progress: a few seconds


class HasRegistry(Protocol):
    """Parts that hold the registry."""

    @property
    def registry(self) -> Registry:
        """The registry."""


Opener = Callable[[], AbstractContextManager[HasRegistry]]


@click.group("keys")
def keys_commands() -> None:
    """Keys of the registry and its assessors (OWNER: "registry" or an assessor's id)."""


@keys_commands.command("list")
@click.argument("owner", default=REGISTRY)
@click.pass_obj
def list_keys(opener: Opener, owner: str) -> None:
    """List the owner's keys and their states."""
    with opener() as services:
        for key in services.registry.keyrings.ring(owner).keys:
            click.echo(
                f"{key.state.value:<12}{key.public.algorithm.value:<9}{describe_instant(key.created)}  {key.id}"
            )


@keys_commands.command("rotate")
@click.argument("owner", default=REGISTRY)
@click.pass_obj
def rotate_key(opener: Opener, owner: str) -> None:
    """Make a new key the active one; certificates signed before go on verifying."""
    with opener() as services:
        registry = services.registry
        click.echo(registry.keyrings.rotate(owner, at=registry.clock()).active.id)


@keys_commands.command("compromise")
@click.argument("owner")
@click.argument("key_id")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), required=True, help="with offset, +00:00"
)
@click.pass_obj
def compromise_key(opener: Opener, owner: str, key_id: str, since: object) -> None:
    """Declare a key compromised: what was recorded under it from then on is no longer trusted."""
    with opener() as services:
        ring = services.registry.keyrings.compromise(owner, key_id, since=since)  # type: ignore[arg-type]
        click.echo(ring.find(key_id).state.value)


@click.command("export")
@click.option("--assessor", help="only this assessor's, by its 13-character id")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="only what was recorded from that day on")
@click.option(
    "--to", "target", type=click.File("wb", lazy=False), default="-", help="a file; else standard output"
)
@click.pass_obj
def export_command(opener: Opener, assessor: str | None, since: datetime | None, target: BinaryIO) -> None:
    """Write the record as one JSON object a line: the exact signed text of each certificate, its state and history.

    What is sealed (identity numbers, marks) stays sealed and is not written.
    """
    with opener() as services, pymongo.timeout(None):
        record = services.registry.record
        start = since.replace(tzinfo=CHINA) if since else None
        written = 0
        for one in record.each(assessor=assessor, since=start):
            target.write(orjson.dumps(describe_record(one)) + b"\n")
            written += 1
            if written % PROGRESS == 0:
                click.echo(f"{written:,} of about {record.estimate():,}", err=True)
        click.echo(f"{written:,} certificates", err=True)


@click.command("doctor")
@click.option("--settings", "show_settings", is_flag=True, help="only list every setting and its default")
@click.pass_context
def doctor_command(context: click.Context, *, show_settings: bool) -> None:
    """Say what is set, what is there and what is missing."""
    if show_settings:
        for name, default, help_line, _ in describe_settings():
            click.echo(f"{name:<18}{default or '-':<20}{help_line}")
        return
    settings: Settings = context.meta["settings"]
    _report("Python", sys.version.split()[0], found=True)
    _report("public address", settings.origin, found=True)
    _report("master key", str(settings.master_key_path), found=settings.master_key_path.is_file())
    try:
        with context.obj() as services:
            registry: Registry = services.registry
            _report("MongoDB", "writable", found=is_available(registry.database))
            _report("registry key", registry.keyrings.ring(REGISTRY).active.id, found=True)
    except Refused as refused:
        words = error_words(refused)
        _report("MongoDB and keys", f"{words['en']} {words['mend_en']}", found=False)
        context.exit(1)


@click.command("index-names")
@click.pass_obj
def index_names_command(opener: Callable[[], AbstractContextManager[Any]]) -> None:
    """Let certificates that are older than the search by name be found by it. Safe to run again."""
    with opener() as services:
        click.echo(services.registry.searching.index_names(services.registry.vault))


def _report(name: str, value: str, *, found: bool) -> None:
    click.echo(f"{'ok     ' if found else 'missing'}  {name:<16} {value}")
