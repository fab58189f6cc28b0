"""What was taken for what: the confusion matrix of a run, in lineage order."""

import html
from collections.abc import Sequence
from typing import Any

from components import look

NAMED = 40  # up to as many classes have their names at both axes


def matrix_figure(
    confusion: Sequence[Sequence[int]], classes: Sequence[str], theme: str, unknown: Sequence[int] = ()
) -> dict[str, Any]:
    """A Plotly heatmap. `confusion` counts rows by true class (rows) and answer (columns), as `classes` stand.

    Colour is the share of the true class, so that small classes are seen; the counts stand on hover. A class
    without a row is left blank. `unknown` counts the rows of each class that were answered with an output
    that stands for no class; they belong to the class's total.
    """
    unknown = list(unknown) or [0] * len(classes)
    totals = [sum(row) + more for row, more in zip(confusion, unknown, strict=True)]
    shares = [
        [round(count / total, 4) if count else (0 if total else None) for count in row]
        for row, total in zip(confusion, totals, strict=True)
    ]
    names = [html.escape(name, quote=False) for name in classes]  # Plotly reads tags in its labels
    every = {"tickmode": "array", "tickvals": names, "ticktext": names} if len(names) <= NAMED else {}
    return {
        "data": [
            {
                "type": "heatmap",
                "x": names,
                "y": names,
                "z": shares,
                "customdata": [list(row) for row in confusion],
                "colorscale": "Viridis",
                "zmin": 0,
                "zmax": 1,
                "xgap": 1 if len(names) <= NAMED else 0,
                "ygap": 1 if len(names) <= NAMED else 0,
                "hovertemplate": "is %{y}, answered %{x}<br>%{customdata:,} rows, %{z:.1%} of %{y}<extra></extra>",
                "colorbar": {
                    "orientation": "h",
                    "x": 0,
                    "xanchor": "left",
                    "y": 1.01,
                    "yanchor": "bottom",
                    "thickness": 8,
                    "ypad": 0,
                    "len": 0.4,
                    "lenmode": "fraction",
                    "tickformat": ".0%",
                    "tickvals": [0, 0.5, 1],
                    "outlinewidth": 0,
                },
            }
        ],
        "layout": {
            "template": look.template(theme),
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": {
                "type": "category",
                "title": {"text": "Answer"},
                "tickangle": -90 if len(names) > 12 else 0,
                "showgrid": False,
                "constrain": "domain",
                "constraintoward": "left",
                "tickfont": {"size": 10 if len(names) > 20 else 12},
                **every,
            },
            "yaxis": {
                "type": "category",
                "title": {"text": "Truth"},
                "autorange": "reversed",
                "showgrid": False,
                "scaleanchor": "x",
                "constrain": "domain",
                "constraintoward": "top",
                "tickfont": {"size": 10 if len(names) > 20 else 12},
                **every,
            },
        },
    }
