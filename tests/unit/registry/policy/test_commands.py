"""`skills-registry policy`: check, show, explain."""

import pytest
from click.testing import CliRunner

from registry.policy.commands import policy_commands


def run(*arguments):
    return CliRunner().invoke(policy_commands, list(arguments))


def test_check_names_every_document():
    done = run("check")
    assert done.exit_code == 0
    assert "zhejiang-2021-golden-blue" in done.output
    assert "nothing was edited" in done.output


def test_show_gives_the_clause_the_quotation_and_the_figures():
    done = run("show", "zj-01", "--on", "2022-05-01")
    assert "三(三)" in done.output
    assert "高級工500元/月" in done.output
    assert "level = 1  amount = 1200" in done.output


def test_show_outside_its_days_finds_none():
    assert run("show", "ZJ-01", "--on", "2020-01-01").exit_code == 3


def test_show_searches_other_words():
    assert "ZJ-01" in run("show", "津贴").output
    assert run("show", "nowhere to be found").exit_code == 3


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("1", ("1200", "高級技師1200元/月", "Senior technician: 1200 yuan a month")),
        ("5", ("没有", "states nothing")),
    ],
)
def test_explain_answers_in_both_languages_with_its_steps(level, told):
    done = run("explain", "--level", level, "--region", "330000", "--on", "2022-05-01")
    assert done.exit_code == 0
    assert all(words in done.output for words in told)


def test_explain_says_from_when_a_title_may_be_applied_for():
    done = run("explain", "--level", "1", "--on", "2022-05-01", "--held-since", "2020-03-01")
    assert "2024年3月1日" in done.output
