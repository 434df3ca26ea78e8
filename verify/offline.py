"""Verification without a network or a database: evidence from a saved trust list and saved status lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from keys.errors import Refused
from keys.pair import PublicKey
from keys.proof import verify
from registry.credential import Face, parse_credential, status_list_url
from registry.record import State
from registry.status_list import MAX_ENCODED, is_set, read_status_list
from verify.checks import Evidence, check_credential
from verify.trust_list import TrustList, only
from verify.verdict import Verdict

_STATES = {"revocation": State.REVOKED, "suspension": State.SUSPENDED}


@dataclass(frozen=True)
class StatusLists:
    """Saved status lists by their address: the bits of each."""

    bits: dict[str, bytes]

    def state(self, face: Face) -> State | None:
        """The state of a certificate; None unless both its lists are here."""
        found = State.VALID
        for purpose, state in reversed(_STATES.items()):
            bits = self.bits.get(status_list_url(face.origin, purpose, face.status.list_id))
            if bits is None:
                return None
            if is_set(bits, face.status.index):
                found = state
        return found


def read_status_lists(documents: Iterable[bytes], *, root: PublicKey | None) -> StatusLists:
    """Saved status lists; with ``root`` their signatures are checked. Refused ``status_list.*``, ``proof.*``."""
    bits = {}
    for document in documents:
        if len(document) > 2 * MAX_ENCODED:
            raise Refused("status_list.malformed")
        credential = parse_credential(document)
        if root:
            verify(credential, only(root))
        url, _, found = read_status_list(credential)
        bits[url] = found
    return StatusLists(bits)


def verify_offline(document: bytes, trust: TrustList, status: StatusLists, *, at: datetime) -> Verdict:
    """The verdict from what is saved. Without the certificate's status lists it is never ``valid``."""
    return check_credential(document, Evidence(trust=trust.find, state=status.state), at=at)
