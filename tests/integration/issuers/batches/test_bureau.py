"""Batches as the bureau reads them: everybody's, who prepared and approved, counts and reasons, and no person."""

from __future__ import annotations

import pytest

from issuers.batches.overview import BatchOverview, Wanted
from issuers.batches.store import OPEN
from tests.integration.conftest import House, make_body, make_number
from tests.integration.issuers.batches.test_batches import desk, enter, line, make_list, post, prepared, work

__all__ = ["desk"]  # the fixture of another module


@pytest.fixture
def inspector(house: House):
    house.make_account("inspector", "registry", "inspector")
    client = house.client()
    house.enter(client, "inspector")
    return client


def test_an_empty_page_says_what_will_come(inspector):
    assert "No assessor has sent a list yet" in inspector.get("/registrar/batches?lang=en").text
    assert "No batch fits" in inspector.get("/registrar/batches?lang=en&state=ended").text
    assert inspector.get("/registrar/batches/none").status_code == 404


def test_who_prepared_and_approved_counts_and_reasons(house: House, desk, inspector):
    waiting = prepared(house, desk, make_list(2, line(2, level="9"), line(3, day="2031-01-01")))
    house.clock.advance(seconds=1)
    done = prepared(house, desk, make_list(12))
    house.issued(make_body(person=5))  # between check and approval, by somebody else
    signer = enter(house, "signer")
    assert post(signer, f"/console/batches/{done}/approval", confirm="yes").status_code == 303
    work(desk)
    page = inspector.get("/registrar/batches?lang=en").text
    assert page.index(done) < page.index(waiting)
    assert "signer" in page
    ended = inspector.get("/registrar/batches?lang=en&state=ended").text
    assert (done in ended, waiting in ended) == (True, False)
    assert waiting not in inspector.get(f"/registrar/batches?assessor={house.college}").text
    of_waiting = inspector.get(f"/registrar/batches/{waiting}?lang=en").text
    assert "nobody yet" in of_waiting
    assert of_waiting.count("<rect") == 2
    of_done = inspector.get(f"/registrar/batches/{done}?lang=en").text
    assert f"/registrar/trail?subject=batch:{done}" in of_done.replace("%3A", ":")
    for told in (page, ended, of_waiting, of_done):
        assert not any(one in told for one in ("欧阳", make_number(0), "名单.csv"))
    batch = desk.batches.find(done)
    assert BatchOverview(house.database).refusals(batch) == {"issue.already_held": 1}
    assert (batch["issued"], batch["failed"]) == (11, 1)


def test_pages_by_their_cursor(house: House):
    batches = house.services.batches.batches
    for n in range(5):
        batches.open(f"b{n}", f"S{n}", by="li", at=house.clock())
        house.clock.advance(seconds=n % 2)
    overview, seen, before = BatchOverview(house.database), [], ""
    while before is not None:
        found, before = overview.page(Wanted(states=OPEN), before=before, limit=2)
        seen += [one["_id"] for one in found]
    assert sorted(seen) == ["b0", "b1", "b2", "b3", "b4"]
    assert seen[-1] in ("b0", "b1")
