"""The assessor's paper: one certificate as a PDF, a class of them as a ZIP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from threading import BoundedSemaphore

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from issuers.batches.desk import batch_desk
from issuers.batches.results import issued_numbers
from issuers.routes import find_own
from issuers.session import assessors_only, current_assessor, note
from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.problems import error_words, find_problem
from registry.services import Registry, registry
from verify.paper.desk import MAX_CLASS, Numbered, certificate_pdf, class_zip

CHUNK = 50  # certificates fetched together: one question to the record instead of fifty
LONGEST_NUMBER = 40  # characters; of ours the longest has 22
CLASSES_AT_ONCE = 1  # of one server process: a class takes a thread for some seconds
SECONDS_LATER = 30

pages = Blueprint("paper", __name__, url_prefix="/console/paper", template_folder="../templates")
_printing = BoundedSemaphore(CLASSES_AT_ONCE)


@pages.get("/<number>.pdf")
@assessors_only
def certificate(number: str) -> Response:
    """The certificate as a PDF to print, with the signed original attached."""
    record = find_own(current_assessor().id, number)
    made = pdf_response(certificate_pdf(record, registry()), record.number)
    note("certificate.printed", f"certificate:{record.number}")
    return made


@pages.get("/")
@assessors_only
def chosen() -> str:
    """The form for a class: which certificates to print."""
    return _form(request.args.get("numbers", ""))


@pages.post("/class.zip")
@assessors_only
def whole_class() -> ResponseReturnValue:
    """The PDFs of a class in one ZIP, streamed."""
    given = "\n".join(request.form.getlist("numbers"))
    try:
        return _send(read_numbers(given), f"assessor:{current_assessor().id}", "certificates.zip")
    except Refused as refused:
        return _form(given, error_words(refused)), find_problem(refused.code).status


@pages.get("/batches/<batch_id>")
@assessors_only
def batch(batch_id: str) -> ResponseReturnValue:
    """The certificates of a batch on paper: one ZIP, or one for each 500."""
    count = sum(1 for _ in _numbers_of(batch_id))
    parts = [(first + 1, min(first + MAX_CLASS, count)) for first in range(0, count, MAX_CLASS)]
    return render_template("paper/batch.html", batch_id=batch_id, parts=parts)


@pages.get("/batches/<batch_id>/<int:part>.zip")
@assessors_only
def batch_part(batch_id: str, part: int) -> ResponseReturnValue:
    """The PDFs of one part of a batch, from 1, streamed."""
    first = (part - 1) * MAX_CLASS
    numbers = list(islice(_numbers_of(batch_id), max(first, 0), max(first, 0) + MAX_CLASS))
    if part == 1 and not numbers:
        raise Refused("paper.nothing_issued")
    if part < 1 or not numbers:
        raise Refused("http.not_found")
    return _send(numbers, f"batch:{batch_id}", f"certificates-{batch_id}-{part}.zip")


def pdf_response(pdf: bytes, number: str) -> Response:
    """A PDF with somebody's name in it: as a file, kept by no cache."""
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{number}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


def read_numbers(text: str) -> list[str]:
    """The certificate numbers in a text, each once, in order. Refused ``paper.numbers``, ``paper.too_many``."""
    given = re.split(r"[\s,;\u3000\uff0c\uff1b\u3001]+", text.upper())
    numbers = list(dict.fromkeys(number for number in given if number))
    if not numbers or not all(re.fullmatch(f"[0-9A-Z]{{1,{LONGEST_NUMBER}}}", number) for number in numbers):
        raise Refused("paper.numbers", field="numbers")
    if len(numbers) > MAX_CLASS:
        raise Refused("paper.too_many", field="numbers", limit=MAX_CLASS)
    return numbers


def _numbers_of(batch_id: str) -> Iterator[str]:
    desk = batch_desk()
    return issued_numbers(desk, desk.batches.find(batch_id, current_assessor().id))


def _send(numbers: list[str], subject: str, name: str) -> Response:
    """A class as a ZIP, sent while it is printed. Refused ``paper.busy``."""
    if not _printing.acquire(blocking=False):
        raise Refused("paper.busy", retry_after=SECONDS_LATER)
    with ExitStack() as held:  # until the last byte is sent, or until something goes wrong before the first
        held.callback(_printing.release)
        note("certificates.printed", subject, after={"certificates": len(numbers)})
        ended = held.pop_all()
        parts = _stream(registry(), current_assessor().id, numbers, ended)
    response = Response(parts, mimetype="application/zip")
    response.call_on_close(ended.close)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _form(numbers: str, error: object = None) -> str:
    return render_template("paper/class.html", numbers=numbers, error=error, limit=MAX_CLASS)


def _stream(here: Registry, assessor: str, numbers: list[str], ended: ExitStack) -> Iterator[bytes]:
    # outside the request by now: everything needed is handed over
    def draw(record: CertificateRecord) -> bytes:
        return certificate_pdf(record, here)

    with ended:
        yield from class_zip(_find(here, assessor, numbers), draw)


def _find(here: Registry, assessor: str, numbers: list[str]) -> Iterator[Numbered]:
    for start in range(0, len(numbers), CHUNK):
        asked = numbers[start : start + CHUNK]
        found = {one.number: one for one in here.record.find_all(codes=(), numbers=asked)}
        own = {number: one for number, one in found.items() if one.assessor == assessor}
        yield from ((number, own.get(number)) for number in asked)
