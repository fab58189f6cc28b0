"""What a run will do, before it starts: rows, parts, classes, roughly how long. Counts only, no training."""

import itertools
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import pandas

from services import lineage
from services.dataset import row_shares, split_groups, stop_frame
from services.labels import after_resampling, label_of
from services.run_config import MAX_ROWS, RunConfig, dates_of, hidden_widths

if TYPE_CHECKING:
    from services.embryos import Embryo, EmbryoStore
    from services.lab import Lab

READ_AT_MOST = 400  # embryos whose rows are counted; beyond that the rest is estimated from these
KEPT_SUMMARIES = 600

# Seconds on two cores of the machine class that the benchmarks were made on; `pace` corrects them.
START_SECONDS = 5.0
STEP_SECONDS = 6e-4
ROW_SECONDS = 2.0e-6
ROW_WEIGHT_SECONDS = 1.1e-10  # for each weight of the network


@dataclass(frozen=True)
class Plan:
    """What a run will do. Rows before resampling, after it, and of each part.

    `train_rows` are the rows of one epoch, after resampling. `seconds` is an estimate. `notes` are sentences
    that a reader of the score should know. `refused` says why the run can't start and `refused_field` where
    to change that. `estimated` is set where there are too many embryos to count every row.
    """

    rows: int
    rows_after: int
    train_rows: int
    validation_rows: int
    test_rows: int
    classes: int
    seconds: float
    notes: tuple[str, ...] = ()
    refused: str | None = None
    refused_field: str = "resampling"
    estimated: bool = False


@dataclass(frozen=True)
class CellFrames:
    """Which cell is seen in which frames, negative times left out.

    The frames of cell i are `frames[starts[i]:starts[i + 1]]`.
    """

    cells: np.ndarray
    frames: np.ndarray
    starts: np.ndarray

    def rows_until(self, cells: int) -> np.ndarray:
        """Rows of each cell up to and with the first frame of at least `cells` cells."""
        stop = stop_frame(self.frames, cells)
        if not len(self.cells):
            return np.zeros(0, np.int64)
        used = np.ones(len(self.frames), np.int64) if stop is None else (self.frames <= stop).astype(np.int64)
        return np.add.reduceat(used, self.starts[:-1])

    def reaches(self, cells: int) -> bool:
        return not cells or stop_frame(self.frames, cells) is not None


def cell_frames(table: pandas.DataFrame) -> CellFrames:
    """`CellFrames` of an embryo's table (columns cell, time)."""
    cell, times = table["cell"].astype("category"), table["time"].to_numpy()
    seen = times >= 1
    codes, order = cell.cat.codes.to_numpy()[seen], np.argsort(cell.cat.codes.to_numpy()[seen], kind="stable")
    counts = np.bincount(codes, minlength=len(cell.cat.categories))
    return CellFrames(
        cells=cell.cat.categories.to_numpy(object)[counts > 0],
        frames=times[seen][order].astype(np.int32),
        starts=np.concatenate([[0], np.cumsum(counts[counts > 0])]),
    )


class _Summaries:
    """The latest `CellFrames` by the embryo's checksum, so that a form may ask at every keystroke."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, CellFrames] = OrderedDict()
        self._lock = Lock()

    def get(self, store: "EmbryoStore", embryo: "Embryo") -> CellFrames:
        with self._lock:
            if embryo.checksum in self._kept:
                self._kept.move_to_end(embryo.checksum)
                return self._kept[embryo.checksum]
        made = cell_frames(store.table(embryo.id))
        with self._lock:
            self._kept[embryo.checksum] = made
            while len(self._kept) > KEPT_SUMMARIES:
                self._kept.popitem(last=False)
        return made


_summaries = _Summaries()


def plan(lab: "Lab", config: RunConfig) -> Plan:
    """What a run of `config` (a complete one) will do on the lab's embryos."""
    embryos = lab.embryos.get_many(config.embryos)
    return planned(lab.embryos, embryos, config, lab.runs.pace())


