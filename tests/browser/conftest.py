"""The service as it runs, with the demo's data, and a browser that reports whatever goes wrong in it."""

from __future__ import annotations

import secrets
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect
from werkzeug.routing import Map
from werkzeug.serving import WSGIRequestHandler, make_server

from issuers.demo import Demo, DemoAccount, make_demo
from keys.vault import Vault
from registry.certificate import CertificateRecord
from registry.credential import Face, parse_credential, read_face
from registry.mongo import connect
from registry.searching import Query
from registry.settings import Settings
from registry.state import State
from tests.quick import quick
from wsgi import Services, create_app, now, open_services, prepare

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE = 20_000  # milliseconds for anything to appear on a machine that does something else as well
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


@dataclass(frozen=True)
class Site:
    """A served registry: its address, its parts, and the demo's certificates."""

    origin: str
    services: Services
    demo: Demo
    routes: Map

    @property
    def account(self) -> DemoAccount:
        """The assessor's signer, with the password of this run."""
        return self.account_of("signer")

    def account_of(self, role: str) -> DemoAccount:
        """The first account of a role, with the password of this run."""
        return next(one for one in self.demo.accounts if one.role == role)

    def records(self) -> list[CertificateRecord]:
        searching = self.services.registry.searching
        assessors = [one.id for one in self.services.issuers.assessors.all()]
        return [one for assessor in assessors for one in searching.page(Query(assessors=(assessor,)))[0]]

    def revoked(self) -> CertificateRecord:
        """The certificate that the demo revokes."""
        return next(one for one in self.records() if one.state is State.REVOKED)

    def face(self, record: CertificateRecord) -> Face:
        return read_face(parse_credential(record.credential))

    def url(self, record: CertificateRecord) -> str:
        return f"{self.origin}/v/{record.code}"


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's own name
        """Nothing: the tests' own report is enough."""


def _whole(app: WSGIApplication) -> WSGIApplication:
    """Answers in one piece: where a browser leaves early, werkzeug's server would not close a file half sent."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        parts = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            if close := getattr(parts, "close", None):
                close()

    return answer


@contextmanager
def serving(
    mongo_uri: str, *, clock: Callable[[], datetime] = now, host: str = "127.0.0.1"
) -> Iterator[Site]:
    """The service on a free port, on a database of its own, with the demo's data."""
    database = connect(mongo_uri, database=f"test_{uuid.uuid4().hex}")
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    settings = Settings(port=str(server.port), base_url=f"http://{host}:{server.port}")
    services = open_services(settings, database=database, vault=Vault(secrets.token_bytes(32)), clock=clock)
    prepare(services)
    demo = make_demo(services.registry, services.issuers)
    app = create_app(settings, services)
    server.app = _whole(app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(settings.origin, services, demo, app.url_map)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        database.client.drop_database(database.name)
        database.client.close()


@pytest.fixture(scope="session", autouse=True)
def quickly() -> Iterator[None]:
    with quick():
        yield


@pytest.fixture(scope="session")
def site(mongo_uri: str) -> Iterator[Site]:
    expect.set_options(timeout=PATIENCE)
    with serving(mongo_uri) as served:
        yield served


def sign_in(page: Page, account: DemoAccount) -> None:
    """Give name and password at the console's form; what comes next may be the question for a code."""
    page.goto("/console/sign-in")
    page.get_by_label("账号").fill(account.name)
    page.get_by_label("密码").fill(account.password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))


def enter(page: Page, site: Site, role: str) -> None:
    """Sign in at the console as the first account of a role."""
    sign_in(page, site.account_of(role))
    expect(page.locator(".console-nav")).to_be_visible()


@dataclass
class Watch:
    """What a page must never do: complain on the console, ask another origin, come without a CSP, fail."""

    origin: str
    expected: set[int] = field(default_factory=set)  # statuses of 400 and more that a walk provokes
    faults: list[str] = field(default_factory=list)
    also: str = "data:"  # another address of the same site, where a walk goes there

    def over(self, context: BrowserContext) -> Self:
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        context.on("request", lambda request: self._check_origin(request.url))
        context.on("response", self._check_response)
        return self

    def _hear(self, message: ConsoleMessage) -> None:
        # a failed response is judged by its status below
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def _check_origin(self, url: str) -> None:
        if not url.startswith((self.origin + "/", "data:", "blob:", self.also)):
            self.faults.append(f"asked elsewhere: {url}")

    def _check_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.status}: {urlsplit(response.url).path}")
        policy = response.headers.get("content-security-policy", "")
        if "default-src 'self'" not in policy or "unsafe" in policy:
            self.faults.append(f"policy {policy!r}: {urlsplit(response.url).path}")


@dataclass(frozen=True)
class Visitor:
    """Opens pages as somebody does; ``watch`` collects what went wrong."""

    browser: Browser
    site: Site
    watch: Watch
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(
        self, path: str = "/", *, size: dict[str, int] = DESK, language: str = "zh-CN", **options: Any
    ) -> Page:
        """A fresh visitor's page at ``path``; options are Playwright's for a context."""
        context = self.browser.new_context(
            viewport=size, locale=language, base_url=self.site.origin, **options
        )
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE)
        self.watch.over(context)
        page = context.new_page()
        page.goto(path)
        return page


@pytest.fixture
def visitor(chromium: Browser, site: Site) -> Iterator[Visitor]:
    watch = Watch(site.origin)
    made = Visitor(chromium, site, watch)
    yield made
    for context in made.contexts:
        context.close()
    assert watch.faults == []
