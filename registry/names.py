"""Names: of holders (kept exactly, rare characters included), of certificates and of bodies."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from keys.errors import Refused
from registry.folding import fold, narrow, simplify
from registry.tables import read_table

LONGEST_NAME = 50
# In UTF-8 or in UTF-16, whichever is shorter: 30 ideographs, or 50 plain letters. More does not fit the QR that tells
# the name without a network (docs/qr-format.md). Names on identity cards of Uyghur and Kazakh holders stay below.
LONGEST_NAME_BYTES = 60
# Before normalising: room for spaces that fall away, not for a book.
LONGEST_INPUT = 200
LONGEST_TITLE = 60
MIDDLE_DOT = "·"
# Dots that keyboards and systems put for the middle dot of a minority name, and apostrophes likewise.
_VARIANTS = dict.fromkeys(map(ord, "•‧∙⋅・･᛫ꞏ"), MIDDLE_DOT) | dict.fromkeys(map(ord, "’‘ʼʻ`´"), "'")
_BETWEEN = " ·-'"
_HYPHENS = dict.fromkeys(map(ord, "‐‑"), "-")
# 〇, the unified ideographs with extensions A to J, and the twelve unified ones of the compatibility block.
_CJK = (
    r"\u3007\u3400-\u4dbf\u4e00-\u9fff\ufa0e\ufa0f\ufa11\ufa13\ufa14\ufa1f\ufa21\ufa23\ufa24\ufa27-\ufa29"
    r"\U00020000-\U0002a6df\U0002a700-\U0002ee5f\U00030000-\U0003347f"
)
_IS_CJK = re.compile(f"[{_CJK}]")
# Nine names of ten: nothing in them to tidy, and short enough in every measure.
_USUAL = re.compile(r"[\u4e00-\u9fff]{1,20}")
_GAP_IN_CJK = re.compile(f"(?<=[{_CJK}·]) +(?=[{_CJK}·])")
_DOT_IN_CJK = re.compile(f"(?<=[{_CJK}]) ?\\. ?(?=[{_CJK}])")


def parse_name(text: str) -> str:
    """A holder's name in the form it is kept: NFC, one kind of middle dot, no needless spaces.

    Letters are CJK ideographs and Latin letters; between them ``·``, space, hyphen, apostrophe.
    Refused ``name.empty``, ``.too_long``, ``.too_many_bytes``, ``.invisible``, ``.digits``, ``.private_use``,
    ``.characters``.
    """
    return text if _USUAL.fullmatch(text) else _parse_name(text)


def _parse_name(text: str) -> str:
    if len(text) > LONGEST_INPUT:
        raise Refused("name.too_long", limit=LONGEST_NAME)
    name = _tidy(text)
    for position, character in enumerate(name, start=1):
        _check_character(character, position)
    if not name:
        raise Refused("name.empty")
    if len(name) > LONGEST_NAME:
        raise Refused("name.too_long", limit=LONGEST_NAME)
    if min(len(name.encode()), len(name.encode("utf-16-be"))) > LONGEST_NAME_BYTES:
        raise Refused("name.too_many_bytes", limit=LONGEST_NAME_BYTES // 2)
    for position, character in ((1, name[0]), (len(name), name[-1])):
        if character in _BETWEEN:
            raise Refused("name.characters", position=position)
    return name


def is_cjk(character: str) -> bool:
    """Whether ``character`` is an ideograph that names are written with."""
    return _IS_CJK.fullmatch(character) is not None


def same_name(a: str, b: str) -> bool:
    """Whether two names are the same but for case, spaces, dots, and traditional characters."""
    try:
        return folded_name(a) == folded_name(b)
    except Refused:
        return False


def check_title(text: str) -> str:
    """A certificate's own title, trimmed; Refused ``title.forbidden_words`` with the ``word``.

    人社部函〔2022〕25号 bars the words of authority and the names of the official certificates from titles
    that bodies choose themselves. The official titles come from ``registry.kinds``, not through here.
    Also Refused ``title.empty``, ``.too_long``, ``.characters``.
    """
    title = _check_line(text)
    for word in [*_words("authority"), *_words("certificate")]:
        if fold(word) in _letters(title):
            raise Refused("title.forbidden_words", word=word)
    return title


def check_body_name(text: str) -> str:
    """An assessor's name, trimmed; Refused ``title.forbidden_words`` with the ``word``.

    A word of authority alone is no offence (many registered bodies bear 中国); together with a word for
    official certificates it claims what only the ministry has. Other refusals as in ``check_title``.
    """
    name = _check_line(text)
    letters = _letters(name)
    authority = next((word for word in _words("authority") if fold(word) in letters), None)
    claim = next((word for word in [*_words("certificate"), *_words("claim")] if fold(word) in letters), None)
    if authority and claim:
        raise Refused("title.forbidden_words", word=f"{authority}…{claim}")
    return name


def _tidy(text: str) -> str:
    name = unicodedata.normalize("NFC", narrow(text)).translate(_VARIANTS | _HYPHENS)
    name = re.sub(" +", " ", name.replace("\u00a0", " ")).strip(" ")
    return _GAP_IN_CJK.sub("", _DOT_IN_CJK.sub(MIDDLE_DOT, name))


def _check_character(character: str, position: int) -> None:
    if character in _BETWEEN or is_cjk(character) or _is_latin(character):
        return
    category = unicodedata.category(character)
    if category == "Co":
        raise Refused("name.private_use", position=position)
    if category in {"Cc", "Cf", "Zl", "Zp", "Zs"} or unicodedata.name(character, "").startswith("VARIATION"):
        raise Refused("name.invisible", position=position)
    if category.startswith("N"):
        raise Refused("name.digits", position=position)
    raise Refused("name.characters", position=position)


def _is_latin(character: str) -> bool:
    return character.isalpha() and unicodedata.name(character, "").startswith("LATIN ")


def folded_name(name: str) -> str:
    """What two spellings of one name have in common: no case, spaces or dots, simplified. Refused as `parse_name`."""
    return simplify(name) if _USUAL.fullmatch(name) else re.sub("[ ·'-]", "", fold(parse_name(name)))


def _check_line(text: str) -> str:
    line = unicodedata.normalize("NFC", text).strip()
    if not line:
        raise Refused("title.empty")
    if len(line) > LONGEST_TITLE:
        raise Refused("title.too_long", limit=LONGEST_TITLE)
    if any(unicodedata.category(character)[0] == "C" for character in line):
        raise Refused("title.characters")
    return line


def _letters(text: str) -> str:
    """Folded, without the spaces and signs that could hide a word."""
    return "".join(character for character in fold(text) if character.isalnum())


@cache
def _words(group: str) -> tuple[str, ...]:
    return tuple(read_table("forbidden_words")[group])
