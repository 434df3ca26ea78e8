"""The registers as this room knows them: one directory is derived from the assessors' accreditations."""

from __future__ import annotations

from collections.abc import Iterator

from issuers.accreditation import Accreditation
from issuers.assessor import Assessor
from issuers.services import issuers
from keys.errors import Refused
from registry.levels import find_level
from registry.registers.directories import Entry
from registry.registers.directory_store import Directories
from registry.registers.inspection_store import Inspections
from registry.registers.integrity_store import IntegrityFiles
from registry.services import registry
from registry.statistics.figures import Figures
from registry.statistics.reports import Reports
from registry.statistics.sessions import Sessions
from registry.statistics.uploads import Uploads


def directories() -> Directories:
    """The public directories (HH-13 and its like)."""
    return Directories(
        registry().database, {"assessors": lambda: assessor_entries(issuers().assessors.all())}
    )


def integrity_files() -> IntegrityFiles:
    """The integrity files."""
    return IntegrityFiles(registry().database)


def inspections() -> Inspections:
    """The inspection draws."""
    return Inspections(registry().database, registry().vault)


def sessions() -> Sessions:
    """Trainings and assessments held."""
    return Sessions(registry().database)


def reports() -> Reports:
    """The colleges' annual reports."""
    return Reports(registry().database)


def uploads() -> Uploads:
    """What the national system is told."""
    return Uploads(registry().database, registry().vault)


def figures() -> Figures:
    """The counters."""
    return Figures(registry().database)


def name_of_body(body: str) -> str:
    """The name of an assessor, or its code where it is none of ours."""
    try:
        return issuers().find_assessor(body).name
    except Refused:
        return body


def assessor_entries(assessors: Iterator[Assessor]) -> Iterator[Entry]:
    """The directory of assessment bodies: one entry a time in which an accreditation holds (HH-13, DG-02)."""
    for assessor in assessors:
        windows = [(held, window) for held in assessor.accreditations for window in held.windows]
        for number, (held, (start, until)) in enumerate(windows, start=1):
            yield Entry(number, _cells(assessor, held), start, until)


def _cells(assessor: Assessor, held: Accreditation) -> dict[str, str]:
    levels = sorted(held.levels, key=lambda one: find_level(one).rank)
    return {
        "name": assessor.name,
        "body": assessor.id,
        "credit_code": assessor.credit_code,
        "region": held.region,
        "accreditation": held.id,
        "occupations": " ".join(sorted(code for code, _ in held.occupations)),
        "levels": " ".join(levels),
        "decision": held.decision,
    }
