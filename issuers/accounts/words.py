"""What roles are called, in Chinese and English: ``issuers/data/roles.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def role_words(role: str) -> Mapping[str, str]:
    """``{"zh", "en"}`` of a role, or of ``registry`` as an owner."""
    return _table()[role]


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((files("issuers") / "data" / "roles.toml").read_text("utf-8"))
