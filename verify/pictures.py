"""Reading QR codes from pictures and PDFs that people send, with zxing-cpp (extra ``images``)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError

from keys.errors import Refused
from verify.pdf_pages import MAGIC, read_pdf

MAX_PIXELS = 50_000_000  # a 48 megapixel phone camera; more is a bomb


def read_qr(data: bytes) -> list[str]:
    """The texts of all QR codes in a PNG, JPEG, WebP or PDF. Refused ``picture.*``."""
    if data.startswith(MAGIC):
        return read_pdf(data).texts
    try:
        import zxingcpp  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise Refused("picture.not_supported") from None
    formats = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    return [found.text for found in zxingcpp.read_barcodes(_open(data), formats=formats)]


def _open(data: bytes) -> Any:
    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Refused("picture.too_large")
            return picture.convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("picture.unreadable") from error
