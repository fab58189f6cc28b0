"""Embryos to features and labels; splits; resampling. Values in, values out: the same seed, the same answer.

Rules of every figure (SCIENCE.md): split first; scaling and resampling are fitted on the training part alone;
validation and test keep their natural distribution. The one exception, `oversample-before-split`, is there to
show what it does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas

from services import lineage
from services.labels import Scheme, label_of, too_small_for_smote

FEATURES = ("x", "y", "z", "time", "size")  # in the published order; pixels, pixels, planes, frames, pixels
PARTS = ("training", "validation", "test")


def stop_frame(times: np.ndarray, cells: int) -> int | None:
    """The first frame that has at least `cells` rows; None where there is none.

    `times` holds a frame number for each row, all of them at 1 or later. 0 cells means no stop.
    """
    if not cells or not len(times):
        return None
    frames, counts = np.unique(times, return_counts=True)
    reached = counts >= cells
    return int(frames[reached.argmax()]) if reached.any() else None


def rows_until_stop(times: np.ndarray, cells: int) -> np.ndarray:
    """Mask of the rows up to and with the first frame of at least `cells` cells; time ≤ 0 is dropped.

    A recording that never has as many is used whole. All nuclei count here, whatever their names.
    """
    used = times >= 1
    stop = stop_frame(times[used], cells)
    return used if stop is None else used & (times <= stop)


@dataclass(frozen=True)
class Dataset:
    """Rows of embryos as arrays of equal length.

    `features` float32 (rows, 5) in the order of `FEATURES`, as recorded; `labels`, `cell` and `embryo` index
    `classes` (in lineage order), `cells` and `embryos` (ids); `time` is the frame. `left_out` counts rows
    that are in the files and not here, by reason.
    """

    features: np.ndarray
    labels: np.ndarray
    cell: np.ndarray
    embryo: np.ndarray
    time: np.ndarray
    classes: tuple[str, ...]
    cells: tuple[str, ...]
    embryos: tuple[str, ...]
    left_out: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: np.ndarray) -> "Dataset":
        """The rows of `index`; classes, cells and embryos stay."""
        return replace(
            self,
            features=self.features[index],
            labels=self.labels[index],
            cell=self.cell[index],
            embryo=self.embryo[index],
            time=self.time[index],
        )

    def scaled(self, scaling: "Scaling") -> "Dataset":
        return replace(self, features=scaling.apply(self.features))


def build(tables: Mapping[str, pandas.DataFrame], scheme: Scheme, stop_at_cells: int, names: str) -> Dataset:
    """The dataset of embryos, id -> table (columns cell, x, y, z, time, size).

    With `names` "sulston" rows whose nucleus has no Sulston name are left out (after the stop was found).
    """
    left_out = {"past the stop": 0, "at negative times": 0, "without a Sulston name": 0}
    pieces = []
    for number, table in enumerate(tables.values()):
        times = table["time"].to_numpy()
        until_stop = rows_until_stop(times, stop_at_cells)
        left_out["at negative times"] += int((times < 1).sum())
        left_out["past the stop"] += int((~until_stop & (times >= 1)).sum())
        cell = table["cell"].astype("category")
        cell_codes, cell_names = cell.cat.codes.to_numpy()[until_stop], cell.cat.categories.to_numpy(object)
        used = np.ones(len(cell_codes), bool)
        if names == "sulston":
            sulston = np.array([lineage.is_sulston(name) for name in cell_names], bool)
            used = sulston[cell_codes]
            left_out["without a Sulston name"] += int((~used).sum())
        features = table[list(FEATURES)].to_numpy(np.float32)[until_stop][used]
        pieces.append((number, features, cell_names[cell_codes[used]], times[until_stop][used]))
    cell_of_row, cells = pandas.factorize(np.concatenate([piece[2] for piece in pieces]))
    label_of_cell = [label_of(name, scheme) for name in cells]
    classes = lineage.in_order(set(label_of_cell))
    code = {label: number for number, label in enumerate(classes)}
    label_codes = np.array([code[label] for label in label_of_cell], np.int64)
    return Dataset(
        features=np.concatenate([piece[1] for piece in pieces]),
        labels=label_codes[cell_of_row],
        cell=cell_of_row.astype(np.int32),
        embryo=np.concatenate([np.full(len(piece[1]), piece[0], np.int32) for piece in pieces]),
        time=np.concatenate([piece[3] for piece in pieces]).astype(np.int32),
        classes=tuple(classes),
        cells=tuple(cells),
        embryos=tuple(tables),
        left_out={reason: rows for reason, rows in left_out.items() if rows},
    )


# ---- splits


def row_shares(rows: int, validation_share: float, test_share: float) -> tuple[int, int, int]:
    """Rows of training, validation and test in a split by row: training is rounded down, as published."""
    training = int(rows * (1 - validation_share - test_share) + 1e-9)
    rest = rows - training
    test = round(rest * test_share / (validation_share + test_share))
    return training, rest - test, test


def split_rows(rows: int, validation_share: float, test_share: float, seed: int) -> np.ndarray:
    """Part of each row (0 training, 1 validation, 2 test), rows drawn at random."""
    training, validation, _ = row_shares(rows, validation_share, test_share)
    order = np.random.default_rng(seed).permutation(rows)
    part = np.zeros(rows, np.int8)
    part[order[training:]] = 1
    part[order[training + validation :]] = 2
    return part


def split_groups(
    sizes: Mapping[str, int], validation_share: float, test_share: float, seed: int
) -> dict[str, int]:
    """Part of each group (0 training, 1 validation, 2 test), so that the parts come near their shares.

    Groups are drawn in random order; one goes to test, then validation, whenever that brings the part nearer
    to its share of the rows. Every part that has a share gets a group. Raises `ValueError` when there are
    fewer groups than parts.
    """
    shares = [(2, test_share), (1, validation_share)] if test_share else [(1, validation_share)]
    if len(sizes) <= len(shares):
        raise ValueError(f"{len(sizes)} groups can't make {len(shares) + 1} parts")
    total = sum(sizes.values())
    names = sorted(sizes)
    waiting = [names[i] for i in np.random.default_rng(seed).permutation(len(names))]
    part = dict.fromkeys(names, 0)
    for number, share in shares:
        target, rows = share * total, 0
        must_stay = number  # groups that the parts after this one need
        for name in list(waiting):
            if len(waiting) > must_stay and abs(rows + sizes[name] - target) < abs(rows - target):
                rows += sizes[name]
                part[name] = number
                waiting.remove(name)
        if number not in part.values():
            smallest = min(waiting, key=lambda name: sizes[name])
            part[smallest] = number
            waiting.remove(smallest)
    return part


def groups_of(dataset: Dataset, split: str, dates: Mapping[str, str]) -> tuple[np.ndarray, list[str]]:
    """Group of each row as a number, and the groups: cell names, or recording dates (`dates`: id -> date)."""
    if split == "cell":
        return dataset.cell, list(dataset.cells)
    codes, names = pandas.factorize(np.array([dates[id] for id in dataset.embryos], object))
    return codes[dataset.embryo], list(names)


def split(
    dataset: Dataset,
    by: str,
    dates: Mapping[str, str],
    validation_share: float,
    test_share: float,
    seed: int,
) -> np.ndarray:
    """Part of each row of `dataset`: 0 training, 1 validation, 2 test. `by` is row, cell or embryo."""
    if by == "row":
        return split_rows(len(dataset), validation_share, test_share, seed)
    codes, names = groups_of(dataset, by, dates)
    sizes = dict(zip(names, np.bincount(codes, minlength=len(names)).tolist(), strict=True))
    part = split_groups(
        {name: rows for name, rows in sizes.items() if rows}, validation_share, test_share, seed
    )
    return np.array([part.get(name, 0) for name in names], np.int8)[codes]


# ---- scaling


@dataclass(frozen=True)
class Scaling:
    """(value − mean) / deviation for each feature."""

    mean: np.ndarray
    deviation: np.ndarray

    def apply(self, features: np.ndarray) -> np.ndarray:
        return ((features - self.mean) / self.deviation).astype(np.float32)


def fit_scaling(features: np.ndarray, kind: str) -> Scaling:
    """Scaling from rows of the training part; `raw` changes nothing, a constant feature is only centred."""
    if kind == "raw":
        return Scaling(np.zeros(features.shape[1]), np.ones(features.shape[1]))
    deviation = features.std(axis=0, dtype=np.float64)
    return Scaling(features.mean(axis=0, dtype=np.float64), np.where(deviation > 0, deviation, 1.0))


# ---- resampling


def oversampled_index(labels: np.ndarray, seed: int) -> np.ndarray:
    """Rows to take so that every class is as large as the largest (copies at random)."""
    return _index_of("RandomOverSampler", labels, seed)


def _index_of(sampler: str, labels: np.ndarray, seed: int) -> np.ndarray:
    rows = np.arange(len(labels))
    if len(np.unique(labels)) < 2:
        return rows
    import imblearn.over_sampling  # a second of import: only where it is used
    import imblearn.under_sampling

    package = imblearn.over_sampling if "Over" in sampler else imblearn.under_sampling
    return getattr(package, sampler)(random_state=seed).fit_resample(rows[:, None], labels)[0][:, 0]


def resample(
    features: np.ndarray, labels: np.ndarray, resampling: str, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The training part after resampling by imbalanced-learn; samplers and weights leave rows as they are.

    SMOTE needs six rows of a class; smaller classes are copied instead.
    """
    if resampling in ("oversample", "undersample"):
        sampler = "RandomOverSampler" if resampling == "oversample" else "RandomUnderSampler"
        index = _index_of(sampler, labels, seed)
        return features[index], labels[index]
    if resampling == "smote":
        return _smote(features, labels, seed)
    return features, labels


