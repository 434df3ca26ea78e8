"""What the record hands to the roof: its pages, its commands, and the making of its indexes."""

from __future__ import annotations

from flask import Blueprint

from keys.did import did_web
from registry.audit.commands import audit_commands
from registry.bound_tokens import BoundTokens
from registry.commands import doctor_command, export_command, index_names_command, keys_commands
from registry.keyrings import REGISTRY
from registry.operations import operations
from registry.policy.commands import policy_commands
from registry.registers.prepare import prepare_registers
from registry.services import Registry
from registry.sharing.shares import Shares
from registry.statistics.commands import statistics_commands
from registry.wallets.offers import Offers
from registry.workers.desk import WorkerDesk

base = Blueprint(
    "registry", "registry", template_folder="templates", static_folder="static", static_url_path="/static"
)

PAGES = (base, operations)
COMMANDS = (
    audit_commands,
    doctor_command,
    export_command,
    index_names_command,
    keys_commands,
    policy_commands,
    statistics_commands,
)


def prepare_registry(registry: Registry, workers: WorkerDesk) -> None:
    """Indexes and the registry's own keys; does nothing where they are."""
    database, vault = registry.database, registry.vault
    registry.record.prepare()
    registry.archive_desk.prepare()
    registry.trail.prepare()
    workers.prepare()
    BoundTokens(database).prepare()
    Shares(database, vault).prepare()
    Offers(database, vault).prepare()
    prepare_registers(database, vault)
    registry.keyrings.create(REGISTRY, did_web(registry.settings.origin), at=registry.clock())
