"""Reads the rule sets: one folder a document, ``document.toml`` and ``rules.toml``.

A broken file is refused with its name, line and reason (``policy.broken``); an edited rule, whose
digest is no longer the recorded one, is refused too (``policy.edited``): a correction is a new row
with the same id and a later ``from``, which ends the row before it.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import rfc8785

from keys.errors import Refused
from registry.policy.model import Coverage, Document, Policies, Rule, Window
from registry.policy.shape import Fault, faults_of_document, faults_of_rule


@cache
def load_policies() -> Policies:
    """The rule sets that come with the registry, checked against their recorded digests."""
    folder = files("registry.policy") / "data"
    policies = read_policies(folder)
    check_digests(policies, json.loads((folder / "digests.json").read_text("utf-8")))
    return policies


def read_policies(folder: Traversable) -> Policies:
    """Every rule set in ``folder``; Refused ``policy.broken``."""
    documents, rules = [], []
    for each in sorted((item for item in folder.iterdir() if item.is_dir()), key=lambda item: item.name):
        document = _read_document(each)
        documents.append(document)
        rules += _close_windows(_read_rules(each, document))
    return Policies(tuple(documents), tuple(rules))


def digests_of(policies: Policies) -> dict[str, str]:
    """The digest of every row: ``DOCUMENT/RULE@FROM`` to SHA-256 (hex)."""
    return {f"{rule.document.id}/{rule.id}@{rule.window.since}": rule.digest for rule in policies.rules}


def check_digests(policies: Policies, recorded: Mapping[str, str]) -> None:
    """Refused ``policy.edited`` unless every recorded row is there, unchanged, and every row is recorded."""
    found = digests_of(policies)
    for name in sorted(found.keys() | recorded.keys()):
        if found.get(name) != recorded.get(name):
            raise Refused("policy.edited", rule=name)


def _read_document(folder: Traversable) -> Document:
    source = folder / "document.toml"
    row = _parse(source)
    faults = list(faults_of_document(row))
    if row.get("id") != folder.name:
        faults.append(("id", f"id must be the name of its folder, {folder.name}"))
    _refuse(source, faults, block=0)
    given = {"number": None, "signed": None, "published": None, **row}
    window = Window(given.pop("from"), given.pop("to", None))
    return Document(window=window, **given)


def _read_rules(folder: Traversable, document: Document) -> Iterator[Rule]:
    source = folder / "rules.toml"
    content = _parse(source)
    if content.keys() != {"rule"} or not isinstance(content["rule"], list):
        raise _broken(source, 1, "the file must be a list of [[rule]]")
    seen: set[tuple[str, object]] = set()
    for number, row in enumerate(content["rule"], start=1):
        _refuse(source, faults_of_rule(row), block=number)
        if (row["id"], row.get("from")) in seen:
            _refuse(source, [("id", f"{row['id']} comes twice with the same from")], block=number)
        seen.add((row["id"], row.get("from")))
        yield _build(row, document)


def _build(row: Mapping[str, Any], document: Document) -> Rule:
    return Rule(
        id=row["id"],
        document=document,
        clause=row["clause"],
        quote=row["quote"],
        en=row["en"],
        strength=row["strength"],
        kind=row["kind"],
        grade=row.get("grade", document.grade),
        window=Window(row.get("from", document.window.since), row.get("to", document.window.until)),
        figures={
            name: value if isinstance(value, int) else Decimal(str(value))
            for name, value in row.get("figures", {}).items()
        },
        rows=tuple(row.get("rows", ())),
        words={name: tuple(value) for name, value in row.get("words", {}).items()},
        coverage=Coverage(**row["coverage"]),
        digest=_digest(row, document),
    )


def _digest(row: Mapping[str, Any], document: Document) -> str:
    """Of the rule as written and of its document's name, place and first day.

    Left out: the coverage, which is ours, and the document's last day, which its repeal sets later.
    """
    said = {name: value for name, value in row.items() if name != "coverage"}
    said["document"] = [
        document.id,
        document.title,
        document.number,
        document.issued_by,
        document.place,
        document.window.since,
    ]
    plain = json.loads(json.dumps(said, default=str))
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()


def _close_windows(rules: Iterable[Rule]) -> list[Rule]:
    """Rows of one id follow each other: each ends where the next begins, without gap or overlap."""
    ordered = sorted(rules, key=lambda rule: (rule.id, rule.window.since))
    closed = []
    for rule, following in zip(ordered, [*ordered[1:], None], strict=True):
        until = rule.window.until
        if following is not None and following.id == rule.id:
            until = min(until or following.window.since, following.window.since)
        closed.append(replace(rule, window=Window(rule.window.since, until)))
    return closed


def _parse(source: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(source.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise _broken(source, int(line[1]) if line else 1, str(error)) from error
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise _broken(source, 1, type(error).__name__) from error


def _refuse(source: Traversable, faults: Iterable[Fault], *, block: int) -> None:
    """Raise the first of ``faults``; ``block`` is the number of its ``[[rule]]``, from 1 (0: no blocks)."""
    for key, reason in faults:
        raise _broken(source, _line_of(source.read_text("utf-8"), key, block), reason)


def _line_of(text: str, key: str, block: int) -> int:
    """The line (from 1) where ``key`` stands in that block, else the block's first line."""
    lines = text.splitlines()
    starts = [index for index, line in enumerate(lines) if line.strip() == "[[rule]]"]
    first = starts[block - 1] if block else 0
    last = starts[block] if 0 < block < len(starts) else len(lines)
    for index in range(first, last):
        if re.match(rf"\s*{re.escape(key)}\s*=", lines[index]):
            return index + 1
    return first + 1


def _broken(source: Traversable, line: int, reason: str) -> Refused:
    return Refused("policy.broken", file="/".join(str(source).split("/")[-2:]), line=line, reason=reason)
