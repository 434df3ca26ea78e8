"""What a PDF holds: the codes on its pages, and a certificate attached inside (extra ``images``).

Reading happens in a process of its own with little memory and little time: a PDF of a few kilobytes can unfold to
gigabytes, and what parses it is C. `read_pdf` starts that process, `main` is what runs in it.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from keys.errors import Refused

MAGIC = b"%PDF-"
ATTACHMENT = "certificate.json"
MAX_ATTACHED = 65_536  # bytes: more than a signed certificate has; the strict parser has the final limit
MAX_ATTACHMENTS = 16  # looked at
MAX_PAGES = 4  # a certificate has one or two
PIXELS = 2_000  # pixels of the longer side: a QR of 73 modules and 3 cm on A4 then has 200 pixels and more
MEMORY = 512 << 20  # bytes of address space of the process; a page needs less than half of it
CPU_SECONDS, PATIENCE_SECONDS = 5, 20  # of the process, and of who waits for it on a busy machine
AT_ONCE, WAIT_SECONDS = 2, 5  # processes beside each other of one server process, and the wait for a place
UNREADABLE, NOT_SUPPORTED = 3, 4  # how the process ends
_places = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class PdfContents:
    """The texts of the codes on the first pages, and the attached certificate's exact bytes or None."""

    texts: list[str]
    attached: bytes | None


def read_pdf(data: bytes) -> PdfContents:
    """What is in a PDF. Refused ``picture.not_supported``, ``picture.unreadable``, ``picture.busy``."""
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise Refused("picture.busy", retry_after=WAIT_SECONDS)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "verify.pdf_pages"],
            input=data,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
            env={"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": os.defpath},
        )
    except subprocess.TimeoutExpired:
        raise Refused("picture.unreadable") from None
    finally:
        _places.release()
    if done.returncode:
        raise Refused("picture.not_supported" if done.returncode == NOT_SUPPORTED else "picture.unreadable")
    answer = json.loads(done.stdout)
    return PdfContents(answer["texts"], base64.b64decode(answer["attached"]) if answer["attached"] else None)


def main() -> int:
    """Read a PDF from standard input and tell what is in it, as JSON, on standard output."""
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    data = sys.stdin.buffer.read()
    try:
        attached, texts = read_attached(data), read_codes(data)
    except Refused as refused:
        return NOT_SUPPORTED if refused.code == "picture.not_supported" else UNREADABLE
    except MemoryError:
        return UNREADABLE
    told = {"texts": texts, "attached": base64.b64encode(attached).decode() if attached else None}
    sys.stdout.write(json.dumps(told))
    return 0


def read_codes(data: bytes) -> list[str]:
    """The texts of the QR codes on the first pages. Refused ``picture.*``."""
    try:
        import zxingcpp  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise Refused("picture.not_supported") from None
    formats = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    return [
        found.text for page in render_pages(data) for found in zxingcpp.read_barcodes(page, formats=formats)
    ]


def read_attached(data: bytes) -> bytes | None:
    """The bytes of the attached ``certificate.json``; None without one, or with one too large to be ours."""
    document = _open(data)
    try:
        for place in range(min(document.count_attachments(), MAX_ATTACHMENTS)):
            attachment = document.get_attachment(place)
            if attachment.get_name() == ATTACHMENT:
                found = bytes(attachment.get_data())
                return found if len(found) <= MAX_ATTACHED else None
    except _pdfium().PdfiumError:
        return None  # damaged: the codes on its pages may still be read
    finally:
        document.close()
    return None


def render_pages(data: bytes) -> Iterator[Any]:
    """The first pages of a PDF as Pillow pictures in grey. Refused ``picture.not_supported``, ``.unreadable``."""
    document = _open(data)
    try:
        for number in range(min(len(document), MAX_PAGES)):
            page = document[number]
            # by the longer side, so that a page of any size costs the same
            scale = PIXELS / max(*page.get_size(), 1)
            yield page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil()
    except _pdfium().PdfiumError:
        raise Refused("picture.unreadable") from None
    finally:
        document.close()


def _open(data: bytes) -> Any:
    try:
        return _pdfium().PdfDocument(data)
    except _pdfium().PdfiumError:
        raise Refused("picture.unreadable") from None


def _pdfium() -> Any:
    try:
        import pypdfium2  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise Refused("picture.not_supported") from None
    return pypdfium2


if __name__ == "__main__":
    sys.exit(main())
