"""Pictures as phones take them: at least 98 of 100 decode with zxing-cpp, and none decodes to another text.

Ten certificates, from the shortest to the longest, times twenty-four ways to spoil a picture: 240 pictures.
``pytest -s`` prints the rate and the ones that failed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from verify.pictures import read_qr
from verify.qr import PNG_MODULE, draw_png

Picture = Image.Image
VECTORS = json.loads((Path(__file__).parents[2] / "vectors/verify/qr-v1.json").read_text("utf-8"))["vectors"]
TEXTS = sorted({one["text"] for one in VECTORS if one["outcome"] == "valid"}, key=len)
HOST = "registry.example"
LONGER = [text.replace(HOST, "h" * 40) for text in (TEXTS[0], TEXTS[-1])]  # a host of 40 characters
LEAST = 0.98
PAPER = 235  # no photograph's white is 255


def scale(factor: float) -> Callable[[Picture], Picture]:
    return lambda picture: picture.resize(
        (round(picture.width * factor), round(picture.height * factor)), Image.Resampling.BILINEAR
    )


def blur(modules: float) -> Callable[[Picture], Picture]:
    return lambda picture: picture.filter(ImageFilter.GaussianBlur(modules * PNG_MODULE))


def rotate(degrees: float) -> Callable[[Picture], Picture]:
    return lambda picture: picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER)


def tilt(across: float, down: float) -> Callable[[Picture], Picture]:
    """Perspective: at the far edge everything is smaller by about ``across`` and ``down`` (0.3 is 30%)."""

    def act(picture: Picture) -> Picture:
        width, height = picture.size
        room = 1.1 + across + down  # so that the far corner stays in the picture
        far = (room, 0, -width * 0.05, 0, room, -height * 0.05, across / width, down / height)
        return picture.transform(
            picture.size, Image.Transform.PERSPECTIVE, far, Image.Resampling.BICUBIC, fillcolor=PAPER
        )

    return act


def jpeg(quality: int) -> Callable[[Picture], Picture]:
    def act(picture: Picture) -> Picture:
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality)
        return Image.open(out).convert("L")

    return act


def glare(x: float, y: float, size: float) -> Callable[[Picture], Picture]:
    """A lamp's white reflection: an ellipse of ``size`` times the width round a place in fractions of the picture."""

    def act(picture: Picture) -> Picture:
        width, height = picture.size
        lamp = Image.new("L", picture.size, 0)
        half = size * width / 2
        box = (x * width - half, y * height - half * 0.7, x * width + half, y * height + half * 0.7)
        ImageDraw.Draw(lamp).ellipse(box, fill=255)
        return ImageChops.lighter(picture, lamp.filter(ImageFilter.GaussianBlur(PNG_MODULE / 2)))

    return act


def moire(period: float, degrees: float, depth: float) -> Callable[[Picture], Picture]:
    """A photographed screen: the grid of its pixels, not quite the camera's, beats in stripes over the picture."""

    def act(picture: Picture) -> Picture:
        side = round(math.hypot(*picture.size)) + 2
        wave = bytes(
            round(255 * (1 - depth / 2 * (1 + math.sin(2 * math.pi * x / period)))) for x in range(side)
        )
        stripes = Image.frombytes("L", (side, 1), wave).resize((side, side))
        for angle in (degrees, degrees + 90):
            turned = stripes.rotate(angle, Image.Resampling.BILINEAR, fillcolor=255)
            left, top = (side - picture.width) // 2, (side - picture.height) // 2
            grid = turned.crop((left, top, left + picture.width, top + picture.height))
            picture = ImageChops.multiply(picture, grid)
        return picture

    return act


def noise(sigma: float) -> Callable[[Picture], Picture]:
    # centred on 128: half of what it adds is taken off again
    return lambda picture: ImageChops.add(picture, Image.effect_noise(picture.size, sigma), 1, -128)


def shade(picture: Picture) -> Picture:
    """Light from one side: the far edge has a third of it."""
    light = Image.linear_gradient("L").resize(picture.size).point(lambda value: 85 + value * 2 // 3)
    return ImageChops.multiply(picture, light)


WAYS: dict[str, list[Callable[[Picture], Picture]]] = {
    "as drawn": [],
    "half size": [scale(0.5)],
    "40% size": [scale(0.4)],
    "blurred": [blur(0.25)],
    "blurred more": [blur(0.4)],
    "half size, blurred": [blur(0.25), scale(0.5)],
    "rotated 5": [rotate(5)],
    "rotated -10": [rotate(-10)],
    "rotated 15": [rotate(15)],
    "rotated -15, half size": [rotate(-15), scale(0.5)],
    "tilted across": [tilt(0.2, 0)],
    "tilted down": [tilt(0, 0.2)],
    "tilted both, half size": [tilt(0.15, 0.15), scale(0.5)],
    "JPEG 40": [jpeg(40)],
    "JPEG 40, half size": [scale(0.5), jpeg(40)],
    "JPEG 40, blurred, rotated": [blur(0.2), rotate(8), jpeg(40)],
    "glare in the middle": [glare(0.5, 0.5, 0.2)],
    "glare below": [glare(0.6, 0.75, 0.22)],
    "glare, half size, JPEG 40": [glare(0.45, 0.6, 0.18), scale(0.5), jpeg(40)],
    "screen": [moire(3.3, 2, 0.5)],
    "screen, turned": [moire(2.7, 11, 0.5), rotate(4), scale(0.7)],
    "screen, coarse": [moire(9.5, 5, 0.4), blur(0.15), jpeg(60)],
    "dim, noisy": [shade, noise(25)],
    "everything a little": [tilt(0.08, 0.05), rotate(6), shade, blur(0.15), noise(12), scale(0.6), jpeg(40)],
}


def spoil(text: str, way: str) -> Picture:
    picture = Image.open(BytesIO(draw_png(text))).convert("L").point(lambda value: min(value, PAPER))
    for act in WAYS[way]:
        picture = act(picture)
    return picture


def read(picture: Picture) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]


def test_ninety_eight_of_a_hundred_decode() -> None:
    texts = [*TEXTS[: 10 - len(LONGER)], *LONGER]
    failed, wrong = [], []
    for text in texts:
        for way in WAYS:
            found = read(spoil(text, way))
            if not found:
                failed.append(f"{way}, {len(text)} characters")
            elif found != [text]:
                wrong.append(f"{way}, {len(text)} characters")
    pictures = len(texts) * len(WAYS)
    rate = 1 - (len(failed) + len(wrong)) / pictures
    print(f"{pictures} pictures, {rate:.1%} decoded; failed: {failed}; wrong: {wrong}")
    assert pictures >= 200
    assert wrong == []
    assert rate >= LEAST, failed


@pytest.mark.parametrize("way", ["as drawn", "everything a little"])
def test_an_uploaded_photograph_gives_the_whole_text(way: str) -> None:
    out = BytesIO()
    spoil(LONGER[-1], way).save(out, "JPEG", quality=70)
    assert read_qr(out.getvalue()) == [LONGER[-1]]
