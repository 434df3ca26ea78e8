"""A worker's phone: claims by password and by passkey, shows the code, asks for a correction, works without a network.

Passkeys need a site with a name, so this site is served as localhost; the phone's passkeys are Chromium's virtual
authenticator.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from registry.certificate import CertificateRecord
from registry.claiming import claim_link
from registry.people import open_holder
from registry.state import State
from tests.browser.conftest import PATIENCE, PHONE, Site, Visitor, Watch, serving
from tests.browser.test_sharing import unclaimed as somebody

PASSWORD = "vier leere worte reichen"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
HEAVIEST = 150_000  # bytes of a page without its QR
WEIGHTS = """() => Object.fromEntries(["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
  .filter((one) => !one.name.endsWith("qr.svg")).map((one) => [one.name, one.decodedBodySize]))"""


@pytest.fixture(scope="module")
def home(mongo_uri: str) -> Iterator[Site]:
    expect.set_options(timeout=PATIENCE)
    with serving(mongo_uri, host="localhost") as served:
        yield served


@pytest.fixture
def phone(chromium: Browser, home: Site) -> Iterator[Visitor]:
    watch = Watch(home.origin)
    made = Visitor(chromium, home, watch)
    yield made
    for context in made.contexts:
        context.close()
    assert watch.faults == []


def holder(site: Site, record: CertificateRecord) -> dict[str, str]:
    person = open_holder(site.services.registry.vault, record.holder, code=record.code)
    return {"name": person.name, "id_type": person.id_type, "id_number": person.id_number}


def unclaimed(site: Site) -> CertificateRecord:
    """A valid certificate of somebody without an account."""
    desk = site.services.workers
    return next(
        one
        for one in site.records()
        if one.state is State.VALID
        and not ((archive := desk.archives.archives.of_key(one.person)) and desk.accounts.of_archive(archive))
    )


def come(phone: Visitor, record: CertificateRecord, **options: str) -> Page:
    """Open the claim link and show who one is."""
    registry = phone.site.services.registry
    page = phone.open(
        urlsplit(claim_link(registry.vault, registry.settings.origin, record.code)).path,
        size=PHONE,
        **options,
    )
    shown = holder(phone.site, record)
    assert shown["name"] not in page.content()
    prove(page, shown)
    return page


def prove(page: Page, shown: dict[str, str]) -> None:
    page.fill("[name=name]", shown["name"])
    page.select_option("[name=id_type]", shown["id_type"])
    page.fill("[name=id_number]", shown["id_number"])
    page.click("main form button")
    expect(page.locator("input[name=ticket]").first).to_be_attached()


def claim_by_password(phone: Visitor, record: CertificateRecord, **options: str) -> Page:
    page = come(phone, record, **options)
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.click("form:has([name=password]) button")
    expect(page).to_have_url(f"{phone.site.origin}/me")
    return page


def add_authenticator(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def test_claim_by_password_see_show_and_ask(phone, home):
    record = unclaimed(home)
    page = claim_by_password(phone, record)
    card = page.locator("article.card").filter(has_text=record.number)
    expect(card).to_be_visible()
    assert holder(home, record)["id_number"] not in page.content()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    card.get_by_role("link", name="出示二维码").click()
    qr = page.locator("img.qr")
    expect(qr).to_be_visible()
    page.wait_for_function("() => document.querySelector('img.qr').naturalWidth > 0")
    assert qr.bounding_box()["width"] > 300
    page.get_by_role("link", name="返回").click()

    card.get_by_role("link", name="有误").click()
    expect(page.locator("[name=code]")).to_have_value(record.code)
    page.select_option("[name=kind]", "objection")
    page.fill("[name=text]", "等级与评价结果不一致")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("等待答复").first).to_be_visible()
    expect(page.get_by_text("还有10个工作日")).to_be_visible()

    for path, words in (
        ("/me/career", "历年等级"),
        ("/me/due", "应得待遇"),
        ("/me/looks", "哪些不记录"),
        ("/me/data", "导出全部数据"),
        ("/me/account", "登录情况"),
    ):
        page.goto(path)
        expect(page.get_by_text(words).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path

    page.get_by_role("button", name="退出", exact=True).click()
    expect(page).to_have_url(f"{home.origin}/me/sign-in")
    page.fill("[name=who]", record.number)
    page.fill("[name=password]", PASSWORD)
    page.click("form:has([name=who]) button")
    expect(page).to_have_url(f"{home.origin}/me")


def test_claim_by_passkey_and_come_back_with_it(phone, home):
    record = unclaimed(home)
    page = come(phone, record, language="en-GB")
    add_authenticator(page)
    page.get_by_role("button", name="Set a passkey").click()
    expect(page).to_have_url(f"{home.origin}/me")
    expect(page.locator("article.card").filter(has_text=record.number)).to_be_visible()

    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(f"{home.origin}/me/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{home.origin}/me")
    page.goto("/me/account")
    expect(page.get_by_text("by passkey").first).to_be_visible()

    phone.watch.expected.add(409)
    page.get_by_role("button", name="Remove").click()  # the last way in stays
    expect(page.locator(".field-error:visible").first).to_be_visible()


def test_a_page_opened_by_number_leads_to_where_passkeys_work(visitor, site):
    """The demo as everybody starts it: its address is 127.0.0.1, for which no browser makes a passkey."""
    named = site.origin.replace("127.0.0.1", "localhost")
    visitor.watch.also = named + "/"
    record = somebody(site)
    page = come(visitor, record, language="en-GB")
    expect(page.get_by_text("A passkey belongs to a site by its name")).to_be_visible()
    assert page.locator("form[data-passkey]").count() == 0
    page.get_by_role("link", name="Open this page at localhost").click()
    expect(page.locator("[name=id_number]")).to_be_visible()
    assert page.url.startswith(f"{named}/claim/")
    prove(page, holder(site, record))
    add_authenticator(page)
    page.get_by_role("button", name="Set a passkey").click()
    expect(page).to_have_url(f"{named}/me")

    page.goto(f"{site.origin}/me")  # another name, another session
    expect(page).to_have_url(f"{site.origin}/me/sign-in")
    page.goto(f"{named}/me/account")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto(f"{site.origin}/me/sign-in")
    page.get_by_role("link", name="Open this page at localhost").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{named}/me")


def test_the_last_state_is_there_without_a_network_and_gone_after_sign_out(phone, home):
    record = unclaimed(home)
    page = claim_by_password(phone, record)
    context = page.context
    page.evaluate("navigator.serviceWorker.ready")
    page.goto("/me")
    kept = f"caches.open('skills-me').then((c) => c.match('/v/{record.code}/qr.svg')).then(Boolean)"
    page.wait_for_function(f"() => {kept}")
    context.set_offline(True)
    page.goto("/me")
    expect(page.locator("[data-offline]")).to_be_visible()
    expect(page.locator("article.card").filter(has_text=record.number)).to_be_visible()
    expect(page.get_by_text("截至").first).to_be_visible()
    page.get_by_role("link", name="出示二维码").first.click()
    expect(page.locator("[data-offline]")).to_be_visible()
    page.wait_for_function("() => document.querySelector('img.qr').naturalWidth > 0")
    context.set_offline(False)
    page.goto("/me")
    expect(page.locator("[data-offline]")).to_be_hidden()
    page.get_by_role("button", name="退出", exact=True).click()
    expect(page).to_have_url(f"{home.origin}/me/sign-in")
    page.wait_for_function("() => caches.has('skills-me').then((there) => !there)")


def test_large_type_and_contrast_at_phone_size(phone, home):
    page = phone.open("/display", size=PHONE)
    page.get_by_label("大字").check()
    page.get_by_label("高对比度").check()
    page.get_by_role("button", name="保存").click()
    page.goto("/me/sign-in")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20.8px"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_my_page_weighs_little(phone, home):
    page = claim_by_password(phone, unclaimed(home))
    page.goto("/me")
    page.wait_for_load_state("networkidle")
    weights = page.evaluate(WEIGHTS)
    assert {urlsplit(url).path for url in weights} >= {"/me", "/static/registry.css", "/app/static/me.css"}
    assert 0 < sum(weights.values()) < HEAVIEST
