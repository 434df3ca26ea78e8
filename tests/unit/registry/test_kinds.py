import pytest

from keys.errors import Refused
from registry.kinds import find_kind, kinds


def test_six_kinds_and_which_are_issued_here():
    assert {kind.id: kind.issued_here for kind in kinds()} == {
        "skill_level": True,
        "qualification": False,
        "single_skill": True,
        "preparatory_technician": True,
        "training_completion": True,
        "one_plus_x": False,
    }


def test_education_line_carries_no_level_of_the_ladder():
    one_plus_x = find_kind("one_plus_x")
    assert one_plus_x.line == "education"
    assert not one_plus_x.has_level
    assert {kind.id for kind in kinds() if kind.has_level} == {"skill_level", "qualification"}


def test_titles_on_the_face():
    assert find_kind("skill_level").title_zh == "职业技能等级证书"
    assert find_kind("single_skill").title_zh == "专项职业能力证书"


def test_unknown_kind_is_refused():
    with pytest.raises(Refused, match=r"kind\.unknown"):
        find_kind("diploma")
