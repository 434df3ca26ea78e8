"""What of a table may be published: small cells are withheld, and so is what would give them away, pure.

A table divides one total into cells. A cell of 1 to 4 is withheld. What is withheld is merged into one row, and
cells are added to that row, smallest first, until it holds at least two cells and at least 5: then subtracting
the published rows from the total tells of no single cell how large it is, or whether it is small. A cell that is
not listed is zero or withheld; the table does not say which. A total under 5 is not published, in no table that
divides it.

Several tables may divide one total (by level, by region); they share nothing else, so each is safe by itself.
Tables are published for whole years only: two overlapping periods would give away their difference. Figures of
the running year grow while people look; what grew between two looks can be seen by who writes down both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

THRESHOLD = 5  # cells of 1 to 4 are withheld, as public statistics in China and elsewhere do


@dataclass(frozen=True)
class Table:
    """A table as published. ``total`` None: withheld. ``withheld`` is the sum of all merged cells."""

    rows: Mapping[str, int]
    withheld: int
    total: int | None


def publish(cells: Mapping[str, int]) -> Table:
    """What of the cells (none negative) may be shown."""
    held = {value: count for value, count in cells.items() if count}
    total = sum(held.values())
    if 0 < total < THRESHOLD:
        return Table({}, 0, None)
    rising = sorted(held.items(), key=lambda item: (item[1], item[0]))
    merged = [value for value, count in rising if count < THRESHOLD]
    for value, _ in rising[len(merged) :]:
        if not merged or (len(merged) > 1 and sum(held[one] for one in merged) >= THRESHOLD):
            break
        merged.append(value)
    withheld = sum(held.pop(value) for value in merged)
    return Table(held, withheld, total)


def add_up(tables: Iterable[Table]) -> tuple[Table, bool]:
    """Several periods together, from their published parts alone; and whether every part was published.

    Where a cell of one period was withheld, its sum counts the other periods only.
    """
    rows: dict[str, int] = {}
    withheld, total, whole = 0, 0, True
    for table in tables:
        for value, count in table.rows.items():
            rows[value] = rows.get(value, 0) + count
        withheld += table.withheld
        total += table.total or 0
        whole = whole and table.total is not None
    return Table(rows, withheld, total), whole


def is_safe(*parts: int) -> bool:
    """Whether figures that together make a published total may stand beside it: each is none or at least 5."""
    return all(part == 0 or part >= THRESHOLD for part in parts)
