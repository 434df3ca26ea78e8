"""The console's bar: everybody sees their own pages, once, in order."""

from __future__ import annotations

import pytest

from issuers.navigation import GROUPS, LINKS, Link, menus
from issuers.roles import BUREAU, Role

CONSOLE = [role for role in Role if role is not Role.EMPLOYER]


@pytest.mark.parametrize("role", CONSOLE)
def test_a_role_sees_each_of_its_links_once_and_no_other(role: Role) -> None:
    shown = [link for menu in menus(role) for link in menu.links]
    assert sorted(shown, key=LINKS.index) == [link for link in LINKS if role in link.roles]
    assert shown


def test_a_group_stands_where_its_first_link_does() -> None:
    one, two, three = (Link(f"a.{n}", n, BUREAU, group) for n, group in enumerate(("people", "", "people")))
    assert [menu.links for menu in menus(Role.INSPECTOR, (one, two, three))] == [(one, three), (two,)]


def test_a_group_of_one_link_is_called_as_the_link() -> None:
    link = Link("a.b", "Archives", BUREAU, "people")
    assert menus(Role.REGISTRAR, [link])[0].label == "Archives"
    assert menus(Role.REGISTRAR, [link, link])[0].label is GROUPS["people"]


def test_a_link_is_at_its_endpoint_and_at_those_that_belong_to_it() -> None:
    link = Link("a.list", "A", BUREAU, also=("a.one", "b"))
    assert [link.is_at(endpoint) for endpoint in ("a.list", "a.one", "b.any", "a.other", "c.list")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_every_group_is_named() -> None:
    assert {link.group for link in LINKS if link.group} == set(GROUPS)
