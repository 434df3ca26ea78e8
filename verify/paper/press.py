"""Printing a sheet with Typst (extra ``paper``): PDF/A-3a, fonts subset, text selectable, the credential attached.

The same sheet gives the same bytes: the only time in the file is that of the record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from threading import Lock
from typing import Any

from keys.errors import Refused
from verify.paper.sheet import Sheet, mark_missing, paper_words

FAMILIES = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Noto Serif SC",
    "AR PL UMing CN",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "HanaMinA",
    "HanaMinB",
    "BabelStone Han",
)
"""Free fonts in the order in which a character is looked for: text faces first, then those with rare characters."""

ATTACHMENT = "certificate.json"
STANDARD = "a-3a"  # ISO 19005-3 level A: tagged, every character mapped to Unicode, attachments allowed
ONE_CHARACTER = b"#set text(font: json(bytes(sys.inputs.fonts)), fallback: false)\n#sys.inputs.character"
NO_GLYPH = (
    "could not be displayed with font",
    "contains the codepoint",
)  # the second: private use, without meaning
KNOWN_CHARACTERS = 65_536  # answers kept about single characters


def print_sheet(sheet: Sheet, *, credential: bytes, qr: str, recorded_at: datetime) -> bytes:
    """The PDF of a sheet. ``qr`` is an SVG document. Refused ``paper.not_supported``, ``paper.no_font``."""
    try:
        return _print(sheet, credential, qr, recorded_at)
    except _NoGlyph:
        return _print(mark_missing(sheet, has_glyph), credential, qr, recorded_at)


@lru_cache(maxsize=KNOWN_CHARACTERS)
def has_glyph(character: str) -> bool:
    """Whether one of the installed fonts has a picture of ``character``: the engine itself is asked."""
    try:
        _compile(ONE_CHARACTER, 0, character=character)
    except _NoGlyph:
        return False
    return True


class _NoGlyph(Exception):
    """Some character has no glyph: PDF/A forbids to print a box for it."""


def _print(sheet: Sheet, credential: bytes, qr: str, recorded_at: datetime) -> bytes:
    said = {
        "title": sheet.title,
        "body": sheet.body,
        "rows": {
            row.name: {"label": row.label, "text": row.text, "english": row.english} for row in sheet.rows
        },
        "missing": _about_missing(sheet),
        "words": paper_words()["words"],
        "attachment": ATTACHMENT,
    }
    inputs = {"sheet": json.dumps(said, ensure_ascii=False), "qr": qr, "credential": credential.decode()}
    return _compile(_template(), int(recorded_at.timestamp()), **inputs)


def _about_missing(sheet: Sheet) -> Mapping[str, str] | None:
    if not sheet.missing:
        return None
    words: Mapping[str, str] = paper_words()["words"]["missing"]
    return {language: text.format(characters=" ".join(sheet.missing)) for language, text in words.items()}


def _compile(source: bytes, timestamp: int, **inputs: str) -> bytes:
    compiler, lock, families = _press()
    asked = inputs | {"fonts": json.dumps(families)}
    try:
        with lock:  # a compiler serves one caller at a time
            made: bytes = compiler.compile(
                input=source, sys_inputs=asked, format="pdf", pdf_standards=[STANDARD], timestamp=timestamp
            )
    except RuntimeError as error:
        if any(sign in str(error) for sign in NO_GLYPH):
            raise _NoGlyph from None  # its text quotes a name
        raise
    return made


@cache
def _press() -> tuple[Any, Lock, list[str]]:
    """The compiler with the fonts of this machine, its lock, and which of `FAMILIES` are here; made once a process."""
    try:
        import typst  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise Refused("paper.not_supported") from None
    fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
    here = frozenset(fonts.families())
    families = [family for family in FAMILIES if family in here]
    if not families:
        raise Refused("paper.no_font")
    return typst.Compiler(font_paths=fonts), Lock(), families


@cache
def _template() -> bytes:
    return (files("verify") / "data" / "paper.typ").read_bytes()
