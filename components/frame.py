"""The frame around every page: one bar with the whole navigation, and the states pages share."""

from typing import Any

import dash
import dash_bootstrap_components as dbc
from dash import dcc, html

NAVIGATION = (("Embryos", "/"), ("Labels", "/labels"), ("Train", "/train"), ("Runs", "/runs"))


def shell() -> html.Div:
    """The whole document: skip link, bar, page, and what every page's scripts need."""
    links = [
        dcc.Link(
            [label, html.Span(id="live-runs", className="live-runs")] if label == "Runs" else label,
            href=dash.get_relative_path(path),
            className="bar-link",
        )
        for label, path in NAVIGATION
    ]
    return html.Div(
        [
            html.A("Skip to the page", href="#page", className="skip"),
            html.Header(
                [
                    dcc.Link("Blastoscope", href=dash.get_relative_path("/"), className="bar-name"),
                    html.Nav(links, className="bar-links", **{"aria-label": "Pages"}),
                    html.Div(
                        [
                            html.Button(
                                "◐",
                                id="theme-switch",
                                className="bar-button",
                                title="Light or dark",
                                **{"aria-label": "Switch between light and dark"},
                            ),
                            html.Button(
                                "Share",
                                id="share-link",
                                className="bar-button",
                                title="Copy the address of this view",
                                **{"aria-label": "Share: copy the address of this view"},
                            ),
                        ],
                        className="bar-end",
                    ),
                ],
                className="bar",
            ),
            html.Main(dash.page_container, id="page", tabIndex="-1"),
            html.Div(id="toasts", className="toasts", role="status", **{"aria-live": "polite"}),
        ]
    )


def message(title: str, text: str, *actions: Any) -> html.Div:
    """A page that has nothing else to show: what happened, and what to do."""
    return html.Div(
        [html.H1(title), html.P(text), html.Div(list(actions), className="actions")],
        className="message",
        role="status",
    )


def gone(thing: str, where: str) -> html.Div:
    """`thing` ("embryo", "run") isn't here: deleted by somebody, or a wrong address. `where` lists them."""
    return message(
        f"This {thing} isn't here",
        "Somebody may have deleted it, or the address is incomplete.",
        dbc.Button(f"All {thing}s", href=where, color="primary"),
    )
