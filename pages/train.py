"""A new run: presets, three steps, and what it will do before it starts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import dash
import dash_bootstrap_components as dbc
from dash import Input, Output, State, ctx, dcc, html, no_update

from components import frame, run_form
from components.run_words import FIELD_TITLES, count
from services import labels
from services.embryos import Embryo, NoSuchEmbryo, NoSuchSet
from services.lab import Lab
from services.run_config import dates_of, default_split
from services.runs import (
    BOUNDS,
    FEATURE_SETS,
    FIELDS,
    NAMES,
    PRESETS,
    SCHEDULES,
    SPLITS,
    BadConfig,
    NoSuchRun,
    RunConfig,
    complete,
    inflated,
    plan,
)

LISTED = 40  # embryos in the list to tick; the search finds the others
FORM = (*run_form.CHOICES, *run_form.NUMBERS, "model", *run_form.TEXTS)
REAL = {"source": {"filterType": "text", "type": "notEqual", "filter": "simulated"}}
MEANING = {
    "embryo": "The score will say how well embryos of dates that were never seen are read.",
    "cell": "The score will say how well cells are read whose names were never seen: a diagnosis, and no "
    "headline. Classes that have no cell in training can only be answered wrongly.",
    "row": "",
}
TRAINING_ONLY = labels.RESAMPLINGS.keys() - {"none", "oversample-before-split"}
CHOICES: dict[str, Mapping[str, tuple[str, str]]] = {
    "scheme": labels.SCHEMES,
    "split": SPLITS,
    "resampling": labels.RESAMPLINGS,
    "features": FEATURE_SETS,
    "names": NAMES,
    "schedule": SCHEDULES,
}


def register(app: dash.Dash, lab: Lab) -> None:
    """Add the page to `app`."""
    dash.register_page(
        "train", path="/train", title="Train · Blastoscope", layout=lambda **query: layout(lab, query)
    )

    @app.callback(
        Output("train-chosen", "data"),
        Output("train-embryos", "options"),
        Output("train-embryos", "value"),
        Output("train-more", "children"),
        Output("train-choose-found", "children"),
        Output("train-choose-found", "hidden"),
        Output("train-choose-set", "value"),
        Input("train-embryos", "value"),
        Input("train-search", "value"),
        Input("train-choose-all", "n_clicks"),
        Input("train-choose-none", "n_clicks"),
        Input("train-choose-found", "n_clicks"),
        Input("train-choose-set", "value"),
        State("train-embryos", "options"),
        State("train-chosen", "data"),
    )
    def choose(
        ticked: list[str] | None,
        search: str | None,
        _all: int | None,
        _none: int | None,
        _found: int | None,
        set_name: str | None,
        listed: list[dict[str, Any]],
        chosen: list[str],
    ) -> tuple[Any, ...]:
        search = (search or "").strip()
        found = lab.embryos.matching(search)
        match ctx.triggered_id:
            case "train-embryos":
                offered = {option["value"] for option in listed}
                kept = [id for id in chosen if id not in offered or id in (ticked or [])]
                chosen = kept + [id for id in ticked or [] if id not in chosen]
            case "train-choose-all":
                chosen = everything(lab)
            case "train-choose-none":
                chosen = []
            case "train-choose-found":
                chosen = list(dict.fromkeys([*chosen, *found]))
            case "train-choose-set" if set_name:
                chosen = lab.embryos.choose(f"set:{set_name}")
        shown = [option["value"] for option in listed or []]
        if ctx.triggered_id != "train-embryos" or not shown:  # what is ticked stays where it stands
            found.sort(key=lambda id: id not in set(chosen))
            shown = found[:LISTED]
        in_list = [id for id in shown if id in set(found)]
        options = [embryo_option(embryo) for embryo in lab.embryos.get_many(in_list)]
        more = len(found) - len(in_list)
        hint = (
            f"and {more:,} more: search to narrow the list" if more > 0 else "" if found else "Nothing found."
        )
        return (
            chosen,
            options,
            [id for id in in_list if id in set(chosen)],
            hint,
            f"Choose the {len(found):,} found",
            not search or not found or set(found) <= set(chosen),
            "",
        )

    @app.callback(
        {field: Output(f"train-{field}", "value") for field in (*FORM, "network") if field != "preset"},
        Input("train-preset", "value"),
        State("train-chosen", "data"),
        State("train-name", "value"),
        State("train-notes", "value"),
        prevent_initial_call=True,
    )
    def fill(preset: str | None, chosen: list[str], name: str, notes: str) -> dict[str, Any]:
        values = start_values(preset, embryos_of(lab, chosen)) | {"name": name, "notes": notes}
        told = {field: run_form.plain(values[field]) for field in FORM if field != "preset"}
        return told | {"network": network_of(values["model"])}

    @app.callback(
        Output("train-split", "value", allow_duplicate=True),
        Output("train-preset", "value"),
        Output("train-split", "options"),
        Output("train-embryos-summary", "children"),
        Output("train-chosen-split", "data"),
        Input("train-chosen", "data"),
        State("train-split", "value"),
        State("train-preset", "value"),
        State("train-chosen-split", "data"),
        prevent_initial_call="initial_duplicate",
    )
    def follow_choice(chosen: list[str], split: str, preset: str | None, before: str) -> tuple[Any, ...]:
        embryos = embryos_of(lab, chosen)
        now, disabled = default_split(embryos), split_hindrances(embryos)
        new = now if split == before or split in disabled else split
        if new == split:
            new_split, new_preset = no_update, no_update
        else:
            gone = preset in PRESETS and PRESETS[preset][2].get("split") == split
            new_split, new_preset = new, None if gone else no_update
        return new_split, new_preset, run_form.radio_options(SPLITS, disabled), summary(embryos), now

    @app.callback(
        Output("train-model", "value", allow_duplicate=True),
        Output("train-model-box", "hidden"),
        Input("train-network", "value"),
        State("train-model", "value"),
        prevent_initial_call=True,
    )
    def widths(network: str, model: str) -> tuple[Any, bool]:
        if network == "own":
            return ("256-128-64" if model in run_form.NETWORKS else no_update), False
        return network, True

    @app.callback(
        {
            "estimate": Output("train-estimate", "children"),
            "disabled": Output("train-start", "disabled"),
            "resampling": Output("train-resampling-why", "children"),
            "scheme": Output("train-scheme-why", "children"),
            "schedule": Output("train-schedule-why", "children"),
            "no_depth": Output("train-depth-field", "hidden"),
            "open": Output("train-advanced", "open"),
            "troubles": {field: Output(f"train-{field}-trouble", "children") for field in ("embryos", *FORM)},
        },
        {
            "values": {field: Input(f"train-{field}", "value") for field in FORM},
            "chosen": Input("train-chosen", "data"),
            "opened": State("train-advanced", "open"),
        },
    )
    def estimate(values: dict[str, Any], chosen: list[str], opened: bool | None) -> dict[str, Any]:
        told, troubles = look_ahead(lab, values, chosen)
        return {
            "estimate": told,
            "disabled": bool(troubles),
            "resampling": line_of("resampling", values["resampling"]),
            "scheme": line_of("scheme", values["scheme"]),
            "schedule": line_of("schedule", values["schedule"]),
            "no_depth": values["scheme"] not in labels.DEFAULT_DEPTH,
            "open": True if troubles.keys() & set(run_form.ADVANCED) else bool(opened),
            "troubles": {field: troubles.get(field, "") for field in ("embryos", *FORM)},
        }

    @app.callback(
        Output("train-go", "href"),
        Output("train-refused", "children"),
        Input("train-start", "n_clicks"),
        {field: State(f"train-{field}", "value") for field in FORM},
        State("train-chosen", "data"),
        prevent_initial_call=True,
        running=[(Output("train-start", "disabled"), True, False)],
    )
    def start(clicks: int | None, values: dict[str, Any], chosen: list[str]) -> tuple[Any, str]:
        if not clicks:
            return no_update, ""
        try:
            id = lab.runs.create(config_of(values, chosen), lab.embryos)
        except BadConfig as bad:
            return no_update, f"{FIELD_TITLES.get(bad.field, bad.field)}: {bad.message}"
        return app.get_relative_path(f"/runs/{id}"), ""


# ---- layout


def layout(lab: Lab, query: Mapping[str, str]) -> Any:
    """The form, filled from `?embryos=…` or from the run that `?clone=…` names."""
    try:
        chosen, values, said = beginning(lab, query)
    except (NoSuchEmbryo, NoSuchSet, NoSuchRun) as none:
        what = "run" if isinstance(none, NoSuchRun) else "choice of embryos"
        return frame.message(
            f"This {what} isn’t here",
            "Somebody may have deleted it, or the address is incomplete.",
            dbc.Button("A new run from the start", href=dash.get_relative_path("/train"), color="primary"),
        )
    if not lab.embryos.count():
        return frame.message(
            "There are no embryos to learn from yet",
            "Bring in a CD file first: drop it on the page of embryos.",
            dbc.Button("Embryos", href=dash.get_relative_path("/"), color="primary"),
        )
    chooser = run_form.embryo_chooser(
        lab.embryos.sets(), lab.embryos.count(real_only=True), lab.embryos.count()
    )
    return html.Div(
        [
            dcc.Location(id="train-go", refresh="callback-nav"),
            dcc.Store(id="train-chosen", data=chosen),
            dcc.Store(id="train-chosen-split", data=default_split(embryos_of(lab, chosen))),
            html.Div(
                [
                    html.H1("New run", className="visually-hidden"),
                    html.P(said, className="run-said", role="status") if said else None,
                    run_form.form(
                        values,
                        presets={key: told[:2] for key, told in PRESETS.items()},
                        explained=FIELDS,
                        bounds=BOUNDS,
                        choices=CHOICES,
                        chooser=chooser,
                    ),
                ]
            ),
            html.Aside(
                [
                    html.H2("What it will do"),
                    html.Div(id="train-estimate", **{"aria-live": "polite"}),
                    html.P("", id="train-refused", className="train-trouble", role="alert"),
                    dbc.Button("Start training", id="train-start", color="primary", disabled=True),
                ],
                className="panel train-side",
                **{"aria-label": "What the run will do"},
            ),
        ],
        className="train",
    )


def beginning(lab: Lab, query: Mapping[str, str]) -> tuple[list[str], dict[str, Any], str]:
    """Chosen ids, the fields' values, and a sentence about where they come from."""
    clone = query.get("clone")
    if clone:
        if not re.fullmatch("[a-z0-9]{1,10}", clone):
            raise NoSuchRun(clone)
        run = lab.runs.get(clone)
        there = set(lab.embryos.matching())
        chosen = [id for id in run.config["embryos"] if id in there]
        said = f"Filled in from {run.title}."
        missing = len(run.config["embryos"]) - len(chosen)
        if missing:
            said += (
                f" {count(missing, 'embryo')} of it {'is' if missing == 1 else 'are'} deleted and left out."
            )
        return chosen, {**defaults(), **run.config, "name": ""}, said
    chosen = lab.embryos.choose(query["embryos"]) if query.get("embryos") else everything(lab)
    embryos = embryos_of(lab, chosen)
    preset = "held-out-embryos" if default_split(embryos) == "embryo" else None
    return chosen, start_values(preset, embryos), ""


