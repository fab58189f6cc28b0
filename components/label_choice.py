"""What a reader of the labels page chooses: embryos, the label, its depth."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

PICK = "pick"  # the entry that stands for embryos chosen one by one
KINDS = (("prefix", "Compact name"), ("founder", "Founder"), ("ancestor", "Ancestor"))


def embryo_options(
    all_count: int, real_count: int, sets: Mapping[str, int], also: str = ""
) -> list[dict[str, str]]:
    """Entries of the choice of embryos; `also` is an entry of an address that nobody offers any more."""
    options = [{"label": f"All embryos ({all_count:,})", "value": "all"}]
    if 0 < real_count < all_count:
        options.insert(0, {"label": f"All recorded embryos ({real_count:,})", "value": "real"})
    options += [{"label": f"Set: {name} ({count:,})", "value": f"set:{name}"} for name, count in sets.items()]
    options.append({"label": "Pick embryos…", "value": PICK})
    if also and also not in [option["value"] for option in options]:
        options.append({"label": also.replace("set:", "Set: ", 1), "value": also})
    return options


def choice(
    options: Sequence[Mapping[str, str]],
    chosen: str,
    picked: Sequence[str],
    kind: str,
    depth: int,
    depths: tuple[int, int],
) -> html.Section:
    """The whole column of choices, as an address asks for them."""
    return html.Section(
        [
            html.H2(html.Label("Embryos", htmlFor="labels-embryos")),
            dbc.Select(id="labels-embryos", options=list(options), value=chosen),
            html.Div(
                [
                    html.Label("Search embryos", htmlFor="labels-pick-search", className="visually-hidden"),
                    dbc.Input(
                        id="labels-pick-search",
                        type="search",
                        placeholder="Search by name, gene, strain or cell",
                        autocomplete="off",
                        maxlength=200,
                    ),
                    dbc.Checklist(id="labels-pick", options=[], value=[], className="labels-pick-list"),
                    html.P(id="labels-pick-word", className="quiet small", role="status"),
                ],
                id="labels-pick-part",
                hidden=chosen != PICK,
            ),
            html.P(id="labels-what", className="quiet small", role="status"),
            html.H2("Label", id="labels-scheme-title"),
            html.Div(
                dbc.RadioItems(
                    id="labels-scheme",
                    options=[{"label": words, "value": key} for key, words in KINDS],
                    value=kind,
                    className="labels-schemes",
                ),
                role="radiogroup",
                **{"aria-labelledby": "labels-scheme-title"},
            ),
            html.Div(
                [
                    html.Div(
                        [
                            html.Label("Depth", htmlFor="labels-depth", id="labels-depth-title"),
                            html.Output(id="labels-depth-word", htmlFor="labels-depth"),
                        ],
                        className="labels-depth-line",
                    ),
                    dbc.Input(
                        id="labels-depth",
                        type="range",
                        min=depths[0],
                        max=depths[1],
                        step=1,
                        value=depth,
                        className="form-range",
                    ),
                ],
                id="labels-depth-part",
                hidden=kind == "founder",
            ),
            html.P(id="labels-meaning", className="small"),
            html.Dl(id="labels-examples", className="labels-examples"),
            html.Div(id="labels-onward", className="labels-onward"),
            dcc.Store(id="labels-picked", data=list(picked)),
        ],
        className="labels-choice",
        **{"aria-label": "What is counted"},
    )


def examples(pairs: Sequence[tuple[str, str, str]]) -> list[Any]:
    """Cells and the labels they get; each with the class of its colour (name, label, colour group)."""
    told: list[Any] = []
    for name, label, colour in pairs:
        told += [
            html.Dt(name),
            html.Dd([html.Span(className="swatch", style={"background": f"var(--founder-{colour})"}), label]),
        ]
    return told
