"""Command line of bulk checks: verifying a report later, without the service."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from keys.errors import Refused
from keys.pair import PublicKey
from registry.problems import error_words
from verify.bulk.report import check_results, read_report, verify_report
from verify.trust_list import only

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
ALTERED = 16  # as of ``verify``: broken


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
