"""Identity numbers at rest: sealed for who must read them, hashed under a key for who must find them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from keys.vault import Vault
from registry.identity import Identity, IdType
from registry.names import folded_name

HOLDER_CONTEXT = "certificate holder"
PERSON_PURPOSE = "person"
HOLDS_PURPOSE = "person holds"
NAME_PURPOSE = "holder name"
NAME_KEY_BYTES = 16
SEPARATOR = "\x1f"  # ASCII unit separator: stands in no name, number or code


@dataclass(frozen=True)
class SealedHolder:
    """What a certificate's record keeps of its person, opened: never logged, never shown whole."""

    name: str = field(repr=False)
    id_type: str
    id_number: str = field(repr=False)
    aside: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What is kept of the person and stands on no certificate: place of work, marks."""


def person_key(vault: Vault, id_type: IdType | str, number: str) -> bytes:
    """The keyed hash (32 bytes) that stands for a person: equal for equal identity documents."""
    return vault.digest(SEPARATOR.join((str(id_type), number)).encode(), purpose=PERSON_PURPOSE)


def holds_key(vault: Vault, person: bytes, *parts: str | None) -> bytes:
    """The keyed hash of a person and what they hold; one living certificate each."""
    return vault.digest(person + SEPARATOR.join(part or "" for part in parts).encode(), purpose=HOLDS_PURPOSE)


def name_key(vault: Vault, name: str) -> bytes:
    """The keyed hash by which a name is searched, whole and folded: 16 bytes, as an index holds one a certificate."""
    return vault.digest(folded_name(name).encode(), purpose=NAME_PURPOSE)[:NAME_KEY_BYTES]


def seal_holder(
    vault: Vault, name: str, identity: Identity, *, code: str, aside: Mapping[str, str] | None = None
) -> bytes:
    """Name and identity number, and what is kept aside, sealed to the certificate ``code``."""
    plain: list[object] = [name, str(identity.id_type), identity.number]
    if aside:
        plain.append(dict(aside))
    return vault.seal(orjson.dumps(plain), context=f"{HOLDER_CONTEXT} {code}")


def open_holder(vault: Vault, sealed: bytes, *, code: str) -> SealedHolder:
    """What `seal_holder` sealed; Refused ``vault.cannot_open`` with another code or key."""
    return SealedHolder(*orjson.loads(vault.open(sealed, context=f"{HOLDER_CONTEXT} {code}")))
