"""A kept check of employment access, for tests of who sees it and of how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wsgi import Services


def check_access(services: Services, holder: Mapping[str, Any], owner: str) -> str:
    """Check a person as an employer does, for ``owner``; the id of what is kept."""
    desk = services.workers.archives
    kept, _ = desk.check_access(
        desk.person(holder["id_type"], holder["id_number"], holder["name"]),
        occupation="6-31-01-03",
        region="330106",
        on=desk.today,
        checker="employer",
        checked_by="示例公司",
        owner=owner,
    )
    return kept.id
