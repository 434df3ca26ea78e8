"""Whether passkeys work on the page that is asked for, and else where they do."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from registry.services import registry
from registry.workers.desk import workers


def passkeys_work_here() -> bool:
    """Whether this page stands at the address under which the site's passkeys work."""
    site = workers().passkeys.site
    # a proxy may ask by another name: only on one's own machine the same page has two addresses
    return site == registry().settings.origin or (site is not None and request.host == urlsplit(site).netloc)


def find_passkey_page(path: str) -> str | None:
    """The same page where passkeys work; None where they work here, or nowhere."""
    site = workers().passkeys.site
    return None if site is None or passkeys_work_here() else site + path
