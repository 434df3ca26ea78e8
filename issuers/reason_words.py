"""What the reasons in the trail are called, in Chinese and English."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from issuers.changes.reasons import reasons


def reason_words(why: str) -> Mapping[str, str]:
    """``{"zh", "en"}`` of a reason: of its code, or the sentence itself where somebody wrote one."""
    return _table().get(why) or {"zh": why, "en": why}


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    of_trail = tomllib.loads((files("issuers") / "data" / "trail_reasons.toml").read_text("utf-8"))
    return {code: {"zh": one.zh, "en": one.en} for code, one in reasons().items()} | of_trail
