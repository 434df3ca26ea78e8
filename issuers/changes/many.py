"""The desk of changes of many: look, prepare, approve, and do it while a worker runs."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any

from issuers.changes.many_store import Document, ManyChanges
from issuers.changes.reasons import Act
from issuers.changes.states import FROM, Decision, apply, check_decision
from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.record import Record
from registry.searching import Query, Searching
from registry.threads import in_threads, keep_at, worker_name

MOST = 100_000  # certificates of one act: more than any assessor issues in two years
SAMPLE = 8
IDLE, AWAY = 0.3, 1.0  # seconds between looks for work, and for a database that is away

log = logging.getLogger("issuers.changes.many")


@dataclass(frozen=True)
class Preview:
    """What an act would do: which certificates fit, how many of them would change, a sample, counts."""

    codes: tuple[str, ...]
    will_change: int
    sample: tuple[CertificateRecord, ...]
    by_state: tuple[tuple[str, int], ...]
    by_level: tuple[tuple[str | None, int], ...]


@dataclass(frozen=True)
class ManyDesk:
    """Changes of many certificates."""

    changes: ManyChanges
    record: Record
    searching: Searching
    clock: Callable[[], datetime]

    def preview(self, act: Act, query: Query) -> Preview:
        """The dry run; stores nothing. Refused ``many.too_many``, ``many.nothing``, ``search.wide``."""
        codes = self.searching.codes(query, limit=MOST + 1)
        if len(codes) > MOST:
            raise Refused("many.too_many", limit=MOST)
        if not codes:
            raise Refused("many.nothing")
        by_state = [(key[0], n) for key, n in self.searching.count_by(codes, "state")]
        fitting = {state.value for state in FROM[act]}
        return Preview(
            tuple(codes),
            sum(n for state, n in by_state if state in fitting),
            tuple(self.record.find_all(codes=codes[:SAMPLE], numbers=())),
            tuple(by_state),
            tuple((key[0], n) for key, n in self.searching.count_by(codes, "level")),
        )

    def prepare(self, decision: Decision, codes: Sequence[str], *, about: str, undoes: str = "") -> str:
        """Keep an act for a second person to approve; its id. ``undoes`` names the act whose suspensions it lifts."""
        check_decision(decision)
        many_id = secrets.token_hex(8)
        act: Document = {
            "_id": many_id,
            "owner": decision.owner,
            "act": decision.act.value,
            "reason": decision.reason,
            "note": decision.note,
            "prepared_by": decision.by,
            "prepared_at": self.clock(),
            "about": about,
            "undoes": undoes,
        }
        self.changes.keep(act, codes)
        return many_id

    def work_once(self, worker: str) -> bool:
        """Work on one chunk; False when none waits."""
        chunk = self.changes.take_chunk(worker, at=self.clock())
        if chunk is None:
            self.changes.tidy(at=self.clock())
            return False
        act = self.changes.find(chunk["many"])
        # the approver decides, so the certificates name the approver
        decision = Decision(Act(act["act"]), act["reason"], act["approved_by"], act["owner"], act["note"])
        changed = sum(self._change(code, decision, act) for code in chunk["codes"])
        self.changes.finish_chunk(chunk, changed)
        return True

    def _change(self, code: str, decision: Decision, act: Document) -> bool:
        found = self.record.find(code)
        if found is None or any(change.act == act["_id"] for change in found.changes):
            return found is not None  # by this very act, before its worker was killed
        if act["undoes"] and (not found.changes or found.changes[-1].act != act["undoes"]):
            return False  # suspended by somebody else, or changed since
        try:
            apply(self.record, code, decision, self.clock(), many=act["_id"])
        except Refused:
            return False  # not in a state that the act begins from
        return True


def changing(desk: ManyDesk, *, patience: float = IDLE) -> AbstractContextManager[None]:
    """Work in a thread while the block runs; a chunk that fails comes again when its lease ends."""

    def work(stop: Event) -> None:
        name = worker_name()
        keep_at(lambda: desk.work_once(name), stop, idle_seconds=patience, away_seconds=AWAY, log=log)

    return in_threads(work, name="changes of many")


def describe_act(desk: ManyDesk, act: Document) -> dict[str, Any]:
    """An act with how far it is."""
    gone, changed = desk.changes.progress(act["_id"])
    return act | {"id": act["_id"], "gone": gone, "changed": changed}
