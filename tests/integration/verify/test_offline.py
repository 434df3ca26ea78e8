"""``skills-registry verify FILE`` on files saved from the service: no network, no database, an exit code an outcome."""

import json
from codecs import BOM_UTF8
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from keys import sd_jwt
from keys.errors import Refused
from keys.jws import write_header
from keys.pair import Algorithm, PrivateKey
from keys.sd_jwt_issuing import hide, issue
from registry.credential import china_date, parse_credential
from registry.keyrings import REGISTRY
from registry.selective import TYPE
from registry.wallets.jwt_credential import sign_jwt_vc_json
from verify.commands import EXIT_CODES, verify_command
from verify.history import end_of_day
from verify.offline import read_status_lists, verify_offline
from verify.trust_list import read_trust_list
from verify.wallet.desk import open_wallet_desk

CODES = {"valid": 0, "revoked": 10, "suspended": 11, "expired": 12, "not_yet_valid": 13, "superseded": 14}
CODES |= {"untrusted": 15, "broken": 16, "unknown": 17}


@pytest.fixture
def clock(clock):
    clock.now = datetime.now(UTC).replace(microsecond=0) - timedelta(
        days=10
    )  # the keys are older than what they sign
    return clock


@pytest.fixture
def issued(house, make_body):
    house.clock.now = datetime.now(UTC).replace(
        microsecond=0
    )  # the command asks the wall, so the service does too
    today = (house.clock.now + timedelta(hours=8)).date()
    house.database["assessors"].update_many(
        {}, {"$set": {"accreditations.0.valid_from": "2020-01-01", "accreditations.0.valid_until": None}}
    )
    house.forget()
    return house.issued(make_body(issued_on=today.isoformat()))


@pytest.fixture
def root(house):
    return house.registry.keyrings.ring(REGISTRY).active.public.multikey


@pytest.fixture
def save(house, issued, tmp_path):
    """Save everything anew, as somebody with a browser would; gives the paths by name."""

    def fetch(path):
        response = house.client().get(path)
        assert response.status_code == 200
        return response.data

    def save_all():
        house.forget()
        saved = {
            "certificate": issued["credential"].encode(),
            "trust": fetch("/trust-list"),
            "revocation": fetch("/status-lists/revocation-1"),
            "suspension": fetch("/status-lists/suspension-1"),
        }
        for name, data in saved.items():
            (tmp_path / name).write_bytes(data)
        return tmp_path

    return save_all


def run(folder, root, *, lists=("revocation", "suspension"), more=()):
    arguments = [str(folder / "certificate"), "--trust", str(folder / "trust"), *more]
    for name in lists:
        arguments += ["--status", str(folder / name)]
    return CliRunner().invoke(verify_command, [*arguments, *(["--root", root] if root else [])])


def test_every_outcome_has_an_exit_code():
    assert {outcome.value: code for outcome, code in EXIT_CODES.items()} == CODES


def test_valid_without_network_and_database(save, root):
    for key in (root, None):
        result = run(save(), key)
        assert (result.exit_code, result.output.splitlines()[0]) == (0, "valid")


def test_as_json(save, root):
    result = run(save(), root, more=["--json"])
    answer = json.loads(result.output)
    assert answer["outcome"] == "valid"
    assert {"name": "record", "result": "unknown", "code": "record.not_asked", "number": "V604"} in answer[
        "checks"
    ]


@pytest.mark.parametrize("lists", [(), ("revocation",), ("suspension",)])
def test_without_its_status_lists_it_is_unknown(save, root, lists):
    result = run(save(), root, lists=lists)
    assert (result.exit_code, result.output.splitlines()[0]) == (17, "unknown")


@pytest.mark.parametrize(("act", "code"), [("revocation", 10), ("suspension", 11)])
def test_as_of_the_list(house, issued, save, root, act, code):
    folder = save()
    path = f"/api/v1/certificates/{issued['number']}/{act}"
    house.client().post(path, json={"reason": "under_investigation"}, headers=house.headers())
    assert run(folder, root).exit_code == 0  # the copy is of the time before
    result = run(save(), root)
    assert result.exit_code == code
    assert "欧阳试验" not in result.output


def test_a_revocation_shows_even_where_the_other_list_is_missing(house, issued, save, root):
    path = f"/api/v1/certificates/{issued['number']}/revocation"
    house.client().post(path, json={"reason": "issued_in_error"}, headers=house.headers())
    assert run(save(), root, lists=("revocation",)).exit_code == 10


def test_an_old_list_proves_a_revocation_but_not_that_there_is_none(house, issued, save, root):
    folder = save()
    trust = read_trust_list((folder / "trust").read_bytes(), root=None)
    lists = read_status_lists(
        [(folder / name).read_bytes() for name in ("revocation", "suspension")], root=None
    )
    document = (folder / "certificate").read_bytes()
    now = house.clock.now
    assert verify_offline(document, trust, lists, at=now + timedelta(hours=23)).outcome.value == "valid"
    assert verify_offline(document, trust, lists, at=now + timedelta(days=1)).outcome.value == "unknown"


