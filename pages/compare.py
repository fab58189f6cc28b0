"""Runs laid over each other: `?runs=a,b`, up to ten. The browser draws the curves (compare.mjs)."""

import time
from collections.abc import Sequence
from typing import Any

import dash
import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Input, Output, State, dcc, html

from components import comparison, frame, look
from components.run_words import count
from components.runs_table import MOST_COMPARED
from pages.run import TITLES, find
from pages.runs import facts_of
from services.api import described_run
from services.lab import Lab
from services.runs import NoSuchRun, Run


def register(app: dash.Dash, lab: Lab) -> None:
    """Add the page to `app`."""
    dash.register_page(
        "compare",
        path="/compare",
        title="Compare · Blastoscope",
        layout=lambda runs="", **_query: layout(lab, str(runs)),
    )
    app.clientside_callback(
        ClientsideFunction("live", "compare"),
        Output("compare-mounted", "data"),
        Input("compare-page", "data"),
    )

    @app.callback(
        Output("compare-tables", "children"),
        Input("compare-over", "data"),
        State("compare-page", "data"),
        prevent_initial_call=True,
    )
    def over(_over: Any, page: dict[str, Any]) -> Any:
        return tables(lab, chosen(lab, [str(run["id"]) for run in page["runs"]]))


def layout(lab: Lab, asked: str) -> Any:
    ids = list(dict.fromkeys(part.strip() for part in asked[:500].split(",") if part.strip()))
    runs = chosen(lab, ids[:MOST_COMPARED])
    all_runs = dbc.Button("Choose runs", href=dash.get_relative_path("/runs"), color="primary")
    if not runs:
        return frame.message(
            "Which runs?" if not ids else "These runs aren’t here",
            "Tick two or more in the table of runs and press Compare."
            if not ids
            else "Somebody may have deleted them, or the address is incomplete.",
            all_runs,
        )
    said = []
    if len(ids) > MOST_COMPARED:
        said.append(f"The first {MOST_COMPARED} of {len(ids)} runs are shown.")
    missing = len(ids[:MOST_COMPARED]) - len(runs)
    if missing:
        said.append(
            f"{count(missing, 'run')} of the address {'is' if missing == 1 else 'are'} not here any more."
        )
    if len(runs) == 1:
        said.append("One run alone: choose another to lay over it.")
    plain = [{"id": run.id, "state": run.state, "started": run.started} for run in runs]
    figure = comparison.figure([described_run(run) for run in runs], look.theme_of_request())
    return html.Div(
        [
            dcc.Store(id="compare-page", data={"runs": plain, "figure": figure}),
            dcc.Store(id="compare-mounted"),
            dcc.Store(id="compare-over"),
            html.H1("Compare runs", className="visually-hidden"),
            *(html.P(line, className="run-notice", role="status") for line in said),
            html.Section(
                [
                    html.Div(
                        [
                            html.Button(
                                "Log loss", id="compare-log", className="btn btn-secondary", type="button"
                            ),
                            html.Button(
                                "By time", id="compare-time", className="btn btn-secondary", type="button"
                            ),
                        ],
                        className="curves-controls",
                    ),
                    html.Div(id="compare-curves", className="run-curves-box"),
                ],
                className="panel",
                **{"aria-label": "Curves"},
            ),
            html.Div(tables(lab, runs), id="compare-tables", className="compare-tables"),
        ],
        className="compare",
        key=asked,
    )


def chosen(lab: Lab, ids: Sequence[str]) -> list[Run]:
    """The runs that are there, in the order of `ids`."""
    runs = []
    for id in ids:
        try:
            runs.append(find(lab, id))
        except NoSuchRun:
            continue
    return runs


def tables(lab: Lab, runs: Sequence[Run]) -> list[Any]:
    """Scores and configs side by side."""
    told = []
    for run in runs:
        facts = facts_of(lab, run)
        told.append(
            described_run(run)
            | {
                "on": "test" if "accuracy/test" in run.best else "validation",
                "majority": run.best.get("majority/test", facts.get("majority")),
                "classes": facts.get("classes"),
                "took": (run.finished or time.time()) - run.started if run.started else None,
            }
        )
    href = dash.get_relative_path("/runs/")
    return [
        html.Section(comparison.scores(told, href), className="panel", **{"aria-label": "Scores"}),
        html.Section(comparison.configs(told, TITLES, href), className="panel", **{"aria-label": "Configs"}),
    ]
