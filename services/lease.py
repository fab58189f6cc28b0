"""Who works on which run. A supervisor claims a queued run for a while (its lease) and renews it as long as
it lives; only who holds the lease can change the run.

Every change is one conditional UPDATE that names the worker, so two workers never hold one run, and one that
lost its lease changes nothing. Works the same on SQLite and PostgreSQL. Lease times are compared between
machines: their clocks must agree to well within a lease.
"""

import hashlib
import os
import platform
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, func, insert, or_, select, update

from services.database import metrics, runs, workers
from services.runs import FAILED_ATTEMPTS, LOST_LEASES, SEQ_OF_GENERATION, LostLease, add_event

# ---- who this process is


def worker_id() -> str:
    """This process among all processes of all machines: machine and its process namespace, pid, start.

    So another process of the same machine can tell whether it still lives (`is_dead`). Where that can't be
    known (no /proc), the name is random and only the lease tells.
    """
    pid = os.getpid()
    ticks = _start_ticks(pid)
    if ticks is None:
        return f"{secrets.token_hex(4)}-{pid}-0"
    return f"{_machine()}-{pid}-{ticks}"


def is_dead(worker: str) -> bool:
    """Whether the process that `worker` names ran on this machine and has ended. False where unknown."""
    machine, _, rest = worker.partition("-")
    pid, _, ticks = rest.partition("-")
    if not pid.isdecimal() or not ticks.isdecimal() or machine != _machine():
        return False
    return _start_ticks(int(pid)) != int(ticks)


def _machine() -> str:
    """This boot of this machine and this namespace of process ids, in eight letters; "" where unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        return hashlib.sha256(f"{boot}{Path('/proc/self/ns/pid').readlink()}".encode()).hexdigest()[:8]
    except OSError:
        return ""


def _start_ticks(pid: int) -> int | None:
    """When a living process started, in clock ticks since boot (field 22 of /proc/PID/stat)."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if after_name[0] in "ZX" else int(after_name[19])


# ---- what a supervisor does


@dataclass(frozen=True)
class Claim:
    """A run that this worker holds. `epoch`: epochs that were finished when it was claimed."""

    id: str
    worker: str
    generation: int
    epoch: int


def claim(engine: Engine, worker: str, lease_s: float) -> Claim | None:
    """Take the run that has waited longest; None when none waits (or another worker was quicker)."""
    with engine.connect() as connection:
        waiting = connection.execute(
            select(runs.c.id)
            .where(runs.c.state == "queued", runs.c.deleted.is_(None))
            .order_by(runs.c.created, runs.c.id)
            .limit(1)
        ).scalar()
    if waiting is None:
        return None
    now = time.time()
    with engine.begin() as connection:
        row = connection.execute(
            update(runs)
            .where(runs.c.id == waiting, runs.c.state == "queued")
            .values(
                state="running",
                worker=worker,
                lease_until=now + lease_s,
                started=func.coalesce(runs.c.started, now),
                generation=runs.c.generation + 1,
                phase="starting",
            )
            .returning(runs.c.generation, runs.c.epoch)
        ).first()
    return None if row is None else Claim(waiting, worker, row.generation, row.epoch)


def renew(engine: Engine, worker: str, lease_s: float) -> None:
    """A sign of life: of the worker, and of every run that it holds."""
    now = time.time()
    with engine.begin() as connection:
        connection.execute(update(workers).where(workers.c.id == worker).values(beat=now))
        connection.execute(
            update(runs)
            .where(runs.c.worker == worker, runs.c.state == "running")
            .values(lease_until=now + lease_s)
        )


def enlist(engine: Engine, worker: str, slots: int) -> None:
    """Add this worker to the list; those that were silent for a day are dropped from it."""
    now = time.time()
    with engine.begin() as connection:
        connection.execute(delete(workers).where(or_(workers.c.beat < now - 86_400, workers.c.id == worker)))
        connection.execute(
            insert(workers).values(
                id=worker,
                host=platform.node(),
                pid=os.getpid(),
                slots=slots,
                devices=[],
                started=now,
                beat=now,
            )
        )


