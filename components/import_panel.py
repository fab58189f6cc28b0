"""How embryos come in: the place to drop them, the buttons, and what the EPIC collection is."""

import json
from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components.embryo_choice import button

EPIC_SITE = "epic.gs.washington.edu"


def place(only_simulated: bool, count: int) -> html.Div:
    """The place to drop embryos: large while nobody has brought any, a line after that."""
    return html.Div(
        [welcome(count, hidden=not only_simulated), slim(hidden=only_simulated)], id="import-place"
    )


def welcome(simulated: int, hidden: bool = False) -> html.Section:
    """What a first-time visitor sees above the table: one sentence, and a large place to drop a file."""
    which = "embryo below is" if simulated == 1 else f"{simulated} embryos below are"
    below = f"The {which} simulated, so that you can try everything at once. " if simulated else ""
    return html.Section(
        [
            html.H1("Watch how a C. elegans embryo develops, cell by cell."),
            html.P(
                [
                    below,
                    "Open one to see its cells move, or bring your own recordings: "
                    if simulated
                    else "Bring your own recordings: ",
                    html.Strong("drop CD files, a folder or a zip here"),
                    ".",
                ]
            ),
            html.Div([button("Import", "primary", data_import="files"), *_other_ways()], className="actions"),
        ],
        id="import-welcome",
        className="import-place welcome",
        hidden=hidden,
        **{"aria-label": "Bring embryos in"},
    )


def slim(hidden: bool = False) -> html.Section:
    """The same place as one line, for who knows what it is for."""
    return html.Section(
        [
            html.H1("Embryos", className="visually-hidden"),
            html.Span("Drop CD files, a folder or a zip anywhere on this page.", className="quiet"),
            *_other_ways(),
            button("Import", "primary", data_import="files"),
        ],
        id="import-slim",
        className="import-place slim",
        hidden=hidden,
        **{"aria-label": "Bring embryos in"},
    )


def _other_ways() -> list[Any]:
    return [
        button("Import a folder", data_import="folder"),
        button("Download the EPIC collection", data_opens="epic-dialog"),
    ]


def panel(flags: Mapping[str, str]) -> html.Div:
    """Where progress and summaries of imports and downloads stand; assets/modules fills it."""
    return html.Div(
        id="import-panel",
        className="import-panel",
        **{"data-flags": json.dumps(dict(flags)), "aria-label": "Imports"},
    )


def epic_dialog(address: str) -> dbc.Modal:
    """What the EPIC collection is, before it is downloaded from `address`."""
    return dbc.Modal(
        [
            dbc.ModalHeader(dbc.ModalTitle("Download the EPIC collection", id="epic-dialog-title")),
            dbc.ModalBody(
                [
                    html.P(
                        [
                            "260 recorded embryos of the EPIC project (",
                            html.A(EPIC_SITE, href=f"https://{EPIC_SITE}", target="_blank", rel="noreferrer"),
                            "): the cells of each, traced frame by frame, and the expression "
                            "of one gene in them. 5.2 million rows.",
                        ]
                    ),
                    html.P("Cite: Murray et al. 2012, Genome Research 22:1282."),
                    html.P(
                        "No licence is stated for the collection, so Blastoscope ships none of it. It is "
                        "downloaded to this machine from the address below; a download that breaks off "
                        "goes on where it stopped when it is started again."
                    ),
                    html.P(address, className="quiet small address"),
                ]
            ),
            dbc.ModalFooter(
                [
                    button("Not now", data_closes="epic-dialog"),
                    button("Download", "primary", data_import="epic", data_closes="epic-dialog"),
                ]
            ),
        ],
        id="epic-dialog",
        labelledby="epic-dialog-title",
        is_open=False,
    )