def planned(store: "EmbryoStore", embryos: Sequence["Embryo"], config: RunConfig, pace: float = 1.0) -> Plan:
    """The plan for `embryos` of `store`. `pace`: seconds measured over seconds estimated, of earlier runs."""
    read = embryos
    if len(embryos) > READ_AT_MOST:
        read = [embryos[i] for i in np.linspace(0, len(embryos) - 1, READ_AT_MOST).astype(int)]
    summaries = [_summaries.get(store, embryo) for embryo in read]
    counts = _counts(read, summaries, config)
    share = len(read) / len(embryos)
    by_label = counts.groupby("label", observed=True)["rows"].sum()
    labels = {label: round(rows / share) for label, rows in by_label.items() if rows}
    rows = sum(labels.values())
    notes = _notes_of_embryos(embryos, read, summaries, config)
    if config.names == "sulston":
        unnamed = (
            int(sum(summary.rows_until(config.stop_at_cells).sum() for summary in summaries) / share) - rows
        )
        if unnamed:
            notes.append(f"{unnamed:,} rows without a Sulston name are left out")
    if len(read) < len(embryos):
        notes.append(f"estimated from {len(read)} of {len(embryos):,} embryos")
    nothing = Plan(rows, rows, 0, 0, 0, len(labels), 0.0, tuple(notes))
    if rows < 10:
        return replace(nothing, refused=f"{rows} rows are too few to learn", refused_field="stop_at_cells")
    if len(labels) < 2:
        return replace(nothing, refused="all rows have the same label", refused_field="depth")
    try:
        training, validation_rows, test_rows = _parts(counts, labels, embryos, read, config, share)
    except ValueError:
        groups = "cells" if config.split == "cell" else "recording dates"
        return replace(nothing, refused=f"too few {groups} for this split", refused_field="split")
    missing = len(labels) - len(training)
    if missing:
        notes.append(
            f"{missing} of {len(labels)} classes have no row in the training part: they can only be answered "
            "wrongly"
        )
    train_rows = sum(training.values())
    if config.resampling != "oversample-before-split":
        train_rows = sum(each.rows for each in after_resampling(training, config.resampling).values())
    rows_after = train_rows + validation_rows + test_rows
    refused = None
    if rows_after > MAX_ROWS:
        refused = f"{rows_after:,} rows after resampling; at most {MAX_ROWS:,} are trained on"
        refused += (
            ": choose the balanced or the square-root sampler, which weigh rows instead of copying them"
            if config.resampling in ("oversample", "smote", "oversample-before-split") and rows <= MAX_ROWS
            else ": choose fewer embryos or stop at fewer cells"
        )
    return Plan(
        rows=rows,
        rows_after=rows_after,
        train_rows=train_rows,
        validation_rows=validation_rows,
        test_rows=test_rows,
        classes=len(labels),
        seconds=seconds(config, train_rows, validation_rows, len(labels)) * pace,
        notes=tuple(notes),
        refused=refused,
        refused_field="resampling" if rows <= MAX_ROWS else "embryos",
        estimated=len(read) < len(embryos),
    )


def _counts(
    embryos: Sequence["Embryo"], summaries: Sequence[CellFrames], config: RunConfig
) -> pandas.DataFrame:
    """Rows of each embryo's cells: columns embryo (number), cell, rows, label; those that a run uses."""
    cells = np.concatenate([summary.cells for summary in summaries])
    rows = np.concatenate([summary.rows_until(config.stop_at_cells) for summary in summaries])
    number = np.repeat(np.arange(len(summaries)), [len(summary.cells) for summary in summaries])
    codes, names = pandas.factorize(cells)
    used = rows > 0
    if config.names == "sulston":
        used &= np.array([lineage.is_sulston(name) for name in names], bool)[codes]
    label = np.array([label_of(name, config.label) for name in names], object)[codes]
    table = {"embryo": number, "cell": cells, "rows": rows, "label": label}
    return pandas.DataFrame({column: values[used] for column, values in table.items()})


