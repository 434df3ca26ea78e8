"""kill -9 of the process beside the server: another one takes its place, and goes when the server goes."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import registry.companion
from keys.vault import create_master_key
from registry.companion import companion
from registry.settings import Settings
from tests.crash.waiting import until

PATIENCE = 30.0


def processes():
    """Process ids of what this process started."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(word) for task in tasks for word in (task / "children").read_text().split()}


def test_it_comes_back_when_it_is_killed_and_ends_with_the_block(mongo_uri, tmp_path, monkeypatch):
    monkeypatch.setattr(registry.companion, "PAUSE", 0.05)
    create_master_key(tmp_path / "master.key")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MONGODB_DATABASE", f"test_{tmp_path.name}")
    others = processes()
    with companion("worker", replace(Settings(), mongodb_uri=mongo_uri)):
        (first,) = until(lambda: processes() - others, "the companion starts", seconds=PATIENCE)
        os.kill(first, signal.SIGKILL)
        (second,) = until(lambda: processes() - others - {first}, "another takes its place", seconds=PATIENCE)
    assert second != first
    assert second not in processes()
