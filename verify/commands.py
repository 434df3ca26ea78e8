"""Command line of the verifiers' room: verify, with the record or from saved lists alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from keys.pair import PublicKey
from registry.credential import china_date
from registry.problems import find_problem
from verify.offline import fits_holder, read_status_lists, verify_offline, verify_qr_offline
from verify.reasons import find_number
from verify.trust_list import read_trust_list
from verify.verdict import Check, Outcome, Result, Verdict

# 0 valid, 1 a wrong call (click's own), then one code an outcome
EXIT_CODES = {outcome: 0 if outcome is Outcome.VALID else 9 + place for place, outcome in enumerate(Outcome)}
HOLDER_DIFFERS = 18
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
SYMBOLS = {Result.PASSED: "✓", Result.FAILED: "✗", Result.UNKNOWN: "?"}


@click.command("verify")
@click.argument("document", required=False, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--qr", "text", help="the text of a QR, instead of a DOCUMENT")
@click.option("--trust", type=FILE, required=True, help="trust list, saved from /trust-list")
@click.option("--status", type=FILE, multiple=True, help="status list, saved from /status-lists/...; repeat")
@click.option("--root", help="the registry's public key (Multikey): the lists' signatures are then checked")
@click.option(
    "--trust-version",
    "known",
    type=int,
    default=0,
    help="the newest version you have seen: an older list is refused",
)
@click.option(
    "--id-number",
    "ask_number",
    is_flag=True,
    help="compare the holder's document number, asked for or read from standard input; QR only",
)
@click.option("--json", "as_json", is_flag=True, help="the verdict as JSON")
def verify_command(
    document: Path | None,
    text: str | None,
    trust: Path,
    status: tuple[Path, ...],
    root: str | None,
    known: int,
    *,
    ask_number: bool,
    as_json: bool,
) -> None:
    """Verify the signed certificate in DOCUMENT, or a QR, without network and database.

    DOCUMENT is a file with the certificate or with the text of its QR; - is standard input.
    Exit code 0 means valid; 10 revoked, 11 suspended, 12 expired, 13 not yet valid, 14 superseded, 15 untrusted,
    16 broken, 17 unknown, 18 the document number is another's.
    """
    if (document is None) == (text is None):
        raise click.UsageError("Give a DOCUMENT or --qr.")
    data = text.encode() if text is not None else _read(document)
    key = PublicKey.from_multikey(root) if root else None
    trusted = read_trust_list(trust.read_bytes(), root=key, not_before=known)
    lists = read_status_lists([path.read_bytes() for path in status], root=key and (trusted.root or key))
    now = datetime.now(UTC)
    if not _is_qr(data):
        if ask_number:
            raise click.UsageError("--id-number needs a QR.")
        verdict, holder = verify_offline(data, trusted, lists, at=now), None
    else:
        qr = data.decode("utf-8", "replace")
        verdict = verify_qr_offline(qr, trusted, lists, at=now)
        holder = _compare_holder(qr, verdict) if ask_number else None
    checks = (*verdict.checks, holder) if holder else verdict.checks
    click.echo(_as_json(verdict, checks) if as_json else _as_text(verdict, checks))
    sys.exit(_exit_code(verdict, holder))


def _read(document: Path | None) -> bytes:
    return sys.stdin.buffer.read() if document is None or str(document) == "-" else document.read_bytes()


def _is_qr(data: bytes) -> bool:
    return data.lstrip()[:4].lower() == b"http"


def _compare_holder(text: str, verdict: Verdict) -> Check | None:
    """Whether the number typed may be the holder's; None on a negative verdict, which ends the matter.

    The number comes from a prompt or standard input, never from the command line, which other users can read.
    """
    if verdict.face is None or verdict.outcome not in {Outcome.VALID, Outcome.UNKNOWN}:
        return None
    if fits_holder(text, _ask_number(), on=china_date(verdict.as_of)):
        return Check("holder", Result.PASSED, "holder.fits")
    return Check("holder", Result.FAILED, "holder.differs")


def _ask_number() -> str:
    if sys.stdin.isatty():
        typed: str = click.prompt("证件号码 document number", hide_input=True, err=True)
        return typed
    return sys.stdin.readline()


def _exit_code(verdict: Verdict, holder: Check | None) -> int:
    return HOLDER_DIFFERS if holder and holder.result is Result.FAILED else EXIT_CODES[verdict.outcome]


def _as_text(verdict: Verdict, checks: Sequence[Check]) -> str:
    lines = [verdict.outcome.value]
    for check in checks:
        problem = find_problem(check.code)
        number = "" if check.result is Result.PASSED else f"  {find_number(check.code) or ''}"
        lines.append(
            f"  {SYMBOLS[check.result]} {check.name:<14} {problem.zh.format_map(check.params)}{number}"
        )
    if verdict.outcome is Outcome.VALID and verdict.face:
        face = verdict.face
        lines.append(f"  {face.holder.name}  {face.occupation.zh}  {face.number}  {face.issuer.name}")
    return "\n".join(lines)


def _as_json(verdict: Verdict, checks: Sequence[Check]) -> str:
    rows = [
        {
            "name": one.name,
            "result": one.result.value,
            "code": one.code,
            "number": None if one.result is Result.PASSED else find_number(one.code),
        }
        for one in checks
    ]
    return json.dumps({"outcome": verdict.outcome.value, "checks": rows}, ensure_ascii=False)
