"""Rows of cells out of an upload: CSV (UTF-8, GBK, UTF-16) or XLSX, told apart by their first bytes.

Nothing is held but one row, except an XLSX file's table of texts: that is bounded before it is read.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import IO, Any
from xml.etree.ElementTree import (
    ParseError,
)  # the error only; expat 2.4 and later stops an XML bomb by itself

from openpyxl import load_workbook

from keys.errors import Refused
from registry.folding import fold, narrow

MAX_ZIP_MEMBERS = 500  # a plain workbook has about ten
MAX_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number and rounds the rest
PIECE = 1 << 16
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# What openpyxl raises for files that are no workbooks. (An XML bomb ends in a ParseError of expat, 2.4 and later.)
_NOT_A_WORKBOOK = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Bounds:
    """What a file may be. ``unpacked`` is bytes of a workbook; ``ratio`` unpacked to packed, of larger ones."""

    columns: int
    unpacked: int
    ratio: int = 200  # worksheets shrink to a tenth or a thirtieth; a bomb to less than a thousandth
    spared: int = (
        16 * 1024 * 1024
    )  # bytes unpacked that are no danger at any ratio: repetitive lists shrink well


def is_workbook(file: IO[bytes]) -> bool:
    """Whether the file begins as an XLSX does; it is left at its beginning."""
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    return start == b"PK\x03\x04"


def read_cells(file: IO[bytes], bounds: Bounds) -> Iterator[list[str]]:
    """The rows of an upload as texts, empty ones too, in its order.

    Refused ``sheet.encoding``, ``sheet.csv``, ``sheet.columns``, ``sheet.xlsx``, ``sheet.xlsx_too_large``.
    """
    for cells in _read_xlsx(file, bounds) if is_workbook(file) else _read_csv(file):
        if len(cells) > bounds.columns:
            raise Refused("sheet.columns", field="file", limit=bounds.columns)
        yield cells


def heading_key(text: str) -> str:
    """A heading as it is compared: folded, without spaces and signs."""
    return "".join(filter(str.isalnum, fold(narrow(text))))


def digest_of(file: IO[bytes]) -> str:
    """The SHA-256 of a file, in hexadecimal; it is left at its beginning."""
    total = hashlib.sha256()
    file.seek(0)
    while piece := file.read(PIECE):
        total.update(piece)
    file.seek(0)
    return total.hexdigest()


def check_zip(file: IO[bytes], bounds: Bounds) -> None:
    """Refuse a zip bomb by the sizes it declares: `zipfile` reads no byte beyond them."""
    try:
        with zipfile.ZipFile(file) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Refused("sheet.xlsx", field="file") from None
    unpacked, size = sum(one.file_size for one in members), sum(one.compress_size for one in members)
    is_bomb = unpacked > bounds.spared and unpacked > bounds.ratio * size
    if len(members) > MAX_ZIP_MEMBERS or unpacked > bounds.unpacked or is_bomb:
        raise Refused("sheet.xlsx_too_large", field="file")
    file.seek(0)


def _read_csv(file: IO[bytes]) -> Iterator[list[str]]:
    text = io.TextIOWrapper(file, _find_encoding(file), newline="")
    try:
        delimiter = _find_delimiter(text.readline(PIECE))
        text.seek(0)
        yield from csv.reader(text, delimiter=delimiter)
    except csv.Error:
        raise Refused("sheet.csv", field="file") from None
    finally:
        if not file.closed:
            text.detach()  # the caller closes the file


def _find_encoding(file: IO[bytes]) -> str:
    start = file.read(4)
    for mark, name in _BOMS:
        if start.startswith(mark):
            candidates = [name]
            break
    else:
        candidates = ["utf-8", "gb18030"]  # what Excel in China saves as CSV is GBK; GB 18030 contains it
    for encoding in candidates:
        file.seek(0)
        if _decodes(file, encoding):
            file.seek(0)
            return encoding
    raise Refused("sheet.encoding", field="file")


def _decodes(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := file.read(PIECE):
            if "\0" in decoder.decode(piece):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _find_delimiter(line: str) -> str:
    return max(",\t;", key=line.count)


def _read_xlsx(file: IO[bytes], bounds: Bounds) -> Iterator[list[str]]:
    check_zip(file, bounds)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet: Any = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its own size is not believed
        for cells in sheet.iter_rows(max_col=bounds.columns, values_only=True):
            yield ["" if cell is None else _text(cell) for cell in cells]
    except Refused:
        raise
    except _NOT_A_WORKBOOK:
        raise Refused("sheet.xlsx", field="file") from None


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < MAX_EXACT:
        return str(int(cell))
    if isinstance(cell, int | float) and abs(cell) >= MAX_EXACT:
        return f"{cell:.5E}"  # as the spreadsheet shows it: the row is answered with that as its problem
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return str(cell)