def _parts(
    counts: pandas.DataFrame,
    labels: Mapping[str, int],
    embryos: Sequence["Embryo"],
    read: Sequence["Embryo"],
    config: RunConfig,
    share: float,
) -> tuple[dict[str, int], int, int]:
    """Label -> rows of the training part, and rows of validation and test."""
    weight = dict.fromkeys(labels, 1.0)
    if config.resampling == "oversample-before-split":
        largest = max(labels.values())
        weight = {label: largest / rows for label, rows in labels.items()}
    if config.split == "row":
        total = round(sum(rows * weight[label] for label, rows in labels.items()))
        training, validation, test = row_shares(total, config.validation_share, config.test_share)
        share_of_training = training / total
        expected = {label: rows * weight[label] * share_of_training for label, rows in labels.items()}
        whole = {label: max(1, round(rows)) for label, rows in expected.items()}
        whole[max(whole, key=lambda label: whole[label])] += training - sum(whole.values())
        return whole, validation, test
    if config.split == "cell":
        group = counts["cell"]
    else:
        dates = dates_of(embryos)
        group = counts["embryo"].map({number: dates[embryo.id] for number, embryo in enumerate(read)})
    rows = counts["rows"] * counts["label"].map(weight)
    sizes = rows.groupby(group.to_numpy()).sum().round().astype(int).to_dict()
    part = group.map(split_groups(sizes, config.validation_share, config.test_share, config.seed))
    by_label = (
        (rows[part == 0] / share).groupby(counts["label"][part == 0].to_numpy()).sum().round().astype(int)
    )
    return (
        {label: int(count) for label, count in by_label.items() if count},
        round(float(rows[part == 1].sum()) / share),
        round(float(rows[part == 2].sum()) / share),
    )


def _notes_of_embryos(
    embryos: Sequence["Embryo"], read: Sequence["Embryo"], summaries: Sequence[CellFrames], config: RunConfig
) -> list[str]:
    notes = []
    short = [
        embryo.name
        for embryo, summary in zip(read, summaries, strict=True)
        if not summary.reaches(config.stop_at_cells)
    ]
    if short:
        notes.append(
            f"{_several(short, 'embryo')} never {_has(short, 'reaches', 'reach')} {config.stop_at_cells} "
            f"cells and {_has(short, 'is', 'are')} used whole"
        )
    simulated = [embryo.name for embryo in embryos if embryo.source == "simulated"]
    if simulated:
        notes.append(f"{_several(simulated, 'embryo')} {_has(simulated, 'is', 'are')} simulated")
    for flag in ("over-deep names", "tracking falls off"):
        flagged = [embryo.name for embryo in embryos if flag in embryo.flags]
        if flagged:
            notes.append(f"{_several(flagged, 'embryo')} flagged “{flag}”")
    units = {"interval_s": "frame interval", "pixel_um": "pixel size", "plane_um": "plane spacing"}
    differ = [
        title
        for field, title in units.items()
        if len({round(getattr(embryo, field), 4) for embryo in embryos}) > 1
    ]
    if differ:
        notes.append(
            f"the embryos differ in {', '.join(differ)}; features are as recorded, in pixels, planes and frames"
        )
    undated = [embryo.name for embryo in embryos if not embryo.session]
    if config.split == "embryo" and undated:
        notes.append(
            f"{_several(undated, 'embryo')} without a recording date {_has(undated, 'counts', 'count')} "
            "as a date of its own"
        )
    return notes


def _several(names: Sequence[str], thing: str) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} {thing}s"


def _has(names: Sequence[str], one: str, many: str) -> str:
    return one if len(names) == 1 else many


def seconds(config: RunConfig, train_rows: int, validation_rows: int, classes: int) -> float:
    """Estimated seconds of a run, its start included."""
    widths = [5, *hidden_widths(config.model), classes]
    weights = sum(a * b for a, b in itertools.pairwise(widths))
    row = ROW_SECONDS + ROW_WEIGHT_SECONDS * weights
    steps = -(-train_rows // config.batch_size)
    return START_SECONDS + config.epochs * (
        steps * STEP_SECONDS + train_rows * row + validation_rows * row / 3
    )
