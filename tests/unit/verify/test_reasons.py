"""Every code that a verdict can carry has a number of its own, the same in the document and in the offline app."""

import ast
import re
from pathlib import Path

import verify
from registry.problems import catalogue
from verify.app_words import app_words
from verify.reasons import find_number, reason_numbers, reasons_document
from verify.steps import _AWAY

HOUSE = Path(verify.__file__).parent.parent
# The modules that run inside a check: what they refuse ends in a verdict.
JUDGES = (
    "keys/cose",
    "keys/did",
    "keys/jcs",
    "keys/jws",
    "keys/multikey",
    "keys/pair",
    "keys/proof",
    "keys/ring",
    "keys/sd_jwt",
    "keys/strict_json",
    "issuers/accreditation",
    "registry/credential",
    "registry/number",
    "registry/selective",
    "registry/kinds",
    "registry/levels",
    "registry/places",
    "registry/statement",
    "registry/status_list",
    "registry/wallets/jwt_credential",
    "verify/checks",
    "verify/gate",
    "verify/gate_check",
    "verify/gate_text",
    "verify/presentation_check",
    "verify/registry_signed",
    "verify/statement_check",
    "verify/token_check",
    "verify/trust_list",
)
# What these modules refuse where something is signed, made or changed; a verdict never carries it.
NOT_IN_VERDICTS = re.compile(
    r"key\.(no_ring|ring_changed|ring_malformed|none_active|duplicate|not_pending|not_active|time_reversed)|did\..*"
)


REFUSING = {"Refused", "parse_object", "read_back"}  # the code stands among what they are called with


def refused(module):
    for node in ast.walk(ast.parse((HOUSE / f"{module}.py").read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REFUSING:
            yield from (one.value for one in node.args if isinstance(one, ast.Constant))


def test_every_code_that_a_verdict_can_carry_has_a_number():
    codes = {code for module in JUDGES for code in refused(module)} | set(_AWAY.values())
    codes |= {"status.revoked", "status.suspended", "status.superseded"}
    codes |= {"record.not_asked", "status.not_asked", "key.time_unproved", "record.not_yet", "qr.foreign"}
    codes |= {"binding.none", "binding.absent"}
    codes |= {"lookup.no_match", "lookup.not_issued_here", "holder.differs"}
    codes |= {code for code in catalogue() if code.startswith("bulk.row_")}
    assert {code for code in codes if not find_number(code) and not NOT_IN_VERDICTS.fullmatch(code)} == set()


def test_numbers_are_unique_and_of_known_codes():
    numbers = reason_numbers()
    assert len(set(numbers.values())) == len(numbers)
    assert all(re.fullmatch("V[1-9][0-9]{2}", number) for number in numbers.values())
    assert set(numbers) - set(catalogue()) == set()


def test_a_passed_check_has_none():
    assert [code for code in reason_numbers() if code.endswith("passed")] == []


def test_the_app_has_the_same():
    words = app_words()["reasons"]
    assert all(row["number"] == find_number(code) for code, row in words.items())
    assert words["status.revoked"]["number"].startswith("V7")


def test_the_document_is_up_to_date():
    assert (HOUSE / "docs" / "reasons.md").read_text("utf-8") == reasons_document()
