"""Files about a batch: its mistakes, and what became of each row; safe in a spreadsheet, readable in Excel."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from issuers.batches.chunks import Document
from issuers.batches.columns import find_column
from issuers.batches.desk import BatchDesk
from issuers.batches.sealing import Told
from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.claiming import claim_link
from registry.people import open_holder
from registry.problems import error_words
from registry.spreadsheet import BYTE_ORDER_MARK, safe_cell

ERROR_HEADINGS = {
    "zh": ("行", "单元格", "列", "填写的内容", "原因代码", "原因", "怎样改正"),
    "en": ("row", "cell", "column", "value", "reason code", "reason", "how to mend it"),
}
RESULT_HEADINGS = {
    "zh": ("行", "姓名", "证书编号", "查验链接", "领取链接", "未签发原因", "说明"),
    "en": ("row", "name", "certificate number", "verify", "claim", "reason code", "reason"),
}


@dataclass(frozen=True)
class Result:
    """What became of a row: a certificate with its holder's name and links, or the code of what stood in the way."""

    row: int
    name: str = field(default="", repr=False)
    number: str = ""
    code: str = field(default="", repr=False)
    verify: str = field(default="", repr=False)
    claim: str = field(default="", repr=False)
    reason: str = ""


def results(desk: BatchDesk, batch: Document, *, first: int = 0) -> Iterator[list[Result]]:
    """What became of the rows so far, a chunk at a time, in order, from chunk ``first`` on."""
    for chunk in desk.batches.chunks.each(batch.get("part", ""), "issued", "failed", first=first):
        issued = chunk.get("issued", [])
        codes = [code for *_, code in issued]
        records = {one.code: one for one in desk.registry.record.find_all(codes=codes, numbers=())}
        found = [_result(desk, row, records[code]) for row, _, code in issued]
        failed = [Result(row, reason=reason) for row, reason in chunk.get("failed", [])]
        yield sorted(found + failed, key=lambda one: one.row)


def issued_numbers(desk: BatchDesk, batch: Document) -> Iterator[str]:
    """The numbers of what was issued so far, in the order of the list; opens no record."""
    for chunk in desk.batches.chunks.each(batch.get("part", ""), "issued"):
        yield from (number for _, number, _ in sorted(chunk.get("issued", [])))


def result_lines(desk: BatchDesk, batch: Document, language: str) -> Iterator[str]:
    """The results as CSV, a piece at a time."""
    yield BYTE_ORDER_MARK + _lines([RESULT_HEADINGS[language]])
    for chunk in results(desk, batch):
        yield _lines(_result_cells(one, language) for one in chunk)


def error_lines(told: Iterable[Told], language: str) -> Iterator[str]:
    """Mistakes as CSV, a line at a time."""
    yield BYTE_ORDER_MARK + _lines([ERROR_HEADINGS[language]])
    for one in told:
        words = why(one.code, **one.params)
        column = find_column(one.column)
        name = column.zh if language == "zh" else column.en
        reason, mend = words[language], words[f"mend_{language}"]
        yield _lines([(str(one.row), one.cell, name, one.value, one.code, reason, mend)])


def why(code: str, **params: object) -> dict[str, str]:
    """A reason and how to mend it, in both languages."""
    return error_words(Refused(code, **params))  # type: ignore[arg-type] # params of a refusal, from JSON


def _result(desk: BatchDesk, row: int, record: CertificateRecord) -> Result:
    here = desk.registry
    holder = open_holder(here.vault, record.holder, code=record.code)
    origin = here.settings.origin
    return Result(
        row,
        holder.name,
        record.number,
        record.code,
        f"{origin}/v/{record.code}",
        claim_link(here.vault, origin, record.code),
    )


def _result_cells(one: Result, language: str) -> tuple[str, ...]:
    words = why(one.reason)[language] if one.reason else ""
    return (str(one.row), one.name, one.number, one.verify, one.claim, one.reason, words)


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue()
