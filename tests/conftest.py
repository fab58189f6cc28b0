"""What the tests stand on: real embryos, a lab in a temporary folder, a running program, a real browser."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers import Postgres, program_of_postgres

ROOT = Path(__file__).parent.parent
CI = os.environ.get("CI") == "true"
REFERENCE = "CD20081016_alr-1_10A2_3_L1.csv"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


def missing(what: str) -> None:
    """Skip the test with a line that says what it needs; on CI that is a failure."""
    (pytest.fail if CI else pytest.skip)(what)


@pytest.fixture(scope="session")
def epic() -> Path:
    """The folder of real embryos."""
    folder = Path(os.environ.get("BLASTOSCOPE_TEST_EMBRYOS") or ROOT.parent / "shared" / "epic")
    if not (folder / REFERENCE).exists():
        missing(f"real embryos are not at {folder}: name their folder in BLASTOSCOPE_TEST_EMBRYOS")
    return folder


def settings_of(folder: Path, **environ: str) -> Any:
    from services.settings import read_settings

    return read_settings({"BLASTOSCOPE_DATA": str(folder), "BLASTOSCOPE_SIMULATED": "0", **environ})


@pytest.fixture
def lab(tmp_path: Path) -> Any:
    """An empty lab."""
    from services.lab import open_lab

    return open_lab(settings_of(tmp_path / "data"))


@pytest.fixture
def client(lab: Any) -> Any:
    """A Flask test client of the whole application on `lab`."""
    from app import create_app

    return create_app(lab.settings, lab).server.test_client()


@dataclass
class Program:
    """`python app.py`, running on a folder of its own. `pid` is its process."""

    process: subprocess.Popen[str]
    url: str
    data: Path
    lab: Any

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


def start_program(data: Path, **environ: str) -> Program:
    """Start `python app.py` on a free port and wait until it is ready."""
    from services.lab import open_lab

    data.mkdir(parents=True, exist_ok=True)
    own = {
        "BLASTOSCOPE_DATA": str(data),
        "PORT": "0",
        "BLASTOSCOPE_SIMULATED": "0",
        "BLASTOSCOPE_LEASE_S": "2",
        "BLASTOSCOPE_HEARTBEAT_S": "0.5",
        **environ,
    }
    log = (data / "program.log").open("a")
    process = subprocess.Popen(
        [sys.executable, "-u", "app.py"],
        cwd=ROOT,
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    log.close()
    assert process.stdout is not None
    url = ""
    for line in process.stdout:
        found = re.search(r"http://\S+", line)
        if found:
            url = found.group()
            break
    assert url, f"the program ended: {(data / 'program.log').read_text()[-2000:]}"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=30).close()
            break
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    else:
        raise AssertionError(f"not ready within a minute: {(data / 'program.log').read_text()[-2000:]}")
    return Program(process, url, data, open_lab(settings_of(data, **environ)))


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Program]]:
    """Starts programs: `serve(BLASTOSCOPE_SIMULATED="2")`; they are stopped at the end of the session."""
    started: list[Program] = []

    def start(**environ: str) -> Program:
        program = start_program(tmp_path_factory.mktemp("program") / "data", **environ)
        started.append(program)
        return program

    yield start
    for program in started:
        program.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of the session's own; `postgres.fresh()` is the address of a new database."""
    if not program_of_postgres("initdb"):
        missing("tests on PostgreSQL need its server: on Debian `apt-get install postgresql`")
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database: the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite'}"
    fresh: str = request.getfixturevalue("postgres").fresh()
    return fresh


@pytest.fixture(scope="session")
def program(serve: Callable[..., Program]) -> Program:
    """One running program without simulated embryos, for every test that only adds to it and looks."""
    return serve()


@pytest.fixture(scope="session")
def reference(program: Program, epic: Path) -> Any:
    """The real embryo that most tests look at, in the store of `program`."""
    return program.lab.embryos.add((epic / REFERENCE).read_bytes(), REFERENCE).embryo


@pytest.fixture(scope="session")
def rows(epic: Path) -> Any:
    """What its file says."""
    import pandas

    return pandas.read_csv(epic / REFERENCE)


def until(page: Any, expression: str, seconds: float = 15) -> Any:
    """Wait until a JavaScript expression is true; what it is then. (The page's policy forbids wait_for_function
    with text.)
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := page.evaluate(expression):
            return value
        page.wait_for_timeout(30)
    raise AssertionError(f"never true: {expression}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for the session (Debian's, or the one that BLASTOSCOPE_TEST_CHROMIUM names)."""
    found = (
        os.environ.get("BLASTOSCOPE_TEST_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("google-chrome")
    )
    if not found:
        missing("browser tests need Chromium: on Debian `apt-get install chromium`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page in a fresh context. At the end: no console error, and no request to another host.

    A test that provokes an error on purpose empties `page.errors` afterwards.
    """
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.errors = []
    foreign: list[str] = []
    page.on("console", lambda message: message.type == "error" and page.errors.append(message.text))
    page.on("pageerror", lambda error: page.errors.append(str(error)))

    def watch(request: Any) -> None:
        if not re.match(r"(http://(127\.0\.0\.1|localhost)[:/]|data:|blob:|about:)", request.url):
            foreign.append(request.url)

    page.on("request", watch)
    yield page
    context.close()
    assert page.errors == []
    assert foreign == []
