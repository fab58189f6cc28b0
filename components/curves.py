"""The figure that a run's curves grow in: traces without points yet, one for each tag. The browser fills them."""

from typing import Any

from components import look

TITLES = ("Loss", "Learning rate", "Scores on validation")
SERIES = (  # panel, tag, name, colour token, whether it is smoothed
    (1, "loss/train", "training", "accent", True),
    (1, "loss/validation", "validation", "founder-D", True),
    (2, "learning_rate", "learning rate", "accent", False),
    (3, "accuracy/validation", "accuracy", "accent", True),
    (3, "balanced_accuracy/validation", "balanced accuracy", "founder-MS", True),
    (3, "macro_f1/validation", "macro-F1", "founder-C", True),
)
MARKED_EPOCHS = (
    60  # up to as many epochs each has a marker large enough to point at; more would be slow to draw
)


def live_figure(theme: str, epochs: int) -> dict[str, Any]:
    """A Plotly figure of three panels on one x axis, for `epochs` planned epochs.

    Each trace's `meta` names its tag and colour (a token of tokens.css, put in by the browser). A series that
    can be smoothed has two: `twin` marks both, `smooth` the smoothed one. Where the panels stand is decided in
    the browser, by its width.
    """
    traces = [
        trace
        for panel, tag, name, colour, smoothed in SERIES
        for trace in ([_trace(panel, tag, name, colour, epochs, twin=smoothed)])
        + ([_trace(panel, tag, name, colour, epochs, twin=True, smooth=True)] if smoothed else [])
    ]
    layout: dict[str, Any] = {
        "template": look.template(theme),
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "hovermode": "x unified",
        "uirevision": "reader",
        "annotations": [_title(text) for text in TITLES],
        "xaxis": _x_axis("y"),
        "yaxis": {"anchor": "x", "exponentformat": "e"},
        "xaxis2": _x_axis("y2") | {"matches": "x"},
        "yaxis2": {"anchor": "x2", "exponentformat": "e", "rangemode": "tozero"},
        "xaxis3": _x_axis("y3") | {"matches": "x"},
        "yaxis3": {"anchor": "x3", "range": [0, 1.02]},
    }
    for key in ("legend", "legend2", "legend3"):
        layout[key] = {"orientation": "h", "xanchor": "right", "yanchor": "bottom"}
    return {"data": traces, "layout": layout}


def _trace(
    panel: int, tag: str, name: str, colour: str, epochs: int, twin: bool = False, smooth: bool = False
) -> dict[str, Any]:
    n = "" if panel == 1 else str(panel)
    return {
        "type": "scatter",
        "mode": "lines" if smooth else "lines+markers",
        "name": name,
        "legendgroup": tag,
        "legend": f"legend{n}",
        "showlegend": not smooth and panel != 2,
        "visible": not smooth,
        "x": [],
        "y": [],
        "xaxis": f"x{n}",
        "yaxis": f"y{n}",
        "line": {"width": 2, "shape": "hv" if tag == "learning_rate" else "linear"},
        "marker": {"size": 5 if epochs <= MARKED_EPOCHS else 2, "maxdisplayed": MARKED_EPOCHS},
        "hovertemplate": "%{y:.4g}",
        "meta": {"tag": tag, "colour": colour, "twin": twin, "smooth": smooth},
    }


def _title(text: str) -> dict[str, Any]:
    return {
        "text": f"<b>{text}</b>",
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 13},
    }


def _x_axis(anchor: str) -> dict[str, Any]:
    return {"anchor": anchor, "rangemode": "tozero", "zeroline": False, "title": {"text": ""}}
