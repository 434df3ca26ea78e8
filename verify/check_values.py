"""Check values that were made once: deriving one takes 0.1 s on purpose, and a certificate's never changes.

Kept sealed, by the certificate's code. Whoever sees the QR sees the value; kept here, it saves the wait before the QR
is drawn again, and before a class of 500 is printed.
"""

from __future__ import annotations

from typing import Any

from pymongo.database import Database

from keys.vault import Vault
from registry.certificate import CertificateRecord
from registry.people import open_holder
from verify.holder_check import SALT_BYTES, CheckValue, make_check_value

COLLECTION = "check_values"
CONTEXT = "check value"
SALT_PURPOSE = "gate salt"


def find_check_value(
    database: Database[dict[str, Any]], vault: Vault, record: CertificateRecord
) -> CheckValue:
    """The check value of a certificate's holder; made and kept where it was never asked for before."""
    # one salt a person: a value of its own on each certificate would tell more with each
    salt = vault.digest(record.person, purpose=SALT_PURPOSE)[:SALT_BYTES]
    context = f"{CONTEXT} {record.code}"
    kept = database[COLLECTION].find_one({"_id": record.code, "salt": salt})
    if kept:
        return CheckValue(salt, int.from_bytes(vault.open(kept["value"], context=context)))
    person = open_holder(vault, record.holder, code=record.code)
    made = make_check_value(person.id_type, person.id_number, salt=salt)
    sealed = vault.seal(made.value.to_bytes(4), context=context)
    # two at the same moment write the same
    database[COLLECTION].replace_one({"_id": record.code}, {"salt": salt, "value": sealed}, upsert=True)
    return made
