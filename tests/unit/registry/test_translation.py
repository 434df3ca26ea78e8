"""The words of the pages: the catalogues are whole, and a reader gets the right language."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask, render_template_string

from registry.translation import (
    ROOMS_WITH_PAGES,
    as_date,
    as_time,
    document_name,
    in_language,
    init_translation,
    language,
)

ROOT = Path(__file__).parents[3]
CHINESE = re.compile(r"[㐀-鿿豈-﫿，。！？：；、《》（）【】]|[\U00020000-\U0003ffff]")
PLACES = re.compile(r"%\(\w+\)[sd]")
TEMPLATES = sorted(path for room in ROOMS_WITH_PAGES for path in (ROOT / room / "templates").rglob("*.html"))
MODULES = sorted(path for room in ROOMS_WITH_PAGES for path in (ROOT / room).rglob("*.py"))
SPEAKS = re.compile(r"\b(render_template|flash|gettext|Blueprint)\b")
PAGE_MODULES = [path for path in MODULES if SPEAKS.search(path.read_text("utf-8"))]
COMMAND_MODULES = [path for path in MODULES if "import click" in path.read_text("utf-8")]
SCRIPTS = sorted(path for room in ROOMS_WITH_PAGES for path in (ROOT / room / "static").rglob("*.js"))
TABLES = sorted(path for room in ROOMS_WITH_PAGES for path in (ROOT / room).rglob("*.toml"))
OWN_NAME = ROOT / "registry/translation.py"  # says what each language calls itself
SAME_IN_EVERY_LANGUAGE = {"API", "CSV", "JSON", "NDJSON", "openapi.json", "PDF", "QR", "XLSX", "ZIP"}
# Names that have no English: what stands on the paper itself, and what an occupation was called before.
CHINESE_ONLY = {"title_zh", "numeral_zh", "earlier_name"}


def read_catalogue(room: str) -> Catalog:
    with (ROOT / room / "translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="zh")


def extract_messages(room: str) -> set[str]:
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT / room, methods, options)
    return {message for _file, _line, message, _comments, _context in found}


@pytest.fixture
def app() -> Flask:
    made = Flask(__name__)
    init_translation(made)

    @made.get("/page/<name>")
    def page(name: str) -> str:
        return render_template_string("{{ language }} {{ other_language_name }} {{ other_language_url }}")

    @made.post("/form")
    def form() -> str:
        return render_template_string("{{ other_language_url is none }}")

    return made


@pytest.mark.parametrize("room", ROOMS_WITH_PAGES)
def test_every_message_is_translated_and_none_is_left_over(room: str) -> None:
    catalogue = read_catalogue(room)
    assert extract_messages(room) == {message.id for message in catalogue if message.id}


@pytest.mark.parametrize("room", ROOMS_WITH_PAGES)
def test_no_translation_is_empty_fuzzy_or_obsolete(room: str) -> None:
    catalogue = read_catalogue(room)
    assert [message.id for message in catalogue if message.id and (not message.string or message.fuzzy)] == []
    assert not catalogue.obsolete


@pytest.mark.parametrize("room", ROOMS_WITH_PAGES)
def test_translations_keep_their_places(room: str) -> None:
    for message in read_catalogue(room):
        if message.id:
            assert sorted(PLACES.findall(message.id)) == sorted(PLACES.findall(message.string)), message.id


@pytest.mark.parametrize("room", ROOMS_WITH_PAGES)
def test_no_chinese_text_holds_an_english_sentence(room: str) -> None:
    four_words = re.compile("(?:[A-Za-z]+ ){3}[A-Za-z]+")
    found = [str(message.string) for message in read_catalogue(room) if message.id]
    assert [text for text in found if four_words.search(PLACES.sub("", text))] == []


@pytest.mark.parametrize("room", ROOMS_WITH_PAGES)
def test_compiled_catalogue_is_the_written_one(room: str) -> None:
    with (ROOT / room / "translations/zh/LC_MESSAGES/messages.mo").open("rb") as file:
        compiled = {message.id: message.string for message in read_mo(file) if message.id}
    assert compiled == {message.id: message.string for message in read_catalogue(room) if message.id}, (
        "make messages"
    )


def test_one_message_reads_the_same_in_every_room() -> None:
    seen: dict[str, str] = {}
    for room in ROOMS_WITH_PAGES:
        for message in read_catalogue(room):
            assert seen.setdefault(str(message.id), str(message.string)) == message.string or not message.id


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_template_holds_no_chinese(path: Path) -> None:
    spoken = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert CHINESE.findall(spoken) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_template_says_everything_through_the_catalogue(path: Path) -> None:
    """No English outside ``_()`` either: it would stay English on a Chinese page."""
    spoken = find_shown(path.read_text("utf-8"))
    assert [words for words in spoken if words not in SAME_IN_EVERY_LANGUAGE] == []


def find_shown(template: str) -> list[str]:
    """The words of a template that reach the reader as they are: text, and attributes that are read or spoken."""
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template, flags=re.DOTALL)
    bare = re.sub(r"<(code|pre|svg)\b.*?</\1>", "", bare, flags=re.DOTALL)
    attributes = re.findall(r'\b(?:alt|title|placeholder|aria-label|label)="([^"]*)"', bare)
    text = re.sub(r"<[^>]*>", "\n", bare).split("\n")
    return [words.strip() for words in (*attributes, *text) if re.search(r"[A-Za-z]{2}", words)]


def test_words_are_found_where_a_reader_meets_them() -> None:
    template = (
        '{# no #}<p title="Hint">Hello {{ _("no") }}</p>{% if x == "no" %}<img alt="Picture">{% endif %}'
    )
    assert find_shown(template) == ["Hint", "Picture", "Hello"]
    assert find_shown("<code>curl</code><p>{{ _('Fine') }} · 1</p>") == []


def test_page_modules_are_found() -> None:
    found = {str(path.relative_to(ROOT)) for path in PAGE_MODULES}
    assert {
        "issuers/console.py",
        "verify/pages.py",
        "verify/bulk/pages.py",
        "verify/watch/routes.py",
    } <= found


@pytest.mark.parametrize("path", PAGE_MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_page_module_says_no_chinese(path: Path) -> None:
    spoken = [text for text in find_spoken(ast.parse(path.read_text("utf-8"))) if CHINESE.search(text)]
    assert spoken == (["中文"] if path == OWN_NAME else [])


@pytest.mark.parametrize("path", PAGE_MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_page_module_flashes_only_translated_words(path: Path) -> None:
    bare = (ast.Constant, ast.JoinedStr, ast.BinOp)
    flashed = [node.args[0] for node in find_calls(ast.parse(path.read_text("utf-8")), "flash")]
    assert [ast.unparse(words) for words in flashed if isinstance(words, bare)] == []


@pytest.mark.parametrize("path", COMMAND_MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_command_never_speaks_chinese_alone(path: Path) -> None:
    """A terminal has no language to choose: English, or both side by side."""
    spoken = [text for text in find_spoken(ast.parse(path.read_text("utf-8"))) if CHINESE.search(text)]
    assert [text for text in spoken if not re.search("[A-Za-z]{2}", text)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_script_takes_its_words_from_the_page(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/|^\s*//.*$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert CHINESE.findall(text) == []
    said = r"""(?:textContent|innerText|placeholder|ariaLabel|alt|title)\s*=\s*(["'`])([^"'`$]*[A-Za-z]{2}[^"'`$]*)\1"""
    assert re.findall(said, text) + re.findall(r"\b(?:alert|confirm|prompt)\(", text) == []


@pytest.mark.parametrize("path", TABLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_data_in_chinese_has_its_english(path: Path) -> None:
    assert list(find_untranslated(tomllib.loads(path.read_text("utf-8")))) == []


def find_untranslated(value: object, where: str = "") -> Iterator[str]:
    """The keys ``zh`` and ``NAME_zh`` with a text beside which ``en`` or ``NAME_en`` has none."""
    if isinstance(value, list):
        for one in value:
            yield from find_untranslated(one, where)
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        yield from find_untranslated(inner, name)
        if inner and re.search("(^|_)zh$", name) and not {name, where} & CHINESE_ONLY:
            partner = name.removesuffix("zh") + "en"
            if not value.get(partner):
                yield f"{where}.{name} has no {partner}"


def test_a_missing_translation_is_found() -> None:
    tables = {"row": [{"zh": "有", "en": "yes"}, {"mend_zh": "改", "mend_en": ""}, {"zh": "无"}]}
    assert list(find_untranslated(tables)) == ["row.mend_zh has no mend_en", "row.zh has no en"]


def find_calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """The calls of the function called ``name``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def find_spoken(tree: ast.AST) -> Iterator[str]:
    """The string constants of a module that are not docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize(
    ("query", "cookie", "header", "expected"),
    [
        ("en", "zh", "zh-CN", "en"),
        ("zh", "en", "en-US", "zh"),
        ("", "en", "zh-CN", "en"),
        ("fr", "en", "zh-CN", "en"),
        ("", "xx", "en-US,en;q=0.9", "en"),
        ("", "", "zh-TW,zh;q=0.9,en;q=0.8", "zh"),
        ("", "", "en-GB;q=0.4,zh-CN;q=0.9", "zh"),
        ("", "", "fr-FR", "zh"),
        ("", "", "", "zh"),
        ("../../etc", "", "", "zh"),
    ],
)
def test_language_is_chosen_in_order(app: Flask, query: str, cookie: str, header: str, expected: str) -> None:
    client = app.test_client()
    if cookie:
        client.set_cookie("lang", cookie)
    asked = {"lang": query} if query else {}
    answer = client.get("/page/x", query_string=asked, headers={"Accept-Language": header})
    assert answer.text.split()[0] == expected


def test_wish_in_the_address_is_remembered(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/page/x?lang=en").text.startswith("en")
    assert client.get("/page/x").text.startswith("en")


def test_unknown_wish_is_not_remembered(app: Flask) -> None:
    assert "Set-Cookie" not in app.test_client().get("/page/x?lang=fr").headers


def test_link_to_the_other_language_keeps_the_page(app: Flask) -> None:
    assert app.test_client().get("/page/a%20b?q=%E7%94%B5&lang=en").text == (
        "en 中文 /page/a%20b?q=%E7%94%B5&amp;lang=zh"
    )


def test_answer_to_a_form_offers_no_other_language(app: Flask) -> None:
    assert app.test_client().post("/form").text == "True"


def test_caches_are_told_what_the_page_depends_on(app: Flask) -> None:
    assert {"accept-language", "cookie"} <= app.test_client().get("/page/x").vary.as_set()


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("zh", ("高级工", "2026年11月22日", "2026年11月23日 00:30（北京时间）", "护照")),
        ("en", ("Senior worker", "22 November 2026", "23 November 2026, 00:30 Beijing time", "Passport")),
    ],
)
def test_filters_speak_the_language(app: Flask, wish: str, expected: tuple[str, ...]) -> None:
    texts = {"zh": "高级工", "en": "Senior worker"}
    with app.test_request_context(f"/?lang={wish}"):
        assert language() == wish
        said = (
            in_language(texts),
            as_date("2026-11-22"),
            as_time("2026-11-22T16:30:00Z"),
            document_name("passport"),
        )
        assert said == expected


def test_filters_take_dates_and_times_too(app: Flask) -> None:
    with app.test_request_context():
        assert as_date(date(2026, 11, 22)) == as_date("2026-11-22")
        assert as_time(datetime(2026, 11, 22, 16, 30, tzinfo=UTC)) == as_time("2026-11-22T16:30:00Z")


def test_nothing_reads_as_nothing(app: Flask) -> None:
    with app.test_request_context():
        assert (in_language(None), as_date(None)) == ("", "")


def test_language_outside_a_request_is_chinese() -> None:
    assert language() == "zh"
