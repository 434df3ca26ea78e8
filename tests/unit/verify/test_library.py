"""Verifying is a library: it needs neither a web framework nor a database driver."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAM = """
import json, sys
from datetime import datetime

class Barred:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"flask", "werkzeug", "jinja2", "pymongo", "bson", "marshmallow", "granian"}:
            raise ImportError(f"{name} is barred")

sys.meta_path.insert(0, Barred())
from keys.pair import PublicKey
from verify.offline import fits_holder, read_status_lists, read_trust_list, verify_offline, verify_qr_offline

file = json.load(open("tests/vectors/verify/qr-v1.json", encoding="utf-8"))
root = PublicKey.from_multikey(file["root"]["multikey"])
trust = read_trust_list(file["trust_list"].encode(), root=root)
lists = read_status_lists([text.encode() for text in file["status_lists"]], root=root)
vector = file["vectors"][0]
at = datetime.fromisoformat(vector["at"])
print(verify_qr_offline(vector["text"], trust, lists, at=at).outcome.value)
print(fits_holder(vector["text"], vector["id_number"], on=at.date()))
print(verify_offline(b"{}", trust, lists, at=at).outcome.value)
"""


def test_it_needs_neither_flask_nor_pymongo():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["valid", "True", "broken"]
