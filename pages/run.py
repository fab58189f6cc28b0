"""One run: how it goes, what it found, and what can be taken from it. The browser follows it (live.mjs)."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_bootstrap_components as dbc
import flask
from dash import ClientsideFunction, Input, Output, State, dcc, html, no_update

from components import curves, frame, look, run_config_list, run_report
from components.run_words import count, protocol
from services import labels
from services.api import described_run
from services.lab import Lab
from services.runs import (
    FEATURE_SETS,
    NAMES,
    PRESETS,
    SCHEDULES,
    SPLITS,
    BadConfig,
    NoSuchRun,
    Run,
)

ID = re.compile("[a-z0-9]{1,10}")
DOWNLOADS = {  # name of the file -> (title, only of a finished run)
    "config.json": ("Config (JSON)", False),
    "sources.json": ("Embryos used (JSON)", False),
    "metrics.csv": ("Metrics (CSV)", False),
    "report.json": ("Report (JSON)", True),
    "predictions.csv": ("Predictions (CSV)", True),
    "predictions.parquet": ("Predictions (Parquet)", True),
    "model.safetensors": ("Weights (safetensors)", True),
}
CHOICES: dict[str, Mapping[str, Sequence[Any]]] = {
    "preset": PRESETS,
    "names": NAMES,
    "scheme": labels.SCHEMES,
    "split": SPLITS,
    "resampling": labels.RESAMPLINGS,
    "features": FEATURE_SETS,
    "schedule": SCHEDULES,
}
TITLES: dict[str, dict[str, str]] = {
    field: {key: str(told[0]) for key, told in choices.items()} for field, choices in CHOICES.items()
} | {"model": {"published": "Published perceptron"}}


def register(app: dash.Dash, lab: Lab) -> None:
    """Add the page to `app`."""
    dash.register_page(
        "run",
        path_template="/runs/<run_id>",
        title="Run · Blastoscope",
        layout=lambda run_id="", **_query: layout(lab, run_id),
    )
    _add_routes(app, lab)

    app.clientside_callback(
        ClientsideFunction("live", "mount"),
        Output("run-mounted", "data"),
        Input("run-page", "data"),
    )

    @app.callback(
        Output("run-report", "children"),
        Output("run-downloads", "children"),
        Input("run-over", "data"),
        State("run-page", "data"),
        prevent_initial_call=True,
    )
    def over(state: str, page: dict[str, Any]) -> tuple[Any, Any]:
        try:
            run = find(lab, page["id"])
        except NoSuchRun:
            gone = html.Section(
                [html.H2("This run was deleted"), html.P("Somebody deleted it while this page was open.")],
                className="panel run-ending",
                role="status",
            )
            return gone, no_update
        return ending(lab, run), downloads(run)

    @app.callback(
        Output("run-classes", "children"),
        Input("run-class-order", "value"),
        State("run-page", "data"),
        prevent_initial_call=True,
    )
    def order_classes(order: str, page: dict[str, Any]) -> Any:
        found = lab.runs.report(find(lab, page["id"]).id)
        return no_update if found is None else run_report.class_table(found["per_class"], order)

    @app.callback(
        Output("run-name-trouble", "children"),
        Input("run-name", "value"),
        State("run-page", "data"),
        prevent_initial_call=True,
    )
    def rename(name: str | None, page: dict[str, Any]) -> str:
        return changed(lambda id: lab.runs.rename(id, name or ""), page)

    @app.callback(
        Output("run-notes-trouble", "children"),
        Input("run-notes", "value"),
        State("run-page", "data"),
        prevent_initial_call=True,
    )
    def note(text: str | None, page: dict[str, Any]) -> str:
        return changed(lambda id: lab.runs.note(id, text or ""), page)


def changed(change: Any, page: Mapping[str, Any]) -> str:
    """Make a change to the run of `page`; what is wrong with it, or nothing."""
    try:
        change(str(page["id"]))
    except BadConfig as bad:
        return bad.message
    except NoSuchRun:
        return "Not kept: the run was deleted."
    return ""


def find(lab: Lab, id: Any) -> Run:
    """The run with this id; raises `NoSuchRun` for anything else."""
    if not isinstance(id, str) or not ID.fullmatch(id):
        raise NoSuchRun(str(id)[:20])
    return lab.runs.get(id)


# ---- layout


def layout(lab: Lab, run_id: str) -> Any:
    try:
        run = find(lab, run_id)
    except NoSuchRun:
        return frame.gone("run", dash.get_relative_path("/runs"))
    page = {
        "id": run.id,
        "run": described_run(run),
        "facts": told_facts(lab, run),
        "figure": curves.live_figure(look.theme_of_request(), run.epochs),
    }
    return html.Div(
        [
            dcc.Location(id="run-go", refresh="callback-nav"),
            dcc.Store(id="run-page", data=page),
            dcc.Store(id="run-mounted"),
            dcc.Store(id="run-over"),
            _head(run),
            html.Div(
                [
                    html.Div(
                        [_curves(), html.Div(ending(lab, run), id="run-report"), _log()], className="run-main"
                    ),
                    _aside(run),
                ],
                className="run-grid",
            ),
        ],
        className="run",
        key=run.id,
    )


def _head(run: Run) -> html.Header:
    return html.Header(
        [
            html.Div(
                [
                    html.H1(f"Run {run.id}", className="visually-hidden"),
                    html.Label("Name of this run", htmlFor="run-name", className="visually-hidden"),
                    dbc.Input(
                        id="run-name",
                        value=run.name,
                        placeholder=f"Run {run.id}: give it a name",
                        debounce=True,
                        maxlength=200,
                        autocomplete="off",
                        className="run-name",
                    ),
                    html.Span(
                        protocol(run.config, run.inflated),
                        className="warning-word" if run.inflated else "run-protocol",
                        title=run.inflated or "",
                    ),
                    html.Div(
                        [
                            html.Button(
                                "Cancel run",
                                id="run-cancel",
                                className="btn btn-danger",
                                type="button",
                                hidden=True,
                            ),
                            dbc.Button(
                                "Clone and edit",
                                href=dash.get_relative_path(f"/train?clone={run.id}"),
                                color="secondary",
                            ),
                            html.Button(
                                "Delete", id="run-delete", className="btn btn-secondary", type="button"
                            ),
                        ],
                        className="run-actions",
                    ),
                ],
                className="run-title",
            ),
            html.P("", id="run-name-trouble", className="train-trouble", role="alert"),
            html.Div(id="run-state", className="run-state", role="status"),
            html.Div(
                html.Div(className="progress-bar"),
                id="run-progress",
                className="progress",
                role="progressbar",
                hidden=True,
                **{"aria-label": "Epochs finished", "aria-valuemin": "0", "aria-valuemax": "100"},
            ),
            html.P("", id="run-connection", className="train-trouble", role="alert"),
        ],
        className="run-head",
    )


def _curves() -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.Div(id="run-numbers", hidden=True),
                    html.Div(
                        [
                            html.Button(
                                "Log axes", id="curves-log", className="btn btn-secondary", type="button"
                            ),
                            html.Button(
                                "By time", id="curves-time", className="btn btn-secondary", type="button"
                            ),
                            html.Label(
                                [
                                    "Smoothing",
                                    dbc.Input(
                                        id="curves-smoothing",
                                        type="range",
                                        min=0,
                                        max=0.95,
                                        step=0.05,
                                        value=0,
                                    ),
                                ],
                                className="curves-smoothing-label",
                            ),
                        ],
                        id="curves-controls",
                        className="curves-controls",
                    ),
                    html.Button(
                        "", id="curves-fold", className="btn btn-secondary", type="button", hidden=True
                    ),
                ],
                className="curves-head",
            ),
            html.Div(id="run-curves", className="run-curves-box"),
        ],
        id="run-curves-panel",
        className="panel",
        **{"aria-label": "Curves"},
    )


def _log() -> html.Details:
    return html.Details(
        [html.Summary("Log"), html.Pre(id="run-log-lines", className="run-log-text", tabIndex="0")],
        id="run-log",
        className="panel",
    )


def _aside(run: Run) -> html.Aside:
    return html.Aside(
        [
            html.Section(
                [
                    html.H2("Config"),
                    run_config_list.config_list(run.config, TITLES),
                    run_config_list.embryo_links(run.sources, dash.get_relative_path("/embryos/")),
                ],
                className="panel",
            ),
            html.Section(
                [html.H2("Take away"), html.Div(downloads(run), id="run-downloads")], className="panel"
            ),
            html.Section(
                [
                    html.Label("Notes", htmlFor="run-notes"),
                    dbc.Textarea(id="run-notes", value=run.notes, rows=3, debounce=True, maxlength=4000),
                    html.P("", id="run-notes-trouble", className="train-trouble", role="alert"),
                ],
                className="panel",
            ),
        ],
        className="run-aside",
    )


def downloads(run: Run) -> html.Ul:
    return html.Ul(
        [
            html.Li(html.A(title, href=dash.get_relative_path(f"/runs/{run.id}/files/{name}"), download=name))
            for name, (title, of_done) in DOWNLOADS.items()
            if run.state == "done" or not of_done
        ],
        className="run-downloads-list",
    )


def ending(lab: Lab, run: Run) -> Any:
    """What stands where the curves were, once a run is over."""
    if run.state == "failed":
        return run_report.failure(run.error, run.epoch)
    if run.state == "cancelled":
        return run_report.cancelled(run.epoch)
    found = lab.runs.report(run.id) if run.state == "done" else None
    if found is None:
        return []
    return run_report.report(
        found,
        config=run.config,
        best=run.best,
        theme=look.theme_of_request(),
        notices=notices(lab, run),
    )


def notices(lab: Lab, run: Run) -> list[str]:
    """What has to be said of a run's embryos: simulated, another species, poorly tracked, changed since."""
    embryos = lab.embryos.get_many([source["id"] for source in run.sources], deleted=True)
    said = []
    simulated = sum(embryo.source == "simulated" for embryo in embryos)
    if simulated:
        said.append(
            "All embryos are simulated."
            if simulated == len(embryos)
            else f"{count(simulated, 'embryo')} of {len(embryos)} simulated."
        )
    for flag in ("over-deep names", "tracking falls off"):
        flagged = [embryo.name for embryo in embryos if flag in embryo.flags]
        if flagged:
            said.append(f"Flagged “{flag}”: {several(flagged)}.")
    since = lab.runs.changed_sources(run)
    if since:
        said.append(f"Changed since this run: {several(since, 4)}.")
    return said


