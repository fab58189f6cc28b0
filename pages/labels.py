"""`/labels`: how unbalanced a label is, what it means, and what resampling makes of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import dash
import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from components import frame, label_choice, labels_figures, look
from components.imbalance_numbers import counted, numbers
from components.label_choice import PICK
from components.lineage_diagram import tree
from services import labels, lineage
from services.cell_counts import CellCounts
from services.embryos import NoSuchEmbryo, NoSuchSet
from services.lab import Lab
from services.labels import RESAMPLINGS, LabelClass, Resampled, Scheme

MOST_FOUND = 30  # embryos that a search offers at once
MOST_PICKED = 100  # picked ones that are listed; an address may hold more
MOST_TRAINED = 5_000_000  # rows after resampling that training takes
EXAMPLES = ("ABplapaa", "MSaapp", "EMS", "E", "Ealp", "Cpap", "Daa", "Z2")
MARKS = (("solid", "distinct recorded rows"), ("pale", "made or drawn again"), ("hatched", "copies"))
ID = re.compile(r"[a-z0-9]{1,10}")


@dataclass(frozen=True)
class View:
    """What the address asks for. `embryos` as `EmbryoStore.choose` reads it; `kind` is never "full"."""

    embryos: str
    kind: str = "prefix"
    depth: int = 3
    resampling: str = "oversample"
    log: bool = False

    @classmethod
    def of(cls, query: Mapping[str, Any], default: str) -> "View":
        """What is understood of a query string; the rest takes its default."""
        try:
            scheme = Scheme.parse(str(query.get("scheme") or "prefix"), query.get("depth"))
        except ValueError:
            scheme = Scheme.parse("prefix")
        resampling = str(query.get("resampling") or "")
        return cls(
            embryos=str(query.get("embryos") or default)[:4000],
            kind="prefix" if scheme.kind == "full" else scheme.kind,
            depth=labels.DEEPEST if scheme.kind == "full" else scheme.depth or 0,
            resampling=resampling if resampling in RESAMPLINGS else "oversample",
            log=query.get("log") == "1",
        )

    @property
    def picked(self) -> list[str]:
        """Ids that were picked one by one."""
        if self.embryos in ("all", "real") or self.embryos.startswith("set:"):
            return []
        return [part for part in self.embryos.split(",") if ID.fullmatch(part)]


def depths(kind: str, names: Sequence[str]) -> tuple[int, int]:
    """Least and greatest depth that makes a difference for `names`."""
    if kind == "ancestor":
        return 0, max((lineage.generation(name) or 0 for name in names), default=1) or 1
    return 1, max((len(name) for name in names), default=1)


def scheme_of(kind: str, depth: int, deepest: int) -> Scheme:
    """The scheme that the controls mean: a compact name as long as the longest name is the full name."""
    if kind == "prefix" and depth >= deepest:
        return Scheme("full")
    return Scheme(kind) if kind == "founder" else Scheme(kind, depth)


def meaning(scheme: Scheme) -> str:
    """The label in one sentence or two."""
    match scheme.kind:
        case "prefix":
            first = "first character" if scheme.depth == 1 else f"first {scheme.depth} characters"
            return (
                f"The {first} of the cell's name. A class may be a whole sublineage or one early cell: "
                "depths mix."
            )
        case "founder":
            return "The founder cell that it descends from; cells before the founders keep their own names."
        case "ancestor":
            return (
                f"The ancestor that was born at generation {scheme.depth} (P0 is 0). "
                "Cells born earlier keep their own names."
            )
    return "The cell's own name: as many classes as cells."


def depth_words(scheme: Scheme) -> str:
    if scheme.kind == "full":
        return "full name"
    if scheme.kind == "ancestor":
        return f"generation {scheme.depth}"
    return f"{scheme.depth} character{'' if scheme.depth == 1 else 's'}"


def what_words(embryos: int, simulated: int, cells: int, unnamed_rows: int) -> list[Any]:
    """What is counted, and what a reader must know about it."""
    said: list[Any] = [f"{counted(embryos, 'embryo')}, {counted(cells, 'cell name')}."]
    if simulated:
        each = "simulated" if simulated == embryos else f"{simulated:,} of them simulated"
        said += [" ", html.Span(f"{each[0].upper()}{each[1:]}.", className="warning-word")]
    if unnamed_rows:
        said.append(f" {counted(unnamed_rows, 'row')} of nuclei without a lineage name.")
    return said


def resampling_words(
    classes: Sequence[LabelClass], after: Mapping[str, Resampled], resampling: str
) -> list[Any]:
    """What a resampling does to these classes, with what is dangerous about it."""
    before, then = sum(each.rows for each in classes), sum(each.rows for each in after.values())
    said: list[Any] = [f"{RESAMPLINGS[resampling][1].capitalize()}. "]
    if then != before:
        said.append(f"{counted(before, 'row')} become {then:,}. ")
    thin = max(after, key=lambda label: after[label].rows / max(after[label].distinct, 1))
    if after[thin].rows > after[thin].distinct:
        behind = counted(after[thin].distinct, "distinct row")
        stands = "stands" if after[thin].distinct == 1 else "stand"
        said.append(f"Thinnest: {behind} {stands} behind the {after[thin].rows:,} of {thin}. ")
    if resampling == "smote":
        small = [f"{label} ({each.distinct})" for label, each in after.items() if each.copied]
        if small:
            said.append(f"Too small for SMOTE's neighbours, so copied instead: {_listed(small)}. ")
    if resampling == "oversample-before-split":
        said.append(html.Span("Scores are inflated. ", className="warning-word"))
    if then > MOST_TRAINED:
        said.append(
            html.Span(
                f"Over {MOST_TRAINED:,} rows: training refuses that many; a weighted sampler does the same "
                "without copies. ",
                className="warning-word",
            )
        )
    return said


def _listed(words: Sequence[str], most: int = 24) -> str:
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def shown(now: "Counted") -> dict[str, Any]:
    """What the browser draws itself: the table, the lineage's colours, and the address."""
    scheme = now.scheme
    index = {each.label: number for number, each in enumerate(now.classes)}
    order = {label: place for place, label in enumerate(lineage.in_order(index))}
    names = tree()["names"]
    return {
        "classes": [
            {**vars(each), "order": order[each.label], "after": now.after[each.label]._asdict()}
            for each in now.classes
        ],
        "of_cell": [
            index.get(labels.label_of(name, scheme), -1) if name in now.rows_of else -1 for name in names
        ],
        "resampling": RESAMPLINGS[now.view.resampling][0],
        "file": f"labels {scheme.kind}{'' if scheme.depth is None else f' {scheme.depth}'}",
        "query": query_of(now.view, scheme),
    }


