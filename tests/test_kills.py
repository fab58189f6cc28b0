"""Trainers and runners die at random moments: no run is lost, none runs twice, no curve has a gap.

The moments are random and seeded. Web servers die in test_kill_everything.py.
"""

import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from services.runs import METRIC_TAGS
from tests import hand_made
from tests.test_runner import RunnerProcess, queue, said, start_runner, until  # noqa: F401 (a fixture)

pytestmark = pytest.mark.slow
LONG = {"epochs": 80, "batch_size": 2}


def kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def trainers_of(ids: list[str]) -> list[str]:
    """The run of every trainer process that lives and works on one of `ids`."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            if (
                "services.trainer" in command
                and command[-1] in ids
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(command[-1])
    return found


def assert_whole(lab: Any, id: str) -> None:
    """Done, every epoch told once with all its metrics, in order, and the test scored once."""
    run = lab.runs.get(id)
    assert (run.state, run.epoch) == ("done", run.epochs), f"{run.error}\n{said(lab, id)}"
    rows = lab.runs.metrics_after(id)["rows"]
    told = Counter((row["epoch"], row["tag"]) for row in rows if "/test" not in row["tag"])
    assert told == Counter((epoch, tag) for epoch in range(1, run.epochs + 1) for tag in METRIC_TAGS)
    assert sum(row["tag"] == "accuracy/test" for row in rows) == 1
    seqs = [row["seq"] for row in rows]
    assert seqs == sorted(set(seqs))
    assert [row["epoch"] for row in rows[:-4]] == sorted(row["epoch"] for row in rows[:-4])


def values(lab: Any, id: str) -> list[tuple[int, str, float]]:
    return [(row["epoch"], row["tag"], row["value"]) for row in lab.runs.metrics_after(id)["rows"]]


def test_kills_at_random_moments_leave_no_mark_on_the_curves(
    lab: Any,
    start_runner: Callable[..., RunnerProcess],  # noqa: F811
) -> None:
    moment = random.Random(2020)
    embryo = hand_made.add(lab, "20080101")[0]
    untouched = queue(lab, embryo, **LONG)
    assert start_runner("--until-idle").process.wait(60) == 0

    ids = [queue(lab, embryo, **LONG), queue(lab, embryo, **LONG)]
    runners = [start_runner(), start_runner()]
    twice: list[list[str]] = []

    def epochs() -> int:
        return sum(lab.runs.get(id).epoch for id in ids)

    def watched(seconds: float) -> None:
        """Let them work for a while, looking for a run that two trainers work on."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            alive = trainers_of(ids)
            if len(alive) != len(set(alive)):
                twice.append(alive)
            time.sleep(0.05)

    for victim in ("all", "trainer", "runner"):
        before = epochs()
        until(lambda before=before: epochs() > before or all(lab.runs.get(id).over for id in ids))
        watched(moment.uniform(0, 1.5))
        chosen = runners if victim == "all" else [moment.choice(runners)]
        trainers = [trainer for runner in chosen for trainer in runner.trainers]
        if victim != "trainer":
            for runner in chosen:
                runner.kill()
        if victim != "runner":  # a trainer whose runner was killed has to end by itself
            for trainer in trainers:
                kill(trainer)
        until(lambda trainers=trainers: not any(map(lives, trainers)), 5)
        if victim != "trainer":
            runners = [start_runner() if runner in chosen else runner for runner in runners]
        watched(1.5)
    until(lambda: all(lab.runs.get(id).over for id in ids), 90)

    assert twice == []
    for id in ids:
        assert_whole(lab, id)
        assert values(lab, id) == values(lab, untouched)
        assert lab.runs.get(id).generation > 1


def test_a_dead_trainer_is_seen_within_a_second_and_that_of_a_killed_runner_ends_by_itself(
    lab: Any,
    start_runner: Callable[..., RunnerProcess],  # noqa: F811
) -> None:
    embryo = hand_made.add(lab, "20080101")[0]
    id = queue(lab, embryo, epochs=1000, batch_size=1)
    long_lease = {"BLASTOSCOPE_LEASE_S": "600", "BLASTOSCOPE_HEARTBEAT_S": "1"}
    runner = start_runner(**long_lease)
    until(lambda: lab.runs.get(id).epoch >= 1)
    (trainer,) = runner.trainers
    kill(trainer)
    assert until(lambda: lab.runs.get(id).generation == 2 or lab.runs.get(id).state == "queued") < 1
    assert "killed by signal 9" in said(lab, id)
    epoch = lab.runs.get(id).epoch
    until(lambda: lab.runs.get(id).epoch > epoch)
    assert lab.runs.get(id).attempts == 0

    (trainer,) = runner.trainers
    runner.kill()
    until(lambda: not lives(trainer), 3)
    epoch = lab.runs.get(id).epoch
    start_runner(**long_lease)  # it sees that the process which holds the lease is dead
    until(lambda: lab.runs.get(id).epoch > epoch)
    assert lab.runs.get(id).generation == 3


def test_a_runner_that_was_frozen_past_its_lease_stops_what_it_no_longer_holds(
    lab: Any,
    start_runner: Callable[..., RunnerProcess],  # noqa: F811
) -> None:
    embryo = hand_made.add(lab, "20080101")[0]
    id = queue(lab, embryo, epochs=400, batch_size=2)
    frozen = start_runner()
    until(lambda: lab.runs.get(id).epoch >= 1)
    (trainer,) = frozen.trainers
    psutil.Process(frozen.process.pid).suspend()
    trainer.suspend()
    try:
        other = start_runner()
        until(lambda: len(other.trainers) == 1)
    finally:
        psutil.Process(frozen.process.pid).resume()
        trainer.resume()
    until(lambda: not lives(trainer), 5)
    epoch = lab.runs.get(id).epoch
    until(lambda: lab.runs.get(id).epoch > epoch)
    assert lab.runs.get(id).generation == 2
    rows = [(row["epoch"], row["tag"]) for row in lab.runs.metrics_after(id)["rows"]]
    assert len(rows) == len(set(rows))
