"""A phone walk: the worker shares a part, a stranger looks, the worker withdraws it, the stranger sees so."""

from __future__ import annotations

from itertools import count
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from registry.certificate import CertificateRecord
from registry.claiming import claim_link
from registry.credential import china_date
from registry.identity import check_character
from registry.people import SealedHolder, open_holder
from tests.browser.conftest import PHONE, Site, Visitor
from tests.browser.rooms_to_see import call

PEOPLE = count(100)
PASSWORD = "vier leere worte reichen"
GONE = 410


def holder(site: Site, record: CertificateRecord) -> SealedHolder:
    return open_holder(site.services.registry.vault, record.holder, code=record.code)


def unclaimed(site: Site) -> CertificateRecord:
    """A new certificate of somebody without an account: the demo's own people are for who walks all pages."""
    body = f"15010219890203{next(PEOPLE):03}"
    holder = {"name": "欧阳试验", "id_type": "resident_id", "id_number": body + check_character(body)}
    made = call(
        site,
        site.demo.assessor.id,
        "POST",
        "/certificates",
        {
            "kind": "skill_level",
            "holder": holder,
            "occupation": {"code": "6-31-01-03", "edition": "2022"},
            "job": None,
            "level": "3",
            "issued_on": china_date(site.services.registry.clock()).isoformat(),
        },
    )
    record = site.services.registry.record.find(made["code"])
    assert record is not None
    return record


def fill_claim(page: Page, site: Site, record: CertificateRecord) -> None:
    """At the claim link: show who one is, choose a password, come to one's page."""
    person = holder(site, record)
    page.fill("[name=name]", person.name)
    page.select_option("[name=id_type]", person.id_type)
    page.fill("[name=id_number]", person.id_number)
    page.click("main form button")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.click("form:has([name=password]) button")
    expect(page).to_have_url(f"{site.origin}/me")


def claim_path(site: Site, record: CertificateRecord) -> str:
    registry = site.services.registry
    return urlsplit(claim_link(registry.vault, registry.settings.origin, record.code)).path


def share_a_part(page: Page, record: CertificateRecord) -> str:
    """Make a link that shows level and occupation; its path."""
    card = page.locator("article.card").filter(has_text=record.number)
    card.get_by_role("link", name="分享一部分").click()
    page.check("#preset-occupation")
    page.fill("#purpose", "应聘 示例公司")
    page.get_by_role("button", name="生成链接").click()
    expect(page.locator("#link")).to_be_visible()
    page.wait_for_function("() => document.querySelector('img.qr').naturalWidth > 0")
    return urlsplit(page.locator("#link").input_value()).path


def test_share_look_withdraw(visitor: Visitor, site: Site) -> None:
    record = unclaimed(site)
    secrets = (holder(site, record).name, record.number, record.code)
    mine = visitor.open(claim_path(site, record), size=PHONE)
    fill_claim(mine, site, record)
    path, own = share_a_part(mine, record), mine.url
    assert mine.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    stranger = visitor.open(path, size=PHONE)
    expect(stranger.locator('[data-outcome="valid"]')).to_be_visible()
    expect(stranger.locator("[data-claim=occupation]")).to_be_visible()
    expect(stranger.locator("#link")).to_contain_text("到期的是链接，不是证书")
    assert stranger.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for secret in secrets:
        assert secret not in stranger.content()
    with stranger.expect_download() as proof:
        stranger.get_by_role("link", name="下载证明文件").click()

    checked = visitor.open("/", size=PHONE)
    checked.set_input_files("#file", proof.value.path())
    checked.get_by_role("button", name="核验文件").click()
    expect(checked.locator('[data-outcome="valid"]')).to_be_visible()
    expect(checked.locator("[data-claim=level]")).to_be_visible()

    mine.goto(own)
    expect(mine.locator(".history li")).to_have_count(1)
    mine.get_by_role("button", name="撤回链接").click()
    expect(mine.locator('[data-share-state="withdrawn"]')).to_be_visible()

    visitor.watch.expected.add(GONE)
    stranger.reload()
    expect(stranger.locator('[data-share="withdrawn"]')).to_be_visible()
    expect(stranger.locator("h1")).to_contain_text("撤回")
    expect(stranger.locator("[data-claim]")).to_have_count(0)
