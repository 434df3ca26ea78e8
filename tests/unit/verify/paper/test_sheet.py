"""What stands on the paper, before a printer is asked."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import registry
from keys.errors import Refused
from registry.credential import Appointment, Face
from registry.kinds import kinds
from verify.paper.sheet import make_sheet, mark_missing, paper_words

NUMBER = "150102199003071018"
FORBIDDEN = tomllib.loads(
    (Path(registry.__file__).parent / "data" / "forbidden_words.toml").read_text("utf-8")
)


def texts(face: Face) -> dict[str, str]:
    return {row.name: row.text for row in make_sheet(face, NUMBER).rows}


def test_the_fields_of_the_notice_stand_on_it(make_face: Callable[..., Face]) -> None:
    assert texts(make_face()) == {
        "name": "王小明",
        "id_type": "居民身份证",
        "id_number": NUMBER,
        "occupation": "电工",
        "job": "--",
        "level": "三级/高级工",
        "number": "S000015000012263000457",
        "assessor": "青城技能评价协会",
        "issued_on": "2026年11月22日",
        "verify_url": "https://registry.example/v/q7Rk2_vN-8sXa1LmP0dZtw",
        "assessor_url": "https://registry.example/assessors/S000015000012",
    }


def test_the_title_is_the_one_that_the_notice_demands(make_face: Callable[..., Face]) -> None:
    assert make_sheet(make_face(), NUMBER).title["zh"] == "职业技能等级证书"


def test_a_job_stands_where_the_certificate_has_one(make_face: Callable[..., Face]) -> None:
    face = make_face()
    assert texts(replace(face, occupation=replace(face.occupation, job="维修电工")))["job"] == "维修电工"


def test_a_kind_without_levels_has_no_row_for_one(make_face: Callable[..., Face]) -> None:
    assert "level" not in texts(make_face(kind="training_completion", level=None))


def test_a_post_names_the_employer_and_its_time(make_face: Callable[..., Face]) -> None:
    post = Appointment("示例一厂", date(2026, 1, 1), date(2029, 1, 1))
    rows = {row.name: row for row in make_sheet(make_face(level="special", appointment=post), NUMBER).rows}
    assert (rows["appointed"].text, rows["appointed"].english) == ("示例一厂", "2026-01-01 – 2029-01-01")


@pytest.mark.parametrize("kind", [kind.id for kind in kinds() if kind.issued_here])
def test_every_kind_issued_here_has_its_text(kind: str, make_face: Callable[..., Face]) -> None:
    body = make_sheet(make_face(kind=kind, level=None), NUMBER).body
    assert body["zh"]
    assert body["en"]


@pytest.mark.parametrize("kind", [kind.id for kind in kinds() if not kind.issued_here])
def test_kinds_of_others_are_not_printed(kind: str, make_face: Callable[..., Face]) -> None:
    with pytest.raises(Refused, match=r"paper\.kind"):
        make_sheet(make_face(kind=kind), NUMBER)


def test_our_own_words_claim_no_authority() -> None:
    """Only the official titles may name official certificates: 人社部函〔2022〕25号."""
    ours = str({name: words for name, words in paper_words().items() if name in {"label", "body", "words"}})
    ours = ours.replace("职业技能等级", "")  # what the notice calls the row
    barred = [*FORBIDDEN["authority"], *FORBIDDEN["certificate"], *FORBIDDEN["claim"]]
    assert [word for word in barred if word in ours] == []


def test_a_character_without_a_glyph_is_named(make_face: Callable[..., Face]) -> None:
    sheet = mark_missing(make_sheet(make_face("王\U00033470明"), NUMBER), lambda one: one != "\U00033470")
    assert sheet.rows[0].text == "王〔U+33470〕明"
    assert sheet.missing == ("〔U+33470〕",)


def test_with_every_glyph_nothing_changes(make_face: Callable[..., Face]) -> None:
    sheet = make_sheet(make_face(), NUMBER)
    assert mark_missing(sheet, lambda _: True) == sheet


def test_a_sheet_shows_no_person_when_it_is_logged(make_face: Callable[..., Face]) -> None:
    shown = repr(make_sheet(make_face(), NUMBER))
    assert "王小明" not in shown
    assert NUMBER not in shown
