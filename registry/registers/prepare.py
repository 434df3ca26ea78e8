"""Indexes of the registers and the statistics; does nothing where they are."""

from __future__ import annotations

from typing import Any

from pymongo.database import Database

from keys.vault import Vault
from registry.registers.rows import RowLog
from registry.statistics.uploads import Uploads


def prepare_registers(database: Database[dict[str, Any]], vault: Vault) -> None:
    """Make the indexes of rows and uploads."""
    RowLog(database).prepare()
    Uploads(database, vault).prepare()
