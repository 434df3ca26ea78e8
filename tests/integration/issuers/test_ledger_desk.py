"""The registrar's pages of the ledgers: published tables, credits, employment access. Through the whole service."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from registry.guesses import Limit
from registry.keyrings import REGISTRY

ELECTRICIAN = "6-31-01-03"
RATE = {"region": "330000", "kind": "skill_level", "level": "3", "amount": "1500", "from": "2026-01-01"}
COURSE = {"school": "示例技师学院", "programme": "电气", "course": "电工基础", "kind": "skill_level"}
COURSE |= {"occupation": ELECTRICIAN, "level": "3", "credits": "4", "from": "2026-01-01"}


@pytest.fixture
def office(house, make_body, make_number):
    """A registrar's browser, and a person with a level 3 certificate."""

    class Office:
        number = make_number(0)
        certificate = house.issued(make_body())["number"]

        def __init__(self):
            house.make_account("registrar", REGISTRY)
            self.client = house.client()
            house.enter(self.client, "registrar")

        def page(self, path):
            shown = self.client.get(path)
            assert shown.status_code == 200, path
            assert self.number not in shown.text
            return shown.text

        def send(self, path, *, form=None, **fields):
            """Open the page ``form`` (or ``path``) and send its form to ``path``."""
            token = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(form or path).text)[1]
            return self.client.post(path, data={"csrf_token": token, **fields})

        def archive(self):
            asked = {"holder.id_type": "resident_id", "holder.id_number": self.number, "holder.name": ""}
            return self.send("/registrar/archives/", **asked).headers["Location"]

    return Office()


def noted(house, name):
    return [act["after"] for act in house.database["acts"].find({"name": name})]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_page_shows_every_published_table(office, language):
    for path in (
        "/registrar/rates",
        *(f"/registrar/tables/{t}" for t in ("conversion_rules", "credit_tiers")),
    ):
        assert 'class="empty"' in office.page(f"{path}?lang={language}")
    moved = office.client.get("/registrar/tables/rates")
    assert moved.location.endswith("/registrar/rates")
    assert office.client.get("/registrar/tables/holders").status_code == 404


def test_rows_are_added_and_ended_on_the_page(office, house):
    assert office.send("/registrar/rates", source="示例公告", **RATE | {"amount": "many"}).status_code == 422
    assert (
        office.send("/registrar/rates", source="示例公告", **RATE | {"region": "999999"}).status_code == 422
    )
    assert office.send("/registrar/rates", source="示例公告", **RATE).status_code == 302
    assert office.send("/registrar/rates", source="again", **RATE).status_code == 409
    page = office.page("/registrar/rates")
    assert "1500" in page
    end = re.search(r'action="([^"]+/end)"', page)[1]
    too_early = {"from": RATE["from"], "source": "示例公告二"}
    assert office.send(end, form="/registrar/rates", **too_early).status_code == 422
    ended = office.send(end, form="/registrar/rates", **too_early | {"from": "2026-12-01"})
    assert ended.status_code == 302
    assert "/end" not in office.page("/registrar/rates")
    (row,) = house.registry.archive_desk.tables.rows("rates")
    assert row.window.until.isoformat() == "2026-12-01"
    assert [one["from"] for one in noted(house, "published.ended")] == ["2026-12-01"]


def test_credits_are_entered_and_converted_once(office, house):
    path = f"{office.archive()}/credits"
    assert "conversion_rules" in office.page(path)  # the empty state says where rules come from
    earned = {"result": office.certificate, "credits": "6", "rule": "示例规则"}
    assert office.send(f"{path}/earnings", form=path, **earned | {"credits": "0"}).status_code == 422
    assert office.send(f"{path}/earnings", form=path, **earned).status_code == 302
    assert office.send(f"{path}/earnings", form=path, **earned).status_code == 409
    office.send("/registrar/tables/conversion_rules", source="示例学院〔2026〕3号", **COURSE)
    rule = re.search(r'<option value="([^"]+)"[^>]*>示例技师学院', office.page(path))[1]
    asked = {"result": office.certificate, "conversion": rule}
    unknown = office.send(f"{path}/conversions", form=path, **asked | {"conversion": "none"})
    assert unknown.status_code == 422
    assert office.send(f"{path}/conversions", form=path, **asked).status_code == 302
    assert office.send(f"{path}/conversions", form=path, **asked).status_code == 409
    assert "电工基础" in office.page(path)
    assert noted(house, "credit.converted") == [{"course": "电工基础"}]
    tier = {"region": "330000", "name": "一档", "at_least": "10", "from": "2026-01-01"}
    assert office.send("/registrar/tables/credit_tiers", source="示例公告", **tier).status_code == 302
    assert "一档" in office.page(path)


