"""What a finished run keeps beside its curve: the report and every scored row. No torch."""

import io
import platform
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas

from services import dataset as data
from services import scores as score
from services.methods import methods
from services.run_config import RunConfig, outputs_of
from services.run_data import Parts
from services.run_plan import seconds as estimated_seconds
from services.runs import Run


def report_of(
    run: Run,
    config: RunConfig,
    parts: Parts,
    training: dict[str, Any],
    scored: data.Dataset,
    answers: np.ndarray,
) -> dict[str, Any]:
    """report.json: what the run found, from the weights of its best epoch.

    `training` has part (test, or validation where there is no test part), scores on that part (accuracy,
    balanced_accuracy, macro_f1, majority), best_epoch, epochs, seconds, seconds_an_epoch and device. Added
    are: classes and confusion (rows: truth, columns: answer, both in lineage order), unknown_answers (rows of
    each true class answered with an output that stands for no class), per_class, embryos (scores of each) and
    over_embryos, coverage, facts, inflated, rows_a_second, versions, methods and pace (seconds measured over
    seconds estimated).
    """
    classes = len(parts.classes)
    matrix = score.confusion(scored.labels, answers, outputs_of(config.model, classes))
    embryos = score.by_embryo(scored.labels, answers, scored.embryo, parts.embryo_names, parts.natural_labels)
    rows = parts.facts["epoch_rows"]
    estimate = estimated_seconds(config, rows, len(parts.validation), classes)
    estimate -= estimated_seconds(config, 0, 0, classes)  # its start
    report = {
        "run": run.id,
        "name": run.name,
        **training,
        "classes": list(parts.classes),
        "confusion": matrix[:classes, :classes].tolist(),
        "unknown_answers": matrix[:classes, classes:].sum(axis=1).tolist(),
        "per_class": score.per_class(matrix, parts.classes),
        "embryos": embryos,
        "over_embryos": score.over_embryos([embryo["accuracy"] for embryo in embryos], config.seed),
        "coverage": {"rows": parts.facts["rows"], "left_out": parts.facts["left_out"]},
        "facts": parts.facts,
        "inflated": run.inflated,
        "rows_a_second": rows / training["seconds_an_epoch"],
        "pace": training["seconds_an_epoch"] * config.epochs / estimate,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "numpy", "imbalanced-learn", "scikit-learn")},
        },
    }
    return report | {"methods": methods(config, report)}


def predictions(
    parts: Parts, scored: data.Dataset, answers: np.ndarray, confidence: np.ndarray
) -> dict[str, bytes]:
    """Every scored row: embryo (id), name, cell, time (frame), truth, prediction, confidence."""
    labels = np.array([*parts.classes, *["none"] * outputs_of("published", len(parts.classes))], object)
    table = pandas.DataFrame(
        {
            "embryo": np.array(scored.embryos, object)[scored.embryo],
            "name": np.array(parts.embryo_names, object)[scored.embryo],
            "cell": np.array(scored.cells, object)[scored.cell],
            "time": scored.time,
            "truth": labels[scored.labels],
            "prediction": labels[answers],
            "confidence": confidence.round(4),
        }
    )
    parquet = io.BytesIO()
    table.to_parquet(parquet, index=False)
    for column in ("name", "cell", "truth", "prediction"):  # a spreadsheet must not take a name for a formula
        table[column] = table[column].str.replace(r"^(?=[=+\-@\t\r])", "'", regex=True)
    return {"predictions.parquet": parquet.getvalue(), "predictions.csv": table.to_csv(index=False).encode()}
