"""The published tables in words: every table is described, and its columns are those the API takes."""

from typing import get_args

import pytest

from issuers.published import SCHEMAS, described_tables, find_table
from keys.errors import Refused
from registry.ledgers.published import KEYS, Table

OF_EVERY_ROW = {"since", "until", "source", "ended"}


@pytest.mark.parametrize("table", get_args(Table))
def test_columns_are_those_the_api_takes(table):
    described, fields = described_tables()[table], SCHEMAS[table].fields
    assert {column.id for column in described.columns} == fields.keys() - OF_EVERY_ROW
    assert {column.id: not column.optional for column in described.columns} == {
        name: field.required for name, field in fields.items() if name not in OF_EVERY_ROW
    }
    assert set(KEYS[table]) <= {column.id for column in described.columns}


def test_every_table_is_described_and_no_other():
    assert list(described_tables()) == list(get_args(Table))
    with pytest.raises(Refused, match=r"published\.table"):
        find_table("holders")
