"""A local MongoDB of our own: found, started as a one-node replica set on loopback, stopped in order.

One mongod serves one data folder. Two things follow it through every accident:

- ``mongod.json`` in the folder holds ``{"pid", "port"}`` and carries a lock (flock) whose descriptor mongod
  itself inherits. The lock is therefore held exactly as long as mongod lives, whoever started it and however
  that one ended. Who finds it held attaches to the running mongod; who finds it free starts one.
- A keeper thread starts mongod, and starts it again on the same port when it is gone: killed, or stopped
  together with the other process of ours that had started it.

mongod dies with its starter, by the kernel's doing (Linux: PR_SET_PDEATHSIG). What was acknowledged is in the
journal.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from keys.errors import Refused
from registry.mongod_program import HOST, command_line, name_replica_set

log = logging.getLogger(__name__)

RECORD = "mongod.json"

FIRST_PORT = 27_117  # below the ports the kernel hands out itself, so that a port stays ours over a restart
PORTS = 200
PORT_TAKEN = 48  # mongod's exit status when it cannot listen

MAX_ABORTS = 2  # starts that end at once before the log is shown to the reader; each takes a part of a second
START_SECONDS = 60.0  # half a second as a rule; recovery after a kill -9 of a large record takes longer
STOP_SECONDS = 10.0  # one second as a rule; then it is killed, which the journal bears
RETRY_SECONDS = 5.0
ANSWER_MILLISECONDS = 1_000  # then ask again: a mongod that is just dying still takes connections
START_POLL_SECONDS = 0.02
WATCH_POLL_SECONDS = 0.2

LOG_BYTES = 10_000_000  # a longer log is put aside, once, when mongod starts

# Run between fork and mongod. Not a preexec_fn: that runs Python in a fork of a process with threads, where
# any lock may be held for ever. The last line closes the race with a starter that died before the prctl: the
# signal would never come.
DIE_WITH_STARTER = """
import ctypes, os, resource, signal, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # a file for each collection and index; 1,024 are soon gone
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
if sys.platform == "linux": ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
if os.getppid() == int(sys.argv[1]): os.execv(sys.argv[2], sys.argv[2:])
"""


@contextmanager
def local_mongod(data_dir: Path) -> Iterator[str]:
    """Serve the MongoDB of ``data_dir`` while the block runs, at the URI it gets. Refused ``mongo.*``."""
    mongod = LocalMongod(data_dir)
    try:
        yield mongod.start()
    finally:
        mongod.stop()


def mongod_pid(data_dir: Path) -> int:
    """The process id of the mongod that serves ``data_dir``, or served it last."""
    record = json.loads((data_dir / RECORD).read_text("utf-8"))
    return int(record["pid"])


class LocalMongod:
    """The MongoDB of one data folder: ``mongo/`` holds the data, ``mongod.log`` the log.

    The keeper thread, not the caller's, starts mongod: the kernel's parent-death signal follows the thread
    that forked, and the keeper lives as long as mongod does.
    """

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir.absolute()
        self._ready: Future[int] = Future()
        self._stopping = threading.Event()
        self._aborts = 0
        self._keeper = threading.Thread(target=self._keep, name="mongod-keeper", daemon=True)

    def start(self) -> str:
        """Start mongod, or attach to the one that runs; wait until it takes writes; give its URI."""
        (self._folder / "mongo").mkdir(mode=0o700, parents=True, exist_ok=True)
        self._keeper.start()
        port, name = self._ready.result(), name_replica_set(self._folder)
        return f"mongodb://{HOST}:{port}/?directConnection=true&replicaSet={name}"

    def stop(self) -> None:
        """Stop mongod in order if we started it; leave it to its starter otherwise."""
        self._stopping.set()
        if self._keeper.is_alive():
            self._keeper.join()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            try:
                self._serve()
            except _PortTakenError:
                continue
            except Exception as error:
                if not self._ready.done():
                    self._ready.set_exception(error)
                    return
                log.exception("The local MongoDB is away; next attempt in %.0f s.", RETRY_SECONDS)
                self._stopping.wait(RETRY_SECONDS)
        self._ready.cancel()  # stopped while starting: who waits in start() goes free

    def _serve(self) -> None:
        """Follow one mongod, another process's or ours, until it is gone or we stop."""
        deadline = time.monotonic() + START_SECONDS
        with (self._folder / RECORD).open("a+", encoding="utf-8") as record:
            while not _try_lock(record):
                if not self._ready.done():
                    self._attach(record, deadline)
                if self._stopping.wait(WATCH_POLL_SECONDS):
                    return
            self._run(record)

    def _attach(self, record: IO[str], deadline: float) -> None:
        pid, port = _read_record(record)
        if port and self._is_primary(pid, port):
            self._ready.set_result(port)
        elif time.monotonic() > deadline:
            raise self._not_started()

    def _run(self, record: IO[str]) -> None:
        deadline = time.monotonic() + START_SECONDS
        port = self._choose_port(record)
        process = self._spawn(port, record.fileno())
        try:
            while not self._is_primary(process.pid, port):
                if self._stopping.wait(START_POLL_SECONDS):
                    return
                self._check_starting(process, port, deadline)
            _write_record(record, process.pid, port)
            record.close()  # mongod alone holds the lock from here on
            if not self._ready.done():
                self._ready.set_result(port)
            self._watch(process)
        finally:
            _end(process)

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        while not self._stopping.wait(WATCH_POLL_SECONDS):
            if process.poll() is not None:
                log.warning("The local MongoDB ended with status %s; starting it again.", process.returncode)
                return

    def _check_starting(self, process: subprocess.Popen[bytes], port: int, deadline: float) -> None:
        # Two that start at the same moment may both bind before either listens: the loser aborts, without the status
        ended = process.poll() is not None
        if ended and (process.returncode == PORT_TAKEN or not _is_free(port)):
            raise _PortTakenError
        if ended and self._aborts < MAX_ABORTS:  # the winner of that race may be gone already
            self._aborts += 1
            raise _PortTakenError
        if ended or time.monotonic() > deadline:
            raise self._not_started()

    def _not_started(self) -> Refused:
        return Refused("mongo.not_started", log=str(self._folder / "mongod.log"))

    def _choose_port(self, record: IO[str]) -> int:
        """The port of the last time when it is free; our clients know no other once they have the URI."""
        last = self._ready.result() if self._ready.done() else _read_record(record)[1]
        if last and _is_free(last):
            return last
        if not self._ready.done():
            for port in range(FIRST_PORT, FIRST_PORT + PORTS):
                if _is_free(port):
                    return port
        raise Refused("mongo.no_port", first=FIRST_PORT, last=FIRST_PORT + PORTS - 1)

    def _spawn(self, port: int, lock: int) -> subprocess.Popen[bytes]:
        log_path = self._folder / "mongod.log"
        if log_path.exists() and log_path.stat().st_size > LOG_BYTES:
            log_path.replace(log_path.with_suffix(".log.1"))
        log_path.touch(mode=0o600)  # slow queries are logged whole
        shim = [sys.executable, "-I", "-S", "-c", DIE_WITH_STARTER, str(os.getpid())]
        with log_path.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - our own program and arguments
                [*shim, *command_line(self._folder, port, name_replica_set(self._folder))],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[lock],
                process_group=0,  # Ctrl-C reaches us alone, and we stop it in order
            )

    def _is_primary(self, pid: int, port: int) -> bool:
        """Whether process ``pid`` takes writes on ``port``; makes it a replica set of one, at that address."""
        if not _answers(port):
            return False
        with suppress(PyMongoError), _client(port) as client:
            if client.admin.command("serverStatus")["pid"] != pid:
                return False
            _configure(client, port, name_replica_set(self._folder))
            return bool(client.admin.command("hello")["isWritablePrimary"])
        return False


