"""Days as readers write them, 2026年11月22日 and 22 November 2026; what machines read stays YYYY-MM-DD."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from babel import Locale
from babel.dates import format_date

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
LOCALES = {"zh": "zh_CN", "en": "en_GB"}


def write_day(day: date, language: str) -> str:
    """A day in one language, ``zh`` or ``en``."""
    return str(format_date(day, format="long", locale=_locale(language)))


def write_day_in_both(day: date) -> dict[str, str]:
    """A day as ``{"zh", "en"}``."""
    return {language: write_day(day, language) for language in LOCALES}


def with_days_written(params: Mapping[str, Any], language: str) -> dict[str, Any]:
    """What fills a sentence: each day among ``params``, a date or the text YYYY-MM-DD, as its readers write it."""
    return {name: _written(value, language) for name, value in params.items()}


def _written(value: Any, language: str) -> Any:
    if isinstance(value, str) and ISO_DAY.fullmatch(value):
        try:
            value = date.fromisoformat(value)
        except ValueError:  # it has the form, and is no day
            return value
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    return write_day(value, language) if is_day else value


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES[language])  # reading it from its name costs more than the date
