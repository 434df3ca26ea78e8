"""The roof: the only place where the parts are put together. `create_app` for servers, `main` for the command line."""

from __future__ import annotations

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
from flask import Blueprint, Flask
from flask_wtf.csrf import CSRFError, CSRFProtect
from pymongo.database import Database
from werkzeug.middleware.proxy_fix import ProxyFix

from issuers.access_pages import access_pages
from issuers.accounts.pages import account_pages
from issuers.accounts.people import people_pages
from issuers.accounts.sessions import WHOLE_LIFE
from issuers.accreditations.committee_pages import committee_pages
from issuers.accreditations.pages import accreditation_pages
from issuers.accreditations.reminding import reminding
from issuers.archive_pages import archive_pages
from issuers.archive_routes import archive_api
from issuers.audit_pages import audit_pages, trail_pages
from issuers.batches.desk import EXTENSION as BATCHES
from issuers.batches.desk import BatchDesk, open_batch_desk
from issuers.batches.pages import batch_pages
from issuers.batches.routes import api as batches_api
from issuers.batches.worker import issuing
from issuers.changes.many import changing
from issuers.changes.many_pages import many_pages
from issuers.changes.pages import certificate_pages
from issuers.changes.reissue_pages import reissue_pages
from issuers.commands import assessor_commands, issue_command, revoke_command
from issuers.console import console
from issuers.credit_pages import credit_pages
from issuers.demo import make_demo
from issuers.employer_commands import employer_commands
from issuers.employer_routes import employers_api
from issuers.holders import holders_api, holders_pages
from issuers.inspection_desk import inspection_desk
from issuers.ledger_pages import ledger_pages
from issuers.ledger_routes import ledger_api
from issuers.notices.pages import notices_pages
from issuers.notices.sending import telling
from issuers.own_keys.pages import key_desk, own_key_pages
from issuers.own_keys.routes import own_keys_api
from issuers.published_pages import published_pages
from issuers.register_desk import register_desk
from issuers.register_routes import registers_api
from issuers.registrar import registrar
from issuers.report_desk import report_desk
from issuers.routes import api as issuers_api
from issuers.services import EXTENSION as ISSUERS
from issuers.services import Issuers, open_issuers
from issuers.session_desk import session_desk
from issuers.worker_help import worker_help
from keys.did import did_web
from keys.errors import Refused
from keys.vault import Vault, create_master_key, read_master_key
from registry.audit.commands import audit_commands
from registry.audit.writer import writing
from registry.bound_tokens import BoundTokens
from registry.commands import doctor_command, export_command, index_names_command, keys_commands
from registry.companion import companion
from registry.display import init_display
from registry.http import answer_refusal, install
from registry.keyrings import REGISTRY
from registry.mongo import DATABASE_AWAY, connect
from registry.mongod import local_mongod
from registry.operations import operations
from registry.policy.commands import policy_commands
from registry.problems import error_words
from registry.registers.prepare import prepare_registers
from registry.server import run_server, start_worker
from registry.services import EXTENSION as REGISTRY_EXTENSION
from registry.services import Registry, open_registry
from registry.settings import Settings, read_settings
from registry.sharing.leaving import forget_sharing
from registry.sharing.shares import Shares
from registry.statistics.commands import statistics_commands
from registry.statistics.projector import projecting
from registry.translation import init_translation
from registry.wallets.offers import Offers
from registry.workers.desk import EXTENSION as WORKERS
from registry.workers.desk import WorkerDesk, open_workers
from verify.access_checks import pages as employer_access_pages
from verify.accreditations import accreditations_api
from verify.batch_results import batch_results
from verify.bulk.commands import verify_report_command
from verify.bulk.desk import EXTENSION as BULK
from verify.bulk.desk import BulkDesk, open_bulk_desk
from verify.bulk.pages import pages as employer_pages
from verify.bulk.routes import api as bulk_api
from verify.bulk.worker import checking
from verify.commands import verify_command
from verify.demo_words import describe_demo, write_demo_file
from verify.metrics import metrics
from verify.pages import pages
from verify.paper.pages import pages as paper_pages
from verify.policies import policies_api, policies_pages
from verify.presentations import documents as presentation_documents
from verify.registers import registers_api as public_registers_api
from verify.registers import registers_pages
from verify.routes import api as verify_api
from verify.services import EXTENSION as VERIFY
from verify.services import Verifier, open_verifier, qr_sealer
from verify.sharing.mine import me_shares
from verify.sharing.pages import viewer as share_viewer
from verify.statements import statements_api, statements_pages
from verify.statistics import statistics_api, statistics_pages
from verify.wallet.pages import me_wallet
from verify.wallet.routes import wallet_api
from verify.watch.desk import EXTENSION as WATCH
from verify.watch.desk import WatchDesk, open_watch_desk
from verify.watch.follower import watching
from verify.watch.pages import pages as watch_pages
from verify.watch.routes import api as watch_api
from verify.web_app import app_pages
from verify.worker.account import me_account
from verify.worker.display import display_pages
from verify.worker.entry import entry
from verify.worker.pages import me
from verify.worker.requests import me_requests
from verify.worker.rights import me_rights

