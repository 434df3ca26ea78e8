"""The console's navigation: one list of links for everybody, each naming the roles that may follow it.

A link of no group stands in the bar itself; links of a group share one menu there, shown as a plain link where a role
sees only one of them. Whoever adds a page adds its row here, in the order of the reader's day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from issuers.roles import ASSESSOR, BUREAU, Role


@dataclass(frozen=True)
class Link:
    """One page to go to. ``also`` names further endpoints, or whole blueprints, that belong to it."""

    endpoint: str
    label: Any  # a lazy text: read in the language of the request
    roles: tuple[Role, ...]
    group: str = ""
    also: tuple[str, ...] = ()

    def is_at(self, endpoint: str) -> bool:
        """Whether a page of that endpoint belongs to the link."""
        return endpoint == self.endpoint or endpoint in self.also or endpoint.partition(".")[0] in self.also


@dataclass(frozen=True)
class Menu:
    """What stands in the bar: one link, or several under a name. ``name`` is a key of `GROUPS`, "" without one."""

    name: str
    links: tuple[Link, ...]

    @property
    def label(self) -> Any:
        """The name of the menu, or of its one link."""
        return GROUPS[self.name] if len(self.links) > 1 else self.links[0].label

    def is_at(self, endpoint: str) -> bool:
        """Whether a page of that endpoint belongs to one of its links."""
        return any(link.is_at(endpoint) for link in self.links)


GROUPS: dict[str, Any] = {
    "house": _("Our body"),
    "people": _("People"),
    "supervision": _("Supervision"),
}

LINKS = (
    Link("employer.home", _("Check a list"), (Role.EMPLOYER,)),
    Link("employer_access.form", _("Employment access"), (Role.EMPLOYER,), also=("employer_access",)),
    Link("watch.home", _("Watch list"), (Role.EMPLOYER,)),
    Link("issuers.console", _("Overview"), ASSESSOR),
    Link("registrar.home", _("Overview"), BUREAU),
    Link("certificates.search", _("Certificates"), (*ASSESSOR, *BUREAU), also=("certificates", "reissues")),
    Link("issuers.issue", _("Issue"), ASSESSOR, also=("issuers.preview", "issuers.confirm")),
    Link("batches.home", _("Batches"), ASSESSOR, also=("batches", "batch_results")),
    Link("many.home", _("Changes of many"), (*ASSESSOR, Role.REGISTRAR), also=("many",)),
    Link("accreditations.home", _("Accreditations"), ASSESSOR, "house", also=("accreditations",)),
    Link("own_keys.home", _("Signing keys"), ASSESSOR, "house", also=("own_keys",)),
    Link("session_desk.sessions_page", _("Trainings"), ASSESSOR, "house", also=("session_desk",)),
    Link("helping.help_desk", _("For workers"), ASSESSOR, "house", also=("helping",)),
    Link("trail.own_trail", _("Trail of acts"), ASSESSOR, "house"),
    Link("notices.home", _("Notices"), ASSESSOR, also=("notices",)),
    Link("committee.home", _("Accreditations"), BUREAU, also=("committee",)),
    Link(
        "archives.search",
        _("Archives"),
        BUREAU,
        "people",
        also=("archives", "credits", "ledgers.claim", "ledgers.decide", "ledgers.line", "ledgers.change"),
    ),
    Link("holders.holders", _("Holders"), BUREAU, "people"),
    Link("helping.help_desk", _("For workers"), (Role.REGISTRAR,), "people", also=("helping",)),
    Link("access.form", _("Employment access"), BUREAU, "people", also=("access",)),
    Link("published.table", _("Published tables"), BUREAU, "people", also=("published",)),
    Link(
        "register_desk.directories_page",
        _("Directories"),
        BUREAU,
        "supervision",
        also=("register_desk.directory_page",),
    ),
    Link("key_desk.home", _("Assessors' own keys"), BUREAU, "supervision", also=("key_desk",)),
    Link("register_desk.integrity_page", _("Integrity files"), BUREAU, "supervision"),
    Link("inspection_desk.inspections_page", _("Inspections"), BUREAU, "supervision"),
    Link("bureau_batches.home", _("Batches"), BUREAU, "supervision", also=("bureau_batches",)),
    Link("inspection_desk.uploads_page", _("National system"), BUREAU, "supervision"),
    Link("trail.trail", _("Trail of acts"), BUREAU, "supervision"),
    Link("accounts.accounts", _("Accounts"), BUREAU, "supervision", also=("accounts",)),
    Link("account.home", _("My account"), tuple(Role), also=("account",)),
)


def menus(role: Role, links: Iterable[Link] = LINKS) -> list[Menu]:
    """The bar of a role, in the order of ``links``; a group stands where its first link does."""
    bar: list[list[Link]] = []
    places: dict[str, list[Link]] = {}
    for link in links:
        if role not in link.roles:
            continue
        if link.group in places:
            places[link.group].append(link)
            continue
        bar.append([link])
        if link.group:
            places[link.group] = bar[-1]
    return [Menu(found[0].group, tuple(found)) for found in bar]