def everything(lab: Lab) -> list[str]:
    """All real embryos; the simulated ones where there is no real one."""
    return lab.embryos.matching("", REAL) or lab.embryos.matching()


def embryos_of(lab: Lab, ids: Sequence[str]) -> list[Embryo]:
    """Embryos by id; those that were deleted meanwhile are left out."""
    try:
        return lab.embryos.get_many(ids)
    except NoSuchEmbryo:
        there = set(lab.embryos.matching())
        return lab.embryos.get_many([id for id in ids if id in there])


def embryo_option(embryo: Embryo) -> dict[str, Any]:
    facts = (embryo.gene, embryo.date, f"{embryo.start_cells} to {embryo.max_cells} cells")
    return {
        "label": run_form.embryo_line(embryo.name, facts, embryo.source == "simulated"),
        "value": embryo.id,
    }


def summary(embryos: Sequence[Embryo]) -> str:
    """How many embryos are chosen, of how many dates."""
    if not embryos:
        return "No embryo is chosen"
    simulated = sum(embryo.source == "simulated" for embryo in embryos)
    said = (
        f"{count(len(embryos), 'embryo')} of {count(len(set(dates_of(embryos).values())), 'recording date')}"
    )
    if simulated:
        said += ", simulated" if simulated == len(embryos) else f", {simulated:,} simulated"
    return said


