"""Days as readers write them, 2026年11月22日 and 22 November 2026; what machines read stays YYYY-MM-DD."""

from __future__ import annotations

from datetime import date
from functools import cache

from babel import Locale
from babel.dates import format_date

LOCALES = {"zh": "zh_CN", "en": "en_GB"}


def write_day(day: date, language: str) -> str:
    """A day in one language, ``zh`` or ``en``."""
    return str(format_date(day, format="long", locale=_locale(language)))


def write_day_in_both(day: date) -> dict[str, str]:
    """A day as ``{"zh", "en"}``."""
    return {language: write_day(day, language) for language in LOCALES}


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES[language])  # reading it from its name costs more than the date
