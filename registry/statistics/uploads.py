"""The rows for the national system: exported as CSV in batches, confirmed or returned (ZJ-09; domain notes 5.3).

A file holds names and identity numbers: it is made from the sealed record while it is sent, for a registrar only,
and is stored nowhere.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from keys.errors import Refused
from keys.vault import Vault
from registry.credential import parse_credential, read_face
from registry.identity import IdType
from registry.people import open_holder
from registry.spreadsheet import BYTE_ORDER_MARK, safe_cell
from registry.statistics.upload_rows import UploadRow, write_rows

COLUMNS = (
    "姓名", "证件类型", "证件号码", "所在单位", "职业名称", "工种名称", "职业技能等级", "证书编号", "发证日期",
    "评价机构", "发证机构",
)  # fmt: skip
RESIDENT_ID = (
    "201"  # 居民身份证; the codes of other documents are not published, their names are written instead
)
NO_JOB = "--"  # as on the certificate
MOST_ROWS = 50_000  # rows a file: one that an office still opens
AT_ONCE = 200  # certificates read at once while a file is sent
TYPES = ("new", "correction")
RETURN_SEPARATORS = str.maketrans(",，、;；\n\r\t", " " * 8)


@dataclass(frozen=True)
class Batch:
    """One exported file: ``state`` is exported or confirmed."""

    id: str
    type: str
    state: str
    rows: int
    made_at: datetime
    by: str


class Uploads:
    """What waits, what was exported, what the national system confirmed."""

    def __init__(self, database: Database[dict[str, Any]], vault: Vault) -> None:
        self._database = database
        self._rows = database["uploads"]
        self._batches = database["upload_batches"]
        self._vault = vault

    def prepare(self) -> None:
        """Make the indexes; does nothing where they are."""
        self._rows.create_indexes(
            [
                IndexModel([("state", ASCENDING), ("type", ASCENDING), ("_id", ASCENDING)], name="state"),
                IndexModel([("batch", ASCENDING), ("_id", ASCENDING)], name="batch"),
                IndexModel("code", name="code"),
            ]
        )

    def waiting(self) -> dict[str, int]:
        """How many rows of each type wait."""
        return {one: self._rows.count_documents({"state": "waiting", "type": one}) for one in TYPES}

    def state_of(self, code: str) -> str | None:
        """``waiting``, ``exported`` or ``confirmed``: how far a certificate has come; None: it has no national form."""
        found = self._rows.find_one({"code": code}, {"state": 1}, sort=[("_id", -1)])
        return found["state"] if found else None

    def batches(self) -> list[Batch]:
        """Every file, the newest first."""
        return [_batch(one) for one in self._batches.find().sort("_id", -1)]

    def export(self, row_type: str, *, at: datetime, by: str) -> Batch:
        """Make a file of what waits, at most MOST_ROWS. Refused ``upload.type``, ``upload.nothing_waits``."""
        if row_type not in TYPES:
            raise Refused("upload.type", field="type")
        batch_id = f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03}"
        wanted = {"state": "waiting", "type": row_type}
        ids = [one["_id"] for one in self._rows.find(wanted, {"_id": 1}).sort("_id", 1).limit(MOST_ROWS)]
        claimed = self._rows.update_many(
            {"_id": {"$in": ids}, "state": "waiting"}, {"$set": {"state": "exported", "batch": batch_id}}
        ).modified_count
        if not claimed:
            raise Refused("upload.nothing_waits", field="type")
        document = {"type": row_type, "state": "exported", "rows": claimed, "made_at": at, "by": by}
        self._batches.update_one({"_id": batch_id}, {"$setOnInsert": document}, upsert=True)
        return self.find(batch_id)

    def find(self, batch_id: str) -> Batch:
        """By id. Refused ``upload.unknown``."""
        found = self._batches.find_one({"_id": batch_id})
        if found is None:
            raise Refused("upload.unknown", field="batch")
        return _batch(found)

    def confirm(self, batch_id: str, *, returned: Collection[str] = (), at: datetime) -> Batch:
        """The national system took the file, but for the certificates with the numbers ``returned``.

        Those wait again, as corrections. Refused ``upload.confirmed``, ``upload.not_in_batch``.
        """
        if self.find(batch_id).state == "confirmed":
            raise Refused("upload.confirmed", field="batch")
        back = self._codes(batch_id, returned)
        write_rows(self._database, [UploadRow(f"{code}#{batch_id}", code, "correction") for code in back])
        self._rows.update_many({"batch": batch_id, "code": {"$in": back}}, {"$set": {"state": "returned"}})
        self._rows.update_many({"batch": batch_id, "state": "exported"}, {"$set": {"state": "confirmed"}})
        self._batches.update_one({"_id": batch_id}, {"$set": {"state": "confirmed", "confirmed_at": at}})
        return self.find(batch_id)

    def csv(self, batch_id: str) -> Iterator[str]:
        """The file, line by line. Refused ``upload.unknown`` before the first."""
        self.find(batch_id)
        return self._lines(batch_id)

    def _lines(self, batch_id: str) -> Iterator[str]:
        yield BYTE_ORDER_MARK + csv_line(COLUMNS)
        codes = (one["code"] for one in self._rows.find({"batch": batch_id}, {"code": 1}).sort("_id", 1))
        while chunk := list(islice(codes, AT_ONCE)):
            found = {one["_id"]: one for one in self._certificates(chunk)}
            yield from (csv_line(self._cells(found[code])) for code in chunk)

    def _certificates(self, codes: Collection[str]) -> Iterator[Mapping[str, Any]]:
        names = {"number": 1, "level": 1, "holder": 1, "credential": 1, "issued_on": 1}
        yield from self._database["certificates"].find({"_id": {"$in": list(codes)}}, names)

    def _cells(self, document: Mapping[str, Any]) -> tuple[str, ...]:
        holder = open_holder(self._vault, document["holder"], code=document["_id"])
        face = read_face(parse_credential(document["credential"]))
        return (
            holder.name,
            RESIDENT_ID if holder.id_type == IdType.RESIDENT_ID else IdType(holder.id_type).zh,
            holder.id_number,
            face.appointment.employer if face.appointment else "",
            face.occupation.zh,
            face.occupation.job or NO_JOB,
            document["level"],
            document["number"],
            document["issued_on"],
            face.issuer.name,
            face.issuer.name,
        )

    def _codes(self, batch_id: str, numbers: Collection[str]) -> list[str]:
        wanted = {"number": {"$in": list(numbers)}}
        codes = [one["_id"] for one in self._database["certificates"].find(wanted, {"_id": 1})]
        known = self._rows.count_documents({"batch": batch_id, "code": {"$in": codes}})
        if known != len(set(numbers)):
            raise Refused("upload.not_in_batch", field="returned")
        return codes


def csv_line(cells: Collection[str]) -> str:
    """One line of CSV, its cells made safe for a spreadsheet."""
    text = io.StringIO(newline="")
    # two hyphens for "no trade" start no formula that does anything, and the national form wants them bare
    csv.writer(text).writerow([cell if cell == NO_JOB else safe_cell(cell) for cell in cells])
    return text.getvalue()


def split_numbers(text: str) -> list[str]:
    """Certificate numbers that somebody pasted, one a line or separated."""
    return text.translate(RETURN_SEPARATORS).upper().split()


def _batch(found: Mapping[str, Any]) -> Batch:
    return Batch(found["_id"], found["type"], found["state"], found["rows"], found["made_at"], found["by"])
