"""Measures the first view: `.venv/bin/python tests/bench/pages.py`. Chromium on a phone's screen, its processor slowed
four times, an empty cache each time; the service as it is served (granian), demo data, a local MongoDB.

Prints first contentful paint in milliseconds: median and worst of `TIMES` openings of each page.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

SLOWER = 4  # as Lighthouse slows a desktop's processor down to a middling phone's
TIMES = 7
PHONE = {"width": 360, "height": 740}
PATIENCE = 120  # seconds for the service to start on a busy machine
PAINT = """() => new Promise(done => {
  const tell = list => { const one = list.find(({name}) => name === 'first-contentful-paint');
    if (one) done(one.startTime); };
  new PerformanceObserver(list => tell(list.getEntries())).observe({type: 'paint', buffered: true});
})"""


def main() -> None:
    """Serve, measure, print."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        port = free_port()
        environment = os.environ | {"PORT": str(port), "DATA_DIR": folder}
        program = [sys.executable, "-c", "from wsgi import main; main()", "demo"]
        served = subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL)
        try:
            demo = wait_for(Path(folder) / "demo.json", f"http://127.0.0.1:{port}/readyz")
            sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=sandbox)
            print(f"first contentful paint, processor {SLOWER} times slower, {TIMES} openings, load {load()}")
            for path in paths(demo["code"]):
                times = [open_once(browser, f"http://127.0.0.1:{port}{path}") for _ in range(TIMES + 1)][1:]
                print(f"{path:40} median {statistics.median(times):6.0f} ms   worst {max(times):6.0f} ms")
            browser.close()
        finally:
            served.terminate()
            served.wait(PATIENCE)


def paths(code: str) -> list[str]:
    """The pages that a stranger opens first."""
    return [
        "/",
        f"/v/{code}",
        f"/w/{code}",
        "/lookup",
        "/benefits",
        "/scan",
        "/me/sign-in",
        "/console/sign-in",
    ]


def open_once(browser: Browser, url: str) -> float:
    """Milliseconds until something stands on the screen, by a visitor who was never here."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url)
    painted: float = page.evaluate(PAINT)
    context.close()
    return painted


def wait_for(told: Path, ready: str) -> dict[str, str]:
    """What the demo tells, once it serves."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            urlopen(ready).close()
            found: dict[str, str] = json.loads(told.read_text("utf-8"))
        except (URLError, OSError, ValueError):
            time.sleep(0.2)
        else:
            return found
    sys.exit("the demo did not start")


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def load() -> str:
    """How busy the machine is: runnable processes, mean of the last minute."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
