"""An employer is told of every change, once noticed, in a signed message, until its receiver takes it."""

import hashlib
import io
import json
import time
from base64 import b64decode, b64encode
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from cryptography.exceptions import InvalidSignature

from keys.errors import Refused
from registry.keyrings import REGISTRY
from registry.webhooks.pauses import MAX_TRIES, pause
from verify.watch.follower import PLACE, Follower, watching


@pytest.fixture
def issued(house):
    return house.issued()


@pytest.fixture
def desk(house):
    return house.services.watch


@pytest.fixture
def watched(call, issued, receiver):
    assert call("put", "/webhook", json={"url": receiver.url}).status_code == 200
    answer = call("post", "", json={"codes": [issued["code"], "nobody", issued["code"]]})
    assert answer.status_code == 201, answer.json
    assert [one["code"] for one in answer.json["watches"]] == [issued["code"]]
    assert answer.json["unknown"] == ["nobody"]
    return issued


def deliver(house, desk, *, tries=30):
    """Deliver until nothing is due, letting the pauses pass."""
    for _ in range(tries):
        while desk.deliver_once():
            pass
        house.clock.advance(hours=12)


def seen(call):
    return [(one["what"], one["delivery"]) for one in call("get", "/changes").json["changes"]]


def test_every_change_is_told_in_order(house, desk, watched, receiver, change, call):
    change(watched, "suspension")
    house.clock.advance(seconds=10)
    change(watched, "suspension", "delete")
    house.clock.advance(seconds=10)
    desk.notice([watched["code"]])
    house.clock.advance(seconds=10)
    change(watched, "revocation")
    desk.notice([watched["code"]])
    deliver(house, desk, tries=1)
    assert sorted(body["what"] for body in receiver.bodies) == ["lifted", "revoked", "suspended"]
    assert seen(call) == [("suspended", "delivered"), ("lifted", "delivered"), ("revoked", "delivered")]


def test_the_message_is_signed_and_holds_no_personal_datum(house, desk, watched, receiver, change, make_body):
    change(watched, "revocation")
    desk.notice([watched["code"]])
    deliver(house, desk, tries=1)
    [(headers, body)] = receiver.came
    assert json.loads(body) == {
        "id": f"{watched['code']}.0",
        "code": watched["code"],
        "number": watched["number"],
        "what": "revoked",
        "at": "2026-11-22T04:00:00Z",
        "page": f"http://127.0.0.1:8000/v/{watched['code']}",
    }
    assert make_body()["holder"]["name"] not in body.decode()
    assert headers["Content-Digest"] == f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"
    parameters = headers["Signature-Input"].removeprefix("registry=")
    base = (
        f'"@method": POST\n"@target-uri": {receiver.url}\n"content-type": application/json\n'
        f'"content-digest": {headers["Content-Digest"]}\n"@signature-params": {parameters}'
    )
    document = house.client().get("/.well-known/did.json").json
    key_id = parameters.partition('keyid="')[2].partition('"')[0]
    assert key_id in document["assertionMethod"]
    public = house.registry.keyrings.ring(REGISTRY).find(key_id).public
    signature = b64decode(headers["Signature"].removeprefix("registry=:").removesuffix(":"))
    assert public.verify(signature, base.encode())


def test_of_a_replaced_certificate_the_successor_is_named(house, desk, watched, receiver, call):
    path = f"/api/v1/certificates/{watched['number']}/reissue"
    new = house.client().post(path, json={"reason": "lost"}, headers=house.headers())
    assert new.status_code == 201, new.json
    desk.notice([watched["code"]])
    deliver(house, desk, tries=1)
    [body] = receiver.bodies
    assert (body["what"], body["code"], body["successor"]) == (
        "superseded",
        watched["code"],
        new.json["code"],
    )
    [shown] = call("get", "/changes").json["changes"]
    assert shown["successor"] == new.json["code"]
    house.make_account("buyer", "employer:acme", "employer")
    client = house.client()
    house.enter(client, "buyer")
    assert f"/v/{new.json['code']}" in client.get("/employer/watches").text


