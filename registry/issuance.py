"""Who caused a certificate and by which request: kept with it, because the trail is written from the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Issuance:
    """By whom a certificate was issued: an account, empty for an assessor's token. All the rest may be empty.

    ``request`` is the request's id. A batch's certificates name the ``batch`` instead, which two people answer for:
    ``prepared_by`` and, as ``by``, who approved. One object serves all certificates of a chunk.
    """

    by: str = ""
    request: str = ""
    batch: str = ""
    prepared_by: str = ""


def issuance_to_document(issuance: Issuance) -> dict[str, str]:
    """As the record keeps it: what is not empty."""
    return {name: value for name, value in vars(issuance).items() if value}


def issuance_from_document(document: Mapping[str, str] | None) -> Issuance | None:
    """From what the record keeps; None for certificates recorded before it was kept."""
    return None if document is None else Issuance(**document)
