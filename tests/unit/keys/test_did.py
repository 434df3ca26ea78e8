from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.did import did_document, did_to_url, did_web
from keys.errors import Refused
from keys.pair import Algorithm, PrivateKey
from keys.ring import KeyRing


@pytest.mark.parametrize(
    ("base_url", "path", "did", "url"),
    [
        (
            "https://w3c-ccg.github.io",
            (),
            "did:web:w3c-ccg.github.io",
            "https://w3c-ccg.github.io/.well-known/did.json",
        ),
        (
            "https://w3c-ccg.github.io",
            ("user", "alice"),
            "did:web:w3c-ccg.github.io:user:alice",
            "https://w3c-ccg.github.io/user/alice/did.json",
        ),
        (
            "https://example.com:3000/",
            ("user", "alice"),
            "did:web:example.com%3A3000:user:alice",
            "https://example.com:3000/user/alice/did.json",
        ),
        (
            "https://EXAMPLE.com/certs/",
            ("a",),
            "did:web:example.com:certs:a",
            "https://example.com/certs/a/did.json",
        ),
        (
            "http://localhost:8000",
            (),
            "did:web:localhost%3A8000",
            "https://localhost:8000/.well-known/did.json",
        ),
        ("http://127.0.0.1:8000", ("a",), "did:web:127.0.0.1%3A8000:a", "https://127.0.0.1:8000/a/did.json"),
        ("https://例子.cn", (), "did:web:xn--fsqu00a.cn", "https://xn--fsqu00a.cn/.well-known/did.json"),
        (
            "https://a.cn",
            ("技能~1",),
            "did:web:a.cn:%E6%8A%80%E8%83%BD%7E1",
            "https://a.cn/%E6%8A%80%E8%83%BD%7E1/did.json",
        ),
    ],
)
def test_names_and_places(base_url, path, did, url):
    assert did_web(base_url, *path) == did
    assert did_to_url(did) == url


@pytest.mark.parametrize(
    ("base_url", "path", "code"),
    [
        ("", (), "did.malformed"),
        ("example.com", (), "did.malformed"),
        ("ftp://example.com", (), "did.malformed"),
        ("https://", (), "did.malformed"),
        ("https://user@example.com", (), "did.malformed"),
        ("https://example.com?x=1", (), "did.malformed"),
        ("https://example.com#x", (), "did.malformed"),
        ("https://example.com:99999", (), "did.malformed"),
        ("https://[bad", (), "did.malformed"),
        ("http://[::1]:8000", (), "did.malformed"),
        ("https://example.com", ("",), "did.malformed"),
        ("https://example.com", ("..",), "did.malformed"),
        ("https://example.com", ("a/b",), "did.malformed"),
        ("https://example.com", ("a" * 600,), "did.malformed"),
        ("https://203.0.113.5", (), "did.ip_address"),
        ("https://[2001:db8::1]", (), "did.ip_address"),
    ],
)
def test_refused_bases(base_url, path, code):
    with pytest.raises(Refused) as caught:
        did_web(base_url, *path)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "did",
    [
        "",
        "did:key:z6Mk",
        "did:web:",
        "did:web:a.cn:",
        "did:web:a.cn::b",
        "did:web:a.cn:..:b",
        "did:web:a.cn:%2e%2E",
        "did:web:a.cn:b%2Fc",
        "did:web:a.cn/b",
        "did:web:a.cn#key",
        "did:web:a.cn?x",
        "did:web:a.cn%40evil.example",
        "did:web:a.cn:b\n",
        "did:web:-a.cn",
        "did:web:a.cn:b%",
    ],
)
def test_refused_dids(did):
    with pytest.raises(Refused, match=r"did\.malformed"):
        did_to_url(did)


@given(st.text())
def test_any_text_gives_a_url_or_a_refusal(text):
    with suppress(Refused):
        assert did_to_url("did:web:" + text).startswith("https://")


def test_document():
    did = "did:web:registry.example"
    pairs = [PrivateKey.generate(algorithm) for algorithm in (*Algorithm, *Algorithm)]
    retired, lost, active, pending = (f"{did}#{pair.public.multikey}" for pair in pairs)
    moments = [datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 9)]
    ring = KeyRing(did, ())
    for pair, moment in zip(pairs, moments, strict=False):
        ring = ring.add(pair.public, moment)
    for id_, moment in zip((retired, lost, active), moments[4:], strict=False):
        ring = ring.activate(id_, moment)
    document = did_document(ring.compromise(lost, since=moments[6]))

    assert document["@context"] == ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
    assert document["id"] == did
    assert document["assertionMethod"] == document["authentication"] == [retired, active]
    methods = {method["id"]: method for method in document["verificationMethod"]}
    assert list(methods) == [retired, lost, active, pending]
    for pair, id_ in zip(pairs, methods, strict=True):
        assert methods[id_]["type"] == "Multikey"
        assert methods[id_]["controller"] == did
        assert methods[id_]["publicKeyMultibase"] == pair.public.multikey
        assert "expires" not in methods[id_]
    assert {id_ for id_ in methods if "revoked" in methods[id_]} == {lost}
    assert methods[lost]["revoked"] == "2026-07-01T00:00:00Z"
