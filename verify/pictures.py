"""Reading QR codes from pictures people send, with zxing-cpp (extra ``images``)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError

from keys.errors import Refused

MAX_PIXELS = 50_000_000  # a 48 megapixel phone camera; more is a bomb


def read_qr(data: bytes) -> list[str]:
    """The texts of all QR codes in a PNG, JPEG or WebP. Refused ``picture.*``."""
    try:
        import zxingcpp  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise Refused("picture.not_supported") from None
    picture = _open(data)
    formats = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    return [found.text for found in zxingcpp.read_barcodes(picture, formats=formats)]


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
