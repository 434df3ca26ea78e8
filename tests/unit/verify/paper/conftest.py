"""A face to print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from registry.credential import AccreditationReference, Face, Holder, Issuer, OccupationName, StatusEntry

FACE = Face(
    origin="https://registry.example",
    code="q7Rk2_vN-8sXa1LmP0dZtw",
    number="S000015000012263000457",
    kind="skill_level",
    level="3",
    holder=Holder("王小明", "resident_id", "1501**********1018"),
    occupation=OccupationName("6-31-01-03", "2022", "电工", "Electrician"),
    region="150100",
    issued_on=date(2026, 11, 22),
    issuer=Issuer("did:web:registry.example", "S000015000012", "青城技能评价协会", "association", "150100"),
    accreditation=AccreditationReference("A1", "示例〔2026〕12号"),
    status=StatusEntry("1", 5),
)


@pytest.fixture(scope="module")
def make_face() -> Callable[..., Face]:
    def make(name: str = "王小明", **changed: Any) -> Face:
        return replace(FACE, holder=replace(FACE.holder, name=name), **changed)

    return make
