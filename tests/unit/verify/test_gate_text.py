"""The text of a QR: one message, one text; everything else is refused by name."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from keys.errors import Refused
from verify.gate import CERTIFICATE
from verify.gate_text import MAX_DIGITS, MAX_TEXT, fits_version_12, read_text, write_text
from verify.holder_check import BITS, ITERATIONS
from verify.qr import PNG_MODULE, QUIET_ZONE, draw_png

DOCUMENT = (Path(__file__).parents[3] / "docs/qr-format.md").read_text("utf-8")
VECTORS = Path(__file__).parents[2] / "vectors/verify/qr-v1.json"
URL = "https://registry.example/v/ResUN44qBSONPDrAS79LuQ"


@given(st.binary(max_size=250))
def test_what_is_written_is_read(rest):
    parts = read_text(write_text(URL, b"\xd2" + rest))
    assert (parts.url, parts.origin, parts.code) == (
        URL,
        "https://registry.example",
        "ResUN44qBSONPDrAS79LuQ",
    )
    assert parts.message == b"\xd2" + rest


@given(st.from_regex("[1-9][0-9]{0,630}", fullmatch=True))
def test_one_message_has_one_text(digits):
    text = f"{URL}#1{digits}"
    assert write_text(URL, read_text(text).message) == text


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:8000", "https://a.b:8443"]
)
def test_every_origin_that_the_settings_allow(origin):
    assert read_text(f"{origin}/v/ResUN44qBSONPDrAS79LuQ#1210").origin == origin


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * (MAX_TEXT + 1), "qr.too_long"),
        ("", "qr.foreign"),
        ("1234", "qr.foreign"),
        ("ftp://a/v/ResUN44qBSONPDrAS79LuQ#1210", "qr.foreign"),
        ("https://user@a/v/ResUN44qBSONPDrAS79LuQ#1210", "qr.foreign"),
        ("https://a/w/ResUN44qBSONPDrAS79LuQ#1210", "qr.foreign"),
        ("https://a/v/ResUN44qBSONPDrAS79Lu#1210", "qr.foreign"),
        ("https://a/v/ResUN44qBSONPDrAS79LuQ?x=1#1210", "qr.foreign"),
        ("javascript:https://a/v/ResUN44qBSONPDrAS79LuQ#1210", "qr.foreign"),
        (URL, "qr.no_payload"),
        (f"{URL}#", "qr.digits"),
        (f"{URL}#x", "qr.digits"),
        (f"{URL}#1 210", "qr.digits"),
        (f"{URL}#1210\n1", "qr.digits"),
        (f"{URL}#+1210", "qr.digits"),
        (f"{URL}#1_210", "qr.digits"),
        (f"{URL}#1٢10", "qr.digits"),
        (f"{URL}#1", "qr.digits"),
        (f"{URL}#10", "qr.digits"),
        (f"{URL}#10210", "qr.digits"),
        (f"{URL}#1" + "9" * (MAX_DIGITS + 1), "qr.digits"),
        (f"{URL}#0210", "qr.version"),
        (f"{URL}#2210", "qr.version"),
    ],
)
def test_refused(text, code):
    with pytest.raises(Refused) as refused:
        read_text(text)
    assert refused.value.code == code


@pytest.mark.parametrize("digits", range(562, 569))
def test_our_arithmetic_is_the_drawers(digits):
    """Around the limit of version 12-M for this address, the drawn picture agrees with the count of bits."""
    text = f"{URL}#" + "1" * digits
    modules = Image.open(BytesIO(draw_png(text))).width // PNG_MODULE - 2 * QUIET_ZONE
    assert fits_version_12(text) == ((modules - 17) // 4 <= 12)


def test_the_documented_limits_are_ours():
    for word in (
        f"At most {MAX_DIGITS} digits",
        f"{-CERTIFICATE}",
        f"{ITERATIONS:,} iterations",
        f"{MAX_TEXT:,} characters",
    ):
        assert word in DOCUMENT
    for id_type, bits in BITS.items():
        assert re.search(rf"^\| .*{id_type}.* \| {bits} \|", DOCUMENT, re.MULTILINE)


def test_the_worked_example_is_the_first_vector():
    example = DOCUMENT.partition("## A worked example")[2].partition("## ")[0]
    written = "".join(line.strip().partition("  ")[0] for line in example.splitlines() if line[:4].isspace())
    vector = json.loads(VECTORS.read_text("utf-8"))["vectors"][0]
    assert written.replace(" ", "").lower() == vector["claims_hex"]
