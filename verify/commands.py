"""Command line of the verifiers' room: verify, with the record or from saved lists alone."""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from keys.errors import Refused
from keys.pair import PublicKey
from registry.credential import china_date
from registry.problems import error_words, find_problem
from verify.history import end_of_day
from verify.offline import (
    StatusLists,
    fits_holder,
    read_status_lists,
    verify_offline,
    verify_presentation_offline,
    verify_qr_offline,
    verify_token_offline,
)
from verify.presentation_check import is_presentation
from verify.reasons import find_number
from verify.token_check import is_token
from verify.trust_list import TrustList, read_trust_list
from verify.verdict import Check, Outcome, Result, Verdict

# 0 valid, 1 a wrong call (click's own), then one code an outcome
EXIT_CODES = {outcome: 0 if outcome is Outcome.VALID else 9 + place for place, outcome in enumerate(Outcome)}
HOLDER_DIFFERS = 18
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
SYMBOLS = {Result.PASSED: "✓", Result.FAILED: "✗", Result.UNKNOWN: "?"}


@dataclass(frozen=True)
class Asked:
    """What the command line gives, by the names of its options."""

    document: Path | None
    text: str | None
    trust: Path
    status: tuple[Path, ...]
    root: str | None
    known: int
    ask_number: bool
    day: datetime | None
    as_json: bool


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
@click.option(
    "--at",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="a day gone by, in China: what was true at its end too; needs status lists saved on that day",
)
@click.option("--json", "as_json", is_flag=True, help="the verdict as JSON")
def verify_command(**given: Any) -> None:
    """Verify the signed certificate in DOCUMENT, or a QR, without network and database.

    DOCUMENT is a file with the certificate (JSON, vc+jwt, jwt_vc_json or SD-JWT) or with the text of its QR; - is
    standard input. An SD-JWT is called valid only where it shows kind, level, occupation, place, accreditation and date
    of issue: without the record nothing else can be held against the accreditation.

    Exit code 0 means valid; 10 revoked, 11 suspended, 12 expired, 13 not yet valid, 14 superseded, 15 untrusted,
    16 broken, 17 unknown, 18 the document number is another's. With --at it is that day's.
    """
    asked = Asked(**given)
    if (asked.document is None) == (asked.text is None):
        raise click.UsageError("Give a DOCUMENT or --qr.")
    data = asked.text.encode() if asked.text is not None else _read(asked.document)
    if asked.ask_number and not _is_qr(data):
        raise click.UsageError("--id-number needs a QR.")
    verdict = _verify(data, asked, datetime.now(UTC))
    holder = _compare_holder(data.decode("utf-8", "replace"), verdict) if asked.ask_number else None
    checks = (*verdict.checks, holder) if holder else verdict.checks
    click.echo((_as_json if asked.as_json else _as_text)(verdict, checks, asked.day))
    sys.exit(_exit_code(verdict, holder))


def _verify(data: bytes, asked: Asked, now: datetime) -> Verdict:
    """The verdict now, and beside it the one of the day asked about, each from the lists that speak of it."""
    key = PublicKey.from_multikey(asked.root) if asked.root else None
    trusted = read_trust_list(asked.trust.read_bytes(), root=key, not_before=asked.known)
    files, signer = [path.read_bytes() for path in asked.status], key and (trusted.root or key)
    verdict = _judge(data, trusted, read_status_lists(files, root=signer), now)
    if asked.day is None:
        return verdict
    moment = _end_of(asked.day.date(), now)
    past = _judge(data, trusted, read_status_lists(files, root=signer, by=moment), moment)
    return replace(verdict, past=past)


def _judge(data: bytes, trusted: TrustList, lists: StatusLists, at: datetime) -> Verdict:
    """The verdict on whatever was given: what it is, its first characters tell, as for a file sent to the service."""
    if _is_qr(data):
        return verify_qr_offline(data.decode("utf-8", "replace"), trusted, lists, at=at)
    if is_presentation(data):
        return verify_presentation_offline(data.decode("utf-8", "replace"), trusted, lists, at=at).verdict
    if is_token(data):
        return verify_token_offline(data.decode("ascii"), trusted, lists, at=at)
    return verify_offline(data, trusted, lists, at=at)


def _end_of(day: date, now: datetime) -> datetime:
    try:
        return end_of_day(day, now=now)
    except Refused as refused:
        words = error_words(refused)
        raise click.BadParameter(f"{words['zh']} {words['en']}", param_hint="--at") from None


def _read(document: Path | None) -> bytes:
    data = sys.stdin.buffer.read() if document is None or str(document) == "-" else document.read_bytes()
    return data.removeprefix(BOM_UTF8)  # editors put it before a text that was pasted and saved


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
    if holder and holder.result is Result.FAILED:
        return HOLDER_DIFFERS
    return EXIT_CODES[(verdict.past or verdict).outcome]


def _as_text(verdict: Verdict, checks: Sequence[Check], day: datetime | None) -> str:
    lines = [verdict.outcome.value, *_check_lines(checks)]
    if verdict.outcome is Outcome.VALID and verdict.face:
        face = verdict.face
        lines.append(f"  {face.holder.name}  {face.occupation.zh}  {face.number}  {face.issuer.name}")
    if verdict.past and day:
        lines += [f"{day:%Y-%m-%d}: {verdict.past.outcome.value}", *_check_lines(verdict.past.checks)]
    return "\n".join(lines)


def _check_lines(checks: Sequence[Check]) -> Iterator[str]:
    for check in checks:
        problem = find_problem(check.code)
        number = "" if check.result is Result.PASSED else f"  {find_number(check.code) or ''}"
        yield f"  {SYMBOLS[check.result]} {check.name:<14} {problem.say('zh', check.params)}{number}"


def _as_json(verdict: Verdict, checks: Sequence[Check], day: datetime | None) -> str:
    answer: dict[str, object] = {"outcome": verdict.outcome.value, "checks": _check_rows(checks)}
    if verdict.past and day:
        past = {"outcome": verdict.past.outcome.value, "checks": _check_rows(verdict.past.checks)}
        answer["at"] = {"day": f"{day:%Y-%m-%d}", **past}
    return json.dumps(answer, ensure_ascii=False)


def _check_rows(checks: Sequence[Check]) -> list[dict[str, object]]:
    return [
        {
            "name": one.name,
            "result": one.result.value,
            "code": one.code,
            "number": None if one.result is Result.PASSED else find_number(one.code),
        }
        for one in checks
    ]
