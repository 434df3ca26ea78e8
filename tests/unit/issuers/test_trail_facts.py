"""What the trail's facts are called: every name that the code notes, every state it knows, in both languages."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

import keys
from issuers.accreditations.life import Act as Asking
from issuers.accreditations.life import Voice
from issuers.batches.store import BatchState
from issuers.changes.reasons import Act as Changing
from issuers.published import described_tables
from issuers.roles import Role
from issuers.session_desk import HEADS
from issuers.trail_facts import fact_words, value_words
from registry.archive.entries import entry_kinds
from registry.audit.entries import STATE_ACTS
from registry.kinds import kinds
from registry.levels import levels
from registry.problems import ROOMS
from registry.registers.inspections import Outcome
from registry.registers.integrity import Appeal
from registry.sharing.presets import presets
from registry.workers.requests import RequestKind, RequestState

HOUSE = Path(keys.__file__).parent.parent
TABLE = tomllib.loads((HOUSE / "issuers/data/trail_facts.toml").read_text("utf-8"))
SIDES = ("before", "after")
NOTES = re.compile(r"\b(note|_note|Act|Noted|Happening)\(")
DEEP = 2  # names from a note to the facts it writes
MEMBERS = {"why", "request"}  # keywords of a worker's note that are no facts


@cache
def noted_facts() -> tuple[tuple[str, str], ...]:
    """Where, and every name of a fact that a note writes out: in the call, in a variable, or in a function named."""
    paths = [path for room in ROOMS for path in sorted((HOUSE / room).rglob("*.py"))]
    return tuple(found for path in paths for found in _noted_in(path, path.read_text("utf-8")))


def _noted_in(path: Path, text: str) -> Iterator[tuple[str, str]]:
    if not NOTES.search(text):
        return
    tree = ast.parse(text)
    for function in (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)):
        for call in _notes(function):
            for name in _facts_of(call, function, tree):
                yield f"{path.relative_to(HOUSE)}:{call.lineno}", name


def _notes(function: ast.FunctionDef) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            owner = ast.unparse(called.value) if isinstance(called, ast.Attribute) else ""
            if NOTES.match(f"{name}(") and not owner.endswith(("looks", "archives")):
                yield node


def _facts_of(call: ast.Call, function: ast.FunctionDef, tree: ast.Module) -> Iterator[str]:
    for given in call.keywords:
        if given.arg in SIDES or given.arg is None:
            yield from _keys_of(given.value, function, tree)
        elif given.arg not in MEMBERS and _is_workers(call):
            yield given.arg  # a worker's note takes facts as its keywords
    for argument in call.args[5:]:  # an `Act` by position
        yield from _keys_of(argument, function, tree)


def _is_workers(call: ast.Call) -> bool:
    keywords = {given.arg for given in call.keywords}
    return getattr(call.func, "id", "note") == "note" and not keywords & {*SIDES, "at", "session", "progress"}


def _keys_of(
    value: ast.expr, function: ast.FunctionDef, tree: ast.Module, depth: int = DEEP
) -> Iterator[str]:
    match value:
        case ast.Dict():
            yield from _texts(value.keys)
            inner = [one for key, one in zip(value.keys, value.values, strict=True) if key is None]
        case ast.DictComp():
            yield from _texts(ast.walk(value.generators[0].iter))
            inner = []
        case ast.BinOp():
            inner = [value.left, value.right]
        case ast.IfExp():
            inner = [value.body, value.orelse]
        case ast.Name() | ast.Call(func=ast.Name()) if depth:
            inner, depth = list(_sources_of(_name_of(value), function, tree)), depth - 1
        case _:
            inner = []
    for one in inner:
        yield from _keys_of(one, function, tree, depth)


def _name_of(value: ast.Name | ast.Call) -> str:
    return ast.unparse(value.func if isinstance(value, ast.Call) else value)


def _texts(nodes: Iterable[ast.AST | None]) -> Iterator[str]:
    yield from (one.value for one in nodes if isinstance(one, ast.Constant))


def _sources_of(name: str, function: ast.FunctionDef, tree: ast.Module) -> Iterator[ast.expr]:
    """What the variable was set to in the function, or what the module's function of that name returns."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            yield node.value
    for other in tree.body:
        if isinstance(other, ast.FunctionDef) and other.name == name:
            yield from (one.value for one in ast.walk(other) if isinstance(one, ast.Return) and one.value)


