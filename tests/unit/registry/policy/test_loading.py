"""Rule sets are read strictly, and a rule in force is never edited."""

import shutil
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from keys.errors import Refused
from registry.policy.loading import check_digests, digests_of, load_policies, read_policies
from registry.problems import find_problem

SHIPPED = Path(str(files("registry.policy") / "data"))
ZHEJIANG = "zhejiang-2021-golden-blue"


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(SHIPPED / ZHEJIANG, tmp_path / ZHEJIANG)
    return tmp_path


def edit(folder, old, new, name="rules.toml"):
    path = folder / ZHEJIANG / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('strength = "encouraged"', 'strength = "perhaps"', 6, "strength must be one of"),
        ('kind = "allowance"', 'kind = "allowence"', 7, "kind must be one of"),
        ('level = "3", amount = 500', 'level = "33", amount = 500', 9, "unknown level 33"),
        ("amount = 500", 'amount = "500"', 9, "amount must be a whole number"),
        ("amount = 500", "amount = 0", 9, "amount must be a whole number above zero"),
        ("amount = 500", "sum = 500", 9, "unknown column sum"),
        ('unit = "month"', 'unit = "week"', 9, "unknown unit week"),
        ('clause = "三(三)"\n', "", 1, "clause is missing"),
        ('level = "3", amount', "amount", 9, "a row lacks level"),
        ('strength = "encouraged"', 'strength = "encouraged"\ncolour = "red"', 7, "colour is unknown"),
        ('en = "Guideline monthly allowance by level"', 'en = ""', 5, "en must be a str, not empty"),
        ('payer = ["enterprise"]', 'payer = "enterprise"', 8, "payer must be a list of words"),
        ("figures = { per_year = 3 }\n", "", 26, "needs per_year"),
        ("per_year = 3", "per_years = 3", 27, "unknown figure per_years"),
        ("per_year = 3", "per_year = -3", 27, "per_year must be a number above zero"),
        ('id = "ZJ-02"', 'id = "ZJ-01"', 21, "comes twice"),
        ('id = "ZJ-01"', "id = ZJ-01", 2, "at line 2"),
    ],
)
def test_a_broken_rule_set_is_refused_with_file_line_and_reason(folder, old, new, line, reason):
    edit(folder, old, new)
    with pytest.raises(Refused) as refused:
        read_policies(folder)
    assert refused.value.code == "policy.broken"
    assert refused.value.params["file"] == f"{ZHEJIANG}/rules.toml"
    assert refused.value.params["line"] == line
    assert reason in refused.value.params["reason"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (f'id = "{ZHEJIANG}"', 'id = "zhejiang"', "name of its folder"),
        ('grade = "seed"', 'grade = "Z"', "grade must be one of"),
        ("from = 2021-03-29", 'from = "2021-03-29"', "from must be a date"),
        ("from = 2021-03-29", "from = 2021-03-29\nto = 2021-03-29", "to must come after from"),
    ],
)
def test_a_broken_document_is_refused(folder, old, new, reason):
    edit(folder, old, new, "document.toml")
    with pytest.raises(Refused) as refused:
        read_policies(folder)
    assert refused.value.params["file"] == f"{ZHEJIANG}/document.toml"
    assert reason in refused.value.params["reason"]


def test_a_missing_file_and_a_file_without_rules_are_refused(folder):
    (folder / ZHEJIANG / "rules.toml").write_text("rules = []", "utf-8")
    with pytest.raises(Refused, match=r"policy\.broken"):
        read_policies(folder)
    (folder / ZHEJIANG / "rules.toml").unlink()
    with pytest.raises(Refused, match="FileNotFoundError"):
        read_policies(folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("amount = 500", "amount = 550"),
        ("鼓勵企業建立", "企業應建立"),
        ('strength = "encouraged"', 'strength = "must"'),
    ],
)
def test_an_edited_rule_in_force_is_refused(folder, old, new):
    recorded = digests_of(read_policies(folder))
    edit(folder, old, new)
    with pytest.raises(Refused) as refused:
        check_digests(read_policies(folder), recorded)
    assert (refused.value.code, refused.value.params["rule"]) == (
        "policy.edited",
        f"{ZHEJIANG}/ZJ-01@2021-03-29",
    )


def test_an_edit_of_our_own_coverage_is_no_edit_of_the_rule(folder):
    recorded = digests_of(read_policies(folder))
    edit(folder, 'status = "computed"', 'status = "recorded"')
    check_digests(read_policies(folder), recorded)


def test_a_removed_rule_and_an_unrecorded_rule_are_refused(folder):
    recorded = digests_of(read_policies(folder))
    with pytest.raises(Refused, match=r"policy\.edited"):
        check_digests(read_policies(folder), {**recorded, "gone": "00"})
    recorded.popitem()
    with pytest.raises(Refused, match=r"policy\.edited"):
        check_digests(read_policies(folder), recorded)


def test_a_correction_is_a_new_row_that_ends_the_row_before_it(folder):
    path = folder / ZHEJIANG / "rules.toml"
    block = path.read_text("utf-8").split("\n\n")[0]
    before = digests_of(read_policies(folder))
    corrected = block.replace("amount = 500", "amount = 600").replace(
        'kind = "allowance"', 'kind = "allowance"\nfrom = 2027-01-01'
    )
    path.write_text(path.read_text("utf-8") + "\n" + corrected + "\n", "utf-8")
    policies = read_policies(folder)
    assert before.items() < digests_of(policies).items()
    for on, amount in ((date(2026, 12, 31), 500), (date(2027, 1, 1), 600)):
        rule = policies.nearest("allowance", region="330000", on=on)
        assert rule.row(level="3")["amount"] == amount
    assert policies.find("ZJ-01", date(2026, 12, 31)).window.until == date(2027, 1, 1)


def test_the_shipped_rule_sets_match_their_recorded_digests():
    assert len(load_policies().rules) >= 109


@pytest.mark.parametrize("code", ["policy.broken", "policy.edited"])
def test_each_refusal_has_its_words(code):
    assert find_problem(code).zh
