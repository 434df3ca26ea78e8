"""Days as readers write them, in every sentence of the catalogues that holds one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from string import Formatter

import pytest

from issuers.notices.kinds import kinds, write
from keys.errors import Refused
from registry.days import with_days_written, write_day, write_day_in_both
from registry.problems import catalogue, error_words

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def places(*texts: str) -> list[str]:
    return [name for text in texts for _, name, _, _ in Formatter().parse(text) if name]


def test_a_day_in_both_languages():
    assert write_day(date(2019, 5, 1), "zh") == "2019年5月1日"
    assert write_day_in_both(date(2019, 5, 1)) == {"zh": "2019年5月1日", "en": "1 May 2019"}


@pytest.mark.parametrize(
    ("given", "zh"),
    [
        ("2019-05-01", "2019年5月1日"),
        (date(2019, 5, 1), "2019年5月1日"),
        ("2019-02-30", "2019-02-30"),
        ("x 2019-05-01", "x 2019-05-01"),
        ("20190501", "20190501"),
        ("２０１９-05-01", "２０１９-05-01"),
        (20190501, 20190501),
        (datetime(2019, 5, 1, tzinfo=UTC), datetime(2019, 5, 1, tzinfo=UTC)),
    ],
)
def test_only_what_is_a_day_is_written_out(given, zh):
    assert with_days_written({"x": given}, "zh") == {"x": zh}


@pytest.mark.parametrize("code", sorted(code for code, row in catalogue().items() if places(row.zh, row.en)))
def test_no_refusal_tells_a_day_in_the_form_of_machines(code):
    row = catalogue()[code]
    names = places(row.zh, row.en, row.mend_zh, row.mend_en)
    words = error_words(Refused(code, **dict.fromkeys(names, "2019-05-01")))
    assert not ISO_DAY.search("".join(words.values()))
    assert "2019年5月1日" in words["zh"] + words["mend_zh"]
    assert "1 May 2019" in words["en"] + words["mend_en"]


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_no_notice_does_either(kind):
    words = write(kind, dict.fromkeys(kinds()[kind].facts, "2019-05-01"))
    assert not ISO_DAY.search(words.zh + words.en + words.text_zh + words.text_en)
