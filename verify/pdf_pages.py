"""Pages of a PDF as pictures, with pypdfium2 (extra ``images``): people send certificates as PDF too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keys.errors import Refused

MAGIC = b"%PDF-"
MAX_PAGES = 4  # a certificate has one or two
PIXELS = 2_000  # pixels of the longer side: a QR of 73 modules and 3 cm on A4 then has 200 pixels and more


def render_pages(data: bytes) -> Iterator[Any]:
    """The first pages of a PDF as Pillow pictures in grey. Refused ``picture.not_supported``, ``.unreadable``."""
    try:
        import pypdfium2  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise Refused("picture.not_supported") from None
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        raise Refused("picture.unreadable") from None
    try:
        for number in range(min(len(document), MAX_PAGES)):
            page = document[number]
            # by the longer side, so that a page of any size costs the same
            scale = PIXELS / max(*page.get_size(), 1)
            yield page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil()
    except pypdfium2.PdfiumError:
        raise Refused("picture.unreadable") from None
    finally:
        document.close()
