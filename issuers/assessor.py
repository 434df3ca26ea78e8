"""Assessors: the three kinds of bodies that may be accredited, pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from issuers.accreditation import Accreditation
from keys.errors import Refused
from registry.credential import Issuer
from registry.credit_code import parse_credit_code
from registry.names import check_body_name
from registry.number import check_body_code
from registry.places import find_place

MAX_NAME = 100  # characters: the longest filed names are under 60


class AssessorKind(StrEnum):
    """S1 L35: 企业、行业协会、院校等各类主体."""

    ENTERPRISE = "enterprise"
    ASSOCIATION = "association"
    COLLEGE = "college"


KIND_NAMES: dict[str, dict[str, str]] = {
    "enterprise": {"zh": "企业", "en": "enterprise"},
    "association": {"zh": "行业协会", "en": "industry association"},
    "college": {"zh": "院校", "en": "college"},
}


@dataclass(frozen=True)
class Assessor:
    """An accredited body. ``id`` is its 13-character code, the head of the numbers it issues."""

    id: str
    did: str
    name: str
    kind: AssessorKind
    credit_code: str
    region: str
    accreditations: tuple[Accreditation, ...] = ()

    @cached_property
    def issuer(self) -> Issuer:
        """The assessor as its certificates name it."""
        return Issuer(self.did, self.id, self.name, self.kind.value, self.region)


def check_assessor(assessor: Assessor) -> Assessor:
    """The assessor, its codes and name checked; Refused names the field that is wrong."""
    check_body_code(assessor.id)
    _check_letter(assessor)
    if not 0 < len(assessor.name) <= MAX_NAME:
        raise Refused("assessor.name_length", field="name", limit=MAX_NAME)
    check_body_name(assessor.name)
    parse_credit_code(assessor.credit_code)
    find_place(assessor.region)
    return assessor


def _check_letter(assessor: Assessor) -> None:
    # 人社鉴发〔2019〕2号: Y stands for employers (用人单位), S for social assessment bodies (社会培训评价组织)
    expected = "Y" if assessor.kind is AssessorKind.ENTERPRISE else "S"
    if assessor.id[0] != expected:
        raise Refused("assessor.letter", field="id", expected=expected)
