import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.jws import (
    MAX_CHARACTERS,
    check_type,
    decode_base64url,
    encode_base64url,
    read_compact,
    read_jwk,
    sign_compact,
    verify_compact,
    write_header,
)
from keys.pair import Algorithm, PrivateKey

KEYS = {algorithm: PrivateKey.generate(algorithm) for algorithm in Algorithm}


def token(algorithm=Algorithm.ED25519, payload=b"{}", **header):
    key = KEYS[algorithm]
    return sign_compact(payload, key=key, header=write_header(key.public, **header))


def with_header(text, **members):
    header = json.loads(decode_base64url(text.split(".")[0])) | members
    return ".".join([encode_base64url(json.dumps(header).encode()), *text.split(".")[1:]])


def refusal(act, *given):
    with pytest.raises(Refused) as caught:
        act(*given)
    return caught.value.code


@pytest.mark.parametrize("algorithm", Algorithm)
def test_what_was_signed_is_read_and_verified(algorithm):
    read = read_compact(token(algorithm, b'{"a":1}', typ="x", kid="k"))
    assert verify_compact(read, KEYS[algorithm].public) == b'{"a":1}'
    assert (read.header["typ"], read.header["kid"]) == ("x", "k")


def test_rfc_8037_appendix_a4():
    # the key, the payload and the token of the RFC: Ed25519 has one signature a message
    seed = decode_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
    key = PrivateKey.from_bytes(Algorithm.ED25519, seed)
    made = sign_compact(b"Example of Ed25519 signing", key=key, header=b"eyJhbGciOiJFZERTQSJ9")
    assert made.endswith(
        ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )
    assert key.public.jwk()["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


def test_the_new_name_of_the_algorithm_is_read_too():
    key = KEYS[Algorithm.ED25519]
    header = encode_base64url(b'{"alg":"Ed25519"}').encode()
    read = read_compact(sign_compact(b"{}", key=key, header=header))
    assert verify_compact(read, key.public) == b"{}"


@pytest.mark.parametrize("alg", ["none", "HS256", "RS256", "ES384", "eddsa", None, 1, ["EdDSA"]])
def test_an_algorithm_off_the_list_is_refused(alg):
    assert refusal(read_compact, with_header(token(), alg=alg)) == "jws.algorithm"


@pytest.mark.parametrize("member", [{"crit": ["exp"]}, {"b64": False}, {"zip": "DEF"}, {"enc": "A128GCM"}])
def test_a_header_that_changes_the_reading_is_refused(member):
    assert refusal(read_compact, with_header(token(), **member)) == "jws.malformed"


def test_the_key_decides_the_algorithm():
    read = read_compact(with_header(token(), alg="ES256"))
    assert refusal(verify_compact, read, KEYS[Algorithm.ED25519].public) == "jws.algorithm"
    assert refusal(verify_compact, read, KEYS[Algorithm.P256].public) == "jws.signature"


@pytest.mark.parametrize("typ", [None, "JWT", "dc+sd-jwt2", 1])
def test_another_type_is_refused(typ):
    assert refusal(check_type, read_compact(token(typ=typ)), "dc+sd-jwt") == "jws.type"


def test_the_long_form_of_a_type_is_the_same():
    check_type(read_compact(token(typ="application/VC+JWT")), "vc+jwt")


@pytest.mark.parametrize(
    "text",
    ["", ".", "a.b", "a.b.c.d", "=.e30.AA", "e30=.e30.AA", "e31.e30.AA", token() + ".", token() + " "],
)
def test_another_form_is_refused(text):
    assert refusal(read_compact, text).split(".")[0] in {"jws", "json"}


def test_a_long_token_is_refused():
    assert refusal(read_compact, "a" * (MAX_CHARACTERS + 1)) == "jws.too_large"


@given(st.binary(max_size=80))
def test_base64url_has_one_reading(data):
    text = encode_base64url(data)
    assert decode_base64url(text) == data
    for changed in (text + "=", text + "A" * (4 - len(text) % 4 or 4) + "=", text + "\n", "+" + text):
        with pytest.raises(Refused):
            decode_base64url(changed)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_character_is_refused(place, step):
    text = token(payload=b'{"level":"3"}', typ="t")
    place %= len(text)
    changed = text[:place] + chr((ord(text[place]) + step) % 128) + text[place + 1 :]
    if changed == text:
        return
    with pytest.raises(Refused):
        verify_compact(read_compact(changed), KEYS[Algorithm.ED25519].public)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_jwk_is_read(algorithm):
    public = KEYS[algorithm].public
    assert read_jwk(public.jwk() | {"kid": "x", "use": "sig"}) == public


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"x": 1},
        {"x": ""},
        {"x": "AA"},
        {"y": "AA"},
        {"d": "AA"},
        {"y": None},
    ],
)
def test_a_strange_jwk_is_refused(change):
    assert refusal(read_jwk, KEYS[Algorithm.P256].public.jwk() | change) == "jwk.malformed"


@pytest.mark.parametrize("jwk", [None, "x", [], {}, {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}])
def test_what_is_no_key_is_refused(jwk):
    assert refusal(read_jwk, jwk) == "jwk.malformed"


def test_a_point_off_the_curve_is_refused():
    jwk = KEYS[Algorithm.P256].public.jwk()
    other = PrivateKey.generate(Algorithm.P256).public.jwk()
    assert refusal(read_jwk, jwk | {"y": other["y"]}) == "jwk.malformed"
