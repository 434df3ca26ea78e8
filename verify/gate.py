"""What a gate needs of a certificate, as a CWT claim set (RFC 8392) in few bytes. Pure.

Registered claims say when it holds: ``nbf`` (5) the first instant of the issue date in China, ``exp`` (4) that of the
day an appointment ends. Everything else stands in one array under a private-use key; ``docs/qr-format.md`` has the
table. `read_claims` writes again what it understood and demands the same bytes, so one certificate has one encoding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

import cbor2

from keys.errors import Refused
from registry.credential import CHINA, Face, Holder, StatusEntry, china_date
from registry.kinds import find_kind
from registry.levels import find_level
from registry.masking import SHORTEST_SHOWN, SHOWN_AT_EACH_END
from registry.names import parse_name
from registry.number import LOCAL, NATIONAL, CertificateNumber, local_number
from registry.status_list import SIZE
from verify.holder_check import BITS, SALT_BYTES, VALUE_BYTES, CheckValue

EXP, NBF = 4, 5
CERTIFICATE = -65_537
"""The first key that RFC 8392 section 9.1.1 leaves to private use."""

KINDS = (
    "skill_level",
    "qualification",
    "single_skill",
    "preparatory_technician",
    "training_completion",
    "one_plus_x",
)
LEVELS = (None, "1", "2", "3", "4", "5", "special", "chief", "apprentice")
ID_TYPES = (
    "resident_id",
    "residence_permit_hmt",
    "hmt_travel_permit",
    "foreign_permanent_resident",
    "passport",
)
"""Places in these three are numbers of the format: append, never reorder."""
LETTERS = " YS"

MAX_CLAIMS_BYTES = 400  # more than a version 12 code holds with the shortest address
MAX_NESTING = 2  # map, array
MAX_SECONDS = 2**32  # of a date: until 2106
MAX_ID_LENGTH = 18
MAX_JOB = 40  # characters, as when it was issued
_BODY, _SERIAL = 10**12, 10**6
_NOT_OURS = (cbor2.CBORError, ValueError, TypeError, LookupError, AttributeError, OverflowError)
_OCCUPATION = re.compile("([1-8])-([0-9]{2})-([0-9]{2})-([0-9]{2})")


@dataclass(frozen=True)
class GateClaims:
    """What the payload says. ``job_left_out``: the certificate names a job (工种) for which there was no room."""

    number: str
    kind: str
    level: str | None
    holder: Holder = field(repr=False)
    check: CheckValue = field(repr=False)
    occupation: tuple[str, str]
    region: str
    issued_on: date
    status: StatusEntry
    job: str | None = None
    job_left_out: bool = False
    expires_on: date | None = None


def claims_of(face: Face, check: CheckValue) -> GateClaims:
    """The claims of a certificate's face."""
    return GateClaims(
        number=face.number,
        kind=face.kind,
        level=face.level,
        holder=face.holder,
        check=check,
        occupation=(face.occupation.code, face.occupation.edition),
        region=face.region,
        issued_on=face.issued_on,
        status=face.status,
        job=face.occupation.job,
        expires_on=face.appointment.end if face.appointment else None,
    )


def encode_claims(claims: GateClaims) -> bytes:
    """The claim set in deterministic CBOR.

    Refused ``qr.not_expressible``: an imported number, say, or a year of a number that is not that of the issue.
    """
    try:
        encoded = _encode(claims)
        if _decode(encoded) == claims:
            return encoded
    except _NOT_OURS:
        raise Refused("qr.not_expressible") from None  # the cause may quote a name
    raise Refused("qr.not_expressible")


def read_claims(data: bytes) -> GateClaims:
    """The claims in ``data``. Refused ``qr.claims`` unless they are, byte by byte, what we would write."""
    if len(data) > MAX_CLAIMS_BYTES:
        raise Refused("qr.claims")
    try:
        claims = _decode(data)
        again = _encode(claims)
    except _NOT_OURS:
        raise Refused("qr.claims") from None
    if again != data:
        raise Refused("qr.claims")
    return claims


def read_check(data: bytes, id_type: str) -> CheckValue:
    """Only the check value of a claim set, whose other members are not looked at. Refused ``qr.claims``."""
    try:
        return _check(_loads(data)[CERTIFICATE][6], id_type)
    except _NOT_OURS:
        raise Refused("qr.claims") from None


def is_encoding(data: bytes, claims: GateClaims) -> bool:
    """Whether ``data`` is, byte for byte, what ``claims`` are written as; faster than reading it."""
    try:
        return _encode(claims) == data
    except _NOT_OURS:
        return False


def _loads(data: bytes) -> Any:
    return cbor2.loads(data, max_depth=MAX_NESTING, allow_indefinite=False, allow_duplicate_keys=False)


def _encode(claims: GateClaims) -> bytes:
    holder, masked = claims.holder, claims.holder.masked_number
    code, edition = claims.occupation
    digits = "".join(_match(_OCCUPATION, code).groups())
    index = claims.status.index
    if not 0 <= index < SIZE:
        raise ValueError("status index")
    certificate: list[Any] = [
        _pack_number(claims.number),
        _pack_name(holder.name),
        int(claims.region) * 1000
        + KINDS.index(claims.kind) * 100
        + LEVELS.index(claims.level) * 10
        + ID_TYPES.index(holder.id_type),
        int(digits) * 100 + int(edition) % 100,
        masked.replace("*", ""),
        len(masked),
        claims.check.salt + claims.check.value.to_bytes(VALUE_BYTES),
        int(claims.status.list_id) * SIZE + index,
        *([claims.job] if claims.job else [True] if claims.job_left_out else []),
    ]
    ends = {EXP: _seconds(claims.expires_on)} if claims.expires_on else {}
    return cbor2.dumps({**ends, NBF: _seconds(claims.issued_on), CERTIFICATE: certificate}, canonical=True)


