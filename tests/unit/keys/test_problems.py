"""Every refusal of the room has a row, every row a refusal, and every place in a text is filled."""

import ast
import string
import tomllib
from pathlib import Path

import pytest

import keys

ROOM = Path(keys.__file__).parent
ROWS = tomllib.loads((ROOM / "data" / "problems.toml").read_text("utf-8"))
TEXTS = ("zh", "en", "mend_zh", "mend_en")


def read_refusals():
    """Code, and the names of the params, of every ``Refused("...", ...)`` in the room."""
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if path.name == "errors.py" or not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and node.func.id == "Refused":
                assert isinstance(node.args[0], ast.Constant), f"a computed code at {path}:{node.lineno}"
                yield node.args[0].value, {keyword.arg for keyword in node.keywords}


REFUSALS = list(read_refusals())


def test_codes_and_rows_are_the_same():
    assert {code for code, _ in REFUSALS} == set(ROWS)


@pytest.mark.parametrize("code", ROWS)
def test_row_is_complete(code):
    row = ROWS[code]
    assert set(row) == {"status", *TEXTS}
    assert 400 <= row["status"] < 600
    assert all(row[text].strip() for text in TEXTS)


@pytest.mark.parametrize(("code", "params"), REFUSALS)
def test_every_place_is_filled(code, params):
    places = {name for text in TEXTS for _, name, _, _ in string.Formatter().parse(ROWS[code][text]) if name}
    assert places <= params
