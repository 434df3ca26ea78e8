"""What a batch keeps of people while it waits, sealed: rows, and mistakes with the values that stand there."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any

import orjson

from issuers.batches.columns import Heading
from issuers.batches.findings import Finding
from issuers.batches.reading import Row
from keys.vault import Vault


@dataclass(frozen=True)
class Told:
    """One mistake as a report tells it: row, field, cell such as C12, value as typed, code and params."""

    row: int
    column: str
    cell: str
    value: str
    code: str
    params: Mapping[str, object]


def tell(findings: Iterable[Finding], heading: Heading) -> list[Told]:
    """Findings with the cells they stand in."""
    return [
        Told(one.row, one.column, heading.cell(one.column, one.row), one.value, one.code, one.params)
        for one in findings
    ]


@dataclass(frozen=True)
class Box:
    """Seals and opens what belongs to a part and chunk, and to no other."""

    vault: Vault

    def seal(self, plain: bytes, place: str) -> bytes:
        """Compressed (a third of the size for little time) and sealed to ``place``."""
        return self.vault.seal(zlib.compress(plain, 1), context=f"batch {place}")

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed to ``place``."""
        return zlib.decompress(self.vault.open(sealed, context=f"batch {place}"))

    def seal_rows(self, rows: Iterable[Row], part: str, n: int) -> bytes:
        """The rows of a chunk."""
        return self.seal(_json([[row.position, row.values] for row in rows]), f"{part} {n} input")

    def seal_findings(self, findings: Iterable[Told], part: str, n: int) -> bytes:
        """The mistakes of a chunk."""
        return self.seal(_json([astuple(one) for one in findings]), f"{part} {n} findings")

    def rows(self, chunk: Mapping[str, Any]) -> list[Row]:
        """The rows of a chunk that is not done."""
        return [Row(position, values) for position, values in self._read(chunk, "input")]

    def findings(self, chunk: Mapping[str, Any]) -> list[Told]:
        """The mistakes of a chunk; none where they are forgotten."""
        return [Told(*one) for one in self._read(chunk, "findings")] if "findings" in chunk else []

    def _read(self, chunk: Mapping[str, Any], what: str) -> Any:
        return orjson.loads(self.open(chunk[what], f"{chunk['part']} {chunk['n']} {what}"))


def _json(value: object) -> bytes:
    return orjson.dumps(value)
