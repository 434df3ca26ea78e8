"""What an assessor hands out after a batch: QR pictures as a ZIP, and a sheet to print with both codes a person."""

from __future__ import annotations

import io
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import islice

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from issuers.batches.chunks import Document
from issuers.batches.desk import batch_desk
from issuers.batches.results import Result, results
from issuers.session import assessors_only, current_assessor
from verify.qr import draw_png, draw_svg
from verify.services import verifier

A_PAGE = 24  # people on a page of the sheet: two codes of 25 ms each to draw, about a second
STORED = zipfile.ZIP_STORED  # pictures are packed already

batch_results = Blueprint(
    "batch_results", __name__, url_prefix="/console/batches", template_folder="templates"
)


@batch_results.get("/<batch_id>/qr.zip")
@assessors_only
def pictures(batch_id: str) -> ResponseReturnValue:
    """The QR picture of every certificate, named by its number; drawn and sent one after the other."""
    found, text = _own(batch_id), verifier().qr_text
    response = Response(stream_with_context(_zip(found, text)), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="qr-{batch_id}.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response


@batch_results.get("/<batch_id>/sheet")
@assessors_only
def sheet(batch_id: str) -> ResponseReturnValue:
    """A sheet to print and cut: name, number, the code to verify by and the one to claim by."""
    start = request.args.get("from", "0")
    first = int(start) if start.isdecimal() and len(start) < 8 else 0
    found = list(islice(_issued(_own(batch_id), first), A_PAGE + 1))
    people = [
        {
            "name": one.name,
            "number": one.number,
            "verify": _picture(verifier().qr_text(one.code)),
            "claim": _picture(one.claim),
        }
        for one in found[:A_PAGE]
    ]
    following = first + A_PAGE if len(found) > A_PAGE else None
    return render_template("verify/batch_sheet.html", people=people, batch_id=batch_id, following=following)


def _own(batch_id: str) -> Document:
    return batch_desk().batches.find(batch_id, current_assessor().id)


def _issued(found: Document, first: int = 0) -> Iterator[Result]:
    place = 0
    for chunk in results(batch_desk(), found):
        for one in chunk:
            if one.number:
                if place >= first:
                    yield one
                place += 1


def _picture(text: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(draw_svg(text)).decode()}"


class _Pipe(io.RawIOBase):
    """Takes what is written, to be taken out again: a file that is never whole."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override] # bytes are all that zipfile writes
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


def _zip(found: Document, qr_text: Callable[[str], str]) -> Iterator[bytes]:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", STORED) as packed:
        for one in _issued(found):
            packed.writestr(f"{one.number}.png", draw_png(qr_text(one.code)))
            yield pipe.take()
    yield pipe.take()
