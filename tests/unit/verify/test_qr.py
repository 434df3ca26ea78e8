"""The pictures say exactly the text, to a reader that we did not write (zxing-cpp), and stay small enough for print."""

from __future__ import annotations

import re
from io import BytesIO
from xml.etree import ElementTree

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from verify.qr import PNG_MODULE, QUIET_ZONE, draw_png, draw_svg, draw_terminal

URL = "https://registry.example/v/q7Rk2_vN-8sXa1LmP0dZtw"
LONGEST_HOST = ".".join(["a" * 63] * 3 + ["b" * 61])  # 253 characters: RFC 1035 section 2.3.4
LONGEST_URL = f"https://{LONGEST_HOST}/v/" + "w" * 22
FULL_TEXT = f"{URL}#1{'0123456789' * 54}"  # with a signed part of 224 bytes
LARGEST_VERSION = 12  # 65 modules: prints at 25 mm with modules of 0.34 mm, which any phone reads


def open_picture(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("L")


def read(picture: Image.Image) -> str:
    [found] = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found.text


def version(png: bytes) -> int:
    modules = open_picture(png).width // PNG_MODULE - 2 * QUIET_ZONE
    return (modules - 17) // 4


@settings(max_examples=15, deadline=None)
@given(
    code=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", min_size=22, max_size=22)
)
def test_png_reads_as_its_text(code: str) -> None:
    url = f"https://registry.example/v/{code}"
    assert read(open_picture(draw_png(url))) == url


def test_longest_url_fits_version_12_at_level_m() -> None:
    png = draw_png(LONGEST_URL)
    assert version(png) <= LARGEST_VERSION
    [found] = zxingcpp.read_barcodes(open_picture(png), formats=zxingcpp.BarcodeFormat.QRCode)
    assert found.text == LONGEST_URL
    assert found.ec_level == "M"


def test_address_and_signed_part_fit_version_12_at_level_m() -> None:
    png = draw_png(FULL_TEXT)
    assert version(png) <= LARGEST_VERSION
    [found] = zxingcpp.read_barcodes(open_picture(png), formats=zxingcpp.BarcodeFormat.QRCode)
    assert (found.text, found.ec_level) == (FULL_TEXT, "M")


@pytest.mark.parametrize("degrees", [0, 17, 90, 180])
def test_photographed_askew_it_still_reads(degrees: int) -> None:
    small = open_picture(draw_png(FULL_TEXT)).resize((300, 300), Image.Resampling.BILINEAR)
    photo = small.rotate(degrees, expand=True, fillcolor=200).filter(ImageFilter.GaussianBlur(0.8))
    assert read(photo) == FULL_TEXT


def test_a_stained_print_still_reads() -> None:
    picture = open_picture(draw_png(FULL_TEXT))
    centre = picture.width // 2
    picture.paste(255, (centre, centre, centre + 5 * PNG_MODULE, centre + 5 * PNG_MODULE))
    assert read(picture) == FULL_TEXT


def test_quiet_zone_is_white_and_four_modules_wide() -> None:
    picture = open_picture(draw_png(URL))
    border, side = QUIET_ZONE * PNG_MODULE, picture.width
    for edge in (
        (0, 0, side, border),
        (0, 0, border, side),
        (0, side - border, side, side),
        (side - border, 0, side, side),
    ):
        assert picture.crop(edge).getextrema() == (255, 255)
    assert picture.getpixel((border, border)) == 0


def test_svg_scales_and_brings_nothing_along() -> None:
    root = ElementTree.fromstring(draw_svg(URL))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert width == height > 0
    assert {node.tag.rpartition("}")[2] for node in root.iter()} == {"svg", "path"}


def test_svg_draws_the_modules_of_the_png() -> None:
    picture = open_picture(draw_png(URL))
    path = ElementTree.fromstring(draw_svg(URL))[0].attrib["d"]
    dark = {
        (int(x) + step, int(y))
        for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path)
        for step in range(int(run))
    }
    side = picture.width // PNG_MODULE
    middle = PNG_MODULE // 2
    assert dark == {
        (x, y)
        for x in range(side)
        for y in range(side)
        if picture.getpixel((x * PNG_MODULE + middle, y * PNG_MODULE + middle)) == 0
    }


def test_terminal_drawing_reads_as_its_text() -> None:
    lines = draw_terminal(URL).splitlines()
    picture = Image.new("L", (max(map(len, lines)), 2 * len(lines)), 0)
    halves = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255)}  # a dark terminal: a block of light is white
    for row, line in enumerate(lines):
        for column, block in enumerate(line):
            upper, lower = halves.get(block, (0, 0))
            picture.putpixel((column, 2 * row), upper)
            picture.putpixel((column, 2 * row + 1), lower)
    assert read(picture.resize((picture.width * 6, picture.height * 6), Image.Resampling.NEAREST)) == URL
