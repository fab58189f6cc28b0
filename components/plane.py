"""The room of one embryo: stage, time line and the panel of chosen cells. The browser fills it.

assets/modules/watch.mjs builds what moves and what is clicked; here stand the places it builds into.
"""

from dash import html


def watch_room() -> html.Div:
    """Stage, time line and panel, empty. The stage is dark in both themes."""
    return html.Div(
        [
            html.Div(className="watch-tools"),
            html.Div(
                [html.Div(className="plane-graph")],
                className="stage",
                **{
                    "data-bs-theme": "dark",
                    "data-own-theme": "dark",
                    "aria-label": "The embryo in the plane",
                },
                role="group",
            ),
            html.Div(
                className="panel-edge",
                role="separator",
                tabIndex="0",
                **{
                    "aria-label": "Width of the panel of chosen cells",
                    "aria-orientation": "vertical",
                    "aria-valuenow": "464",
                    "aria-valuemin": "280",
                    "aria-valuemax": "900",
                },
            ),
            html.Div(
                [
                    html.Div(className="cells-told"),
                    html.Div(
                        [html.Div(className="curves-graph"), html.Div(className="curves-cursor")],
                        className="curves-box",
                    ),
                    html.P(className="curves-note quiet small"),
                ],
                id="cells-panel",
                className="cells-panel",
                role="region",
                **{"aria-label": "Chosen cells"},
            ),
            html.Div(className="time-bar", role="group", **{"aria-label": "Time of the recording"}),
        ],
        id="watch",
        className="watch",
    )
