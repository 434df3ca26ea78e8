"""Records the digests of new rules: ``python -m registry.policy.digests``.

A recorded rule that was changed or taken away is refused (``policy.edited``), never recorded anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from keys.errors import Refused
from registry.policy.loading import digests_of, read_policies
from registry.policy.model import Policies


def extend_digests(policies: Policies, recorded: Mapping[str, str]) -> dict[str, str]:
    """``recorded`` with the new rows; Refused ``policy.edited`` when a recorded one differs or is gone."""
    found = digests_of(policies)
    for name, digest in sorted(recorded.items()):
        if found.get(name) != digest:
            raise Refused("policy.edited", rule=name)
    return dict(sorted(found.items()))


def record_digests(folder: Path) -> None:
    """Write ``digests.json`` in ``folder`` anew; Refused as ``extend_digests``, and then nothing is written."""
    manifest = folder / "digests.json"
    recorded = json.loads(manifest.read_text("utf-8"))
    extended = extend_digests(read_policies(folder), recorded)
    manifest.write_text(json.dumps(extended, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    record_digests(Path(str(files("registry.policy") / "data")))
