"""PDFs that people send: the code on a page is read; what is no PDF, or too much of one, is not."""

import resource
import zlib
from contextlib import suppress
from io import BytesIO

import pypdfium2
import pytest
from PIL import Image

from keys.errors import Refused
from verify.pdf_pages import MAX_ATTACHED, MAX_PAGES, PIXELS, read_attached, read_pdf, render_pages
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


def attach(name: str, data: bytes) -> bytes:
    """A page with a code and a file inside."""
    document = pypdfium2.PdfDocument(make_pdf(sheet(TEXT)))
    document.new_attachment(name).set_data(data)
    out = BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def test_an_attached_certificate_comes_out_byte_by_byte():
    signed = b'{"proof": [] }'
    found = read_pdf(attach("certificate.json", signed))
    assert (found.texts, found.attached) == ([TEXT], signed)


def test_other_attachments_are_left_alone():
    assert read_pdf(attach("invoice.json", b"{}")).attached is None


def test_an_attachment_too_large_to_be_ours_is_left_alone():
    assert read_attached(attach("certificate.json", b" " * MAX_ATTACHED)) == b" " * MAX_ATTACHED
    assert read_attached(attach("certificate.json", b" " * (MAX_ATTACHED + 1))) is None


def make_bomb(size: int) -> bytes:
    """A small PDF whose attached file unfolds to ``size`` zeros."""
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(certificate.json) 4 0 R]>>>>>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>",
        b"<</Type/Filespec/F(certificate.json)/UF(certificate.json)/EF<</F 5 0 R>>>>",
        b"<</Type/EmbeddedFile/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
        + packed
        + b"\nendstream",
    ]
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
    return body + head + table + tail


def test_a_bomb_goes_off_in_a_process_of_its_own():
    assert read_attached(make_bomb(1 << 20)) is None  # well-formed, and too large to be ours
    bomb = make_bomb(600 << 20)
    assert len(bomb) < 4_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with suppress(Refused):  # refused, or nothing found: never the server's memory
        assert read_pdf(bomb).attached is None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes
