"""The operations page names every setting with its default, and no other."""

import re
from pathlib import Path

from registry.settings import describe_settings

PAGE = Path(__file__).parents[3] / "docs" / "operations.md"


def test_the_page_lists_exactly_the_settings_that_exist():
    listed = re.findall(r"^\| `([A-Z_]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert listed == [name for name, *_ in describe_settings()]


def test_the_page_gives_the_defaults_that_hold():
    text = PAGE.read_text("utf-8")
    for name, default, _, secret in describe_settings():
        assert not (secret and default)
        if default:
            assert f"| `{name}` | `{default}` |" in text
