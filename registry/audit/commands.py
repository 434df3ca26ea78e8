"""Command line of the trail: verify the chain, export it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import click

from keys.strict_json import loads
from registry.audit.checking import check_trail
from registry.audit.entries import shown
from registry.audit.trail import Trail
from registry.commands import Opener

BROKEN = 1  # exit status


@click.group("audit")
def audit_commands() -> None:
    """The trail: every act, chained by hashes."""


@audit_commands.command("verify")
@click.option(
    "--head", type=click.Path(path_type=Path, exists=True), help="a head kept from /audit/head earlier"
)
@click.pass_obj
def verify(opener: Opener, head: Path | None) -> None:
    """Walk the whole chain and say where it breaks. Exit status 1 where it does."""
    kept = cast("Mapping[str, Any]", loads(head.read_bytes())) if head else None
    with opener() as services:
        trail = Trail(services.registry.database)
        walked = check_trail(trail, progress=lambda seq: click.echo(f"  {seq:,}", err=True), kept=kept)
    if walked.broken:
        click.echo(f"broken at no. {walked.broken.seq} ({walked.broken.how}); whole up to no. {walked.seq}")
        sys.exit(BROKEN)
    click.echo(f"whole up to no. {walked.seq}  {walked.hash}")


@audit_commands.command("export")
@click.option("--after", default=0, help="number of the last entry that is already kept")
@click.pass_obj
def export(opener: Opener, after: int) -> None:
    """Write entries as NDJSON, in order, each with everything its hash covers."""
    with opener() as services:
        for entry in Trail(services.registry.database).walk(after=after):
            click.echo(json.dumps(shown(entry), ensure_ascii=False))
