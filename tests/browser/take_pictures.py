"""Takes the pictures of the README: `.venv/bin/python -m tests.browser.take_pictures`, by hand, when a page changed.

Serves the demo on a local MongoDB with the clock standing still, so that a picture changes only where its page
does, and writes docs/images/*.png with at most 256 colours. Needs a Chinese font (Noto CJK).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from issuers.batches.worker import issuing
from registry.audit.checking import Checks
from registry.audit.writer import TrailWriter
from registry.mongod import local_mongod
from registry.statistics.projector import Projector
from tests.browser.conftest import DESK, PHONE, Site, enter, serving
from tests.browser.test_accreditation import OCCUPATION, Calendar, live
from tests.browser.test_batch import make_list, send
from tests.browser.test_changes import replace_lost
from tests.browser.test_console import fill_in
from tests.browser.test_four_people import first_of, issue_three, suspend, three_rows
from tests.browser.test_sharing import claim_path, fill_claim, share_a_part, unclaimed
from tests.browser.test_wallet import make_offer
from tests.browser.test_worker import add_authenticator
from verify.paper.desk import certificate_pdf

IMAGES = Path(__file__).parents[2] / "docs" / "images"
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)  # in China
PAPER = 1.5  # pixels a point: 893 x 1263 of an A4 page
LARGEST = 150_000  # bytes of one picture: a README should open at once
TALL = {"width": 360, "height": 1050}  # two phones side by side in the README
PERSON = {"name": "王小明", "id_number": "150102199003071018"}


def main() -> None:
    """Take all of them."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        local_mongod(Path(folder)) as uri,
        serving(uri, clock=lambda: NOON) as site,
        sync_playwright() as playwright,
    ):
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=sandbox)
        take_all(browser, site)
        with serving(uri, clock=lambda: NOON, host="localhost") as named:  # passkeys need a site with a name
            take_worker(browser, named)
        calendar = Calendar(NOON)
        with serving(uri, clock=calendar) as own:  # days pass in it
            take_accreditation(browser, own, calendar)
        browser.close()


def take_all(browser: Browser, site: Site) -> None:
    """The verification page on a phone and a desk, the worker's page, the preview, a revoked certificate."""
    code, revoked = site.demo.certificate.code, site.revoked().code
    save("verdict-360", open_page(browser, site, f"/v/{code}", TALL, device_scale_factor=2))
    save(
        "verdict-1280",
        open_page(browser, site, f"/v/{code}", {"width": 1280, "height": 1000}, locale="en-GB"),
    )
    save(
        "worker-360",
        open_page(browser, site, f"/w/{code}", TALL, device_scale_factor=2),
    )
    save("revoked-360", open_page(browser, site, f"/v/{revoked}", PHONE, device_scale_factor=2))
    console = open_page(browser, site, "/console/", {"width": 1000, "height": 1240})
    enter(console, site, "signer")
    console.goto("/console/issue")
    fill_in(console, **PERSON)
    save("console-preview", console)
    take_paper(site)
    take_sharing(browser, site)
    take_batch(browser, site)
    take_day(browser, site)


def take_sharing(browser: Browser, site: Site) -> None:
    """A link on its owner's phone, after a stranger looked, and what the stranger saw."""
    record = unclaimed(site)
    own = open_page(browser, site, claim_path(site, record), TALL, device_scale_factor=2)
    fill_claim(own, site, record)
    path = share_a_part(own, record)
    save("shared-view-360", open_page(browser, site, path, TALL, device_scale_factor=2))
    own.reload()
    save("share-360", own)


def take_batch(browser: Browser, site: Site) -> None:
    """A batch as the signer sees it before approving."""
    clerk = open_page(browser, site, "/console/", DESK)
    enter(clerk, site, "clerk")
    with issuing(site.services.batches, patience=0.05):
        send(clerk, make_list(first=100, day=NOON.date()))
    signer = open_page(browser, site, "/console/", {"width": 1000, "height": 1500})
    enter(signer, site, "signer")
    signer.goto(clerk.url)
    save("batch-approve", signer)


