"""The rule sets as JSON, and search in either script."""

import json
from datetime import date

import pytest

from keys.errors import Refused
from registry.policy.loading import load_policies
from registry.policy.publishing import document_digest, policies_document, policy_document, search_rules
from registry.problems import find_problem

POLICIES = load_policies()


def test_every_document_is_listed():
    listed = policies_document(POLICIES)
    assert [each["id"] for each in listed] == [document.id for document in POLICIES.documents]
    assert json.loads(json.dumps(listed)) == listed


def test_the_documents_in_force_in_a_place_on_a_day():
    def ids(on):
        return [each["id"] for each in policies_document(POLICIES, region="150102", on=on)]

    assert ids(date(2020, 6, 1)) == ["hohhot-2019-32", "inner-mongolia-2007-4", "national-2018-title"]
    assert "hohhot-2019-32" not in ids(date(2021, 10, 4))


def test_one_document_with_its_rules():
    document = policy_document(POLICIES, "zhejiang-2021-golden-blue")
    assert len(document["rules"]) == 23
    assert document["region"] == {"code": "330000", "zh": "浙江省", "en": "Zhejiang"}
    first = document["rules"][0]
    assert (first["rule"], first["strength"], first["rows"][0]["amount"]) == ("ZJ-01", "encouraged", 500)
    assert next(rule for rule in document["rules"] if rule["rule"] == "ZJ-13")["figures"] == {
        "minimum_ratio": 1.2
    }
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize("name", ["nowhere", "../etc", "王小明"])
def test_an_unknown_document_is_refused_without_repeating_odd_words(name):
    with pytest.raises(Refused) as refused:
        policy_document(POLICIES, name)
    assert refused.value.code == "policy.unknown"
    assert refused.value.params["id"] in ("nowhere", "?")
    assert find_problem("policy.unknown").status == 404


@pytest.mark.parametrize("text", ["技能津贴", "技能津貼", "Guideline monthly", "zj-01"])
def test_search_finds_either_script(text):
    assert "ZJ-01" in [rule.id for rule in search_rules(POLICIES, text)]


def test_each_document_has_its_own_digest():
    digests = {document_digest(POLICIES, document.id) for document in POLICIES.documents}
    assert len(digests) == len(POLICIES.documents)
