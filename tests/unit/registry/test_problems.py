"""Every refusal has a row with words in both languages, every row is used, every place in a text is filled."""

from __future__ import annotations

import ast
import re
import string
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import keys
from issuers.schemas import MESSAGES
from keys.errors import Refused
from registry.problems import ROOMS, catalogue, error_words, find_problem
from registry.state import State
from verify.checks import STEPS
from verify.presentation_check import STEPS as PRESENTATION_STEPS

HOUSE = Path(keys.__file__).parent.parent
CODE = re.compile(r"[a-z_0-9]+\.[a-z_0-9]+")
TEXTS = ("zh", "en", "mend_zh", "mend_en")


@cache
def trees() -> dict[Path, ast.Module]:
    paths = [HOUSE / "wsgi.py", *(path for room in ROOMS for path in sorted((HOUSE / room).rglob("*.py")))]
    return {path: ast.parse(path.read_text("utf-8")) for path in paths}


def refusals() -> Iterator[tuple[str, ast.Call]]:
    """Where, and each call of ``Refused`` whose code is written there."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused":
                yield f"{path.relative_to(HOUSE)}:{node.lineno}", node


def literal(node: ast.Call) -> str | None:
    first = node.args[0] if node.args else None
    return first.value if isinstance(first, ast.Constant) else None


def is_used() -> re.Pattern[str]:
    """Matches every text in the code that looks like a code, and those put together: ``f"status.{state}"``."""
    found = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.add(re.escape(node.value))
            elif isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
                if re.fullmatch(r"[a-z_]{3,}\.[a-z_]*|[a-z_]*\.[a-z_]{3,}", "".join(filter(None, parts))):
                    found.add("".join(re.escape(part) if part else "[a-z_]+" for part in parts))
    return re.compile("|".join(found))


def test_every_refusal_has_a_row():
    assert {code for _, node in refusals() if (code := literal(node))} - set(catalogue()) == set()


def test_every_row_is_used():
    used = is_used()
    assert [code for code in catalogue() if not used.fullmatch(code)] == []


def test_codes_put_together_have_rows():
    composed = {f"{name}.passed" for name, _ in (*STEPS, *PRESENTATION_STEPS)}
    composed |= {f"status.{state.value}" for state in State if state is not State.VALID}
    assert composed - set(catalogue()) == set()


def test_messages_of_the_schemas_are_codes():
    assert set(MESSAGES.values()) - set(catalogue()) == set()


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_a_row_speaks_both_languages(code):
    problem = catalogue()[code]
    assert problem.zh.strip()
    assert problem.en.strip()
    if problem.status >= 400:  # an answer that is no refusal needs no mending
        assert problem.mend_zh.strip()
        assert problem.mend_en.strip()
    else:
        assert problem.status == 200
    assert not re.search("[一-鿿]", problem.en.replace("人社部函〔2022〕25号", ""))
    assert re.search("[一-鿿]", problem.zh)


def test_every_place_in_a_text_is_among_the_params_given():
    given: dict[str, list[tuple[str, set[str | None]]]] = defaultdict(list)
    for where, node in refusals():
        if (code := literal(node)) in catalogue():
            given[code].append((where, {keyword.arg for keyword in node.keywords}))
    lacking = [
        (where, code, sorted(places - params))
        for code, calls in given.items()
        for where, params in calls
        if (places := _places(code)) - params and None not in params  # None: **params
    ]
    assert lacking == []


def _places(code: str) -> set[str | None]:
    problem = catalogue()[code]
    texts = (getattr(problem, name) for name in TEXTS)
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


def test_words_are_filled_from_the_params():
    words = error_words(Refused("issue.in_future", today="2026-11-22"))
    assert "2026年11月22日" in words["zh"]
    assert "22 November 2026" in words["en"]


def test_a_code_without_a_row_is_a_defect():
    with pytest.raises(KeyError):
        find_problem("nobody.knows")


def test_params_hold_no_personal_datum():
    """What goes into params goes into answers and logs: no name and no number of a person."""
    named = {"name", "holder", "id_number", "person", "token", "password"}
    found = [
        (where, keyword.arg)
        for where, node in refusals()
        for keyword in node.keywords
        if keyword.arg in named
    ]
    assert found == []


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_words_of_no_one_refusal_have_no_place_left(code):
    words = find_problem(code).words()
    for name in TEXTS:
        places = [
            place for _, place, *_ in string.Formatter().parse(getattr(find_problem(code), name)) if place
        ]
        assert words[name].count("…") >= len(places)
