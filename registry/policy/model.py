"""What a rule set is: documents, rules with their rows, and the look-up by place and date.

Windows are half-open: a rule answers from its first day up to and without its last.
A look-up goes from the most specific place to the country; nothing found is "no rule", never zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from registry.places import lineage

Strength = Literal["must", "may", "encouraged", "target"]
Grade = Literal["seed", "A", "B", "C", "D", "G"]
"""seed: the document's own text; A: a public text or standard; B: press or an office's page;
C: one commercial page; D: public code or data; G: general knowledge, never shown as law."""
Cell = str | int


@dataclass(frozen=True)
class Text:
    """One sentence for people, in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True)
class Window:
    """Days from ``since`` up to and without ``until``; ``until`` None: no end is stated."""

    since: date
    until: date | None = None

    def covers(self, on: date) -> bool:
        """Whether ``on`` lies in the window."""
        return self.since <= on and (self.until is None or on < self.until)


@dataclass(frozen=True)
class Document:
    """One document and where it is in force."""

    id: str
    title: str
    title_en: str
    number: str | None
    issued_by: str
    place: str
    """Code of the place (GB/T 2260); ``000000`` is the country."""
    signed: date | None
    published: date | None
    window: Window
    grade: Grade
    source: str


@dataclass(frozen=True)
class Coverage:
    """What the registry does about a rule: one row of ``docs/rules.md``."""

    status: Literal["computed", "recorded", "reported", "out_of_scope"]
    reason: str = ""
    """What holds it or shows it, or why it is out of scope."""
    holder: str = ""
    """Dotted name of the code that holds or shows it; empty: not built yet."""
    function: str = ""
    test: str = ""


@dataclass(frozen=True)
class Rule:
    """One rule of one document, with the words it stands on.

    ``figures`` are named numbers, ``rows`` a small table, ``words`` named lists; every number in
    them stands in ``quote``, whose omissions are written ``……``.
    """

    id: str
    document: Document
    clause: str
    quote: str
    en: str
    strength: Strength
    kind: str
    grade: Grade
    window: Window
    figures: Mapping[str, int | Decimal]
    rows: tuple[Mapping[str, Cell], ...]
    words: Mapping[str, tuple[str, ...]]
    coverage: Coverage
    digest: str
    """SHA-256 (hex) of everything but the coverage."""

    @property
    def place(self) -> str:
        """Code of the place it holds in."""
        return self.document.place

    def figure(self, name: str) -> int:
        """The whole number ``name``; KeyError when the rule has none."""
        return int(self.figures[name])

    def row(self, **cells: Cell) -> Mapping[str, Cell] | None:
        """The first row that has all ``cells``."""
        return next((row for row in self.rows if cells.items() <= row.items()), None)

    def about(self, name: str, value: str) -> bool:
        """Whether the list ``name`` holds ``value``, or is absent and so excludes nothing."""
        return name not in self.words or value in self.words[name]


@dataclass(frozen=True)
class Policies:
    """Every rule of every document."""

    documents: tuple[Document, ...]
    rules: tuple[Rule, ...]

    def in_force(self, region: str, on: date) -> tuple[Rule, ...]:
        """All rules that hold in ``region`` on that day, nearest place first; Refused ``place.unknown``."""
        return tuple(self._walk(region, on, None))

    def speaking(self, kind: str, *, region: str, on: date) -> tuple[Rule, ...]:
        """The rules of one ``kind`` that hold there on that day, most specific place first."""
        return tuple(self._walk(region, on, kind))

    def nearest(self, kind: str, *, region: str, on: date) -> Rule | None:
        """The rule of ``kind`` of the most specific place, or None: no rule."""
        return next(self._walk(region, on, kind), None)

    def find(self, rule_id: str, on: date | None = None) -> Rule | None:
        """The rule called ``rule_id``: the row in force ``on`` that day, or its last row."""
        rows = [rule for rule in self.rules if rule.id == rule_id and (on is None or rule.window.covers(on))]
        return rows[-1] if rows else None

    def _walk(self, region: str, on: date, kind: str | None) -> Iterator[Rule]:
        for place in lineage(region):
            for rule in self._index.get((place, kind), ()):
                if rule.window.covers(on):
                    yield rule

    @cached_property
    def _index(self) -> Mapping[tuple[str, str | None], tuple[Rule, ...]]:
        index: dict[tuple[str, str | None], tuple[Rule, ...]] = {}
        for rule in self.rules:
            for key in ((rule.place, rule.kind), (rule.place, None)):
                index[key] = (*index.get(key, ()), rule)
        return index
