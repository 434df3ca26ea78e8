"""People who do not exist, and the requests that issue and verify their certificates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

from registry.identity import CHECK_CHARACTERS, WEIGHTS

PLACE = "330106"  # a district that has had this code since before the first of these birthdays
FIRST_BIRTHDAY = date(1970, 1, 1)
BIRTHDAYS = 12_000  # days: the youngest is born in 2002
FAMILY, GIVEN = "王李张刘陈杨黄赵周吴", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"


def identity_numbers() -> Iterator[str]:
    """Resident identity numbers with right check digits, no two alike."""
    for n in count():
        born = FIRST_BIRTHDAY + timedelta(days=n % BIRTHDAYS)
        body = f"{PLACE}{born:%Y%m%d}{n // BIRTHDAYS:03}"
        total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
        yield body + CHECK_CHARACTERS[total % 11]


def certificate_bodies(issued_on: date) -> Iterator[bytes]:
    """Bodies of ``POST /api/v1/certificates``, each for another person."""
    for n, number in enumerate(identity_numbers()):
        name = FAMILY[n % 10] + GIVEN[n // 10 % 20] + GIVEN[n // 200 % 20]
        body = {
            "kind": "skill_level",
            "holder": {"name": name, "id_type": "resident_id", "id_number": number},
            "occupation": {"code": "6-31-01-03", "edition": "2022"},
            "level": str(n % 5 + 1),
            "issued_on": issued_on.isoformat(),
        }
        yield json.dumps(body, ensure_ascii=False).encode()


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of an HTTP/1.1 request on a connection that stays open."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
