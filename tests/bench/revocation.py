"""How long a revocation takes to be seen: on the page, and in the signed status list fetched over HTTP.

``python tests/bench/revocation.py [--times N]``. A real server of several processes on a real MongoDB. The clock starts
when the revocation is asked for. The list is fetched all the while by its own thread, each time on a new connection,
so that every process answers in turn; a revocation stands in it from the answer after which none came without it.
Every list counted verifies against the registry's key.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import perf_counter, sleep
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from synthetic import certificate_bodies

from issuers.demo import make_demo
from keys.vault import create_master_key
from registry.credential import china_date, parse_credential, read_face
from registry.keyrings import REGISTRY
from registry.mongod import local_mongod
from registry.settings import Settings, read_settings
from registry.status_list import is_set
from verify.offline import read_status_lists
from wsgi import now, open_services, prepare

PORT = "8144"
PROMISE = 5.0  # seconds until the signed list carries it
FETCH_PAUSE = 0.02  # seconds between two fetches of the list
SETTLE = 4.0  # seconds after the last revocation: twice as long as a process keeps its copy
SPACING = 0.05  # seconds between revocations, so that they meet every age of the copies
SERVER = "import os; from registry.server import run_server; from registry.settings import read_settings; "
SERVER += "run_server('wsgi:worker_app', read_settings(os.environ))"


@dataclass
class Lists:
    """What each fetch of the list saw: when it was asked for, when it came, its bits."""

    seen: list[tuple[float, float, bytes]] = field(default_factory=list)

    def carried_at(self, index: int, since: float) -> float:
        """When the first list came after which none was without the bit."""
        later = [one for one in self.seen if one[0] >= since]
        stale = [place for place, (_, _, bits) in enumerate(later) if not is_set(bits, index)]
        return later[stale[-1] + 1 if stale else 0][1]


def main() -> None:
    """Measure and print; exit code 1 where the promise was not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=200)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder, local_mongod(Path(folder)) as uri:
        settings = replace(read_settings({**os.environ, "PORT": PORT, "DATA_DIR": folder}), mongodb_uri=uri)
        create_master_key(settings.master_key_path)
        services = open_services(settings)
        prepare(services)
        token = make_demo(services.registry, services.issuers).token
        root = services.registry.keyrings.ring(REGISTRY).active.public
        with serving(settings):
            page, listed = measure(settings.origin, token, root, times)
    print(f"{os.cpu_count()} cores, {settings.workers} server processes, {times} revocations")
    print(f"{'seconds until it is':<28} {'median':>8} {'worst':>8}")
    print(f"{'on the page':<28} {median(page):8.3f} {max(page):8.3f}")
    print(f"{'in the signed status list':<28} {median(listed):8.3f} {max(listed):8.3f}")
    sys.exit(0 if max(listed) < PROMISE else 1)


def measure(origin: str, token: str, root: Any, times: int) -> tuple[list[float], list[float]]:
    """Seconds to the page and to the list of each revocation."""
    issued = [issue(origin, token, body) for body in islice(certificate_bodies(china_date(now())), times)]
    lists, stop = Lists(), Event()
    fetcher = Thread(target=fetch, args=(f"{origin}/status-lists/revocation-1", root, lists, stop))
    fetcher.start()
    sleep(SETTLE)
    page, began = [], []
    for one in issued:
        began.append(perf_counter())
        ask(f"{origin}/api/v1/certificates/{one['number']}/revocation", token, {"reason": "false_results"})
        page.append(seen_on_page(f"{origin}/v/{one['code']}") - began[-1])
        sleep(SPACING)
    sleep(SETTLE)
    stop.set()
    fetcher.join()
    indices = [read_face(parse_credential(one["credential"].encode())).status.index for one in issued]
    return page, [lists.carried_at(index, since) - since for index, since in zip(indices, began, strict=True)]


def fetch(url: str, root: Any, lists: Lists, stop: Event) -> None:
    """Fetch the list until told to stop."""
    while not stop.is_set():
        asked = perf_counter()
        data = urlopen(url, timeout=10).read()
        came = perf_counter()
        [found] = read_status_lists([data], root=root).lists.values()
        lists.seen.append((asked, came, found.bits))
        sleep(FETCH_PAUSE)


def seen_on_page(url: str) -> float:
    """When every one of eight pages, on connections of their own, says that it is revoked."""
    with ThreadPoolExecutor(8) as pool:
        while True:
            pages = list(pool.map(lambda _: urlopen(url, timeout=10).read(), range(8)))
            if all(b'data-outcome="revoked"' in page for page in pages):
                return perf_counter()


def issue(origin: str, token: str, body: bytes) -> Any:
    """A certificate that was issued."""
    return ask(f"{origin}/api/v1/certificates", token, json.loads(body))


def ask(url: str, token: str, body: Any) -> Any:
    """The answer to a POST."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return json.load(urlopen(Request(url, json.dumps(body).encode(), headers), timeout=30))


@contextmanager
def serving(settings: Settings) -> Any:
    """A server of its own process group until the block ends."""
    environ = os.environ | {
        "PORT": settings.port,
        "DATA_DIR": settings.data_dir,
        "MONGODB_URI": settings.mongodb_uri,
    }
    with subprocess.Popen([sys.executable, "-c", SERVER], env=environ) as server:
        try:
            while server.poll() is None:
                try:
                    urlopen(f"{settings.origin}/readyz", timeout=5).close()
                    break
                except (URLError, OSError):
                    sleep(0.1)
            yield
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
