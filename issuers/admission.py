"""Admitting an assessor: check, register, make its first key; and recording its accreditations."""

from __future__ import annotations

from collections.abc import Iterable

from issuers.accreditation import Accreditation
from issuers.assessor import Assessor, AssessorKind, check_assessor
from issuers.request import located
from issuers.store import Assessors
from keys.did import did_web
from keys.errors import Refused
from registry.kinds import find_kind
from registry.levels import find_level
from registry.occupations import find_occupation
from registry.places import find_place
from registry.services import Registry


def admit(
    assessors: Assessors,
    registry: Registry,
    assessor_id: str,
    *,
    name: str,
    kind: AssessorKind,
    credit_code: str,
    region: str,
) -> Assessor:
    """Register an assessor with a DID and a key of its own. Refused as `check_assessor`, ``assessor.exists``."""
    did = did_web(registry.settings.origin, "assessors", assessor_id)
    assessor = check_assessor(Assessor(assessor_id, did, name, kind, credit_code, region))
    # the key first: an assessor without one could not be told from a broken one, a key without assessor is nothing
    registry.keyrings.create(assessor_id, did, at=registry.clock())
    return assessors.add(assessor)


def accredit(assessors: Assessors, assessor_id: str, held: Accreditation) -> Assessor:
    """Record an accreditation whose every word is known. Refused names what is not."""
    check_scope(held.kind, held.occupations, held.levels, held.region)
    if held.valid_until and held.valid_until <= held.valid_from:
        raise Refused("accreditation.dates", field="valid_until")
    return assessors.accredit(assessor_id, held)


def check_scope(
    kind: str, occupations: Iterable[tuple[str, str]], levels: Iterable[str], region: str
) -> None:
    """Refused unless every word of a scope is known, with the field that is not."""
    if not located("kind", find_kind, kind).issued_here:
        raise Refused("kind.not_issued_here", field="kind", kind=kind)
    for code, edition in occupations:
        located("occupations", lambda pair: find_occupation(*pair), (code, edition))
    for level in levels:
        located("levels", find_level, level)
    located("region", find_place, region)
