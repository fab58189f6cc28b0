"""A run's config at the side of its page, in the words of the form."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from components.run_form import plain
from components.run_words import FIELD_TITLES, count

SHOWN = 6  # embryos that are named before the fold
ORDER = (
    "preset",
    "stop_at_cells",
    "names",
    "scheme",
    "depth",
    "split",
    "validation_share",
    "test_share",
    "resampling",
    "features",
    "model",
    "epochs",
    "batch_size",
    "learning_rate",
    "schedule",
    "factor",
    "patience",
    "early_stop",
    "seed",
)


def value_text(field: str, value: Any, titles: Mapping[str, Mapping[str, str]]) -> str:
    """A field's value in the form's words; `titles` field -> key -> title."""
    if value is None:
        return "–"
    return titles.get(field, {}).get(value, plain(value)) if isinstance(value, str) else plain(value)


def config_list(config: Mapping[str, Any], titles: Mapping[str, Mapping[str, str]]) -> html.Dl:
    """Every field with its value; those that say nothing for this config are left out."""
    hidden = {field for field in ("preset", "depth") if config.get(field) is None}
    if config["schedule"] == "none":
        hidden |= {"factor", "patience"}
    return html.Dl(
        [
            html.Div([html.Dt(FIELD_TITLES[field]), html.Dd(value_text(field, config[field], titles))])
            for field in ORDER
            if field in config and field not in hidden
        ],
        className="run-facts",
    )


def embryo_links(sources: Sequence[Mapping[str, Any]], href: str) -> html.Div:
    """The embryos of a run, each a link (`href` is the address before its id); many are folded."""
    links = [html.Li(dcc.Link(source["name"], href=f"{href}{source['id']}")) for source in sources]
    told: list[Any] = [
        html.H3(count(len(sources), "embryo")),
        html.Ul(links[:SHOWN], className="embryo-links"),
    ]
    if len(links) > SHOWN:
        told.append(
            html.Details(
                [
                    html.Summary(f"and {len(links) - SHOWN:,} more"),
                    html.Ul(links[SHOWN:], className="embryo-links"),
                ]
            )
        )
    return html.Div(told)