def split_hindrances(embryos: Sequence[Embryo]) -> dict[str, str]:
    """Splits that these embryos don't allow, each with why and what it means."""
    if len(embryos) == 1:
        return {
            "embryo": "one embryo alone can only be split by row or by cell: its score says nothing about "
            "other embryos. Choose more to hold some out"
        }
    dates = len(set(dates_of(embryos).values()))
    if dates < 3:
        return {
            "embryo": f"these embryos have {count(dates, 'recording date')}, and training, validation and test "
            "need one each: choose embryos of other dates"
        }
    return {}


# ---- the fields


def defaults() -> dict[str, Any]:
    return {name: told.default for name, told in RunConfig.model_fields.items() if name != "embryos"}


def start_values(preset: str | None, embryos: Sequence[Embryo]) -> dict[str, Any]:
    """All fields as a preset sets them, else as they are by default."""
    own = PRESETS[preset][2] if preset in PRESETS else {}
    return defaults() | {"split": default_split(embryos)} | own | {"preset": preset}


def line_of(field: str, key: str | None) -> str:
    """The one line about a choice."""
    line = CHOICES[field].get(key or "", ("", ""))[1]
    return f"{line}; in the training part only" if field == "resampling" and key in TRAINING_ONLY else line


def network_of(model: str) -> str:
    return model if model in run_form.NETWORKS else "own"


