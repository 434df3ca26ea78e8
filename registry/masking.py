"""How people are shown to strangers: one mask, the same everywhere.

No law fixes a mask for identity numbers. The usual one shows the first six characters and the last
four; others show fewer, or other places. The press warns that two sites with different masks can be
laid over each other until the whole number is known (domain notes, section 8). So every page, file and
API of this registry uses the one mask below. What it shows, the usual mask shows too: laid over it,
ours adds nothing. Someone who must prove who the holder is types the number in; it is never shown.
"""

from __future__ import annotations

import re

from registry.identity import Identity
from registry.names import is_cjk

SHOWN_AT_EACH_END = 2
# A shorter number would be shown in greater part than hidden.
SHORTEST_SHOWN = 8


def mask(identity: Identity | str) -> str:
    """The first two and last two characters, the rest as ``*``: ``15**************14``.

    A number of fewer than eight characters is masked whole. Length is kept.
    """
    number = identity.number if isinstance(identity, Identity) else identity
    if len(number) < SHORTEST_SHOWN:
        return "*" * len(number)
    hidden = len(number) - 2 * SHOWN_AT_EACH_END
    return number[:SHOWN_AT_EACH_END] + "*" * hidden + number[-SHOWN_AT_EACH_END:]


def mask_name(name: str) -> str:
    """A holder's name with at least one character of every part hidden.

    ``王小明`` gives ``王*明``, ``王明`` gives ``王*``, one character gives ``*``. Of a Latin name, and of one
    in several parts (``·``, space, hyphen, apostrophe), each part keeps its first character:
    ``阿***·买**``, ``J*** S****``.
    """
    parts = re.split(r"([·\s'-])", name)
    if len(parts) == 1 and len(name) > 2 and is_cjk(name[0]):
        return name[0] + "*" * (len(name) - 2) + name[-1]
    return "".join(_mask_part(part) if position % 2 == 0 else part for position, part in enumerate(parts))


def _mask_part(part: str) -> str:
    return part[0] + "*" * (len(part) - 1) if len(part) > 1 else "*" * len(part)
