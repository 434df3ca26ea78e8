"""A ticket opens what it was made for, for a time."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from keys.errors import Refused
from keys.vault import Vault
from registry.workers.tickets import TICKET_LIFE, Ticket, open_ticket, seal_ticket

VAULT, NOW = Vault(bytes(32)), datetime(2026, 11, 22, 4, tzinfo=UTC)
TICKET = Ticket("claim", "token", "archive", "account", NOW + TICKET_LIFE)


def test_a_ticket_comes_back_whole_and_tells_nothing():
    text = seal_ticket(VAULT, TICKET)
    assert open_ticket(VAULT, text, "claim", "token", at=NOW) == TICKET
    assert "archive" not in text
    assert "token" not in repr(TICKET)


@pytest.mark.parametrize(("way", "token"), [("recovery", "token"), ("claim", "other")])
def test_a_ticket_is_of_one_link_and_one_way(way, token):
    with pytest.raises(Refused, match=r"worker\.ticket"):
        open_ticket(VAULT, seal_ticket(VAULT, TICKET), way, token, at=NOW)


@pytest.mark.parametrize("text", ["", "x", "号", "A" * 400, "A" * 5000])
def test_what_is_not_ours_is_no_ticket(text):
    with pytest.raises(Refused, match=r"worker\.ticket"):
        open_ticket(VAULT, text, "claim", "token", at=NOW)


def test_a_ticket_ends_and_one_of_another_key_is_none():
    late = seal_ticket(VAULT, replace(TICKET, until=NOW))
    with pytest.raises(Refused, match=r"worker\.ticket"):
        open_ticket(VAULT, late, "claim", "token", at=NOW)
    with pytest.raises(Refused, match=r"worker\.ticket"):
        open_ticket(Vault(b"\1" * 32), seal_ticket(VAULT, TICKET), "claim", "token", at=NOW)
