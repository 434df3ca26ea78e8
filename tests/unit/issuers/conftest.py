from datetime import date

import pytest

from issuers.accreditation import Accreditation
from issuers.assessor import Assessor, AssessorKind


@pytest.fixture
def accreditation():
    """Zhejiang, skill levels of two occupations, through 2026 and 2027."""
    return Accreditation(
        "A-1",
        "skill_level",
        frozenset({("6-31-01-03", "2022"), ("4-10-01-05", "2022")}),
        frozenset({"3", "2", "1"}),
        "330000",
        date(2026, 1, 1),
        date(2028, 1, 1),
        "示例认定委〔2026〕2号",
    )


@pytest.fixture
def association(accreditation):
    return Assessor(
        "S000033000002",
        "did:web:example.test:assessors:S000033000002",
        "浙江示例技能人才行业协会",
        AssessorKind.ASSOCIATION,
        "51330000500000015H",
        "330000",
        (accreditation,),
    )