def _smote(features: np.ndarray, labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    counts = {
        int(label): int(rows) for label, rows in zip(*np.unique(labels, return_counts=True), strict=True)
    }
    largest = max(counts.values())
    small = {
        int(label) for label in too_small_for_smote({str(label): rows for label, rows in counts.items()})
    }
    if len(counts) < 2:
        return features, labels
    from imblearn.over_sampling import SMOTE, RandomOverSampler

    if any(label not in small and rows < largest for label, rows in counts.items()):
        fill = {label: largest for label, rows in counts.items() if label not in small}
        features, labels = SMOTE(sampling_strategy=fill, random_state=seed).fit_resample(features, labels)
    if small:
        copy: Any = dict.fromkeys(small, largest)
        features, labels = RandomOverSampler(sampling_strategy=copy, random_state=seed).fit_resample(
            features, labels
        )
    return features.astype(np.float32), labels


def draw_weights(labels: np.ndarray, resampling: str) -> np.ndarray | None:
    """Weight of each row in the draw of an epoch; None where rows aren't drawn with weights.

    `balanced-sampler` weighs by 1/frequency of the class, `sqrt-sampler` by 1/√frequency.
    """
    power = {"balanced-sampler": 1.0, "sqrt-sampler": 0.5}.get(resampling)
    return None if power is None else np.bincount(labels)[labels].astype(np.float64) ** -power


def class_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """rows / (classes present · rows of the class); 0 for a class without a row. Its mean over rows is 1."""
    counts = np.bincount(labels, minlength=classes)
    present = counts > 0
    weights = np.zeros(classes)
    weights[present] = len(labels) / (present.sum() * counts[present])
    return weights
