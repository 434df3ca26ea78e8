"""The keyboard walks a page as it is read. What every page owes everybody is in `test_quality.py`."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Site, Visitor

NARROW = {"width": 320, "height": 640}  # WCAG 2.2 success criterion 1.4.10
ROW = 24  # CSS pixels: what stands within these reads as one line


def test_a_keyboard_reaches_everything_in_reading_order(visitor: Visitor) -> None:
    page = visitor.open("/lookup")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_class("skip")
    expect(page.locator(":focus")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("证书编号")).to_be_focused()
    outline = page.locator(":focus").evaluate("one => getComputedStyle(one).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Tab")
    expect(page.get_by_label("持证人姓名或证件号码")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="查询")).to_be_focused()


def test_focus_walks_a_page_from_top_to_bottom(visitor: Visitor, site: Site) -> None:
    page = visitor.open(f"/v/{site.demo.certificate.code}", size=NARROW)
    positions = []
    while len(positions) < 40:
        page.keyboard.press("Tab")
        top = page.evaluate("document.activeElement.getBoundingClientRect().top + scrollY")
        if page.evaluate("document.activeElement === document.body"):
            break
        positions.append(round(top / ROW))
    assert len(positions) > 8
    assert positions[1:] == sorted(positions[1:])  # the first is the skip link, above everything
