"""Batches for programs, under /api/v1: try a list, send one, follow it, fetch mistakes and results.

A batch that a program sends waits for a signer, who approves it in the console: no token can do that.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from typing import IO

from flask import Blueprint, Response, request

from issuers.assessor import Assessor
from issuers.batches.chunks import Document
from issuers.batches.desk import batch_desk
from issuers.batches.limits import MAX_UPLOAD
from issuers.batches.results import error_lines, result_lines, why
from issuers.batches.sealing import Told, tell
from issuers.batches.telling import describe, findings
from issuers.routes import authenticate
from issuers.session import note
from keys.errors import Refused
from registry.http import answer_json
from registry.translation import language
from registry.view import Json

PIECE = 64 * 1024
IN_MEMORY = 1024 * 1024  # bytes of an upload before it goes to a nameless file
TOLD = 5_000  # mistakes in a JSON answer, about 2 MB; the CSV has all
PATH = "/api/v1/batches"

api = Blueprint("batches_api", __name__, url_prefix=PATH)


@api.post("")
def receive() -> Response:
    """Take a list in, CSV or XLSX, as the body or as the part ``file``: 202; with ``?dry_run=true`` only judge it."""
    assessor = authenticate()
    request.max_content_length = MAX_UPLOAD
    with uploaded() as file:
        if request.args.get("dry_run") == "true":
            return _dry_run(file, assessor)
        batch_id = batch_desk().receive(file, assessor, by="API")
        note("batch.prepared", f"batch:{batch_id}")
    response = answer_json(_describe(batch_desk().batches.find(batch_id)), 202)
    response.headers["Location"] = f"{PATH}/{batch_id}"
    return response


@api.get("")
def latest() -> Response:
    """The assessor's latest batches."""
    found = batch_desk().batches.latest(authenticate().id, limit=50)
    return answer_json({"batches": [_describe(batch) for batch in found]})


@api.get("/<batch_id>")
def progress(batch_id: str) -> Response:
    """How far a batch is."""
    return answer_json(_describe(_own(batch_id)))


@api.get("/<batch_id>/errors.csv")
def errors(batch_id: str) -> Response:
    """Every mistake of every row."""
    batch = _own(batch_id)
    return csv_response(error_lines(findings(batch_desk(), batch), language()), f"errors-{batch_id}.csv")


@api.get("/<batch_id>/results.csv")
def results(batch_id: str) -> Response:
    """Numbers and links of what was issued so far, and why rows were not."""
    batch = _own(batch_id)
    return csv_response(result_lines(batch_desk(), batch, language()), f"results-{batch_id}.csv")


def csv_response(lines: Iterable[str], name: str) -> Response:
    """A CSV file, streamed."""
    response = Response((line.encode() for line in lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def uploaded() -> IO[bytes]:
    """The part ``file``, or the body itself, in a file that has no name and goes when it is closed."""
    if request.mimetype.startswith("multipart/"):
        part = request.files.get("file")
        if part is None:
            raise Refused("field.missing", field="file")
        return part.stream
    stream = request.stream  # a body that is too large is refused here
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        while piece := stream.read(PIECE):
            file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _dry_run(file: IO[bytes], assessor: Assessor) -> Response:
    summary, heading, found = batch_desk().dry_run(file, assessor)
    told = tell(found, heading)
    if request.accept_mimetypes.best == "text/csv":
        return csv_response(error_lines(told, language()), "errors.csv")
    counts = {"rows": summary.rows, "valid": summary.valid, "wrong": summary.wrong}
    problems = [{"code": code, "count": count} for code, count in summary.problems.most_common()]
    answer = {"dry_run": True, **counts, "problems": problems, "unread": list(heading.unread)}
    return answer_json(answer | {"findings": [_tell(one) for one in told[:TOLD]]})


def _tell(one: Told) -> Json:
    place = {"row": one.row, "cell": one.cell, "column": one.column, "value": one.value}
    return place | {"code": one.code, "messages": why(one.code, **one.params)}


def _own(batch_id: str) -> Document:
    return batch_desk().batches.find(batch_id, authenticate().id)


def _describe(batch: Document) -> Json:
    here = f"{PATH}/{batch['_id']}"
    links = {"self": here, "errors": f"{here}/errors.csv", "results": f"{here}/results.csv"}
    return describe(batch_desk(), batch) | {"links": links}
