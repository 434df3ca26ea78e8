"""Every page of the service, as everybody, against one list of what a page owes its reader.

Checked by axe-core (WCAG 2.2 A and AA, and its best practices: contrast, labels, alternatives, headings, landmarks,
language), and by measuring: no sideways scrolling at 360 px, weight, focus that shows and walks in order. A page that
no link leads to fails too: give the demo something that leads there, or name it in `APART` with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.routing import Rule

from issuers.demo import DemoAccount
from tests.browser.conftest import PATIENCE, PHONE, Site, Watch
from tests.browser.rooms_to_see import furnish
from tests.browser.walking import Walked, Walker

MAX_WEIGHT = 150_000  # bytes of a page with all that it needs, without its QR: a second on a slow phone line
STOPS_IN_A_DATE = 3  # beside its first: year, month, day, and the button of the calendar
MOST_STOPS = 60  # of the focus on a page; the longest lists repeat themselves
STARTS = {
    "nobody": ["/"],
    "registrar": ["/registrar/"],
    "inspector": ["/registrar/"],
    "clerk": ["/console/"],
    "signer": ["/console/"],
    "employer": ["/employer/"],
    "college": [],
}
# GET routes that are no pages: data, pictures, files, redirects.
APART = {
    "verify.language": "leads back to the start",
    "verify.context": "JSON-LD",
    "verify.status_list": "a signed list",
    "verify.trust_list": "a signed list",
    "operations.healthz": "for programs",
    "operations.readyz": "for programs",
    "presentations.issuer_metadata": "JSON",
    "presentations.type_metadata": "JSON",
}
NO_PAGE = (".json", ".csv", ".ndjson", ".svg", ".png", ".pdf", ".zip", ".js", ".webmanifest", ".xlsx", ".txt")
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}

RUN_AXE = """async options => {
  const found = (await axe.run(document, options)).violations;
  return found.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 120)} ${
    rule.id === 'color-contrast' ? node.any.map(check => check.message).join() : ''}`));
}"""
TOO_WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const wide = [...document.body.querySelectorAll('*')].filter(
    one => one.getBoundingClientRect().right > root.clientWidth + 1);
  return [`wider than the screen: ${root.scrollWidth} ${wide.slice(0, 3).map(one => one.outerHTML.slice(0, 80))}`];
}"""
WEIGHT = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter(one => !/qr\\.(svg|png)/.test(one.name)).reduce((sum, one) => sum + one.encodedBodySize, 0)"""
# What the focus must reach, in order: what can be operated and is seen. A group of radio buttons is one stop.
STOPS = """() => {
  const radios = new Set();
  const operable = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
  return [...document.querySelectorAll(operable)]
    .filter(one => !one.disabled && one.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}))
    .filter(one => {
      if (one.type !== 'radio') return true;
      const group = `${one.form?.id} ${one.name}`, first = !radios.has(group);
      radios.add(group);
      return first;
    }).map((one, place) => one.dataset.stop = one.type === 'radio' ? `radio ${one.name}` : `${place}`);
}"""
LISTEN = """() => {
  window.walked = [];
  document.addEventListener('focusin', ({target}) => {
    const style = getComputedStyle(target);
    const shown = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
    const stop = target.type === 'radio' ? `radio ${target.name}` : target.dataset.stop;
    window.walked.push([stop ?? target.outerHTML.slice(0, 80), shown]);
  });
}"""


@dataclass
class Reader:
    """A page that stays open while the pages of a role go by."""

    page: Page
    axe: str

    def judge(self, walked: Walked) -> list[str]:
        page, found = self.page, list[str]()
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="light")
        page.goto(walked.path)
        page.locator("h1").first.wait_for(state="attached")  # the app's shell is filled by its script
        page.evaluate(self.axe)
        found += page.evaluate(RUN_AXE, AXE)
        found += page.evaluate(TOO_WIDE)
        found += self.walk_focus()
        page.emulate_media(color_scheme="dark")
        found += [f"dark {fault}" for fault in page.evaluate(RUN_AXE, CONTRAST)]
        if (weight := page.evaluate(WEIGHT)) > MAX_WEIGHT:
            found.append(f"weighs {weight} bytes")
        return [f"{walked.role} {walked.path} ({walked.endpoint}): {fault}" for fault in found]

    def walk_focus(self) -> list[str]:
        stops = self.page.evaluate(STOPS)[:MOST_STOPS]
        self.page.evaluate(LISTEN)
        dates = self.page.locator("input[type=date], input[type=datetime-local], input[type=month]").count()
        for _ in range(len(stops) + dates * STOPS_IN_A_DATE):
            self.page.keyboard.press("Tab")
        reached = self.page.evaluate("window.walked")[: len(stops)]
        hidden = [f"focus does not show on {stop}" for stop, shown in reached if not shown]
        order = [stop for stop, _ in reached]
        return hidden + ([] if order == stops else [f"focus walks {order}, not {stops}"])

    def judge_in_english(self, walked: Walked) -> list[str]:
        page = self.page
        page.goto(f"{walked.path}{'&' if '?' in walked.path else '?'}lang=en")
        page.locator("h1").first.wait_for(state="attached")
        found = page.evaluate(TOO_WIDE)
        if page.locator("html").get_attribute("lang") != "en":
            found.append("is not in English")
        return [f"{walked.role} {walked.path} in English: {fault}" for fault in found]


Readers = dict[str, tuple[Reader, list[Walked]]]


@pytest.fixture(scope="module")
def readers(chromium: Browser, site: Site) -> Iterator[Readers]:
    """Every page with a reader who may read it; each kind of page once, by the first role that meets it."""
    more_starts, accounts = furnish(site)
    axe = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    walker, watch, found, contexts = Walker(site.routes, site.origin), Watch(site.origin), {}, []
    for role, starts in STARTS.items():
        context = chromium.new_context(viewport=PHONE, locale="zh-CN", base_url=site.origin)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        watch.over(context)
        page = context.new_page()
        if role != "nobody":
            sign_in(page, accounts.get(role) or site.account_of(role))
        pages = list(walker.walk(context, role, [*starts, *more_starts.get(role, [])]))
        found[role] = (Reader(page, axe), pages)
    yield found
    for context in contexts:
        context.close()
    assert watch.faults == []


def sign_in(page: Page, account: DemoAccount) -> None:
    page.goto("/console/sign-in")
    page.get_by_label("账号").fill(account.name)
    page.get_by_label("密码").fill(account.password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


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
    faults = [fault for one in pages for fault in reader.judge(one)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("role", STARTS)
def test_pages_fit_in_english_too(role: str, readers: Readers) -> None:
    reader, pages = readers[role]
    faults = [fault for one in pages for fault in reader.judge_in_english(one)]
    assert not faults, "\n".join(faults)


def test_a_poor_page_is_found_out(readers: Readers) -> None:
    """The checks themselves: each fault of this page is named."""
    reader, _ = readers["nobody"]
    reader.page.goto("/lookup")
    reader.page.evaluate(
        """() => { document.querySelector('main').innerHTML = `<h3 style="color: #999; background: #fff">Grey</h3>
        <input><img src="/static/icon.svg"><p style="width: 900px">wide</p>
        <a href="/" style="outline: none">x</a>`; }"""
    )
    reader.page.evaluate(reader.axe)
    found = " ".join(
        reader.page.evaluate(RUN_AXE, AXE) + reader.page.evaluate(TOO_WIDE) + reader.walk_focus()
    )
    rules = ("color-contrast", "label", "image-alt", "page-has-heading-one", "wider than the screen")
    assert [rule for rule in (*rules, "focus does not show") if rule not in found] == []
