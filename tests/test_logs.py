"""The log: one line an event whatever is in it, request ids, and what is not logged."""

import io
import json
import logging
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from services import logs
from services.requests_log import POLLS, STATIC, RequestsLog, is_quiet
from tests.conftest import Program, start_program
from tests.test_api import tiny

ROOT = Path(__file__).parent.parent
HOSTILE = "a\nb\r\nc\x0bd\x1b[31me\x85f\u2028g\u2029h\x00i\ud800j\u202ek"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged as text, until the end of the test."""
    into = io.StringIO()
    handler = logging.StreamHandler(into)
    handler.setFormatter(logs.Text())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield into
    root.removeHandler(handler)
    root.setLevel(before)


def broken_line(form: logging.Formatter) -> str:
    log = logging.getLogger(f"test of {HOSTILE}")
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        record = log.makeRecord(
            "web",
            logging.ERROR,
            "file",
            1,
            f"said {HOSTILE}",
            (),
            sys.exc_info(),
            extra={"fields": {"name": HOSTILE}},
        )
    return form.format(record)


@pytest.mark.parametrize("form", [logs.Text(), logs.Json()])
def test_a_line_stays_one_line_whatever_is_in_it(form: logging.Formatter) -> None:
    line = broken_line(form)
    assert len(line.splitlines()) == 1
    assert line.isprintable(), "nothing steers a terminal"
    line.encode()  # no surrogate


def test_json_tells_everything_back() -> None:
    told = json.loads(broken_line(logs.Json()))
    assert told["event"] == f"said {HOSTILE}" and told["level"] == "error" and told["name"] == "web"
    assert told["name"] and "Traceback" in told["trace"] and told["trace"].endswith(HOSTILE)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["time"])


def test_fields_of_a_request_and_of_a_process_are_in_every_line(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_always", {})
    logs.always(worker="w-1-2")
    with logs.about(request="abc"), logs.about(run="r1"):
        logs.event(logging.getLogger("runner"), "trainer started", pid=3, said='two "words"', none="")
    logging.getLogger("runner").info("later")
    first, second = written.getvalue().splitlines()
    assert first.endswith(
        'INFO runner trainer started worker=w-1-2 request=abc run=r1 pid=3 said="two \\"words\\"" none=""'
    )
    assert second.endswith("INFO runner later worker=w-1-2")


def test_requests_are_logged_without_their_query_and_polls_only_when_they_fail(
    client: Any, lab: Any, written: io.StringIO
) -> None:
    embryo = lab.embryos.add(tiny(), "CD20080101_pha-4_1_L1.csv").embryo
    run = lab.runs.create({"embryos": [embryo.id]}, lab.embryos)
    for quiet in (
        "/healthz",
        "/live-runs",
        "/look.json",
        "/assets/rules.css",
        "/vendor/bootstrap.min.css",
        f"/api/v1/runs/{run}",
        f"/api/v1/runs/{run}/metrics?after=0",
    ):
        assert client.get(quiet).status_code == 200, quiet
    assert written.getvalue() == ""
    client.get("/api/v1/embryos?limit=3&token=secret")
    client.get("/api/v1/runs/zzz/metrics")
    client.post(f"/api/v1/runs/{run}/cancel")
    client.get("/embryos/a%0Ab%1B[31m?x=secret")
    lines = written.getvalue().splitlines()
    told = [line.partition(" web request ")[2] for line in lines]
    assert [re.sub(r"request=\w{12} | ms=[\d.]+$", "", line) for line in told] == [
        "method=GET path=/api/v1/embryos status=200",
        "method=GET path=/api/v1/runs/zzz/metrics status=404",
        f"method=POST path=/api/v1/runs/{run}/cancel status=202",
        'method=GET path="/embryos/a\\nb\\x1b[31m" status=404',
    ]
    assert "WARNING" in lines[1] and "INFO" in lines[0]
    assert "secret" not in written.getvalue()


def test_a_slow_poll_is_logged(written: io.StringIO, monkeypatch: pytest.MonkeyPatch, client: Any) -> None:
    monkeypatch.setattr("services.requests_log.SLOW_S", 0.0)
    client.get("/healthz")
    assert "path=/healthz status=200" in written.getvalue()


def test_quiet_rules_are_rules_of_the_program(client: Any) -> None:
    rules = {rule.rule for rule in client.application.url_map.iter_rules()}
    assert rules >= POLLS
    assert all(any(rule.startswith(start) for rule in rules) for start in STATIC)
    assert not is_quiet("/imports", "POST")


def test_an_error_shows_the_id_under_which_the_log_tells_of_it(
    client: Any, lab: Any, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.runs, "running_count", lambda: 1 / 0)
    answer = client.get("/live-runs")
    error = answer.json["error"]
    id = answer.headers["X-Request-Id"]
    assert answer.status_code == 500 and id == answer.json["request"] and id in error["message"]
    about = [line for line in written.getvalue().splitlines() if id in line]
    assert any("ZeroDivisionError" in line and "trace=" in line for line in about)
    assert any("path=/live-runs status=500" in line for line in about)
    assert "ZeroDivision" not in answer.text

    missing = client.get("/api/v1/embryos/zzz")
    assert missing.json["request"] == missing.headers["X-Request-Id"] != id


def test_a_browser_gets_a_page_that_shows_the_id_and_no_markup_of_others(client: Any) -> None:
    as_browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = client.get("/", headers={**as_browser, "Host": "<img src=x onerror=alert(1)>.example"})
    assert answer.status_code in (400, 403) and "<img" not in answer.text
    answer = client.get("/vendor/none.css", headers=as_browser)
    assert answer.status_code == 404 and answer.mimetype == "text/html"
    assert f"id <code>{answer.headers['X-Request-Id']}</code>" in answer.text
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert client.get("/vendor/none.css").mimetype == "application/json"
    assert client.get("/vendor/none.css", headers={"Accept": "*/*"}).mimetype == "application/json"
    assert client.get("/api/v1/nothing", headers=as_browser).mimetype == "application/json"


def test_an_id_comes_from_nobody_but_ourselves_and_success_in_json_carries_none(client: Any) -> None:
    theirs = {"X-Request-Id": "forged\x7f", "X-Correlation-Id": "forged"}
    page = client.get("/", headers=theirs)
    assert re.fullmatch(r"[0-9a-f]{12}", page.headers["X-Request-Id"])
    assert page.headers["X-Request-Id"] != client.get("/").headers["X-Request-Id"]
    assert "X-Request-Id" not in client.get("/api/v1/embryos", headers=theirs).headers
    assert "X-Request-Id" not in client.get("/assets/rules.css", headers=theirs).headers


def test_the_log_goes_on_when_the_application_itself_breaks(written: io.StringIO) -> None:
    def breaks(_environ: Any, _start: Any) -> Any:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        RequestsLog(breaks)({"REQUEST_METHOD": "GET", "PATH_INFO": "/x"}, None)
    logging.getLogger("web").info("after")
    assert "request=" not in written.getvalue().splitlines()[-1]


@pytest.fixture(scope="module")
def in_json(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    program = start_program(tmp_path_factory.mktemp("json") / "data", BLASTOSCOPE_LOG="json")
    yield program
    program.stop()


@pytest.mark.slow
def test_every_line_of_the_program_is_an_event_in_json_with_run_and_worker(in_json: Program) -> None:
    import time

    lab = in_json.lab
    embryo = lab.embryos.add(tiny(), "CD20080101_pha-4_1_L1.csv").embryo
    config = {"embryos": [embryo.id], "split": "row", "epochs": 2, "batch_size": 16}
    run = lab.runs.create({**config, "name": "x"}, lab.embryos)
    with pytest.raises(urllib.error.HTTPError) as missing:
        urllib.request.urlopen(f"{in_json.url}/api/v1/embryos/zzz")
    id = missing.value.headers["X-Request-Id"]
    deadline = time.monotonic() + 60
    while not lab.runs.get(run).over and time.monotonic() < deadline:
        time.sleep(0.2)
    assert lab.runs.get(run).state == "done"
    log = in_json.data / "program.log"
    while "trainer ended" not in log.read_text():  # the runner sees it a moment later
        assert time.monotonic() < deadline
        time.sleep(0.1)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    (failed,) = [line for line in lines if line.get("request") == id]
    assert (failed["event"], failed["path"], failed["status"]) == ("request", "/api/v1/embryos/zzz", 404)
    of_run = [line for line in lines if line.get("run") == run]
    assert [line["event"] for line in of_run] == ["trainer started", "trainer ended"]
    assert {line["worker"] for line in of_run} == {
        line["worker"] for line in lines if line["event"] == "runner started"
    }
    assert len(of_run[0]["worker"]) > 5


def test_what_nobody_caught_is_one_line_too() -> None:
    script = (
        "import threading, warnings; from services import logs; logs.set_up('json')\n"
        "warnings.warn('old\\nways')\n"
        "thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join()\n"
        "raise OSError('no\\nspace')"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    warned, thread, main = map(json.loads, done.stderr.splitlines())
    assert "old\nways" in warned["event"] and warned["level"] == "warning"
    assert thread["trace"].endswith("ZeroDivisionError: division by zero")
    assert main["trace"].endswith("OSError: no\nspace") and done.returncode == 1


def test_a_trainer_that_finds_a_torn_checkpoint_says_for_which_run(tmp_path: Path, lab: Any) -> None:
    embryo = lab.embryos.add(tiny(), "CD20080101_pha-4_1_L1.csv").embryo
    config = {"embryos": [embryo.id], "split": "row", "epochs": 1, "batch_size": 16}
    run = lab.runs.create(config, lab.embryos)
    (lab.runs.folder / run / "checkpoint-0.pt").write_bytes(b"torn\n")
    environ = {"BLASTOSCOPE_DATA": str(lab.settings.data), "BLASTOSCOPE_LOG": "json"}
    command = [sys.executable, "-m", "services.runner", "--until-idle"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert lab.runs.get(run).state == "done"
    said = [json.loads(line) for line in (lab.runs.folder / run / "trainer.log").read_text().splitlines()]
    (torn,) = [line for line in said if line["event"] == "a checkpoint can't be read"]
    assert torn["run"] == run and torn["file"] == "checkpoint-0.pt"
    assert torn["worker"] in done.stderr


def test_making_the_application_leaves_the_log_of_others_alone(lab: Any) -> None:
    before = list(logging.getLogger().handlers)
    create_app(lab.settings, lab)
    assert logging.getLogger().handlers == before
