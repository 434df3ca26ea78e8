"""Who is too young for a page of their own. Pure."""

from __future__ import annotations

from datetime import date

ADULT = 18  # years; Civil Code article 17


def may_be_public(birth_date: date | None, on: date) -> bool:
    """Whether a person's archive may have a public page that day; not for minors.

    A date of birth that no document shows is no proof of age: such an archive stays closed.
    """
    return birth_date is not None and age(birth_date, on) >= ADULT


def age(birth_date: date, on: date) -> int:
    """Whole years; somebody born on 29 February is a year older on 1 March."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
