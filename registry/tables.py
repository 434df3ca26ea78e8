"""Reads the room's data files: facts with their source and grade, which a clerk can review and amend."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, TypeVar

Row = TypeVar("Row")

# A: text of a public document or standard; B: press or a government office's page; C: one commercial page;
# D: public source code or data; G: general knowledge, unverified.
GRADES = frozenset("ABCDG")


def read_table(name: str) -> dict[str, Any]:
    """The content of ``registry/data/NAME.toml``; ValueError unless it names its source and its grade."""
    content = tomllib.loads((files("registry") / "data" / f"{name}.toml").read_text("utf-8"))
    if not content.get("source") or content.get("grade") not in GRADES:
        raise ValueError(f"registry/data/{name}.toml must name its source and its grade")
    return content


def index_unique(name: str, pairs: list[tuple[str, Row]]) -> dict[str, Row]:
    """``pairs`` as a dictionary; ValueError when a key of the table ``name`` comes twice."""
    index = dict(pairs)
    if len(index) != len(pairs):
        raise ValueError(f"registry/data/{name}.toml has a key twice")
    return index
