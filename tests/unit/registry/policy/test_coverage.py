"""docs/rules.md is current, and what it says of functions and tests is true."""

import importlib
import re
from pathlib import Path

import pytest

from registry.policy.coverage import coverage_table
from registry.policy.loading import load_policies

HOUSE = Path(__file__).parents[4]
POLICIES = load_policies()
SEEDS = [rule for rule in POLICIES.rules if rule.document.grade == "seed"]
COMPUTED = [rule for rule in POLICIES.rules if rule.coverage.status == "computed"]


def test_the_table_is_current():
    assert (HOUSE / "docs" / "rules.md").read_text("utf-8") == coverage_table(POLICIES)


def test_every_rule_of_the_five_documents_has_one_row():
    ids = re.findall(r"^\| ((?:HH|DG|ZJ|NM|JL)-\d\d) \|", coverage_table(POLICIES), re.MULTILINE)
    assert len(ids) == len(set(ids)) == 109


def test_at_most_a_quarter_is_out_of_scope_and_each_says_why():
    outside = [rule for rule in SEEDS if rule.coverage.status == "out_of_scope"]
    assert len(outside) * 4 <= len(SEEDS)
    assert all(len(rule.coverage.reason) > 20 for rule in outside)


@pytest.mark.parametrize("rule", COMPUTED, ids=lambda rule: rule.id)
def test_a_computed_rule_names_a_function_and_a_test_that_exist(rule):
    found = rule.coverage.function.split(".")
    module = importlib.import_module(".".join(found[:3]))
    target = module
    for name in found[3:]:
        target = getattr(target, name)
    assert callable(target)
    path, name = rule.coverage.test.split("::")
    assert re.search(rf"^def {name}\(", (HOUSE / path).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("rule", COMPUTED, ids=lambda rule: rule.id)
def test_the_named_function_or_test_knows_the_rule(rule):
    """The id stands in the module that answers or in the named test's file, so that a reader finds it."""
    module = Path(importlib.import_module(".".join(rule.coverage.function.split(".")[:3])).__file__)
    texts = module.read_text("utf-8") + (HOUSE / rule.coverage.test.split("::")[0]).read_text("utf-8")
    assert rule.id in texts


def find(name):
    """The module or the member of a module called ``name``; fails when there is none."""
    module, _, member = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), member)
    except AttributeError:
        return importlib.import_module(name)


@pytest.mark.parametrize("name", sorted({rule.coverage.holder for rule in SEEDS} - {""}))
def test_a_named_holder_exists(name):
    assert find(name)


@pytest.mark.parametrize("rule", SEEDS, ids=lambda rule: rule.id)
def test_what_is_not_computed_says_where_it_is_held(rule):
    assert rule.coverage.status == "computed" or rule.coverage.reason
