"""Certificates signed elsewhere: reserved here, signed by the assessor's own key, recorded here.

A reservation is the whole entry of the record but for its signatures: number, place in the status lists and code are
taken, the holder is sealed. What comes back must be, byte for byte once canonicalized, the credential that was
reserved, with a proof by a key of this assessor that is good now. So the registry answers for scope, form and number
as it does for what it signs itself, and only the signature is the assessor's.

The QR's payload and the SD-JWT are signed texts of their own. A reservation gives the bytes to sign for each;
an assessor may leave them out, and then the QR leads to the page only and nothing can be shown in parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pymongo import IndexModel
from pymongo.collection import Collection

from issuers.accreditation import Scope, covering
from issuers.assessor import Assessor
from issuers.issue import Asked, IssuingDesk
from issuers.request import IssueRequest, check_request
from keys.absent import PLACEHOLDER, AbsentKey
from keys.errors import Refused
from keys.jcs import canonicalize
from keys.jws import decode_base64url, encode_base64url
from keys.pair import Algorithm, PrivateKey
from keys.proof import Proof, read_proofs, verify
from keys.ring import RingKey
from registry.certificate import CertificateRecord
from registry.credential import Credential, Face, build_credential, china_date, parse_credential, read_face
from registry.issuance import Issuance
from registry.keyrings import Keyrings
from registry.reading_back import without_proof
from registry.record_documents import from_document, to_document
from registry.selective import sign_selectively

LIFE = timedelta(minutes=10)  # of a reservation: an answer over a slow line, a person at a signing device
SKEW = timedelta(seconds=60)  # between the assessor's clock and ours

SealQr = Callable[[CertificateRecord, Face, PrivateKey], str]


@dataclass(frozen=True)
class Reservation:
    """What an assessor gets to sign. ``credential`` is unsigned; ``also`` maps ``qr`` and ``sd_jwt`` to bytes."""

    entry: CertificateRecord
    credential: Credential
    key: RingKey
    expires_at: datetime
    also: Mapping[str, bytes]


@dataclass(frozen=True)
class OwnKeyDesk:
    """What it needs from outside. ``seal_qr`` writes a QR's text with a key; it lives in the room above."""

    issuing: IssuingDesk
    keyrings: Keyrings
    reservations: Collection[dict[str, Any]]
    seal_qr: SealQr | None = None

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self.reservations.create_indexes([IndexModel("expires_at", expireAfterSeconds=0)])

    def reserve(self, request: IssueRequest, assessor: Assessor) -> Reservation:
        """Reserve a certificate for the assessor's own key. Refused as issuing is, and ``own_key.none``."""
        now = self.issuing.clock()
        active = self.keyrings.ring(assessor.id).active
        if self.keyrings.holds(assessor.id, active.id):
            raise Refused("own_key.none", field="Authorization")
        draft = check_request(request, assessor, today=china_date(now))
        face, entry = self.issuing.reserve(Asked(draft), assessor, now)
        selective, qr = AbsentKey(active.public), AbsentKey(active.public)
        token = sign_selectively(face, selective, key_id=active.id, at=now)
        text = self._seal(entry, face, qr)
        also = {"sd_jwt": selective.asked} | ({"qr": qr.asked} if text else {})
        made = Reservation(
            replace(entry, sd_jwt=token, qr=text), build_credential(face), active, now + LIFE, also
        )
        self._keep(made, now)
        return made

    def record(
        self,
        document: bytes,
        assessor: Assessor,
        *,
        signatures: Mapping[str, str],
        issuance: Issuance | None = None,
    ) -> CertificateRecord:
        """Record a signed credential; sent again, the one that stands.

        Refused ``own_key.reservation``, ``.altered``, ``.created``, ``.signature``, ``.recorded``, ``scope.*``,
        ``credential.shape``, ``proof.*``, ``key.*``, ``issue.already_held``.
        """
        now = self.issuing.clock()
        credential = parse_credential(document)
        face = read_face(credential)
        standing = self.issuing.record.find(face.code)
        if standing:
            return _same(standing, document, assessor)
        kept = self._find(face.code, assessor, now)
        if canonicalize(without_proof(credential)) != kept["unsigned"]:
            raise Refused("own_key.altered", field="credential")
        key = self._check_proof(credential, assessor, reserved_at=kept["at"], now=now)
        self._check_scope(face, assessor, now)
        entry = _sign_also(from_document(self._open(kept)), kept["also"], signatures, key)
        entry = replace(entry, credential=document, recorded_at=now, issuance=issuance)
        (done,) = self.issuing.record.insert_many([entry])
        if isinstance(done, Refused):
            raise done
        self.reservations.delete_one({"_id": face.code})
        return _same(done, document, assessor)

    def _seal(self, entry: CertificateRecord, face: Face, key: AbsentKey) -> str | None:
        if self.seal_qr is None or key.public.algorithm is not Algorithm.ED25519:
            return None  # a QR's payload is EdDSA only: with a P-256 key it carries the address alone
        try:
            return self.seal_qr(entry, face, key)
        except Refused:
            return None

    def _keep(self, made: Reservation, now: datetime) -> None:
        code = made.entry.code
        kept = canonicalize(made.credential)
        document = {name: value for name, value in to_document(made.entry).items() if name != "_id"}
        self.reservations.insert_one(
            {
                "_id": code,
                "assessor": made.entry.assessor,
                "at": now,
                "expires_at": made.expires_at,
                "unsigned": kept,
                "entry": document,
                "also": dict(made.also),
            }
        )

    def _open(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        return {**kept["entry"], "_id": kept["_id"]}

    def _find(self, code: str, assessor: Assessor, now: datetime) -> dict[str, Any]:
        kept = self.reservations.find_one({"_id": code, "assessor": assessor.id, "expires_at": {"$gt": now}})
        if kept is None:
            raise Refused("own_key.reservation", field="credential", minutes=int(LIFE.total_seconds() // 60))
        return kept

    def _check_proof(
        self, credential: Credential, assessor: Assessor, *, reserved_at: datetime, now: datetime
    ) -> RingKey:
        ring = self.keyrings.ring(assessor.id)
        proofs = read_proofs(credential)
        for proof in proofs:
            if not reserved_at - SKEW <= proof.created <= now + SKEW:
                raise Refused("own_key.created", field="credential.proof")
            if ring.key_at(proof.verification_method, proof.created).id != ring.active.id:
                raise Refused("own_key.signature", field="credential.proof")

        def find_key(proof: Proof) -> Any:
            return ring.find(proof.verification_method).public

        return ring.find(verify(credential, find_key, proofs=proofs).verification_method)

    def _check_scope(self, face: Face, assessor: Assessor, now: datetime) -> None:
        # it was checked when it was reserved; a suspension since counts
        occupation = (face.occupation.code, face.occupation.edition)
        asked = Scope(face.kind, occupation, face.level, face.region, face.issued_on, china_date(now))
        held = [one for one in assessor.accreditations if one.id == face.accreditation.id]
        covering(held, asked)


def describe_reservation(made: Reservation) -> dict[str, Any]:
    """What the API answers: the unsigned credential, and the bytes to sign beside it as base64url."""
    return {
        "code": made.entry.code,
        "number": made.entry.number,
        "expires_at": made.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verification_method": made.key.id,
        "credential": made.credential,
        "sign": {name: encode_base64url(data) for name, data in made.also.items()},
    }


def _same(standing: CertificateRecord, document: bytes, assessor: Assessor) -> CertificateRecord:
    if standing.assessor != assessor.id or standing.credential != document:
        raise Refused("own_key.recorded", field="credential")
    return standing


def _sign_also(
    entry: CertificateRecord, asked: Mapping[str, bytes], given: Mapping[str, str], key: RingKey
) -> CertificateRecord:
    """The entry with the QR's text and the SD-JWT signed; those without a signature fall away."""
    signed = {name: _signature(asked[name], given[name], name, key) for name in asked if given.get(name)}
    token, text = entry.sd_jwt, entry.qr
    return replace(
        entry,
        sd_jwt=_sign_token(token, signed["sd_jwt"]) if token and "sd_jwt" in signed else None,
        qr=_sign_text(text, signed["qr"]) if text and "qr" in signed else None,
    )


def _signature(message: bytes, given: str, name: str, key: RingKey) -> bytes:
    try:
        signature = decode_base64url(given)
    except Refused:
        raise Refused("own_key.signature", field=f"signatures.{name}") from None
    if not key.public.verify(signature, message):
        raise Refused("own_key.signature", field=f"signatures.{name}")
    return signature


def _sign_token(token: bytes, signature: bytes) -> bytes:
    head, _, disclosures = token.partition(b"~")
    signed, _, _ = head.rpartition(b".")
    return b"~".join([signed + b"." + encode_base64url(signature).encode(), disclosures])


def _sign_text(text: str, signature: bytes) -> str:
    """The QR's text with the signature in its place: the last bytes of a COSE_Sign1, whose payload is a number."""
    url, _, payload = text.partition("#")
    number = int(payload[1:])
    message = number.to_bytes((number.bit_length() + 7) // 8)
    if not message.endswith(PLACEHOLDER):
        raise ValueError("a text that is signed already")
    signed = message[: -len(PLACEHOLDER)] + signature
    return f"{url}#{payload[0]}{int.from_bytes(signed)}"