def test_a_receiver_that_fails_is_asked_again(house, desk, watched, receiver, change, call):
    receiver.answers = [500, 302, 204]
    receiver.headers = {"Location": receiver.url}
    change(watched, "revocation")
    desk.notice([watched["code"]])
    for expected in (1, 2, 3):
        assert desk.deliver_once()
        assert not desk.deliver_once()  # not before the pause is over
        assert len(receiver.came) == expected  # a redirect is not followed
        house.clock.advance(seconds=pause(expected).total_seconds())
    assert not desk.deliver_once()
    [found] = call("get", "/changes").json["changes"]
    assert (found["delivery"], found["tries"], found["answer"]) == ("delivered", 3, "204")
    assert len({body["id"] for body in receiver.bodies}) == 1


def test_given_up_and_sent_again_by_hand(house, desk, watched, receiver, change, call):
    receiver.answers = [503] * MAX_TRIES
    change(watched, "revocation")
    desk.notice([watched["code"]])
    deliver(house, desk)
    assert len(receiver.came) == MAX_TRIES
    [dead] = call("get", "/changes").json["changes"]
    assert (dead["delivery"], dead["answer"]) == ("dead", "503")
    house.issuers.assessors.set_account("acme", "employer:acme", house.password)
    house.app.config["WTF_CSRF_ENABLED"] = False
    client = house.client()
    client.post("/console/sign-in", data={"account": "acme", "password": house.password})
    page = client.get("/employer/watches?lang=en").text
    assert 'data-part="dead"' in page
    assert "503" in page
    client.post(f"/employer/watches/changes/{dead['id']}/delivery")
    deliver(house, desk, tries=1)
    assert len(receiver.came) == MAX_TRIES + 1
    assert seen(call) == [("revoked", "delivered")]
    assert 'data-part="dead"' not in client.get("/employer/watches").text


def test_a_receiver_that_is_gone(house, desk, watched, change, call):
    call("put", "/webhook", json={"url": "http://127.0.0.1:9/"})
    change(watched, "revocation")
    desk.notice([watched["code"]])
    assert desk.deliver_once()
    assert call("get", "/changes").json["changes"][0]["answer"] == "webhook.no_answer"


def test_without_a_webhook_it_is_only_shown(house, desk, call, issued, change):
    call("post", "", json={"codes": [issued["code"]]})
    change(issued, "revocation")
    desk.notice([issued["code"]])
    assert not desk.deliver_once()
    assert seen(call) == [("revoked", "none")]


def test_noticed_twice_it_is_one_change(house, desk, watched, change, call):
    change(watched, "suspension")
    assert desk.notice([watched["code"]]) == 1
    assert desk.notice([watched["code"]]) == 0
    desk.sweep()
    assert len(seen(call)) == 1


def test_what_happened_before_the_watch_is_not_told(house, desk, issued, change, call):
    change(issued, "suspension")
    call("post", "", json={"codes": [issued["code"]]})
    desk.sweep()
    assert seen(call) == []


def test_an_appointment_that_ends(house, desk, make_body, call):
    appointment = {"employer": "东莞示例精密制造有限公司", "from": "2026-01-01", "to": "2026-12-01"}
    issued = house.issued(make_body(level="special", appointment=appointment), assessor=house.enterprise)
    call("post", "", json={"codes": [issued["code"]]})
    desk.expire()
    assert seen(call) == []
    house.clock.advance(days=9)
    desk.expire()
    desk.expire()
    assert seen(call) == [("expired", "none")]


def test_watches_are_listed_and_ended(house, desk, watched, call, change):
    [one] = call("get", "").json["watches"]
    assert (one["code"], one["number"], one["expires_at"]) == (watched["code"], watched["number"], None)
    assert call("delete", f"/{watched['code']}").status_code == 200
    assert call("delete", f"/{watched['code']}").status_code == 404
    change(watched, "revocation")
    assert desk.notice([watched["code"]]) == 0


def test_changes_since(house, desk, call, make_body, change):
    codes = []
    for person in range(3):
        issued = house.issued(make_body(person=person))
        call("post", "", json={"codes": [issued["code"]]})
        change(issued, "revocation")
        house.clock.advance(seconds=30)
        desk.notice([issued["code"]])
        codes.append(issued["code"])
    house.clock.advance(seconds=30)
    answer = call("get", "/changes").json
    assert [one["code"] for one in answer["changes"]] == codes
    assert call("get", "/changes", query_string={"since": answer["next"]}).json["changes"] == []
    since = answer["changes"][1]["noticed_at"]
    later = call("get", "/changes", query_string={"since": since}).json["changes"]
    assert [one["code"] for one in later] == codes[1:]
    assert call("get", "/changes?since=yesterday").status_code == 422


