"""A class as one stream: flat in memory, and one certificate never keeps the others from their paper."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from keys.errors import Refused
from verify.paper.desk import class_zip
from verify.paper.pages import MAX_CLASS, read_numbers


def unzip(parts: Iterator[bytes]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def record(number: str) -> Any:
    return SimpleNamespace(number=number)


def draw(found: Any) -> bytes:
    if found.number == "GONE":
        raise Refused("paper.not_in_force")
    return f"%PDF {found.number}".encode()


def test_each_certificate_is_a_file_of_its_own() -> None:
    files = unzip(class_zip([("A1", record("A1")), ("A2", record("A2"))], draw))
    assert files == {"A1.pdf": b"%PDF A1", "A2.pdf": b"%PDF A2"}


def test_what_is_left_out_is_told() -> None:
    files = unzip(class_zip([("GONE", record("GONE")), ("A1", record("A1")), ("NONE", None)], draw))
    assert files["A1.pdf"] == b"%PDF A1"
    rows = list(csv.reader(io.StringIO(files["left-out.csv"].decode("utf-8-sig"))))
    assert [row[:2] for row in rows] == [
        ["number", "code"],
        ["GONE", "paper.not_in_force"],
        ["NONE", "certificate.unknown"],
    ]


def test_a_certificate_leaves_before_the_next_is_drawn() -> None:
    drawn: list[str] = []

    def remember(found: Any) -> bytes:
        drawn.append(found.number)
        return b"x" * 100_000

    parts = class_zip(((str(n), record(str(n))) for n in range(500)), remember)
    size = 0
    while size < 250_000:
        size += len(next(parts))
    assert len(drawn) == 3


def test_numbers_are_read_however_they_are_pasted() -> None:
    assert read_numbers(" s1\nS2,S3；S1\r\n\tS4、") == ["S1", "S2", "S3", "S4"]


@pytest.mark.parametrize("text", ["", " \n", "=1+1", "S1 ../x", "S" * 41])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"paper\.numbers"):
        read_numbers(text)


def test_a_class_has_a_limit() -> None:
    assert len(read_numbers("\n".join(f"S{n}" for n in range(MAX_CLASS)))) == MAX_CLASS
    with pytest.raises(Refused, match=r"paper\.too_many"):
        read_numbers("\n".join(f"S{n}" for n in range(MAX_CLASS + 1)))
