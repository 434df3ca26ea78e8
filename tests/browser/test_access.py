"""Every page, for everybody: narrow screens, screen readers, keyboards, both languages."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visitor

NARROW = {"width": 320, "height": 640}  # WCAG 2.2 success criterion 1.4.10
PUBLIC = (
    "/",
    "/scan",
    "/app/shell",
    "/lookup",
    "/assessors",
    "/benefits?level=3&region=330000&other=1",
    "/api",
    "/console/sign-in",
)
CONSOLE = ("/console/", "/console/certificates", "/console/issue", "/console/certificates?q=X")
ROW = 24  # CSS pixels: what stands within these reads as one line
TARGET = 24  # CSS pixels: WCAG 2.2 success criterion 2.5.8

# What a page may not have: [kind, element] for each offence.
OFFENCES = """target => {
  const found = [], show = one => one.outerHTML.slice(0, 120);
  const all = selector => [...document.querySelectorAll(selector)];
  const seen = one => one.getClientRects().length && getComputedStyle(one).visibility !== 'hidden';
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(['wider than the screen', root.scrollWidth]);
  for (const one of all('input:not([type=hidden]), select, textarea'))
    if (seen(one) && !one.labels.length && !one.ariaLabel) found.push(['no label', show(one)]);
  for (const one of all('img')) if (!one.hasAttribute('alt')) found.push(['no alt', show(one)]);
  for (const one of all('a, button, summary')) {
    const box = one.getBoundingClientRect();
    const inline = getComputedStyle(one).display === 'inline' && one.closest('p, dd, li, td, summary');
    // textContent: what lies in a closed <details> has no rendered text, and a name all the same
    if (!(one.textContent.trim() || one.ariaLabel)) found.push(['no name', show(one)]);
    if (seen(one) && !inline && Math.min(box.width, box.height) < target) found.push(['too small', show(one)]);
  }
  for (const one of all('[tabindex]')) if (one.tabIndex > 0) found.push(['jumps the queue', show(one)]);
  for (const one of all('[aria-describedby]'))
    if (!document.getElementById(one.getAttribute('aria-describedby'))) found.push(['describes nothing', show(one)]);
  for (const one of all('[id]'))
    if (all('#' + CSS.escape(one.id)).length > 1) found.push(['id twice', show(one)]);
  const headings = all('h1, h2, h3, h4').map(one => +one.tagName[1]);
  if (headings.filter(level => level === 1).length !== 1) found.push(['not one h1', headings.join()]);
  if (headings.some((level, i) => i && level > headings[i - 1] + 1)) found.push(['heading skipped', headings.join()]);
  if (all('main').length !== 1 || !document.title.trim()) found.push(['no main or title', document.title]);
  return found;
}"""


def offences(page: Page, paths: tuple[str, ...]) -> list[str]:
    found = []
    for path in paths:
        for language in ("zh", "en"):
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            page.locator("h1").first.wait_for()  # the app's shell is filled by its script
            found += [f"{path} {language}: {kind}: {what}" for kind, what in page.evaluate(OFFENCES, TARGET)]
    return found


def test_public_pages_serve_everybody(visitor: Visitor, site: Site) -> None:
    page = visitor.open("/", size=NARROW)
    own = [f"/{kind}/{record.code}" for record in [*site.records()[:2], site.revoked()] for kind in "vw"]
    paths = (*PUBLIC, *own, f"/assessors/{site.demo.assessor.id}")
    assert offences(page, paths) == []


def test_the_console_serves_everybody(visitor: Visitor, site: Site) -> None:
    page = visitor.open("/console/sign-in", size=NARROW)
    page.get_by_label("账号").fill(site.account.name)
    page.get_by_label("密码").fill(site.account.password)
    page.get_by_role("button", name="登录").click()
    paths = (*CONSOLE, f"/console/certificates/{site.demo.certificate.number}")
    assert offences(page, paths) == []


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
