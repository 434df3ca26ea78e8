"""The trust list: read back as it was built, refused for any other shape, never going back in time."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.jcs import canonicalize
from keys.pair import Algorithm, PrivateKey
from keys.proof import sign
from verify.checks import Trust
from verify.trust_list import build_trust_list, read_trust_list

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
ROOT = PrivateKey.generate(Algorithm.ED25519)
REGISTRY = "did:web:example.test"


def build(stage, *, at=AT):
    return build_trust_list(REGISTRY, [Trust(stage.assessor, stage.ring)], at=at)


def signed(document, key=ROOT):
    return canonicalize(
        sign(document, key=key, verification_method=f"{REGISTRY}#{key.public.multikey}", created=AT)
    )


def refusal(data, **given_):
    with pytest.raises(Refused) as caught:
        read_trust_list(data, **{"root": None} | given_)
    return caught.value.code


def test_what_was_built_is_read(stage):
    turned = stage.rotate(AT)
    turned = replace(
        turned, ring=turned.ring.compromise(turned.ring.keys[0].id, since=AT + timedelta(days=1))
    )
    found = read_trust_list(signed(build(turned)), root=ROOT.public)
    assert found.find(stage.assessor.did) == Trust(turned.assessor, turned.ring)
    assert found.find("did:web:nobody.test") is None
    assert (found.made_at, found.registry) == (AT, REGISTRY)


def test_it_holds_no_private_key(stage):
    text = json.dumps(build(stage))
    assert stage.keys[0].to_bytes().hex() not in text
    assert "sealed" not in text


def test_going_back_is_refused(stage):
    later = read_trust_list(canonicalize(build(stage, at=AT + timedelta(seconds=1))), root=None)
    older = canonicalize(build(stage))
    assert refusal(older, not_before=later.version) == "trust_list.rollback"
    assert read_trust_list(older, root=None, not_before=later.version - 1)


def test_another_signature_or_none_is_refused_where_the_root_is_known(stage):
    other = PrivateKey.generate(Algorithm.ED25519)
    assert refusal(signed(build(stage), other), root=ROOT.public) == "proof.signature"
    assert refusal(canonicalize(build(stage)), root=ROOT.public) == "proof.missing"
    altered = signed(build(stage)).replace(b'"330000"', b'"000000"')
    assert refusal(altered, root=ROOT.public) == "proof.signature"


def members(value, path=()):
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from members(inner, (*path, step))


def test_any_member_dropped_or_of_another_type_is_refused_or_harmless(stage):
    """Nothing but Refused, whatever stands there."""
    whole = build(stage)
    for path in members(whole):
        for value in (None, 7, "x", [], {}, [None], "2026-11-22T00:00:00"):
            changed = json.loads(json.dumps(whole))
            target = changed
            for step in path[:-1]:
                target = target[step]
            target[path[-1]] = value
            try:
                read_trust_list(canonicalize(changed), root=None)
            except Refused as refused:
                assert refused.code  # noqa: PT017 - it may also be read


def test_a_time_without_a_zone_is_refused(stage):
    """It could not be compared with the time of a proof."""
    for name in ("created", "activated"):
        changed = build(stage)
        changed["assessors"][0]["keys"][0][name] = "2026-01-05T00:00:00"
        assert refusal(canonicalize(changed)) == "trust_list.malformed"


@given(garbage=st.binary(max_size=100) | st.text(max_size=50).map(str.encode))
def test_garbage_is_refused(garbage):
    assert refusal(garbage)


@pytest.mark.parametrize("data", [b"null", b"[]", b"{}", b'{"version":1}', b'{"assessors":{}}'])
def test_another_shape_is_refused(data):
    assert refusal(data) == "trust_list.malformed"
