"""A notice stands in the console, leaves by e-mail and by a signed webhook, is tried again, and lies dead at last."""

import email
import email.policy
import json
import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from issuers.notices.kinds import kinds, write
from issuers.notices.sending import deliver_once, telling
from issuers.notices.store import Channel, Contact
from registry.settings import Settings
from registry.webhooks.pauses import MAX_TRIES, pause
from registry.workers.requests import RequestKind, Subject
from tests.integration.access.who_may import find_row

FACTS = {"batch": "4f1c", "issued": 39_998, "refused": 2}


@dataclass
class Post:
    """What came in, and what is answered: statuses of ``refusals`` in turn, then yes."""

    mails: list = field(default_factory=list)
    hooks: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    mail_port: int = 0
    hook_url: str = ""


class Mailbox(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as one message needs."""

    def handle(self):
        self.say("220 here")
        for line in self.rfile:
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self.say("354 go on")
                self.take()
            elif word == b"RCPT" and self.server.kept.refusals:
                self.say(f"{self.server.kept.refusals.pop(0)} no")
            else:
                self.say("221 bye" if word == b"QUIT" else "250 yes")
                if word == b"QUIT":
                    break

    def take(self):
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        kept = self.server.kept
        kept.mails.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
        self.say("250 taken")
        kept.arrived.release()

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        kept = self.server.kept
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kept.hooks.append((dict(self.headers.items()), json.loads(body)))
        self.send_response(kept.refusals.pop(0) if kept.refusals else 204)
        self.end_headers()
        kept.arrived.release()

    def log_message(self, *_):
        pass


@contextmanager
def serving(server, kept):
    server.kept = kept
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def post():
    kept = Post()
    mailbox = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
    hook = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    with serving(mailbox, kept) as kept.mail_port, serving(hook, kept) as port:
        kept.hook_url = f"http://127.0.0.1:{port}/notices"
        yield kept


@pytest.fixture
def settings(post):
    return Settings(
        webhook_loopback="yes", smtp_url=f"smtp://127.0.0.1:{post.mail_port}", smtp_from="registry@mail.test"
    )


@pytest.fixture
def notices(house, post):
    outbox = house.issuers.notices
    outbox.set_contact(house.association, Contact("office@assoc.test", post.hook_url), by="test")
    return outbox


@pytest.fixture
def client(house):
    house.make_account("lihua", house.association, "signer")
    house.app.config["WTF_CSRF_ENABLED"] = False
    client = house.client()
    house.enter(client, "lihua")
    return client


def test_by_both_channels_once_each(house, notices, post):
    notices.send("batch.finished", house.association, FACTS)
    for channel in Channel:
        assert deliver_once(notices, house.registry, channel)
        assert not deliver_once(notices, house.registry, channel)
    [mail], [(headers, body)] = post.mails, post.hooks
    assert (mail["From"], mail["To"]) == ("registry@mail.test", "office@assoc.test")
    assert "39998" in mail["Subject"]
    assert "http://127.0.0.1:8000/console/batches/4f1c" in mail.get_content()
    assert body["facts"] == FACTS
    assert body["kind"] == "batch.finished"
    assert headers["Signature-Input"].startswith('registry=("@method" "@target-uri"')


def test_without_an_address_it_stands_in_the_console_only(house, client):
    outbox = house.issuers.notices
    outbox.send("batch.finished", house.association, FACTS)
    assert not any(deliver_once(outbox, house.registry, channel) for channel in Channel)
    page = client.get("/console/notices?lang=en").text
    assert "Batch 4f1c is finished" in page
    assert '<strong class="count">1</strong>' in page
    client.post("/console/notices/read")
    assert '<strong class="count">' not in client.get("/console/notices").text


def test_an_occasion_is_told_once(house, notices):
    for _ in range(3):
        notices.send("batch.finished", house.association, FACTS, once="4f1c")
    assert len(notices.latest(house.association)) == 1
    notices.send("batch.finished", house.enterprise, FACTS, once="4f1c")
    assert len(notices.latest(house.enterprise)) == 1


@pytest.mark.parametrize(("channel", "answer"), [(Channel.MAIL, "mail.rejected"), (Channel.WEBHOOK, "503")])
def test_tried_again_given_up_and_sent_again_by_hand(house, notices, post, client, channel, answer):
    post.refusals = [550 if channel is Channel.MAIL else 503] * MAX_TRIES
    notices.send("batch.finished", house.association, FACTS)
    for tries in range(1, MAX_TRIES + 1):
        assert deliver_once(notices, house.registry, channel)
        assert not deliver_once(notices, house.registry, channel)  # not before the pause is over
        house.clock.advance(seconds=pause(tries).total_seconds())
    [dead] = notices.dead(house.association)
    house.enter(client, "lihua")  # a session does not live through the pauses
    assert (dead[channel]["tries"], dead[channel]["answer"]) == (MAX_TRIES, answer)
    assert 'data-part="dead"' in client.get("/console/notices").text
    client.post("/console/notices/again", data={"id": dead["_id"], "channel": channel.value})
    assert deliver_once(notices, house.registry, channel)
    assert notices.dead(house.association) == []
    assert 'data-part="dead"' not in client.get("/console/notices").text


def test_where_to_is_set_in_the_console(house, client):
    wrong = client.post("/console/notices/contact?lang=en", data={"mail": "nobody", "webhook": ""})
    assert wrong.status_code == 422
    assert "no e-mail address" in wrong.text
    away = client.post("/console/notices/contact?lang=en", data={"webhook": "https://10.0.0.1/"})
    assert away.status_code == 422
    assert 'id="error-webhook"' in away.text
    client.post("/console/notices/contact", data={"mail": "office@assoc.test", "webhook": ""})
    assert house.issuers.notices.contact(house.association) == Contact("office@assoc.test", None)
    assert house.issuers.notices.contact(house.enterprise) == Contact()
    act = house.database["acts"].find_one({"name": "notices.contact"})
    assert act["after"] == {"mail": True, "webhook": False}
    assert "office@assoc.test" not in str(act)


PAGES = {
    "batch.finished": "batches.batch",
    "accreditation.expiring": "accreditations.home",
    "accreditation.decided": "accreditations.case",
    "key.decided": "own_keys.home",
    "objection.raised": "helping.help_desk",
    "correction.asked": "helping.help_desk",
}


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_notices_page_is_a_route_that_its_reader_may_open(house, kind):
    facts = {name: f"some-{name}" for name in kinds()[kind].facts}
    path = write(kind, facts).page.partition("#")[0]
    endpoint, arguments = house.app.url_map.bind("127.0.0.1").match(path, method="GET")
    assert endpoint == PAGES[kind]
    assert set(arguments.values()) <= set(facts.values())
    assert "signer" in find_row(endpoint).at("GET")


def test_a_notice_of_a_request_leads_to_its_place_on_the_page(house, client):
    requests = house.services.workers.requests
    subject = Subject(house.association, "code", "number")
    made = requests.open(("a",), RequestKind.OBJECTION, subject, "x", at=house.clock())
    where = write("objection.raised", {"objection": made.id, "number": "number"}).page
    path, _, place = where.partition("#")
    assert f'id="{place}"' in client.get(path).text
    client.post(f"{path}/requests/{made.id}/answer", data={"decision": "refused", "text": "x"})
    assert f'id="{place}"' in client.get(path).text  # answered, and still there


def test_another_assessors_notice_is_not_sent_again(house, notices, client):
    house.database["notices"].insert_one(
        {
            "_id": "x",
            "owner": house.enterprise,
            "kind": "batch.finished",
            "facts": FACTS,
            "mail": {"state": "dead"},
        }
    )
    assert client.post("/console/notices/again", data={"id": "x", "channel": "mail"}).status_code == 404
    assert house.database["notices"].find_one({"_id": "x"})["mail"] == {"state": "dead"}


def test_the_worker_delivers(house, notices, post):
    notices.send("batch.finished", house.association, FACTS)
    with telling(notices, house.registry, patience=0.02):
        for _ in Channel:
            assert post.arrived.acquire(timeout=20)
    assert (len(post.mails), len(post.hooks)) == (1, 1)
