"""Verification without a network or a database: evidence from a saved trust list and saved status lists.

A library too: importing this module needs neither Flask nor PyMongo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from keys.cose import read1
from keys.errors import Refused
from keys.pair import PublicKey
from keys.proof import verify
from registry.credential import Face, parse_credential, status_list_url
from registry.identity import parse_identity
from registry.masking import mask
from registry.state import State
from registry.status_list import MAX_ENCODED, StatusList, is_set, read_status_list
from verify.checks import Evidence, check_credential
from verify.gate import read_claims
from verify.gate_check import check_gate
from verify.gate_text import read_text
from verify.trust_list import TrustList, only, read_trust_list
from verify.verdict import Verdict

__all__ = [
    "StatusLists",
    "TrustList",
    "Verdict",
    "fits_holder",
    "read_status_lists",
    "read_trust_list",
    "verify_offline",
    "verify_qr_offline",
]

_STATES = {"revocation": State.REVOKED, "suspension": State.SUSPENDED}


@dataclass(frozen=True)
class StatusLists:
    """Saved status lists by address and purpose."""

    lists: Mapping[tuple[str, str], StatusList]

    def state(self, face: Face, at: datetime, trust: TrustList | None = None) -> State | None:
        """The state of a certificate at a moment; None unless both its lists are here and still hold then.

        A list too old still proves what it shows, never that nothing came after. It is too old from its ``validUntil``
        on, and where ``trust`` shows that something has changed since.
        """
        unsure = False
        for purpose, state in _STATES.items():
            held = self.lists.get((status_list_url(face.origin, purpose, face.status.list_id), purpose))
            if held and is_set(held.bits, face.status.index):
                return state
            unsure = unsure or held is None or at >= held.valid_until or bool(trust and trust.outdates(held))
        return None if unsure else State.VALID


def read_status_lists(documents: Iterable[bytes], *, root: PublicKey | None) -> StatusLists:
    """Saved status lists; with ``root`` their signatures are checked. Refused ``status_list.*``, ``proof.*``."""
    lists: dict[tuple[str, str], StatusList] = {}
    for document in documents:
        if len(document) > 2 * MAX_ENCODED:
            raise Refused("status_list.malformed")
        credential = parse_credential(document)
        if root:
            verify(credential, only(root))
        found = read_status_list(credential)
        held = lists.get((found.url, found.purpose))
        if held is None or held.valid_until < found.valid_until:  # of two copies the newer one speaks
            lists[found.url, found.purpose] = found
    return StatusLists(lists)


def verify_offline(document: bytes, trust: TrustList, status: StatusLists, *, at: datetime) -> Verdict:
    """The verdict from what is saved. Without the certificate's status lists, still current, it is never ``valid``."""
    evidence = Evidence(trust=trust.find, state=lambda face: status.state(face, at, trust))
    return check_credential(document, evidence, at=at)


def verify_qr_offline(text: str, trust: TrustList, status: StatusLists, *, at: datetime) -> Verdict:
    """The verdict on a QR's text from what is saved; as for `verify_offline`, without lists never ``valid``."""
    evidence = Evidence(
        trust=trust.find, state=lambda face: status.state(face, at, trust), trust_by_id=trust.find_by_id
    )
    return check_gate(text, evidence, at=at)


def fits_holder(text: str, id_number: str, *, on: date) -> bool:
    """Whether a document number, as typed on the day ``on``, may be that of the holder of a QR that has verified.

    Refused ``identity.*`` for what can be no number of the holder's kind of document. Takes about 0.1 s.
    """
    claims = read_claims(read1(read_text(text).message).payload)
    id_type, masked = claims.holder.id_type, claims.holder.masked_number
    number = parse_identity(id_type, id_number, on=on).number
    return mask(number) == masked and claims.check.fits(id_type, number)
