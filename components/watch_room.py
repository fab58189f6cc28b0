"""The room of one embryo: stage, lineage tree, panel and time line. The browser fills it.

assets/modules/watch.mjs builds what moves and what is clicked; here stand the places it builds into.
"""

from typing import Any

from dash import html

TABS = (("cells", "Cells"), ("neighbours", "Neighbours"), ("notes", "Notes"))


def watch_room() -> html.Div:
    """Tools, stage, tree, panel and time line, empty. The stage is dark in both themes."""
    return html.Div(
        [
            html.Div(className="watch-tools"),
            _stage(),
            _edge("panel-edge", "Width of the tree and the panel", "vertical", 464),
            html.Aside(
                [
                    html.Div(className="tree-box", role="region", **{"aria-label": "Lineage tree"}),
                    _edge("side-edge", "Height of the tree", "horizontal", 50),
                    _panel(),
                ],
                className="side",
                **{"aria-label": "Tree and cells"},
            ),
            html.Div(className="time-bar", role="group", **{"aria-label": "Time of the recording"}),
        ],
        id="watch",
        className="watch",
    )


def _stage() -> html.Div:
    return html.Div(
        [
            html.Div(className="space-view"),
            html.Div(html.Div(className="plane-graph"), className="plane-view"),
            html.Div(className="beside-view"),
        ],
        className="stage",
        role="group",
        **{"data-bs-theme": "dark", "data-own-theme": "dark", "aria-label": "The embryo"},
    )


def _edge(name: str, words: str, orientation: str, now: int) -> html.Div:
    """A border that can be dragged, or moved by arrow keys."""
    told: dict[str, Any] = {
        "aria-label": words,
        "aria-orientation": orientation,
        "aria-valuenow": str(now),
        "aria-valuemin": "280" if orientation == "vertical" else "15",
        "aria-valuemax": "900" if orientation == "vertical" else "85",
    }
    return html.Div(className=name, role="separator", tabIndex="0", **told)


def _panel() -> html.Div:
    tabs = [
        html.Button(
            words,
            type="button",
            role="tab",
            id=f"tab-{name}",
            **{"data-tab": name, "aria-controls": f"panel-{name}", "aria-selected": "false"},
        )
        for name, words in TABS
    ]
    rooms = [
        html.Div(
            _cells_room() if name == "cells" else None,
            id=f"panel-{name}",
            className=f"tab-room tab-{name}",
            role="tabpanel",
            hidden=True,
            **{"aria-labelledby": f"tab-{name}"},
        )
        for name, _words in TABS
    ]
    return html.Div(
        [html.Div(tabs, className="tabs", role="tablist", **{"aria-label": "What the panel tells"}), *rooms],
        id="cells-panel",
        className="cells-panel",
    )


def _cells_room() -> list[Any]:
    return [
        html.Div(className="cells-told"),
        html.Div(
            [html.Div(className="curves-graph"), html.Div(className="curves-cursor")],
            className="curves-box",
        ),
        html.P(className="curves-note quiet small"),
    ]
