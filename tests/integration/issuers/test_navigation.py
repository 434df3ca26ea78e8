"""Every link of the bar opens for everybody who sees it."""

from __future__ import annotations

import pytest
from flask import url_for

from issuers.navigation import menus
from issuers.roles import Role


@pytest.mark.parametrize("role", [Role.SIGNER, Role.CLERK, Role.REGISTRAR, Role.INSPECTOR])
def test_what_the_bar_offers_opens(house, role):
    owner = "registry" if role in (Role.REGISTRAR, Role.INSPECTOR) else house.association
    house.make_account("somebody", owner, role)
    client = house.client()
    house.enter(client, "somebody")
    with house.app.test_request_context():
        paths = [url_for(link.endpoint) for menu in menus(role) for link in menu.links]
    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)
