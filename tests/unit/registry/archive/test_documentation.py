"""docs/archive.md names every kind of entry, every fact and every member of the export."""

from pathlib import Path

import pytest

from registry.archive.entries import entry_kinds
from verify.openapi import openapi_document

TEXT = (Path(__file__).parents[4] / "docs" / "archive.md").read_text("utf-8")


@pytest.mark.parametrize("kind", entry_kinds(), ids=lambda kind: kind.id)
def test_every_kind_and_fact_is_told(kind):
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{kind.id}` |"))
    for field in kind.fields:
        assert f"`{field.id}`" + ("" if field.required else "?") in row
        assert all(f"`{choice.id}`" in row for choice in field.choices)


def test_every_member_of_the_export_is_told():
    for member in openapi_document()["components"]["schemas"]["Archive"]["properties"]:
        assert f"`{member}`" in TEXT
