"""The roof: the only place where the parts are put together. `create_app` for servers, `main` for the command line."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

import click
import pymongo
from flask import Flask
from flask_wtf.csrf import CSRFError, CSRFProtect
from pymongo.database import Database
from werkzeug.middleware.proxy_fix import ProxyFix

import issuers.room as issuers_room
import registry.room as registry_room
import verify.room as verify_room
from issuers.accounts.sessions import WHOLE_LIFE
from issuers.accreditations.reminding import reminding
from issuers.batches.desk import EXTENSION as BATCHES
from issuers.batches.desk import BatchDesk, open_batch_desk
from issuers.batches.worker import issuing
from issuers.changes.many import changing
from issuers.demo import make_demo
from issuers.notices.sending import telling
from issuers.services import EXTENSION as ISSUERS
from issuers.services import Issuers, open_issuers
from keys.errors import Refused
from keys.vault import Vault, create_master_key, read_master_key
from registry.audit.writer import writing
from registry.companion import companion
from registry.display import init_display
from registry.http import answer_refusal, install
from registry.mongo import DATABASE_AWAY, connect
from registry.mongod import local_mongod
from registry.problems import error_words
from registry.server import run_server, spare_collector, start_worker
from registry.services import EXTENSION as REGISTRY_EXTENSION
from registry.services import Registry, open_registry
from registry.settings import Settings, read_settings
from registry.sharing.leaving import forget_sharing
from registry.statistics.projector import projecting
from registry.translation import init_translation
from registry.workers.desk import EXTENSION as WORKERS
from registry.workers.desk import WorkerDesk, open_workers
from verify.bulk.desk import EXTENSION as BULK
from verify.bulk.desk import BulkDesk, open_bulk_desk
from verify.bulk.worker import checking
from verify.demo_words import describe_demo, write_demo_file
from verify.services import EXTENSION as VERIFY
from verify.services import Verifier, open_verifier, qr_sealer
from verify.watch.desk import EXTENSION as WATCH
from verify.watch.desk import WatchDesk, open_watch_desk
from verify.watch.follower import watching

PREPARE_SECONDS = 60  # making an index over a full record takes longer than a request may wait
AWAY = 1.0  # seconds between two tries of a worker whose database is away when it starts
WORKER_NICE = 10  # long work waits for pages: who verifies a certificate stands at a counter

log = logging.getLogger("skills-registry")

PAGES = (*registry_room.PAGES, *issuers_room.PAGES, *verify_room.PAGES)
APIS = (*issuers_room.APIS, *verify_room.APIS)
COMMANDS = (*registry_room.COMMANDS, *issuers_room.COMMANDS, *verify_room.COMMANDS)


@dataclass(frozen=True)
class Services:
    """Every room's parts."""

    registry: Registry
    issuers: Issuers
    verifier: Verifier
    batches: BatchDesk
    bulk: BulkDesk
    watch: WatchDesk
    workers: WorkerDesk


def now() -> datetime:
    """The clock of the service: UTC, to the millisecond, as MongoDB keeps it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def open_services(
    settings: Settings,
    *,
    database: Database[dict[str, Any]] | None = None,
    vault: Vault | None = None,
    clock: Callable[[], datetime] = now,
) -> Services:
    """The parts on a database and a vault; by default those that the settings name."""
    if database is None:
        database = connect(settings.mongodb_uri, database=settings.mongodb_database)
    vault = vault or Vault(read_master_key(settings.master_key_path))
    registry = open_registry(settings, database, vault, clock)
    issuers = open_issuers(registry, seal_qr=qr_sealer(registry))
    verifier = open_verifier(registry, issuers)
    bulk = open_bulk_desk(registry, issuers, verifier)
    batches, workers = open_batch_desk(registry, issuers), open_workers(registry, (forget_sharing(registry),))
    return Services(registry, issuers, verifier, batches, bulk, open_watch_desk(registry), workers)


def prepare(services: Services) -> None:
    """Indexes and the registry's own keys; does nothing where they are."""
    with pymongo.timeout(PREPARE_SECONDS):
        registry_room.prepare_registry(services.registry, services.workers)
        issuers_room.prepare_issuers(services.issuers, services.batches)
        verify_room.prepare_verify(services.verifier, services.bulk, services.watch)


