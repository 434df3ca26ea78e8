"""Every act that the code notes has words in both languages, and every row of words is noted somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import keys
from registry.audit.trail import DECISIONS
from registry.audit.words import act_words, all_act_words
from registry.problems import ROOMS

HOUSE = Path(keys.__file__).parent.parent
NAME = re.compile(r"[a-z_]+\.[a-z_]+")
NOTE, ACTS = (
    "note",
    "from registry.audit.acts import",
)  # `issuers.session.note`; whoever makes an `Act` itself


def trees() -> Iterator[tuple[str, ast.Module, set[str]]]:
    paths = [HOUSE / "wsgi.py", *(path for room in ROOMS for path in sorted((HOUSE / room).rglob("*.py")))]
    for path in paths:
        text = path.read_text("utf-8")
        yield str(path.relative_to(HOUSE)), ast.parse(text), {NOTE, "Act"} if ACTS in text else {NOTE}


def noted() -> Iterator[tuple[str, str]]:
    """Where, and every name that a call of `note` or `Act` writes as its first argument."""
    for where, tree, names in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                for inner in _names(node.args[0]) if node.args else ():
                    if isinstance(inner, ast.JoinedStr):
                        pytest.fail(f"{where}:{node.lineno}: an act's name is put together; write it out")
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                        yield f"{where}:{node.lineno}", inner.value


def _names(argument: ast.expr) -> Iterator[ast.AST]:
    """What the argument may be: of ``a if condition else b`` both, but nothing of the condition."""
    return iter([argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument])


def test_every_noted_act_has_words():
    assert [(where, name) for where, name in noted() if name not in all_act_words()] == []


@pytest.mark.parametrize("name", sorted(all_act_words()))
def test_a_row_speaks_both_languages(name):
    row = all_act_words()[name]
    assert NAME.fullmatch(name)
    assert row.keys() == {"zh", "en"}
    assert re.search("[一-鿿]", row["zh"])
    assert not re.search("[一-鿿]", row["en"])


def test_what_is_decided_about_an_assessor_is_among_the_acts():
    assert set(DECISIONS) <= all_act_words().keys()


def test_a_name_that_was_given_up_is_shown_as_it_is():
    assert act_words("gone.by") == {"zh": "gone.by", "en": "gone.by"}