def query_of(view: View, scheme: Scheme) -> str:
    """The query string that shows this view again."""
    told: dict[str, Any] = {"embryos": view.embryos, "scheme": scheme.kind}
    if scheme.depth is not None:
        told["depth"] = scheme.depth
    if view.resampling != "oversample":
        told["resampling"] = view.resampling
    if view.log:
        told["log"] = 1
    return urlencode(told, safe=":,")


def register(app: Dash, lab: Lab) -> None:
    """Add the page and its callbacks to `app`."""
    counts = CellCounts(lab.engine, lab.settings.data / "cache" / "cell-counts")

    def page(**query: Any) -> Any:
        everything = lab.embryos.count()
        if not everything:
            return frame.message(
                "There are no embryos yet",
                "Labels are counted over embryos. Import a CD file first.",
                dbc.Button("Import embryos", href=app.get_relative_path("/"), color="primary"),
            )
        real = lab.embryos.count(real_only=True)
        view = View.of(query, "real" if real else "all")
        return layout(view, everything, real, lab.embryos.sets())

    dash.register_page("labels", path="/labels", title="Labels · Blastoscope", layout=page)
    _add_picking(app, lab)
    _add_counting(app, lab, counts)


def layout(view: View, everything: int, real: int, sets: Mapping[str, int]) -> html.Div:
    """The page as it is before the first count has come."""
    chosen = PICK if view.picked else view.embryos
    if chosen == "real" and real in (0, everything):
        chosen = "all"
    known = ("all", "real", PICK) if 0 < real < everything else ("all", PICK)
    also = "" if chosen in known or chosen.removeprefix("set:") in sets else chosen
    least = 0 if view.kind == "ancestor" else 1
    return html.Div(
        [
            html.H1("Labels", className="visually-hidden"),
            label_choice.choice(
                label_choice.embryo_options(everything, real, sets, also),
                chosen,
                view.picked,
                view.kind,
                view.depth,
                (least, max(view.depth, 12)),
            ),
            html.Div(
                [
                    html.Div(id="labels-trouble", role="alert"),
                    html.Section(
                        [
                            html.H2("What the label means in the lineage"),
                            html.Div(id="labels-tree", className="labels-tree"),
                            html.P(id="labels-tree-word", className="quiet small labels-tree-word"),
                        ],
                        className="panel",
                    ),
                    html.Section(
                        [
                            html.Div(
                                [
                                    html.H2("Rows of each class"),
                                    dbc.Switch(id="labels-log", label="Log axis", value=view.log),
                                ],
                                className="labels-head",
                            ),
                            _graph("bars"),
                        ],
                        className="panel",
                    ),
                    html.Section(
                        [
                            html.Div(
                                [
                                    html.H2(html.Label("What resampling does", htmlFor="labels-resampling")),
                                    dbc.Select(
                                        id="labels-resampling",
                                        options=[
                                            {"label": title, "value": key}
                                            for key, (title, _words) in RESAMPLINGS.items()
                                        ],
                                        value=view.resampling,
                                    ),
                                ],
                                className="labels-head",
                            ),
                            _graph("after"),
                            html.P(
                                [
                                    html.Span([html.Span(className=f"mark {mark}"), words])
                                    for mark, words in MARKS
                                ],
                                className="quiet small labels-legend",
                            ),
                            html.P(id="labels-after-word", className="small", role="status"),
                        ],
                        className="panel",
                    ),
                    html.Section(
                        [
                            html.H2("Shares, along the lineage"),
                            _graph("shares"),
                        ],
                        className="panel",
                    ),
                    html.Section(
                        [
                            html.Div(
                                [
                                    html.H2("Every class"),
                                    html.Div(
                                        [
                                            html.Button(
                                                "Copy",
                                                id="labels-copy",
                                                className="btn btn-secondary btn-sm",
                                                type="button",
                                            ),
                                            html.Button(
                                                "Download CSV",
                                                id="labels-csv",
                                                className="btn btn-secondary btn-sm",
                                                type="button",
                                            ),
                                        ],
                                        className="actions",
                                    ),
                                ],
                                className="labels-head",
                            ),
                            html.Div(id="labels-table", className="labels-table", tabIndex=0),
                        ],
                        className="panel",
                    ),
                ],
                className="labels-main",
            ),
            html.Section([html.H2("Imbalance"), html.Div(id="labels-numbers")], className="labels-edge"),
            dcc.Store(id="labels-tree-data", data=tree()),
            dcc.Store(id="labels-shown"),
            dcc.Store(id="labels-drawn"),
            dcc.Store(id="labels-pointed"),
        ],
        className="labels",
    )


