"""A page printed by the browser, to PDF as to paper, still carries a QR that a camera reads."""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2
import pytest
import zxingcpp

from tests.browser.conftest import Site, Visitor

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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_qr_of_a_printed_page_decodes(visitor: Visitor, site: Site, scheme: str) -> None:
    record = site.demo.certificate
    page = visitor.open(f"/w/{record.code}", color_scheme=scheme)
    page.wait_for_function("() => document.querySelector('img.qr, main img').naturalWidth > 0")
    printed = page.pdf(format="A4", print_background=scheme == "dark")
    assert [text.partition("#")[0] for text in codes_of(printed)] == [site.url(record)]
