import copy
import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import strict_json
from keys.errors import Refused
from keys.jcs import canonicalize
from keys.multikey import decode_base58btc
from keys.pair import Algorithm, PrivateKey, PublicKey
from keys.proof import Proof, read_proofs, sign, verify

VECTORS = [
    json.loads((Path(__file__).parents[2] / f"vectors/keys/{name}.json").read_text("utf-8"))
    for name in ("eddsa-jcs-2022", "ecdsa-jcs-2019-p256")
]
KEYS = [PrivateKey.generate(algorithm) for algorithm in Algorithm]
CREATED = datetime(2026, 11, 22, 8, 30, 15, 999_999, tzinfo=timezone(timedelta(hours=8)))
DOCUMENT = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://example.org/v1"],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential"],
    "credentialSubject": {"name": "王小明", "level": 3},
}


def sign_with(key, document=DOCUMENT):
    return sign(
        document, key=key, verification_method=f"did:web:a.example#{key.public.multikey}", created=CREATED
    )


def find(*publics):
    """The keys of a small world, by the fragment of the verification method."""

    def find_key(proof):
        for public in publics:
            if proof.verification_method.endswith("#" + public.multikey):
                return public
        raise Refused("key.unknown")

    return find_key


def refused(document, *publics):
    with pytest.raises(Refused) as caught:
        verify(document, find(*publics))
    return caught.value.code


def change(document, **members):
    """A copy with members of the first proof set, or removed where the value is None."""
    changed = copy.deepcopy(document)
    proof = changed["proof"][0]
    proof.update(members)
    for name in [name for name, value in proof.items() if value is None]:
        del proof[name]
    return changed


@pytest.mark.parametrize("vector", VECTORS, ids=["eddsa", "ecdsa"])
class TestSpecification:
    def test_document_hash(self, vector):
        unsecured = {name: value for name, value in vector["signed"].items() if name != "proof"}
        assert canonicalize(unsecured).decode() == vector["canonical_document"]
        assert sha256(canonicalize(unsecured)).hexdigest() == vector["document_hash"]

    def test_signature(self, vector):
        assert decode_base58btc(vector["signed"]["proof"]["proofValue"]).hex() == vector["signature_hex"]

    def test_verifies(self, vector):
        public = PublicKey.from_multikey(vector["public_key_multibase"])
        for document in (vector["signed"], *vector["earlier"]):
            assert verify(document, find(public)).verification_method.endswith(public.multikey)

    def test_signs_the_same(self, vector):
        """Both algorithms sign deterministically, so our proof is the specification's, byte for byte."""
        signed = vector["signed"]
        public = PublicKey.from_multikey(vector["public_key_multibase"])
        secret = decode_base58btc(vector["secret_key_multibase"])[2:]
        ours = sign(
            {name: value for name, value in signed.items() if name != "proof"},
            key=PrivateKey.from_bytes(public.algorithm, secret),
            verification_method=signed["proof"]["verificationMethod"],
            created=datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC),
        )
        assert ours["proof"] == [signed["proof"]]


@pytest.mark.parametrize("key", KEYS, ids=list(Algorithm))
class TestRoundTrip:
    def test_verifies(self, key):
        proof = verify(sign_with(key), find(key.public))
        suite = {"Ed25519": "eddsa-jcs-2022", "P-256": "ecdsa-jcs-2019"}[key.public.algorithm]
        created = datetime(2026, 11, 22, 0, 30, 15, tzinfo=UTC)
        assert proof == Proof(suite, f"did:web:a.example#{key.public.multikey}", created, "assertionMethod")

    def test_survives_the_wire(self, key):
        assert verify(strict_json.loads(canonicalize(sign_with(key))), find(key.public))

    def test_leaves_its_input_alone(self, key):
        before = copy.deepcopy(DOCUMENT)
        sign_with(key)
        assert before == DOCUMENT

    def test_without_context(self, key):
        signed = sign_with(key, {"a": 1})
        assert "@context" not in signed["proof"][0]
        assert verify(signed, find(key.public))

    def test_single_object(self, key):
        signed = sign_with(key)
        assert verify({**signed, "proof": signed["proof"][0]}, find(key.public))

    def test_every_bit(self, key):
        """Every single flipped bit of the bytes is refused while parsing or while verifying."""
        data = canonicalize(sign_with(key))
        for bit in range(len(data) * 8):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            with pytest.raises(Refused):
                verify(strict_json.loads(bytes(changed)), find(key.public))


