"""Mistakes in a list: where one is, what stands there, and why it will not do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from issuers.batches.reading import Row
from keys.errors import Refused
from registry.masking import mask

SECRET = frozenset({"id_number"})  # masked wherever it is shown
SHOWN = 60  # characters of a value in a report


@dataclass(frozen=True)
class Finding:
    """One mistake: row and field, the value as typed (identity numbers masked), the refusal's code and params."""

    row: int
    column: str
    value: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


def describe(row: Row, name: str, refused: Refused) -> Finding:
    """The mistake for which the field ``name`` of a row was refused."""
    value = show(name, row.values.get(name, ""))
    return Finding(row.position, name, value, refused.code, dict(refused.params))


def show(name: str, text: str) -> str:
    """A value as a report repeats it: short, identity numbers masked."""
    return mask(text[:SHOWN]) if name in SECRET else text[:SHOWN]


def duplicate_in_list(row: Row, first: int) -> Finding:
    """The same certificate for the same person stands in an earlier row."""
    return describe(row, "id_number", Refused("batch.twice", first=first))


def duplicate_in_record(row: Row) -> Finding:
    """A living certificate of the kind, occupation and level is in the record for the person."""
    return describe(row, "id_number", Refused("issue.already_held"))
