"""A crowd that watches one running run: `python -m benchmarks.live`.

The real program with one web worker trains a run while 50 viewers ask as the run's page asks: the metrics once a
second, each on a connection that it keeps, and the run itself at every second question.
A real Chromium has the page open; it notes when each epoch is in the graph's data.
"""

import argparse
import http.client
import json
import re
import shutil
import socket
import tempfile
import threading
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from benchmarks.report import Measure, main
from benchmarks.serving import FLAGS, program

VIEWERS = 50
SECONDS = 40.0
WARM_UP = 5.0  # seconds in which the viewers arrive, not measured
TICK = 1.01  # seconds from one question to the next, as in assets/modules/follow.mjs
POLL = "poll of the metrics"
RUN = "poll of the run"
# Notes, at every frame that the browser draws, how many epochs the graph has, and when.
SAMPLER = """
window.seen = [];
(function look() {
  const data = document.querySelector("#run-curves .js-plotly-plot")?.data;
  const x = data ? data[0].x : [];
  while (window.seen.length < x.length) window.seen.push([x[window.seen.length], Date.now() / 1000]);
  requestAnimationFrame(look);
})();
"""


class Viewer(threading.Thread):
    """One open page, without its browser. Keeps the seconds of every answer after `start`, by kind."""

    def __init__(self, url: str, run: str, number: int, start: float, end: float) -> None:
        super().__init__(daemon=True)
        self.host = urlsplit(url).netloc
        self.run_id = run
        self.first = start - WARM_UP + number / VIEWERS * min(WARM_UP, 1) + (number % 5) * (WARM_UP - 1) / 5
        self.start_at, self.end_at = start, end
        self.taken: dict[str, list[float]] = {POLL: [], RUN: []}
        self.failed = 0

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.host, timeout=30)
        after, tick, due = 0, 0, self.first
        while time.time() < self.end_at:
            time.sleep(max(0.0, due - time.time()))
            answer = self.ask(connection, POLL, f"/api/v1/runs/{self.run_id}/metrics?after={after}")
            if answer is not None:
                after = answer["next"]
                if tick % 2 == 0:
                    self.ask(connection, RUN, f"/api/v1/runs/{self.run_id}")
            tick += 1
            due += TICK
        connection.close()

    def ask(self, connection: http.client.HTTPConnection, kind: str, path: str) -> Any:
        began = time.perf_counter()
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self.failed += 1
            return None
        if time.time() >= self.start_at:
            self.taken[kind].append(time.perf_counter() - began)
        if response.status != 200:
            self.failed += 1
            return None
        return json.loads(body)


def ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} if data else {})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def whole_answer(url: str, path: str) -> tuple[bytes, bytes]:
    """An answer as it comes over a kept connection: status line and headers with the empty line, and body."""
    at = urlsplit(url)
    with socket.create_connection((str(at.hostname), at.port or 80), timeout=30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n".encode())
        got = b""
        while True:
            head, empty_line, body = got.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            if empty_line and length and len(body) >= int(length.group(1)):
                return head + empty_line, body
            got += connection.recv(65_536)


def begin(url: str) -> str:
    """Start a run of many epochs of about a second, and wait for its first; its id."""
    ids = [embryo["id"] for embryo in ask(f"{url}/api/v1/embryos")]
    config = {"embryos": ids, "split": "cell", "stop_at_cells": 0, "epochs": 1000}
    run: str = ask(f"{url}/api/v1/runs", config)["id"]
    deadline = time.monotonic() + 90
    while not ask(f"{url}/api/v1/runs/{run}/metrics?after=0")["rows"]:
        if time.monotonic() > deadline:
            raise SystemExit("the run has no first epoch after 90 s")
        time.sleep(0.2)
    return run


def measure(_options: argparse.Namespace) -> list[Measure]:
    """Answers of a crowd, bytes of an idle poll, and how late an epoch is on the screen."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        environ = {"BLASTOSCOPE_DATA": folder, "BLASTOSCOPE_SIMULATED": "3", "PORT": "0"}
        with program("app.py", **environ) as (url, _process), sync_playwright() as playwright:
            run = begin(url)
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            page.add_init_script(SAMPLER)
            page.goto(f"{url}/runs/{run}")
            page.locator("#run-curves .js-plotly-plot .trace").first.wait_for(timeout=60_000)
            start = time.time() + WARM_UP + 1
            viewers = [Viewer(url, run, number, start, start + SECONDS) for number in range(VIEWERS)]
            for viewer in viewers:
                viewer.start()
            page.wait_for_timeout((start + SECONDS - time.time()) * 1000)
            seen: list[tuple[int, float]] = page.evaluate("window.seen")
            chromium.close()
            for viewer in viewers:
                viewer.join(40)
            rows = ask(f"{url}/api/v1/runs/{run}/metrics?after=0")
            walls = {row["epoch"]: row["wall"] for row in rows["rows"] if row["tag"] == "loss/train"}
            ask(f"{url}/api/v1/runs/{run}/cancel", {})
            head, body = whole_answer(url, f"/api/v1/runs/{run}/metrics?after={rows['next'] + 10**5}")
    late = [at - walls[epoch] for epoch, at in seen if start <= walls[epoch] <= start + SECONDS - 2]
    polls = np.array([seconds for viewer in viewers for seconds in viewer.taken[POLL]]) * 1000
    of_run = np.array([seconds for viewer in viewers for seconds in viewer.taken[RUN]]) * 1000
    failed = sum(viewer.failed for viewer in viewers)
    p99, p95 = float(np.percentile(polls, 99)), float(np.percentile(late, 95))
    whole = len(head) + len(body)
    return [
        Measure("viewers", VIEWERS, ""),
        Measure("polls of the metrics a second", len(polls) / SECONDS, "1/s"),
        Measure("all requests a second", (len(polls) + len(of_run)) / SECONDS, "1/s"),
        Measure("poll, median", float(np.median(polls)), "ms"),
        Measure("poll, p99", p99, "ms", "< 250", p99 < 250),
        Measure("polls without an answer", failed, "", "0", failed == 0),
        Measure("bytes of an idle poll, headers included", whole, "bytes", "< 300", whole < 300),
        Measure("bytes of an idle poll, body alone", len(body), "bytes"),
        Measure("epochs watched", len(late), ""),
        Measure("end of epoch to screen, median", float(np.median(late)), "s"),
        Measure("end of epoch to screen, p95", p95, "s", "< 1.5", p95 < 1.5),
    ]


if __name__ == "__main__":
    main("live", measure)
