"""The life of an accreditation: applied for, decided by two registrars, published, used, suspended, withdrawn.

It has a service of its own, because days pass in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from issuers.demo import DemoAccount
from issuers.request import IssueRequest
from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.credential import china_date
from registry.identity import check_character
from tests.browser.conftest import PATIENCE, Site, Visitor, Watch, serving, sign_in

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)  # in China
OCCUPATION = "4-12-01-01"  # none of those that the demo's assessor may certify
DOCUMENT = "示例认定委〔2026〕{}号"
STATEMENT = "考评场地 600 平方米，设备 20 台套，考评员 6 名，考评制度已备案。"
BODY = "15010219920214001"


Look = Callable[[str, Page], None]


@dataclass
class Calendar:
    """The time of the service, moved by hand."""

    now: datetime = field(default=NOON)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, *, days: int) -> None:
        """Let nights pass: who was signed in is not any more."""
        self.now += timedelta(days=days)


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture(scope="module")
def own_site(mongo_uri: str, calendar: Calendar) -> Iterator[Site]:
    expect.set_options(timeout=PATIENCE)
    with serving(mongo_uri, clock=calendar) as served:
        yield served


@pytest.fixture
def guest(chromium: Browser, own_site: Site) -> Iterator[Visitor]:
    watch = Watch(own_site.origin)
    made = Visitor(chromium, own_site, watch)
    yield made
    for context in made.contexts:
        context.close()
    assert watch.faults == []


def account(site: Site, name: str) -> DemoAccount:
    """One of the demo's accounts, by name: the registrars are two."""
    return next(one for one in site.demo.accounts if one.name == name)


def apply(signer: Page) -> str:
    """The signer applies for one more occupation; the case."""
    signer.goto("/console/accreditations")
    signer.get_by_role("link", name="申请备案").click()
    signer.locator("#occupations").fill(OCCUPATION)
    for level in ("高级工", "中级工"):
        signer.get_by_label(level).check()
    signer.get_by_label("说明", exact=True).fill(STATEMENT)
    signer.get_by_role("button", name="提交申请").click()
    expect(signer.locator(".flash")).to_be_visible()
    return signer.url.rpartition("/")[2]


def vote(registrar: Page, case: str, document: str | None = None) -> None:
    """Open a case from the list of those to be decided, and vote for it; the second finds the first one's terms."""
    registrar.goto("/registrar/accreditations")
    registrar.locator(f'a[href$="/cases/{case}"]').click()
    form = registrar.locator("#vote")
    if document:
        form.locator("[name=document]").fill(document)
    else:
        expect(form.locator("[name=document]")).not_to_have_value("")
    form.get_by_role("button", name="表决").click()
    expect(registrar.locator(".flash")).to_be_visible()


def propose(
    registrar: Page, site: Site, accreditation: str, act: str, document: str, effect: str = ""
) -> str:
    """Propose on the assessor's page what takes away, with one's own vote; the case."""
    registrar.goto(f"/registrar/accreditations/assessors/{site.demo.assessor.id}")
    sheet = registrar.locator("section.accreditation", has_text=accreditation)
    sheet.locator("summary").click()
    sheet.get_by_label("事项").select_option(label=act)
    sheet.get_by_label("决定文号").fill(document)
    sheet.get_by_label("原因").fill("经查实考评把关不严。")
    sheet.get_by_label("生效日期").fill(effect)
    sheet.get_by_role("button", name="提出并表决同意").click()
    expect(registrar.locator(".flash")).to_be_visible()
    return registrar.url.rpartition("/")[2]


def issue(site: Site, calendar: Calendar) -> CertificateRecord:
    """A certificate of the new occupation."""
    asked = IssueRequest(
        kind="skill_level",
        holder_name="吴试验",
        id_type="resident_id",
        id_number=BODY + check_character(BODY),
        occupation_code=OCCUPATION,
        occupation_edition="2022",
        level="4",
        issued_on=china_date(calendar()),
    )
    issuers = site.services.issuers
    return issuers.desk.issue(asked, issuers.assessors.find(site.demo.assessor.id))


def live(site: Site, calendar: Calendar, opened: Callable[[str], Page], look: Look) -> None:
    """From the application to the withdrawal; ``look`` is shown a page at each moment that is worth a picture."""
    signer, first, second = (opened("/console/sign-in") for _ in range(3))
    for page, name in ((signer, "demo"), (first, "registrar"), (second, "registrar2")):
        sign_in(page, account(site, name))
    case = apply(signer)
    look("filed", signer)
    vote(first, case, DOCUMENT.format(12))
    public = opened(f"/assessors/{site.demo.assessor.id}")
    expect(public.locator("main")).not_to_contain_text(OCCUPATION)  # one vote decides nothing
    vote(second, case)
    look("decided", second)
    public.reload()
    published = public.locator("section.accreditation", has_text=OCCUPATION)
    expect(published).to_contain_text("有效")
    expect(published).to_contain_text(DOCUMENT.format(12))
    look("published", public)
    certificate = issue(site, calendar)

    vote(second, propose(first, site, f"A-{case}", "暂停", DOCUMENT.format(13)))
    with pytest.raises(Refused, match=r"scope\.suspended"):
        issue(site, calendar)  # from the decision on
    vote(second, propose(first, site, f"A-{case}", "撤销", DOCUMENT.format(14), effect="2026-11-25"))
    for state in ("起暂停", "起撤销"):
        calendar.sleep(days=1)
        public.reload()
        expect(published).to_contain_text(state)
    expect(published).to_contain_text("备案有效期间签发的证书始终有效")
    look("withdrawn", public)
    page = opened(f"/v/{certificate.code}")
    expect(page.locator("[data-outcome]")).to_have_attribute("data-outcome", "valid")
    expect(page.locator("main")).to_contain_text("证书仍然有效")
    look("valid", page)


def test_from_application_to_withdrawal(guest: Visitor, own_site: Site, calendar: Calendar) -> None:
    live(own_site, calendar, guest.open, lambda _name, _page: None)
