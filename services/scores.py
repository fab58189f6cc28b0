"""How good answers are: confusion, accuracy, balanced accuracy, macro-F1, the majority baseline, by embryo.

Figures stand together (SCIENCE.md): the three scores with the baseline, with the median and the worst embryo,
and intervals come from resampling embryos, not rows.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

RESAMPLES = 2000


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Rows by true class (rows) and predicted class (columns)."""
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)


@dataclass(frozen=True)
class Scores:
    """Accuracy, balanced accuracy (mean recall of the classes that occur) and macro-F1, each 0 to 1."""

    accuracy: float
    balanced_accuracy: float
    macro_f1: float


def scores(matrix: np.ndarray) -> Scores:
    """Scores of a confusion matrix, as scikit-learn's functions define them.

    A class that occurs but was never to be learnt counts as wrong: nothing is left out of a score.
    """
    right, true, answered = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    occurs = true > 0
    somewhere = true + answered > 0
    return Scores(
        accuracy=float(right.sum() / max(1, matrix.sum())),
        balanced_accuracy=float((right[occurs] / true[occurs]).mean()) if occurs.any() else 0.0,
        macro_f1=float((2 * right[somewhere] / (true + answered)[somewhere]).mean())
        if somewhere.any()
        else 0.0,
    )


def per_class(matrix: np.ndarray, classes: Sequence[str]) -> list[dict[str, Any]]:
    """For each class: label, support (rows that are it), predicted (rows answered so), precision, recall.

    Precision is None where the class was never answered, recall where it doesn't occur.
    """
    return [
        {
            "label": label,
            "support": int(matrix[i].sum()),
            "predicted": int(matrix[:, i].sum()),
            "precision": float(matrix[i, i] / matrix[:, i].sum()) if matrix[:, i].any() else None,
            "recall": float(matrix[i, i] / matrix[i].sum()) if matrix[i].any() else None,
        }
        for i, label in enumerate(classes)
    ]


def majority(training: np.ndarray, scored: np.ndarray) -> float:
    """Accuracy of always answering the largest class of the training part."""
    return float((scored == np.bincount(training).argmax()).mean()) if len(scored) else 0.0


def by_embryo(
    truth: np.ndarray, predicted: np.ndarray, embryo: np.ndarray, names: Sequence[str], training: np.ndarray
) -> list[dict[str, Any]]:
    """Scores of each embryo that has rows: name, rows, the three scores and the majority baseline.

    `embryo` indexes `names`; `training` holds the labels of the training part.
    """
    outputs = int(max(truth.max(), predicted.max())) + 1
    found = []
    for number in np.unique(embryo):
        here = embryo == number
        matrix = confusion(truth[here], predicted[here], outputs)
        found.append(
            {"name": names[number], "rows": int(here.sum())}
            | asdict(scores(matrix))
            | {"majority": majority(training, truth[here])}
        )
    return found


def over_embryos(accuracies: Sequence[float], seed: int) -> dict[str, Any]:
    """Mean, median and worst of embryos' accuracies, and the mean's 95% interval from resampling embryos.

    The interval is None for fewer than three embryos.
    """
    values = np.asarray(accuracies, float)
    interval = None
    if len(values) >= 3:
        drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
        interval = [float(bound) for bound in np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])]
    return {
        "embryos": len(values),
        "mean": float(values.mean()),
        "median": float(np.median(values)),
        "worst": float(values.min()),
        "interval": interval,
    }
