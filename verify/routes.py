"""The public API under /api/v1: verify, benefits, directories."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from issuers.accreditations.credential import is_accreditation
from issuers.schemas import load
from issuers.services import issuers
from issuers.view import describe_assessor
from keys.errors import Refused
from keys.jcs import canonicalize
from registry.addresses import client_network
from registry.credential import china_date
from registry.http import answer_json, read_json
from registry.kinds import find_kind
from registry.levels import find_level
from registry.occupations import find_occupation, search_occupations
from registry.places import find_place
from registry.services import registry
from registry.statement import is_statement
from registry.view import describe_occupation
from verify.accreditation_check import AccreditationVerdict
from verify.accreditations import (
    decisions_of,
    describe_accreditation_verdict,
    verify_accreditation,
)
from verify.dates import read_date, read_past_day
from verify.lookup import Answer, Question
from verify.paper.agreement import compare
from verify.pdf_pages import MAGIC, PdfContents, read_pdf
from verify.pictures import read_qr
from verify.presentation_check import PresentationVerdict, is_presentation
from verify.presentations import describe_presentation, verify_presentation
from verify.schemas import LOOK_UPS, VerificationSchema
from verify.services import verifier
from verify.statement_check import StatementVerdict
from verify.statements import describe_statement_verdict, verify_statement
from verify.successor import describe_successor
from verify.token_check import is_token
from verify.verdict import Verdict
from verify.view import describe_verdict, find_benefits

AnyVerdict = Verdict | StatementVerdict | PresentationVerdict | AccreditationVerdict

MAX_CODES = 4  # on the pages of a PDF, each compared with what is attached; a certificate has one
MAX_RESULTS = 50  # occupations in one answer to a search
CODE_IN_URL = re.compile(r"/(?:v|w)/([A-Za-z0-9_-]{16,64})")

api = Blueprint("verify_api", __name__, url_prefix="/api/v1")
_schema = VerificationSchema()


@api.post("/verifications")
def verify_one() -> Response:
    """Verify one certificate by code, two of a look-up, QR text, credential, or a picture of its QR."""
    if request.mimetype == "multipart/form-data":
        return answer_json(describe(_verify_upload()))
    asked = load(_schema, read_json(request))
    if frozenset(asked) in LOOK_UPS:
        return answer_json(describe_found(look_up(Question(**asked))))
    return answer_json(describe(_verify_json(asked)))


@api.get("/benefits")
def get_benefits() -> Response:
    """Allowances, titles, education treatment and subsidies for a level, region and day, with sources."""
    asked = read_benefit_query()
    return answer_json(find_benefits(*asked))


@api.get("/occupations")
def occupations() -> Response:
    """Occupations by code, Chinese name (either script) or English name."""
    found = search_occupations(request.args.get("q", ""), limit=MAX_RESULTS)
    return answer_json({"occupations": [describe_occupation(one) for one in found]})


@api.get("/occupations/<edition>/<code>")
def occupation(edition: str, code: str) -> Response:
    """One occupation of one edition of the 职业分类大典."""
    return answer_json(describe_occupation(find_occupation(code, edition)))


@api.get("/assessors")
def assessors() -> Response:
    """The public directory of assessors (鉴定评价机构目录, HH-13)."""
    on = china_date(registry().clock())
    return answer_json({"assessors": [describe_assessor(one, on=on) for one in issuers().assessors.all()]})


@api.get("/assessors/<assessor_id>")
def assessor(assessor_id: str) -> Response:
    """One assessor with all its accreditations, past ones too."""
    on = china_date(registry().clock())
    described = describe_assessor(issuers().find_assessor(assessor_id), on=on)
    return answer_json(described | {"decisions": decisions_of(assessor_id)})


def describe(verdict: AnyVerdict) -> dict[str, object]:
    """The verdict as JSON, with what is known of its assessor."""
    if isinstance(verdict, PresentationVerdict):
        return describe_presentation(verdict)
    if isinstance(verdict, StatementVerdict):
        return describe_statement_verdict(verdict)
    if isinstance(verdict, AccreditationVerdict):
        return describe_accreditation_verdict(verdict)
    shown = describe_verdict(verdict, verifier().assessor_of(verdict))
    return shown | {"successor": describe_successor(verdict)}


def look_up(question: Question) -> Answer:
    """The answer of the look-up. Refused ``lookup.*``, and for the day asked ``at.*``, ``field.date``."""
    client = client_network(request.remote_addr)
    return verifier().look_up.ask(question, client=client, at=registry().clock(), day=read_past_day())


def describe_found(answer: Answer) -> dict[str, object]:
    """The answer of the look-up as JSON."""
    others = [{"code": code, "outcome": outcome.value} for code, outcome in answer.others]
    return describe(answer.verdict) | {"others": others}


def verify_file(data: bytes) -> AnyVerdict:
    """A file somebody sent: a credential as JSON, a presentation, or a picture with the QR of a certificate."""
    data = data.removeprefix(BOM_UTF8)  # editors put it before a text that was pasted and saved
    if is_presentation(data):
        return verify_presented(data.decode("utf-8", "replace"))
    if is_token(data):
        return verify_token(data.decode("ascii"))
    if data.lstrip()[:1] in {b"{", b"["}:
        return verify_document(data)
    if is_pdf(data):
        return _verify_pdf(read_pdf(data))
    return verify_text(_choose(read_qr(data)))


def is_pdf(data: bytes) -> bool:
    """Whether a file says that it is a PDF."""
    return data.startswith(MAGIC)


def _verify_pdf(found: PdfContents) -> AnyVerdict:
    """The signed certificate inside a PDF, and its code, which must be of the same certificate."""
    if found.attached is None:
        return verify_text(_choose(found.texts))
    verdict = verify_document(found.attached)
    if isinstance(verdict, Verdict):
        for text in filter(CODE_IN_URL.search, found.texts[:MAX_CODES]):
            verdict = compare(verdict, verify_text(text))
    return verdict


def _choose(texts: list[str]) -> str:
    if not texts:
        raise Refused("picture.no_qr", field="file")
    return next((text for text in texts if CODE_IN_URL.search(text)), texts[0])


def verify_document(document: bytes) -> AnyVerdict:
    """A signed document: a certificate, an entitlement statement, or an accreditation."""
    day = read_past_day()
    if day and (is_statement(document) or is_accreditation(document)):
        raise Refused("at.statement", field="at")
    if is_statement(document):
        return verify_statement(document)
    if is_accreditation(document):
        return verify_accreditation(document)
    return verifier().verify_document(document, at=registry().clock(), day=day)


def verify_token(text: str) -> Verdict:
    """A certificate as a JWT."""
    return verifier().verify_token(text.strip(), at=registry().clock(), day=read_past_day())


def verify_presented(
    text: str, *, audience: str | None = None, nonce: str | None = None
) -> PresentationVerdict:
    """A presentation; of a day gone by it cannot tell, for it may hide the dates."""
    if read_past_day():
        raise Refused("at.presentation", field="at")
    return verify_presentation(text, at=registry().clock(), audience=audience, nonce=nonce)


def verify_text(text: str) -> Verdict:
    """The text of a QR: by its payload; one of ours without a payload by its code, which needs the record."""
    text, at = text.strip(), registry().clock()
    found = CODE_IN_URL.search(text)
    if "#" not in text and found and text.startswith(registry().settings.origin + "/"):
        return verifier().verify_code(found.group(1), at=at, day=read_past_day())
    return verifier().verify_qr(text, at=at, day=read_past_day())


def read_benefit_query() -> tuple[str, str | None, str | None, str, date, date | None]:
    """kind, level, occupation, region, on, held_since of the query string. Refused names the field."""
    args = request.args
    kind = find_kind(args.get("kind") or "skill_level").id
    level = find_level(args["level"]).id if args.get("level") else None
    region = find_place(args.get("region") or "000000").code
    on = read_date("on") or china_date(registry().clock())
    return kind, level, args.get("occupation") or None, region, on, read_date("held_since")


def _verify_json(asked: dict[str, Any]) -> AnyVerdict:
    if "presentation" in asked:
        text = asked.pop("presentation")
        return verify_presented(text, **asked)
    if "code" in asked:
        return verifier().verify_code(asked["code"], at=registry().clock(), day=read_past_day())
    if "qr" in asked:
        return verify_text(asked["qr"])
    credential = asked["credential"]
    if isinstance(credential, str) and is_presentation(credential):
        return verify_presented(credential)
    if isinstance(credential, str) and is_token(credential.encode()):
        return verify_token(credential)
    document = credential.encode() if isinstance(credential, str) else canonicalize(credential)
    return verify_document(document)


def _verify_upload() -> AnyVerdict:
    file = request.files.get("file")
    if file is None:
        raise Refused("field.missing", field="file")
    return verify_file(file.read())
