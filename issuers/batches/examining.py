"""A whole list, a few hundred rows at a time: mistakes in a row, the same person twice, what is held already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from issuers.batches.checking import Checker
from issuers.batches.findings import Finding, duplicate_in_list, duplicate_in_record
from issuers.batches.limits import CHUNK_ROWS
from issuers.batches.reading import Row
from issuers.request import Draft

Class = tuple[str, str, str | None]


@dataclass(frozen=True)
class Examined:
    """A few hundred rows: those that may be issued, with their drafts, and every mistake of the others."""

    good: list[tuple[Row, Draft]]
    findings: list[Finding]


@dataclass
class Summary:
    """What a list holds: rows, how many have a mistake, how often each, and how many certificates of each class."""

    rows: int = 0
    wrong: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    classes: Counter[Class] = field(default_factory=Counter)

    @property
    def valid(self) -> int:
        """Rows that may be issued."""
        return self.rows - self.wrong

    def add(self, examined: Examined) -> None:
        """Count some more rows."""
        wrong = len({finding.row for finding in examined.findings})
        self.rows += len(examined.good) + wrong
        self.wrong += wrong
        self.problems.update(finding.code for finding in examined.findings)
        self.classes.update(_class_of(draft) for _, draft in examined.good)


@dataclass(frozen=True)
class Examiner:
    """``key`` names what a draft would have its person hold; ``held`` tells which of such keys the record has."""

    key: Callable[[Draft], bytes]
    held: Callable[[Iterable[bytes]], set[bytes]]

    def examine(self, rows: Iterator[Row], checker: Checker) -> Iterator[Examined]:
        """The list in pieces, each judged to its end."""
        seen: dict[bytes, int] = {}
        while chunk := list(islice(rows, CHUNK_ROWS)):
            yield self._examine(chunk, checker, seen)

    def _examine(self, rows: list[Row], checker: Checker, seen: dict[bytes, int]) -> Examined:
        findings: list[Finding] = []
        candidates: list[tuple[Row, Draft, bytes]] = []
        for row in rows:
            draft, found = checker.check(row)
            findings += found
            if draft:
                key = self.key(draft)
                first = seen.setdefault(key, row.position)
                if first == row.position:
                    candidates.append((row, draft, key))
                else:
                    findings.append(duplicate_in_list(row, first))
        held = self.held([key for *_, key in candidates]) if candidates else set()
        findings += [duplicate_in_record(row) for row, _, key in candidates if key in held]
        findings.sort(key=lambda finding: finding.row)
        return Examined([(row, draft) for row, draft, key in candidates if key not in held], findings)


def _class_of(draft: Draft) -> Class:
    return draft.occupation.code, draft.occupation.edition, draft.level.id if draft.level else None