def create_app(settings: Settings | None = None, services: Services | None = None) -> Flask:
    """The WSGI application."""
    settings = settings or read_settings(os.environ)
    services = services or open_services(settings)
    app = Flask("wsgi", static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config.update(
        SECRET_KEY=services.registry.vault.derive("session cookie"),
        SESSION_COOKIE_NAME="__Host-session" if settings.is_secure else "session",
        SESSION_COOKIE_SECURE=settings.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=WHOLE_LIFE,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
        WTF_CSRF_SSL_STRICT=False,  # our pages send no referrer; the token is bound to the session
    )
    furnish(app, services)
    if proxies := int(settings.proxies):
        app.wsgi_app = ProxyFix(app.wsgi_app, proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    install(app)
    init_translation(app)
    init_display(app)
    _protect(app)
    for blueprint in (*PAGES, *APIS):
        app.register_blueprint(blueprint)
    return app


def furnish(app: Flask, services: Services) -> None:
    """Let the application work with these parts."""
    app.extensions |= {
        REGISTRY_EXTENSION: services.registry,
        ISSUERS: services.issuers,
        VERIFY: services.verifier,
        BATCHES: services.batches,
        BULK: services.bulk,
        WATCH: services.watch,
        WORKERS: services.workers,
    }


def _protect(app: Flask) -> None:
    csrf = CSRFProtect(app)
    for blueprint in APIS:  # no cookie is read there: nothing to forge
        csrf.exempt(blueprint)
    for view in verify_room.ASKED_BY_STRANGERS:
        csrf.exempt(view)
    app.register_error_handler(CSRFError, lambda _: answer_refusal(Refused("auth.csrf")))


def worker_app() -> Flask:
    """The application inside a server process, warm: its first reader waits no longer than the next."""
    return start_worker(lambda: verify_room.warm_up(create_app()))


@contextmanager
def running(settings: Settings) -> Iterator[Services]:
    """Every room's parts, prepared, with a local MongoDB where the settings name none."""
    with ExitStack() as stack:
        if not settings.mongodb_uri:
            settings = replace(settings, mongodb_uri=stack.enter_context(local_mongod(settings.data_path)))
        services = open_services(settings)
        prepare(services)
        yield services


@click.group()
@click.pass_context
def cli(context: click.Context) -> None:
    """Skills certification registry with verifiable credentials."""
    settings = read_settings(os.environ)
    context.meta["settings"] = settings
    context.obj = lambda: running(settings)


@cli.command()
@click.pass_obj
def serve(opener: Callable[[], AbstractContextManager[Services]]) -> None:
    """Serve pages and API."""
    with opener() as services:
        click.echo(f"{services.registry.settings.origin}")
        _serve(services.registry)


def _serve(registry: Registry) -> None:
    counting = projecting(registry.database, registry.clock)
    with companion("worker", registry.settings), counting:
        run_server("wsgi:worker_app", registry.settings)


@cli.command()
@click.pass_context
def demo(context: click.Context) -> None:
    """Serve with demo data, on a master key and a local MongoDB in DATA_DIR."""
    settings: Settings = context.meta["settings"]
    settings.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not settings.master_key_path.exists():
        create_master_key(settings.master_key_path)
    with context.obj() as services:
        made = make_demo(services.registry, services.issuers)
        write_demo_file(services.registry.settings, made)
        click.echo(describe_demo(services.registry.settings, made))
        _serve(services.registry)


@contextmanager
def working(services: Services) -> Iterator[None]:
    """Everything that is done beside the server, each part in threads of its own, while the block runs."""
    with ExitStack() as stack:
        for part in (
            checking(services.bulk),
            issuing(services.batches),
            changing(services.issuers.many),
            watching(services.watch),
            telling(services.issuers.notices, services.registry),
            reminding(services.registry, services.issuers.assessors, services.issuers.notices),
            writing(services.registry.database, services.registry.clock),
        ):
            stack.enter_context(part)
        yield


@cli.command()
@click.pass_obj
def worker(opener: Callable[[], AbstractContextManager[Services]]) -> None:
    """Do the long work until interrupted; as many workers as you like may share it."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    os.nice(WORKER_NICE)
    while not stop.is_set():
        try:
            _work_until(stop, opener)
        except DATABASE_AWAY as error:
            log.warning("database away: %s", type(error).__name__)
            stop.wait(AWAY)


def _work_until(stop: Event, opener: Callable[[], AbstractContextManager[Services]]) -> None:
    with opener() as services:
        spare_collector()
        with working(services):
            stop.wait()


for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Entry of ``skills-registry``: a refusal is told in words, never as a traceback."""
    try:
        cli(standalone_mode=True)
    except Refused as refused:
        words = error_words(refused)
        where = f" ({refused.field})" if refused.field else ""
        click.echo(
            f"{refused.code}{where}\n{words['zh']} {words['mend_zh']}\n{words['en']} {words['mend_en']}",
            err=True,
        )
        sys.exit(2)
    except DATABASE_AWAY:
        words = error_words(Refused("mongo.away"))
        click.echo(f"mongo.away\n{words['zh']}\n{words['en']}", err=True)
        sys.exit(3)
