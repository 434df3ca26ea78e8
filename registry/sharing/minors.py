"""What a link of somebody under age may show: level and occupation, never who they are. Pure.

Whoever holds a link sees what it shows, so a link with a name is a public page for as long as it lives, and minors
have none (`registry.archive.ages`). No law read for this names such links: the rule follows from PIPL article 6 (the
smallest effect on the person) and from article 28 (those under 14 come with a guardian, `registry.workers.entering`).

A document may show no date of birth (passports, travel permits). That closes the public archive, which nobody asked
for; a link is made by the person, who then says to be of age.
"""

from __future__ import annotations

from datetime import date

from keys.errors import Refused
from registry.archive.ages import ADULT, age
from registry.policy.dates import add_years
from registry.sharing.presets import Preset, presets


def of_age_on(birth_date: date | None, on: date) -> date | None:
    """The day from which somebody who is a minor on that day may show more; None for all others."""
    if birth_date is None or age(birth_date, on) >= ADULT:
        return None
    day = add_years(birth_date, ADULT)
    # born on 29 February: of age on 1 March, as `age` counts
    return day if age(birth_date, day) >= ADULT else date(day.year, 3, 1)


def offered(birth_date: date | None, on: date) -> tuple[Preset, ...]:
    """The choices of somebody born that day, what shows least first."""
    closed = of_age_on(birth_date, on) is not None
    return tuple(one for one in presets().values() if one.minors or not closed)


def check_age(preset: str, birth_date: date | None, on: date, *, says_adult: bool) -> None:
    """Refused ``share.minor``, and ``share.adult`` where the document shows no age and nobody said so."""
    chosen = presets().get(preset)
    if chosen is None or chosen.minors:
        return
    if of_age_on(birth_date, on):
        raise Refused("share.minor", field="preset", years=ADULT)
    if birth_date is None and not says_adult:
        raise Refused("share.adult", field="adult", years=ADULT)


def claims_shown(preset: str, birth_date: date | None, on: date) -> frozenset[str]:
    """The claims that a link shows on that day, however it came to be made."""
    chosen = presets()[preset]
    if of_age_on(birth_date, on) is None or chosen.minors:
        return chosen.claims
    widest = offered(birth_date, on)[-1]
    return chosen.claims & widest.claims
