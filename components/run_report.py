"""What a run found, laid out: scores beside the baseline, who was taken for whom, what to take away."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import confusion
from components.run_words import count, protocol, score

SCORES = (("accuracy", "Accuracy"), ("balanced_accuracy", "Balanced accuracy"), ("macro_f1", "Macro-F1"))
ORDERS = {"lineage": "in lineage order", "recall": "worst recall first", "support": "most rows first"}


def report(
    found: Mapping[str, Any],
    *,
    config: Mapping[str, Any],
    best: Mapping[str, float],
    theme: str,
    notices: Sequence[str],
) -> list[Any]:
    """The whole report. `found` is a run's report.json, `best` the run's best metrics by tag."""
    inflated = found["inflated"]
    return [
        html.Div(
            [
                html.Section(
                    [
                        html.H2(["What it found ", _protocol(config, inflated)]),
                        scores_table(found, best, inflated),
                        *_sentences(found, config),
                        *(html.P(notice, className="run-notice") for notice in notices),
                        html.H2("Methods"),
                        html.P(found["methods"], id="run-methods", className="run-methods-text"),
                        html.Button(
                            "Copy the methods text",
                            className="btn btn-secondary",
                            type="button",
                            **{"data-copies": "run-methods"},
                        ),
                    ],
                    className="panel",
                    **{"aria-label": "Scores"},
                ),
                html.Section(
                    [
                        html.H2("Who was taken for whom"),
                        html.P(
                            "Each row is a true class, in lineage order; colour is the share of its rows that got "
                            "an answer. A class without a row here is blank.",
                            className="quiet small",
                        ),
                        dcc.Graph(
                            figure=confusion.matrix_figure(
                                found["confusion"], found["classes"], theme, found.get("unknown_answers", ())
                            ),
                            config={"displaylogo": False, "responsive": True},
                            className="run-confusion",
                        ),
                    ],
                    className="panel",
                    **{"aria-label": "Confusion matrix"},
                ),
            ],
            className="report-top",
        ),
        html.Section(
            [
                html.Div(
                    [
                        html.H2(f"Recall of each class, on the {found['part']} part"),
                        html.Label(
                            "Order of the classes", htmlFor="run-class-order", className="visually-hidden"
                        ),
                        dbc.Select(
                            id="run-class-order",
                            options=[{"label": title, "value": key} for key, title in ORDERS.items()],
                            value="lineage",
                        ),
                    ],
                    className="run-section-head",
                ),
                html.Div(class_table(found["per_class"]), id="run-classes"),
            ],
            className="panel",
            **{"aria-label": "Recall of each class"},
        ),
    ]


def _protocol(config: Mapping[str, Any], inflated: str | None) -> html.Span:
    """The protocol as a word beside the scores; a warning where it inflates them."""
    return html.Span(protocol(config, inflated), className="warning-word" if inflated else "run-protocol")


def scores_table(found: Mapping[str, Any], best: Mapping[str, float], inflated: str | None) -> html.Table:
    """The scores of the scored part, the majority baseline and validation at the same epoch."""
    scores = found["scores"]
    label = found["facts"]["majority"]["label"]
    rows = [
        (
            f"{found['part'].capitalize()}, at epoch {found['best_epoch']}",
            [score(scores[key]) for key, _ in SCORES],
            "run-main-row",
        ),
        (f"Majority: always “{label}”", [score(scores["majority"]), "", ""], ""),
    ]
    if found["part"] == "test":
        told = [score(best.get(f"{key}/validation")) for key, _ in SCORES]
        rows.append(("Validation, same epoch", told, "quiet"))
    return html.Table(
        [
            html.Thead(html.Tr([html.Td(), *(html.Th(title, scope="col") for _, title in SCORES)])),
            html.Tbody(
                [
                    html.Tr(
                        [
                            html.Th(
                                [title, " ", html.Span("inflated", className="warning-word")]
                                if inflated and not title.startswith("Majority")
                                else title,
                                scope="row",
                            ),
                            *(html.Td(value) for value in values),
                        ],
                        className=kind,
                    )
                    for title, values, kind in rows
                ]
            ),
        ],
        className="run-scores",
    )


def _sentences(found: Mapping[str, Any], config: Mapping[str, Any]) -> list[html.P]:
    """What a reader of the numbers should know, in words."""
    facts, embryos = found["facts"], found["over_embryos"]
    parts = facts["parts"]
    said: list[Any] = []
    if found["inflated"]:
        said.append([html.Span("Inflated: ", className="warning-word"), f"{found['inflated']}."])
    if found["scores"]["accuracy"] <= found["scores"]["majority"]:
        said.append(
            f"Its accuracy is no higher than that of always answering “{facts['majority']['label']}”."
        )
    said.append(_split_sentence(config, parts))
    if embryos["embryos"] > 1:
        text = (
            f"Accuracy over {embryos['embryos']} embryos: mean {score(embryos['mean'])}, median "
            f"{score(embryos['median'])}, worst {score(embryos['worst'])}"
        )
        if embryos["interval"]:
            low, high = embryos["interval"]
            text += f"; 95% interval of the mean {score(low)} to {score(high)}, by resampling embryos"
        said.append(f"{text}.")
    if facts["left_out"]:
        left = ", ".join(f"{rows:,} {reason}" for reason, rows in facts["left_out"].items())
        said.append(f"{facts['rows']:,} rows were used; left out: {left}.")
    missing = facts["without_training"]
    if missing:
        named = ", ".join(missing[:8]) + (" …" if len(missing) > 8 else "")
        said.append(
            f"{count(len(missing), 'class')} had no row to learn from and count{'s' if len(missing) == 1 else ''} "
            f"as wrong: {named}."
        )
    return [html.P(text, className="run-said") for text in said]


def _split_sentence(config: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    def told(name: str) -> str:
        part = parts[name]
        if config["split"] == "embryo":
            return f"{name} {count(len(part['embryos']), 'embryo')} of {count(part['dates'], 'date')}"
        return (
            f"{name} {part['cells']:,} cells"
            if config["split"] == "cell"
            else f"{name} {part['rows']:,} rows"
        )

    start = {
        "embryo": "Split by embryo, whole recording dates held out",
        "cell": "Split by cell, all rows of a cell name in one part",
        "row": "Split by row, at random",
    }[config["split"]]
    return f"{start}: {', '.join(told(name) for name, part in parts.items() if part['rows'])}."


def class_table(per_class: Sequence[Mapping[str, Any]], order: str = "lineage") -> html.Table:
    """Recall with support of each class, as numbers and bars. `per_class` is in lineage order."""
    rows = list(per_class)
    if order == "recall":
        rows.sort(key=lambda row: (row["recall"] is None, row["recall"] or 0.0, -row["support"]))
    elif order == "support":
        rows.sort(key=lambda row: -row["support"])
    most = max((row["support"] for row in rows), default=0) or 1
    heads = ("Class", "Rows", "", "Recall", "", "Precision")
    return html.Table(
        [
            html.Thead(html.Tr([html.Th(head, scope="col") if head else html.Td() for head in heads])),
            html.Tbody(
                [
                    html.Tr(
                        [
                            html.Th(row["label"], scope="row"),
                            html.Td(f"{row['support']:,}"),
                            html.Td(_bar(row["support"] / most, "support")),
                            html.Td(score(row["recall"])),
                            html.Td(_bar(row["recall"], "recall")),
                            html.Td(score(row["precision"])),
                        ]
                    )
                    for row in rows
                ]
            ),
        ],
        className="run-classes-table",
    )


def _bar(share: float | None, kind: str) -> html.Div:
    return html.Div(
        html.Div(style={"width": f"{100 * (share or 0):.1f}%"}, className=f"bar-fill {kind}"),
        className="bar-box",
    )


def failure(error: str | None, epochs: int) -> html.Section:
    """Why a run failed and what to do."""
    lines = [line for line in (error or "It ended without a word.").splitlines() if line.strip()]
    told: list[Any] = [
        html.H2("This run failed"),
        html.P(lines[-1][:600], className="danger-word"),
        html.P(
            "What to do: clone it and change what the reason names, for instance fewer rows or a lower learning "
            "rate. The log below tells what happened before."
            + (f" Its curve of {count(epochs, 'epoch')} stays." if epochs else "")
        ),
    ]
    if len(lines) > 1:
        told.append(html.Details([html.Summary("The whole message"), html.Pre("\n".join(lines))]))
    return html.Section(told, className="panel run-ending", **{"aria-label": "Failure"})


def cancelled(epochs: int) -> html.Section:
    """What a cancelled run leaves."""
    left = (
        f"It ran {count(epochs, 'epoch')}; its curve stays, and nothing was scored on the test part."
        if epochs
        else "It had not finished an epoch."
    )
    return html.Section(
        [html.H2("This run was cancelled"), html.P(f"{left} Clone and edit it to train again.")],
        className="panel run-ending",
        **{"aria-label": "Cancelled"},
    )
