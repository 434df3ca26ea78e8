"""Measures the paper certificate: `.venv/bin/python tests/bench/paper.py`. One PDF, warm and cold, and a class of 500.

The check value of the QR is slow on purpose (0.1 s, made once a certificate); it is counted apart.
"""

from __future__ import annotations

import resource
import secrets
import statistics
import time
from dataclasses import replace
from datetime import UTC, date, datetime

from registry.credential import AccreditationReference, Face, Holder, Issuer, OccupationName, StatusEntry
from verify.paper.desk import class_zip
from verify.paper.press import print_sheet
from verify.paper.sheet import make_sheet
from verify.qr import draw_svg

CLASS = 500
NAMES = ("王小明", "欧阳试验", "阿卜杜热西提·买买提江", "𠮷䶮㛃", "李四")
FACE = Face(
    "https://registry.example",
    "",
    "",
    "skill_level",
    "3",
    Holder("", "resident_id", "1501**********1018"),
    OccupationName("6-31-01-03", "2022", "电工", "Electrician"),
    "150100",
    date(2026, 11, 22),
    Issuer("did:web:registry.example", "S000015000012", "青城技能评价协会", "association", "150100"),
    AccreditationReference("A1", "示例〔2026〕12号"),
    StatusEntry("1", 5),
)


def draw(number: int) -> bytes:
    """One certificate, no two the same."""
    code = secrets.token_urlsafe(16)
    name = NAMES[number % len(NAMES)]
    face = replace(
        FACE, code=code, number=f"S0000150000122630{number:05}", holder=replace(FACE.holder, name=name)
    )
    qr = draw_svg(f"https://registry.example/v/{code}#1{secrets.randbelow(10**440):0440}").decode()
    credential = secrets.token_hex(2000).encode()
    sheet = make_sheet(face, "150102199003071018")
    return print_sheet(sheet, credential=credential, qr=qr, recorded_at=datetime(2026, 11, 22, tzinfo=UTC))


def memory() -> float:
    """The most memory that the process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    begun = time.perf_counter()
    size = len(draw(0))
    print(
        f"first PDF of a process (fonts are read): {(time.perf_counter() - begun) * 1000:.0f} ms, {size:,} bytes"
    )
    times, cpu = [], time.process_time()
    for number in range(50):
        begun = time.perf_counter()
        draw(number)
        times.append((time.perf_counter() - begun) * 1000)
    cpu = (time.process_time() - cpu) / 50 * 1000
    print(
        f"one PDF: median {statistics.median(times):.1f} ms, slowest {max(times):.1f} ms, {cpu:.1f} ms of a core"
    )
    before, begun, size = memory(), time.perf_counter(), 0
    found = ((str(n), n) for n in range(CLASS))
    for part in class_zip(found, draw):  # type: ignore[arg-type]  # numbers stand for records
        size += len(part)
    spent = time.perf_counter() - begun
    print(f"class of {CLASS}: {spent:.1f} s, {size / 1e6:.1f} MB, memory {before:.0f} -> {memory():.0f} MB")


if __name__ == "__main__":
    main()
