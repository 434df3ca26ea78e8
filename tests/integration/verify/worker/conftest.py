"""A worker's browser: claims, signs in and asks, as a phone would."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.integration.conftest import House, make_body, make_number

PASSWORD = "fuenf voegel auf dem dach"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
TICKET = re.compile(r'name="ticket" value="([^"]+)"')


@dataclass
class Phone:
    """One browser with its cookies."""

    client: FlaskClient
    house: House
    person: int = 0
    name: str = "欧阳试验"
    last: Any = field(default=None, repr=False)

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, page: str | None = None, **fields: str) -> Any:
        """Send a form of ``page`` (by default the page itself), with its token."""
        token = TOKEN.search(self.client.get(page or "/me/sign-in").text or "")
        if token is None:
            token = TOKEN.search(self.client.get("/display").text)
        assert token is not None
        return self.client.post(path, data={"csrf_token": token[1], **fields})

    def show(self, link: str, **changes: str) -> Any:
        """Type name and number at a link."""
        shown = {"name": self.name, "id_type": "resident_id", "id_number": make_number(self.person)}
        return self.post(link, page=link, **shown | changes)

    def claim(self, link: str, password: str = PASSWORD) -> Any:
        """Claim with a password; the answer to the last form."""
        shown = self.show(link)
        ticket = TICKET.search(shown.text)
        assert ticket is not None, shown.text
        return self.post(f"{link}/password", page=link, ticket=ticket[1], password=password, again=password)

    def sign_in(self, who: str, password: str = PASSWORD) -> Any:
        return self.post("/me/sign-in", who=who, password=password)


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


@pytest.fixture
def phone(house: House) -> Phone:
    """The phone of somebody without an account."""
    return Phone(house.client(), house)


@pytest.fixture
def issued(house: House) -> dict[str, Any]:
    """Their certificate."""
    return house.issued()


@pytest.fixture
def link(issued: dict[str, Any]) -> str:
    """The path of their claim link."""
    return path_of(issued["links"]["claim"])


def claimed(house: House, person: int, **changes: Any) -> tuple[Phone, dict[str, Any]]:
    """A worker with an account, and their certificate."""
    certificate = house.issued(make_body(person=person, **changes))
    phone = Phone(house.client(), house, person)
    answer = phone.claim(path_of(certificate["links"]["claim"]))
    assert answer.status_code == 302, answer.text
    return phone, certificate
