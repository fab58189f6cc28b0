"""What can be done with chosen embryos: the bar above the table and its dialogs."""

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

FORMS = {  # form of a download -> how its entry reads
    "original": "As they came (CD files, AceTree zips)",
    "csv": "Tidy CSV, in µm and minutes",
    "parquet": "Tidy Parquet, in µm and minutes",
    "acetree": "AceTree nuclei zips",
    "geff": "GEFF, for napari and inTRACKtive",
    "napari": "napari tracks (CSV and graph)",
}


def button(label: Any, kind: str = "secondary", **attributes: Any) -> html.Button:
    """A button of the page's look that may carry `data-…` attributes."""
    attributes = {
        name.replace("_", "-") if name.startswith("data_") else name: v for name, v in attributes.items()
    }
    return html.Button(label, className=f"btn btn-{kind}", type="button", **attributes)


def choice_bar() -> html.Div:
    """The bar that stands above the table while embryos are chosen."""
    return html.Div(
        [
            html.Strong(id="embryos-chosen-count", role="status"),
            button("", "link", id="embryos-choose-all"),
            button("Labels", id="embryos-to-labels", title="See how unbalanced their labels are"),
            button("Train", id="embryos-to-train", title="Train a classifier on them"),
            button(
                "Side by side",
                id="embryos-to-beside",
                title="Watch two to six at matched moments",
                hidden=True,
            ),
            button("Together", id="embryos-to-collection", title="Lay them over each other in one cloud"),
            button("Tag", data_opens="embryos-tag-dialog"),
            button("Save as a set", data_opens="embryos-set-dialog"),
            dbc.DropdownMenu(
                [
                    html.Button(text, className="dropdown-item", type="button", **{"data-form": form})
                    for form, text in FORMS.items()
                ],
                label="Download",
                color="secondary",
                id="embryos-download",
            ),
            button("Delete", "danger", data_opens="embryos-delete-dialog"),
            button("Clear", "link", id="embryos-choose-none"),
        ],
        id="embryos-chosen-bar",
        className="chosen-bar",
        hidden=True,
    )


def options(first: str, counts: Mapping[str, int]) -> list[dict[str, str]]:
    """Entries of a choice among sets or tags and how many embryos each has; `first` stands for no choice."""
    entries = [(name, f"{name} ({count:,})") for name, count in counts.items()]
    return [{"label": first, "value": ""}, *({"label": label, "value": name} for name, label in entries)]


def dialogs() -> list[Any]:
    """The dialogs for tags, sets and deleting; they open empty and closed."""
    return [
        _dialog(
            "embryos-tag-dialog",
            "Tag",
            [
                html.P("", id="embryos-tag-on", className="quiet"),
                html.Label("Tag", htmlFor="embryos-tag-name"),
                dbc.Input(id="embryos-tag-name", maxlength=80, autocomplete="off", list="embryos-tags-known"),
                html.Datalist(id="embryos-tags-known"),
                html.P("", id="embryos-tag-trouble", className="danger-word", role="alert"),
            ],
            [
                button("Take it off", id="embryos-tag-remove"),
                button("Tag", "primary", id="embryos-tag-add"),
            ],
        ),
        _dialog(
            "embryos-set-dialog",
            "Save as a set",
            [
                html.P("", id="embryos-set-why", className="quiet"),
                html.Label("Name of a new set", htmlFor="embryos-set-name"),
                dbc.Input(id="embryos-set-name", maxlength=80, autocomplete="off"),
                html.Div(
                    [
                        html.Label("or add them to a set that is there", htmlFor="embryos-set-known"),
                        dbc.Select(id="embryos-set-known", value="", placeholder="a new set"),
                    ],
                    id="embryos-set-known-part",
                ),
                html.P("", id="embryos-set-trouble", className="danger-word", role="alert"),
            ],
            [button("Save", "primary", id="embryos-set-save")],
        ),
        _dialog(
            "embryos-delete-dialog",
            "Delete embryos",
            [html.Div(id="embryos-delete-what")],
            [button("Delete", "danger", id="embryos-delete-confirm")],
        ),
    ]


def _dialog(id: str, title: str, body: list[Any], buttons: list[Any]) -> dbc.Modal:
    return dbc.Modal(
        [
            dbc.ModalHeader(dbc.ModalTitle(title, id=f"{id}-title")),
            dbc.ModalBody(body),
            dbc.ModalFooter([button("Cancel", data_closes=id), *buttons]),
        ],
        id=id,
        labelledby=f"{id}-title",
        is_open=False,
    )


def why_a_set(chosen: list[str], going_to: str | None) -> str:
    """What a set is for, and why the way to another page leads through one."""
    use = "Labels, Train and addresses know a set by its name."
    return (
        f"{len(chosen):,} embryos are too many for an address: give them a name first. {use}"
        if going_to
        else use
    )


def to_be_deleted(names: list[str], count: int) -> list[Any]:
    """What the question before deleting `count` embryos says; `names` are those of the first."""
    more = count - len(names)
    lines = [*names, f"and {more:,} more"] if more else names
    return [
        html.Ul([html.Li(line) for line in lines]),
        html.P(
            "They leave the table and the counts for everybody. Runs that used them stay. "
            "Undo brings them back.",
            className="quiet",
        ),
    ]


def stores(config: dict[str, Any]) -> list[Any]:
    """What the browser and the callbacks tell each other."""
    return [
        dcc.Store(id="embryos-config", data=config),
        dcc.Store(id="embryos-mounted"),  # a callback without an output isn't called at first
        dcc.Store(id="embryos-chosen", data=[]),
        dcc.Store(id="embryos-next"),  # page to go to once the chosen embryos have a set's name
        dcc.Store(id="embryos-said"),
        dcc.Store(id="embryos-undo"),
    ]