def _decode(data: bytes) -> GateClaims:
    parsed = _loads(data)
    if type(parsed) is not dict or not {NBF, CERTIFICATE} <= parsed.keys() <= {EXP, NBF, CERTIFICATE}:
        raise ValueError("claims")
    number, name, scope, occupation, shown, length, check, status, *job = _typed(parsed[CERTIFICATE])
    rest, id_type = divmod(scope, 10)
    rest, level = divmod(rest, 10)
    region, kind = divmod(rest, 10)
    issued_on = _day(parsed[NBF])
    return GateClaims(
        number=_unpack_number(number, KINDS[kind], LEVELS[level], issued_on),
        kind=KINDS[kind],
        level=LEVELS[level],
        holder=Holder(_unpack_name(name), ID_TYPES[id_type], _masked(shown, length)),
        check=_check(check, ID_TYPES[id_type]),
        occupation=_occupation(occupation),
        region=f"{region:06}",
        issued_on=issued_on,
        status=StatusEntry(str(status // SIZE), status % SIZE),
        job=job[0] if job and job[0] is not True else None,
        job_left_out=job == [True],
        expires_on=_day(parsed[EXP]) if EXP in parsed else None,
    )


def _typed(certificate: object) -> list[Any]:
    """The array's members when each has its type and range; ValueError otherwise."""
    if type(certificate) is not list or len(certificate) not in {8, 9}:
        raise ValueError("certificate")
    number, name, scope, occupation, shown, length, check, status, *job = certificate
    for value, limit in (
        (number, 3 * _BODY * _SERIAL),
        (scope, 10**9),
        (occupation, 9 * 10**8),
        (length, MAX_ID_LENGTH + 1),
        (status, 2**32),
    ):
        if type(value) is not int or not 0 <= value < limit:
            raise ValueError("range")
    if type(shown) is not str or type(check) is not bytes or type(name) not in {str, bytes}:
        raise ValueError("type")
    if job and job[0] is not True and not (type(job[0]) is str and 0 < len(job[0]) <= MAX_JOB):
        raise ValueError("job")
    return certificate


def _pack_number(number: str) -> int:
    parts = NATIONAL.fullmatch(number) or _match(LOCAL, number)
    body, serial = parts.group(1), parts.groups()[-1]
    return (LETTERS.index(body[0]) * _BODY + int(body[1:])) * _SERIAL + int(serial)


def _unpack_number(packed: int, kind: str, level: str | None, issued_on: date) -> str:
    """National for the skill levels 5 to 1, local for everything else: decision 6."""
    rest, serial = divmod(packed, _SERIAL)
    letter, digits = divmod(rest, _BODY)
    body = f"{LETTERS[letter]}{digits:012}"
    if (level is not None) != find_kind(kind).has_level:
        raise ValueError("level")
    digit = find_level(level).digit if level else None
    if kind == KINDS[0] and digit:
        return CertificateNumber(body, issued_on.year, digit, serial).text
    return local_number(body, find_kind(kind).local_code, issued_on.year, serial)


def _pack_name(name: str) -> str | bytes:
    # Ideographs have three bytes in UTF-8 and two in UTF-16.
    wide = name.encode("utf-16-be")
    return wide if len(wide) < len(name.encode()) else name


def _unpack_name(packed: str | bytes) -> str:
    name = packed if isinstance(packed, str) else packed.decode("utf-16-be")
    if parse_name(name) != name:
        raise ValueError("name")
    return name


def _masked(shown: str, length: int) -> str:
    expected = 2 * SHOWN_AT_EACH_END if length >= SHORTEST_SHOWN else 0
    if not re.fullmatch(f"[0-9A-Z]{{{expected}}}", shown) or length == 0:
        raise ValueError("mask")
    half = len(shown) // 2
    return shown[:half] + "*" * (length - len(shown)) + shown[half:]


def _check(packed: bytes, id_type: str) -> CheckValue:
    value = int.from_bytes(packed[SALT_BYTES:])
    if len(packed) != SALT_BYTES + VALUE_BYTES or value >= 2 ** BITS[id_type]:
        raise ValueError("check value")
    return CheckValue(packed[:SALT_BYTES], value)


def _occupation(packed: int) -> tuple[str, str]:
    digits, year = divmod(packed, 100)
    text = f"{digits:07}"
    code = f"{text[0]}-{text[1:3]}-{text[3:5]}-{text[5:]}"
    _match(_OCCUPATION, code)
    return code, f"{1900 + year if year == 99 else 2000 + year}"  # editions of 1999, 2015, 2022


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(), CHINA).timestamp())


def _day(seconds: object) -> date:
    if type(seconds) is not int or not 0 <= seconds < MAX_SECONDS:
        raise ValueError("date")
    return china_date(datetime.fromtimestamp(seconds, UTC))


def _match(shape: re.Pattern[str], text: str) -> re.Match[str]:
    found = shape.fullmatch(text)
    if not found:
        raise ValueError("shape")
    return found
