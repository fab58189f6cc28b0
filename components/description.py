"""What is known of an embryo, and how somebody who knows better corrects it."""

from collections.abc import Iterable, Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

TEXT_FIELDS = {
    "name": "Name",
    "gene": "Gene",
    "strain": "Strain",
    "date": "Date of recording",
    "species": "Species",
}
CALIBRATION_FIELDS = {
    "interval_s": "Frame interval, s",
    "pixel_um": "Pixel size, µm",
    "plane_um": "Plane spacing, µm",
}
FIELDS = TEXT_FIELDS | CALIBRATION_FIELDS


def flag_words(flags: Iterable[str], sentences: Mapping[str, str]) -> list[Any]:
    """Flags as short words; the whole sentence stands behind each on hover and focus."""
    parts: list[Any] = []
    for number, word in enumerate(flags):
        target = f"embryo-flag-{number}"
        parts.append(html.Span(word, id=target, className="embryo-flag", tabIndex="0"))
        parts.append(dbc.Tooltip(sentences.get(word, word), target=target, placement="bottom"))
    return parts


def embryo_head(name: str, facts: Iterable[str], flags: list[Any]) -> list[Any]:
    """Name, a few facts and the flags, in one line."""
    return [
        html.H1(name),
        html.Span(" · ".join(fact for fact in facts if fact), className="embryo-facts quiet"),
        html.Span(flags, className="embryo-flags"),
    ]


def description_form(
    values: Mapping[str, str], whence: Mapping[str, str], errors: Mapping[str, str], saved: str = ""
) -> html.Form:
    """The fields that may be corrected: `values` as text, `whence` they come, `errors` by field."""

    def field(name: str, label: str) -> html.Div:
        target, error = f"embryo-{name}", errors.get(name)
        hint = f"{target}-hint"
        return html.Div(
            [
                html.Label(label, htmlFor=target),
                dbc.Input(
                    id=target,
                    value=values[name],
                    type="text",
                    invalid=error is not None,
                    placeholder="2008-10-16" if name == "date" else "",
                    maxLength=200,
                    autoComplete="off",
                ),
                html.Div(
                    error or whence.get(name, ""),
                    id=hint,
                    className="field-error" if error else "field-hint",
                    role="alert" if error else None,
                ),
            ],
            className="field",
        )

    return html.Form(
        [
            html.H3("Scale"),
            html.Div([field(*item) for item in CALIBRATION_FIELDS.items()], className="fields"),
            html.H3("Description"),
            html.Div([field(*item) for item in TEXT_FIELDS.items()], className="fields"),
            html.Div(
                [
                    html.Button(
                        "Save corrections", id="embryo-save", className="btn btn-primary", type="button"
                    ),
                    html.Span(saved, className="quiet", role="status"),
                ],
                className="actions",
            ),
        ],
        className="description-form",
    )


def source_and_citation(rows: Iterable[tuple[str, str]], citation: str, flags: Iterable[str]) -> list[Any]:
    """Where the embryo comes from, what to cite, and what is odd about it, as sentences."""
    flags = list(flags)
    facts = [part for name, text in rows if text for part in (html.Dt(name), html.Dd(text))]
    parts: list[Any] = [html.H3("Source"), html.Dl(facts, className="source-facts"), html.P(citation)]
    if flags:
        parts += [html.H3("Worth knowing"), html.Ul([html.Li(sentence) for sentence in flags])]
    return parts
