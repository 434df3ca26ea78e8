"""The trust list: who may certify what, with which keys, when; signed by the registry, read without a network.

Pure: building and reading. Its version only grows, so that a client can refuse to go back. It also names the key that
signs lists from now on, and what each status list said when it was made: see decision 10.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from issuers.accreditation import Accreditation, Window
from issuers.assessor import Assessor, AssessorKind
from keys.errors import Refused
from keys.pair import PublicKey
from keys.proof import Proof, verify
from keys.ring import KeyRing, KeyState, RingKey
from keys.strict_json import loads
from registry.status_list import StatusList, digest_bits
from registry.view import describe_instant
from verify.checks import Trust

TYPE = "SkillsTrustList"
MAX_BYTES = 32 * 1024 * 1024  # ten thousand assessors with a hundred occupations each
Json = dict[str, Any]


@dataclass(frozen=True)
class TrustList:
    """A read trust list."""

    version: int
    made_at: datetime
    registry: str
    trusts: Mapping[str, Trust]
    root: PublicKey | None = None
    """The registry's key that signs from now on; what was pinned before gives way to it."""
    digests: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """What each status list said when this was made: digest of its bits by address and purpose."""

    def outdates(self, listed: StatusList) -> bool:
        """Whether a status list was signed before this list was made, and something has changed between."""
        digest = self.digests.get((listed.url, listed.purpose))
        return digest is not None and listed.valid_from < self.made_at and digest_bits(listed.bits) != digest

    def find(self, did: str) -> Trust | None:
        """What it knows of the assessor of a DID."""
        return self.trusts.get(did)

    def find_by_id(self, assessor_id: str) -> Trust | None:
        """What it knows of the assessor of 13 characters; None also where two have them."""
        found = self._by_id.get(assessor_id, [])
        return found[0] if len(found) == 1 else None

    @cached_property
    def _by_id(self) -> Mapping[str, list[Trust]]:
        found = defaultdict(list)
        for trust in self.trusts.values():
            found[trust.assessor.id].append(trust)
        return found


def build_trust_list(
    registry_did: str,
    trusts: Iterable[Trust],
    *,
    at: datetime,
    version: int | None = None,
    keys: Iterable[RingKey] = (),
    status_lists: Iterable[tuple[str, str, str]] = (),
) -> Json:
    """The unsigned trust list. ``keys`` are the registry's, ``status_lists`` (address, purpose, digest of the bits)."""
    return {
        "type": TYPE,
        "version": int(at.timestamp()) if version is None else version,
        "madeAt": describe_instant(at),
        "registry": registry_did,
        "registryKeys": [_key(key) for key in keys],
        "statusLists": [
            {"url": url, "purpose": purpose, "bitsSha256": digest} for url, purpose, digest in status_lists
        ],
        "assessors": [_assessor(trust) for trust in trusts],
    }


def read_trust_list(data: bytes, *, root: PublicKey | None, not_before: int = 0) -> TrustList:
    """A trust list from its bytes. With ``root`` its signature is checked; ``not_before`` refuses an older version.

    Refused ``trust_list.malformed``, ``trust_list.rollback``, ``proof.*``.
    """
    parsed = loads(data, max_bytes=MAX_BYTES)
    if not isinstance(parsed, dict):
        raise Refused("trust_list.malformed")
    if root:
        verify(parsed, only(root))
    try:
        found = _read(parsed)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused("trust_list.malformed") from error
    if found.version < not_before:
        raise Refused("trust_list.rollback", version=found.version, known=not_before)
    return found


def only(root: PublicKey) -> Callable[[Proof], PublicKey]:
    """Finds that one key, the registry's root pinned by who verifies, for the proof that names it.

    Refused ``proof.signature`` for a proof by another: a trust list carries one by each key of the registry.
    """

    def find(proof: Proof) -> PublicKey:
        if proof.verification_method.partition("#")[2] != root.multikey:
            raise Refused("proof.signature")
        return root

    return find


def _assessor(trust: Trust) -> Json:
    one = trust.assessor
    return {
        "id": one.id,
        "did": one.did,
        "name": one.name,
        "kind": one.kind.value,
        "creditCode": one.credit_code,
        "region": one.region,
        "accreditations": [
            _accreditation(held, window) for held in one.accreditations for window in held.windows
        ],
        "keys": [_key(key) for key in trust.ring.keys],
    }


def _accreditation(held: Accreditation, window: Window) -> Json:
    """One entry a window, under one id: a time in which it was suspended is simply in none of them."""
    start, until = window
    return {
        "id": held.id,
        "kind": held.kind,
        "occupations": [[code, edition] for code, edition in sorted(held.occupations)],
        "levels": sorted(held.levels),
        "region": held.region,
        "validFrom": start.isoformat(),
        "validUntil": until.isoformat() if until else None,
        "decision": held.decision,
    }


def _key(key: RingKey) -> Json:
    return {
        "id": key.id,
        "publicKeyMultibase": key.public.multikey,
        "state": key.state.value,
        "created": _instant(key.created),
        "activated": _instant(key.activated),
        "retired": _instant(key.retired),
        "compromisedSince": _instant(key.compromised_since),
    }


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:  # it could not be compared with the time of a proof
        raise ValueError("a time without a zone")
    return moment


def _moment_or_none(text: str | None) -> datetime | None:
    return _moment(text) if text else None


def _read(parsed: Mapping[str, Any]) -> TrustList:
    if parsed["type"] != TYPE:  # the registry's key signs status lists too
        raise ValueError("type")
    trusts = [_read_trust(entry) for entry in parsed["assessors"]]
    keys = [_read_key(entry) for entry in parsed.get("registryKeys", [])]
    return TrustList(
        version=int(parsed["version"]),
        made_at=_moment(parsed["madeAt"]),
        registry=parsed["registry"],
        trusts={trust.assessor.did: trust for trust in trusts},
        root=next((key.public for key in keys if key.state is KeyState.ACTIVE), None),
        digests={
            (entry["url"], entry["purpose"]): entry["bitsSha256"] for entry in parsed.get("statusLists", [])
        },
    )


def _read_trust(entry: Mapping[str, Any]) -> Trust:
    assessor = Assessor(
        id=entry["id"],
        did=entry["did"],
        name=entry["name"],
        kind=AssessorKind(entry["kind"]),
        credit_code=entry["creditCode"],
        region=entry["region"],
        accreditations=tuple(_read_accreditation(held) for held in entry["accreditations"]),
    )
    return Trust(assessor, KeyRing(entry["did"], tuple(_read_key(key) for key in entry["keys"])))


def _read_accreditation(entry: Mapping[str, Any]) -> Accreditation:
    until = entry["validUntil"]
    return Accreditation(
        id=entry["id"],
        kind=entry["kind"],
        occupations=frozenset((code, edition) for code, edition in entry["occupations"]),
        levels=frozenset(entry["levels"]),
        region=entry["region"],
        valid_from=date.fromisoformat(entry["validFrom"]),
        valid_until=date.fromisoformat(until) if until else None,
        decision=entry["decision"],
    )


def _read_key(entry: Mapping[str, Any]) -> RingKey:
    return RingKey(
        id=entry["id"],
        public=PublicKey.from_multikey(entry["publicKeyMultibase"]),
        state=KeyState(entry["state"]),
        created=_moment(entry["created"]),
        activated=_moment_or_none(entry["activated"]),
        retired=_moment_or_none(entry["retired"]),
        compromised_since=_moment_or_none(entry["compromisedSince"]),
    )
