"""How long a session lives, and what is kept of a browser and an address."""

from datetime import UTC, datetime, timedelta

import pytest

from issuers.accounts.sessions import IDLE_LIFE, WHOLE_LIFE, is_alive, shorten_address, shorten_agent

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("begun", "seen", "alive"),
    [
        (timedelta(0), timedelta(0), True),
        (IDLE_LIFE, IDLE_LIFE, True),
        (IDLE_LIFE + SECOND, IDLE_LIFE + SECOND, False),
        (WHOLE_LIFE, timedelta(0), True),
        (WHOLE_LIFE + SECOND, timedelta(0), False),
    ],
)
def test_a_session_ends_idle_and_in_any_case(begun, seen, alive):
    assert is_alive(NOW - begun, NOW - seen, at=NOW) is alive


@pytest.mark.parametrize(
    ("agent", "short"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/131.0.0.0 Safari/537.36 Edg/131.0", "Chrome 131 · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox 130 · Linux"),
        ("", "? · ?"),
        ("x" * 5_000, "? · ?"),
    ],
)  # fmt: skip
def test_a_browser_in_a_few_words(agent, short):
    assert shorten_agent(agent) == short


@pytest.mark.parametrize(
    ("address", "short"),
    [("192.0.2.17", "192.0.2.…"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1::…"), ("", "?"), ("unix", "?")],
)
def test_an_address_loses_its_end(address, short):
    assert shorten_address(address) == short
