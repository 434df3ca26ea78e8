import re
from pathlib import Path

import pytest

from registry import credit_code, identity, tables
from registry.problems import catalogue
from registry.tables import index_unique, read_table
from registry.warning_texts import describe_warning

TABLES = ["levels", "kinds", "occupations", "places", "identity_types", "credit_codes", "forbidden_words",
          "number_forms", "warning_texts"]  # fmt: skip
PURE = ["levels", "kinds", "occupations", "places", "identity", "names", "credit_code", "number"]
WARNINGS = [
    identity.CONVERTED,
    identity.RETIRED_PREFIX,
    identity.PERMIT_PREFIX,
    credit_code.ORGANISATION_CHECK,
    credit_code.CATEGORY_UNKNOWN,
    credit_code.REGION_UNKNOWN,
]


@pytest.mark.parametrize("name", TABLES)
def test_every_table_names_its_source_and_grade(name):
    table = read_table(name)
    assert len(table["source"]) > 5
    assert table["grade"] in set("ABCDG")


def test_a_table_without_source_is_no_table(monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "bare.toml").write_text('grade = "A"\n', "utf-8")
    monkeypatch.setattr(tables, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match="source"):
        read_table("bare")


def test_a_key_twice_is_an_error_in_the_table():
    with pytest.raises(ValueError, match="twice"):
        index_unique("levels", [("a", 1), ("a", 2)])


@pytest.mark.parametrize("module", PURE)
def test_every_refusal_of_these_modules_has_its_row(module):
    source = Path(tables.__file__).with_name(f"{module}.py").read_text("utf-8")
    codes = set(re.findall(r'Refused\("([a-z0-9_.]+)"', source))
    assert codes
    assert codes <= set(catalogue())


@pytest.mark.parametrize("code", WARNINGS)
def test_every_warning_has_its_words(code):
    assert describe_warning(code, "zh") != describe_warning(code, "en")
