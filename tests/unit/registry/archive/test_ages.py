"""No public archive for minors."""

from datetime import date

import pytest

from registry.archive.ages import is_child, may_be_public


@pytest.mark.parametrize(
    ("born", "on", "public", "child"),
    [
        (date(2008, 11, 22), date(2026, 11, 21), False, False),
        (date(2008, 11, 22), date(2026, 11, 22), True, False),
        (date(2012, 11, 23), date(2026, 11, 22), False, True),
        (date(2012, 11, 22), date(2026, 11, 22), False, False),
        (date(2008, 2, 29), date(2026, 2, 28), False, False),
        (date(2008, 2, 29), date(2026, 3, 1), True, False),
        (None, date(2026, 11, 22), False, False),
    ],
)
def test_ages(born, on, public, child):
    assert may_be_public(born, on) is public
    assert is_child(born, on) is child
