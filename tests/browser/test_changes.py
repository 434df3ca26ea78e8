"""Changes in a real browser: a replaced certificate leads to its successor; the pages fit a phone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Site, Visitor, enter


def replace_lost(signer: Page, number: str) -> None:
    """The signer issues a lost certificate again."""
    signer.goto(f"/console/certificates/{number}")
    signer.locator("#reissue a").click()
    signer.locator("#reason").select_option(label="证书遗失补发")
    signer.get_by_role("button", name="预览").click()
    signer.get_by_role("button", name="签名并替换").click()
    expect(signer.locator("h1")).to_have_text(number)


def test_a_replaced_certificate_leads_to_its_successor(visitor: Visitor, site: Site) -> None:
    signer = visitor.open("/console/sign-in")
    enter(signer, site, "signer")
    record = next(
        one for one in site.records() if one.assessor == site.demo.assessor.id and one.state == "valid"
    )
    replace_lost(signer, record.number)

    public = visitor.open(f"/v/{record.code}", size=PHONE)
    expect(public.locator(".answer")).to_have_attribute("data-outcome", "superseded")
    public.get_by_role("link", name="查看取代它的新证书").click()
    expect(public.locator(".answer")).to_have_attribute("data-outcome", "valid")
    expect(public.locator("main")).to_contain_text("补发")


def test_the_console_fits_a_phone(visitor: Visitor, site: Site) -> None:
    for size in (PHONE, DESK):
        page = visitor.open("/console/sign-in", size=size)
        enter(page, site, "registrar")
        for path in ("/registrar/", "/console/certificates", "/console/changes"):
            page.goto(path)
            wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, path
