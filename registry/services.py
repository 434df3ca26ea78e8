"""The registry's parts, put together once by the composition root and found again in a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask import current_app
from pymongo.database import Database

from keys.pair import PrivateKey
from keys.vault import Vault
from registry.archive.desk import ArchiveDesk, open_archive_desk
from registry.audit.acts import Acts
from registry.audit.trail import Trail
from registry.cache import ShortMemory
from registry.keyrings import Keyrings
from registry.record import Record
from registry.searching import Searching
from registry.settings import Settings
from registry.status_pool import StatusPool
from registry.status_publisher import StatusPublisher

EXTENSION = "skills-registry"


@dataclass(frozen=True)
class Registry:
    """What every room may use: settings, clock, vault, the record and the keys."""

    settings: Settings
    clock: Callable[[], datetime]
    vault: Vault
    database: Database[dict[str, Any]]
    record: Record
    keyrings: Keyrings
    signing_key: ShortMemory[str, tuple[str, PrivateKey]]
    status_pool: StatusPool
    status_lists: StatusPublisher
    archive_desk: ArchiveDesk
    acts: Acts
    searching: Searching
    trail: Trail


def open_registry(
    settings: Settings, database: Database[dict[str, Any]], vault: Vault, clock: Callable[[], datetime]
) -> Registry:
    """The registry on a database. Touches nothing yet: no index is made, nothing is read."""
    record, keyrings = Record(database), Keyrings(database, vault)
    signing_key = ShortMemory(keyrings.signing_key)
    pool = StatusPool(database["status_pools"])
    publisher = StatusPublisher(record, pool, signing_key, clock, settings.origin)
    desk = open_archive_desk(database, vault, record, clock)
    return Registry(
        settings,
        clock,
        vault,
        database,
        record,
        keyrings,
        signing_key,
        pool,
        publisher,
        desk,
        Acts(database),
        Searching(database),
        Trail(database),
    )


def registry() -> Registry:
    """The registry of the current application."""
    return cast("Registry", current_app.extensions[EXTENSION])
