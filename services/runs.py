"""The run store: every training run of the lab as a row, with its metrics, log lines and files.

A run goes queued → running → done, failed or cancelled; a lost lease puts it back to queued. What changes a
running run names the worker that holds its lease, so that a worker that lost it can change nothing.
"""

import json
import secrets
import string
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, func, insert, or_, select, update

from services.database import embryos as embryo_rows
from services.database import events, metrics, runs, workers
from services.run_config import (
    BOUNDS,
    FEATURE_SETS,
    FIELDS,
    NAMES,
    PRESETS,
    SCHEDULES,
    SPLITS,
    BadConfig,
    RunConfig,
    clean_text,
    complete,
    inflated,
    request_schema,
)
from services.run_plan import Plan, plan, planned

if TYPE_CHECKING:
    from services.embryos import Embryo, EmbryoStore

__all__ = [
    "BOUNDS",
    "FEATURE_SETS",
    "FIELDS",
    "NAMES",
    "PRESETS",
    "SCHEDULES",
    "SPLITS",
    "STATES",
    "BadConfig",
    "LostLease",
    "NoSuchRun",
    "Plan",
    "Run",
    "RunConfig",
    "RunStore",
    "complete",
    "inflated",
    "plan",
    "request_schema",
]

STATES = ("queued", "running", "done", "failed", "cancelled")
METRIC_TAGS = (
    "loss/train",
    "loss/validation",
    "accuracy/validation",
    "balanced_accuracy/validation",
    "macro_f1/validation",
    "learning_rate",
)
TEST_TAGS = ("accuracy/test", "balanced_accuracy/test", "macro_f1/test", "majority/test")
FAILED_ATTEMPTS = 3  # ended without a new checkpoint, one after the other
LOST_LEASES = 10  # one after the other without a new checkpoint: the run takes its machine down
FILES = {  # what a run offers, and how its content is called
    "config.json": "application/json",
    "facts.json": "application/json",
    "report.json": "application/json",
    "predictions.csv": "text/csv",
    "predictions.parquet": "application/vnd.apache.parquet",
    "model.safetensors": "application/octet-stream",
}
SEQ_OF_GENERATION = 100_000  # rows of each generation start here anew, so that no seq is ever used again
SOURCE_FIELDS = {  # what is kept of each embryo, and how a change of it is called
    "checksum": "file",
    "interval_s": "frame interval",
    "pixel_um": "pixel size",
    "plane_um": "plane spacing",
    "session": "recording date",
}


class NoSuchRun(KeyError):
    """No run has this id, or it was deleted."""


class LostLease(RuntimeError):
    """The run is no longer held by this worker."""


@dataclass(frozen=True)
class Run:
    """One run as its row has it (see database.py). Times in Unix seconds; `config` is complete."""

    id: str
    name: str
    notes: str
    owner: str
    state: str
    config: dict[str, Any]
    sources: list[dict[str, Any]]
    inflated: str | None
    created: float
    started: float | None
    finished: float | None
    worker: str | None
    lease_until: float | None
    cancel: bool
    attempts: int
    losses: int
    generation: int
    epoch: int
    epochs: int
    phase: str
    device: str
    best: dict[str, float]
    last: dict[str, float]
    error: str | None
    deleted: float | None

    @property
    def progress(self) -> float:
        """Share of the epochs that is finished, 0 to 1."""
        return 1.0 if self.state == "done" else min(self.epoch / self.epochs, 1.0)

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed", "cancelled")

    @property
    def title(self) -> str:
        return self.name or self.id


def _run(row: Row[Any]) -> Run:
    values = row._mapping
    return Run(**{field.name: values[field.name] for field in fields(Run)})