def retire(engine: Engine, worker: str) -> None:
    with engine.begin() as connection:
        connection.execute(delete(workers).where(workers.c.id == worker))


def held_by(engine: Engine, worker: str) -> dict[str, bool]:
    """The runs that `worker` holds, each with whether its cancel is asked for."""
    with engine.connect() as connection:
        found = connection.execute(
            select(runs.c.id, runs.c.cancel).where(runs.c.worker == worker, runs.c.state == "running")
        ).all()
    return {row.id: row.cancel for row in found}


def expire(engine: Engine) -> list[str]:
    """Put runs back whose lease ran out or whose worker is seen to be dead; their ids.

    One whose cancel was asked for is cancelled. One that lost its lease ten times in a row without a new
    checkpoint is failed: it takes its machine down.
    """
    with engine.connect() as connection:
        held = connection.execute(
            select(
                runs.c.id, runs.c.worker, runs.c.generation, runs.c.lease_until, runs.c.cancel, runs.c.losses
            ).where(runs.c.state == "running")
        ).all()
    expired = []
    for row in held:
        silent = row.lease_until is None or row.lease_until < time.time()
        if not silent and not is_dead(row.worker or ""):
            continue
        values: dict[str, Any] = {"state": "queued", "losses": row.losses + 1, "phase": ""}
        said = "its runner was lost; queued again"
        if row.cancel:
            values, said = {"state": "cancelled", "finished": time.time()}, "cancelled"
        elif row.losses + 1 >= LOST_LEASES:
            said = f"its runner was lost {LOST_LEASES} times in a row without a new checkpoint"
            values |= {"state": "failed", "finished": time.time(), "error": said}
        with engine.begin() as connection:
            taken = connection.execute(
                update(runs)
                .where(
                    runs.c.id == row.id,
                    runs.c.state == "running",
                    runs.c.generation == row.generation,
                    runs.c.worker == row.worker,
                    runs.c.lease_until == row.lease_until,
                )
                .values(worker=None, lease_until=None, **values)
            ).rowcount
            if taken:
                add_event(connection, row.id, said)
                expired.append(row.id)
    return expired


def give_back(engine: Engine, claim: Claim) -> None:
    """Queue a run again that this worker stops working on, through no fault of the run."""
    _release(engine, claim, "stopped with its runner; queued again", state="queued")


def end_attempt(engine: Engine, claim: Claim, reason: str) -> None:
    """A trainer ended although its run is not finished: cancelled, queued again, or failed.

    The attempt counts when it ended without a new checkpoint; three in a row fail the run with `reason`.
    """
    with engine.connect() as connection:
        row = connection.execute(
            select(runs.c.cancel, runs.c.epoch, runs.c.attempts).where(runs.c.id == claim.id)
        ).one()
    if row.cancel:
        _release(engine, claim, "cancelled", state="cancelled", finished=time.time())
        return
    attempts = row.attempts + 1 if row.epoch <= claim.epoch else 0
    if attempts < FAILED_ATTEMPTS:
        said = f"the trainer ended ({reason.splitlines()[-1][:300] if reason else 'no word'}); queued again"
        _release(engine, claim, said, state="queued", attempts=attempts)
        return
    _release(
        engine,
        claim,
        f"failed: {FAILED_ATTEMPTS} attempts in a row ended without a new checkpoint",
        state="failed",
        attempts=attempts,
        finished=time.time(),
        error=reason or "the trainer ended without a word",
    )


def _release(engine: Engine, claim: Claim, said: str, **values: Any) -> None:
    with engine.begin() as connection:
        changed = connection.execute(
            update(runs).where(_holds(claim)).values(worker=None, lease_until=None, phase="", **values)
        ).rowcount
        if changed:
            add_event(connection, claim.id, said)


def _holds(claim: Claim) -> Any:
    return and_(
        runs.c.id == claim.id,
        runs.c.worker == claim.worker,
        runs.c.generation == claim.generation,
        runs.c.state == "running",
    )


