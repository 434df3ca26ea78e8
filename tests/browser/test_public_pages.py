"""An employer scans a certificate; a worker shows one: on a phone, on a desk, on paper, in the dark, without script."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from issuers.changes.reasons import reasons
from registry.masking import mask_name
from registry.state import State
from tests.browser.conftest import DESK, PHONE, Site, Visitor

AA_LARGE_AND_PLAIN = 4.5  # WCAG 2.2 success criterion 1.4.3; 3 would do for the large word
A4 = {"width": 680, "height": 1017}  # CSS pixels of A4 within the page's margins


def read_codes(page: Page) -> list[str]:
    """The addresses that a camera reads off the whole page, without the signed part behind #."""
    picture = Image.open(BytesIO(page.screenshot(full_page=True))).convert("L")
    return [found.text.partition("#")[0] for found in zxingcpp.read_barcodes(picture)]


def overflow(page: Page) -> int:
    """CSS pixels that the page sticks out to the side."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_an_employer_sees_the_answer_at_once(visitor: Visitor, site: Site, size: Any, script: bool) -> None:
    certificate = site.demo.certificate
    face = site.face(certificate)
    page = visitor.open(f"/v/{certificate.code}", size=size, java_script_enabled=script)

    main = page.locator("main")
    assert main.inner_text().strip().startswith("有效")
    word = page.get_by_role("heading", level=1).bounding_box()
    assert word
    assert word["y"] + word["height"] < size["height"] / 2
    assert overflow(page) == 0
    for told in (
        "高级工",
        "三级",
        "电工",
        face.occupation.code,
        face.issuer.name,
        face.accreditation.decision,
    ):
        expect(main).to_contain_text(told)
    expect(main).to_contain_text(mask_name(face.holder.name))
    assert face.holder.name not in page.content()
    assert site.demo.holder["id_number"] not in page.content()

    allowance = page.locator(".benefit", has_text="500")
    expect(allowance.first).to_contain_text("鼓励")
    expect(allowance.first.locator("summary")).to_contain_text("三(三)")
    assert read_codes(page) == [site.url(certificate)] == [page.url]


def test_the_source_of_an_allowance_opens_without_script(visitor: Visitor, site: Site) -> None:
    page = visitor.open(f"/v/{site.demo.certificate.code}", java_script_enabled=False)
    allowance = page.locator(".benefit", has_text="500").first
    expect(allowance.locator("blockquote")).to_be_hidden()
    allowance.locator("summary").click()
    expect(allowance.locator("blockquote")).to_contain_text("500")


def test_each_verification_page_prints_on_one_sheet(visitor: Visitor, site: Site) -> None:
    page = visitor.open()
    of_each_class = {
        (record.kind, record.level): record for record in site.records() if record.state is State.VALID
    }
    for record, language in [
        (site.demo.certificate, "zh"),
        *((one, "en") for one in of_each_class.values()),
    ]:  # English is longer
        page.goto(f"/v/{record.code}?lang={language}")
        sheets = pages_of(page.pdf(prefer_css_page_size=True))
        assert sheets == 1, f"{record.number} in {language}: {sheets} pages"


def test_the_worker_page_prints_on_one_sheet(visitor: Visitor, site: Site) -> None:
    page = visitor.open(f"/w/{site.demo.certificate.code}")
    assert pages_of(page.pdf(prefer_css_page_size=True)) == 1


def test_the_code_on_paper_reads(visitor: Visitor, site: Site) -> None:
    page = visitor.open(f"/v/{site.demo.certificate.code}", size=A4, device_scale_factor=2)
    page.emulate_media(media="print")
    assert read_codes(page) == [site.url(site.demo.certificate)]


def test_a_worker_shows_one_large_code(visitor: Visitor, site: Site) -> None:
    page = visitor.open(f"/w/{site.demo.certificate.code}", size=PHONE)
    assert overflow(page) == 0
    code = page.locator("img.qr").bounding_box()
    assert code
    assert code["width"] > PHONE["width"] * 0.75
    assert read_codes(page) == [site.url(site.demo.certificate)]
    expect(page.locator("main")).to_contain_text("高级工")


@pytest.mark.parametrize(("language", "word"), [("zh-CN", "已撤销"), ("en-GB", "Revoked")])
def test_a_revoked_certificate_says_why_and_names_nobody(
    visitor: Visitor, site: Site, language: str, word: str
) -> None:
    record = site.revoked()
    holder = site.face(record).holder
    page = visitor.open(f"/v/{record.code}", size=PHONE, language=language)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text(word)
    reason = heading.locator("xpath=following-sibling::*[1]")
    assert reason.inner_text().strip()
    box = reason.bounding_box()
    assert box
    assert box["y"] + box["height"] < PHONE["height"]
    source = page.content()
    for personal in (holder.name, mask_name(holder.name), holder.masked_number, record.number):
        assert personal not in source
    expect(page.locator(".benefit")).to_have_count(0)


def test_the_reason_of_a_revocation_is_shown_as_the_console_promises(visitor: Visitor, site: Site) -> None:
    page = visitor.open(f"/v/{site.revoked().code}")
    why = reasons()[site.revoked().changes[-1].reason]
    assert why.zh in page.locator(".answer").inner_text()


def test_no_page_of_a_revoked_certificate_shows_it_as_good(visitor: Visitor, site: Site) -> None:
    page = visitor.open(f"/w/{site.revoked().code}", size=PHONE)
    expect(page.get_by_role("heading", level=1)).to_contain_text("已撤销")
    expect(page.locator("img.qr")).to_have_count(0)


def test_an_unknown_code_is_an_answer(visitor: Visitor) -> None:
    page = visitor.open("/v/AAAAAAAAAAAAAAAAAAAAAA")
    expect(page.locator(".answer")).to_have_attribute("data-outcome", "unknown")
    assert "有效" not in page.get_by_role("heading", level=1).inner_text()


def test_the_language_can_be_changed_and_stays(visitor: Visitor, site: Site) -> None:
    page = visitor.open(f"/v/{site.demo.certificate.code}")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Valid")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("main")).to_contain_text("500 yuan a month")
    page.goto("/lookup")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")


@pytest.mark.parametrize("state", [State.VALID, State.REVOKED])
def test_the_verdict_stands_out_in_light_and_dark(visitor: Visitor, site: Site, state: State) -> None:
    record = next(one for one in site.records() if one.state is state)
    page = visitor.open(f"/v/{record.code}", size=PHONE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (_luminance(paper) < 0.05) == (scheme == "dark")
        for text in page.locator(".answer h1, .answer p, .facts dt, .checks p").all():
            assert contrast(text) >= AA_LARGE_AND_PLAIN, f"{scheme}: {text.inner_text()}"


def contrast(text: Any) -> float:
    """The contrast ratio of an element's text to the nearest opaque background behind it (WCAG 2.2)."""
    ink, paper = text.evaluate(
        """element => {
             const ink = getComputedStyle(element).color;
             for (let one = element; one; one = one.parentElement) {
               const paper = getComputedStyle(one).backgroundColor;
               if (!paper.endsWith(', 0)')) return [ink, paper];
             }
             return [ink, 'rgb(255, 255, 255)'];
           }"""
    )
    lighter, darker = sorted((_luminance(ink), _luminance(paper)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    values = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
