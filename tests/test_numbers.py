"""Numbers for Prometheus: off unless asked; all web processes together; what is in the lab."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import update

from benchmarks.live import whole_answer
from services import lease
from services import numbers as counted
from services.database import runs
from services.lab import Lab, open_lab
from services.numbers import OfTheLab, forget_ended
from tests.conftest import settings_of
from tests.servers import free_port
from tests.test_api import tiny

ROOT = Path(__file__).parent.parent


def told(text: str) -> dict[str, float]:
    """Prometheus's text form: value by name and labels."""
    return {
        name: float(value)
        for line in text.splitlines()
        if line and not line.startswith("#")
        for name, _, value in [line.rpartition(" ")]
    }


def get(url: str, method: str = "GET") -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_nobody_gets_numbers_unless_they_were_asked_for(client: Any) -> None:
    assert "numbers" not in {rule.endpoint for rule in client.application.url_map.iter_rules()}
    assert "blastoscope_" not in client.get("/metrics").text
    script = (
        "import app, sys; from tests.conftest import settings_of; print('prometheus_client' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


def test_two_web_processes_tell_of_all_requests_whichever_is_asked(tmp_path: Path) -> None:
    data = tmp_path / "data"
    open_lab(settings_of(data)).embryos.add(tiny(), "CD20080101_pha-4_1_L1.csv")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {"BLASTOSCOPE_DATA": str(data), "BLASTOSCOPE_SIMULATED": "0", "BLASTOSCOPE_METRICS": "1"}
    command = [sys.executable, "-m", "gunicorn", "app:server", "-w", "2", "-b", f"127.0.0.1:{port}"]
    log = (tmp_path / "log").open("wb")
    server = subprocess.Popen(
        [*command, "--logger-class", "services.server_log.ServerLog"],
        cwd=ROOT,
        env=os.environ | environ,
        stderr=log,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            assert server.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
            try:
                if get(f"{url}/healthz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        folder = next((data / "cache" / "numbers").iterdir())
        with ThreadPoolExecutor(8) as threads:
            asked = threads.map(lambda _: get(f"{url}/api/v1/embryos")[0], range(40))
            assert set(asked) == {200}
            # Each process has its file of counts; only when both answered does this say anything.
            while len({path.stem.rpartition("_")[2] for path in folder.glob("counter_*.db")}) < 2:
                assert time.monotonic() < deadline
                list(threads.map(lambda _: get(f"{url}/healthz"), range(8)))
        assert get(f"{url}/api/v1/embryos/zzz")[0] == 404
        assert get(f"{url}/api/v1/embryos/{'y' * 500}")[0] == 404
        get(f"{url}/no/page", "BREW")
        found = [told(get(f"{url}/metrics")[1]) for _ in range(6)]
        for numbers in found:
            answers = 'blastoscope_requests_total{{method="{}",rule="{}",status="{}"}}'
            assert numbers[answers.format("GET", "/api/v1/embryos", 200)] == 40
            assert numbers[answers.format("GET", "/api/v1/embryos/<embryo_id>", 404)] == 2
            assert numbers['blastoscope_request_seconds_count{rule="/api/v1/embryos"}'] == 40
            assert 0 < numbers['blastoscope_request_seconds_sum{rule="/api/v1/embryos"}'] < 40
            assert numbers['blastoscope_embryos{source="file"}'] == 1
            assert numbers["blastoscope_database_bytes"] > 10_000
        assert not any("yyyy" in name or "BREW" in name for name in found[0]), "labels are of a known few"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
        log.close()


def numbers_of(lab: Lab) -> dict[str, float]:
    """What the collector tells, as name{labels} and value."""
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in OfTheLab(lab).collect()
        for sample in family.samples
    }


def test_the_labs_own_numbers_on_either_database(address: str, tmp_path: Path) -> None:
    lab = open_lab(settings_of(tmp_path / "data", BLASTOSCOPE_DATABASE=address))
    empty = numbers_of(lab)
    assert empty["blastoscope_runs['queued']"] == empty["blastoscope_queue_oldest_seconds[]"] == 0
    embryo = lab.embryos.add(tiny(), "CD20080101_pha-4_1_L1.csv").embryo
    ids = [lab.runs.create({"embryos": [embryo.id], "split": "row"}, lab.embryos) for _ in range(4)]
    now = time.time()
    with lab.engine.begin() as connection:
        connection.execute(update(runs).where(runs.c.id == ids[0]).values(created=now - 90))
        connection.execute(update(runs).where(runs.c.id == ids[1]).values(created=now - 50))
    lease.enlist(lab.engine, "here-1-1", 3)
    claim = lease.claim(lab.engine, "here-1-1", 30)
    assert claim is not None and claim.id == ids[0]
    lab.runs.delete([ids[3]])
    numbers = numbers_of(lab)
    assert numbers["blastoscope_runs['running']"] == 1 and numbers["blastoscope_runs['queued']"] == 2
    assert numbers["blastoscope_runs['cancelled']"] == 0, "a deleted one counts no more"
    assert 50 <= numbers["blastoscope_queue_oldest_seconds[]"] < 60
    assert 89 <= numbers["blastoscope_queue_waited_seconds[]"] < 100
    assert (numbers["blastoscope_workers[]"], numbers["blastoscope_worker_slots[]"]) == (1, 3)
    assert numbers["blastoscope_embryos['file']"] == 1
    assert numbers["blastoscope_database_bytes[]"] > 10_000


def test_counts_of_processes_that_ended_long_ago_are_forgotten(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    old = time.time() - counted.OLD_S - 60
    for name in (f"counter_{gone.pid}.db", f"counter_{os.getpid()}.db", "counter_1.db"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (old, old))
    (tmp_path / f"histogram_{gone.pid}.db").touch()
    forget_ended(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {f"counter_{os.getpid()}.db", "counter_1.db", f"histogram_{gone.pid}.db"}


def test_an_idle_poll_stays_below_300_bytes_with_its_headers(serve: Any) -> None:
    program = serve()
    embryo = program.lab.embryos.add(tiny(), "CD20080101_pha-4_1_L1.csv").embryo
    run = program.lab.runs.create({"embryos": [embryo.id], "split": "row", "epochs": 1}, program.lab.embryos)
    program.lab.runs.cancel(run)
    head, body = whole_answer(program.url, f"/api/v1/runs/{run}/metrics?after=1234567")
    assert len(head) + len(body) < 300, head
    assert re.match(rb"HTTP/1\.1 200", head) and b"request" not in head.lower()
