"""What the issuers' room hands to the roof: its pages, its APIs, its commands, and the making of its indexes."""

from __future__ import annotations

from issuers.access_pages import access_pages
from issuers.accounts.pages import account_pages
from issuers.accounts.people import people_pages
from issuers.accreditations.committee_pages import committee_pages
from issuers.accreditations.pages import accreditation_pages
from issuers.archive_pages import archive_pages
from issuers.archive_routes import archive_api
from issuers.audit_pages import audit_pages, trail_pages
from issuers.batches.bureau_pages import bureau_batches
from issuers.batches.desk import BatchDesk
from issuers.batches.overview import BatchOverview
from issuers.batches.pages import batch_pages
from issuers.batches.routes import api as batches_api
from issuers.changes.many_pages import many_pages
from issuers.changes.pages import certificate_pages
from issuers.changes.reissue_pages import reissue_pages
from issuers.commands import assessor_commands, issue_command, revoke_command
from issuers.console import console
from issuers.credit_pages import credit_pages
from issuers.employer_commands import employer_commands
from issuers.employer_routes import employers_api
from issuers.holders import holders_api, holders_pages
from issuers.inspection_desk import inspection_desk
from issuers.ledger_pages import ledger_pages
from issuers.ledger_routes import ledger_api
from issuers.notices.pages import notices_pages
from issuers.own_keys.pages import key_desk, own_key_pages
from issuers.own_keys.routes import own_keys_api
from issuers.published_pages import published_pages
from issuers.register_desk import register_desk
from issuers.register_routes import registers_api
from issuers.registrar import registrar
from issuers.report_desk import report_desk
from issuers.routes import api as issuers_api
from issuers.services import Issuers
from issuers.session_desk import session_desk
from issuers.worker_help import worker_help

ASSESSOR_PAGES = (
    console,
    account_pages,
    batch_pages,
    certificate_pages,
    many_pages,
    reissue_pages,
    notices_pages,
    accreditation_pages,
    own_key_pages,
    report_desk,
    session_desk,
    trail_pages,
    worker_help,
)
REGISTRAR_PAGES = (
    registrar,
    access_pages,
    archive_pages,
    audit_pages,
    bureau_batches,
    committee_pages,
    credit_pages,
    holders_pages,
    inspection_desk,
    key_desk,
    ledger_pages,
    people_pages,
    published_pages,
    register_desk,
)
PAGES = (*ASSESSOR_PAGES, *REGISTRAR_PAGES)
APIS = (
    issuers_api,
    archive_api,
    batches_api,
    employers_api,
    holders_api,
    ledger_api,
    own_keys_api,
    registers_api,
)
COMMANDS = (assessor_commands, employer_commands, issue_command, revoke_command)


def prepare_issuers(issuers: Issuers, batches: BatchDesk) -> None:
    """Indexes; does nothing where they are."""
    issuers.assessors.prepare()
    issuers.employers.prepare()
    issuers.account_desk.prepare()
    issuers.accreditations.cases.prepare()
    issuers.many.changes.prepare_indexes()
    issuers.notices.prepare()
    issuers.offers.prepare()
    issuers.own_keys.prepare()
    issuers.refusals.prepare()
    batches.batches.prepare()
    BatchOverview(batches.registry.database).prepare()
