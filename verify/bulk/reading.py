"""Rows out of an upload: CSV (UTF-8, GBK, UTF-16), XLSX or NDJSON, told apart by their first bytes.

Nothing is held but one row, except an XLSX file's table of texts: that is bounded before it is read.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Any
from xml.etree.ElementTree import (
    ParseError,
)  # the error only; expat 2.4 and later stops an XML bomb by itself

from openpyxl import load_workbook

from keys.errors import Refused
from keys.strict_json import loads
from verify.bulk.limits import MAX_ROWS
from verify.bulk.rows import Row, find_fields, make_row, unreadable

MAX_COLUMNS = 40  # lists of people have a dozen or two; we read at most six of them
MAX_LINE = 8_192  # bytes of a line of NDJSON: a QR text of 1,000 characters, escaped, and a name
MAX_ZIP_MEMBERS = 500  # a plain workbook has about ten
MAX_UNPACKED = 160 * 1024 * 1024  # bytes: 100,000 rows with a QR text each unpack to about 60 MB
MAX_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number and rounds the rest
_PIECE = 1 << 16
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


def find_format(file: IO[bytes]) -> str:
    """``xlsx``, ``ndjson`` or ``csv``; the file is left at its beginning."""
    file.seek(0)
    start = file.read(512)
    file.seek(0)
    if start.startswith(b"PK\x03\x04"):
        return "xlsx"
    return "ndjson" if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "csv"


def read_rows(file: IO[bytes]) -> Iterator[Row]:
    """The rows of an upload, in its order.

    Refused ``bulk.no_rows``, ``bulk.too_many_rows``, ``bulk.no_heading``, ``bulk.encoding``, ``bulk.csv``,
    ``bulk.xlsx``, ``bulk.xlsx_too_large``. A single row that cannot be asked is a `Row` with its problem.
    """
    readers = {"xlsx": _read_xlsx, "ndjson": _read_ndjson, "csv": _read_csv}
    count = 0
    for count, row in enumerate(readers[find_format(file)](file), start=1):
        if count > MAX_ROWS:
            raise Refused("bulk.too_many_rows", field="file", limit=MAX_ROWS)
        yield row
    if not count:
        raise Refused("bulk.no_rows", field="file")


def _read_csv(file: IO[bytes]) -> Iterator[Row]:
    encoding = _find_encoding(file)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        delimiter = _find_delimiter(text.readline(_PIECE))
        text.seek(0)
        yield from _read_table(csv.reader(text, delimiter=delimiter))
    except csv.Error:
        raise Refused("bulk.csv", field="file") from None
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
    raise Refused("bulk.encoding", field="file")


def _decodes(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := file.read(_PIECE):
            if "\0" in decoder.decode(piece):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _find_delimiter(line: str) -> str:
    return max(",\t;", key=line.count)


def _read_table(table: Iterable[list[str]]) -> Iterator[Row]:
    """Rows of cells: a heading row first, or a single column of codes, QR texts without one."""
    fields: list[str | None] | None = None
    for position, cells in enumerate(table, start=1):
        if len(cells) > MAX_COLUMNS:
            raise Refused("bulk.csv", field="file")
        if not any(cell.strip() for cell in cells):
            continue
        if fields is None:
            fields = find_fields(cells)
            if fields:
                continue
            fields = _without_heading(cells)
        yield make_row(position, _values(fields, cells))


def _without_heading(cells: list[str]) -> list[str | None]:
    if sum(1 for cell in cells if cell.strip()) > 1:
        raise Refused("bulk.no_heading", field="file")
    return ["code"]  # an address there is read as a QR text


def _values(fields: list[str | None], cells: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, cell in zip(fields, cells, strict=False):
        if name and not values.get(name):  # two columns of one meaning: the first that says something
            values[name] = cell
    return values


def _read_ndjson(file: IO[bytes]) -> Iterator[Row]:
    position = 0
    while line := file.readline(MAX_LINE + 1):
        position += 1
        if len(line) > MAX_LINE:
            _skip_line(file, line)
            yield unreadable(position)
        elif line.strip():
            yield _read_line(position, line)


def _skip_line(file: IO[bytes], line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = file.readline(_PIECE)


def _read_line(position: int, line: bytes) -> Row:
    try:
        parsed = loads(line.strip().removeprefix(codecs.BOM_UTF8), max_depth=2)
    except Refused:
        return unreadable(position)
    if not isinstance(parsed, dict) or not all(isinstance(value, str) for value in parsed.values()):
        return unreadable(position)
    fields = find_fields(list(parsed))
    if fields is None or None in fields:  # a misspelt member would otherwise go unasked
        return unreadable(position)
    return make_row(position, _values(fields, [str(value) for value in parsed.values()]))


def _read_xlsx(file: IO[bytes]) -> Iterator[Row]:
    _check_zip(file)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet: Any = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its own size is not believed
        table = sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True)
        yield from _read_table(["" if cell is None else _text(cell) for cell in cells] for cells in table)
    except Refused:
        raise
    except _NOT_A_WORKBOOK:
        raise Refused("bulk.xlsx", field="file") from None


def _check_zip(file: IO[bytes]) -> None:
    """Refuse a zip bomb by the sizes it declares: `zipfile` reads no byte beyond them."""
    try:
        with zipfile.ZipFile(file) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Refused("bulk.xlsx", field="file") from None
    if len(members) > MAX_ZIP_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise Refused("bulk.xlsx_too_large", field="file")
    file.seek(0)


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < MAX_EXACT:
        return str(int(cell))
    if isinstance(cell, int | float) and abs(cell) >= MAX_EXACT:
        return f"{cell:.5E}"  # as the spreadsheet shows it: the row is answered with that as its problem
    return str(cell)