PREPARE_SECONDS = 60  # making an index over a full record takes longer than a request may wait
WORKER_NICE = 10  # long work waits for pages: who verifies a certificate stands at a counter


REGISTER_PAGES = (
    register_desk,
    inspection_desk,
    report_desk,
    session_desk,
    registers_pages,
    statistics_pages,
)
WORKER_PAGES = (
    entry,
    me,
    me_requests,
    me_account,
    me_rights,
    me_shares,
    me_wallet,
    display_pages,
    worker_help,
)
REGISTER_APIS = (registers_api, public_registers_api, statistics_api)
PAGES = (
    operations,
    console,
    account_pages,
    people_pages,
    batch_pages,
    batch_results,
    certificate_pages,
    reissue_pages,
    audit_pages,
    trail_pages,
    many_pages,
    registrar,
    archive_pages,
    holders_pages,
    ledger_pages,
    published_pages,
    credit_pages,
    access_pages,
    employer_access_pages,
    metrics,
    policies_pages,
    statements_pages,
    employer_pages,
    watch_pages,
    paper_pages,
    notices_pages,
    accreditation_pages,
    committee_pages,
    own_key_pages,
    key_desk,
    pages,
    presentation_documents,
    share_viewer,
    app_pages,
    *REGISTER_PAGES,
    *WORKER_PAGES,
)
APIS = (
    issuers_api,
    own_keys_api,
    batches_api,
    archive_api,
    holders_api,
    ledger_api,
    verify_api,
    accreditations_api,
    policies_api,
    statements_api,
    employers_api,
    bulk_api,
    watch_api,
    wallet_api,
    *REGISTER_APIS,
)


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
        services.registry.record.prepare()
        services.registry.archive_desk.prepare()
        BoundTokens(services.registry.database).prepare()
        Shares(services.registry.database, services.registry.vault).prepare()
        Offers(services.registry.database, services.registry.vault).prepare()
        services.issuers.assessors.prepare()
        services.issuers.many.changes.prepare_indexes()
        prepare_registers(services.registry.database, services.registry.vault)
        services.issuers.employers.prepare()
        services.issuers.account_desk.prepare()
        services.registry.trail.prepare()
        services.issuers.notices.prepare()
        services.issuers.accreditations.cases.prepare()
        services.issuers.offers.prepare()
        services.issuers.own_keys.prepare()
        services.issuers.refusals.prepare()
        services.verifier.look_up.guesses.prepare()
        services.batches.batches.prepare()
        services.bulk.jobs.prepare()
        services.watch.watches.prepare()
        services.workers.prepare()
        did = did_web(services.registry.settings.origin)
        services.registry.keyrings.create(REGISTRY, did, at=services.registry.clock())


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
    base = Blueprint(
        "registry", "registry", template_folder="templates", static_folder="static", static_url_path="/static"
    )
    for blueprint in (base, *PAGES, *APIS):
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
    csrf.exempt("verify.pages.lookup")  # read-only questions of strangers who have no session
    csrf.exempt("verify.pages.upload")
    csrf.exempt("verify.web_app.scan_text")
    csrf.exempt("verify.web_app.picture")
    app.register_error_handler(CSRFError, lambda _: answer_refusal(Refused("auth.csrf")))


def worker_app() -> Flask:
    """The application inside a server process."""
    return start_worker(create_app)


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
        counting = projecting(services.registry.database, services.registry.clock)
        with companion("worker", services.registry.settings), counting:
            run_server("wsgi:worker_app", services.registry.settings)


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
        counting = projecting(services.registry.database, services.registry.clock)
        with companion("worker", services.registry.settings), counting:
            run_server("wsgi:worker_app", services.registry.settings)


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
    with opener() as services, working(services):
        stop.wait()


for command in (
    assessor_commands,
    issue_command,
    revoke_command,
    keys_commands,
    doctor_command,
    index_names_command,
    export_command,
    verify_command,
    policy_commands,
    statistics_commands,
    employer_commands,
    audit_commands,
    verify_report_command,
):
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