def take_day(browser: Browser, site: Site) -> None:
    """First pages of assessor and registrar, the trail as the inspector reads it, a replaced certificate."""
    database = site.services.registry.database
    trail = TrailWriter(database, lambda: NOON)
    trail.catch_up()  # what the demo brought along stands at the trail's beginning
    people = {role: sign_in_as(browser, site, role) for role in ("clerk", "signer", "registrar", "inspector")}
    batch = issue_three(people["clerk"], people["signer"], site, three_rows(NOON.date()))
    record = first_of(site, batch)
    with issuing(site.services.batches, patience=0.05):  # a list with mistakes, which waits
        send(people["clerk"], make_list(first=500, day=NOON.date()))
    replace_lost(people["signer"], site.demo.certificate.number)
    save(
        "superseded-360",
        open_page(browser, site, f"/v/{site.demo.certificate.code}", PHONE, device_scale_factor=2),
    )
    suspend(people["registrar"], record.number)
    trail.catch_up()
    Projector(database, lambda: NOON).catch_up()
    Checks(database).run(at=NOON, stop=lambda: False)
    for name, role, path, height in (
        ("dashboard-1280", "signer", "/console/", 1720),  # down to the refusals
        ("registrar-1280", "registrar", "/registrar/", 1000),
        ("trail-1280", "inspector", "/registrar/trail", 1000),
    ):
        page = people[role]
        page.set_viewport_size({"width": 1280, "height": height})
        page.goto(path)
        save(name, page)
    take_search(people["registrar"])


def take_search(registrar: Page) -> None:
    """The search over all certificates, on a phone."""
    registrar.set_viewport_size(TALL)
    registrar.goto("/console/certificates")
    save("search-360", registrar)


def take_accreditation(browser: Browser, site: Site, calendar: Calendar) -> None:
    """The life of an accreditation: filed, decided by two, published; withdrawn, and what it had certified."""
    heights = {"filed": 700, "decided": 1000, "published": 740, "withdrawn": 900, "valid": 1400}
    about = {"published": OCCUPATION, "withdrawn": "起撤销", "valid": ""}

    def look(name: str, page: Page) -> None:
        size = {"width": 360 if name in about else 1280, "height": heights[name]}
        page.set_viewport_size(size)
        if about.get(name):
            page.locator("main section", has_text=about[name]).last.evaluate("one => one.scrollIntoView()")
        save(f"accreditation-{name}-{size['width']}", page)

    live(site, calendar, lambda path: open_page(browser, site, path, DESK), look)


def sign_in_as(browser: Browser, site: Site, role: str) -> Page:
    """Somebody's own browser, at the console."""
    page = open_page(browser, site, "/console/sign-in", DESK)
    enter(page, site, role)
    return page


def take_worker(browser: Browser, site: Site) -> None:
    """A worker claims with a passkey, sees their page and the career line."""
    phone = {"viewport": PHONE, "device_scale_factor": 2, "locale": "zh-CN", "base_url": site.origin}
    page = browser.new_context(**phone).new_page()
    add_authenticator(page)
    page.goto(site.demo.claim_url)
    save("claim-360", page)
    page.fill("[name=name]", site.demo.holder["name"])
    page.fill("[name=id_number]", site.demo.holder["id_number"])
    page.click("main form button")
    page.click("[data-passkey] button:enabled")
    page.wait_for_url("**/me")
    page.set_viewport_size(TALL)
    save("me-360", page)
    page.goto("/me/career")
    save("career-360", page)
    page.goto("/me")
    make_offer(page, site.demo.certificate)
    page.wait_for_function("() => document.querySelector('img.qr').naturalWidth > 0")
    save("wallet-360", page)


def open_page(browser: Browser, site: Site, path: str, size: dict[str, int], **options: Any) -> Page:
    """A page as a visitor sees it first."""
    chosen = {"locale": "zh-CN", "viewport": size, "base_url": site.origin} | options
    page = browser.new_context(**chosen).new_page()
    page.goto(path)
    return page


def take_paper(site: Site) -> None:
    """The demo's certificate on paper, as a PDF reader draws it."""
    here = site.services.registry
    certificate = here.record.find(site.demo.certificate.code)
    assert certificate is not None
    page = pypdfium2.PdfDocument(certificate_pdf(certificate, here))[0]
    keep("certificate-pdf", page.render(scale=PAPER).to_pil())


def save(name: str, page: Page) -> None:
    """What is on the screen, as docs/images/NAME.png."""
    keep(name, Image.open(BytesIO(page.screenshot())))


def keep(name: str, seen: Image.Image) -> None:
    """A picture with few colours, as docs/images/NAME.png."""
    picture = seen.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    path = IMAGES / f"{name}.png"
    picture.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.relative_to(IMAGES.parents[1])}  {picture.width} x {picture.height}  {size:,} bytes")
    if size > LARGEST:
        sys.exit(f"{path.name} is larger than {LARGEST:,} bytes")


if __name__ == "__main__":
    main()
