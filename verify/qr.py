"""QR pictures, drawn when asked for (``qrcode`` takes 25 ms): SVG for pages and paper, PNG for everything else.

A text that ends in ``#`` and digits is drawn in two segments: the address in byte mode, the digits in numeric mode.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO, StringIO
from itertools import groupby

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData

QUIET_ZONE = 4  # modules of white around: ISO/IEC 18004 section 9.1
PNG_MODULE = 8  # pixels a module: prints well at 3 cm
MASK = 3  # a fixed mask: trying all eight takes three times as long and reads no better


def draw_svg(text: str) -> bytes:
    """The QR of ``text`` as an SVG document that scales."""
    # by hand: qrcode's own writer draws one square after the other, which takes longer than making the code
    rows = _code(text).get_matrix()
    side, path = len(rows), "".join(_runs(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{side}mm" height="{side}mm">'
        f'<path d="{path}" fill="#000"/></svg>'
    ).encode()


def draw_png(text: str) -> bytes:
    """The QR of ``text`` as a black and white PNG."""
    out = BytesIO()
    _code(text).make_image(fill_color="black", back_color="white").save(out, format="PNG")
    return out.getvalue()


def draw_terminal(text: str) -> str:
    """The QR of ``text`` in half blocks, for a terminal."""
    out = StringIO()
    _code(text, border=2).print_ascii(out=out, invert=True)
    return out.getvalue()


def _runs(rows: list[list[bool]]) -> Iterator[str]:
    """The dark modules as one rectangle a run, row by row."""
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                yield f"M{x} {y}h{length}v1h-{length}z"
            x += length


def _code(text: str, *, border: int = QUIET_ZONE) -> qrcode.QRCode:
    code = qrcode.QRCode(
        error_correction=ERROR_CORRECT_M, box_size=PNG_MODULE, border=border, mask_pattern=MASK
    )
    address, mark, digits = text.partition("#")
    if digits.isascii() and digits.isdigit():
        code.add_data(QRData(address + mark, mode=MODE_8BIT_BYTE))
        code.add_data(QRData(digits, mode=MODE_NUMBER))
    else:
        code.add_data(text)
    code.make(fit=True)
    return code
