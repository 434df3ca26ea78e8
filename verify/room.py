"""What the verifying room hands to the roof: its pages, its APIs, its commands, and the making of its indexes."""

from __future__ import annotations

from flask import Flask

from registry.translation import LANGUAGES
from verify.access_checks import pages as access_pages
from verify.accreditations import accreditations_api
from verify.batch_results import batch_results
from verify.bulk.commands import verify_report_command
from verify.bulk.desk import BulkDesk
from verify.bulk.pages import pages as employer_pages
from verify.bulk.routes import api as bulk_api
from verify.commands import verify_command
from verify.metrics import metrics
from verify.pages import pages
from verify.paper.pages import pages as paper_pages
from verify.policies import policies_api, policies_pages
from verify.presentations import documents as presentation_documents
from verify.registers import registers_api, registers_pages
from verify.routes import api as verify_api
from verify.services import Verifier
from verify.sharing.mine import me_shares
from verify.sharing.pages import viewer as share_viewer
from verify.statements import statements_api, statements_pages
from verify.statistics import statistics_api, statistics_pages
from verify.wallet.pages import me_wallet
from verify.wallet.routes import wallet_api
from verify.watch.desk import WatchDesk
from verify.watch.pages import pages as watch_pages
from verify.watch.routes import api as watch_api
from verify.web_app import app_pages
from verify.worker.account import me_account
from verify.worker.display import display_pages
from verify.worker.entry import entry
from verify.worker.pages import me
from verify.worker.requests import me_requests
from verify.worker.rights import me_rights

PUBLIC_PAGES = (
    pages,
    app_pages,
    metrics,
    policies_pages,
    presentation_documents,
    registers_pages,
    share_viewer,
    statements_pages,
    statistics_pages,
)
ACCOUNT_PAGES = (access_pages, batch_results, employer_pages, paper_pages, watch_pages)
WORKER_PAGES = (
    entry,
    me,
    me_account,
    me_requests,
    me_rights,
    me_shares,
    me_wallet,
    display_pages,
)
PAGES = (*PUBLIC_PAGES, *ACCOUNT_PAGES, *WORKER_PAGES)
APIS = (
    verify_api,
    accreditations_api,
    bulk_api,
    policies_api,
    registers_api,
    statements_api,
    statistics_api,
    wallet_api,
    watch_api,
)
COMMANDS = (verify_command, verify_report_command)
ASKED_BY_STRANGERS = (
    "verify.pages.lookup",
    "verify.pages.upload",
    "verify.web_app.scan_text",
    "verify.web_app.picture",
)
"""Views that only answer a question, for who has no session that could be misused: they need no CSRF token."""


WARMING = tuple(
    f"{path}lang={lang}" for lang in LANGUAGES for path in ("/scan?", "/benefits?level=3&region=330000&")
)
"""Pages that open no database and read what all pages need: catalogues, templates, the policies."""


def warm_up(app: Flask) -> Flask:
    """The application after its first pages: reading what they need took the first reader half a second."""
    client = app.test_client()
    for path in WARMING:
        client.get(path)
    app.jinja_env.get_template("verify/verdict.html")
    return app


def prepare_verify(verifier: Verifier, bulk: BulkDesk, watch: WatchDesk) -> None:
    """Indexes; does nothing where they are."""
    verifier.look_up.guesses.prepare()
    bulk.jobs.prepare()
    watch.watches.prepare()
