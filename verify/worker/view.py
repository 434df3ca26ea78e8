"""What the worker's pages show, out of the archive: cards, the career line as a picture, what is due. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from registry.archive.desk import Dossier
from registry.archive.export import cite, describe_holding
from registry.archive.holdings import Holding
from registry.archive.store import Archive
from registry.levels import find_level, levels
from registry.masking import mask
from registry.view import Json, describe_level
from registry.workers.desk import WorkerDesk
from registry.workers.next_level import NextLevel
from registry.workers.owed import SubsidiesLeft
from verify.view import find_benefits

# The career line, in units of its view box: as wide as a card on 360 pixels, a step for each of the eight levels;
# on the left is room for their names.
WIDTH, STEP, LEFT, RIGHT, TOP = 320, 22, 96, 10, 12


def describe_owner(desk: WorkerDesk, archive: Archive) -> Json:
    """Whose page it is: the whole name (they know it), the number masked (others see the screen)."""
    holder = desk.archives.archives.holder(archive)
    return {"name": holder.name, "id_type": holder.id_type, "id_number": mask(holder.id_number)}


def describe_card(one: Holding) -> Json:
    """One certificate as a card."""
    shown = describe_holding(one)
    if one.occupation_printed:
        shown["occupation"]["name"] = shown["occupation"]["name"] | {"zh": one.occupation_printed}
    return shown


def describe_next(step: NextLevel) -> Json:
    """The next level in one occupation."""
    return {
        "occupation": step.occupation_printed or step.occupation,
        "held": describe_level(step.held.id),
        "since": step.since.isoformat(),
        "target": describe_level(step.target.id),
        "is_post": step.target.is_post,
        "years": step.years,
        "earliest": step.earliest.isoformat() if step.earliest else None,
        "days_left": step.days_left,
        "may": step.may,
        "also": {"zh": step.also_zh, "en": step.also_en},
    }


def describe_due(dossier: Dossier) -> list[Json]:
    """What each certificate in force brings, newest first; one row for one occupation and level."""
    found: dict[tuple[str, str | None, str], Json] = {}
    for one in dossier.holdings:
        key = (one.kind, one.level, one.occupation)
        if not one.standing or key in found:
            continue
        benefits = find_benefits(
            one.kind, one.level, one.occupation, dossier.career.region, dossier.on, one.issued_on
        )
        found[key] = {"card": describe_card(one), "benefits": benefits}
    return list(found.values())


def describe_left(left: SubsidiesLeft | None) -> Json | None:
    """The subsidies left this year, with the rule."""
    if left is None:
        return None
    return {
        "year": left.year,
        "allowed": left.allowed,
        "used": left.used,
        "left": left.left,
        "rule": cite(left.rule),
    }


def draw_line(holdings: Sequence[Holding], on: date) -> Json:
    """Levels over time: points for a picture (x, y in its units) and the same as rows, oldest first."""
    held = sorted(
        (one for one in holdings if one.level and one.line == "hrss" and one.issued_on <= on),
        key=lambda one: (one.issued_on, find_level(one.level or "").rank),
    )
    if not held:
        return {"rows": []}
    first, span = held[0].issued_on, max((on - held[0].issued_on).days, 1)
    height = TOP * 2 + STEP * (len(levels()) - 1)
    rows, points, path = [], [], ""
    for one in held:
        level = find_level(one.level or "")
        x = LEFT + round((WIDTH - LEFT - RIGHT) * (one.issued_on - first).days / span, 1)
        y = height - TOP - STEP * (level.rank - 1)
        rows.append(describe_card(one))
        points.append({"x": x, "y": y, "standing": one.standing})
        if one.standing:
            path += f"M{x} {y}" if not path else f"H{x}V{y}"
    end = f"H{WIDTH - RIGHT}" if path else ""
    rungs = [
        {"y": height - TOP - STEP * (level.rank - 1), "level": describe_level(level.id)} for level in levels()
    ]
    return {
        "rows": rows,
        "points": points,
        "rungs": rungs,
        "path": path + end,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "width": WIDTH,
        "height": height,
    }
