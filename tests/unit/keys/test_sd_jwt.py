import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.jws import decode_base64url, encode_base64url, read_jwk, sign_compact, write_header
from keys.pair import Algorithm, PrivateKey
from keys.sd_jwt import (
    MAX_DISCLOSURES,
    MAX_NESTING,
    Disclosure,
    bind,
    read,
    select,
    verify,
    verify_binding,
)
from keys.sd_jwt_issuing import hide, issue, issue_many, prepare_many

RFC = json.loads((Path(__file__).parents[2] / "vectors/keys/sd-jwt-rfc9901.json").read_text("utf-8"))
ISSUER = read_jwk(RFC["issuer_jwk"])
DISCLOSURES = {one["claim"]: one["text"] for one in RFC["disclosures"]}
KEY = PrivateKey.generate(Algorithm.ED25519)
HOLDER = PrivateKey.generate(Algorithm.P256)
HEADER = write_header(KEY.public, typ="dc+sd-jwt", kid="did:web:x#y")
CLAIMS = {"level": "3", "holder_name": "欧阳试验", "number": "S000033000002263000010"}
OPEN = {"iss": "did:web:x", "cnf": {"jwk": HOLDER.public.jwk()}}


def made(hideable=CLAIMS, digests=16):
    hidden = [hide(*claim) for claim in hideable.items()]
    return issue(OPEN, hidden, key=KEY, header=HEADER, digests=digests)


def shown(text):
    return verify(read(text), KEY.public, typ="dc+sd-jwt")


def signed(payload, *disclosures):
    """An SD-JWT put together by hand, signed well."""
    token = sign_compact(json.dumps(payload).encode(), key=KEY, header=HEADER)
    return "~".join([token, *disclosures, ""])


def written(*parts):
    return encode_base64url(json.dumps(parts).encode())


def digest(text):
    return Disclosure(text, None, None).digest


def refusal(act, *given, **more):
    with pytest.raises(Refused) as caught:
        act(*given, **more)
    return caught.value.code


class TestRfc9901:
    def test_digests(self):
        for one in RFC["disclosures"]:
            assert Disclosure(one["text"], None, None).digest == one["digest"]

    def test_issuance(self):
        text = "~".join([RFC["token"], *DISCLOSURES.values(), ""])
        found = verify(read(text), ISSUER, typ=RFC["typ"])
        assert (found.claims, found.hidden) == (RFC["all"], 0)

    def test_presentation_with_key_binding(self):
        chosen = [DISCLOSURES[name] for name in RFC["presented"]]
        parsed = read("~".join([RFC["token"], *chosen, RFC["binding"]]))
        found = verify(parsed, ISSUER, typ=RFC["typ"])
        bound = []
        verify_binding(parsed, found.claims, bound.append)
        assert found.claims == RFC["processed"]
        assert found.hidden == 6
        assert {name: bound[0][name] for name in ("aud", "nonce", "iat")} == {
            "aud": RFC["audience"],
            "nonce": RFC["nonce"],
            "iat": RFC["iat"],
        }

    def test_key_binding_of_another_presentation(self):
        parsed = read("~".join([RFC["token"], DISCLOSURES["email"], RFC["binding"]]))
        claims = verify(parsed, ISSUER, typ=RFC["typ"]).claims
        assert refusal(verify_binding, parsed, claims, lambda _: None) == "sd_jwt.binding"


class TestIssue:
    def test_everything_is_shown_to_who_has_everything(self):
        found = shown(made())
        assert found.claims == OPEN | CLAIMS
        assert (found.disclosed, found.hidden) == (set(CLAIMS), 16 - len(CLAIMS))

    def test_a_presentation_shows_what_was_chosen_and_holds_nothing_else(self):
        text = select(read(made()), {"level"})
        assert shown(text).claims == OPEN | {"level": "3"}
        payload = decode_base64url(text.split(".")[1]).decode()
        for hidden in ("欧阳", "S0000", "holder_name", "number"):
            assert hidden not in payload

    def test_the_number_of_digests_tells_nothing(self):
        few, many = made({"level": "3"}), made(CLAIMS | {"job": "电工"})
        counts = [
            len(json.loads(decode_base64url(one.split("~")[0].split(".")[1]))["_sd"]) for one in (few, many)
        ]
        assert counts == [16, 16]

    def test_salts_are_never_the_same(self):
        first, second = made(), made()
        assert {one.digest for one in read(first).disclosures}.isdisjoint(
            one.digest for one in read(second).disclosures
        )

    def test_of_many_each_shows_its_own(self):
        wanted = [{"level": "3"}, CLAIMS | {"job": "电工"}, {}, CLAIMS, {f"n{n}": n for n in range(20)}]
        tokens = [
            (OPEN | {"jti": n}, [hide(*claim) for claim in one.items()]) for n, one in enumerate(wanted)
        ]
        made_ = issue_many(prepare_many(tokens, digests=16), key=KEY, header=HEADER)
        found = [shown(text.decode()) for text in made_]
        assert [one.claims for one in found] == [OPEN | {"jti": n} | one for n, one in enumerate(wanted)]
        assert [one.hidden + len(one.disclosed) for one in found] == [16, 16, 16, 16, 20]
        salts = [
            json.loads(decode_base64url(one))[0] for text in made_ for one in text.decode().split("~")[1:-1]
        ]
        assert len(set(salts)) == len(salts) == sum(map(len, wanted))

    @pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg", "iss"])
    def test_a_reserved_name_is_refused(self, name):
        assert refusal(made, {name: 1}) == "sd_jwt.name"


