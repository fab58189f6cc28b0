"""The table of all runs: its columns, what stands above it, and what stands there when there is none."""

from typing import Any

import dash_ag_grid as dag
import dash_bootstrap_components as dbc
from dash import html

from components.embryo_grid import THEME

ROW_PX = 36
BLOCK = 50  # rows that the browser asks for at a time
MOST_COMPARED = 10
STATES = {
    "": "All states",
    "running": "Running",
    "queued": "Queued",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
}


def columns() -> list[dict[str, Any]]:
    """ag-grid's columns; assets/runs.js draws the cells."""

    def score(field: str, title: str) -> dict[str, Any]:
        return {
            "field": field,
            "headerName": title,
            "headerTooltip": f"{title} on the test part; grey: on validation, at the best epoch so far",
            "width": 90,
            "type": "rightAligned",
            "cellRenderer": "RunScore",
        }

    return [
        {"field": "name", "headerName": "Run", "flex": 3, "minWidth": 150, "cellRenderer": "RunName"},
        {"field": "state", "headerName": "State", "width": 126, "cellRenderer": "RunState"},
        {
            "field": "curve",
            "headerName": "Validation loss",
            "width": 118,
            "cellRenderer": "RunCurve",
            "sortable": False,
        },
        score("accuracy", "Accuracy"),
        score("balanced_accuracy", "Balanced"),
        score("macro_f1", "Macro-F1"),
        {
            "field": "majority",
            "headerName": "Majority",
            "headerTooltip": "Accuracy of always answering the largest class",
            "width": 86,
            "type": "rightAligned",
            "cellRenderer": "RunScore",
            "sortable": False,
        },
        {
            "field": "protocol",
            "headerName": "Measured on",
            "flex": 2,
            "minWidth": 140,
            "cellRenderer": "RunProtocol",
            "sortable": False,
        },
        {"field": "label", "headerName": "Label", "flex": 1, "minWidth": 100, "sortable": False},
        {
            "field": "classes",
            "headerName": "Classes",
            "width": 76,
            "type": "rightAligned",
            "sortable": False,
        },
        {
            "field": "embryos",
            "headerName": "Embryos",
            "width": 80,
            "type": "rightAligned",
            "sortable": False,
        },
        {
            "field": "duration",
            "headerName": "Took",
            "width": 92,
            "type": "rightAligned",
            "sortable": False,
        },
        {
            "field": "created",
            "headerName": "Started",
            "width": 128,
            "cellRenderer": "RunTime",
            "sort": "desc",
        },
    ]


def grid() -> dag.AgGrid:
    """The table without rows: assets/modules/runs_table.mjs brings them."""
    return dag.AgGrid(
        id="runs-grid",
        rowModelType="infinite",
        columnDefs=columns(),
        defaultColDef={"sortable": True, "resizable": True, "suppressHeaderMenuButton": True},
        getRowId="params.data.id",
        dashGridOptions={
            "theme": {"function": THEME},
            "rowHeight": ROW_PX,
            "cacheBlockSize": BLOCK,
            "maxBlocksInCache": 6,
            "rowSelection": {
                "mode": "multiRow",
                "checkboxes": True,
                "headerCheckbox": False,
                "enableClickSelection": False,
            },
            "selectionColumnDef": {
                "headerName": "Choose",
                "width": 44,
                "resizable": False,
                "sortable": False,
            },
            "suppressNoRowsOverlay": True,
            "suppressDragLeaveHidesColumns": True,
            "tooltipShowDelay": 300,
            "animateRows": False,
        },
        style={"height": "100%"},
        className="runs-grid",
    )


def tools(search: str, state: str, train_href: str) -> html.Div:
    """Search, the choice of a state, and what can be done with chosen runs."""
    return html.Div(
        [
            html.Label(
                "Search runs by name, notes or id", htmlFor="runs-search", className="visually-hidden"
            ),
            dbc.Input(
                id="runs-search",
                type="search",
                value=search,
                placeholder="Name, notes or id",
                className="runs-search-box",
                autocomplete="off",
                maxlength=200,
            ),
            html.Label("State", htmlFor="runs-state", className="visually-hidden"),
            dbc.Select(
                id="runs-state",
                options=[{"label": title, "value": key} for key, title in STATES.items()],
                value=state,
                placeholder=STATES[""],
            ),
            html.Span("", id="runs-found", className="quiet", role="status"),
            html.Div(
                [
                    html.Span("", id="runs-chosen", role="status"),
                    html.Button("Compare", id="runs-compare", className="btn btn-primary", type="button"),
                    html.Button("Delete", id="runs-delete", className="btn btn-secondary", type="button"),
                    html.Button("Clear", id="runs-clear", className="btn btn-secondary", type="button"),
                ],
                id="runs-bar",
                className="runs-bar",
                hidden=True,
            ),
            dbc.Button("New run", href=train_href, color="secondary", className="runs-new"),
        ],
        className="runs-tools",
        role="search",
    )


def empty(train_href: str) -> html.Div:
    """What stands in the table's place when there is no run."""
    return html.Div(
        [
            html.H1("No run yet"),
            html.P(
                "A run teaches a network to tell a cell’s lineage from where the cell is. It shows its curves while "
                "it learns, and here it stays for everybody to see."
            ),
            dbc.Button("Set up the first run", href=train_href, color="primary"),
        ],
        id="runs-empty",
        className="message",
        hidden=True,
    )
