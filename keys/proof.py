"""Data Integrity proofs: ``eddsa-jcs-2022`` and ``ecdsa-jcs-2019``.

Source: W3C Verifiable Credential Data Integrity 1.0; Data Integrity EdDSA Cryptosuites v1.0,
section 3.3; Data Integrity ECDSA Cryptosuites v1.0, section 3.3. The steps:

1. Take ``proof`` away from the document; its ``@context`` becomes the proof's.
2. Canonicalize (JCS) the document and the proof without ``proofValue``, and hash each with SHA-256.
3. The signed bytes are the proof's hash and then the document's.
4. ``proofValue`` is the signature in multibase base58btc.

A context that somebody adds behind those of the proof is not covered by step 1: whoever needs the
exact list of contexts checks it beside the proof.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import cast

from keys.errors import Refused
from keys.jcs import canonicalize
from keys.multikey import Algorithm, decode_base58btc, encode_base58btc
from keys.pair import SIGNATURE_BYTES, PrivateKey, PublicKey
from keys.strict_json import JsonObject, JsonValue

MAX_PROOFS = 8
"""A certificate carries one or two; each costs a look at a key."""
PURPOSE = "assertionMethod"

_TYPE = "DataIntegrityProof"
_SUITES = {"eddsa-jcs-2022": Algorithm.ED25519, "ecdsa-jcs-2019": Algorithm.P256}
_SUITE_OF = {algorithm: suite for suite, algorithm in _SUITES.items()}
_TEXTS = ("cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue")
# ``expires``, ``domain``, ``challenge`` and ``previousProof`` ask for checks that we do not make: refused.
_MEMBERS = {"type", *_TEXTS, "@context", "id"}
_TIME_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True)
class Proof:
    """What one proof says of itself. ``verification_method`` is a DID URL, ``created`` is UTC.

    Read from a document, it also has its ``options`` (its members without ``proofValue``) and its 64 bytes.
    """

    cryptosuite: str
    verification_method: str
    created: datetime
    purpose: str
    options: JsonObject = field(default_factory=dict, repr=False, compare=False)
    signature: bytes = field(default=b"", repr=False, compare=False)


def sign(
    document: Mapping[str, object], *, key: PrivateKey, verification_method: str, created: datetime
) -> JsonObject:
    """A copy of ``document`` with one more proof at the end of the array ``proof``.

    ``created`` is written in UTC and whole seconds. Refused ``json.*`` when the document is no JSON.
    """
    if created.tzinfo is None:
        raise ValueError("a time without a zone")
    unsecured = _without(document, "proof")
    options: JsonObject = {
        "type": _TYPE,
        "cryptosuite": _SUITE_OF[key.public.algorithm],
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": verification_method,
        "proofPurpose": PURPOSE,
    }
    if "@context" in unsecured:
        options["@context"] = unsecured["@context"]
    options["proofValue"] = encode_base58btc(key.sign(_hash(unsecured, options)))
    proofs = [*_proofs_of(document), options] if "proof" in document else [options]
    return {**unsecured, "proof": cast("JsonValue", proofs)}


def read_proofs(document: Mapping[str, object]) -> tuple[Proof, ...]:
    """The proofs of supported suites, in the document's order; at least one. Nothing is verified.

    Refused ``proof.missing``, ``proof.malformed``, ``proof.unsupported_suite`` (none of ours).
    """
    proofs = tuple(_read_proof(members) for members in _proofs_of(document) if _is_supported(members))
    if not proofs:
        raise Refused("proof.unsupported_suite")
    return proofs


def verify(
    document: Mapping[str, object],
    find_key: Callable[[Proof], PublicKey],
    *,
    proofs: Iterable[Proof] | None = None,
) -> Proof:
    """The first proof of a supported suite whose key ``find_key`` gives: that one decides.

    ``find_key`` answers with Refused for a key that it does not trust; the first such refusal is
    raised when no proof is left. Also Refused: what ``read_proofs`` refuses,
    ``proof.wrong_purpose``, ``proof.algorithm_mismatch`` (a key of another algorithm than the
    suite's), ``proof.context_mismatch``, ``proof.signature``. ``proofs`` are the document's own, where the
    caller has read them already.
    """
    refusals: list[Refused] = []
    for proof in proofs or read_proofs(document):
        if proof.purpose != PURPOSE:
            raise Refused("proof.wrong_purpose")
        try:
            key = find_key(proof)
        except Refused as refused:
            refusals.append(refused)
            continue
        _check(document, proof, key)
        return proof
    raise refusals[0]


def _check(document: Mapping[str, object], proof: Proof, key: PublicKey) -> None:
    if key.algorithm is not _SUITES[proof.cryptosuite]:
        raise Refused("proof.algorithm_mismatch")
    unsecured = _without(document, "proof")
    if "@context" in proof.options:
        context = proof.options["@context"]
        if not _starts_with(unsecured.get("@context"), context):
            raise Refused("proof.context_mismatch")
        unsecured["@context"] = context
    if not key.verify(proof.signature, _hash(unsecured, proof.options)):
        raise Refused("proof.signature")


def _hash(unsecured: JsonObject, options: JsonObject) -> bytes:
    return sha256(canonicalize(options)).digest() + sha256(canonicalize(unsecured)).digest()


def _proofs_of(document: Mapping[str, object]) -> list[JsonObject]:
    if "proof" not in document:
        raise Refused("proof.missing")
    value = document["proof"]
    proofs = cast("list[JsonObject]", value if isinstance(value, list) else [value])
    if not proofs:
        raise Refused("proof.missing")
    if len(proofs) > MAX_PROOFS or not all(isinstance(proof, dict) for proof in proofs):
        raise Refused("proof.malformed")
    return proofs


def _is_supported(proof: JsonObject) -> bool:
    """A proof of a suite that we do not know may look as it likes, but it must name its type."""
    type_, suite = proof.get("type"), proof.get("cryptosuite")
    if not isinstance(type_, str) or (type_ == _TYPE and not isinstance(suite, str)):
        raise Refused("proof.malformed")
    return type_ == _TYPE and suite in _SUITES


def _read_proof(members: JsonObject) -> Proof:
    texts = {name: text for name in _TEXTS if isinstance(text := members.get(name), str)}
    context = members.get("@context", [])
    id_ = members.get("id", "")
    if not members.keys() <= _MEMBERS or len(texts) < len(_TEXTS):
        raise Refused("proof.malformed")
    if not isinstance(context, str | list) or not isinstance(id_, str):
        raise Refused("proof.malformed")
    return Proof(
        texts["cryptosuite"],
        texts["verificationMethod"],
        _read_time(texts["created"]),
        texts["proofPurpose"],
        _without(members, "proofValue"),
        _read_signature(texts["proofValue"]),
    )


def _read_time(text: str) -> datetime:
    """An XML Schema ``dateTimeStamp`` of at most microseconds."""
    try:
        if not _TIME_STAMP.fullmatch(text):
            raise Refused("proof.malformed")
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("proof.malformed") from None


def _read_signature(text: str) -> bytes:
    try:
        signature = decode_base58btc(text)
    except Refused:
        raise Refused("proof.malformed") from None
    if len(signature) != SIGNATURE_BYTES:
        raise Refused("proof.malformed")
    return signature


def _starts_with(context: JsonValue, beginning: JsonValue) -> bool:
    every, first = (value if isinstance(value, list) else [value] for value in (context, beginning))
    return every[: len(first)] == first


def _without(members: Mapping[str, object], name: str) -> JsonObject:
    return {key: cast("JsonValue", value) for key, value in members.items() if key != name}