def test_a_superseded_certificate_is_in_the_revocation_list(house, issued, save, root):
    house.database["certificates"].update_one({"_id": issued["code"]}, {"$set": {"state": "superseded"}})
    assert run(save(), root).exit_code == 10


def test_a_tampered_certificate_is_broken(save, root):
    folder = save()
    file = folder / "certificate"
    file.write_bytes(file.read_bytes().replace(b'"skillLevel":"3"', b'"skillLevel":"1"'))
    assert run(folder, root).exit_code == 16
    file.write_bytes(b"")
    assert run(folder, root).exit_code == 16


def refusal(result):
    assert isinstance(result.exception, Refused), result.output
    return result.exception.code


@pytest.mark.parametrize("name", ["trust", "revocation"])
def test_a_tampered_list_is_refused(save, root, name):
    folder = save()
    file = folder / name
    file.write_bytes(file.read_bytes().replace(b'"revocation"', b'"suspension"').replace(b'"3"', b'"5"'))
    assert refusal(run(folder, root)) == "proof.signature"


def test_lists_signed_by_another_are_refused(save):
    other = PrivateKey.generate(Algorithm.ED25519).public.multikey
    assert refusal(run(save(), other)) == "proof.signature"


def test_an_older_trust_list_is_refused(house, save, root):
    old = (save() / "trust").read_bytes()
    house.clock.advance(seconds=5)
    house.registry.keyrings.rotate(house.association, at=house.clock())
    new = (save() / "trust").read_bytes()
    known = read_trust_list(new, root=None).version
    assert read_trust_list(new, root=None, not_before=known).version == known
    with pytest.raises(Refused, match=r"trust_list\.rollback"):
        read_trust_list(old, root=None, not_before=known)
    folder = save()
    (folder / "trust").write_bytes(old)
    assert refusal(run(folder, root, more=["--trust-version", str(known)])) == "trust_list.rollback"


def test_an_assessor_missing_from_the_trust_list_is_untrusted(house, save, root):
    house.database["assessors"].delete_one({"_id": house.association})
    assert run(save(), root).exit_code == 15


def test_a_rotated_and_a_compromised_key(house, save, root):
    house.clock.advance(hours=1)
    ring = house.registry.keyrings.rotate(house.association, at=house.clock())
    assert run(save(), root).exit_code == 0
    house.registry.keyrings.compromise(house.association, ring.keys[0].id, since=house.clock())
    assert run(save(), root).exit_code == 17  # offline nothing proves when it was signed


def vc_jwt(house, record):
    return open_wallet_desk(house.registry).vc_jwt(record).encode()


def jwt_vc_json(house, record):
    key_id, key = house.registry.signing_key(record.assessor)
    wallet = PrivateKey.generate(Algorithm.P256).public
    credential = parse_credential(record.credential)
    return sign_jwt_vc_json(credential, key, key_id=key_id, at=house.clock(), wallet=wallet).encode()


def selective(house, record):
    return record.sd_jwt


TOKENS = pytest.mark.parametrize("write", [vc_jwt, jwt_vc_json, selective])


@pytest.fixture
def save_as(house, issued, save):
    """Save everything, with the certificate in another form."""

    def call(write, saved=b"%s\n"):
        record = house.registry.record.find(issued["code"])
        folder, data = save(), write(house, record)
        (folder / "certificate").write_bytes(saved % data)
        return folder

    return call


@TOKENS
@pytest.mark.parametrize("saved", [b"%s", b"%s\r\n", BOM_UTF8 + b"%s\n"])
def test_whatever_form_the_service_gives_is_verified(save_as, root, write, saved):
    result = run(save_as(write, saved), root)
    assert (result.exit_code, result.output.splitlines()[0]) == (0, "valid"), result.output


@TOKENS
def test_revoked_altered_or_without_lists_it_is_not_valid(house, issued, save_as, root, write):
    folder = save_as(write)
    assert run(folder, root, lists=()).exit_code == 17
    token = (folder / "certificate").read_bytes()
    head, dot, rest = token.partition(b".")
    at = len(rest) // 4
    changed = rest[:at] + (b"A" if rest[at : at + 1] != b"A" else b"B") + rest[at + 1 :]
    (folder / "certificate").write_bytes(head + dot + changed)
    assert run(folder, root).exit_code == 16
    path = f"/api/v1/certificates/{issued['number']}/revocation"
    house.client().post(path, json={"reason": "false_results"}, headers=house.headers())
    assert run(save_as(write), root).exit_code == 10


