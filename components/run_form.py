"""The form of a new run: presets, three steps, and what it will do. Plain values in, layout out."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components.run_words import FIELD_TITLES, count, duration

NUMBERS = (
    "stop_at_cells",
    "depth",
    "validation_share",
    "test_share",
    "epochs",
    "batch_size",
    "learning_rate",
    "factor",
    "patience",
    "early_stop",
    "seed",
)
CHOICES = ("preset", "names", "scheme", "split", "resampling", "features", "schedule")
TEXTS = ("name", "notes")
NETWORKS = {  # model -> title; "own" opens a field for widths
    "published": "Published perceptron",
    "64-32": "Small, 64–32",
    "256-128": "Medium, 256–128",
    "512-512-256": "Large, 512–512–256",
    "own": "Widths of your own",
}
ADVANCED = ("names", "validation_share", "test_share", "schedule", "factor", "patience", "early_stop", "seed")
STEPS = {
    "data": (
        "1. Data",
        "Embryos of several recording dates let the score be measured on embryos that were never seen. One "
        "embryo alone can only show how well its own gaps are filled in.",
    ),
    "label": (
        "2. Label and split",
        "What the network answers, and which rows it is tested on. The split says what the score means; it "
        "matters more than the network.",
    ),
    "model": (
        "3. Model",
        "How it learns. Standardised features help much; the rest changes the time more than the score.",
    ),
}


def plain(value: Any) -> str:
    """A field's value as its text box shows it."""
    return "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)


def field(name: str, control: Any, why: str, bounds: tuple[float, float] | None = None) -> html.Div:
    """One field: its title, its control, what it is in one line with its bounds, and room for what is wrong."""
    if bounds:
        why = f"{why} ({bounds[0]:,.10g} to {bounds[1]:,.10g})"
    return html.Div(
        [
            html.Label(FIELD_TITLES[name], htmlFor=f"train-{name}"),
            control,
            html.P(why, className="train-why", id=f"train-{name}-why"),
            trouble(name),
        ],
        className="train-field",
        id=f"train-{name}-field",
    )


def trouble(name: str) -> html.P:
    """Where it is said what is wrong with a field."""
    return html.P("", id=f"train-{name}-trouble", className="train-trouble", role="alert")


def number_box(name: str, value: Any) -> dbc.Input:
    """A box for a number. It is read as text, so that what can't be read is named and not dropped."""
    return dbc.Input(
        id=f"train-{name}",
        value=plain(value),
        type="text",
        inputmode="decimal",
        autocomplete="off",
        debounce=0.4,
        maxlength=20,
    )


def select(name: str, options: Mapping[str, Any], value: Any) -> dbc.Select:
    """A choice of one; `options` key -> title or (title, one line)."""
    titles = {key: told if isinstance(told, str) else told[0] for key, told in options.items()}
    return dbc.Select(
        id=f"train-{name}",
        options=[{"label": title, "value": key} for key, title in titles.items()],
        value=value,
    )


def radios(
    name: str, options: Mapping[str, tuple[Any, str]], value: Any, disabled: Mapping[str, str] | None = None
) -> dbc.RadioItems:
    """A choice of one, each with its line; `disabled` key -> why it can't be chosen."""
    return dbc.RadioItems(
        id=f"train-{name}", options=radio_options(options, disabled), value=value, className="train-choices"
    )


