"""Walks the chain and says where it breaks: on the command line, and all the time beside the writer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from registry.audit.entries import NOTHING_BEFORE, content_of, hash_of
from registry.audit.trail import End, Trail

CHECK_SECONDS = 30.0  # between two looks at what is new
WHOLE = timedelta(hours=24)  # between two walks from the first entry: 30 microseconds an entry
STEP = 10_000  # entries between two words about progress
CHECK = "check"


@dataclass(frozen=True)
class Break:
    """Where the chain breaks first: the entry's number and how (``missing``, ``changed``, ``moved``, ``end``)."""

    seq: int
    how: str


@dataclass(frozen=True)
class Walk:
    """How far the chain was walked: the last whole entry, its hash, and the break after it, if any."""

    seq: int
    hash: str
    broken: Break | None = None


def walk_chain(
    entries: Iterable[Mapping[str, Any]],
    *,
    seq: int = 0,
    previous: str = NOTHING_BEFORE,
    progress: Callable[[int], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Walk:
    """Walk entries that follow the entry ``seq`` of hash ``previous``, up to the first break."""
    for entry in entries:
        broken = _break_at(entry, seq, previous)
        if broken:
            return Walk(seq, previous, broken)
        seq, previous = entry["_id"], entry["hash"]
        if seq % STEP == 0:
            progress(seq)
            if stop():
                break
    return Walk(seq, previous)


def check_trail(
    trail: Trail,
    *,
    progress: Callable[[int], None] = lambda _: None,
    kept: Mapping[str, Any] | None = None,
) -> Walk:
    """Walk the whole trail and compare its end; with a head somebody ``kept``, prove that nothing was cut off."""
    end = trail.end()
    walked = walk_chain(trail.walk(), progress=progress)
    if walked.broken:
        return walked
    if walked.seq < end.seq or (walked.seq == end.seq and walked.hash != end.hash):
        return Walk(walked.seq, walked.hash, Break(walked.seq + 1, "missing"))
    return _compare_kept(trail, walked, kept) if kept else walked


def _compare_kept(trail: Trail, walked: Walk, kept: Mapping[str, Any]) -> Walk:
    seq, digest = kept["seq"], kept["hash"]
    found = next(iter(trail.walk(after=seq - 1)), None) if seq else None
    if seq and (found is None or found["_id"] != seq or found["hash"] != digest):
        return Walk(walked.seq, walked.hash, Break(seq, "end"))
    return walked


def _break_at(entry: Mapping[str, Any], seq: int, previous: str) -> Break | None:
    if entry["_id"] != seq + 1:
        return Break(seq + 1, "missing")
    if entry["previous"] != previous:
        return Break(entry["_id"], "moved")
    return None if hash_of(content_of(entry)) == entry["hash"] else Break(entry["_id"], "changed")


class Checks:
    """What was checked last: kept, so that a page can say it. Each run goes on where the one before ended; once a day
    it begins at the first entry.
    """

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._kept: Collection[dict[str, Any]] = database["trail_checks"]
        self._trail = Trail(database)

    def last(self) -> Mapping[str, Any] | None:
        """``{seq, hash, at, whole_at, broken}`` of the last run; None before the first."""
        return self._kept.find_one({"_id": CHECK})

    def run(self, *, at: datetime, stop: Callable[[], bool] = lambda: False) -> Walk:
        """Check what is new, or everything when that is due."""
        last = self.last()
        anew = last is None or last["broken"] or at - last["whole_at"] > WHOLE
        seq, previous = (0, NOTHING_BEFORE) if anew or last is None else (last["seq"], last["hash"])
        walked = self._walk(self._trail.end(), seq, previous, stop)
        broken = vars(walked.broken) if walked.broken else None
        kept = {"seq": walked.seq, "hash": walked.hash, "at": at, "broken": broken}
        if anew and not stop():
            kept["whole_at"] = at
        elif last is None:
            return walked  # stopped within its first walk: nothing to say yet
        self._kept.update_one({"_id": CHECK}, {"$set": kept}, upsert=True)
        return walked

    def _walk(self, end: End, seq: int, previous: str, stop: Callable[[], bool]) -> Walk:
        walked = walk_chain(self._trail.walk(after=seq), seq=seq, previous=previous, stop=stop)
        if walked.broken is None and walked.seq < end.seq and not stop():
            return Walk(walked.seq, walked.hash, Break(walked.seq + 1, "missing"))
        return walked