def test_every_noted_fact_has_words():
    noted = noted_facts()
    assert len({name for _, name in noted}) > 40  # they are found at all
    assert sorted({(where, name) for where, name in noted if name not in TABLE["fact"]}) == []


def test_every_column_of_a_published_table_and_every_head_count_has_words():
    columns = {column.id for table in described_tables().values() for column in table.columns}
    assert columns | set(HEADS) <= TABLE["fact"].keys()


def test_every_row_is_of_a_fact_that_is_noted():
    columns = {column.id for table in described_tables().values() for column in table.columns}
    assert sorted(TABLE["fact"].keys() - {name for _, name in noted_facts()} - columns - set(HEADS)) == []


@pytest.mark.parametrize(
    ("act", "name", "codes"),
    [
        ("certificate.revoked", "state", list(STATE_ACTS)),
        ("batch.paused", "state", list(BatchState)),
        ("request.answered", "state", list(RequestState)),
        ("request.opened", "kind", list(RequestKind)),
        ("archive.entry_added", "kind", [kind.id for kind in entry_kinds()]),
        ("certificate.issued", "kind", [kind.id for kind in kinds()]),
        ("certificate.issued", "level", [level.id for level in levels()]),
        ("account.made", "role", list(Role)),
        ("accreditation.voted", "act", list(Asking)),
        ("changes.prepared", "act", list(Changing)),
        ("accreditation.voted", "voice", list(Voice)),
        ("access.checked", "outcome", ["open", "allowed", "certificate_missing", "no_rule"]),
        ("inspection.visited", "outcome", list(Outcome)),
        ("integrity.appeal_changed", "appeal", list(Appeal)),
        ("session.begun", "way", ["password", "code", "recovery"]),
        ("share.made", "preset", list(presets())),
    ],
)
def test_every_value_of_a_catalogue_has_words(act, name, codes):
    for code in map(str, codes):
        words = value_words(act, name, code)
        assert re.search("[一-鿿]", words["zh"]), code
        assert not re.search("[一-鿿]", words["en"]), code


@pytest.mark.parametrize(
    ("name", "value", "zh", "en"),
    [
        ("issued_on", "2026-11-02", "2026年11月2日", "2 November 2026"),
        ("region", "330000", "浙江省 330000", "Zhejiang 330000"),
        ("is_set", True, "是", "yes"),
        ("mail", False, "否", "no"),
        ("owner", "registry", "登记机关", "The registry's bureau"),
        ("until", None, "–", "–"),
    ],
)
def test_days_places_and_answers_are_written_out(name, value, zh, en):
    assert value_words("a.b", name, value) == {"zh": zh, "en": en}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("state", "long_gone", "long_gone"),
        ("kind", "long_gone", "long_gone"),
        ("region", "999999", "999999"),
        ("until", "soon", "soon"),
        ("credits", 12, "12"),
        ("aliases", ["a", "档"], '["a", "档"]'),
    ],
)
def test_what_has_no_words_is_shown_as_it_is(name, value, shown):
    assert value_words("a.b", name, value) == {"zh": shown, "en": shown}
    assert fact_words("long_gone") == {"zh": "long_gone", "en": "long_gone"}


def test_every_row_speaks_both_languages():
    rows = [*TABLE["fact"].items(), *TABLE["answer"].items()]
    rows += [row for codes in TABLE["value"].values() for row in codes.items()]
    for name, row in rows:
        assert row.keys() == {"zh", "en"}, name
        assert re.search("[一-鿿]", row["zh"]), name
        assert not re.search("[一-鿿]", row["en"]), name
