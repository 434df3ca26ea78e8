"""Node, and the packages of package-lock.json beside it: implementations that this project did not write."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.quick import quick

HERE = Path(__file__).parent


@pytest.fixture(scope="session", autouse=True)
def quickly() -> Iterator[None]:
    with quick():
        yield


@pytest.fixture(scope="session")
def node() -> str:
    """The path of node, with the packages of package-lock.json beside it."""
    give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    program, npm = shutil.which("node"), shutil.which("npm")
    if not program or not npm:
        give_up("no independent verifier: install node (20 or newer) and npm")
    if not (HERE / "node_modules").exists():
        install = [npm, "ci", "--silent", "--no-audit", "--no-fund"]
        done = subprocess.run(install, cwd=HERE, capture_output=True, text=True, check=False)
        if done.returncode:
            give_up(f"no independent verifier: npm ci failed in {HERE}: {done.stderr.strip()[-300:]}")
    return str(program)