class TestBinding:
    def test_the_holder_proves_the_key(self):
        text = bind(select(read(made()), {"level"}), key=HOLDER, audience="a", nonce="n", at=5)
        parsed, seen = read(text), []
        verify_binding(parsed, shown(text).claims, seen.append)
        assert (seen[0]["aud"], seen[0]["nonce"], seen[0]["iat"]) == ("a", "n", 5)

    def test_another_key_is_refused(self):
        thief = PrivateKey.generate(Algorithm.P256)
        text = bind(made(), key=thief, audience="a", nonce="n", at=5)
        assert refusal(verify_binding, read(text), shown(text).claims, lambda _: None) == "jws.signature"

    def test_without_a_token_it_is_not_bound(self):
        assert refusal(verify_binding, read(made()), OPEN, lambda _: None) == "sd_jwt.not_bound"
        text = bind(made(), key=HOLDER, audience="a", nonce="n", at=5)
        assert refusal(verify_binding, read(text), {}, lambda _: None) == "sd_jwt.not_bound"

    def test_a_disclosure_taken_away_breaks_it(self):
        text = bind(made(), key=HOLDER, audience="a", nonce="n", at=5)
        parts = text.split("~")
        fewer = "~".join([parts[0], *parts[2:]])
        assert refusal(verify_binding, read(fewer), shown(fewer).claims, lambda _: None) == "sd_jwt.binding"

    @pytest.mark.parametrize(
        "change", [{"aud": 1}, {"nonce": None}, {"iat": "5"}, {"iat": True}, {"sd_hash": "x"}]
    )
    def test_a_strange_binding_is_refused(self, change):
        presented = made()
        claims = {"iat": 5, "aud": "a", "nonce": "n", "sd_hash": digest(presented)} | change
        header = write_header(HOLDER.public, typ="kb+jwt")
        text = presented + sign_compact(json.dumps(claims).encode(), key=HOLDER, header=header)
        assert refusal(verify_binding, read(text), OPEN, lambda _: None) == "sd_jwt.binding"


