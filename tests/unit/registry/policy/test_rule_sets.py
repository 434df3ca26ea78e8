"""The rule sets themselves: complete, verbatim in their figures, and sayable in both languages."""

import re
from collections import Counter
from decimal import Decimal

import pytest

from registry.folding import fold
from registry.levels import find_level
from registry.policy import wording
from registry.policy.loading import load_policies

RULES = load_policies().rules
COUNTS = {"HH": 27, "DG": 18, "ZJ": 23, "NM": 24, "JL": 17}
NUMERALS = {1: "一", 2: "两二", 3: "三", 4: "四"}
SUSPECT = ("166万", "35万人", "工资总额的15%", "按25%")


def stands_in(name, value, quote):
    """Whether the figure ``name`` = ``value`` is written in the folded quotation."""
    plain = re.sub(r"\s", "", fold(quote))
    if name == "minimum_ratio":
        return f"{value}∶1" in plain or f"{value}:1" in plain
    tail = "%" if "percent" in name else "元" if name == "amount" else "(?![0-9.%])"
    ten_thousands = (Decimal(value) / 10000).normalize()
    forms = [f"{value}{tail}", f"{ten_thousands:f}万{'元' if name == 'amount' else ''}"]
    if value in NUMERALS and "percent" not in name and name != "amount":
        forms.append(f"[{NUMERALS[value]}][年类次人个]")
    return any(re.search(f"(?<![0-9.]){form}", plain) for form in forms)


def figures_of(rule):
    yield from rule.figures.items()
    for row in rule.rows:
        yield from ((name, value) for name, value in row.items() if isinstance(value, int))


def test_every_rule_of_the_five_documents_is_there():
    found = Counter(rule.id.split("-")[0] for rule in RULES if rule.grade == "seed")
    assert found == COUNTS
    assert all(
        f"{prefix}-{n:02}" in {rule.id for rule in RULES}
        for prefix in COUNTS
        for n in range(1, COUNTS[prefix] + 1)
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_figure_stands_in_the_quotation_beside_it(rule):
    assert [figure for figure in figures_of(rule) if not stands_in(*figure, rule.quote)] == []


def test_a_wrong_figure_would_be_found():
    quote = load_policies().find("ZJ-01").quote
    assert stands_in("amount", 500, quote)
    assert not stands_in("amount", 50, quote)
    assert not stands_in("amount", 5000, quote)
    assert not stands_in("amount", 600, quote)


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.kind in ("allowance", "title")], ids=lambda rule: rule.id
)
def test_every_level_of_a_table_is_named_in_the_quotation(rule):
    plain = fold(rule.quote)
    for row in rule.rows:
        name = find_level(row["level"]).zh
        written = f"{name}{row['amount']}元/月" if "amount" in row else name
        assert written in plain


def test_suspect_figures_of_the_2007_document_are_carried_nowhere():
    told = [rule for rule in RULES if rule.document.id == "inner-mongolia-2007-4"]
    assert [rule.id for rule in told for figure in SUSPECT if figure in rule.quote] == []


def test_nothing_unverified_is_a_rule():
    assert [rule.id for rule in RULES if rule.grade == "G"] == []


@pytest.mark.parametrize("name", ["payee", "purpose", "when", "subsidies"])
def test_every_code_has_words(name):
    lists = {"payee": "payee", "purpose": "purpose", "when": "when", "subsidies": "subsidy"}
    for rule in RULES:
        if rule.kind in ("subsidy", "education", "title"):
            assert wording.join(lists[name], rule.words.get(name, ())).en is not None


def test_every_row_code_has_words():
    for rule in RULES:
        for row in rule.rows:
            if rule.kind == "title":
                assert wording.word("title", row["title"]).zh
            if rule.kind == "education":
                assert wording.word("when", row["when"]).zh
                assert wording.word("treated_as", row["treated_as"]).zh