ED, P256 = KEYS
SIGNED = sign_with(ED)
SIGNED_BYTES = canonicalize(SIGNED)


@settings(max_examples=300, deadline=None)
@given(st.sets(st.integers(0, len(SIGNED_BYTES) * 8 - 1), min_size=1, max_size=4))
def test_flipped_bits(bits):
    changed = bytearray(SIGNED_BYTES)
    for bit in bits:
        changed[bit // 8] ^= 1 << bit % 8
    try:
        document = strict_json.loads(bytes(changed))
    except Refused:
        return
    if not isinstance(document, dict):
        return
    if canonicalize(document) == SIGNED_BYTES:  # several bits together may leave the same document
        return
    with pytest.raises(Refused):
        verify(document, find(ED.public))


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (DOCUMENT, "proof.missing"),
        ({**DOCUMENT, "proof": []}, "proof.missing"),
        ({**DOCUMENT, "proof": None}, "proof.malformed"),
        ({**DOCUMENT, "proof": "z6Mk"}, "proof.malformed"),
        ({**DOCUMENT, "proof": [[]]}, "proof.malformed"),
        ({**DOCUMENT, "proof": [SIGNED["proof"][0]] * 9}, "proof.malformed"),
        ({**DOCUMENT, "proof": {}}, "proof.malformed"),
        (change(SIGNED, type=None), "proof.malformed"),
        (change(SIGNED, type=["DataIntegrityProof"]), "proof.malformed"),
        (change(SIGNED, cryptosuite=None), "proof.malformed"),
        (change(SIGNED, cryptosuite=1), "proof.malformed"),
        (change(SIGNED, created=None), "proof.malformed"),
        (change(SIGNED, created="2026-11-22"), "proof.malformed"),
        (change(SIGNED, created="2026-11-22T00:30:15"), "proof.malformed"),
        (change(SIGNED, created="2026-13-22T00:30:15Z"), "proof.malformed"),
        (change(SIGNED, created="0001-01-01T00:00:00+14:00"), "proof.malformed"),
        (change(SIGNED, created="2026-11-22T00:30:15Z\n"), "proof.malformed"),
        (change(SIGNED, verificationMethod=None), "proof.malformed"),
        (change(SIGNED, verificationMethod={"id": "x"}), "proof.malformed"),
        (change(SIGNED, proofPurpose=None), "proof.malformed"),
        (change(SIGNED, proofValue=None), "proof.malformed"),
        (change(SIGNED, proofValue="u" + SIGNED["proof"][0]["proofValue"][1:]), "proof.malformed"),
        (change(SIGNED, proofValue=SIGNED["proof"][0]["proofValue"] + "\n"), "proof.malformed"),
        (change(SIGNED, proofValue="z6Mk"), "proof.malformed"),
        (change(SIGNED, expires="2027-01-01T00:00:00Z"), "proof.malformed"),
        (change(SIGNED, domain="a.example"), "proof.malformed"),
        (change(SIGNED, previousProof="urn:uuid:1"), "proof.malformed"),
        (change(SIGNED, **{"@context": 1}), "proof.malformed"),
        (change(SIGNED, id=1), "proof.malformed"),
        (change(SIGNED, type="Ed25519Signature2020"), "proof.unsupported_suite"),
        (change(SIGNED, cryptosuite="eddsa-rdfc-2022"), "proof.unsupported_suite"),
        (change(SIGNED, proofPurpose="authentication"), "proof.wrong_purpose"),
        (change(SIGNED, cryptosuite="ecdsa-jcs-2019"), "proof.algorithm_mismatch"),
        (change(SIGNED, **{"@context": "https://example.org/v1"}), "proof.context_mismatch"),
        (
            change(SIGNED, **{"@context": [*DOCUMENT["@context"], "https://a.example"]}),
            "proof.context_mismatch",
        ),
        ({**SIGNED, "@context": DOCUMENT["@context"][::-1]}, "proof.context_mismatch"),
        ({name: value for name, value in SIGNED.items() if name != "@context"}, "proof.context_mismatch"),
        (change(SIGNED, **{"@context": DOCUMENT["@context"][:1]}), "proof.signature"),
        (change(SIGNED, **{"@context": None}), "proof.signature"),
        (change(SIGNED, created="2026-11-22T00:30:16Z"), "proof.signature"),
        (change(SIGNED, id="urn:uuid:1"), "proof.signature"),
        ({**SIGNED, "id": "urn:uuid:1"}, "proof.signature"),
        ({**SIGNED, "extra": None}, "proof.signature"),
        (change(SIGNED, verificationMethod="did:web:a.example#other"), "key.unknown"),
    ],
)
def test_refused(document, code):
    assert refused(document, ED.public, P256.public) == code


