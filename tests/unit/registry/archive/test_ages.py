"""No public archive for minors."""

from datetime import date

import pytest

from registry.archive.ages import may_be_public


@pytest.mark.parametrize(
    ("born", "on", "public"),
    [
        (date(2008, 11, 22), date(2026, 11, 21), False),
        (date(2008, 11, 22), date(2026, 11, 22), True),
        (date(2008, 2, 29), date(2026, 2, 28), False),
        (date(2008, 2, 29), date(2026, 3, 1), True),
        (None, date(2026, 11, 22), False),
    ],
)
def test_ages(born, on, public):
    assert may_be_public(born, on) is public