class _PortTakenError(Exception):
    """Another program took the port between our look and mongod's."""


def _configure(client: MongoClient[dict[str, Any]], port: int, name: str) -> None:
    """Initiate a new set; move an old one to ``port``, by force: with a wrong address it elects nobody."""
    member = {"_id": 0, "host": f"{HOST}:{port}"}
    config = client["local"]["system.replset"].find_one()
    if config is None:
        client.admin.command("replSetInitiate", {"_id": name, "members": [member]})
    elif config["members"][0]["host"] != member["host"]:
        moved = {**config, "version": config["version"] + 1, "members": [member]}
        client.admin.command("replSetReconfig", moved, force=True)


def _client(port: int) -> MongoClient[dict[str, Any]]:
    return MongoClient(HOST, port, directConnection=True, timeoutMS=ANSWER_MILLISECONDS)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _try_lock(record: IO[str]) -> bool:
    try:
        fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_record(record: IO[str]) -> tuple[int, int]:
    """Pid and port; zeros in a new record and in one half written."""
    record.seek(0)
    try:
        found = json.loads(record.read())
    except ValueError:
        return 0, 0
    return int(found["pid"]), int(found["port"])


def _write_record(record: IO[str], pid: int, port: int) -> None:
    record.seek(0)
    record.truncate()
    record.write(json.dumps({"pid": pid, "port": port}))
    record.flush()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
