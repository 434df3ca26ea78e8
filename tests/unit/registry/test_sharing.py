"""Shares without a database: the choices, the states, the kind of browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from registry.selective import DIGESTS
from registry.sharing.browsers import _BROWSERS, _SYSTEMS, LONGEST_READ, browser_family, is_preview
from registry.sharing.presets import LONGEST, MOST_VIEWS, VIEWS, check_choice, lives, presets
from registry.sharing.shares import Share, ShareState
from registry.tables import read_table

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CLAIMS = {row["id"] for row in read_table("selective_claims")["claim"]}


def test_each_choice_shows_more_than_the_one_before():
    chosen = [preset.claims for preset in presets().values()]
    assert list(presets()) == ["level", "occupation", "name", "full"]
    assert all(few < more for few, more in pairwise(chosen))
    assert chosen[-1] == CLAIMS
    assert len(CLAIMS) < DIGESTS


def test_the_name_and_the_way_to_the_certificate_are_hidden_by_less():
    shown = {name: preset.claims for name, preset in presets().items()}
    assert not {"holder_name", "holder_id", "certificate"} & shown["occupation"]
    assert not {"holder_id", "certificate"} & shown["name"]


def test_what_is_offered_is_allowed():
    for life in lives():
        for views in VIEWS:
            assert check_choice("level", "应聘", life.hours, views) == "应聘"


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (("all", "x", 1, 1), "share.preset"),
        (("level", "  ", 1, 1), "share.purpose"),
        (("level", "x" * 61, 1, 1), "share.purpose"),
        (("level", "x\u202ey", 1, 1), "share.purpose"),
        (("level", "x", 0, 1), "share.life"),
        (("level", "x", -1, 1), "share.life"),
        (("level", "x", int(LONGEST.total_seconds() // 3600) + 1, 1), "share.life"),
        (("level", "x", 10**30, 1), "share.life"),
        (("level", "x", 1, 0), "share.views"),
        (("level", "x", 1, MOST_VIEWS + 1), "share.views"),
    ],
)
def test_what_is_beyond_the_bounds_is_refused(choice, code):
    with pytest.raises(Refused) as caught:
        check_choice(*choice)
    assert caught.value.code == code


def share(**changes):
    made = {"id": "i", "archive": "a", "code": "c", "preset": "level", "purpose": "p", "made_at": NOW}
    return Share(**made | {"expires_at": NOW + timedelta(hours=1), "views_allowed": 2} | changes)


@pytest.mark.parametrize(
    ("changes", "later", "state"),
    [
        ({}, 0, "open"),
        ({}, 60, "expired"),
        ({"views": 1}, 59, "open"),
        ({"views": 2}, 0, "used_up"),
        ({"withdrawn_at": NOW, "views": 2}, 99, "withdrawn"),
    ],
)
def test_what_became_of_it(changes, later, state):
    assert share(**changes).state(NOW + timedelta(minutes=later)) is ShareState(state)


@pytest.mark.parametrize(
    ("line", "family"),
    [
        (
            "Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/537.36 MicroMessenger/8.0",
            "WeChat, Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) HuaweiBrowser/5.1", "Huawei, HarmonyOS"),
        ("curl/8.5", ""),
        ("", ""),
    ],
)
def test_the_kind_of_browser(line, family):
    assert browser_family(line) == family


@given(st.text(max_size=2 * LONGEST_READ))
def test_of_what_a_browser_says_nothing_else_is_kept(line):
    known = {name for _, name in (*_BROWSERS, *_SYSTEMS)}
    assert set(filter(None, browser_family(line).split(", "))) <= known


def test_programs_that_draw_a_preview_are_told_apart():
    assert is_preview("Mozilla/5.0 (compatible; Googlebot/2.1)")
    assert not is_preview("Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile MicroMessenger/8.0")