class TestProcessing:
    """RFC 9901 section 7.1, each refusal."""

    def test_a_disclosure_that_nothing_stands_for(self):
        assert refusal(shown, signed({"_sd": []}, written("s", "a", 1))) == "sd_jwt.unreferenced"

    def test_a_digest_twice(self):
        one = written("s", "a", 1)
        assert refusal(shown, signed({"_sd": [digest(one)] * 2}, one)) == "sd_jwt.duplicate"
        nested = {"_sd": [digest(one)], "b": {"_sd": [digest(one)]}}
        assert refusal(shown, signed(nested, one)) == "sd_jwt.duplicate"

    def test_a_disclosure_twice(self):
        one = written("s", "a", 1)
        assert refusal(read, signed({"_sd": [digest(one)]}, one, one)) == "sd_jwt.duplicate"

    @pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg", "iss"])
    def test_a_reserved_or_taken_name(self, name):
        one = written("s", name, 1)
        assert refusal(shown, signed({"iss": "x", "_sd": [digest(one)]}, one)) == "sd_jwt.name"

    def test_an_element_where_a_member_stands_and_the_other_way(self):
        element, member = written("s", 1), written("s", "a", 1)
        assert refusal(shown, signed({"_sd": [digest(element)]}, element)) == "sd_jwt.malformed"
        assert refusal(shown, signed({"l": [{"...": digest(member)}]}, member)) == "sd_jwt.malformed"

    @pytest.mark.parametrize(
        "payload",
        [{"_sd": "x"}, {"_sd": [1]}, {"...": "x"}, {"l": [{"...": 1}]}, {"l": [{"...": "x", "a": 1}]}],
    )
    def test_digests_of_another_shape(self, payload):
        assert refusal(shown, signed(payload)) == "sd_jwt.malformed"

    def test_another_hash(self):
        assert refusal(shown, signed({"_sd_alg": "md5"})) == "sd_jwt.hash"

    def test_disclosures_inside_disclosures(self):
        inner = written("s", "inner", 1)
        outer = written("s", "outer", {"_sd": [digest(inner)]})
        assert shown(signed({"_sd": [digest(outer)]}, outer, inner)).claims == {"outer": {"inner": 1}}
        assert refusal(shown, signed({"_sd": [digest(outer)]}, inner)) == "sd_jwt.unreferenced"

    def test_a_deep_chain(self):
        text, chain = written("s", "x", 1), []
        for _ in range(MAX_NESTING + 1):
            chain.append(text)
            text = written("s", "x", {"_sd": [digest(text)]})
        assert refusal(shown, signed({"_sd": [digest(text)]}, text, *chain)) == "sd_jwt.too_deep"

    def test_too_many(self):
        many = [written("s", str(n), n) for n in range(MAX_DISCLOSURES + 1)]
        assert refusal(read, signed({"_sd": list(map(digest, many))}, *many)) == "sd_jwt.too_many"

    @pytest.mark.parametrize(
        "text",
        ["", "~", "a~b", RFC["token"], RFC["token"] + "~é~", RFC["token"] + "~~~"]
        + [
            RFC["token"] + f"~{written(*parts)}~"
            for parts in [(), ("s",), (1, 2), ("s", 1, 2), ("s", "a", 1, 2)]
        ],
    )
    def test_another_form(self, text):
        assert refusal(read, text).split(".")[0] in {"sd_jwt", "jws", "json"}

    def test_another_type(self):
        assert refusal(verify, read(made()), KEY.public, typ="vc+jwt") == "jws.type"

    def test_another_key(self):
        assert refusal(
            verify, read(made()), PrivateKey.generate(Algorithm.ED25519).public, typ="dc+sd-jwt"
        ) == ("jws.signature")


TEXT = made()
PARTS = TEXT.split("~")
OTHER = made({"level": "1", "holder_name": "李他人", "number": "N"}).split("~")


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), TEXT),
    lambda inner: st.lists(inner, max_size=3),
)


@given(TEXT.filter(lambda name: name not in {"_sd", "_sd_alg", "...", *OPEN}), VALUE)
def test_a_disclosure_is_the_array_of_salt_name_and_value(name, value):
    text = made({name: value, "other" + name: 1}, digests=0)
    for disclosure, claim in zip(text.split("~")[1:3], ((name, value), ("other" + name, 1)), strict=True):
        assert "=" not in disclosure
        salt, *rest = json.loads(decode_base64url(disclosure))
        assert (len(salt), rest) == (22, [*claim])
    assert shown(text).claims[name] == value


@given(st.integers(1, len(CLAIMS)), st.integers(0, 10_000), st.integers(1, 127))
def test_a_changed_disclosure_fails(which, place, step):
    one = PARTS[which]
    place %= len(one)
    changed = one[:place] + chr((ord(one[place]) + step) % 128) + one[place + 1 :]
    text = "~".join([*PARTS[:which], changed, *PARTS[which + 1 :]])
    with pytest.raises(Refused):
        shown(text)


@given(st.integers(1, len(CLAIMS)), st.integers(1, len(CLAIMS)))
def test_a_disclosure_of_another_certificate_fails(which, other):
    swapped = "~".join([*PARTS[:which], OTHER[other], *PARTS[which + 1 :]])
    assert refusal(shown, swapped) == "sd_jwt.unreferenced"
    added = "~".join([*PARTS[:-1], OTHER[other], ""])
    assert refusal(shown, added) == "sd_jwt.unreferenced"


@given(st.text(max_size=8), st.one_of(st.none(), st.integers(-5, 5), st.text(max_size=8)))
def test_an_added_disclosure_fails(name, value):
    added = "~".join([*PARTS[:-1], written("s", name, value), ""])
    assert refusal(shown, added) == "sd_jwt.unreferenced"


@given(st.permutations(PARTS[1:-1]), st.integers(0, len(CLAIMS)))
def test_any_choice_in_any_order_is_the_same_presentation(order, kept):
    found = shown("~".join([PARTS[0], *order[:kept], ""]))
    assert found.hidden == 16 - kept
    assert all(found.claims[name] == CLAIMS[name] for name in found.disclosed)
    assert len(found.disclosed) == kept


@given(st.text())
def test_anything_is_answered(text):
    with pytest.raises(Refused):
        shown(text)
