"""The web server dies alone, then all of the program's own processes at once, and no run is lost."""

import os
import random
import signal
import time
import urllib.request
from typing import Any

import psutil
import pytest

from tests.conftest import start_program
from tests.test_api import tiny

pytestmark = pytest.mark.slow
MOMENTS = 20081016  # the seed of the moments at which things are killed


def wait_for(what: Any, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_web_runner_and_trainer_killed_together_lose_no_run_and_double_no_epoch(tmp_path: Any) -> None:
    data = tmp_path / "data"
    program = start_program(data)
    try:
        runs = program.lab.runs
        embryo = program.lab.embryos.add(tiny(), "CD20080101_pha-4_1_L1.csv").embryo
        config = {"embryos": [embryo.id], "split": "row", "epochs": 400, "batch_size": 8}
        run = runs.create(config, program.lab.embryos)
        later = runs.create(config | {"epochs": 2}, program.lab.embryos)
        wait_for(lambda: runs.get(run).epoch >= 3)
        chance = random.Random(MOMENTS)
        own = psutil.Process(program.pid)

        (web,) = [one for one in own.children() if "services.runner" not in " ".join(one.cmdline())]
        time.sleep(chance.uniform(0, 1))
        before = runs.get(run)
        web.kill()  # the web server alone: it comes back, and training has noticed nothing
        wait_for(lambda: answers(program.url))
        wait_for(lambda: runs.get(run).epoch > before.epoch)
        assert runs.get(run).generation == before.generation

        time.sleep(chance.uniform(0, 1))
        pids = [program.pid, *(child.pid for child in own.children(recursive=True))]
        assert len(pids) >= 4  # gunicorn's two, the runner, the trainer
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        program.process.wait()
    finally:
        program.stop()

    again = start_program(data)
    try:
        runs = again.lab.runs
        wait_for(lambda: runs.get(later).state == "done" or runs.get(run).epoch >= 8, 60)
        before = runs.get(run).epoch
        wait_for(lambda: runs.get(run).state == "done" or runs.get(run).epoch > before)
        runs.cancel(run)
        wait_for(lambda: runs.get(run).state in ("done", "cancelled"))
        wait_for(lambda: runs.get(later).state == "done")
        for which in (run, later):
            rows = [row for row in runs.metrics_after(which, 0)["rows"] if row["tag"] == "loss/train"]
            epochs = [row["epoch"] for row in rows]
            assert epochs == list(range(1, len(epochs) + 1))
        assert runs.get(run).generation >= 1
    finally:
        again.stop()
