"""Answers as rows of text: CSV and NDJSON for people and programs, and the digest that a report signs. Pure.

The digest of a chunk of a thousand rows is the SHA-256 of its rows, each the JSON array of its cells (RFC 8785) and a
line feed. Cells are as in the CSV file, so that it does not matter how a program quotes them or ends its lines.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence

from registry.spreadsheet import BYTE_ORDER_MARK, safe_cell
from verify.bulk.answers import Answer

COLUMNS = (
    "row",
    "ref",
    "number",
    "name",
    "outcome",
    "reason",
    "code",
    "level",
    "occupation",
    "occupation_name",
    "assessor",
    "assessor_name",
    "issued_on",
    "zh",
    "en",
)
HEADINGS_ZH = (
    "行",
    "工号或备注",
    "证书编号",
    "姓名",
    "结论代码",
    "原因代码",
    "证书代码",
    "等级",
    "职业编码",
    "职业",
    "评价机构代码",
    "评价机构",
    "发证日期",
    "说明",
    "说明（英文）",
)
HEADINGS = {"zh": HEADINGS_ZH, "en": COLUMNS}
EVIDENCE_COLUMNS = ("row", "code", "outcome", "reason")  # what is kept when the names are deleted

Cells = list[str]

# RFC 8785 for arrays of texts: the shortest escapes, nothing beyond ASCII escaped
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def reason_of(row: Mapping[str, str]) -> dict[str, str]:
    """Why a row is answered so, in both languages, without the outcome that stands before it in the file."""
    return {"zh": row["zh"].partition("：")[2], "en": row["en"].partition(": ")[2]}


def cells_of(answer: Answer) -> Cells:
    """One answer as the cells of a row, safe in a spreadsheet."""
    row, certificate = answer.row, answer.told
    told = ("", "", "", "", "", "")
    if certificate:
        told = (
            certificate.level or "",
            certificate.occupation,
            certificate.occupation_name,
            certificate.assessor,
            certificate.assessor_name,
            certificate.issued_on.isoformat(),
        )
    sent = (str(row.position), row.ref, row.number, row.name)
    cells = (*sent, answer.outcome.value, answer.reason, answer.code, *told, *answer.words)
    return [safe_cell(cell) for cell in cells]


def evidence_of(answer: Answer) -> list[str | int]:
    """What is kept of an answer for years: which certificate, what was said. No name, no number."""
    return [answer.row.position, answer.code, answer.outcome.value, answer.reason]


def write_chunk(chunk: Iterable[Sequence[str]]) -> bytes:
    """A chunk of rows in the form that is digested and kept: a JSON array and a line feed each."""
    return "".join(f"{_ENCODER.encode(list(cells))}\n" for cells in chunk).encode()


def read_chunk(data: bytes) -> list[Cells]:
    """What `write_chunk` wrote."""
    return [json.loads(line) for line in data.splitlines()]


def digest(written: bytes) -> str:
    """The SHA-256 of a written chunk, in hexadecimal."""
    return hashlib.sha256(written).hexdigest()


def csv_head(language: str) -> str:
    """The first line of a results file, with the mark that Excel needs to read UTF-8."""
    return BYTE_ORDER_MARK + csv_lines([HEADINGS[language]])


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells as CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def ndjson_lines(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells as NDJSON, one object a row."""
    return "".join(
        json.dumps(dict(zip(COLUMNS, cells, strict=True)), ensure_ascii=False) + "\n" for cells in rows
    )
