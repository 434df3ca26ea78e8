"""The words that the offline page shows: every code that its scripts can give has some, in both languages."""

import re
from pathlib import Path

import pytest

from verify.app_words import FAMILIES, app_words
from verify.gate import ID_TYPES, KINDS, LEVELS
from verify.holder_check import BITS

SCRIPTS = Path(__file__).parents[3] / "verify/static/verify"
TEXT = "\n".join(path.read_text("utf-8") for path in sorted(SCRIPTS.glob("*.js")))
PARTS = (SCRIPTS.parents[1] / "templates/verify/app_parts.html").read_text("utf-8")


def codes():
    written = set(re.findall(rf'"((?:{"|".join(FAMILIES)})\.[a-z_]+)"', TEXT))
    steps = re.findall(r'^  \["([a-z]+)", ', TEXT, re.MULTILINE)
    return written | {f"{step}.passed" for step in steps} | {"status.revoked", "status.suspended"}


def test_every_code_of_the_scripts_has_words():
    assert len(codes()) > 40
    missing = codes() - app_words()["reasons"].keys() - {"record.passed"}
    assert missing == set()


@pytest.mark.parametrize("name", sorted(set(re.findall(r'say\("([a-z_]+)"', TEXT))))
def test_every_sentence_of_the_scripts_stands_in_the_page(name):
    assert f'data-word="{name}"' in PARTS


def test_the_tables_cover_what_a_qr_can_say():
    words = app_words()
    assert set(KINDS) <= words["kinds"].keys()
    assert set(LEVELS) - {None} <= words["levels"].keys()
    assert set(ID_TYPES) <= words["idTypes"].keys()


def test_the_lists_that_are_numbers_of_the_format_are_the_same():
    """The scripts keep the format's own numbers; their order is the format."""
    for name, values in (("KINDS", KINDS), ("LEVELS", LEVELS), ("ID_TYPES", ID_TYPES)):
        written = re.search(rf"const {name} = \[(.*?)\];", TEXT, re.DOTALL).group(1)
        assert (
            tuple(None if one == "null" else one.strip('"') for one in re.split(r",\s*", written)) == values
        )
    bits = re.search(r"const CHECK_BITS = \{(.*?)\};", TEXT).group(1)
    assert {name: int(bit) for name, bit in re.findall(r"(\w+): (\d+)", bits)} == BITS


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.js")), ids=lambda path: path.name)
def test_scripts_stay_small_and_fetch_nothing_from_elsewhere(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) < 250
    assert not re.search(r"eval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write", text)
    assert not re.search(r"fetch\(.https?:|import .* from .https?:", text)
