"""What the worker's pages show, out of the archive: cards, the career line as a picture, what is due. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from registry.archive.desk import Dossier
from registry.archive.export import EDITION, cite, describe_holding
from registry.archive.holdings import Holding
from registry.archive.store import Archive
from registry.levels import Level, find_level, levels
from registry.masking import mask
from registry.policy.wording import word
from registry.view import Json, describe_level, describe_occupation_code
from registry.workers.desk import WorkerDesk
from registry.workers.next_level import NextLevel
from registry.workers.owed import SubsidiesLeft
from verify.view import find_benefits

# The career line, in units of its view box, which is stretched to the room there is; a step for each of the eight
# levels, whose names stand beside it. At both ends is room for a dot.
WIDTH, STEP, END = 100, 10, 2


def describe_owner(desk: WorkerDesk, archive: Archive) -> Json:
    """Whose page it is: the whole name (they know it), the number masked (others see the screen)."""
    holder = desk.archives.archives.holder(archive)
    return {"name": holder.name, "id_type": holder.id_type, "id_number": mask(holder.id_number)}


def describe_card(one: Holding) -> Json:
    """One certificate as a card."""
    shown = describe_holding(one)
    shown["occupation"]["name"] = _name_occupation(one.occupation, one.occupation_printed)
    return shown


def describe_next(step: NextLevel) -> Json:
    """The next level in one occupation."""
    return {
        "occupation": _name_occupation(step.occupation, step.occupation_printed),
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


def describe_glance(dues: Sequence[Json], steps: Sequence[NextLevel]) -> Json:
    """The first lines of what is due: the highest allowance, the nearest title with its day, education, next levels."""
    given = [due["benefits"] for due in dues]
    allowances = [row for one in given for row in one["allowances"] if row["amount"]]
    titles = [row for one in given for row in one["titles"] if row.get("apply_from")]
    title = min(titles, key=lambda row: str(row["apply_from"]), default=None)
    named = word("title", title["title"]) if title else None
    return {
        "allowance": max(allowances, key=lambda row: int(row["amount"]), default=None),
        "title": title,
        "title_name": {"zh": named.zh, "en": named.en} if named else None,
        "education": next((row for one in given for row in one["education"]), None),
        "steps": [describe_next(step) for step in steps],
    }


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
    rows, points, path, reached = [], [], "", set()
    for one in held:
        level = find_level(one.level or "")
        x = END + round((WIDTH - 2 * END) * (one.issued_on - first).days / span, 1)
        y = _height(level)
        rows.append(describe_card(one))
        points.append({"x": x, "y": y, "standing": one.standing})
        if one.standing:
            path += f"M{x} {y}" if not path else f"H{x}V{y}"
            reached.add(level)
    end = f"H{WIDTH - END}" if path else ""
    rungs = [
        {"y": _height(level), "level": describe_level(level.id), "reached": level in reached}
        for level in reversed(levels())
    ]
    return {
        "rows": rows,
        "points": points,
        "rungs": rungs,
        "path": path + end,
        "width": WIDTH,
        "height": STEP * len(levels()),
    }


def _height(level: Level) -> float:
    return STEP * (len(levels()) - level.rank + 0.5)


def _name_occupation(code: str, printed: str | None) -> Json:
    """In both languages; in Chinese as the certificate has it."""
    name: Json = describe_occupation_code(code, EDITION)["name"]
    return name | ({"zh": printed} if printed else {})
