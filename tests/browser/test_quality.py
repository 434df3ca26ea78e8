"""Every page of the service, as everybody, against one list of what a page owes its reader.

Each kind of page is opened twice, by the first role that meets it. In Chinese: axe-core (WCAG 2.2 A and AA, and its
best practices: contrast, labels, alternatives, headings, landmarks, language), contrast once more in the dark, weight,
width at 320, 360 and 1280 px, and focus that shows. In English, the longer language, with large type and high contrast,
where it is tightest: width at 360 px, contrast light and dark. Both times what axe-core leaves out (`OFFENCES`). The
Watch hears the console all the while. The order of the focus is the document's, unless a `tabindex` says otherwise; the
tabulator itself walks each role's first page.

A page that no link leads to fails too: give the demo something that leads there, or name it in `APART` with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.routing import Rule

from registry.display import CHOICES, COOKIE
from tests.browser.conftest import DESK, PATIENCE, PHONE, Site, Watch, sign_in
from tests.browser.rooms_to_see import PASSWORD, furnish
from tests.browser.walking import Walked, Walker

MAX_WEIGHT = 150_000  # bytes of a page with all that it needs, without its QR: a second on a slow phone line
NARROW = {"width": 320, "height": 640}  # WCAG 2.2 success criterion 1.4.10
TARGET = 24  # CSS pixels: WCAG 2.2 success criterion 2.5.8
MOST_STOPS = 40  # of the tabulator on a page; the longest lists repeat themselves
STARTS = {
    "nobody": ["/"],
    "registrar": ["/registrar/"],
    "inspector": ["/registrar/"],
    "signer": ["/console/"],
    "clerk": ["/console/"],
    "employer": ["/employer/"],
    "college": ["/console/"],
    "half": [],  # has given the password, not yet the code
    "worker": ["/me"],
}
# GET routes that are no pages: data, pictures, files, redirects.
APART = {
    "verify.language": "leads back to the start",
    "verify.context": "JSON-LD",
    "verify.status_list": "a signed list",
    "verify.trust_list": "a signed list",
    "operations.healthz": "for programs",
    "operations.readyz": "for programs",
    "metrics.scrape": "for programs",
    "presentations.issuer_metadata": "JSON",
    "presentations.type_metadata": "JSON",
    "audit.head": "a signed statement",
    "batches.template": "a file",
    "me_wallet.download": "a file",
    "share.presentation": "a file",
}
NO_PAGE = (".json", ".csv", ".ndjson", ".svg", ".png", ".pdf", ".zip", ".js", ".webmanifest", ".xlsx", ".txt")
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "preload": False,
}

RUN_AXE = """async options => {
  const found = (await axe.run(document, options)).violations;
  return found.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 120)} ${
    rule.id === 'color-contrast' ? node.any.map(check => check.message).join() : ''}`));
}"""
# Text against the colour behind it, in a hundredth of axe-core's time: 4.5 to 1, large text 3 to 1 (WCAG 2.2, 1.4.3).
# Text on a picture, and what is switched off, is passed over; axe-core has looked at the page once.
TOO_PALE = """() => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
  const pen = canvas.getContext('2d', {willReadFrequently: true}), known = new Map();
  const rgba = text => {
    if (!known.has(text)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = text;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
  };
  const over = (top, under) => [0, 1, 2].map(n => top[n] * top[3] + under[n] * (1 - top[3])).concat(1);
  const behind = one => {
    if (!one) return rgba('canvas');
    const style = getComputedStyle(one), own = rgba(style.backgroundColor);
    if (style.backgroundImage !== 'none') return null;
    if (own[3] === 1) return own;
    const under = behind(one.parentElement);
    return under && over(own, under);
  };
  const light = colour => colour.slice(0, 3).map(part => part / 255)
    .map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
    .reduce((sum, part, n) => sum + part * [.2126, .7152, .0722][n], 0);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = new Map();
  while (texts.nextNode()) {
    const one = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || one.closest('script, style, svg, option, :disabled')) continue;
    if (!one.checkVisibility({visibilityProperty: true}) || !one.getClientRects().length) continue;
    const style = getComputedStyle(one), size = parseFloat(style.fontSize);
    if (style.clipPath !== 'none' || one.closest('.visually-hidden, .sr-only')) continue;
    const back = behind(one);
    if (!back) continue;
    const [dim, bright] = [light(over(rgba(style.color), back)), light(back)].sort((a, b) => a - b);
    const ratio = (bright + .05) / (dim + .05);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    if (ratio < least) found.set(one, `pale: ${ratio.toFixed(2)} to 1: ${one.outerHTML.slice(0, 120)}`);
  }
  return [...found.values()];
}"""
TOO_WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const wide = [...document.body.querySelectorAll('*')].filter(
    one => one.getBoundingClientRect().right > root.clientWidth + 1);
  return [`wider than ${root.clientWidth} px: ${root.scrollWidth} ${
    wide.slice(0, 3).map(one => one.outerHTML.slice(0, 160))}`];
}"""
# What a page may not have, beside what axe-core finds.
OFFENCES = """target => {
  const found = [], show = one => one.outerHTML.slice(0, 120);
  const all = selector => [...document.querySelectorAll(selector)];
  const seen = one => one.getClientRects().length
    && one.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true});  // not in a closed <details>
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
  for (const one of all('[aria-describedby]'))
    if (!document.getElementById(one.getAttribute('aria-describedby'))) found.push(['describes nothing', show(one)]);
  for (const one of all('[id]'))
    if (all('#' + CSS.escape(one.id)).length > 1) found.push(['id twice', show(one)]);
  const headings = all('h1, h2, h3, h4').map(one => +one.tagName[1]);
  if (headings.filter(level => level === 1).length !== 1) found.push(['not one h1', headings.join()]);
  if (headings.some((level, i) => i && level > headings[i - 1] + 1)) found.push(['heading skipped', headings.join()]);
  if (all('main').length !== 1 || !document.title.trim()) found.push(['no main or title', document.title]);
  return found.map(([kind, what]) => `${kind}: ${what}`);
}"""
WEIGHT = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter(one => !/qr\\.(svg|png)/.test(one.name)).reduce((sum, one) => sum + one.decodedBodySize, 0)
  - [...document.querySelectorAll('img[src^="data:"]')].reduce((sum, one) => sum + one.src.length, 0)"""
HAS_HEADING = "() => document.querySelector('h1') !== null"
LOOKS = "() => [document.documentElement.lang, document.documentElement.matches('.large.contrast')]"
# What can be operated and is seen. A group of radio buttons is one stop.
STOPS = """() => {
  const radios = new Set();
  const operable = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]';
  return [...document.querySelectorAll(operable)]
    .filter(one => !one.disabled && one.tabIndex >= 0
      && one.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}))
    .filter(one => {
      if (one.type !== 'radio') return true;
      const group = `${one.form?.id} ${one.name}`, first = !radios.has(group);
      radios.add(group);
      return first;
    });
}"""
SHOWN = """target => {
  const style = getComputedStyle(target);
  return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
}"""
# Focus as the keyboard gives it: after a key was pressed, `focus()` shows as the tabulator does.
FOCUS = f"""() => {{
  const shown = {SHOWN}, found = [];
  for (const one of ({STOPS})()) {{
    if (one.tabIndex > 0) found.push(`goes first in the order of focus: ${{one.outerHTML.slice(0, 120)}}`);
    one.focus({{preventScroll: true, focusVisible: true}});
    if (document.activeElement !== one) found.push(`takes no focus: ${{one.outerHTML.slice(0, 120)}}`);
    else if (!shown(one)) found.push(`focus does not show: ${{one.outerHTML.slice(0, 120)}}`);
  }}
  return found;
}}"""
NAME_STOPS = f"""() => ({STOPS})().map((one, place) =>
  one.dataset.stop = one.type === 'radio' ? `radio ${{one.name}}` : `${{place}} ${{one.outerHTML.slice(0, 60)}}`)"""
LISTEN = """() => {
  window.walked = [];
  document.addEventListener('focusin', ({target}) => window.walked.push(
    target.type === 'radio' ? `radio ${target.name}` : target.dataset.stop ?? target.outerHTML.slice(0, 80)));
}"""

# A page with one of each fault; by script, for the policy forbids a style in the markup.
SPOIL = """() => {
  const main = document.querySelector('main');
  main.innerHTML = `<h3>Grey</h3><input tabindex="3"><img src="/static/icon.svg"><p>wide</p><a href="/">x</a>`;
  Object.assign(main.querySelector('h3').style, {color: '#999', background: '#fff'});
  main.querySelector('p').style.width = '900px';
  main.querySelector('a').style.outline = 'none';
}"""


@dataclass
class Reader:
    """Two pages that stay open while the pages of a role go by: as most read, and as who sees badly reads."""

    page: Page
    large: Page
    axe: str

    def judge(self, walked: Walked) -> list[str]:
        found = self.judge_as_most_read(walked) + self.judge_in_english_large(walked)
        return [f"{walked.role} {walked.path} ({walked.endpoint}): {fault}" for fault in found]

    def judge_as_most_read(self, walked: Walked) -> list[str]:
        page = self.page
        self.open(page, walked.path)
        page.evaluate(self.axe)
        found: list[str] = page.evaluate(RUN_AXE, AXE) + self.look_around(page)
        found += page.evaluate(OFFENCES, TARGET) + self.look_in_the_dark(page)
        if (weight := page.evaluate(WEIGHT)) > MAX_WEIGHT:
            found.append(f"weighs {weight} bytes")
        for size in (DESK, NARROW):
            page.set_viewport_size(size)
            found += page.evaluate(TOO_WIDE)
        return found

    def judge_in_english_large(self, walked: Walked) -> list[str]:
        page = self.large
        self.open(page, f"{walked.path}{'&' if '?' in walked.path else '?'}lang=en")
        language, shows_large = page.evaluate(LOOKS)
        found = [] if language == "en" else ["is not in English"]
        if not shows_large:
            found.append("has neither large type nor high contrast")
        found += page.evaluate(TOO_WIDE) + page.evaluate(OFFENCES, TARGET)
        found += page.evaluate(TOO_PALE) + self.look_in_the_dark(page)
        return [f"large, high contrast, English: {fault}" for fault in found]

    def open(self, page: Page, path: str) -> None:
        if page.viewport_size != PHONE:
            page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(path)
        if not page.evaluate(HAS_HEADING):  # a locator costs more than the page
            page.locator("h1").first.wait_for(state="attached")  # the app's shell is filled by its script

    def look_around(self, page: Page) -> list[str]:
        page.keyboard.press("Tab")
        found: list[str] = page.evaluate(TOO_WIDE) + page.evaluate(FOCUS)
        return found

    def look_in_the_dark(self, page: Page) -> list[str]:
        page.emulate_media(color_scheme="dark")
        return [f"dark, {fault}" for fault in page.evaluate(TOO_PALE)]

    def walk_by_keyboard(self, path: str) -> list[str]:
        """What the tabulator does otherwise than the document's order says."""
        self.open(self.page, path)
        stops = self.page.evaluate(NAME_STOPS)
        self.page.evaluate(LISTEN)
        for _ in range(min(len(stops), MOST_STOPS)):
            self.page.keyboard.press("Tab")
        reached = self.page.evaluate("window.walked")
        return [] if reached == stops[: len(reached)] and reached else [f"focus walks {reached}, not {stops}"]


Readers = dict[str, tuple[Reader, list[Walked]]]


@pytest.fixture(scope="module")
def readers(chromium: Browser, site: Site) -> Iterator[Readers]:
    """Every page with a reader who may read it; each kind of page once, by the first role that meets it."""
    rooms, found, contexts = furnish(site), Readers(), list[BrowserContext]()
    axe = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    walker, watch = Walker(site.routes, site.origin), Watch(site.origin)
    for role, starts in STARTS.items():
        context = chromium.new_context(viewport=PHONE, locale="zh-CN", base_url=site.origin)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        watch.over(context)
        page = context.new_page()
        if role == "worker":
            sign_in_as_worker(page, site)
        elif role != "nobody":
            sign_in(page, rooms.accounts.get(role) or site.account_of(role))
        pages = list(walker.walk(context, role, [*starts, *rooms.starts.get(role, [])]))
        found[role] = (Reader(page, open_large(chromium, context, watch, contexts), axe), pages)
    found["nobody"][1].extend(Walked("refusal", path, "nobody") for path in rooms.refusals)
    watch.expected |= {404, 410}
    yield found
    for context in contexts:
        context.close()
    assert watch.faults == []


def open_large(chromium: Browser, like: BrowserContext, watch: Watch, contexts: list[BrowserContext]) -> Page:
    """The same visitor with large type and high contrast chosen."""
    cookie = {"name": COOKIE, "value": "-".join(CHOICES), "url": watch.origin}
    context = chromium.new_context(
        viewport=PHONE, locale="en-GB", base_url=watch.origin, storage_state=like.storage_state()
    )
    context.add_cookies([cookie])  # type: ignore[list-item]
    context.set_default_timeout(PATIENCE)
    contexts.append(context)
    watch.over(context)
    return context.new_page()


def sign_in_as_worker(page: Page, site: Site) -> None:
    page.goto("/me/sign-in")
    page.fill("[name=who]", site.demo.certificate.number)
    page.fill("[name=password]", PASSWORD)
    page.click("form:has([name=who]) button")
    page.wait_for_url("**/me")


def is_page(rule: Rule) -> bool:
    blueprint = rule.endpoint.rpartition(".")[0]
    return (
        "GET" in (rule.methods or ())
        and not blueprint.endswith("_api")
        and not rule.rule.endswith(NO_PAGE)
        and "/static/" not in rule.rule
        and rule.endpoint not in APART
    )


def test_a_link_leads_to_every_page(site: Site, readers: Readers) -> None:
    met = {one.endpoint for _, pages in readers.values() for one in pages}
    pages = {rule.endpoint for rule in site.routes.iter_rules() if is_page(rule)}
    assert sorted(pages - met) == []


@pytest.mark.parametrize("role", STARTS)
def test_pages_serve_everybody(role: str, readers: Readers) -> None:
    reader, pages = readers[role]
    assert pages
    faults = [fault for one in pages for fault in reader.judge(one)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("role", STARTS)
def test_the_tabulator_walks_in_order(role: str, readers: Readers) -> None:
    reader, pages = readers[role]
    assert reader.walk_by_keyboard(pages[0].path) == []


def test_a_poor_page_is_found_out(readers: Readers) -> None:
    """The checks themselves: each fault of this page is named."""
    reader, _ = readers["nobody"]
    reader.open(reader.page, "/lookup")
    reader.page.evaluate(SPOIL)
    reader.page.evaluate(reader.axe)
    found = " ".join(
        reader.page.evaluate(RUN_AXE, AXE) + reader.page.evaluate(TOO_PALE) + reader.look_around(reader.page)
    )
    rules = ("color-contrast", "label", "image-alt", "page-has-heading-one", "wider than 360 px")
    own = ("pale: ", "focus does not show", "goes first in the order of focus")
    assert [rule for rule in (*rules, *own) if rule not in found] == []
    assert reader.page.evaluate(WEIGHT) > 0