def radio_options(
    options: Mapping[str, tuple[Any, str]], disabled: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    disabled = disabled or {}
    return [
        {
            "label": [
                html.Span(title, className="choice-title"),
                html.Span(disabled.get(key, why), className="choice-why"),
            ],
            "value": key,
            "disabled": key in disabled,
        }
        for key, (title, why) in options.items()
    ]


def group(name: str, control: Any, title: str | None = None) -> html.Fieldset:
    """A field whose control is a set of radio buttons."""
    return html.Fieldset(
        [html.Legend(title or FIELD_TITLES[name]), control, trouble(name)],
        className="train-field",
        id=f"train-{name}-field",
    )


def step(key: str, *fields: Any) -> html.Section:
    title, line = STEPS[key]
    return html.Section(
        [html.H2(title), html.P(line, className="train-step-line"), *fields],
        className="panel train-step",
        **{"aria-label": title},
    )


def fields_side_by_side(*fields: Any) -> html.Div:
    return html.Div(list(fields), className="train-fields")


def embryo_chooser(sets: Mapping[str, int], real: int, total: int) -> html.Div:
    """Search, sets and a list to tick: how embryos are chosen, a few or hundreds."""
    return html.Div(
        [
            html.Div(
                [
                    html.P("", id="train-embryos-summary", className="chooser-summary", role="status"),
                    html.Div(
                        [
                            html.Button(
                                f"All real ({real:,})" if real else f"All ({total:,})",
                                id="train-choose-all",
                                className="btn btn-secondary",
                                type="button",
                            ),
                            html.Button(
                                "None", id="train-choose-none", className="btn btn-secondary", type="button"
                            ),
                            html.Div(
                                [
                                    html.Label(
                                        "Set", htmlFor="train-choose-set", className="visually-hidden"
                                    ),
                                    dbc.Select(
                                        id="train-choose-set",
                                        options=[
                                            {"label": "Choose a set …", "value": ""},
                                            *(
                                                {"label": f"{name} ({size:,})", "value": name}
                                                for name, size in sets.items()
                                            ),
                                        ],
                                        value="",
                                        placeholder="Choose a set …",
                                    ),
                                ],
                                hidden=not sets,
                                className="chooser-sets",
                            ),
                        ],
                        className="chooser-buttons",
                    ),
                ],
                className="chooser-head",
            ),
            html.Div(
                [
                    html.Label("Search embryos", htmlFor="train-search", className="visually-hidden"),
                    dbc.Input(
                        id="train-search",
                        type="search",
                        placeholder="Name, gene, strain, tag or a cell it follows",
                        debounce=0.25,
                        autocomplete="off",
                        maxlength=200,
                    ),
                    html.Button(
                        "", id="train-choose-found", className="btn btn-secondary", type="button", hidden=True
                    ),
                ],
                className="chooser-search",
            ),
            html.Fieldset(
                [
                    html.Legend("Embryos to choose", className="visually-hidden"),
                    dbc.Checklist(id="train-embryos", options=[], value=[], className="chooser-list"),
                    html.P("", id="train-more", className="quiet small"),
                ],
                className="chooser-box",
            ),
            trouble("embryos"),
        ],
        className="train-field train-chooser",
    )


def embryo_line(name: str, facts: Sequence[str], simulated: bool) -> list[Any]:
    """One embryo in the list to tick."""
    return [
        html.Span(name, className="choice-title"),
        html.Span("simulated", className="train-tag-word") if simulated else None,
        html.Span(" · ".join(fact for fact in facts if fact), className="choice-why"),
    ]


def form(
    values: Mapping[str, Any],
    *,
    presets: Mapping[str, tuple[str, str]],
    explained: Mapping[str, str],
    bounds: Mapping[str, tuple[float, float]],
    choices: Mapping[str, Mapping[str, tuple[str, str]]],
    chooser: Any,
) -> html.Div:
    """The whole form. `values` are a complete config's fields; `choices` field -> key -> (title, one line)."""

    def number(name: str) -> html.Div:
        return field(name, number_box(name, values[name]), explained[name], bounds[name])

    network = values["model"] if values["model"] in NETWORKS else "own"
    return html.Div(
        [
            html.Fieldset(
                [
                    html.Legend("Start from"),
                    dbc.RadioItems(
                        id="train-preset",
                        options=radio_options({key: _preset(key, *told) for key, told in presets.items()}),
                        value=values["preset"],
                        className="train-choices train-presets",
                    ),
                    trouble("preset"),
                ],
                className="preset-field",
            ),
            step("data", chooser, number("stop_at_cells")),
            step(
                "label",
                fields_side_by_side(
                    field(
                        "scheme", select("scheme", choices["scheme"], values["scheme"]), explained["scheme"]
                    ),
                    number("depth"),
                ),
                group("split", radios("split", choices["split"], values["split"])),
                field(
                    "resampling",
                    select("resampling", choices["resampling"], values["resampling"]),
                    explained["resampling"],
                ),
            ),
            step(
                "model",
                group("features", radios("features", choices["features"], values["features"])),
                fields_side_by_side(
                    html.Div(
                        [
                            html.Label("Network", htmlFor="train-network"),
                            select("network", NETWORKS, network),
                            html.Div(
                                [
                                    html.Label("Widths of its hidden layers", htmlFor="train-model"),
                                    dbc.Input(
                                        id="train-model",
                                        value=values["model"],
                                        type="text",
                                        autocomplete="off",
                                        debounce=0.4,
                                        maxlength=60,
                                    ),
                                ],
                                id="train-model-box",
                                hidden=network != "own",
                            ),
                            html.P(explained["model"], className="train-why"),
                            trouble("model"),
                        ],
                        className="train-field",
                    ),
                    number("epochs"),
                    number("batch_size"),
                    number("learning_rate"),
                ),
            ),
            html.Details(
                [
                    html.Summary("Advanced"),
                    html.Div(
                        [
                            fields_side_by_side(
                                number("validation_share"),
                                number("test_share"),
                                field(
                                    "names",
                                    select("names", choices["names"], values["names"]),
                                    explained["names"],
                                ),
                                field(
                                    "schedule",
                                    select("schedule", choices["schedule"], values["schedule"]),
                                    explained["schedule"],
                                ),
                                number("factor"),
                                number("patience"),
                                number("early_stop"),
                                number("seed"),
                            )
                        ]
                    ),
                ],
                id="train-advanced",
                className="panel train-advanced-box",
            ),
            html.Section(
                [
                    field(
                        "name",
                        dbc.Input(
                            id="train-name",
                            value=values["name"],
                            autocomplete="off",
                            debounce=0.4,
                            maxlength=200,
                        ),
                        explained["name"],
                    ),
                    field(
                        "notes",
                        dbc.Textarea(
                            id="train-notes", value=values["notes"], rows=2, debounce=0.4, maxlength=4000
                        ),
                        explained["notes"],
                    ),
                ],
                className="panel train-about",
                **{"aria-label": "Name and notes"},
            ),
        ],
        className="train-form",
    )


def _preset(key: str, title: str, why: str) -> tuple[Any, str]:
    if key != "published-2020":
        return title, why
    return [title, " ", html.Span("inflated", className="warning-word")], why


def estimate(
    plan: Mapping[str, Any],
    *,
    embryos: int,
    dates: int,
    inflated: str | None,
    meaning: str,
    changed: Sequence[str],
    has_test: bool,
) -> list[Any]:
    """What the run will do, from a plan's fields, and what its score will mean."""
    rows = f"{plan['rows']:,}"
    parts = [
        ("Embryos", f"{embryos:,} ({count(dates, 'date')})"),
        ("Rows", rows),
        ("After resampling", f"{plan['rows_after']:,}" if plan["rows_after"] != plan["rows"] else "the same"),
        ("Training, an epoch", f"{plan['train_rows']:,}"),
        ("Validation", f"{plan['validation_rows']:,}"),
        ("Test", f"{plan['test_rows']:,}" if has_test else "none"),
        ("Classes", f"{plan['classes']:,}"),
        ("Takes about", duration(plan["seconds"])),
    ]
    if plan["refused"]:
        parts = [*parts[:3], ("Classes", f"{plan['classes']:,}")]
    told: list[Any] = [
        html.Dl(
            [html.Div([html.Dt(name), html.Dd(value)]) for name, value in parts],
            className="run-facts",
        )
    ]
    if plan["refused"]:
        told.append(
            html.P(
                [html.Span("Can’t start: ", className="danger-word"), plan["refused"]], className="run-said"
            )
        )
    if inflated:
        told.append(
            html.P(
                [html.Span("Inflated score: ", className="warning-word"), inflated + "."],
                className="run-said",
            )
        )
    elif meaning:
        told.append(html.P(meaning, className="run-said quiet"))
    if changed:
        told.append(html.P(f"Changed from the preset: {', '.join(changed)}.", className="run-said quiet"))
    if plan["notes"]:
        told.append(html.Ul([html.Li(note) for note in plan["notes"]], className="train-notes"))
    return told
