"""The lines of docs/inspections.md compute what the service computes."""

import json
import re
import subprocess
import sys
from pathlib import Path

from registry.registers.inspections import commit, draw

TEXT = (Path(__file__).parents[4] / "docs" / "inspections.md").read_text("utf-8")


def test_the_documented_lines_give_the_same_draw():
    seed, subjects = bytes(range(32)), [f"S0000330000{n:02}" for n in range(20)]
    document = {
        "seed": seed.hex(),
        "commitment": commit(seed),
        "beacon": "03 07 12 19 25 31 + 08",
        "subjects": subjects,
        "size": 5,
        "drawn": list(draw(seed, "03 07 12 19 25 31 + 08", subjects, 5)),
    }
    lines = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)[1]
    done = subprocess.run(
        [sys.executable, "-c", lines], input=json.dumps(document), capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("the same")
