"""Folds text for matching: what a person typed against what is recorded. Never for display."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

# U+FF01 to U+FF5E are the printable ASCII characters, 0xFEE0 higher; U+3000 is the wide space.
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def narrow(text: str) -> str:
    """Full-width letters, digits, signs and spaces as ASCII; everything else as it is.

    Narrower than NFKC on purpose: a circled or a superscript digit is no digit of a number.
    """
    return text.translate(_NARROW)


def fold(text: str) -> str:
    """``text`` as it is compared: NFKC, case folded, traditional characters as simplified ones.

    One character stands for one: 乾 folds to 干 even in a name. That is right for finding
    and comparing, and wrong for showing.
    """
    cased = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", simplify(cased))


def simplify(text: str) -> str:
    """Traditional characters as simplified ones. What `fold` does to a text of unified ideographs alone."""
    return text.translate(_simplified())


@cache
def _simplified() -> dict[int, str]:
    """Traditional to simplified, the most usual form each (OpenCC's table TSCharacters)."""
    source = (files("opencc") / "dictionary" / "TSCharacters.txt").read_text("utf-8")
    rows = (line.split("\t") for line in source.splitlines() if "\t" in line)
    table = {ord(traditional): forms.split(" ")[0] for traditional, forms in rows}
    # A few forms are themselves folded (薴 to 苧 to 苎): follow them, so that folding twice changes nothing.
    return {key: table.get(ord(form), form) for key, form in table.items()}