@TOKENS
def test_what_a_stolen_key_may_have_signed_is_never_valid_without_the_record(
    house, save, save_as, root, write
):
    token = (save_as(write) / "certificate").read_bytes()
    key = house.registry.keyrings.ring(house.association).active.id
    house.clock.advance(hours=1)
    house.registry.keyrings.compromise(house.association, key, since=house.clock())
    folder = save()
    (folder / "certificate").write_bytes(token)
    result = run(folder, root, more=["--json"])
    codes = {one["code"] for one in json.loads(result.output)["checks"]}
    assert (result.exit_code, "key.time_unproved" in codes) == (17, True)


def test_what_hides_its_scope_cannot_be_held_against_the_accreditation(save_as, root):
    def reduced(house, record):
        token, *disclosures, _ = record.sd_jwt.split(b"~")
        return b"~".join([token, *disclosures[:1], b""])

    result = run(save_as(reduced), root, more=["--json"])
    codes = {one["code"] for one in json.loads(result.output)["checks"]}
    assert (result.exit_code, "accreditation.hidden" in codes) == (17, True)


def test_a_scope_of_another_form_is_an_answer_too(save_as, root):
    def written_otherwise(house, record):
        token = sd_jwt.read(record.sd_jwt.decode())
        claims = json.loads(token.token.payload)
        open_claims = {name: value for name, value in claims.items() if not name.startswith("_")}
        shown = {one.name: one.value for one in token.disclosures} | {"kind": "skill_level"}
        key_id, key = house.services.issuers.desk.signing_key(record.assessor)
        header = write_header(key.public, typ=TYPE, kid=key_id)
        hidden = [hide(name, value) for name, value in shown.items()]
        return issue(open_claims, hidden, key=key, header=header).encode()

    result = run(save_as(written_otherwise), root, more=["--json"])
    codes = {one["code"] for one in json.loads(result.output)["checks"]}
    assert (result.exit_code, "selective.shape" in codes) == (15, True)


def test_an_accreditation_that_does_not_cover_it(house, save_as, root):
    house.database["assessors"].update_many({}, {"$set": {"accreditations.0.levels": ["5"]}})
    for write in (vc_jwt, selective):
        assert run(save_as(write), root).exit_code == 15


@pytest.fixture
def gone(house, clock, save, make_body, tmp_path):
    """A certificate of five days ago, revoked today, with the lists of now and of three days ago; and that day."""
    now = clock.now
    clock.now = now - timedelta(days=5)
    issued = house.issued(make_body(person=1, issued_on=china_date(clock.now).isoformat()))
    day = china_date(now) - timedelta(days=3)
    clock.now = end_of_day(day, now=now) - timedelta(hours=3)
    for name in ("revocation", "suspension"):
        (save() / name).rename(tmp_path / f"{name}-then")
    clock.now = now
    path = f"/api/v1/certificates/{issued['number']}/revocation"
    answer = house.client().post(path, json={"reason": "false_results"}, headers=house.headers())
    assert answer.status_code == 200
    save()
    return house.registry.record.find(issued["code"]), day


LISTS = ("revocation", "suspension")
LISTS_THEN = ("revocation-then", "suspension-then")


def credential(house, record):
    return record.credential


def qr(house, record):
    return house.verifier.qr_text(record.code).encode()


@pytest.mark.parametrize("write", [credential, qr, vc_jwt, selective])
def test_as_of_a_day_gone_by(house, gone, tmp_path, root, write):
    record, day = gone
    (tmp_path / "certificate").write_bytes(write(house, record))

    def ask(asked, *, lists):
        result = run(tmp_path, root, lists=lists, more=["--json", "--at", asked.isoformat()])
        answer = json.loads(result.output)
        assert (answer["at"]["day"], EXIT_CODES[answer["at"]["outcome"]]) == (
            asked.isoformat(),
            result.exit_code,
        )
        return answer["outcome"], answer["at"]["outcome"]

    assert ask(day, lists=LISTS + LISTS_THEN) == ("revoked", "valid")
    assert ask(day, lists=LISTS) == ("revoked", "unknown")  # a list of today says nothing of that day
    assert ask(day + timedelta(days=1), lists=LISTS + LISTS_THEN) == (
        "revoked",
        "unknown",
    )  # nor one of before
    assert ask(day - timedelta(days=9), lists=LISTS + LISTS_THEN)[1] == "not_yet_valid"
    text = run(tmp_path, root, lists=LISTS + LISTS_THEN, more=["--at", day.isoformat()]).output.splitlines()
    assert text[0] == "revoked"
    assert f"{day}: valid" in text


def test_a_day_that_cannot_be_asked_about(clock, save, root):
    tomorrow = (china_date(clock.now) + timedelta(days=1)).isoformat()
    for day in (tomorrow, "1999-12-31", "x"):
        result = run(save(), root, more=["--at", day])
        assert result.exit_code == 2, day
        assert "--at" in result.output
