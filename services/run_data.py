"""The data of a run: read, label, split, scale on the training part, resample the training part. No torch."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from services import dataset as data
from services import scores as score
from services.embryos import EmbryoStore
from services.labels import after_resampling
from services.run_config import MAX_ROWS, RunConfig, dates_of


class Hopeless(Exception):
    """The run can't be done, and another attempt would end the same way."""


@dataclass(frozen=True)
class Parts:
    """The data of a run, scaled. `features` and `labels` are the training part after resampling.

    `natural_labels` are the training part's before it.
    """

    features: np.ndarray
    labels: np.ndarray
    natural_labels: np.ndarray
    validation: data.Dataset
    test: data.Dataset
    classes: tuple[str, ...]
    scaling: data.Scaling
    embryo_names: tuple[str, ...]
    facts: dict[str, Any]


def prepare(store: EmbryoStore, config: RunConfig) -> Parts:
    """Read, label, split, scale on the training part, resample the training part: in this order."""
    embryos = store.get_many(config.embryos, deleted=True)
    dates = dates_of(embryos)
    tables = {embryo.id: store.table(embryo.id) for embryo in embryos}
    whole = data.build(tables, config.label, config.stop_at_cells, config.names)
    if len(whole) < 2 or len(whole.classes) < 2:
        raise Hopeless(f"{len(whole)} rows in {len(whole.classes)} classes: nothing to learn")
    counts = dict(enumerate(np.bincount(whole.labels).tolist()))
    drawn = whole
    if config.resampling == "oversample-before-split":
        refuse_too_many(counts, config.resampling)
        drawn = whole.take(data.oversampled_index(whole.labels, config.seed))
    try:
        part = data.split(drawn, config.split, dates, config.validation_share, config.test_share, config.seed)
    except ValueError as error:
        raise Hopeless(f"the split can't be made: {error}") from error
    training, validation, test = (drawn.take(np.flatnonzero(part == number)) for number in range(3))
    if not len(training) or not len(validation):
        raise Hopeless("a part of the split has no row: choose more embryos, cells or rows")
    scaling = data.fit_scaling(training.features, config.features)
    refuse_too_many(dict(enumerate(np.bincount(training.labels).tolist())), config.resampling)
    features, labels = data.resample(
        scaling.apply(training.features), training.labels, config.resampling, config.seed
    )
    facts = facts_of(config, whole, drawn, part, labels, [embryo.name for embryo in embryos], dates)
    return Parts(
        features=features,
        labels=labels,
        natural_labels=training.labels,
        validation=validation.scaled(scaling),
        test=test.scaled(scaling),
        classes=whole.classes,
        scaling=scaling,
        embryo_names=tuple(embryo.name for embryo in embryos),
        facts=facts,
    )


def refuse_too_many(counts: dict[int, int], resampling: str) -> None:
    named = {str(label): rows for label, rows in counts.items()}
    rows = sum(each.rows for each in after_resampling(named, resampling).values())
    if rows > MAX_ROWS:
        raise Hopeless(f"{rows:,} rows after resampling; at most {MAX_ROWS:,}: choose a weighted sampler")


def facts_of(
    config: RunConfig,
    whole: data.Dataset,
    drawn: data.Dataset,
    part: np.ndarray,
    resampled: np.ndarray,
    names: list[str],
    dates: dict[str, str],
) -> dict[str, Any]:
    """What is known of the data before the first epoch, as facts.json keeps it.

    rows (used), left_out {reason: rows}, classes in lineage order; parts {training, validation, test: rows,
    classes, cells, embryos (names), dates}; epoch_rows (rows of one epoch, after resampling); counts {label:
    {training, epoch, validation, test}}; majority {label, training, validation, test}; without_training
    (labels that are scored and were never to be learnt).
    """
    classes = len(whole.classes)
    by_part = [np.bincount(drawn.labels[part == number], minlength=classes) for number in range(3)]
    epoch = np.bincount(resampled, minlength=classes)
    if (chances := data.draw_weights(resampled, config.resampling)) is not None:
        epoch = np.bincount(
            resampled, weights=chances / chances.sum() * len(resampled), minlength=classes
        ).round()
    answer = int(by_part[0].argmax())

    def described(number: int) -> dict[str, Any]:
        rows = part == number
        embryos = np.unique(drawn.embryo[rows])
        return {
            "rows": int(rows.sum()),
            "classes": int((by_part[number] > 0).sum()),
            "cells": len(np.unique(drawn.cell[rows])),
            "embryos": [names[i] for i in embryos],
            "dates": len({dates[drawn.embryos[i]] for i in embryos}),
        }

    return {
        "rows": len(whole),
        "left_out": whole.left_out,
        "classes": list(whole.classes),
        "parts": {name: described(number) for number, name in enumerate(data.PARTS)},
        "epoch_rows": len(resampled),
        "counts": {
            label: {
                "training": int(by_part[0][i]),
                "epoch": int(epoch[i]),
                "validation": int(by_part[1][i]),
                "test": int(by_part[2][i]),
            }
            for i, label in enumerate(whole.classes)
        },
        "majority": {"label": whole.classes[answer]}
        | {
            name: score.majority(drawn.labels[part == 0], drawn.labels[part == i])
            for i, name in enumerate(data.PARTS)
        },
        "without_training": [
            label
            for i, label in enumerate(whole.classes)
            if not by_part[0][i] and (by_part[1][i] or by_part[2][i])
        ],
    }


def told(parts: Parts) -> str:
    sizes = parts.facts["parts"]
    said = ", ".join(f"{sizes[name]['rows']:,} {name}" for name in data.PARTS if sizes[name]["rows"])
    text = f"{parts.facts['rows']:,} rows in {len(parts.classes)} classes: {said}"
    if parts.facts["epoch_rows"] != sizes["training"]["rows"]:
        text += f"; {parts.facts['epoch_rows']:,} in an epoch after resampling"
    if missing := parts.facts["without_training"]:
        text += f"; without a row to learn from: {', '.join(missing[:20])}"
    return text
