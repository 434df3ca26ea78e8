"""One row of an employer's list: what it asks, and which column says what. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from registry.folding import narrow
from registry.sheets import heading_key
from verify.gate_text import MAX_TEXT

FIELDS = ("code", "qr", "number", "name", "id_number", "ref")
LONGEST = {"code": 64, "qr": MAX_TEXT, "number": 64, "name": 200, "id_number": 64, "ref": 64}  # characters

# Headings of columns, folded and without spaces and signs.
_HEADINGS = {
    "code": ("code", "verificationcode", "代码", "查验码", "核验码", "验证码"),
    "qr": ("qr", "qrcode", "qrtext", "二维码", "二维码内容", "二维码文字"),
    "number": (
        "number",
        "certificatenumber",
        "certificateno",
        "no",
        "编号",
        "证书编号",
        "证书号",
        "证书号码",
    ),
    "name": ("name", "holder", "holdername", "姓名", "持证人", "持证人姓名"),
    "id_number": ("idnumber", "idno", "documentnumber", "证件号码", "证件号", "身份证号", "身份证号码"),
    "ref": ("ref", "reference", "employeenumber", "工号", "员工编号", "备注"),
}
TEMPLATE = {
    "zh": ("证书编号", "姓名", "证件号码", "代码", "二维码", "工号"),
    "en": ("number", "name", "id number", "code", "qr", "ref"),
}
"""The headings of the empty list that we hand out, in either language."""
_FIELD_OF = {heading: name for name, headings in _HEADINGS.items() for heading in headings}
_ROUNDED = re.compile(r"\d(\.\d+)?E\+\d{1,2}", re.IGNORECASE)  # what a spreadsheet makes of 18 digits


@dataclass(frozen=True)
class Row:
    """A row as sent. ``position`` counts as a spreadsheet does; ``problem`` is why it cannot be asked."""

    position: int
    code: str = ""
    qr: str = field(default="", repr=False)
    number: str = ""
    name: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)
    ref: str = ""
    problem: str = ""


def find_fields(cells: Sequence[str]) -> list[str | None] | None:
    """Which field each column of a heading row is, None for one we do not read; None when it is no heading row."""
    found = [_FIELD_OF.get(heading_key(cell)) for cell in cells]
    return found if set(found) & {"code", "qr", "number"} else None


def make_row(position: int, values: Mapping[str, str]) -> Row:
    """The row of trimmed field values. What is too long is not kept."""
    kept = {name: values.get(name, "").strip() for name in FIELDS}
    if any(len(text) > LONGEST[name] for name, text in kept.items()):
        return Row(position, problem="bulk.row_too_long")
    if "/" in kept["code"]:  # a whole address pasted into the column of codes
        kept |= {"qr": kept["qr"] or kept["code"], "code": ""}
    kept["number"], kept["id_number"] = narrow(kept["number"]).upper(), narrow(kept["id_number"]).upper()
    return Row(position, **kept, problem=_find_problem(kept))


def unreadable(position: int) -> Row:
    """A row that could not even be split into fields."""
    return Row(position, problem="bulk.row_unreadable")


def pack(row: Row) -> list[str | int]:
    """A row as a short JSON array."""
    return [row.position, row.code, row.qr, row.number, row.name, row.id_number, row.ref, row.problem]


def unpack(packed: Sequence[str | int]) -> Row:
    """What `pack` packed."""
    position, *texts = packed
    return Row(int(position), *map(str, texts))


def _find_problem(kept: Mapping[str, str]) -> str:
    if any(_ROUNDED.fullmatch(kept[name]) for name in ("number", "id_number")):
        return "bulk.row_rounded"
    if kept["code"] or kept["qr"]:
        return ""
    if not kept["number"]:
        return "bulk.row_empty"
    return "" if kept["name"] or kept["id_number"] else "lookup.both_needed"
