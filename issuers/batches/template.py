"""Lists to fill in: XLSX with a choice of levels, and CSV; Chinese headings, one example row marked as such."""

from __future__ import annotations

import csv
import io
from datetime import date

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from issuers.batches.columns import Column, columns, table
from issuers.batches.limits import MAX_ROWS
from registry.levels import levels
from registry.spreadsheet import BYTE_ORDER_MARK

TEXT = "@"  # the format of a text: a spreadsheet keeps 15 digits of a number and an identity number has 18
WIDTH = 18  # characters of a column


def write_csv(today: date, assessor: str) -> bytes:
    """The list as CSV, with the mark that Excel needs to read UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows([[one.zh for one in _shown()], _example(today, assessor)])
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def write_xlsx(today: date, assessor: str) -> bytes:
    """The list as a workbook: every cell a text, levels chosen from a list, the example row in grey."""
    words = table()["template"]
    book = Workbook()
    sheet = book.active
    sheet.title = words["sheet"]
    sheet.append([one.zh for one in _shown()])
    sheet.append(_example(today, assessor))
    for place, column in enumerate(_shown(), start=1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = WIDTH
        sheet.column_dimensions[letter].number_format = TEXT
        sheet.cell(1, place).font = Font(bold=True)
        example = sheet.cell(2, place)
        example.number_format, example.fill = TEXT, PatternFill("solid", "EEEEEE")
        if column.id == "level":
            _offer_levels(sheet, letter, words["levels"])
    sheet.freeze_panes = "A2"
    notes = book.create_sheet(words["levels"])
    for level in levels():
        notes.append([level.printed])
    notes.append([words["note"]])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _offer_levels(sheet: object, letter: str, name: str) -> None:
    choice = DataValidation(
        type="list", formula1=f"='{name}'!$A$1:$A${len(levels())}", allow_blank=True, showErrorMessage=False
    )
    choice.add(f"{letter}2:{letter}{MAX_ROWS + 1}")
    sheet.add_data_validation(choice)  # type: ignore[attr-defined] # openpyxl has no types


def _shown() -> list[Column]:
    return [column for column in columns() if column.template]


def _example(today: date, assessor: str) -> list[str]:
    dated = {"issued_on": today.isoformat(), "assessor": assessor, "issuing_body": assessor}
    return [dated.get(column.id, column.example) for column in _shown()]
