"""A certificate as a file to print, and a class of them as one stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.credential import parse_credential, read_face
from registry.people import open_holder
from registry.problems import error_words
from registry.services import Registry
from registry.state import State
from verify.bulk.results import csv_lines
from verify.paper.press import print_sheet
from verify.paper.sheet import make_sheet
from verify.qr import draw_svg
from verify.services import write_qr_of

MAX_CLASS = 500  # certificates in one file: a large class; more are printed class by class
LEFT_OUT = "left-out.csv"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date of a ZIP: the same class gives the same bytes
Numbered = tuple[str, CertificateRecord | None]


def certificate_pdf(record: CertificateRecord, registry: Registry) -> bytes:
    """The paper certificate of a record: PDF/A-3, one A4 page, its QR, the signed bytes attached.

    It names the holder and prints the identity number whole: only for the holder and the assessor.
    Refused ``paper.not_in_force``, ``paper.kind``, ``paper.not_supported``, ``paper.no_font``.
    """
    if record.state is not State.VALID:
        raise Refused("paper.not_in_force")
    person = open_holder(registry.vault, record.holder, code=record.code)
    sheet = make_sheet(read_face(parse_credential(record.credential)), person.id_number)
    qr = draw_svg(write_qr_of(registry, record)).decode()
    return print_sheet(sheet, credential=record.credential, qr=qr, recorded_at=record.recorded_at)


def class_zip(found: Iterable[Numbered], draw: Callable[[CertificateRecord], bytes]) -> Iterator[bytes]:
    """A ZIP with one PDF a certificate, written while it is read; never more than one of them in memory.

    ``found`` gives each number asked with its record, None where there is none. What cannot be printed is told in
    ``left-out.csv``, so that one certificate never keeps a class from its paper.
    """
    pipe, left_out = _Pipe(), list[tuple[str, Refused]]()
    with ZipFile(pipe, "w") as archive:  # type: ignore[call-overload]  # a pipe that cannot seek is enough
        for number, record in found:
            try:
                if record is None:
                    raise Refused("certificate.unknown")
                archive.writestr(ZipInfo(f"{number}.pdf", EPOCH), draw(record), ZIP_STORED)
            except Refused as refused:
                left_out.append((number, refused))
            yield from pipe.drain()
        if left_out:
            archive.writestr(ZipInfo(LEFT_OUT, EPOCH), _tell(left_out), ZIP_DEFLATED)
    yield from pipe.drain()


def _tell(left_out: list[tuple[str, Refused]]) -> str:
    rows = [["number", "code", "zh", "en"]]
    for number, refused in left_out:
        words = error_words(refused)
        rows.append([number, refused.code, words["zh"], words["en"]])
    return "\ufeff" + csv_lines(rows)  # the mark tells Excel that it is UTF-8


class _Pipe:
    """A file that can only be written: what was written since it was last drained."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def drain(self) -> Iterator[bytes]:
        parts, self._parts = self._parts, []
        yield from parts