def _graph(name: str) -> html.Div:
    """A graph that fills its place; the style sheet gives the place a height."""
    graph = dcc.Graph(
        id=f"labels-{name}", responsive=True, clear_on_unhover=True, config={"displayModeBar": False}
    )
    return html.Div(graph, className=f"labels-{name}")


def _add_picking(app: Dash, lab: Lab) -> None:
    @app.callback(
        Output("labels-pick", "options"),
        Output("labels-pick", "value"),
        Output("labels-pick-word", "children"),
        Output("labels-pick-part", "hidden"),
        Input("labels-pick-search", "value"),
        Input("labels-embryos", "value"),
        State("labels-picked", "data"),
    )
    def offer(search: str | None, chosen: str, picked: list[str]) -> tuple[Any, ...]:
        if chosen != PICK:
            return [], [], "", True
        found, total = lab.embryos.page(search=(search or "")[:200], limit=MOST_FOUND)
        ticked = []
        for id in picked[:MOST_PICKED]:
            try:
                ticked.append(lab.embryos.get(id))
            except NoSuchEmbryo:
                continue
        rest = [embryo for embryo in found if embryo.id not in picked]
        options = [{"label": embryo.name, "value": embryo.id} for embryo in [*ticked, *rest]]
        word = f"{counted(total, 'embryo')} found"
        if total > len(found):
            word += f", the first {len(found)} are listed: search for more"
        return options, [embryo.id for embryo in ticked], word, False

    @app.callback(
        Output("labels-picked", "data"),
        Input("labels-pick", "value"),
        State("labels-pick", "options"),
        State("labels-picked", "data"),
        prevent_initial_call=True,
    )
    def pick(ticked: list[str], options: list[dict[str, str]], picked: list[str]) -> Any:
        listed = {option["value"] for option in options}
        if not listed:
            return dash.no_update
        now = [id for id in picked if id not in listed or id in ticked]
        now += [id for id in ticked if id not in now]
        return now if now != picked else dash.no_update


@dataclass(frozen=True)
class Counted:
    """What the controls ask for, counted: classes hold label, rows and colour together."""

    view: View
    scheme: Scheme
    depths: tuple[int, int]
    ids: Sequence[str]
    rows_of: Mapping[str, int]
    classes: Sequence[LabelClass]
    after: Mapping[str, Resampled]
    trouble: str = ""


