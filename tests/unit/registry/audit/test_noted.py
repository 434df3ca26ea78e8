"""Every route that changes something notes it in the trail, or stands below with the reason why it need not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import keys
from registry.problems import ROOMS

HOUSE = Path(keys.__file__).parent.parent
WRITING = {"post", "put", "patch", "delete"}
NOTES = {("issuers.session", "note"), ("registry.audit.acts", "Act")}  # and methods named ``note``
DEEP = 5  # calls from a route to its note; desks behind a route are looked into by the names of their methods

FROM_RECORD = "the trail takes it from the certificate itself"
LOOKS = "stores nothing but, at most, a picture of what was looked at"
AT_DESK = "noted by the desk behind it, in the transaction that does it"
OWN_PAGE = "the worker's own page and sessions, which only they see"
NOT_NOTED = {
    "issuers.routes.issue": FROM_RECORD,
    "issuers.routes.revocation": FROM_RECORD,
    "issuers.routes.suspension": FROM_RECORD,
    "issuers.routes.lifting": FROM_RECORD,
    "issuers.routes.reissue": FROM_RECORD,
    "issuers.changes.pages.suspend": FROM_RECORD,
    "issuers.changes.pages.lift": FROM_RECORD,
    "issuers.changes.pages.revoke": FROM_RECORD,
    "issuers.changes.reissue_pages.confirm": FROM_RECORD,
    "issuers.own_keys.routes.reserve": "a number for ten minutes; what is recorded with it tells itself",
    "issuers.changes.reissue_pages.again": LOOKS,
    "issuers.changes.reissue_pages.preview": LOOKS,
    "issuers.changes.pages.search_form": LOOKS,
    "issuers.changes.many_pages.preview": LOOKS,
    "issuers.console.issue_again": LOOKS,
    "issuers.console.preview": LOOKS,
    "verify.bulk.routes.verification": LOOKS,
    "verify.pages.lookup": LOOKS,
    "verify.pages.upload": LOOKS,
    "verify.routes.verify_one": LOOKS,
    "verify.web_app.scan_text": LOOKS,
    "verify.web_app.picture": LOOKS,
    "issuers.accounts.pages.begin_second_factor": "shows a secret; its first right code is what counts, and is noted",
    "issuers.accounts.pages.reset_post": AT_DESK,
    "issuers.accreditations.committee_pages.apply_post": AT_DESK,
    "issuers.accreditations.committee_pages.propose": AT_DESK,
    "issuers.accreditations.committee_pages.vote_post": AT_DESK,
    "issuers.accreditations.pages.apply_post": AT_DESK,
    "issuers.notices.pages.read": "what somebody has read is nobody else's matter",
    "issuers.notices.pages.send_again": "delivers what was to be delivered anyway",
    "verify.watch.routes.send_again": "delivers what was to be delivered anyway",
    "verify.watch.pages.send_again": "delivers what was to be delivered anyway",
    "verify.wallet.routes.token": "what the worker offered, which was noted, is fetched",
    "verify.wallet.routes.nonce": "what the worker offered, which was noted, is fetched",
    "verify.wallet.routes.credential": "what the worker offered, which was noted, is fetched",
    "verify.worker.account.end_one": OWN_PAGE,
    "verify.worker.account.end_others": OWN_PAGE,
    "verify.worker.display.choose": "a cookie of the reader's own browser",
    "verify.worker.entry.sign_in_by_password": OWN_PAGE,
    "verify.worker.entry.sign_in_by_key": OWN_PAGE,
    "verify.worker.entry.sign_out": OWN_PAGE,
}


@dataclass(frozen=True)
class Module:
    """The functions of a module by name, and where imported names come from."""

    functions: dict[str, ast.FunctionDef]
    imported: dict[str, tuple[str, str]]


@cache
def modules() -> dict[str, Module]:
    """Every module of the house."""
    found = {}
    for room in ROOMS:
        for path in sorted((HOUSE / room).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            functions = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
            imported = {
                alias.asname or alias.name: (one.module, alias.name)
                for one in ast.walk(tree)
                if isinstance(one, ast.ImportFrom) and one.module
                for alias in one.names
            }
            name = ".".join(path.relative_to(HOUSE).with_suffix("").parts)
            found[name] = Module(functions, imported)
    return found


def writing_routes() -> Iterator[tuple[str, str]]:
    """Module and function of every route that takes a writing method."""
    for name, module in modules().items():
        for function in module.functions.values():
            for decorator in function.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else None
                if isinstance(called, ast.Attribute) and called.attr in WRITING:
                    yield name, function.name


def does_note(module: str, function: str) -> bool:
    """Whether a function notes an act itself, or within `DEEP` steps something that it calls or names."""
    seen, reached = set[tuple[str, str]](), {(module, function)}
    for _ in range(DEEP):
        looks = [look_into(*one) for one in reached]
        if any(noting for noting, _ in looks):
            return True
        seen |= reached
        reached = {one for _, named in looks for one in named} - seen
    return False


@cache
def look_into(module: str, function: str) -> tuple[bool, frozenset[tuple[str, str]]]:
    """Whether a function notes an act itself, and the functions of the house that it calls or names."""
    here = modules().get(module)
    if here is None or function not in here.functions:
        return False, frozenset()
    noting, named = False, set()
    for node in ast.walk(here.functions[function]):
        if isinstance(node, ast.Call) and _is_note(node.func):
            noting = True
        elif isinstance(node, ast.Name):
            where = (module, node.id) if node.id in here.functions else here.imported.get(node.id)
            noting = noting or where in NOTES
            named |= {where} if where else set()
    return noting, frozenset(named)


def _is_note(called: ast.expr) -> bool:
    """A method ``note``, but that of the looks that a worker is shown."""
    is_look = isinstance(called, ast.Attribute) and ast.unparse(called.value).endswith("looks")
    return isinstance(called, ast.Attribute) and called.attr == "note" and not is_look


def test_every_route_that_writes_notes_its_act():
    silent = {f"{module}.{name}" for module, name in writing_routes() if not does_note(module, name)}
    assert sorted(silent - NOT_NOTED.keys()) == []


def test_every_exception_is_one():
    routes = {f"{module}.{name}" for module, name in writing_routes()}
    assert sorted(NOT_NOTED.keys() - routes) == []
    noting = {name for name in NOT_NOTED if does_note(*name.rsplit(".", 1))}
    assert sorted(noting) == []
