"""A page printed by the browser, to PDF as to paper, still carries a QR that a camera reads."""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visitor
from tests.browser.test_sharing import claim_path, fill_claim, unclaimed

DOTS_PER_POINT = 2.5  # 180 dpi: what a cheap office scanner does


def codes_of(pdf: bytes) -> Iterator[str]:
    """The texts of the QR codes on a PDF's pages."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            picture = page.render(scale=DOTS_PER_POINT).to_pil().convert("L")
            yield from (found.text for found in zxingcpp.read_barcodes(picture))
    finally:
        document.close()


def printed_codes(page: Page, **options: bool) -> list[str]:
    """The addresses in the codes of the page as it is printed on A4."""
    printed = page.pdf(format="A4", **options)
    return [text.partition("#")[0] for text in codes_of(printed)]


@pytest.mark.parametrize("path", ["/v/{code}", "/w/{code}"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_qr_of_a_printed_page_decodes(visitor: Visitor, site: Site, scheme: str, path: str) -> None:
    record = site.demo.certificate
    page = visitor.open(path.format(code=record.code), color_scheme=scheme)
    page.wait_for_function("() => document.querySelector('img.qr, main img').naturalWidth > 0")
    assert printed_codes(page, print_background=scheme == "dark") == [site.url(record)]


def test_the_cards_of_a_worker_print_with_their_codes(visitor: Visitor, site: Site) -> None:
    record = unclaimed(site)
    page = visitor.open(claim_path(site, record))
    fill_claim(page, site, record)
    expect(page.locator(".card .qr").first).to_be_hidden()  # on the screen it has a page of its own
    codes = page.locator(".card .qr").evaluate_all("all => all.map(one => one.src.split('/')[4])")
    assert record.code in codes
    assert printed_codes(page) == [f"{site.origin}/v/{code}" for code in codes]
    printed = pypdfium2.PdfDocument(page.pdf(format="A4"))
    text = printed[0].get_textpage().get_text_range()
    assert record.number in text
    assert "评价机构" in text
    assert not any(words in text for words in ("出示二维码", "退出", "我的链接"))  # nothing to press on paper
    printed.close()
