"""Issue a certificate with a key that the registry never sees.

    python own_key.py new-key KEYFILE              makes an Ed25519 key, prints its Multikey to offer in the console
    python own_key.py prove KEYFILE < CHALLENGE    prints the signature to paste into the console
    TOKEN=skr_... python own_key.py issue KEYFILE https://HOST < REQUEST.json

Needs only cryptography, rfc8785 and base58. The certificate's proof is `eddsa-jcs-2022` (W3C Data Integrity EdDSA
Cryptosuites 1.0, section 3.3): the SHA-256 of the canonical proof options, then that of the canonical credential.
"""

import json
import os
import sys
import urllib.request
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256

import base58
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519 = b"\xed\x01"  # multicodec ed25519-pub


def new_key(path):
    """A new private key in a file that only its owner may read; its public Multikey."""
    key = Ed25519PrivateKey.generate()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes_raw())
    return multikey(key)


def read_key(path):
    """The key of a file that `new_key` made."""
    with open(path, "rb") as file:
        return Ed25519PrivateKey.from_private_bytes(file.read())


def multikey(key):
    """The public key as ``z6Mk...``."""
    return "z" + base58.b58encode(ED25519 + key.public_key().public_bytes_raw()).decode()


def sign_bytes(key, data):
    """A signature as base64url without padding."""
    return urlsafe_b64encode(key.sign(data)).rstrip(b"=").decode()


def add_proof(credential, key, verification_method):
    """The credential with a Data Integrity proof."""
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": verification_method,
        "proofPurpose": "assertionMethod",
        "@context": credential["@context"],
    }
    signed = sha256(rfc8785.dumps(options)).digest() + sha256(rfc8785.dumps(credential)).digest()
    value = "z" + base58.b58encode(key.sign(signed)).decode()
    return {**credential, "proof": [{**options, "proofValue": value}]}


def issue(key, origin, token, request):
    """Reserve, sign, have it recorded: the registry's answer."""
    reserved = call(f"{origin}/api/v1/certificates/reservations", token, request)
    signed = add_proof(reserved["credential"], key, reserved["verification_method"])
    also = {name: sign_bytes(key, decode(data)) for name, data in reserved["sign"].items()}
    body = {"credential": rfc8785.dumps(signed).decode(), "signatures": also}
    return call(f"{origin}/api/v1/certificates", token, body)


def call(url, token, body):
    """What the API answers to a POST."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - the address is the caller's
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.load(answer)


def decode(text):
    """Bytes from base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


if __name__ == "__main__":
    command, path, *rest = sys.argv[1:]
    if command == "new-key":
        print(new_key(path))
    elif command == "prove":
        print(sign_bytes(read_key(path), sys.stdin.buffer.read().rstrip(b"\n")))
    else:
        answer = issue(read_key(path), rest[0], os.environ["TOKEN"], json.load(sys.stdin))
        print(json.dumps({"number": answer["number"], "verify": answer["links"]["verify"]}))
