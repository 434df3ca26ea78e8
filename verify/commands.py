"""Command line of the verifiers' room: verify, with the record or from saved lists alone."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from keys.pair import PublicKey
from registry.problems import find_problem
from verify.offline import read_status_lists, verify_offline
from verify.trust_list import read_trust_list
from verify.verdict import Outcome, Result, Verdict

# 0 valid, 1 a wrong call (click's own), then one code an outcome
EXIT_CODES = {outcome: 0 if outcome is Outcome.VALID else 9 + place for place, outcome in enumerate(Outcome)}
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
SYMBOLS = {Result.PASSED: "✓", Result.FAILED: "✗", Result.UNKNOWN: "?"}


@click.command("verify")
@click.argument("document", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--trust", type=FILE, required=True, help="trust list, saved from /trust-list")
@click.option("--status", type=FILE, multiple=True, help="status list, saved from /status-lists/...; repeat")
@click.option("--root", help="the registry's public key (Multikey): the lists' signatures are then checked")
@click.option("--json", "as_json", is_flag=True, help="the verdict as JSON")
def verify_command(
    document: Path, trust: Path, status: tuple[Path, ...], root: str | None, *, as_json: bool
) -> None:
    """Verify the signed certificate in DOCUMENT (- is standard input) without network and database.

    Exit code 0 means valid; 10 revoked, 11 suspended, 12 expired, 13 not yet valid, 14 superseded, 15 untrusted,
    16 broken, 17 unknown.
    """
    key = PublicKey.from_multikey(root) if root else None
    data = sys.stdin.buffer.read() if str(document) == "-" else document.read_bytes()
    lists = read_status_lists([path.read_bytes() for path in status], root=key)
    verdict = verify_offline(data, read_trust_list(trust.read_bytes(), root=key), lists, at=datetime.now(UTC))
    click.echo(_as_json(verdict) if as_json else _as_text(verdict))
    sys.exit(EXIT_CODES[verdict.outcome])


def _as_text(verdict: Verdict) -> str:
    lines = [verdict.outcome.value]
    for check in verdict.checks:
        problem = find_problem(check.code)
        lines.append(f"  {SYMBOLS[check.result]} {check.name:<14} {problem.zh.format_map(check.params)}")
    if verdict.outcome is Outcome.VALID and verdict.face:
        face = verdict.face
        lines.append(f"  {face.holder.name}  {face.occupation.zh}  {face.number}  {face.issuer.name}")
    return "\n".join(lines)


def _as_json(verdict: Verdict) -> str:
    checks = [{"name": one.name, "result": one.result.value, "code": one.code} for one in verdict.checks]
    return json.dumps({"outcome": verdict.outcome.value, "checks": checks}, ensure_ascii=False)
