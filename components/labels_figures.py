"""Figures of classes: bars, before and after resampling, and shares as a treemap of the lineage.

A class comes as one thing that holds its label, its rows and its colour, so that none can be another's.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from components import look
from services import lineage
from services.labels import LabelClass, Resampled

MANY_CLASSES = 150  # bars narrower than their outline carry none
_MARGIN = {"l": 56, "r": 8, "t": 8, "b": 22}


def escaped(text: str) -> str:
    """`text` for Plotly, which reads some markup in labels: names from files are no markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _colour(group: str) -> str:
    return look.founder_colours()[group]


def _line(theme: str, classes: int) -> dict[str, Any]:
    return {"color": look.tokens(theme)["mark-outline"], "width": 0 if classes > MANY_CLASSES else 1}


def _rows_axis(log: bool, most: int) -> dict[str, Any]:
    """The axis of rows; a class of one row is still seen on the log axis."""
    if not log:
        return {"title": {"text": "rows"}, "rangemode": "tozero", "tickformat": ",d", "nticks": 6}
    top = max(most, 1)
    decades = [10**power for power in range(len(str(top)))]
    return {
        "title": {"text": "rows (log)"},
        "type": "log",
        "range": [-0.3, math.log10(top) + 0.05],
        "tickvals": decades,
        "tickformat": ",d",
    }


def _label_axis(classes: int) -> dict[str, Any]:
    """The axis of labels; too many to be read give way to a word about them."""
    many = classes > MANY_CLASSES
    return {
        "type": "category",
        "showgrid": False,
        "tickfont": {"size": 11 if classes <= 40 else 10},
        "ticks": "",
        "showticklabels": not many,
        "title": {"text": f"{classes:,} classes, most rows first" if many else ""},
    }


def _figure(data: list[dict[str, Any]], theme: str, **layout: Any) -> dict[str, Any]:
    base = {"template": look.template(theme), "margin": _MARGIN, "showlegend": False, "bargap": 0.15}
    return {"data": data, "layout": {**base, **layout}}


def bars(classes: Sequence[LabelClass], theme: str, log: bool = False) -> dict[str, Any]:
    """Rows of each class, as they come (most rows first)."""
    total = sum(each.rows for each in classes) or 1
    return _figure(
        [
            {
                "type": "bar",
                "x": [escaped(each.label) for each in classes],
                "y": [each.rows for each in classes],
                "customdata": [[each.rows / total, each.cells] for each in classes],
                "marker": {
                    "color": [_colour(each.colour) for each in classes],
                    "line": _line(theme, len(classes)),
                },
                "hovertemplate": "<b>%{x}</b><br>%{y:,d} rows, %{customdata[0]:.1%}"
                "<br>cells: %{customdata[1]:,d}<extra></extra>",
            }
        ],
        theme,
        xaxis=_label_axis(len(classes)),
        yaxis=_rows_axis(log, max((each.rows for each in classes), default=0)),
        hovermode="closest",
    )


def before_and_after(
    classes: Sequence[LabelClass],
    after: Mapping[str, Resampled],
    theme: str,
    log: bool = False,
) -> dict[str, Any]:
    """The same classes twice on one scale: as they are, and as resampling leaves them.

    Afterwards the full bar is what a class then has and the solid part the distinct recorded rows behind it;
    a hatched bar was filled up with copies.
    """
    labels = [escaped(each.label) for each in classes]
    colours = [_colour(each.colour) for each in classes]
    line = _line(theme, len(classes))
    then = [after[each.label] for each in classes]
    most = max([*(each.rows for each in classes), *(each.rows for each in then)], default=0)
    before = {
        "type": "bar",
        "x": labels,
        "y": [each.rows for each in classes],
        "marker": {"color": colours, "line": line},
        "hovertemplate": "<b>%{x}</b> before<br>%{y:,d} rows<extra></extra>",
    }
    told = {
        "customdata": [[each.rows, each.distinct] for each in then],
        "hovertemplate": "<b>%{x}</b> after<br>%{customdata[0]:,d} rows"
        "<br>%{customdata[1]:,d} distinct recorded rows behind them<extra></extra>",
        "type": "bar",
        "x": labels,
        "xaxis": "x2",
    }
    filled = {
        **told,
        "y": [each.rows for each in then],
        "marker": {
            "color": colours,
            "opacity": 0.35,
            "line": line,
            "pattern": {
                "shape": ["/" if each.copied else "" for each in then],
                "fillmode": "overlay",
                "fgcolor": look.tokens(theme)["text"],
                "size": 5,
            },
        },
    }
    distinct = {
        **told,
        "y": [min(each.distinct, each.rows) for each in then],
        "marker": {"color": colours, "line": {**line, "width": 0}},
    }
    axis = _label_axis(len(classes))
    heading = {
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "bottom",
        "y": 1,
        "yref": "paper",
        "xref": "paper",
    }
    return _figure(
        [before, filled, distinct],
        theme,
        barmode="overlay",
        xaxis={**axis, "domain": [0, 0.49]},
        xaxis2={**axis, "domain": [0.51, 1]},
        yaxis=_rows_axis(log, most),
        annotations=[{**heading, "x": 0, "text": "Before"}, {**heading, "x": 0.51, "text": "After"}],
        margin={**_MARGIN, "t": 26},
        hovermode="closest",
    )


def treemap(classes: Sequence[LabelClass], theme: str) -> dict[str, Any]:
    """The share of each class as an area, inside the classes and founders that it descends from."""
    by_label = {each.label: each for each in classes}
    nodes = {label: each.rows for label, each in by_label.items()}
    for label in by_label:  # a founder that is no class itself still holds its descendants together
        founder = lineage.founder(label)
        if founder and founder not in nodes:
            nodes[founder] = 0
    ids = lineage.in_order(nodes)
    groups = {
        label: by_label[label].colour if label in by_label else lineage.colour_group(label) for label in ids
    }
    total = sum(nodes.values()) or 1
    return _figure(
        [
            {
                "type": "treemap",
                "ids": [f"class {label}" for label in ids],
                "labels": [escaped(label) for label in ids],
                "parents": [_parent(label, nodes) for label in ids],
                "values": [nodes[label] for label in ids],
                "branchvalues": "remainder",
                "customdata": [[nodes[label], nodes[label] / total] for label in ids],
                "marker": {
                    "colors": [_colour(groups[label]) for label in ids],
                    "line": {"color": look.tokens(theme)["surface"], "width": 1},
                    "pad": {"t": 16, "l": 2, "r": 2, "b": 2},
                },
                "textinfo": "label+percent root",
                "textfont": {
                    "color": ["#fff" if groups[label] == "ABp" else "#000" for label in ids],
                    "size": 12,
                },
                "tiling": {"pad": 1},
                "maxdepth": 4 if len(ids) > MANY_CLASSES else -1,  # a click goes deeper
                "pathbar": {"visible": len(ids) > MANY_CLASSES, "thickness": 18},
                "root": {"color": "rgba(0,0,0,0)"},
                "hovertemplate": "<b>%{label}</b><br>its own: %{customdata[0]:,d} rows, %{customdata[1]:.1%}"
                "<br>with its descendants: %{percentRoot:.1%}<extra></extra>",
            }
        ],
        theme,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
    )


def _parent(label: str, nodes: Mapping[str, int]) -> str:
    """The id of the nearest ancestor of `label` that is shown; "" for none, which is the root."""
    above = lineage.mother(label)
    while above is not None and above not in nodes:
        above = lineage.mother(above)
    return f"class {above}" if above is not None else ""
