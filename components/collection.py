"""The room of all embryos together. The browser fills it (assets/modules/collection.mjs)."""

from dash import html


def collection_room() -> html.Div:
    """Tools, stage, panel and time line, empty. The stage is dark in both themes."""
    return html.Div(
        [
            html.Div(
                [
                    html.H1("All embryos together"),
                    html.Span(className="collection-facts quiet", role="status"),
                    html.Div(className="collection-choice"),
                ],
                className="collection-head",
            ),
            html.Div(className="watch-tools"),
            html.Div(
                html.Div(className="space-view"),
                className="stage",
                role="group",
                **{
                    "data-bs-theme": "dark",
                    "data-own-theme": "dark",
                    "aria-label": "All embryos, laid over each other",
                },
            ),
            html.Aside(className="collection-panel", **{"aria-label": "Where the chosen cells lie"}),
            html.Div(className="time-bar", role="group", **{"aria-label": "Developmental time"}),
        ],
        id="collection",
        className="collection",
    )
