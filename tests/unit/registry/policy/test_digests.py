"""New rules are recorded; recorded rules stay."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from keys.errors import Refused
from registry.policy.digests import extend_digests, record_digests
from registry.policy.loading import digests_of, load_policies

POLICIES = load_policies()
RECORDED = digests_of(POLICIES)
ONE = "zhejiang-2021-golden-blue/ZJ-01@2021-03-29"


def test_a_new_row_is_added():
    fewer = {name: digest for name, digest in RECORDED.items() if name != ONE}
    assert extend_digests(POLICIES, fewer) == RECORDED


@pytest.mark.parametrize("recorded", [RECORDED | {ONE: "00"}, RECORDED | {"gone": "00"}])
def test_a_changed_or_missing_row_is_refused(recorded):
    with pytest.raises(Refused, match=r"policy\.edited"):
        extend_digests(POLICIES, recorded)


def test_the_manifest_is_written_only_when_nothing_was_edited(tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(Path(str(files("registry.policy") / "data")), folder)
    manifest, rules = folder / "digests.json", folder / "zhejiang-2021-golden-blue" / "rules.toml"
    manifest.write_text(json.dumps({ONE: RECORDED[ONE]}), "utf-8")
    record_digests(folder)
    assert json.loads(manifest.read_text("utf-8")) == RECORDED
    before = manifest.read_text("utf-8")
    rules.write_text(rules.read_text("utf-8").replace("amount = 500", "amount = 501"), "utf-8")
    with pytest.raises(Refused, match=r"policy\.edited"):
        record_digests(folder)
    assert manifest.read_text("utf-8") == before
