"""Numbers for Prometheus at `/metrics`, for those who ask for them (`BLASTOSCOPE_METRICS=1`).

Requests and their seconds are counted by every web process; prometheus_client keeps the counts of each in a
file of its own, so that whichever process is asked tells of all. What is in the lab is asked of the database
when Prometheus asks.
"""

import contextlib
import os
import platform
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask
from sqlalchemy import func, select, text

from services.database import embryos, runs, workers
from services.lab import Lab
from services.requests_log import Count
from services.runs import STATES

OLD_S = 24 * 3600  # files of processes that have ended are kept for so long: their counts stay in the sums
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
RECENT_S = 3600
SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def add_to(server: flask.Flask, lab: Lab) -> Count:
    """Add the route to `server`; what is returned is to be told of every answer."""
    folder = lab.settings.data / "cache" / "numbers" / re.sub(r"[^A-Za-z0-9.-]", "_", platform.node())
    folder.mkdir(parents=True, exist_ok=True)
    forget_ended(folder)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # read while it is imported
    import prometheus_client
    from prometheus_client import multiprocess

    answers = prometheus_client.Counter(
        "blastoscope_requests",
        "Answers by rule, method and status",
        ["rule", "method", "status"],
        registry=None,
    )
    seconds = prometheus_client.Histogram(
        "blastoscope_request_seconds",
        "Seconds to an answer's first byte",
        ["rule"],
        buckets=BUCKETS,
        registry=None,
    )

    @server.get("/metrics")
    def numbers() -> Any:
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, str(folder))
        registry.register(OfTheLab(lab))
        kind = prometheus_client.CONTENT_TYPE_LATEST
        return flask.Response(prometheus_client.generate_latest(registry), content_type=kind)

    def count(rule: str, method: str, status: int, took: float) -> None:
        answers.labels(rule, method if method in METHODS else "other", status).inc()
        seconds.labels(rule).observe(took)

    return count


def forget_ended(folder: Path) -> None:
    """Remove the counts of processes that ended more than a day ago."""
    for path in folder.glob("*.db"):
        pid = path.stem.rpartition("_")[2]
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - OLD_S and not Path(f"/proc/{pid}").exists():
                path.unlink()


class OfTheLab:
    """What is in the lab's database, as prometheus_client collects it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily as Gauge

        now, there = time.time(), runs.c.deleted.is_(None)
        by_state = select(runs.c.state, func.count()).where(there).group_by(runs.c.state)
        by_source = select(embryos.c.source, func.count()).where(embryos.c.deleted.is_(None))
        waiting = select(func.min(runs.c.created)).where(runs.c.state == "queued", there)
        waited = select(func.avg(runs.c.started - runs.c.created)).where(runs.c.started > now - RECENT_S)
        fresh = workers.c.beat > now - self.lab.settings.lease_s
        with self.lab.engine.connect() as connection:
            runs_by: dict[str, int] = dict(connection.execute(by_state).tuples().all())
            embryos_by: dict[str, int] = dict(
                connection.execute(by_source.group_by(embryos.c.source)).tuples().all()
            )
            oldest = connection.scalar(waiting)
            mean = connection.scalar(waited)
            number, slots = connection.execute(
                select(func.count(), func.coalesce(func.sum(workers.c.slots), 0)).where(fresh)
            ).one()
            size = connection.scalar(text(SIZE[connection.dialect.name]))
        states = Gauge("blastoscope_runs", "Runs by state", labels=["state"])
        for state in STATES:
            states.add_metric([state], runs_by.get(state, 0))
        yield states
        sources = Gauge("blastoscope_embryos", "Embryos by source", labels=["source"])
        for source in ("simulated", "file", "epic"):
            sources.add_metric([source], embryos_by.get(source, 0))
        yield sources
        for name, meaning, value in (
            (
                "queue_oldest_seconds",
                "How long the run that waits longest has waited",
                now - oldest if oldest else 0,
            ),
            (
                "queue_waited_seconds",
                "How long runs that started in the last hour had waited, mean",
                mean or 0,
            ),
            ("workers", "Runners that gave a sign of life within a lease", number),
            ("worker_slots", "Runs that these can train at a time", slots),
            ("database_bytes", "Size of the database", size or 0),
        ):
            yield Gauge(f"blastoscope_{name}", meaning, value=float(value))
