"""An employer, and a receiver of webhooks on this machine."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from registry.settings import Settings


@dataclass
class Receiver:
    """Keeps what came; answers the statuses of ``answers`` in turn, then 204."""

    url: str = ""
    came: list = field(default_factory=list)
    answers: list = field(default_factory=list)
    headers: dict = field(default_factory=dict)

    @property
    def bodies(self):
        return [json.loads(body) for _, body in self.came]


@pytest.fixture
def settings():
    return Settings(webhook_loopback="yes")


@pytest.fixture
def receiver():
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.came.append((dict(self.headers.items()), body))
            self.send_response(kept.answers.pop(0) if kept.answers else 204)
            for name, value in kept.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_port}/changes"
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def employer(house):
    return house.issuers.employers.add("acme", name="示例用人单位", credit_code="91441900000000019N")


@pytest.fixture
def token(house, employer):
    return house.issuers.assessors.new_token(employer.owner, label="test", at=house.clock())


@pytest.fixture
def call(house, token):
    def call(method, path, **given):
        headers = {"Authorization": f"Bearer {token}"}
        return getattr(house.client(), method)(f"/api/v1/watches{path}", headers=headers, **given)

    return call


@pytest.fixture
def change(house):
    def change(issued, what, method="post"):
        path = f"/api/v1/certificates/{issued['number']}/{what}"
        body = {"json": {"reason": "under_investigation"}} if method == "post" else {}
        response = getattr(house.client(), method)(path, headers=house.headers(), **body)
        assert response.status_code == 200, response.json

    return change
