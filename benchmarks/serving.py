"""What the web process costs, and how soon a page shows something: `python -m benchmarks.serving`."""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.report import Measure, cd_files, main
from services.imports import import_paths
from services.lab import open_lab
from services.settings import read_settings
from services.tracks import file_name

ROOT = Path(__file__).parent.parent
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
ROUNDS = 5
# A stock Dash page with one graph, on the same server with the same settings.
STOCK = """
from dash import Dash, dcc, html
from gunicorn.app.base import BaseApplication
app = Dash("stock", compress=False)
app.layout = html.Div([dcc.Graph(figure={"data": [{"y": [3, 1, 2]}]})])
class Server(BaseApplication):
    def load_config(self):
        for name, value in dict(bind="127.0.0.1:0", worker_class="gthread", threads=16, loglevel="error",
                                when_ready=lambda a: print("http://%s:%s" % a.LISTENERS[0].sock.getsockname()[:2], flush=True)).items():
            self.cfg.set(name, value)
    def load(self):
        return app.server
Server().run()
"""
# What counts as useful: the thing that a person came to the page for is drawn.
USEFUL = {
    "/": ".ag-center-cols-container .ag-row",
    "/embryos/{id}": "#watch[data-ready]",
    "/labels": ".labels-tree svg",  # what the label means; its numbers come with it, the bars right after
    "/train": "#train-start:not([disabled])",
    "/runs": ".ag-center-cols-container .ag-row",
}


@contextmanager
def program(*command: str, **environ: str) -> Iterator[tuple[str, psutil.Process]]:
    """A server of our own that prints its address; ended at the end."""
    process = subprocess.Popen(
        [sys.executable, "-u", *command],
        cwd=ROOT,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = next(found.group() for line in process.stdout if (found := re.search(r"http://\S+", line)))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(url, timeout=30).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def web_worker(parent: psutil.Process) -> psutil.Process:
    """gunicorn's worker below `parent`: the child that runs the same file, not the runner."""
    return next(
        child
        for child in parent.children(recursive=True)
        if "services.runner" not in " ".join(child.cmdline())
        and "services.trainer" not in " ".join(child.cmdline())
    )


def cold(chromium: Any, address: str, useful: str) -> tuple[float, int]:
    """Seconds from the start of navigation until `useful` is drawn, and bytes transferred, with an empty cache."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    received: list[float] = []
    network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.add_init_script(
        f"""(() => {{ const look = () => document.querySelector({useful!r})
            ? requestAnimationFrame(() => {{ window.usefulAt = performance.now(); }}) : requestAnimationFrame(look);
            look(); }})()"""
    )
    page.goto(address, wait_until="commit")
    deadline = time.monotonic() + 60
    while not (useful_at := page.evaluate("window.usefulAt")):  # wait_for_function needs unsafe-eval
        if time.monotonic() > deadline:
            raise TimeoutError(f"{address} showed nothing useful within a minute")
        page.wait_for_timeout(50)
    seconds = useful_at / 1000
    page.wait_for_timeout(700)
    context.close()
    return seconds, int(sum(received))


def measure(options: argparse.Namespace) -> list[Measure]:
    """Memory, bytes and first useful paint, with the embryos of `options.embryos` in the store."""
    from playwright.sync_api import sync_playwright

    measures = []
    with tempfile.TemporaryDirectory() as folder:
        environ = {"BLASTOSCOPE_DATA": folder, "BLASTOSCOPE_SIMULATED": "0", "PORT": "0"}
        lab = open_lab(read_settings(environ))
        import_paths(lab, [(path, path.name) for path in cd_files(options.embryos)])
        embryos, total = lab.embryos.page(limit=1000)
        median = sorted(embryos, key=lambda embryo: embryo.rows)[total // 2]
        lab.engine.dispose()
        with (
            sync_playwright() as playwright,
            program("app.py", **environ) as (url, process),
            program("-c", STOCK) as (stock_url, _stock),
        ):
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            pages = {path.format(id=median.id): useful for path, useful in USEFUL.items()}
            taken: dict[str, list[tuple[float, int]]] = {"stock": [], **{path: [] for path in pages}}
            for _round in range(ROUNDS):  # in turn, so that a slow moment of the machine meets all of them
                taken["stock"].append(cold(chromium, stock_url, ".js-plotly-plot .trace"))
                for path, useful in pages.items():
                    taken[path].append(cold(chromium, url + path, useful))
            chromium.close()

            seconds = {path: statistics.median(one[0] for one in values) for path, values in taken.items()}
            bytes_of = {path: statistics.median(one[1] for one in values) for path, values in taken.items()}
            measures.append(
                Measure("stock Dash page with one graph, first paint, cold", seconds["stock"], "s")
            )
            measures.append(Measure("stock Dash page, transferred", bytes_of["stock"] / 1e6, "MB"))
            limit = seconds["stock"] + 0.5
            for path, name in zip(pages, USEFUL, strict=True):
                measures.append(
                    Measure(
                        f"{name} first useful paint, cold",
                        seconds[path],
                        "s",
                        f"<= stock + 0.5 = {limit:.2f}",
                        seconds[path] <= limit,
                    )
                )
                measures.append(Measure(f"{name} transferred, cold", bytes_of[path] / 1e6, "MB"))

            sizes = []
            for embryo in embryos:
                request = urllib.request.Request(
                    f"{url}/tracks/{file_name(embryo.checksum)}", headers={"Accept-Encoding": "gzip"}
                )
                with urllib.request.urlopen(request) as answer:
                    sizes.append(len(answer.read()))
            measures.append(
                Measure(
                    "tracks of a median embryo, compressed",
                    statistics.median(sizes) / 1000,
                    "kB",
                    "< 400",
                    statistics.median(sizes) < 400_000,
                )
            )
            measures.append(Measure("tracks of the largest embryo, compressed", max(sizes) / 1000, "kB"))

            worker = web_worker(process)
            resident = worker.memory_info().rss / 1e6
            torch = sum("torch" in region.path for region in worker.memory_maps())
            measures.append(
                Measure(
                    f"resident memory of the web process, {total} embryos",
                    resident,
                    "MB",
                    "< 350",
                    resident < 350,
                )
            )
            measures.append(
                Measure("torch libraries mapped in the web process", torch, "files", "0", torch == 0)
            )
    return measures


if __name__ == "__main__":
    main("serving", measure)
