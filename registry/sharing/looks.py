"""Every look at what a worker shared: those at links lie with the links, the others with the worker's desk."""

from __future__ import annotations

from registry.services import Registry
from registry.sharing.shares import Share, Shares
from registry.view import Json, describe_instant
from registry.workers.looks import SHOWN, Look, Looks


def shares_of(here: Registry, archives: tuple[str, ...]) -> list[Share]:
    """A person's links, newest first."""
    return Shares(here.database, here.vault).of_archive(archives)


def describe_own(share: Share) -> Json:
    """A link as its owner takes it along: everything kept of it but the looks, which stand with the others."""
    return {
        "certificate": share.code,
        "shows": share.preset,
        "purpose": share.purpose,
        "made_at": describe_instant(share.made_at),
        "expires_at": describe_instant(share.expires_at),
        "views": share.views,
        "views_allowed": share.views_allowed,
        "withdrawn_at": describe_instant(share.withdrawn_at) if share.withdrawn_at else None,
    }


def every_look(here: Registry, archives: tuple[str, ...]) -> list[Look]:
    """The newest looks; of a look at a link, ``subject`` is what the link is for and ``by`` the kind of browser."""
    shares = shares_of(here, archives)
    at_links = [
        Look(share.id, share.archive, "share", share.purpose, look.at, look.browser)
        for share in shares
        for look in share.looks
    ]
    both = [*Looks(here.database).of_archive(archives), *at_links]
    return sorted(both, key=lambda look: look.at, reverse=True)[:SHOWN]