def several(texts: list[str], most: int = 3) -> str:
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {more:,} more" if more > 0 else "")


# ---- routes


def told_facts(lab: Lab, run: Run) -> dict[str, Any] | None:
    """Rows of one epoch and the majority's accuracy on validation; None before the data was read."""
    facts = lab.runs.facts(run.id)
    if facts is None:
        return None
    return {"train_rows": facts["epoch_rows"], "majority": facts["majority"]["validation"]}


def _add_routes(app: dash.Dash, lab: Lab) -> None:
    @app.server.get("/runs/<run_id>/aside")
    def run_aside(run_id: str) -> Any:
        """What the page needs beside the API: place in the queue, log lines past `after` (-1: none)."""
        try:
            run = find(lab, run_id)
        except NoSuchRun:
            flask.abort(404)
        after = flask.request.args.get("after", -1, type=int)
        lines = lab.runs.events_after(run.id, after) if 0 <= after < 10**15 else {"rows": []}
        return {
            "queue": lab.runs.queue_position(run.id),
            "runner": lab.runs.runner_fresh(max(lab.settings.lease_s, 10)),
            "cancelling": run.cancel and not run.over,
            "facts": told_facts(lab, run),
            "rows": lines["rows"],
        }

    @app.server.get("/runs/<run_id>/files/<name>")
    def run_file(run_id: str, name: str) -> Any:
        try:
            run = find(lab, run_id)
        except NoSuchRun:
            flask.abort(404, "This run isn’t here.")
        if name not in DOWNLOADS:
            flask.abort(404, f"A run has no such file; it has {', '.join(DOWNLOADS)}.")
        as_name = f"{run.id}-{name}"
        if name in ("metrics.csv", "sources.json"):
            body = (
                lab.runs.metrics_csv(run.id)
                if name == "metrics.csv"
                else json.dumps(run.sources, indent=2, ensure_ascii=False).encode()
            )
            kind = "text/csv" if name == "metrics.csv" else "application/json"
            response = flask.Response(body, mimetype=kind)
            response.headers["Content-Disposition"] = f'attachment; filename="{as_name}"'
            return response
        path = lab.runs.file(run.id, name)
        if path is None:
            flask.abort(404, "This file comes when the run is done.")
        return flask.send_file(path.resolve(), as_attachment=True, download_name=as_name)
