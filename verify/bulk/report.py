"""The report of a job: what was asked and answered, signed by the registry, so that it verifies years later. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from issuers.employers import Employer
from keys.errors import Refused
from keys.pair import PublicKey
from keys.proof import Proof, verify
from keys.strict_json import loads
from registry.levels import levels as ladder
from registry.view import Json, describe_instant
from verify.bulk.limits import CHUNK_ROWS, EVIDENCE_LIFE, RESULT_LIFE
from verify.bulk.results import COLUMNS, digest, write_chunk

TYPE = "BulkVerificationReport"
MAX_BYTES = 64 * 1024  # of a report: 100 digests of 64 characters and a page of words
MAX_ROW = 16 * 1024  # characters of one line of results


@dataclass(frozen=True)
class ChunkDigest:
    """The digest of a chunk of results and when it was judged (RFC 3339)."""

    rows: int
    sha256: str
    checked_at: str


def build_report(
    job: Mapping[str, Any],
    employer: Employer,
    chunks: Sequence[ChunkDigest],
    outcomes: Mapping[str, int],
    levels: Mapping[str, int],
    *,
    origin: str,
) -> Json:
    """The unsigned report of a finished job.

    ``validByLevel`` counts the valid rows by skill level: with a list of its staff this is the employer's signed
    statement for funding (DG-13) and bids (NM-13). ``asOf`` is there where a day gone by was asked about: then outcomes
    and counts are those of its end in China, while ``checkedFrom`` and ``checkedUntil`` say when that was looked up.
    """
    return {
        "type": TYPE,
        "id": f"{origin}/api/v1/verifications/bulk/{job['_id']}/report",
        "registry": origin,
        "job": job["_id"],
        "employer": {"id": employer.id, "name": employer.name, "creditCode": employer.credit_code},
        "askedBy": job["by"],
        "receivedAt": describe_instant(job["received_at"]),
        **({"asOf": job["day"]} if "day" in job else {}),
        "checkedFrom": min(chunk.checked_at for chunk in chunks),
        "checkedUntil": max(chunk.checked_at for chunk in chunks),
        "input": dict(job["facts"]),
        "rows": job["rows"],
        "outcomes": dict(sorted(outcomes.items())),
        "validByLevel": {level.id: levels[level.id] for level in ladder() if levels.get(level.id)},
        "results": {
            "columns": list(COLUMNS),
            "chunkRows": CHUNK_ROWS,
            "digest": "SHA-256 over the rows of a chunk, each the JSON array of its CSV cells and a line feed",
            "chunks": [{"sha256": chunk.sha256, "checkedAt": chunk.checked_at} for chunk in chunks],
        },
        "retention": {
            "resultsDays": RESULT_LIFE.days,
            "evidenceDays": EVIDENCE_LIFE.days,
            "zh": "名单在核验后立即删除；带姓名的结果到期删除；仅保留证书代码、结论和本报告，作为已经查验的凭据。",
            "en": "The list is deleted once checked, results with names when their time is over; certificate codes, "
            "outcomes and this report stay as evidence of the check.",
        },
    }


def read_report(data: bytes) -> Json:
    """A report from its bytes, not yet verified. Refused ``json.*``, ``report.malformed``."""
    parsed = loads(data, max_bytes=MAX_BYTES)
    if not isinstance(parsed, dict) or parsed.get("type") != TYPE:
        raise Refused("report.malformed")
    return parsed


def verify_report(report: Mapping[str, Any], find_key: Callable[[Proof], PublicKey]) -> Proof:
    """The proof of a report whose signature is good. Refused ``proof.*``, ``key.*``."""
    return verify(report, find_key)


def check_results(report: Mapping[str, Any], results: IO[bytes]) -> None:
    """That a CSV file of results is the one that the report speaks of, row by row.

    Refused ``report.malformed``, ``report.results_unreadable``, ``report.results_differ`` with the first row of the
    chunk that differs, counted in the file without its heading.
    """
    try:
        expected, size = (
            [chunk["sha256"] for chunk in report["results"]["chunks"]],
            report["results"]["chunkRows"],
        )
        rows = int(report["rows"])
    except (KeyError, TypeError, ValueError):
        raise Refused("report.malformed") from None
    if not isinstance(size, int) or size < 1:
        raise Refused("report.malformed")
    table, found = _read_cells(results), 0
    for place, sha256 in enumerate(expected):
        chunk = [cells for _, cells in zip(range(size), table, strict=False)]
        found += len(chunk)
        if digest(write_chunk(chunk)) != sha256:
            raise Refused("report.results_differ", row=place * size + 1)
    if found != rows or next(table, None) is not None:
        raise Refused("report.results_differ", row=found + 1)


def _read_cells(results: IO[bytes]) -> Iterator[list[str]]:
    text = io.TextIOWrapper(results, "utf-8-sig", newline="")
    try:
        table = csv.reader(text)
        next(table, None)
        for cells in table:
            if len(cells) != len(COLUMNS) or sum(map(len, cells)) > MAX_ROW:
                raise Refused("report.results_unreadable")
            yield cells
    except (UnicodeDecodeError, csv.Error):
        raise Refused("report.results_unreadable") from None
    finally:
        if not results.closed:
            text.detach()  # the caller closes the file
