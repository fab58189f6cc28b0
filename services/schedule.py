"""What the losses of the epochs so far say: the learning rate of the next epoch, and whether to stop early.

Pure functions of the history, so a resumed run needs no state of a scheduler.
"""

from collections.abc import Sequence

THRESHOLD = 1e-4  # a loss counts as lower when it is lower by this share
LEAST_STEP = 1e-8  # a smaller change of the rate is not made


def next_rate(
    rate: float, losses: Sequence[float], schedule: str, factor: float = 0.5, patience: int = 3
) -> float:
    """The rate of the next epoch; `rate` is that of the first, `losses` the validation losses so far.

    `validation-loss` is torch's ReduceLROnPlateau(mode="min", threshold=1e-4): times `factor` after more than
    `patience` epochs without a lower loss. `constant-step` is the same fed with the constant 1, as published
    in 2020: it lowers the rate whatever the loss does. `none` leaves it.
    """
    if schedule == "none":
        return rate
    lowest, bad = float("inf"), 0
    for loss in [1.0] * len(losses) if schedule == "constant-step" else losses:
        if loss < lowest * (1 - THRESHOLD):
            lowest, bad = loss, 0
        else:
            bad += 1
        if bad > patience:
            bad = 0
            if rate - rate * factor > LEAST_STEP:
                rate *= factor
    return rate


def best_epoch(losses: Sequence[float]) -> int:
    """The epoch (from 1) of lowest validation loss, the first of equal ones."""
    return losses.index(min(losses)) + 1


def ends_early(losses: Sequence[float], epochs: int) -> bool:
    """Whether the lowest loss is `epochs` epochs ago or more; never for 0."""
    return bool(epochs) and bool(losses) and len(losses) - best_epoch(losses) >= epochs
