"""The quick yes: a QR text whose signed payload says, byte for byte, what the record says.

It answers only yes; whatever it cannot answer so, `check_gate` judges. A yes means what the full checks mean: text,
key, signature, the accreditation that the certificate names, status and date are all checked. Left out is the other
signature, over the certificate in the record: it could change the answer only for an assessor one of whose keys was
ever compromised, and then there is no quick yes. It takes half the time, which is what makes 100,000 rows a minute's
work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from issuers.accreditation import Scope, covering
from keys.cose import Sign1, read1, verify1
from keys.errors import Refused
from keys.pair import Algorithm, PublicKey
from keys.ring import KeyState
from registry.certificate import CertificateRecord
from registry.credential import Holder, china_date
from registry.state import State
from verify.checks import Trust
from verify.gate import GateClaims, is_encoding, read_check
from verify.gate_check import key_name
from verify.gate_text import read_text

# Members of our own certificates, which are in canonical form (RFC 8785): no spaces, sorted, letters unescaped. Inside
# a text a quotation mark is escaped, so that none of these can stand there.
_ACCREDITATION = re.compile(rb'"accreditationId":"([^"\\]+)"')
_HOLDER = re.compile(rb'"holder":\{"idMasked":"([^"\\]+)","idType":"([a-z_]+)","name":"([^"\\]+)"\}')
_NOT_PLAIN = (b'"job":', b'"appointment":')  # what payloads say in another form, or must not leave out


class QuickYes:
    """Answers for one chunk of rows at the moment ``at``; remembers the keys and scopes that it met."""

    def __init__(
        self,
        trust: Callable[[str], Trust | None],
        origin: str,
        at: datetime,
    ) -> None:
        self._trust = trust
        self._origin = origin
        self._today = china_date(at)
        self._keys: dict[str, dict[bytes, PublicKey]] = {}
        self._covered: dict[tuple[object, ...], bool] = {}

    def __call__(self, asked: Iterable[tuple[str, CertificateRecord | None]]) -> list[bool]:
        """Of each QR text, whether it is a valid one of the certificate beside it. False means: not known.

        All texts are read before the first signature is verified: each of the two loops has the processor's
        caches for itself, which is worth a sixth of the time.
        """
        prepared = [self._prepare(text, found) if found and "#" in text else None for text, found in asked]
        return [signed is not None and _is_signed(*signed) for signed in prepared]

    def _prepare(self, text: str, found: CertificateRecord) -> tuple[Sign1, PublicKey, bytes] | None:
        """Message, key and address where only the signature is left to be checked."""
        if found.state is not State.VALID or found.issued_on > self._today:
            return None
        if any(member in found.credential for member in _NOT_PLAIN) or not self._is_covered(found):
            return None
        try:
            parts = read_text(text)
            message = read1(parts.message)
            claims = _claims(found, message.payload)
        except Refused:
            return None
        key = self._keys_of(found.assessor).get(message.kid)
        if key is None or parts.url != f"{self._origin}/v/{found.code}":
            return None
        is_same = claims is not None and is_encoding(message.payload, claims)
        return (message, key, parts.url.encode()) if is_same else None

    def _is_covered(self, found: CertificateRecord) -> bool:
        named = _ACCREDITATION.search(found.credential)
        if named is None:
            return False
        scope = (found.kind, found.occupation, found.level, found.region, found.issued_on)
        asked = (found.assessor, named.group(1), scope)
        if asked not in self._covered:
            self._covered[asked] = self._covers(found.assessor, named.group(1).decode(), Scope(*scope))
        return self._covered[asked]

    def _covers(self, assessor_id: str, accreditation_id: str, scope: Scope) -> bool:
        trust = self._trust(assessor_id)
        held = trust.assessor.accreditations if trust else ()
        try:
            covering([one for one in held if one.id == accreditation_id], scope)
        except Refused:
            return False
        return True

    def _keys_of(self, assessor_id: str) -> dict[bytes, PublicKey]:
        if assessor_id not in self._keys:
            self._keys[assessor_id] = _good_keys(self._trust(assessor_id))
        return self._keys[assessor_id]


def _claims(found: CertificateRecord, payload: bytes) -> GateClaims | None:
    """What the payload must say, with the check value that it says; None where the record is of another form."""
    holder = _HOLDER.search(found.credential)
    if holder is None:
        return None
    masked, id_type, name = holder.group(1).decode(), holder.group(2).decode(), holder.group(3).decode()
    return GateClaims(
        number=found.number,
        kind=found.kind,
        level=found.level,
        holder=Holder(name, id_type, masked),
        check=read_check(payload, id_type),
        occupation=found.occupation,
        region=found.region,
        issued_on=found.issued_on,
        status=found.status,
    )


def _is_signed(message: Sign1, key: PublicKey, address: bytes) -> bool:
    try:
        verify1(message, key, external_aad=address)
    except Refused:
        return False
    return True


def _good_keys(trust: Trust | None) -> dict[bytes, PublicKey]:
    """An assessor's keys that were ever in use, by name; none where one was compromised."""
    keys = trust.ring.keys if trust else ()
    if any(key.state is KeyState.COMPROMISED for key in keys):
        return {}
    usable = [key.public for key in keys if key.activated and key.public.algorithm is Algorithm.ED25519]
    named = {key_name(public): public for public in usable}
    return named if len(named) == len(usable) else {}  # two keys of one name: the full checks try both
