"""The answer's page: in one glance, in both languages, and silent about the person unless it is yes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, render_template

import keys
from registry.translation import ROOMS_WITH_PAGES, init_translation

HOUSE = Path(keys.__file__).parent.parent

WORDS = {
    "valid": ("有效", "Valid"),
    "revoked": ("已撤销", "Revoked"),
    "suspended": ("已暂停", "Suspended"),
    "expired": ("已过期", "Expired"),
    "not_yet_valid": ("尚未生效", "Not yet valid"),
    "superseded": ("已被替换", "Replaced"),
    "untrusted": ("来源不可信", "Issuer not trusted"),
    "broken": ("已被改动或损坏", "Altered or damaged"),
    "unknown": ("无法核验", "Could not be checked"),
}
PERSON = ("王*明", "15**************14", "S000015000012263000457")
REASON = {"code": "status.revoked", "zh": "考核材料不实。", "en": "False material."}


@pytest.fixture
def app() -> Flask:
    made = Flask(__name__, static_folder=None)
    for room in ("registry", "verify"):
        made.register_blueprint(Blueprint(room, room, template_folder="templates"))
    made.url_build_error_handlers.append(lambda error, endpoint, values: f"/{endpoint}")
    init_translation(made)
    made.secret_key = "test"
    return made


def make_verdict(outcome: str) -> dict[str, Any]:
    place = {"code": "150100", "zh": "呼和浩特市", "en": "Hohhot"}
    return {
        "outcome": outcome,
        "as_of": "2026-11-23T06:00:00Z",
        "reason": None if outcome == "valid" else REASON,
        "checks": [
            {"name": "status", "result": "passed", "code": "status.good", "zh": "未撤销", "en": "Good"}
        ],
        "benefits": None,
        "certificate": {
            "number": PERSON[2],
            "kind": {
                "id": "skill_level",
                "zh": "职业技能等级证书",
                "en": "Vocational skill level certificate",
            },
            "title": {"zh": "职业技能等级证书", "en": "Vocational skill level certificate"},
            "holder": {"name": PERSON[0], "id_type": "resident_id", "id_number": PERSON[1]},
            "occupation": {
                "code": "6-31-01-03",
                "edition": "2022",
                "name": {"zh": "电工", "en": "Electrician"},
            },
            "job": None,
            "level": {"id": "3", "rank": 4, "printed": "三级/高级工", "zh": "高级工", "en": "Senior worker"},
            "issued_on": "2026-11-22",
            "assessor": {
                "id": "S000015000012",
                "name": "青城评价协会",
                "kind": "association",
                "kind_name": {"zh": "行业协会", "en": "industry association"},
                "region": place,
            },
            "accreditation": {
                "id": "A1",
                "decision": "示例〔2026〕12号",
                "valid_from": "2026-01-01",
                "valid_until": None,
                "covered": True,
            },
            "appointment": None,
        },
    }


def render(app: Flask, template: str, outcome: str, language: str) -> str:
    verdict = make_verdict(outcome)
    with app.test_request_context(f"/v/x?lang={language}"):
        return render_template(template, verdict=verdict, result=verdict, code="x", qr_url="/qr", at=None)


@pytest.mark.parametrize("template", ["verify/verdict.html", "verify/lookup.html", "verify/worker.html"])
@pytest.mark.parametrize("outcome", [name for name in WORDS if name != "valid"])
def test_negative_answer_names_the_reason_and_nobody(app: Flask, template: str, outcome: str) -> None:
    for language, word in zip(("zh", "en"), WORDS[outcome], strict=True):
        page = render(app, template, outcome, language)
        assert [datum for datum in PERSON if datum in page] == []
        assert page.index(f"<h1>{word}</h1>") < page.index(REASON[language])
        assert f'data-outcome="{outcome}"' in page


@pytest.mark.parametrize("outcome", ["broken", "untrusted", "unknown"])
def test_what_cannot_be_believed_is_not_repeated(app: Flask, outcome: str) -> None:
    page = render(app, "verify/verdict.html", outcome, "zh")
    assert "高级工" not in page
    assert "青城评价协会" not in page


@pytest.mark.parametrize("template", ["verify/verdict.html", "verify/lookup.html", "verify/worker.html"])
@pytest.mark.parametrize(("language", "level"), [("zh", "高级工"), ("en", "Senior worker")])
def test_valid_answer_shows_whose_and_what(app: Flask, template: str, language: str, level: str) -> None:
    page = render(app, template, "valid", language)
    assert [datum for datum in PERSON if datum not in page] == []
    assert level in page


def test_each_tone_has_a_shape_of_its_own(app: Flask) -> None:
    shapes = {
        render(app, "verify/verdict.html", outcome, "en").split('class="shape"')[1].split("/>")[0]
        for outcome in ("valid", "revoked", "suspended", "unknown")
    }
    assert len(shapes) == 4


def test_the_frame_of_a_table_of_rows_is_written_once() -> None:
    pages = [page for room in ROOMS_WITH_PAGES for page in (HOUSE / room / "templates").rglob("*.html")]
    written = [page.name for page in pages if '<table class="certificates">' in page.read_text("utf-8")]
    assert written == ["parts.html"]  # the macro `rows_table`
