"""Takes queued runs and supervises their trainers: `python -m services.runner`.

One trainer process for each run, as many at a time as there are slots. Any number of runners may work on one
database. The runner is a single thread that looks around a few times a second: it never trains itself, so
its signs of life don't stop while torch starts. Told to stop (SIGTERM, Ctrl+C) it stops its trainers, whose
checkpoints are there, and gives their runs back. With `--with-parent`, as `python app.py` starts it, it takes
no further run once that has died, and ends when its trainers have; with `--until-idle` it ends when no run
waits.
"""

import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from sqlalchemy.exc import OperationalError

from services import lease, logs
from services.lab import Lab, open_lab
from services.schema import BadDatabase
from services.settings import BadSetting, read_settings

ROOT = Path(__file__).parent.parent
LOOK_EVERY = 0.2  # seconds
CLAIM_EVERY = 0.4
GRACE = 20.0  # seconds from SIGTERM to SIGKILL
REASON_LINES = 12

log = logging.getLogger("runner")


@dataclass
class Trainer:
    """One trainer process and the claim that it works on. `lost`: the run is no longer ours to release."""

    claim: lease.Claim
    process: subprocess.Popen[bytes]
    log_file: Path
    log_start: int
    told: float | None = field(default=None)  # when it was told to stop
    lost: bool = False

    def stop(self) -> None:
        """SIGTERM first, SIGKILL to its whole group when it hasn't ended in time."""
        now = time.monotonic()
        if self.told is None:
            self.told = now
            self._signal(signal.SIGTERM)
        elif now - self.told > GRACE:
            self.kill()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def reason(self) -> str:
        """Why it ended: the last lines that it wrote, or its exit status."""
        with contextlib.suppress(OSError), self.log_file.open("rb") as file:
            file.seek(max(self.log_start, self.log_file.stat().st_size - 8000))
            # PostgreSQL keeps no NUL.
            lines = file.read().decode(errors="replace").replace("\0", "\ufffd").splitlines()
            if said := "\n".join(line for line in lines[-REASON_LINES:] if line.strip()):
                return said[-2000:]
        status = self.process.returncode
        return f"killed by signal {-status}" if status < 0 else f"exit status {status}"