# ---- what a trainer writes


@dataclass(frozen=True)
class Epoch:
    """One finished epoch: its number from 1, when it ended (Unix seconds), and its metrics by tag."""

    number: int
    wall: float
    values: Mapping[str, float]


class Held:
    """A run in the hands of its trainer. Every write raises `LostLease` when another worker may have it."""

    def __init__(self, engine: Engine, claim: Claim) -> None:
        self.engine = engine
        self.claim = claim

    def _update(self, connection: Connection, **values: Any) -> None:
        if not connection.execute(update(runs).where(_holds(self.claim)).values(**values)).rowcount:
            raise LostLease(self.claim.id)

    def tell(self, phase: str, **values: Any) -> None:
        """What is being done, in words; `device` too."""
        with self.engine.begin() as connection:
            self._update(connection, phase=phase, **values)

    def log(self, text: str) -> None:
        with self.engine.begin() as connection:
            self._update(connection, worker=self.claim.worker)
            add_event(connection, self.claim.id, text)

    def resume(self, history: Sequence[Epoch], best: Mapping[str, float]) -> None:
        """Make the rows what the checkpoint says: those past it are dropped, those it knows are there."""
        with self.engine.begin() as connection:
            self._update(
                connection,
                epoch=history[-1].number if history else 0,
                last=dict(history[-1].values) if history else {},
                best=dict(best),
            )
            of_run = metrics.c.run == self.claim.id
            known = {(epoch.number, tag) for epoch in history for tag in epoch.values}
            for row in connection.execute(select(metrics).where(of_run)).all():
                if (row.epoch, row.tag) in known:
                    known.remove((row.epoch, row.tag))
                else:
                    connection.execute(delete(metrics).where(of_run, metrics.c.seq == row.seq))
            for epoch in history:
                missing = {tag: value for tag, value in epoch.values.items() if (epoch.number, tag) in known}
                self._add(connection, Epoch(epoch.number, epoch.wall, missing))

    def epoch(self, epoch: Epoch, best: Mapping[str, float], phase: str) -> None:
        """An epoch is finished and its checkpoint is written."""
        with self.engine.begin() as connection:
            self._update(
                connection,
                epoch=epoch.number,
                last=dict(epoch.values),
                best=dict(best),
                attempts=0,
                losses=0,
                phase=phase,
            )
            self._add(connection, epoch)

    def finish(self, epoch: Epoch, best: Mapping[str, float], said: str) -> None:
        """The run is done; `epoch` holds what is told once, at the end."""
        with self.engine.begin() as connection:
            self._update(
                connection,
                state="done",
                best=dict(best),
                finished=time.time(),
                phase="",
                worker=None,
                lease_until=None,
                error=None,
            )
            self._add(connection, epoch)
            add_event(connection, self.claim.id, said)

    def fail(self, error: str) -> None:
        """The run can't be done, and no further attempt would change that."""
        with self.engine.begin() as connection:
            self._update(
                connection,
                state="failed",
                error=error[:2000],
                finished=time.time(),
                phase="",
                worker=None,
                lease_until=None,
            )
            add_event(connection, self.claim.id, f"failed: {error}")

    def _add(self, connection: Connection, epoch: Epoch) -> None:
        """Add an epoch's rows. No seq is ever used again, not even one of a row that was dropped."""
        last = connection.execute(
            select(func.max(metrics.c.seq)).where(metrics.c.run == self.claim.id)
        ).scalar()
        seq = max(last or 0, (self.claim.generation - 1) * SEQ_OF_GENERATION)
        rows = [
            {
                "run": self.claim.id,
                "seq": seq + number,
                "epoch": epoch.number,
                "tag": tag,
                "value": value,
                "wall": epoch.wall,
            }
            for number, (tag, value) in enumerate(epoch.values.items(), start=1)
        ]
        if rows:
            connection.execute(insert(metrics), rows)
