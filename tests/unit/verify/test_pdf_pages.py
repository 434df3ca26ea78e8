"""PDFs that people send: the code on a page is read; what is no PDF, or too much of one, is not."""

from io import BytesIO

import pytest
from PIL import Image

from keys.errors import Refused
from verify.pdf_pages import MAX_PAGES, PIXELS, render_pages
from verify.pictures import read_qr
from verify.qr import draw_png

TEXT = "https://registry.example/v/ResUN44qBSONPDrAS79LuQ#1" + "7" * 390


def make_pdf(*pages: Image.Image, resolution: float = 150) -> bytes:
    out = BytesIO()
    pages[0].save(out, "PDF", resolution=resolution, save_all=True, append_images=pages[1:])
    return out.getvalue()


def sheet(text: str | None = None) -> Image.Image:
    """A4 at 150 dots an inch, with a code of 3 cm."""
    page = Image.new("L", (1240, 1754), 255)
    if text:
        page.paste(Image.open(BytesIO(draw_png(text))).convert("L").resize((178, 178)), (900, 1400))
    return page


def test_the_code_on_a_later_page_is_read():
    assert read_qr(make_pdf(sheet(), sheet(TEXT))) == [TEXT]


def test_only_the_first_pages_are_drawn():
    assert read_qr(make_pdf(*[sheet()] * MAX_PAGES, sheet(TEXT))) == []


@pytest.mark.parametrize("resolution", [1, 72, 2400])
def test_a_page_of_any_size_costs_the_same(resolution):
    drawn = [page.size for page in render_pages(make_pdf(sheet(), resolution=resolution))]
    assert [abs(max(size) - PIXELS) <= 1 for size in drawn] == [True]


@pytest.mark.parametrize(
    "data", [b"%PDF-", b"%PDF-1.7\n" + b"\x00" * 5000, b"%PDF-1.4\ntrailer<</Root 1 0 R>>"]
)
def test_what_is_no_pdf_is_refused(data):
    with pytest.raises(Refused, match=r"picture\.unreadable"):
        read_qr(data)
