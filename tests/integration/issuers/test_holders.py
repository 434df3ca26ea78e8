"""Holders by region: the highly skilled, and preparatory technicians who may apply."""

from dataclasses import replace
from datetime import date

import pytest

from issuers.accreditation import Accreditation
from registry.keyrings import REGISTRY
from registry.places import within


@pytest.fixture
def registrar(house):
    token = house.issuers.assessors.new_token(REGISTRY, label="test", at=house.clock())
    return {"Authorization": f"Bearer {token}"}


def ask(house, registrar, name, **query):
    answer = house.client().get(f"/api/v1/holders/{name}", headers=registrar, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


@pytest.mark.parametrize(
    ("region", "beginning"), [("330000", "33"), ("330100", "3301"), ("330106", "330106"), ("000000", "")]
)
def test_a_region_holds_the_codes_that_begin_like_it(region, beginning):
    assert within(region) == beginning


def test_the_highly_skilled_of_a_region_are_listed_masked(house, registrar, make_body):
    house.issued(make_body(person=1, level="3"))
    house.issued(make_body(person=2, level="4"))
    house.issued(make_body(person=3, level="1"), assessor=house.enterprise)
    found = ask(house, registrar, "highly-skilled", region="330000")["holders"]
    assert [(one["level"]["id"], one["holder"]["name"]) for one in found] == [("3", "欧**验")]
    assert len(ask(house, registrar, "highly-skilled")["holders"]) == 2
    assert ask(house, registrar, "highly-skilled", region="150000")["holders"] == []


def test_only_registrars_see_them(house):
    assert house.client().get("/api/v1/holders/candidates").status_code == 401
    assert house.client().get("/api/v1/holders/candidates", headers=house.headers()).status_code == 403


def test_a_preparatory_technician_lacks_posts_at_first(house, registrar, make_body):
    held = Accreditation(
        "P-1",
        "preparatory_technician",
        frozenset({("6-31-01-03", "2022")}),
        frozenset(),
        "330000",
        date(2026, 1, 1),
        date(2028, 1, 1),
        "示例认定委〔2026〕9号",
    )
    house.issuers.assessors.accredit(house.association, replace(held))
    house.forget()
    house.issued(make_body(person=5, kind="preparatory_technician", level=...))
    (found,) = ask(house, registrar, "candidates", region="330000")["holders"]
    assert (found["may_apply"], found["kind"]["id"]) == (False, "preparatory_technician")
    assert found["missing"]
