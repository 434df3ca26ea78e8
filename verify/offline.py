"""Verification without a network or a database: evidence from a saved trust list and saved status lists.

A library too: importing this module needs neither Flask nor PyMongo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import unquote

from keys.cose import read1
from keys.did import did_web
from keys.errors import Refused
from keys.pair import PublicKey
from keys.proof import verify
from registry.credential import Face, StatusEntry, parse_credential, status_list_url
from registry.identity import parse_identity
from registry.masking import mask
from registry.state import State
from registry.status_list import MAX_ENCODED, StatusList, is_set, read_status_list
from verify.checks import Evidence, check_credential
from verify.gate import read_claims
from verify.gate_check import check_gate
from verify.gate_text import read_text
from verify.presentation_check import PresentationEvidence, PresentationVerdict, check_presentation
from verify.token_check import check_token
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
    "verify_presentation_offline",
    "verify_qr_offline",
    "verify_token_offline",
]

_STATES = {"revocation": State.REVOKED, "suspension": State.SUSPENDED}


@dataclass(frozen=True)
class StatusLists:
    """Saved status lists by address and purpose."""

    lists: Mapping[tuple[str, str], StatusList]
    is_past: bool = False
    """Whether they speak of a moment gone by: what has changed since then does not outdate them."""

    def state(self, face: Face, at: datetime, trust: TrustList | None = None) -> State | None:
        """The state of a certificate at a moment, as `state_of`."""
        return self.state_of(face.origin, face.status, at, trust)

    def state_of(
        self, origin: str, status: StatusEntry, at: datetime, trust: TrustList | None = None
    ) -> State | None:
        """The state at a place of the lists at a moment; None unless both its lists are here and still hold then.

        A list too old still proves what it shows, never that nothing came after. It is too old from its ``validUntil``
        on, and where ``trust`` shows that something has changed since.
        """
        unsure = False
        for purpose, state in _STATES.items():
            held = self.lists.get((status_list_url(origin, purpose, status.list_id), purpose))
            if held and is_set(held.bits, status.index):
                return state
            news = trust if trust and not self.is_past else None
            unsure = unsure or held is None or at >= held.valid_until or bool(news and news.outdates(held))
        return None if unsure else State.VALID


def read_status_lists(
    documents: Iterable[bytes], *, root: PublicKey | None, by: datetime | None = None
) -> StatusLists:
    """Saved status lists; with ``root`` their signatures are checked. Refused ``status_list.*``, ``proof.*``.

    With ``by``, those that were signed by that moment: they speak of it, while it lies within their time.
    """
    lists: dict[tuple[str, str], StatusList] = {}
    for document in documents:
        if len(document) > 2 * MAX_ENCODED:
            raise Refused("status_list.malformed")
        credential = parse_credential(document)
        if root:
            verify(credential, only(root))
        found = read_status_list(credential)
        if by and found.valid_from > by:
            continue
        held = lists.get((found.url, found.purpose))
        if held is None or held.valid_until < found.valid_until:  # of two copies the newer one speaks
            lists[found.url, found.purpose] = found
    return StatusLists(lists, is_past=by is not None)


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


def verify_token_offline(text: str, trust: TrustList, status: StatusLists, *, at: datetime) -> Verdict:
    """The verdict on a certificate as a JWT from what is saved; without lists never ``valid``."""
    evidence = Evidence(trust=trust.find, state=lambda face: status.state(face, at, trust))
    return check_token(text.strip(), evidence, at=at)


def verify_presentation_offline(
    text: str, trust: TrustList, status: StatusLists, *, at: datetime
) -> PresentationVerdict:
    """The verdict on an SD-JWT from what is saved. Never ``valid`` where it hides what an accreditation speaks of."""
    origin = _origin_of(trust, status)
    evidence = PresentationEvidence(
        origin, trust.find_by_id, None, state=lambda entry: status.state_of(origin, entry, at, trust)
    )
    return check_presentation(text.strip(), evidence, at=at)


def _origin_of(trust: TrustList, status: StatusLists) -> str:
    """The address of the registry whose list it is, as the addresses of its status lists say."""
    known = (url.partition("/status-lists/")[0] for url, _ in (*trust.digests, *status.lists))
    by_name = "https://" + unquote(trust.registry.removeprefix("did:web:"))
    return next((origin for origin in known if did_web(origin) == trust.registry), by_name)


def fits_holder(text: str, id_number: str, *, on: date) -> bool:
    """Whether a document number, as typed on the day ``on``, may be that of the holder of a QR that has verified.

    Refused ``identity.*`` for what can be no number of the holder's kind of document. Takes about 0.1 s.
    """
    claims = read_claims(read1(read_text(text).message).payload)
    id_type, masked = claims.holder.id_type, claims.holder.masked_number
    number = parse_identity(id_type, id_number, on=on).number
    return mask(number) == masked and claims.check.fits(id_type, number)