LISTED = {"region": "150000", "occupation": ELECTRICIAN, "from": "2026-01-01"}
ASKED = {"holder.id_type": "resident_id", "occupation": ELECTRICIAN, "region": "150102", "on": "2026-11-22"}


def test_an_access_check_is_kept_shown_and_referred(office, house, make_number):
    path = "/registrar/access-checks"
    asked = ASKED | {"checker": "agency", "checked_by": "示例中介", "holder.id_number": make_number(7)}
    bad = office.send(path, **asked | {"occupation": "9-99-99-99"})
    assert bad.status_code == 422
    assert make_number(7) not in bad.text
    opened = office.send(path, **asked)
    assert "/referral" not in office.page(opened.location)  # not listed: open
    office.send("/registrar/tables/access_list", source="示例准入名单", **LISTED)
    missing = office.send(path, **asked).location
    page = office.page(missing)
    assert "职业介绍机构不得介绍就业" in page
    assert "示例准入名单" in page
    assert missing.rpartition("/")[2] in page
    referral = {"employer": "示例公司", "found_on": "2026-11-22", "note": "已上岗"}
    incomplete = office.send(f"{missing}/referral", form=missing, employer="示例公司")
    assert incomplete.status_code == 422
    assert office.send(f"{missing}/referral", form=missing, **referral).status_code == 302
    assert "已上岗" in office.page(missing)
    refused = office.send(f"{opened.location}/referral", form=missing, **referral)
    assert refused.status_code == 409
    assert noted(house, "access.referred") == [{"employer": "示例公司"}]
    assert office.page(path).count("/registrar/access-checks/") == 2


def test_an_employer_checks_one_person_and_sees_only_its_own_checks(office, house, make_body, make_number):
    employers = [
        house.issuers.employers.add(name, name=name, credit_code=code)
        for name, code in (("acme", "91150700000000035M"), ("other", "91441900000000019N"))
    ]
    clients = []
    for employer in employers:
        house.make_account(f"buyer-{employer.id}", employer.owner)
        clients.append(house.client())
        house.enter(clients[-1], f"buyer-{employer.id}")
    office.send("/registrar/tables/access_list", source="示例准入名单", **LISTED)
    person = {"kind": "qualification", "holder": {"name": "欧阳试验", "id_type": "resident_id"}}
    office.send(
        f"{office.archive()}/entries/new",
        kind="certificate",
        source="证书原件",
        **{
            "facts.number": "1533003031300007",
            "facts.kind": person["kind"],
            "facts.occupation": ELECTRICIAN,
            "facts.level": "3",
            "facts.issued_on": "2015-05-05",
            "facts.issued_by": "示例鉴定中心",
        },
    )
    path = "/employer/access-checks"

    def ask(name):
        page = clients[0].get(path).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        holder = {"holder.id_number": office.number, "holder.name": name}
        return clients[0].post(path, data={"csrf_token": token, **ASKED, **holder})

    assert ask("").status_code == 422
    allowed, wrong = ask("欧阳试验").location, ask("王小明").location
    assert "可以录用" in clients[0].get(allowed).text
    assert "用人单位不得录用" in clients[0].get(wrong).text
    assert clients[1].get(allowed).status_code == 404
    assert allowed.rpartition("/")[2] not in clients[1].get(path).text
    assert office.number not in clients[0].get(path).text


def test_employers_who_guess_many_at_once_are_stopped_at_the_limit(office, house, monkeypatch):
    """Counted before they are judged; who is found, and a form that does not fit, count nothing."""
    monkeypatch.setattr("verify.access_checks.PER_ADDRESS", Limit(5, timedelta(minutes=10)))
    employer = house.issuers.employers.add("acme", name="acme", credit_code="91150700000000035M")
    house.make_account("buyer", employer.owner)
    office.send("/registrar/tables/access_list", source="示例准入名单", **LISTED)
    path = "/employer/access-checks"

    def ask(client, **changes):
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)[1]
        holder = {"holder.id_number": office.number, "holder.name": "王小明"}
        return client.post(path, data={"csrf_token": token, **ASKED, **holder, **changes}).status_code

    def guess(_):
        client = house.client()
        house.enter(client, "buyer")
        return ask(client)

    client = house.client()
    house.enter(client, "buyer")
    assert {ask(client, occupation="9-99-99-99") for _ in range(6)} == {422}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(guess, range(12)))
    assert (answers.count(302), answers.count(429)) == (5, 7)
