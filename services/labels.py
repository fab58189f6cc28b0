"""Labels of cells, how unbalanced they are, and what resampling makes of them. Nothing is sampled here:

counts go in, counts come out, so that a question about a whole collection costs nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas

from services import lineage

UNNAMED = "unnamed"
DEEPEST = 24  # more letters than any name has, other species included
DEFAULT_DEPTH = {"prefix": 3, "ancestor": 4}
SCHEMES = {
    "prefix": ("Compact name", "the first k characters of the cell's name"),
    "founder": ("Founder", "the founder cell that it descends from"),
    "ancestor": ("Ancestor", "its ancestor at one generation; a cell born earlier keeps its own name"),
    "full": ("Full name", "the cell itself"),
}
SMOTE_NEIGHBOURS = 5  # imbalanced-learn's default; a class needs one row more than that
FEW_ROWS = 20


@dataclass(frozen=True)
class Scheme:
    """What a label is. `depth` is k for prefix, the generation for ancestor, and None for the others."""

    kind: str
    depth: int | None = None

    @classmethod
    def parse(cls, kind: str | None, depth: object = None) -> "Scheme":
        """A scheme from what a person or a script gave; an unset depth takes the default.

        Raises `ValueError(field, why)`, the field being "scheme" or "depth".
        """
        kind = kind or "prefix"
        if kind not in SCHEMES:
            raise ValueError("scheme", f"{kind!r} is no label scheme; expected one of {', '.join(SCHEMES)}")
        if kind not in DEFAULT_DEPTH:
            return cls(kind)
        if depth is None or depth == "":
            return cls(kind, DEFAULT_DEPTH[kind])
        least = 1 if kind == "prefix" else 0
        text = str(depth)
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else None
        if number is None or isinstance(depth, bool) or not least <= number <= DEEPEST:
            raise ValueError("depth", f"{text[:20]!r}; expected a whole number from {least} to {DEEPEST}")
        return cls(kind, number)


def label_of(name: str, scheme: Scheme) -> str:
    """The label of a cell.

    A nucleus without a Sulston name (Nuc1) gives its characters to the compact and the full name, as the
    published label did, and is "unnamed" where the label needs a lineage.
    """
    match scheme.kind:
        case "prefix":
            return name[: scheme.depth]
        case "full":
            return name
        case "founder":
            return lineage.founder(name) or UNNAMED
        case "ancestor":
            return lineage.ancestor(name, scheme.depth or 0) if lineage.is_sulston(name) else UNNAMED
    raise ValueError("scheme", f"{scheme.kind!r} is no label scheme")


@dataclass(frozen=True)
class LabelClass:
    """One class with everything that is shown of it, so that a label and its rows never part.

    `colour` is the colour group of the cells that give it most rows.
    """

    label: str
    rows: int
    cells: int
    colour: str


def classes(cell_rows: pandas.DataFrame, scheme: Scheme) -> list[LabelClass]:
    """The classes of `cell_rows` (columns cell, rows), most rows first, ties in lineage order."""
    rows_of = cell_rows.groupby("cell", observed=True)["rows"].sum()
    members: dict[str, list[tuple[str, int]]] = {}
    for name, rows in zip(rows_of.index.tolist(), rows_of.tolist(), strict=True):
        if rows > 0:
            members.setdefault(label_of(name, scheme), []).append((name, rows))
    found = [(_label_class(label, cells), min(map(_place, cells))) for label, cells in members.items()]
    found.sort(key=lambda pair: (-pair[0].rows, pair[1]))
    return [label_class for label_class, _ in found]


def _place(member: tuple[str, int]) -> tuple[int, str, str]:
    return lineage.order_key(member[0])


def _label_class(label: str, members: list[tuple[str, int]]) -> LabelClass:
    by_colour: dict[str, int] = {}
    for name, rows in members:
        group = lineage.colour_group(name)
        by_colour[group] = by_colour.get(group, 0) + rows
    colour = max(by_colour, key=lambda group: by_colour[group])
    if (
        colour in ("ABa", "ABp") and {"ABa", "ABp"} <= by_colour.keys()
    ):  # a class that holds both halves of AB is AB, not the larger half
        colour = "AB"
    return LabelClass(label, sum(rows for _, rows in members), len(members), colour)


def class_counts(cell_rows: pandas.DataFrame, scheme: Scheme) -> dict[str, int]:
    """Label -> rows of `cell_rows` (columns cell, rows), largest first, ties in lineage order."""
    return {each.label: each.rows for each in classes(cell_rows, scheme)}


@dataclass(frozen=True)
class Imbalance:
    """How unbalanced a label is, in numbers people use.

    `ratio` is largest over smallest class. `entropy` is Shannon's over log K, 1 when all K classes are equal
    and 0 when there is but one. `effective_classes` is the exponential of Shannon's entropy: how many equal
    classes would be as uncertain. `under_20` counts the classes with fewer than 20 rows. No rows: all 0.
    """

    classes: int
    rows: int
    ratio: float
    entropy: float
    effective_classes: float
    largest_share: float
    under_20: int


def imbalance(counts: Mapping[str, int]) -> Imbalance:
    """The imbalance of classes that have one row or more."""
    sizes = [rows for rows in counts.values() if rows > 0]
    if not sizes:
        return Imbalance(0, 0, 0.0, 0.0, 0.0, 0.0, 0)
    total = sum(sizes)
    shannon = -math.fsum(rows / total * math.log(rows / total) for rows in sizes)
    return Imbalance(
        classes=len(sizes),
        rows=total,
        ratio=max(sizes) / min(sizes),
        entropy=min(shannon / math.log(len(sizes)), 1.0) if len(sizes) > 1 else 0.0,
        effective_classes=min(math.exp(shannon), float(len(sizes))),
        largest_share=max(sizes) / total,
        under_20=sum(rows < FEW_ROWS for rows in sizes),
    )


RESAMPLINGS = {
    "none": ("None", "rows as they are"),
    "oversample": (
        "Random oversampling",
        "rows of small classes are repeated until all are as large as the largest",
    ),
    "undersample": (
        "Random undersampling",
        "rows of large classes are left out until all are as small as the smallest",
    ),
    "smote": (
        "SMOTE",
        "small classes are filled with rows made between neighbouring rows; classes under 6 rows are copied",
    ),
    "balanced-sampler": (
        "Balanced sampler",
        "rows are drawn so that every class comes equally often; nothing is copied",
    ),
    "sqrt-sampler": (
        "Square-root sampler",
        "rows are drawn with weight 1/√(rows of the class): between natural and balanced",
    ),
    "class-weights": ("Class weights", "counts stay; an error in a small class weighs more in the loss"),
    "oversample-before-split": (
        "Oversampling before the split",
        "as published in 2020: copies of one row fall in training and test, so the score is inflated",
    ),
}


class Resampled(NamedTuple):
    """A class after resampling.

    `rows` it then has in one epoch, `distinct` recorded rows behind them (for the samplers both are
    expected values), and `copied`: whether it was filled up with copies of its own rows.
    """

    rows: int
    distinct: int
    copied: bool


def too_small_for_smote(counts: Mapping[str, int]) -> list[str]:
    """Classes that SMOTE would have to fill but that have too few rows for its neighbours."""
    largest = max(counts.values(), default=0)
    return [label for label, rows in counts.items() if 0 < rows <= SMOTE_NEIGHBOURS and rows < largest]


def after_resampling(counts: Mapping[str, int], resampling: str) -> dict[str, Resampled]:
    """Label -> what `resampling` makes of its rows; counts and order as imbalanced-learn's own samplers give.

    Raises `ValueError("resampling", why)` for a resampling that isn't one of `RESAMPLINGS`.
    """
    counts = {label: rows for label, rows in counts.items() if rows > 0}
    largest, smallest = max(counts.values(), default=0), min(counts.values(), default=0)
    match resampling:
        case "none" | "class-weights":
            return {label: Resampled(rows, rows, False) for label, rows in counts.items()}
        case "oversample" | "oversample-before-split":
            return {label: Resampled(largest, rows, rows < largest) for label, rows in counts.items()}
        case "undersample":
            return {label: Resampled(smallest, smallest, False) for label in counts}
        case "smote":
            small = set(too_small_for_smote(counts))
            return {label: Resampled(largest, rows, label in small) for label, rows in counts.items()}
        case "balanced-sampler":
            return _drawn(counts, dict.fromkeys(counts, 1.0))
        case "sqrt-sampler":
            return _drawn(counts, {label: math.sqrt(rows) for label, rows in counts.items()})
    raise ValueError("resampling", f"{resampling!r}; expected one of {', '.join(RESAMPLINGS)}")


def _drawn(counts: Mapping[str, int], weights: Mapping[str, float]) -> dict[str, Resampled]:
    """Expected outcome of drawing as many rows as there are, with replacement, classes weighted by `weights`.

    A class of n rows with share s of the weight is drawn N·s times, each row with chance s/n a draw, so that
    n·(1 − (1 − s/n)^N) of its rows are expected to be seen.
    """
    total, weight = sum(counts.values()), sum(weights.values())
    shares = {label: weights[label] / weight for label in counts}
    expected = _whole({label: share * total for label, share in shares.items()}, total)
    seen = {
        label: -rows * math.expm1(total * math.log1p(-shares[label] / rows)) if shares[label] < rows else rows
        for label, rows in counts.items()
    }
    return {label: Resampled(expected[label], round(seen[label]), False) for label in counts}


def _whole(values: Mapping[str, float], total: int) -> dict[str, int]:
    """`values` as whole numbers that add up to `total`: the largest remainders are rounded up."""
    whole = {label: math.floor(value) for label, value in values.items()}
    by_remainder = sorted(values, key=lambda label: whole[label] - values[label])
    for label in by_remainder[: total - sum(whole.values())]:
        whole[label] += 1
    return whole