def test_another_key_of_the_same_kind():
    other = PrivateKey.generate(Algorithm.ED25519).public
    with pytest.raises(Refused, match=r"proof\.signature"):
        verify(SIGNED, lambda _: other)


def test_a_key_of_another_kind():
    with pytest.raises(Refused, match=r"proof\.algorithm_mismatch"):
        verify(SIGNED, lambda _: P256.public)


def test_a_later_context_is_allowed_by_the_specification():
    """Section 3.3.2, step 4: the document's contexts must start with the proof's. Callers check the rest."""
    assert verify({**SIGNED, "@context": [*DOCUMENT["@context"], "https://a.example"]}, find(ED.public))


BOTH = sign_with(P256, SIGNED)
FOREIGN = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "expires": "2030-01-01T00:00:00Z"}


class TestProofSet:
    def test_signing_again_adds(self):
        assert [proof["cryptosuite"] for proof in BOTH["proof"]] == ["eddsa-jcs-2022", "ecdsa-jcs-2019"]
        assert BOTH["proof"][0] == SIGNED["proof"][0]

    def test_signing_a_single_proof_makes_an_array(self):
        again = sign_with(P256, {**SIGNED, "proof": SIGNED["proof"][0]})
        assert again == BOTH

    def test_the_first_whose_key_is_known_decides(self):
        assert verify(BOTH, find(ED.public, P256.public)).cryptosuite == "eddsa-jcs-2022"
        assert verify(BOTH, find(P256.public)).cryptosuite == "ecdsa-jcs-2019"

    def test_a_false_first_proof_is_not_saved_by_the_second(self):
        false = change(BOTH, created="2020-01-01T00:00:00Z")
        assert refused(false, ED.public, P256.public) == "proof.signature"

    def test_no_key_known(self):
        assert refused(BOTH) == "key.unknown"

    def test_the_first_refusal_of_a_key_is_told(self):
        def find_key(proof):
            raise Refused("key.compromised" if proof.cryptosuite == "eddsa-jcs-2022" else "key.unknown")

        with pytest.raises(Refused, match=r"key\.compromised"):
            verify(BOTH, find_key)

    @pytest.mark.parametrize("position", [0, 1])
    def test_a_foreign_suite_may_stand_beside(self, position):
        proofs = list(SIGNED["proof"])
        proofs.insert(position, FOREIGN)
        document = {**SIGNED, "proof": proofs}
        assert verify(document, find(ED.public)).cryptosuite == "eddsa-jcs-2022"
        assert [proof.cryptosuite for proof in read_proofs(document)] == ["eddsa-jcs-2022"]

    def test_only_foreign(self):
        assert refused({**DOCUMENT, "proof": [FOREIGN]}) == "proof.unsupported_suite"


def test_read_proofs_verifies_nothing():
    (proof,) = read_proofs(change(SIGNED, proofPurpose="authentication"))
    assert proof.purpose == "authentication"


def test_created_may_carry_a_zone_and_a_fraction():
    (proof,) = read_proofs(change(SIGNED, created="2026-11-22T08:30:15.5+08:00"))
    assert proof.created == datetime(2026, 11, 22, 0, 30, 15, 500_000, tzinfo=UTC)


def test_signing_refuses_what_is_no_json_and_a_time_without_a_zone():
    with pytest.raises(Refused, match=r"json\.not_finite"):
        sign_with(ED, {"a": float("nan")})
    with pytest.raises(ValueError, match="zone"):
        sign(DOCUMENT, key=ED, verification_method="x", created=CREATED.replace(tzinfo=None))
