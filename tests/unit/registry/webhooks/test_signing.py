"""RFC 9421: the registry's signature base is that of the specification's Ed25519 example, and every part is covered."""

import hashlib
from base64 import b64decode, b64encode, urlsafe_b64decode
from datetime import UTC, datetime

import pytest

from keys.pair import Algorithm, PrivateKey
from registry.webhooks.signing import sign_message, signature_base, signature_parameters

# RFC 9421 appendix B.1.4 (test-key-ed25519) and B.2.6
SEED = urlsafe_b64decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU=")
COVERED = (
    ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
    ("@method", "POST"),
    ("@path", "/foo"),
    ("@authority", "example.com"),
    ("content-type", "application/json"),
    ("content-length", "18"),
)
SIGNATURE = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
AT = datetime(2026, 11, 22, 4, tzinfo=UTC)


def test_the_example_of_the_specification():
    named = {"keyid": '"test-key-ed25519"'}
    parameters = signature_parameters([name for name, _ in COVERED], 1618884473, named)
    key = PrivateKey.from_bytes(Algorithm.ED25519, SEED)
    assert key.sign(signature_base(COVERED, parameters)) == b64decode(SIGNATURE)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_receiver_verifies_it_as_the_document_says(algorithm):
    key, url, body = PrivateKey.generate(algorithm), "https://hr.example.com/x?y=1", b'{"what":"revoked"}'
    headers = sign_message(url, body, key_id="did:web:example.test#k", key=key, at=AT)
    assert headers["Content-Digest"] == f"sha-256=:{encode(hashlib.sha256(body).digest())}:"
    parameters = headers["Signature-Input"].removeprefix("registry=")
    assert f';created={int(AT.timestamp())};keyid="did:web:example.test#k";alg=' in parameters
    signature = b64decode(headers["Signature"].removeprefix("registry=:").removesuffix(":"))

    def is_good(**changes):
        said = {
            "method": "POST",
            "url": url,
            "digest": headers["Content-Digest"],
            "parameters": parameters,
        } | changes
        base = (
            f'"@method": {said["method"]}\n"@target-uri": {said["url"]}\n"content-type": application/json\n'
            f'"content-digest": {said["digest"]}\n"@signature-params": {said["parameters"]}'
        )
        return key.public.verify(signature, base.encode())

    assert is_good()
    assert not is_good(url="https://hr.example.com/x?y=2")
    assert not is_good(method="PUT")
    assert not is_good(digest="sha-256=:AAAA:")
    assert not is_good(parameters=parameters.replace(";created=1", ";created=2"))


def encode(data):
    return b64encode(data).decode()
