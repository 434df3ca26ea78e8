"""The look: light, readable by everyone, and nothing from outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from registry.translation import ROOMS_WITH_PAGES

ROOT = Path(__file__).parents[3]
CSS = (ROOT / "registry/static/registry.css").read_text("utf-8")
MAX_CSS = 32_000  # bytes, of the 150,000 that a page may weigh; one sheet for all pages, fetched once
AA = 4.5  # WCAG 2.2, 1.4.3
AA_EDGE = 3.0  # WCAG 2.2, 1.4.11, edges of controls and marks
TEMPLATES = sorted(path for room in ROOMS_WITH_PAGES for path in (ROOT / room / "templates").rglob("*.html"))
TONES = ("ok", "stop", "wait", "unknown")
TEXT_ON_GROUND = [
    *[(text, ground) for text in ("ink", "quiet", "accent") for ground in ("paper", "sheet", "tint")],
    *[(tone, ground) for tone in TONES for ground in ("paper", "sheet", f"{tone}-tint")],
    *[(text, f"{tone}-tint") for tone in TONES for text in ("ink", "quiet")],
    ("accent-ink", "accent"),
    ("sheet", "stop"),
]


def read_palettes() -> dict[str, dict[str, str]]:
    """Light, dark and print: the ``:root`` rules in the order of the sheet, each over the first."""
    rules = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    named = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", rule)) for rule in rules]
    light, dark, paper = filter(None, named)
    return {"light": light, "dark": light | dark, "print": light | paper}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_stands_out(scheme: str, text: str, ground: str) -> None:
    palette = read_palettes()[scheme]
    assert contrast(palette[text], palette[ground]) >= AA


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_edges_of_fields_stand_out(scheme: str) -> None:
    palette = read_palettes()[scheme]
    assert min(contrast(palette["edge"], palette[ground]) for ground in ("paper", "sheet")) >= AA_EDGE


def test_contrast_is_measured_as_the_guideline_says() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_sheet_is_light_and_fetches_nothing() -> None:
    assert len(CSS.encode()) < MAX_CSS
    assert not re.search(r"url\(|@import|https?:", CSS)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_template_keeps_to_the_content_security_policy(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", text)
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_form_that_changes_something_carries_its_token(path: Path) -> None:
    forms = re.findall(r"<form(?=[^>]*method=\"post\").*?</form>", path.read_text("utf-8"), re.DOTALL)
    assert path.is_relative_to(ROOT / "verify") or all('name="csrf_token"' in form for form in forms)
