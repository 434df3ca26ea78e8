import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.names import check_body_name, check_title, parse_name, same_name

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/registry/names.json").read_text("utf-8"))[
    "vectors"
]
name_like = st.text("王明㛃𠮷〇·•．. -'’aÉ\u0301　\u2fa1d", max_size=12)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: ascii(vector["name"])[:30])
def test_vector(vector):
    if "refused" in vector:
        with pytest.raises(Refused) as refused:
            parse_name(vector["name"])
        assert refused.value.code == vector["refused"]
    else:
        assert parse_name(vector["name"]) == vector["kept"]


@pytest.mark.parametrize(("character", "most"), [("A", 50), ("王", 30), ("é", 30), ("𠮷", 15)])
def test_the_longest_name(character, most):
    assert parse_name(character * most)
    with pytest.raises(Refused, match=r"name\.too_(long|many_bytes)"):
        parse_name(character * (most + 1))


def test_a_book_is_no_name():
    with pytest.raises(Refused, match=r"name\.too_long"):
        parse_name("王 " * 5000)


@given(name_like | st.text())
def test_a_kept_name_is_kept_again_unchanged(text):
    try:
        name = parse_name(text)
    except Refused as refused:
        assert set(refused.params) <= {"limit", "position"}  # noqa: PT017 - either outcome is right
        return
    assert parse_name(name) == name
    assert 1 <= len(name) <= 50
    assert same_name(name, text)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("張偉", "张伟"),
        ("WANG Xiaoming", "wang  xiaoming"),
        ("阿依古丽·买买提", "阿依古丽•买买提"),
        ("阿依古丽·买买提", "阿依古丽买买提"),
        ("王　明", "王明"),
    ],
)
def test_same_name(a, b):
    assert same_name(a, b)
    assert same_name(b, a)


@pytest.mark.parametrize(
    ("a", "b"), [("王明", "王小明"), ("王明", "王鸣"), ("", ""), ("王1", "王1"), ("王明", "")]
)
def test_not_the_same_name(a, b):
    assert not same_name(a, b)


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("国家高级电工培训合格证书", "国家"),
        ("中 國 收纳师证书", "中国"),
        ("中华人民共和国收纳师证书", "中华人民共和国"),
        ("全国收纳师证书", "全国"),
        ("收纳师職業資格证书", "职业资格"),
        ("收纳师职业·技能等级证书", "技能等级"),
    ],
)
def test_a_title_may_not_borrow_authority(title, word):
    with pytest.raises(Refused) as refused:
        check_title(title)
    assert (refused.value.code, refused.value.params["word"]) == ("title.forbidden_words", word)


def test_an_honest_title_passes_trimmed():
    assert check_title("  社区养老护理培训合格证书 ") == "社区养老护理培训合格证书"


@pytest.mark.parametrize(
    "name", ["国家人力资源职业技能认证中心", "全国職業資格考试中心", "中华技能等级评价网"]
)
def test_a_body_may_not_claim_what_only_the_ministry_has(name):
    with pytest.raises(Refused, match=r"title\.forbidden_words"):
        check_body_name(name)


@pytest.mark.parametrize(
    "name", ["中国机械工业协会", "呼和浩特市职业技能等级评价中心", "内蒙古电力（集团）有限责任公司"]
)
def test_an_honest_body_name_passes(name):
    assert check_body_name(name) == name


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", "title.empty"),
        ("　 ", "title.empty"),
        ("证" * 61, "title.too_long"),
        ("证\u200b书", "title.characters"),
    ],
)
@pytest.mark.parametrize("check", [check_title, check_body_name])
def test_unusable_titles(check, text, refusal):
    with pytest.raises(Refused) as refused:
        check(text)
    assert refused.value.code == refusal


@given(st.text())
def test_title_checks_pass_or_refuse_any_text(text):
    for check in (check_title, check_body_name):
        try:
            assert check(text)
        except Refused as refused:
            assert refused.code.startswith("title.")  # noqa: PT017 - either outcome is right
