"""Parts without HTTP and database, each as a ratio to the bare Ed25519 primitive or to the library it replaces."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from time import perf_counter

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from issuers.accreditation import Accreditation
from issuers.assessor import Assessor, AssessorKind
from keys.jcs import canonicalize
from keys.pair import Algorithm, PrivateKey
from keys.proof import sign, verify
from keys.ring import KeyRing
from keys.strict_json import loads
from registry.credential import (
    AccreditationReference,
    Face,
    Holder,
    OccupationName,
    StatusEntry,
    build_credential,
    read_face,
)
from registry.selective import sign_selectively
from registry.state import State
from verify.checks import Evidence, RecordEvidence, Trust, check_credential
from verify.verdict import Outcome
from verify.view import describe_verdict

ROUNDS, SECONDS = 5, 0.1  # best of five: the least disturbed
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ASSESSOR = Assessor(
    "S000033000002",
    "did:web:127.0.0.1%3A8000:assessors:S000033000002",
    "浙江示例技能人才行业协会",
    AssessorKind.ASSOCIATION,
    "51330000500000015H",
    "330000",
    (
        Accreditation(
            "ZJ-2026-002",
            "skill_level",
            frozenset({("6-31-01-03", "2022")}),
            frozenset({"3"}),
            "330000",
            date(2026, 1, 1),
            date(2029, 1, 1),
            "示例认定委〔2026〕2号",
        ),
    ),
)
FACE = Face(
    origin="http://127.0.0.1:8000",
    code="0123456789abcdefABCDEF",
    number="S000033000002263000001",
    kind="skill_level",
    level="3",
    holder=Holder("王小明", "resident_id", "150102********0014"),
    occupation=OccupationName("6-31-01-03", "2022", "电工", "Electrician"),
    region="330000",
    issued_on=date(2026, 11, 22),
    issuer=ASSESSOR.issuer,
    accreditation=AccreditationReference("ZJ-2026-002", "示例认定委〔2026〕2号"),
    status=StatusEntry("1", 4711),
)


def main() -> None:
    """Measure and print."""
    key = PrivateKey.generate(Algorithm.ED25519)
    ring = KeyRing(ASSESSOR.did, ()).add(key.public, NOON - timedelta(days=30))
    ring = ring.activate(ring.keys[0].id, NOON - timedelta(days=30))
    unsigned = build_credential(FACE)
    signed = sign(unsigned, key=key, verification_method=ring.keys[0].id, created=NOON)
    document = canonicalize(signed)
    trust = Trust(ASSESSOR, ring)
    recorded = RecordEvidence(document, NOON, State.VALID)
    evidence = Evidence(lambda _: trust, lambda _: recorded)
    verdict = check_credential(document, evidence, at=NOON)
    assert verdict.outcome is Outcome.VALID, verdict
    bare = Ed25519PrivateKey.generate()
    message = b"m" * 64
    signature, public = bare.sign(message), bare.public_key()

    print(f"a signed credential has {len(document)} bytes")
    print(f"{'part':<28} {'microseconds':>12} {'ratio':>6}  to")
    bare_sign = _report("Ed25519 sign, bare", lambda: bare.sign(message))
    bare_verify = _report("Ed25519 verify, bare", lambda: public.verify(signature, message))
    library = _report("JCS by rfc8785", lambda: rfc8785.dumps(signed))
    _report("JCS", lambda: canonicalize(signed), library, "rfc8785")
    _report("strict parse", lambda: loads(document))
    _report("build credential", lambda: build_credential(FACE))
    _report("read face", lambda: read_face(signed))
    _report(
        "sign credential",
        lambda: sign(unsigned, key=key, verification_method=ring.keys[0].id, created=NOON),
        bare_sign,
        "bare sign",
    )
    _report(
        "sign as SD-JWT VC",
        lambda: sign_selectively(FACE, key, key_id=ring.keys[0].id, at=NOON),
        bare_sign,
        "bare sign",
    )
    _report("verify credential", lambda: verify(signed, lambda _: key.public), bare_verify, "bare verify")
    _report("all checks", lambda: check_credential(document, evidence, at=NOON), bare_verify, "bare verify")
    _report("verdict as JSON values", lambda: describe_verdict(verdict, trust))


def _report(name: str, act: Callable[[], object], base: float | None = None, to: str = "") -> float:
    taken = min(_time(act) for _ in range(ROUNDS))
    ratio = f" {taken / base:6.2f}  {to}" if base else ""
    print(f"{name:<28} {taken * 1e6:12.1f}{ratio}")
    return taken


def _time(act: Callable[[], object]) -> float:
    """Seconds an act takes, over about SECONDS."""
    done, began = 0, perf_counter()
    while (now := perf_counter()) - began < SECONDS:
        act()
        done += 1
    return (now - began) / done