def test_another_employer_sees_none_of_it(house, desk, watched, change):
    other = house.issuers.employers.add("other", name="另一单位", credit_code="51330000500000015H")
    token = house.issuers.assessors.new_token(other.owner, label="test", at=house.clock())
    headers = {"Authorization": f"Bearer {token}"}
    change(watched, "revocation")
    desk.notice([watched["code"]])
    client = house.client()
    assert client.get("/api/v1/watches", headers=headers).json["watches"] == []
    assert client.get("/api/v1/watches/changes", headers=headers).json["changes"] == []
    again = client.post(f"/api/v1/watches/changes/{watched['code']}.0/delivery", headers=headers)
    assert again.status_code == 404
    assert client.delete(f"/api/v1/watches/{watched['code']}", headers=headers).status_code == 404
    assert client.get("/api/v1/watches", headers=house.headers()).status_code == 403


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://10.0.0.1/", "webhook.not_public"),
        ("http://example.com/", "webhook.not_https"),
        ("x", "webhook.url"),
    ],
)
def test_private_addresses_are_refused_even_where_loopback_is_allowed(call, url, code):
    answer = call("put", "/webhook", json={"url": url})
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_too_many_codes_at_once(call):
    assert call("post", "", json={"codes": ["x"] * 2 + [str(n) for n in range(1001)]}).status_code == 422
    assert call("post", "", json={"codes": []}).status_code == 422


def test_the_stream_is_followed_and_swept_where_it_has_a_gap(house, desk, watched, receiver, change, call):
    change(watched, "suspension")  # before anybody follows
    with watching(desk):
        wait(lambda: len(receiver.came) == 1)
        change(watched, "suspension", "delete")
        wait(lambda: len(receiver.came) == 2)
    change(watched, "revocation")  # while nobody follows
    with watching(desk):
        wait(lambda: len(receiver.came) == 3)
    assert [body["what"] for body in receiver.bodies] == ["suspended", "lifted", "revoked"]
    house.database["projections"].delete_one({"_id": PLACE})  # as when the oplog no longer reaches back
    with watching(desk):
        time.sleep(1.5)
    assert len(seen(call)) == 3
    assert len(receiver.came) == 3


def test_a_killed_delivery_comes_again_after_its_lease(house, desk, watched, receiver, change):
    change(watched, "revocation")
    desk.notice([watched["code"]])
    desk.watches.take(at=house.clock())  # and killed
    assert not desk.deliver_once()
    house.clock.advance(seconds=61)
    assert desk.deliver_once()
    assert len(receiver.came) == 1


def test_pauses_grow_to_a_limit():
    assert pause(1) == timedelta(seconds=10)
    assert pause(2) == timedelta(seconds=30)
    assert pause(MAX_TRIES) == timedelta(hours=12)


def test_a_change_of_nobody_is_refused(desk):
    with pytest.raises(Refused):
        desk.watches.send_again("acme", "x.0", at=desk.registry.clock())


def wait(is_so, seconds=15):
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_follower_stops(desk):
    follower, stop = Follower(desk), Event()
    stop.set()
    follower.follow(stop)
    follower.deliver(stop)


def test_the_example_of_the_document_verifies_it(house, desk, watched, receiver, change, monkeypatch):
    change(watched, "revocation")
    desk.notice([watched["code"]])
    assert desk.deliver_once()
    [(headers, body)] = receiver.came
    document = (Path(__file__).parents[4] / "docs" / "webhooks.md").read_text("utf-8")
    example = document.partition("```python\n")[2].partition("```")[0]
    names = {}
    exec(example, names)
    did = house.client().get("/.well-known/did.json").data
    monkeypatch.setattr(names["urllib"].request, "urlopen", lambda _: io.BytesIO(did))
    monkeypatch.setattr(names["time"], "time", lambda: house.clock().timestamp())
    names["MY_URL"] = receiver.url
    assert names["verify"](headers, body)["what"] == "revoked"
    with pytest.raises(AssertionError):
        names["verify"](headers, body.replace(b"revoked", b"lifted."))
    names["MY_URL"] = "https://somebody.example.com/"
    with pytest.raises(InvalidSignature):
        names["verify"](headers, body)