def counted_for(
    lab: Lab,
    counts: CellCounts,
    chosen: str,
    picked: Sequence[str],
    kind: str,
    depth: Any,
    log: bool,
    resampling: str,
) -> Counted:
    """Read the controls and count. Embryos that aren't there leave nothing counted, and `trouble` says so."""
    embryos, trouble = ",".join(picked) if chosen == PICK else chosen, ""
    try:
        ids = lab.embryos.choose(embryos)
        trouble = "" if ids else "Pick an embryo on the left, or choose all of them."
    except (NoSuchEmbryo, NoSuchSet) as none:
        ids, trouble = [], str(none)
    cell_rows = counts.of(ids)
    rows_of = dict(zip(cell_rows["cell"].tolist(), cell_rows["rows"].tolist(), strict=True))
    least, most = depths(kind, list(rows_of) or list(lineage.reference().index))
    depth = min(max(int(float(depth or least)), least), most)
    scheme = scheme_of(kind, depth, most)
    found = labels.classes(cell_rows, scheme)
    resampling = resampling if resampling in RESAMPLINGS else "none"
    return Counted(
        view=View(embryos, kind, depth, resampling, bool(log)),
        scheme=scheme,
        depths=(least, most),
        ids=ids,
        rows_of=rows_of,
        classes=found,
        after=labels.after_resampling({each.label: each.rows for each in found}, resampling),
        trouble=trouble,
    )


CONTROLS = (
    ("labels-embryos", "value"),
    ("labels-picked", "data"),
    ("labels-scheme", "value"),
    ("labels-depth", "value"),
    ("labels-log", "value"),
    ("labels-resampling", "value"),
)


def _add_counting(app: Dash, lab: Lab, counts: CellCounts) -> None:
    @app.callback(
        Output("labels-shown", "data"),
        Output("labels-numbers", "children"),
        Output("labels-what", "children"),
        Output("labels-after-word", "children"),
        Output("labels-meaning", "children"),
        Output("labels-examples", "children"),
        Output("labels-depth-word", "children"),
        Output("labels-depth", "min"),
        Output("labels-depth", "max"),
        Output("labels-depth-part", "hidden"),
        Output("labels-onward", "children"),
        Output("labels-trouble", "children"),
        *(Input(*control) for control in CONTROLS),
    )
    def tell(*controls: Any) -> tuple[Any, ...]:
        return _told(app, lab, counted_for(lab, counts, *controls))

    # The lineage follows the slider at once. It says when the reader has settled, and then figures are drawn.
    app.clientside_callback(
        ClientsideFunction("labels", "show"),
        Output("labels-drawn", "data"),
        Input("labels-shown", "data"),
        State("labels-tree-data", "data"),
    )

    @app.callback(
        Output("labels-bars", "figure"),
        Output("labels-after", "figure"),
        Output("labels-shares", "figure"),
        Input("labels-drawn", "data"),
        *(State(*control) for control in CONTROLS),
        prevent_initial_call=True,
    )
    def draw(_settled: Any, *controls: Any) -> tuple[Any, ...]:
        now = counted_for(lab, counts, *controls)
        theme = look.theme_of_request()
        return (
            labels_figures.bars(now.classes, theme, now.view.log),
            labels_figures.before_and_after(now.classes, now.after, theme, now.view.log),
            labels_figures.treemap(now.classes, theme),
        )

    app.clientside_callback(
        ClientsideFunction("labels", "point"),
        Output("labels-pointed", "data"),
        Input("labels-bars", "hoverData"),
        Input("labels-after", "hoverData"),
        prevent_initial_call=True,
    )


def _told(app: Dash, lab: Lab, now: Counted) -> tuple[Any, ...]:
    """Everything that is said in words and numbers, in the order of the callback's outputs."""
    by_label = {each.label: each for each in now.classes}
    told = labels.imbalance({each.label: each.rows for each in now.classes})
    unnamed = sum(rows for name, rows in now.rows_of.items() if not lineage.is_sulston(name))
    examples = []
    for name in EXAMPLES:
        label = labels.label_of(name, now.scheme)
        colour = by_label[label].colour if label in by_label else lineage.colour_group(name)
        examples.append((name, label, colour))
    train = app.get_relative_path(f"/train?{query_of(now.view, now.scheme)}")
    return (
        shown(now),
        numbers(told, now.classes[0].label, now.classes[-1].label) if now.classes else None,
        what_words(len(now.ids), _simulated(lab, now.ids), len(now.rows_of), unnamed),
        resampling_words(now.classes, now.after, now.view.resampling) if now.classes else "",
        meaning(now.scheme),
        label_choice.examples(examples),
        depth_words(now.scheme),
        *now.depths,
        now.view.kind == "founder",
        html.A("Train with this label", href=train) if now.classes else None,
        frame.message("Nothing to count", now.trouble) if now.trouble else None,
    )


def _simulated(lab: Lab, ids: Sequence[str]) -> int:
    """How many of `ids` were simulated."""
    return len(set(ids) - set(lab.embryos.choose("real")))