class Runner:
    """Supervises trainers on the runs of `lab`. `run` is its loop; `stop` may be called from a signal."""

    def __init__(self, lab: Lab, with_parent: bool = False, until_idle: bool = False) -> None:
        self.lab = lab
        self.worker = lease.worker_id()
        self.trainers: dict[str, Trainer] = {}
        self.with_parent = with_parent
        self.until_idle = until_idle
        self._stopping = threading.Event()
        self._due: dict[str, float] = {}

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        """Until told to stop. A database that can't be reached for a while is waited for."""
        lease.enlist(self.lab.engine, self.worker, self.lab.settings.slots)
        logs.always(worker=self.worker)
        logs.event(log, "runner started", slots=self.lab.settings.slots)
        while not self._stopping.is_set():
            try:
                self.look()
            except OperationalError as error:
                logs.event(log, "the database doesn't answer", logging.WARNING, error=error.orig)
            if self.until_idle and not self.trainers and not self._waiting():
                break
            if self.with_parent and not self.trainers and _parent_is_gone():
                break
            self._stopping.wait(LOOK_EVERY)
        self._leave()

    def look(self) -> None:
        """One look around: ended trainers, cancels, signs of life, lost leases, queued runs."""
        held = lease.held_by(self.lab.engine, self.worker) if self.trainers else {}
        for id, trainer in list(self.trainers.items()):
            if trainer.process.poll() is not None:
                self._ended(trainer)
            elif id not in held and not self._just_finished(trainer):
                trainer.lost = True
                trainer.kill()
            elif held.get(id):
                trainer.stop()
        if self._is_due("renew", self.lab.settings.heartbeat_s):
            lease.renew(self.lab.engine, self.worker, self.lab.settings.lease_s)
        if self._is_due("expire", min(1.0, self.lab.settings.heartbeat_s)):
            for id in lease.expire(self.lab.engine):
                logs.event(log, "run queued again: its runner was lost", logging.WARNING, run=id)
        if self._is_due("claim", CLAIM_EVERY):
            self._take()

    def _is_due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + seconds
        return True

    def _take(self) -> None:
        """Claim queued runs for the free slots."""
        while len(self.trainers) < self.lab.settings.slots and not self._stopping.is_set():
            if self.with_parent and _parent_is_gone():
                return
            claim = lease.claim(self.lab.engine, self.worker, self.lab.settings.lease_s)
            if claim is None:
                return
            self.trainers[claim.id] = self._start(claim)

    def _start(self, claim: lease.Claim) -> Trainer:
        folder = self.lab.runs.folder / claim.id
        folder.mkdir(parents=True, exist_ok=True)
        log_file = folder / "trainer.log"
        with log_file.open("ab") as output:
            start = output.tell()
            process = start_trainer(claim, output)
        logs.event(log, "trainer started", run=claim.id, pid=process.pid, attempt=claim.generation)
        return Trainer(claim, process, log_file, start)

    def _just_finished(self, trainer: Trainer) -> bool:
        """Whether the run is over and its trainer only has to end (it releases the run itself)."""
        run = self.lab.runs.get(trainer.claim.id, deleted=True)
        return run.over and run.generation == trainer.claim.generation

    def _ended(self, trainer: Trainer) -> None:
        trainer.kill()  # whatever is left of its group
        if not trainer.lost:
            lease.end_attempt(self.lab.engine, trainer.claim, trainer.reason())
        del self.trainers[trainer.claim.id]
        self._due.pop("claim", None)
        logs.event(log, "trainer ended", run=trainer.claim.id, status=trainer.process.returncode)

    def _waiting(self) -> bool:
        return self.lab.runs.page(states=("queued", "running"), limit=1)[1] > 0

    def _leave(self) -> None:
        """Stop the trainers, give their runs back, and go."""
        while self.trainers:
            for trainer in list(self.trainers.values()):
                if trainer.process.poll() is None:
                    trainer.stop()
                    continue
                trainer.kill()
                cancelled = lease.held_by(self.lab.engine, self.worker).get(trainer.claim.id)
                if cancelled:
                    lease.end_attempt(self.lab.engine, trainer.claim, trainer.reason())
                else:
                    lease.give_back(self.lab.engine, trainer.claim)
                del self.trainers[trainer.claim.id]
            if self._is_due("renew", self.lab.settings.heartbeat_s):
                lease.renew(self.lab.engine, self.worker, self.lab.settings.lease_s)
            time.sleep(0.05)
        lease.retire(self.lab.engine, self.worker)


def start_trainer(claim: lease.Claim, output: BinaryIO) -> subprocess.Popen[bytes]:
    """The one command that trains a run: a fresh interpreter in a process group of its own."""
    environ = {
        **os.environ,
        "BLASTOSCOPE_WORKER": claim.worker,
        "BLASTOSCOPE_SUPERVISOR": str(os.getpid()),
        "PYTHONFAULTHANDLER": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "services.trainer", claim.id],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _parent_is_gone() -> bool:
    """Whether standard input, a pipe that the parent holds open, was closed by the parent's end."""
    readable, _, _ = select.select([sys.stdin], [], [], 0)
    return bool(readable) and not os.read(sys.stdin.fileno(), 1)


def main(arguments: list[str]) -> None:
    try:
        settings = read_settings()
        logs.set_up(settings.log)
        lab = open_lab(settings)
    except (BadSetting, BadDatabase) as error:
        sys.exit(str(error))
    runner = Runner(lab, with_parent="--with-parent" in arguments, until_idle="--until-idle" in arguments)

    def told(_number: int, _frame: FrameType | None) -> None:
        runner.stop()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, told)
    runner.run()


if __name__ == "__main__":
    main(sys.argv[1:])
