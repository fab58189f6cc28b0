"""Runs side by side: their scores with what they were measured on, and where their configs differ."""

import html as text
from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from components import look
from components.run_config_list import ORDER, value_text
from components.run_words import FIELD_TITLES, count, duration, label, protocol, score

PANELS = (
    ("loss/validation", "Loss on validation"),
    ("accuracy/validation", "Accuracy on validation"),
    ("balanced_accuracy/validation", "Balanced accuracy on validation"),
    ("macro_f1/validation", "Macro-F1 on validation"),
)
COLOURS = ("founder-ABp", "founder-D", "founder-MS", "founder-C", "founder-E", "founder-ABa", "founder-EMS")
STATES = {
    "queued": "Queued",
    "running": "Running",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
}


def colour_of(number: int) -> tuple[str, str]:
    """Colour token and dash of the run at this place: no two of ten look the same."""
    return COLOURS[number % len(COLOURS)], "solid" if number < len(COLOURS) else "dash"


def title_of(run: Mapping[str, Any]) -> str:
    return run["name"] or f"Run {run['id']}"


def figure(runs: Sequence[Mapping[str, Any]], theme: str) -> dict[str, Any]:
    """Curves of all runs laid over each other, without points yet: one trace a run and panel.

    A trace's `meta` names its run, tag and colour token; the browser brings the points.
    """
    traces = []
    for panel, (tag, _) in enumerate(PANELS, start=1):
        n = "" if panel == 1 else str(panel)
        for number, run in enumerate(runs):
            colour, dash = colour_of(number)
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": text.escape(title_of(run)[:60], quote=False),  # Plotly reads tags in names
                    "legendgroup": run["id"],
                    "showlegend": panel == 1,
                    "x": [],
                    "y": [],
                    "xaxis": f"x{n}",
                    "yaxis": f"y{n}",
                    "line": {"width": 2, "dash": dash},
                    "hovertemplate": "%{y:.4g}",
                    "meta": {"run": run["id"], "tag": tag, "colour": colour},
                }
            )
    layout: dict[str, Any] = {
        "template": look.template(theme),
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "hovermode": "x unified",
        "uirevision": "reader",
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "top"},
        "annotations": [
            {
                "text": f"<b>{title}</b>",
                "xref": f"x{panel if panel > 1 else ''} domain",
                "yref": f"y{panel if panel > 1 else ''} domain",
                "x": 0,
                "y": 1,
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 13},
            }
            for panel, (_, title) in enumerate(PANELS, start=1)
        ],
    }
    for panel in range(1, len(PANELS) + 1):
        n = "" if panel == 1 else str(panel)
        layout[f"xaxis{n}"] = {"anchor": f"y{n}", "rangemode": "tozero", "zeroline": False}
        layout[f"yaxis{n}"] = {"anchor": f"x{n}"} | ({} if panel == 1 else {"rangemode": "tozero"})
        if panel > 1:
            layout[f"xaxis{n}"]["matches"] = "x"
    return {"data": traces, "layout": layout}


def _heads(runs: Sequence[Mapping[str, Any]], href: str, first: str) -> html.Thead:
    cells = []
    for number, run in enumerate(runs):
        colour, dash = colour_of(number)
        line = "dashed" if dash == "dash" else "solid"
        swatch = html.Span(className="run-swatch", style={"borderTop": f"3px {line} var(--{colour})"})
        cells.append(html.Th([swatch, dcc.Link(title_of(run), href=f"{href}{run['id']}")], scope="col"))
    return html.Thead(html.Tr([html.Td(first), *cells]))


def scores(runs: Sequence[Mapping[str, Any]], href: str) -> list[Any]:
    """The scores, each with the part and protocol it was measured on. `href`: address before a run's id."""

    def value(run: Mapping[str, Any], name: str) -> str:
        return score(run["best"].get(f"{name}/{run['on']}"))

    def measured(run: Mapping[str, Any]) -> Any:
        words = protocol(run["config"], run["inflated"])
        return html.Span(words, className="warning-word", title=run["inflated"]) if run["inflated"] else words

    rows: list[tuple[str, list[Any]]] = [
        ("State", [STATES[run["state"]] for run in runs]),
        ("Measured on", [measured(run) for run in runs]),
        ("Part", ["test" if run["on"] == "test" else "validation, at the best epoch" for run in runs]),
        ("Accuracy", [value(run, "accuracy") for run in runs]),
        ("Balanced accuracy", [value(run, "balanced_accuracy") for run in runs]),
        ("Macro-F1", [value(run, "macro_f1") for run in runs]),
        ("Majority", [score(run["majority"]) for run in runs]),
        ("Classes", [f"{run['classes']:,}" if run["classes"] else "–" for run in runs]),
        ("Took", [duration(run["took"]) or "–" for run in runs]),
    ]
    table = html.Table(
        [
            _heads(runs, href, "Scores"),
            html.Tbody(
                [
                    html.Tr(
                        [html.Th(name, scope="row"), *(html.Td(cell) for cell in cells)],
                        className="compare-score-row"
                        if name in ("Accuracy", "Balanced accuracy", "Macro-F1")
                        else "",
                    )
                    for name, cells in rows
                ]
            ),
        ],
        className="side-by-side",
    )
    said = [html.P(warning, className="run-notice") for warning in _not_comparable(runs)]
    return [*said, html.Div(table, className="wide-table", tabIndex="0")]


def _not_comparable(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why some of these scores can't be ranked against each other."""
    said = []
    if len({protocol(run["config"], run["inflated"]) for run in runs}) > 1:
        said.append("These scores were measured on different things; a higher one is not a better model.")
    if len({label(run["config"]) for run in runs}) > 1:
        said.append("The labels differ: more classes are harder.")
    if len({tuple(sorted(run["config"]["embryos"])) for run in runs}) > 1:
        said.append("The embryos differ.")
    return said


def configs(
    runs: Sequence[Mapping[str, Any]], titles: Mapping[str, Mapping[str, str]], href: str
) -> html.Div:
    """The configs: fields that differ first, those that are the same folded."""
    fields = ["embryos", *ORDER]

    def cell(run: Mapping[str, Any], field: str) -> str:
        if field == "embryos":
            return count(len(run["config"]["embryos"]), "embryo")
        return value_text(field, run["config"].get(field), titles)

    def key(run: Mapping[str, Any], field: str) -> str:
        return str(sorted(run["config"]["embryos"]) if field == "embryos" else run["config"].get(field))

    differing = [field for field in fields if len({key(run, field) for run in runs}) > 1]
    same = [field for field in fields if field not in differing]

    def body(chosen: Sequence[str], kind: str) -> html.Tbody:
        return html.Tbody(
            [
                html.Tr(
                    [html.Th(FIELD_TITLES[field], scope="row"), *(html.Td(cell(run, field)) for run in runs)],
                    className=kind,
                )
                for field in chosen
            ]
        )

    told: list[Any] = [
        html.Div(
            html.Table(
                [_heads(runs, href, "Differs"), body(differing, "compare-differs")], className="side-by-side"
            ),
            className="wide-table",
            tabIndex="0",
        )
        if differing
        else html.P(
            "Their configs are the same; runs of one config and seed give the same curve.", className="quiet"
        )
    ]
    if same:
        told.append(
            html.Details(
                [
                    html.Summary(f"{count(len(same), 'field')} with the same value"),
                    html.Dl(
                        [
                            html.Div([html.Dt(FIELD_TITLES[field]), html.Dd(cell(runs[0], field))])
                            for field in same
                        ],
                        className="run-facts same-facts",
                    ),
                ]
            )
        )
    return html.Div(told)
