"""The runner with its real trainers: starts, cancels, failures, slots, and how it leaves."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from services.runs import METRIC_TAGS
from tests import hand_made
from tests.conftest import ROOT

LEASE = {"BLASTOSCOPE_LEASE_S": "2", "BLASTOSCOPE_HEARTBEAT_S": "0.5"}
ENDLESS = {"epochs": 1000, "batch_size": 1}  # a few tenths of a second an epoch


class RunnerProcess:
    """`python -m services.runner` on a lab's folder."""

    def __init__(self, lab: Any, *arguments: str, **environ: str) -> None:
        data = lab.settings.data
        self.log_path = data / "runner.log"
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.runner", *arguments],
                cwd=ROOT,
                env={
                    **os.environ,
                    "BLASTOSCOPE_DATA": str(data),
                    "BLASTOSCOPE_SIMULATED": "0",
                    **LEASE,
                    **environ,
                },
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def trainers(self) -> list[psutil.Process]:
        """Trainers that this runner started and that live."""
        try:
            children = psutil.Process(self.process.pid).children()
            return [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        if self.process.stdin:
            self.process.stdin.close()


@pytest.fixture
def start_runner(lab: Any) -> Iterator[Callable[..., RunnerProcess]]:
    started: list[RunnerProcess] = []

    def start(*arguments: str, **environ: str) -> RunnerProcess:
        started.append(RunnerProcess(lab, *arguments, **environ))
        return started[-1]

    yield start
    for runner in started:
        runner.stop()


@pytest.fixture
def embryo(lab: Any) -> Any:
    return hand_made.add(lab, "20080101")[0]


def queue(lab: Any, embryo: Any, **fields: Any) -> str:
    return lab.runs.create({"embryos": [embryo.id], **hand_made.SMALL, **fields}, lab.embryos)


def until(what: Callable[[], Any], seconds: float = 40) -> float:
    """Wait until `what` holds; how long that took, in seconds."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - began


def said(lab: Any, id: str) -> str:
    return "\n".join(event["text"] for event in lab.runs.events_after(id)["rows"])


def assert_no_gap(lab: Any, id: str) -> None:
    rows = [row for row in lab.runs.metrics_after(id)["rows"] if "/test" not in row["tag"]]
    epochs = lab.runs.get(id).epoch
    told = [(row["epoch"], row["tag"]) for row in rows]
    assert sorted(told) == sorted((epoch, tag) for epoch in range(1, epochs + 1) for tag in METRIC_TAGS)


def test_queued_runs_are_trained_one_after_the_other_and_an_idle_runner_ends(
    lab: Any, embryo: Any, start_runner: Callable[..., RunnerProcess]
) -> None:
    ids = [queue(lab, embryo), queue(lab, embryo, resampling="oversample")]
    runner = start_runner("--until-idle")
    assert runner.process.wait(60) == 0
    first, second = (lab.runs.get(id) for id in ids)
    assert (first.state, second.state) == ("done", "done"), said(lab, ids[0]) + said(lab, ids[1])
    assert first.finished <= second.started
    assert lab.runs.workers() == []  # it retired
    for id in ids:
        assert_no_gap(lab, id)


def test_it_takes_a_run_quickly_cancels_it_quickly_and_leaves_no_process(
    lab: Any, embryo: Any, start_runner: Callable[..., RunnerProcess]
) -> None:
    runner = start_runner()
    until(lambda: lab.runs.runner_fresh(2))
    time.sleep(0.5)
    assert lab.runs.runner_fresh(2)
    id, waiting = queue(lab, embryo, **ENDLESS), queue(lab, embryo)
    assert until(lambda: lab.runs.get(id).state == "running") < 1.5
    until(lambda: lab.runs.get(id).epoch >= 2)
    (trainer,) = runner.trainers
    assert os.getpgid(trainer.pid) == trainer.pid != os.getpgid(runner.process.pid)
    assert "CPU" in lab.runs.get(id).device or "GPU" in lab.runs.get(id).device
    assert lab.runs.get(waiting).state == "queued"  # one slot

    lab.runs.cancel(waiting)
    assert lab.runs.get(waiting).state == "cancelled"
    lab.runs.cancel(id)
    assert until(lambda: lab.runs.get(id).state == "cancelled") < 2
    until(lambda: not trainer.is_running())
    assert_no_gap(lab, id)


def test_a_cancel_while_the_trainer_starts_is_as_quick(
    lab: Any, embryo: Any, start_runner: Callable[..., RunnerProcess]
) -> None:
    runner = start_runner()
    id = queue(lab, embryo, **ENDLESS)
    until(lambda: lab.runs.get(id).state == "running")
    lab.runs.cancel(id)
    assert until(lambda: lab.runs.get(id).state == "cancelled") < 2
    assert lab.runs.get(id).epoch == 0
    until(lambda: not runner.trainers)


def test_a_run_whose_trainer_ends_three_times_fails_with_its_last_words(
    lab: Any, embryo: Any, start_runner: Callable[..., RunnerProcess]
) -> None:
    id = queue(lab, embryo)
    for path in lab.embryos.folder.iterdir():
        path.unlink()  # somebody cleaned up
    runner = start_runner("--until-idle")
    assert runner.process.wait(60) == 0
    run = lab.runs.get(id)
    assert (run.state, run.attempts, run.generation) == ("failed", 3, 3)
    assert "FileNotFoundError" in str(run.error)
    assert said(lab, id).count("the trainer ended") == 2


def test_a_run_that_cannot_be_done_fails_at_once_in_plain_words(
    lab: Any, embryo: Any, start_runner: Callable[..., RunnerProcess]
) -> None:
    from sqlalchemy import update

    from services.database import runs

    id = queue(lab, embryo)
    config = lab.runs.get(id).config | {"scheme": "ancestor", "depth": 0}  # every cell's ancestor is P0
    with lab.engine.begin() as connection:
        connection.execute(update(runs).where(runs.c.id == id).values(config=config))
    assert start_runner("--until-idle").process.wait(60) == 0
    run = lab.runs.get(id)
    assert (run.state, run.generation) == ("failed", 1)
    assert "nothing to learn" in str(run.error)
    assert "Traceback" not in str(run.error)


def test_two_slots_train_two_runs_and_two_runners_never_the_same(
    lab: Any, embryo: Any, start_runner: Callable[..., RunnerProcess]
) -> None:
    ids = [queue(lab, embryo, **ENDLESS) for _ in range(3)]
    two, one = start_runner(BLASTOSCOPE_SLOTS="2"), start_runner()
    until(lambda: len(two.trainers) == 2 and len(one.trainers) == 1)
    commands = [trainer.cmdline()[-1] for runner in (two, one) for trainer in runner.trainers]
    assert sorted(commands) == sorted(ids)
    until(lambda: all(lab.runs.get(id).epoch for id in ids))
    assert {lab.runs.get(id).generation for id in ids} == {1}
    assert len({lab.runs.get(id).worker for id in ids}) == 2
    assert sorted(worker["slots"] for worker in lab.runs.workers()) == [1, 2]


def test_a_runner_told_to_go_gives_its_run_back_and_the_next_one_goes_on(
    lab: Any, embryo: Any, start_runner: Callable[..., RunnerProcess]
) -> None:
    id = queue(lab, embryo, **ENDLESS)
    runner = start_runner()
    until(lambda: lab.runs.get(id).epoch >= 2)
    trainers = runner.trainers
    runner.process.send_signal(signal.SIGTERM)
    assert runner.process.wait(10) == 0
    assert not any(trainer.is_running() for trainer in trainers)
    run = lab.runs.get(id)
    assert (run.state, run.attempts, run.worker) == ("queued", 0, None)
    assert run.epoch >= 2
    start_runner()
    until(lambda: lab.runs.get(id).epoch > run.epoch)
    assert lab.runs.get(id).generation == 2
    assert f"resumed after epoch {run.epoch}" in said(lab, id)
    assert_no_gap_while_running(lab, id)


def assert_no_gap_while_running(lab: Any, id: str) -> None:
    rows = lab.runs.metrics_after(id)["rows"]
    told = [(row["epoch"], row["tag"]) for row in rows]
    assert len(told) == len(set(told))
    assert {epoch for epoch, _ in told} == set(range(1, max(epoch for epoch, _ in told) + 1))


def test_a_runner_beside_a_dead_parent_finishes_what_it_has_and_takes_no_more(
    lab: Any, embryo: Any, start_runner: Callable[..., RunnerProcess]
) -> None:
    id = queue(lab, embryo, epochs=40, batch_size=1)
    runner = start_runner("--with-parent")
    until(lambda: lab.runs.get(id).epoch >= 1)
    assert runner.process.stdin is not None
    runner.process.stdin.close()  # what the end of its parent does
    later = queue(lab, embryo)
    assert runner.process.wait(60) == 0
    assert (lab.runs.get(id).state, lab.runs.get(id).generation) == ("done", 1)
    assert lab.runs.get(later).state == "queued"


def test_an_idle_runner_costs_next_to_nothing(lab: Any, start_runner: Callable[..., RunnerProcess]) -> None:
    runner = start_runner()
    until(lambda: lab.runs.runner_fresh(2))
    process = psutil.Process(runner.process.pid)
    before = sum(process.cpu_times()[:2])
    time.sleep(3)
    assert sum(process.cpu_times()[:2]) - before < 0.3  # a tenth of a core, on any machine
    mapped = Path(f"/proc/{process.pid}/maps")
    assert not mapped.exists() or "libtorch" not in mapped.read_text()
