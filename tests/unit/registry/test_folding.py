from hypothesis import given
from hypothesis import strategies as st

from registry.folding import fold, narrow


def test_folds_traditional_characters_width_and_case():
    assert fold("呼和浩特職業技能") == "呼和浩特职业技能"
    assert fold("ＡBc") == "abc"
    assert fold("張偉") == fold("张伟")


def test_narrow_leaves_other_digits_alone():
    assert narrow("１２－Ａ　Ｂ") == "12-A B"
    assert narrow("①²٣") == "①²٣"


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