def config_of(values: Mapping[str, Any], chosen: Sequence[str]) -> dict[str, Any]:
    """What the form says, as a run's config; a number that can't be read stays text, for `complete` to name."""
    config: dict[str, Any] = {"embryos": list(chosen)}
    for field in FORM:
        value = values[field]
        if field in run_form.NUMBERS:
            value = number(value)
        config[field] = None if value == "" and field not in run_form.TEXTS else value
    config["name"], config["notes"] = config["name"] or "", config["notes"] or ""
    if config["scheme"] not in labels.DEFAULT_DEPTH:
        config["depth"] = None
    return config


def number(text: Any) -> Any:
    """The number that a box holds; the text itself where it is none."""
    text = str(text or "").strip()
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def look_ahead(lab: Lab, values: Mapping[str, Any], chosen: Sequence[str]) -> tuple[Any, dict[str, str]]:
    """What the run will do, and field -> what is wrong with it."""
    embryos = embryos_of(lab, chosen)
    given = config_of(values, [embryo.id for embryo in embryos])
    empty = [field for field in run_form.NUMBERS if values[field] in (None, "") and field != "depth"]
    troubles = dict.fromkeys(empty, "a number is missing here")
    try:
        if not troubles:
            config = complete(given, embryos)
            found = plan(lab, config)
    except BadConfig as bad:
        troubles[bad.field if bad.field in (*FORM, "embryos") else "preset"] = bad.message
    if troubles:
        named = ", ".join(FIELD_TITLES[field].lower() for field in troubles)
        return html.P(f"Something has to be put right first: {named}.", className="run-said quiet"), troubles
    told = run_form.estimate(
        asdict(found),
        embryos=len(embryos),
        dates=len(set(dates_of(embryos).values())),
        inflated=inflated(config),
        meaning=MEANING[config.split],
        changed=changed_fields(config),
        has_test=config.test_share > 0,
    )
    if found.refused:
        troubles[found.refused_field] = found.refused
    return told, troubles


def changed_fields(config: RunConfig) -> list[str]:
    """Titles of the fields that differ from what the config's preset sets."""
    own = PRESETS[config.preset][2] if config.preset else {}
    told = config.model_dump()
    return [FIELD_TITLES[field].lower() for field, value in own.items() if told[field] != value]
