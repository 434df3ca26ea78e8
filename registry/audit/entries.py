"""Entries of the trail: from acts and from certificates to one chained, numbered line; pure.

An entry's hash is SHA-256 over the JCS (RFC 8785) of all its members but the hash itself, and one member is the hash
of the entry before: whoever changes, drops or moves one breaks every hash after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from keys.jcs import canonicalize

NOTHING_BEFORE = "0" * 64  # before the first entry
MARK = 8  # hexadecimal digits that tell the certificates of one number apart
STATE_ACTS = {
    "valid": "certificate.resumed",
    "suspended": "certificate.suspended",
    "revoked": "certificate.revoked",
    "superseded": "certificate.superseded",
}

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Happening:
    """What is to become an entry. ``event`` names it for good: what happened once enters the trail once."""

    event: str
    at: datetime
    act: str
    by: str
    owner: str
    subject: str
    why: str
    request: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def happening_of_act(document: Document) -> Happening:
    """From a document of the acts collection."""
    names = ("at", "by", "owner", "subject", "why", "request", "before", "after")
    return Happening(
        event=str(document["_id"]), act=document["name"], **{name: document[name] for name in names}
    )


def happenings_of_insert(certificate: Document) -> Iterator[Happening]:
    """What a certificate that has just been recorded tells: its issue, and changes that came with it."""
    issuance = certificate.get("issuance", {})
    yield Happening(
        event=f"{_name(certificate)}#0",
        at=certificate["recorded_at"],
        act="certificate.issued",
        by=issuance.get("by", ""),
        owner=certificate["assessor"],
        subject=f"certificate:{certificate['number']}",
        why="",
        request=f"batch:{issuance['batch']}" if "batch" in issuance else issuance.get("request", ""),
        before={},
        after={
            "kind": certificate["kind"],
            "level": certificate["level"],
            "occupation": certificate["occupation"]["code"],
            "issued_on": certificate["issued_on"],
            **{name: issuance[name] for name in ("prepared_by",) if name in issuance},
        },
    )
    yield from happenings_of_changes(certificate, enumerate(certificate.get("changes", ())))


def happenings_of_update(certificate: Document, updated: Document) -> Iterator[Happening]:
    """The changes of state among the fields that one update set, by their dotted names.

    MongoDB names a pushed element ``changes.0``; a list replaced whole stands under ``changes``.
    """
    for name, value in updated.items():
        outer, _, place = name.partition(".")
        if name == "changes":
            yield from happenings_of_changes(certificate, enumerate(value))
        elif outer == "changes" and place.isdecimal():
            yield from happenings_of_changes(certificate, [(int(place), value)])


def happenings_of_changes(
    certificate: Document, changes: Iterable[tuple[int, Document]]
) -> Iterator[Happening]:
    """Changes of state by their places. The assessor's private note stays out: it may name a person."""
    before = certificate.get("changes", ())
    for place, change in changes:
        earlier = before[place - 1]["state"] if 0 < place <= len(before) else "valid"
        owner = change.get("owner") or certificate["assessor"]
        yield Happening(
            event=f"{_name(certificate)}#{place + 1}",
            at=change["at"],
            act=STATE_ACTS[change["state"]],
            by="" if change["by"] == owner else change["by"],  # a token acts as its owner, and is no account
            owner=owner,
            subject=f"certificate:{certificate['number']}",
            why=change["reason"],
            request=f"changes:{change['act']}" if change.get("act") else change.get("request", ""),
            before={"state": earlier},
            # the assessor that finds an act of the registry in its own trail
            after={"state": change["state"]}
            | ({} if owner == certificate["assessor"] else {"assessor": certificate["assessor"]}),
        )


def _name(certificate: Document) -> str:
    """What a certificate's events are called: its number, which one that replaces another may share with it."""
    if "replaces" not in certificate:
        return str(certificate["number"])
    mark = hashlib.sha256(str(certificate["_id"]).encode()).hexdigest()[:MARK]  # the code itself opens a page
    return f"{certificate['number']}.{mark}"


def chain(happenings: Iterable[Happening], *, seq: int, previous: str) -> list[dict[str, Any]]:
    """The entries that follow the entry ``seq`` of hash ``previous``, as documents of the trail."""
    entries = []
    for seq_, happening in enumerate(happenings, start=seq + 1):
        content = {"seq": seq_, **_content(happening), "previous": previous}
        previous = hash_of(content)
        entries.append(_to_document(content, happening.at, previous))
    return entries


def hash_of(content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over the JCS of an entry without its hash."""
    return hashlib.sha256(canonicalize(dict(content))).hexdigest()


def content_of(document: Document) -> dict[str, Any]:
    """What of a document of the trail its hash covers."""
    covered = {name: value for name, value in document.items() if name not in ("_id", "hash", "moment")}
    return {"seq": document["_id"], **covered}


def shown(document: Document) -> dict[str, Any]:
    """An entry as it is shown and exported: everything the hash covers, and the hash."""
    return content_of(document) | {"hash": document["hash"]}


def _content(happening: Happening) -> dict[str, Any]:
    return {name: _plain(value) for name, value in vars(happening).items()}


def _to_document(content: Mapping[str, Any], moment: datetime, digest: str) -> dict[str, Any]:
    covered = {name: value for name, value in content.items() if name != "seq"}
    return {"_id": content["seq"], **covered, "moment": moment, "hash": digest}


def _plain(value: Any) -> Any:
    """The JSON value that stands for a fact."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
