"""All runs of the lab: which are running, which was best and on what, and which to lay side by side."""

import json
import re
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import dash
import flask
from dash import ClientsideFunction, Input, Output, dcc, html

from components import runs_table
from components.run_words import duration, label, protocol
from services.api import error
from services.lab import Lab
from services.runs import STATES, Run

MOST_ROWS = 500  # of one answer
MOST_IDS = 1000  # deleted or restored at once
SORT = re.compile(r"([a-z_0-9]{1,30}):(asc|desc)")


def register(app: dash.Dash, lab: Lab) -> None:
    """Add the page to `app`."""
    dash.register_page(
        "runs",
        path="/runs",
        title="Runs · Blastoscope",
        layout=lambda q="", state="", **_query: layout(str(q)[:200], str(state)),
    )
    app.clientside_callback(
        ClientsideFunction("live", "runs"), Output("runs-mounted", "data"), Input("runs-page", "data")
    )
    _add_routes(app, lab)


def layout(search: str, state: str) -> html.Div:
    train = dash.get_relative_path("/train")
    return html.Div(
        [
            dcc.Store(id="runs-page", data={"most_compared": runs_table.MOST_COMPARED}),
            dcc.Store(id="runs-mounted"),
            html.H1("Runs", className="visually-hidden"),
            runs_table.tools(search, state if state in STATES else "", train),
            html.P("", id="runs-trouble", className="train-trouble", role="alert"),
            html.Div(runs_table.grid(), className="runs-table", id="runs-table"),
            runs_table.empty(train),
        ],
        className="runs",
    )


def row(lab: Lab, run: Run, curve: list[float]) -> dict[str, Any]:
    """One run as the table draws it. Scores of the test part, else of validation (`on` says which)."""
    on = "test" if "accuracy/test" in run.best else "validation"
    facts = facts_of(lab, run)
    end = run.finished or time.time()
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "epoch": run.epoch,
        "epochs": run.epochs,
        "error": (run.error or "").strip().splitlines()[-1:] or None,
        "curve": curve,
        "on": on,
        **{name: run.best.get(f"{name}/{on}") for name in ("accuracy", "balanced_accuracy", "macro_f1")},
        "majority": run.best.get("majority/test", facts.get("majority")),
        "protocol": protocol(run.config, run.inflated),
        "inflated": run.inflated,
        "label": label(run.config),
        "classes": facts.get("classes"),
        "embryos": len(run.config["embryos"]),
        "duration": duration(end - run.started) if run.started else "",
        "created": run.created,
    }


def facts_of(lab: Lab, run: Run) -> dict[str, Any]:
    """Number of classes and the majority's accuracy on validation, as far as the trainer has told."""
    path = lab.runs.folder / run.id / "facts.json"
    try:
        return _facts(path, path.stat().st_mtime_ns)
    except OSError:
        return {}


@lru_cache(maxsize=4096)
def _facts(path: Path, _changed: int) -> dict[str, Any]:
    facts = json.loads(path.read_text())
    return {"classes": len(facts["classes"]), "majority": facts["majority"]["validation"]}


def _add_routes(app: dash.Dash, lab: Lab) -> None:
    @app.server.get("/run-rows")
    def run_rows() -> Any:
        """A block of the table: rows `from` (inclusive) to `to` (exclusive) of those that match."""
        asked = flask.request.args
        start, end = asked.get("from", 0, type=int), asked.get("to", runs_table.BLOCK, type=int)
        if not 0 <= start < end <= min(start + MOST_ROWS, 10**9):
            return error(422, f"from {start} to {end} are no rows; at most {MOST_ROWS} at a time", "from")
        sort = [(column, direction) for column, direction in SORT.findall(asked.get("sort", "")[:200])]
        state = asked.get("state", "")
        found, total = lab.runs.page(
            search=asked.get("q", "")[:200],
            sort=sort or [("created", "desc")],
            limit=end - start,
            offset=start,
            states=[state] if state in STATES else None,
        )
        curves = lab.runs.loss_curves([run.id for run in found])
        return {"rows": [row(lab, run, curves.get(run.id, [])) for run in found], "total": total}

    @app.server.post("/runs/delete")
    def delete_runs() -> Any:
        """Hide the runs whose ids are sent; those that run are cancelled."""
        return change(lab.runs.delete)

    @app.server.post("/runs/restore")
    def restore_runs() -> Any:
        """Undo a delete."""
        return change(lab.runs.restore)

    def change(do: Any) -> Any:
        body = flask.request.get_json(silent=True)
        ids = body.get("ids") if isinstance(body, dict) else None
        if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids) or len(ids) > MOST_IDS:
            return error(422, f"expected the ids of at most {MOST_IDS} runs", "ids")
        return {"count": do(ids)}
