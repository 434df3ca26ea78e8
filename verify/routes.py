"""The public API under /api/v1: verify, benefits, directories."""

from __future__ import annotations

import re
from datetime import date

from flask import Blueprint, Response, request

from issuers.schemas import load
from issuers.services import issuers
from issuers.view import describe_assessor
from keys.errors import Refused
from keys.jcs import canonicalize
from registry.credential import china_date
from registry.http import answer_json, read_json
from registry.kinds import find_kind
from registry.levels import find_level
from registry.occupations import find_occupation, search_occupations
from registry.places import find_place
from registry.services import registry
from registry.statement import is_statement
from registry.view import describe_occupation
from verify.dates import read_date
from verify.pictures import read_qr
from verify.schemas import VerificationSchema
from verify.services import verifier
from verify.statement_check import StatementVerdict
from verify.statements import describe_statement_verdict, verify_statement
from verify.verdict import Verdict
from verify.view import describe_verdict, find_benefits

MAX_RESULTS = 50  # occupations in one answer to a search
CODE_IN_URL = re.compile(r"/(?:v|w)/([A-Za-z0-9_-]{16,64})")

api = Blueprint("verify_api", __name__, url_prefix="/api/v1")
_schema = VerificationSchema()


@api.post("/verifications")
def verify_one() -> Response:
    """Verify one certificate by code, number and holder, QR text, credential, or a picture of its QR."""
    is_upload = request.mimetype == "multipart/form-data"
    return answer_json(describe(_verify_upload() if is_upload else _verify_json()))


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
    return answer_json(describe_assessor(issuers().find_assessor(assessor_id), on=on))


def describe(verdict: Verdict | StatementVerdict) -> dict[str, object]:
    """The verdict as JSON, with what is known of its assessor."""
    if isinstance(verdict, StatementVerdict):
        return describe_statement_verdict(verdict)
    return describe_verdict(verdict, verifier().assessor_of(verdict))


def verify_file(data: bytes) -> Verdict | StatementVerdict:
    """A file somebody sent: a credential as JSON, or a picture with the QR of a certificate."""
    if data.lstrip()[:1] in {b"{", b"["}:
        return verify_document(data)
    texts = read_qr(data)
    if not texts:
        raise Refused("picture.no_qr", field="file")
    return verify_text(next((text for text in texts if CODE_IN_URL.search(text)), texts[0]))


def verify_document(document: bytes) -> Verdict | StatementVerdict:
    """A signed document: a certificate, or an entitlement statement."""
    if is_statement(document):
        return verify_statement(document)
    return verifier().verify_document(document, at=registry().clock())


def verify_text(text: str) -> Verdict:
    """The text of a QR: by its payload; one of ours without a payload by its code, which needs the record."""
    text, at = text.strip(), registry().clock()
    found = CODE_IN_URL.search(text)
    if "#" not in text and found and text.startswith(registry().settings.origin + "/"):
        return verifier().verify_code(found.group(1), at=at)
    return verifier().verify_qr(text, at=at)


def read_benefit_query() -> tuple[str, str | None, str | None, str, date, date | None]:
    """kind, level, occupation, region, on, held_since of the query string. Refused names the field."""
    args = request.args
    kind = find_kind(args.get("kind") or "skill_level").id
    level = find_level(args["level"]).id if args.get("level") else None
    region = find_place(args.get("region") or "000000").code
    on = read_date("on") or china_date(registry().clock())
    return kind, level, args.get("occupation") or None, region, on, read_date("held_since")


def _verify_json() -> Verdict | StatementVerdict:
    at = registry().clock()
    asked = load(_schema, read_json(request))
    if "code" in asked:
        return verifier().verify_code(asked["code"], at=at)
    if "number" in asked:
        return verifier().verify_number(asked["number"], asked["holder"], at=at)
    if "qr" in asked:
        return verify_text(asked["qr"])
    credential = asked["credential"]
    document = credential.encode() if isinstance(credential, str) else canonicalize(credential)
    return verify_document(document)


def _verify_upload() -> Verdict | StatementVerdict:
    file = request.files.get("file")
    if file is None:
        raise Refused("field.missing", field="file")
    return verify_file(file.read())
