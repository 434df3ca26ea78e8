"""Ten thousand benefit queries against the bare cost of one table look-up, in the same run. No database is opened.

Run with ``.venv/bin/python tests/bench/benefits.py``. Printed: microseconds a query and the ratio to the look-up.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from datetime import date

from registry.levels import levels
from registry.policy.answers import benefits_document
from registry.policy.benefits import benefits
from registry.policy.loading import load_policies
from verify.view import find_benefits

QUERIES = 10_000
REGIONS = ("330106", "330100", "441900", "150100", "220100", "000000")
FIRST = date(2026, 1, 1).toordinal()


def main() -> None:
    """Measure and print."""
    policies = load_policies()
    asked = list(
        itertools.islice(
            (
                (level.id, region, date.fromordinal(FIRST + day))
                for day in range(365)
                for region in REGIONS
                for level in levels()
            ),
            QUERIES,
        )
    )
    bare = clock(lambda level, region, on: policies.nearest("allowance", region=region, on=on), asked)
    rows = [
        ("bare look-up of one rule", bare),
        (
            "benefits(): every topic, explained",
            clock(lambda *one: answer(policies, *one), asked),
        ),
        (
            "with the JSON document, as the API answers a question never asked before",
            clock(lambda *one: benefits_document(answer(policies, *one)), asked),
        ),
        ("the same question again", clock(again, asked[:500] * (QUERIES // 500))),
    ]
    for name, cost in rows:
        print(f"{cost:9.2f} us  {cost / bare:7.1f} x  {name}")


def answer(policies, level, region, on):  # type: ignore[no-untyped-def]
    return benefits(policies, kind="skill_level", level=level, occupation=None, region=region, on=on)


def again(level: str, region: str, on: date) -> object:
    return find_benefits("skill_level", level, None, region, on, None)


def clock(ask: Callable[[str, str, date], object], asked: list[tuple[str, str, date]]) -> float:
    start = time.perf_counter()
    for one in asked:
        ask(*one)
    return (time.perf_counter() - start) / len(asked) * 1e6


if __name__ == "__main__":
    main()