class RunStore:
    """All runs of a lab: rows in `engine`'s database, files in `folder/<id>/`."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self._paces: dict[str, float] = {}

    # ---- what people do

    def create(self, config: Mapping[str, Any], embryos: "EmbryoStore", owner: str = "") -> str:
        """Queue a run; its id. `config` may leave fields out (see `complete`).

        Raises `BadConfig` with the field, also where the plan is refused or an embryo isn't there.
        """
        chosen = embryos_of(config, embryos)
        whole = complete(config, chosen)
        plan = planned(embryos, chosen, whole)
        if plan.refused:
            raise BadConfig(plan.refused_field, plan.refused)
        id = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))
        (self.folder / id).mkdir(parents=True)
        (self.folder / id / "config.json").write_text(whole.model_dump_json(indent=2) + "\n")
        with self.engine.begin() as connection:
            connection.execute(
                insert(runs).values(
                    id=id,
                    name=whole.name,
                    notes=whole.notes,
                    owner=owner,
                    state="queued",
                    config=whole.model_dump(),
                    sources=[_source(embryo) for embryo in chosen],
                    inflated=inflated(whole),
                    created=time.time(),
                    cancel=False,
                    attempts=0,
                    losses=0,
                    generation=0,
                    epoch=0,
                    epochs=whole.epochs,
                    best={},
                    last={},
                )
            )
        self.log(id, "queued")
        return id

    def cancel(self, id: str) -> None:
        """Ask for the end of a run: a waiting one ends at once, a running one within a second or two."""
        self.get(id)
        with self.engine.begin() as connection:
            waited = connection.execute(
                update(runs)
                .where(runs.c.id == id, runs.c.state == "queued")
                .values(state="cancelled", finished=time.time(), cancel=True)
            ).rowcount
            if not waited:
                waited = -connection.execute(
                    update(runs)
                    .where(runs.c.id == id, runs.c.state == "running", runs.c.cancel.is_(False))
                    .values(cancel=True)
                ).rowcount
        if waited:
            self.log(id, "cancelled" if waited > 0 else "cancel asked for")

    def rename(self, id: str, name: str) -> None:
        self._change(id, name=clean_text("name", name))

    def note(self, id: str, text: str) -> None:
        self._change(id, notes=clean_text("notes", text))

    def _change(self, id: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            changed = connection.execute(
                update(runs).where(runs.c.id == id, runs.c.deleted.is_(None)).values(**values)
            ).rowcount
        if not changed:
            raise NoSuchRun(id)

    def delete(self, ids: Iterable[str]) -> int:
        """Hide runs, cancelling those that wait or run; how many. Nothing is lost: see `restore`."""
        ids = list(ids)
        for id in ids:
            try:
                self.cancel(id)
            except NoSuchRun:
                continue
        with self.engine.begin() as connection:
            return connection.execute(
                update(runs).where(runs.c.id.in_(ids), runs.c.deleted.is_(None)).values(deleted=time.time())
            ).rowcount

    def restore(self, ids: Iterable[str]) -> int:
        """Show hidden runs again; how many."""
        with self.engine.begin() as connection:
            return connection.execute(
                update(runs).where(runs.c.id.in_(list(ids)), runs.c.deleted.is_not(None)).values(deleted=None)
            ).rowcount

    # ---- what people see

    def get(self, id: str, deleted: bool = False) -> Run:
        """One run. Raises `NoSuchRun`, for a deleted one too unless `deleted`."""
        with self.engine.connect() as connection:
            row = connection.execute(select(runs).where(runs.c.id == id)).first()
        if row is None or (row.deleted is not None and not deleted):
            raise NoSuchRun(id)
        return _run(row)

    def page(
        self,
        search: str = "",
        sort: Sequence[tuple[str, str]] = (("created", "desc"),),
        limit: int = 100,
        offset: int = 0,
        states: Sequence[str] | None = None,
    ) -> tuple[list[Run], int]:
        """Runs from `offset`, newest first unless sorted, and how many there are in all.

        Each word of `search` must stand in the id, the name or the notes. `sort` names columns of
        the table or test scores (`SCORED_BY`), each with "asc" or "desc"; others are left out.
        """
        where: list[ColumnElement[bool]] = [runs.c.deleted.is_(None)]
        for word in search.split()[:10]:
            columns = (runs.c.id, runs.c.name, runs.c.notes)
            where.append(or_(*(column.icontains(word, autoescape=True) for column in columns)))
        if states is not None:
            where.append(runs.c.state.in_(states))
        order = [
            _sorted_by(column).desc().nulls_last()
            if direction == "desc"
            else _sorted_by(column).asc().nulls_last()
            for column, direction in sort
            if column in SORTED_BY or column in SCORED_BY
        ]
        with self.engine.connect() as connection:
            total = connection.execute(select(func.count()).select_from(runs).where(*where)).scalar_one()
            found = connection.execute(
                select(runs)
                .where(*where)
                .order_by(*order, runs.c.created.desc(), runs.c.id)
                .limit(max(0, limit))
                .offset(max(0, offset))
            ).all()
        return [_run(row) for row in found], total

    def metrics_after(self, id: str, after: int = 0) -> dict[str, Any]:
        """Metric rows past `after` (exclusive, 0 for all), in order.

        `{"generation", "rows": [{"seq", "epoch", "tag", "value", "wall"}], "next"}`: ask again with `next`.
        When `generation` has changed, rows were dropped: start over with 0.
        """
        with self.engine.connect() as connection:
            generation = connection.execute(
                select(runs.c.generation).where(runs.c.id == id, runs.c.deleted.is_(None))
            ).scalar()
            if generation is None:
                raise NoSuchRun(id)
            found = connection.execute(
                select(metrics.c.seq, metrics.c.epoch, metrics.c.tag, metrics.c.value, metrics.c.wall)
                .where(metrics.c.run == id, metrics.c.seq > after)
                .order_by(metrics.c.seq)
            ).all()
        rows = [dict(row._mapping) for row in found]
        return {"generation": generation, "rows": rows, "next": rows[-1]["seq"] if rows else after}

    def events_after(self, id: str, after: int = 0) -> dict[str, Any]:
        """Log lines past `after`: `{"rows": [{"seq", "wall", "text"}], "next"}`."""
        with self.engine.connect() as connection:
            found = connection.execute(
                select(events.c.seq, events.c.wall, events.c.text)
                .where(events.c.run == id, events.c.seq > after)
                .order_by(events.c.seq)
            ).all()
        rows = [dict(row._mapping) for row in found]
        return {"rows": rows, "next": rows[-1]["seq"] if rows else after}

    def best_epoch(self, id: str) -> int | None:
        """The epoch of lowest validation loss so far, the first of equal ones."""
        with self.engine.connect() as connection:
            return connection.execute(
                select(metrics.c.epoch)
                .where(metrics.c.run == id, metrics.c.tag == "loss/validation", metrics.c.value.is_not(None))
                .order_by(metrics.c.value, metrics.c.epoch)
                .limit(1)
            ).scalar()

    def loss_curves(self, ids: Sequence[str], points: int = 40) -> dict[str, list[float]]:
        """Validation loss of each epoch, at most `points` evenly spaced ones, of those runs that have any."""
        found: dict[str, list[float]] = {}
        with self.engine.connect() as connection:
            for run, value in connection.execute(
                select(metrics.c.run, metrics.c.value)
                .where(
                    metrics.c.run.in_(ids), metrics.c.tag == "loss/validation", metrics.c.value.is_not(None)
                )
                .order_by(metrics.c.run, metrics.c.epoch)
            ):
                found.setdefault(run, []).append(value)
        return {run: _thinned(values, points) for run, values in found.items()}

    def metrics_csv(self, id: str) -> bytes:
        """All metric rows as CSV: epoch, tag, value, wall (Unix seconds)."""
        rows = self.metrics_after(id)["rows"]
        lines = ["epoch,tag,value,wall"]
        for row in rows:
            value = "" if row["value"] is None else repr(row["value"])
            lines.append(f"{row['epoch']},{row['tag']},{value},{row['wall']:.3f}")
        return ("\n".join(lines) + "\n").encode()

    def report(self, id: str) -> dict[str, Any] | None:
        """What a finished run found: see `write_report` in trainer.py. None before its end."""
        return self._json(id, "report.json")

    def facts(self, id: str) -> dict[str, Any] | None:
        """What the trainer found in the data before its first epoch: see `facts_of` in trainer.py."""
        return self._json(id, "facts.json")

    def _json(self, id: str, name: str) -> dict[str, Any] | None:
        path = self.file(id, name)
        return None if path is None else json.loads(path.read_text())

    def file(self, id: str, name: str) -> Path | None:
        """One of `FILES` of a run; None where it isn't there (yet)."""
        self.get(id)
        path = self.folder / id / name
        return path if name in FILES and path.is_file() else None

    def running_count(self) -> int:
        with self.engine.connect() as connection:
            return connection.execute(
                select(func.count()).select_from(runs).where(runs.c.state == "running")
            ).scalar_one()

    def queue_position(self, id: str) -> int | None:
        """1 for the next run to start; None for one that doesn't wait."""
        run = self.get(id)
        if run.state != "queued":
            return None
        with self.engine.connect() as connection:
            return connection.execute(
                select(func.count())
                .select_from(runs)
                .where(
                    runs.c.state == "queued",
                    runs.c.deleted.is_(None),
                    or_(
                        runs.c.created < run.created,
                        and_(runs.c.created == run.created, runs.c.id <= run.id),
                    ),
                )
            ).scalar_one()

    def changed_sources(self, run: Run) -> list[str]:
        """A sentence for each embryo whose file or calibration is no longer what the run used."""
        ids = [source["id"] for source in run.sources]
        now: dict[str, Any] = {}
        with self.engine.connect() as connection:
            for start in range(0, len(ids), 500):
                for row in connection.execute(
                    select(embryo_rows).where(embryo_rows.c.id.in_(ids[start : start + 500]))
                ):
                    now[row.id] = row._mapping
        said = []
        for source in run.sources:
            name, found = source["name"], now.get(source["id"])
            if found is None:
                said.append(f"{name} is gone")
                continue
            if found["deleted"] is not None:
                said.append(f"{name} was deleted since")
            for field, title in SOURCE_FIELDS.items():
                if found[field] != source[field]:
                    said.append(f"{name}: {title} was {source[field]}, is now {found[field]}")
        return said

    def pace(self) -> float:
        """Measured over estimated seconds of training, the middle of the latest finished runs; 1 for none."""
        with self.engine.connect() as connection:
            latest = connection.execute(
                select(runs.c.id).where(runs.c.state == "done").order_by(runs.c.created.desc()).limit(5)
            ).scalars()
            paces = [pace for id in latest if (pace := self._pace(id)) is not None]
        return sorted(paces)[len(paces) // 2] if paces else 1.0

    def _pace(self, id: str) -> float | None:
        if id not in self._paces:  # a form asks at every keystroke, and a report may hold megabytes
            try:
                self._paces[id] = float(json.loads((self.folder / id / "report.json").read_text())["pace"])
            except (OSError, ValueError, KeyError):
                return None
        return self._paces[id]

    # ---- workers

    def workers(self) -> list[dict[str, Any]]:
        """Runners that gave a sign of life in the last day: id, host, pid, slots, devices, started, beat."""
        with self.engine.connect() as connection:
            found = connection.execute(
                select(workers).where(workers.c.beat > time.time() - 86_400).order_by(workers.c.beat.desc())
            ).all()
        return [dict(row._mapping) for row in found]

    def runner_fresh(self, seconds: float) -> bool:
        """Whether any runner gave a sign of life within `seconds`."""
        with self.engine.connect() as connection:
            beat = connection.execute(select(func.max(workers.c.beat))).scalar()
        return beat is not None and time.time() - beat <= seconds

    # ---- what the program writes

    def log(self, id: str, text: str) -> None:
        """Add a log line to a run."""
        with self.engine.begin() as connection:
            add_event(connection, id, text)


SORTED_BY = {"name", "state", "created", "started", "finished", "epoch", "epochs", "device", "owner", "id"}


SCORED_BY = {"accuracy", "balanced_accuracy", "macro_f1"}  # on the test part


def _sorted_by(column: str) -> ColumnElement[Any]:
    return runs.c.best[f"{column}/test"].as_float() if column in SCORED_BY else runs.c[column]


def _thinned(values: list[float], most: int) -> list[float]:
    """At most `most` of the values, the first and the last among them."""
    if len(values) <= most:
        return values
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]


def add_event(connection: Connection, id: str, text: str) -> None:
    """Add a log line to a run, in the caller's transaction."""
    connection.execute(update(runs).where(runs.c.id == id).values(id=id))  # one at a time: holds the row
    seq = select(func.coalesce(func.max(events.c.seq), 0) + 1).where(events.c.run == id).scalar_subquery()
    connection.execute(insert(events).values(run=id, seq=seq, wall=time.time(), text=text[:2000]))


def embryos_of(config: Mapping[str, Any], store: "EmbryoStore") -> list["Embryo"]:
    """The embryos that a config names, in its order. Raises `BadConfig` for one that isn't there."""
    ids = config.get("embryos")
    if not isinstance(ids, list) or not ids or not all(isinstance(id, str) for id in ids):
        raise BadConfig("embryos", "choose one embryo or more: a list of their ids")
    try:
        return store.get_many(dict.fromkeys(ids))
    except KeyError as error:
        raise BadConfig("embryos", str(error)) from error


def _source(embryo: "Embryo") -> dict[str, Any]:
    return {"id": embryo.id, "name": embryo.name} | {field: getattr(embryo, field) for field in SOURCE_FIELDS}
