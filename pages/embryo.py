"""One embryo: its animation, trajectories, table and curves, and what is known of it.

The server says once what the browser needs (`page_data`, and the tracks by their checksum); from then on
assets/modules/watch.mjs shows it and asks nothing. The view stands in the query string, which only the
browser reads.
"""

import gzip
import re
import tempfile
from pathlib import Path
from typing import Any

import dash
import dash_bootstrap_components as dbc
import flask
import numpy
from dash import Input, Output, State, ctx, dcc, html, no_update

from components import description, frame, look
from components.watch_room import watch_room
from pages import figures
from services import exports, tracks
from services.cell_names import names_of
from services.citation import citation, source_words
from services.embryos import FLAGS, Embryo, NoSuchEmbryo, checked_value, minutes_of
from services.lab import Lab

ID = re.compile(r"[a-z0-9]{1,10}")
FOR_EVER = "public, max-age=31536000, immutable"
PLOTLY = "/_dash-component-suites/plotly/package_data/plotly.min.js"  # where Dash serves it
MODULES = Path(__file__).parent.parent / "assets" / "modules"
DOWNLOADS = {  # form -> how its entry reads
    "original": "As it came (CD file or AceTree zip)",
    "csv": "Tidy CSV, in µm and minutes",
    "parquet": "Tidy Parquet, in µm and minutes",
    "acetree": "AceTree nuclei zip",
    "geff": "GEFF, for napari and inTRACKtive",
    "napari": "napari tracks (CSV and graph)",
}


def page_data(lab: Lab, embryo: Embryo) -> dict[str, Any]:
    """What the browser is told of an embryo; places come in file units with the tracks."""
    frames = numpy.arange(embryo.first_frame, embryo.last_frame + 1)
    return {
        "id": embryo.id,
        "name": embryo.name,
        "species": embryo.species,
        "tracks": f"/tracks/{tracks.file_name(embryo.checksum)}",
        "first_frame": embryo.first_frame,
        "minutes": minutes_of(embryo, frames).round(4).tolist(),
        "calibration": {"pixel_um": embryo.pixel_um, "plane_um": embryo.plane_um},
        "pose": lab.poses.pose_of(embryo),
        "reference": figures.division_times()[0],
        "cell_names": names_of(lab.engine),
        "palettes": {scheme: look.founder_colours(scheme) for scheme in ("safe", "acetree")},
        "templates": {theme: look.template(theme) for theme in look.THEMES},
        "ground": look.tokens("dark")["ground"],
        "plotly": PLOTLY,
    }


def head_of(embryo: Embryo) -> list[Any]:
    """The line over the stage."""
    facts = (
        embryo.gene,
        embryo.strain,
        embryo.date,
        f"{embryo.cells} cells",
        f"{int(embryo.minutes + 0.5)} min",
    )
    return description.embryo_head(embryo.name, facts, description.flag_words(embryo.flags, FLAGS))


def form_values(embryo: Embryo) -> dict[str, str]:
    """The fields of the form as text."""
    texts = {name: str(getattr(embryo, name)) for name in description.TEXT_FIELDS}
    return texts | {name: f"{getattr(embryo, name):g}" for name in description.CALIBRATION_FIELDS}


def form_of(
    embryo: Embryo,
    typed: dict[str, str] | None = None,
    base: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    saved: str = "",
) -> list[Any]:
    """The form of corrections, with what somebody typed where it couldn't be saved.

    `base` holds the values that they began from: only what differs from those is a correction, so that two
    people who correct different fields at the same time don't undo each other.
    """
    whence = dict.fromkeys(embryo.guessed, "guessed from the file's name") | embryo.calibration
    now = form_values(embryo)
    return [
        description.description_form(typed or now, whence, errors or {}, saved),
        dcc.Store(id="embryo-form-base", data=base or now),
    ]


def details_of(embryo: Embryo) -> list[Any]:
    """Source, citation and flags in whole sentences."""
    rows = [
        ("File", embryo.file_name),
        ("Source", source_words(embryo)),
        ("Rows", f"{embryo.rows:,} of {embryo.cells:,} cells in {embryo.frames:,} frames"),
        ("Checksum", f"SHA-256 {embryo.checksum[:16]}…"),
        *((str(name), str(value)) for name, value in embryo.extra.items()),
    ]
    return description.source_and_citation(
        rows, citation(embryo), [FLAGS.get(word, word) for word in embryo.flags]
    )


def page_of(lab: Lab, embryo: Embryo) -> list[Any]:
    """The whole page of an embryo."""
    address = dash.get_relative_path
    downloads = [
        dbc.DropdownMenuItem(
            words,
            href=address(f"/embryos/{embryo.id}/download?form={form}"),
            external_link=True,
        )
        for form, words in DOWNLOADS.items()
    ]
    return [
        html.Div(
            [
                html.Div(
                    head_of(embryo),
                    id="embryo-head",
                    className="embryo-head",
                    role="group",
                    tabIndex="0",  # on a phone it scrolls
                    **{"aria-label": "Embryo"},
                ),
                html.Div(
                    [
                        dbc.Button("Details", id="embryo-details-open", color="secondary", outline=True),
                        dbc.DropdownMenu(
                            [
                                *downloads,
                                dbc.DropdownMenuItem(divider=True),
                                dbc.DropdownMenuItem("All embryos together", href=address("/collection")),
                                dbc.DropdownMenuItem(
                                    "Labels of this embryo", href=address(f"/labels?embryos={embryo.id}")
                                ),
                                dbc.DropdownMenuItem(
                                    "Train on this embryo", href=address(f"/train?embryos={embryo.id}")
                                ),
                                dbc.DropdownMenuItem(divider=True),
                                dbc.DropdownMenuItem("Delete", id="embryo-delete", className="text-danger"),
                            ],
                            label="Download and more",
                            color="secondary",
                            align_end=True,
                        ),
                    ],
                    className="embryo-actions",
                ),
            ],
            className="embryo-line",
        ),
        watch_room(),
        dcc.Store(id="embryo-data", data=page_data(lab, embryo)),
        html.Div(id="embryo-mounted", hidden=True),
        dbc.Offcanvas(
            [
                html.Div(form_of(embryo), id="embryo-form"),
                html.Div(details_of(embryo), id="embryo-source"),
            ],
            id="embryo-details",
            title=html.Span("Details", id="embryo-details-title"),
            labelledby="embryo-details-title",
            placement="end",
            is_open=False,
            scrollable=True,
        ),
        dbc.Modal(
            [
                dbc.ModalHeader(dbc.ModalTitle("Delete this embryo?")),
                dbc.ModalBody(
                    "It disappears from every list, for everybody. Runs that used it keep their results, "
                    "and it can be brought back."
                ),
                dbc.ModalFooter(
                    [
                        dbc.Button("Keep it", id="embryo-delete-not", color="secondary", outline=True),
                        dbc.Button("Delete", id="embryo-delete-sure", color="danger"),
                    ]
                ),
            ],
            id="embryo-delete-dialog",
            is_open=False,
        ),
    ]


def deleted_page(embryo: Embryo) -> list[Any]:
    """What stands in the place of an embryo that was deleted."""
    return [
        frame.message(
            "This embryo was deleted",
            f"{embryo.name} is in no list any more. Nothing of it is lost.",
            dbc.Button("Bring it back", id="embryo-restore", color="primary"),
            dbc.Button("All embryos", href=dash.get_relative_path("/"), color="secondary", outline=True),
        ),
        dcc.Store(id="embryo-data", data={"id": embryo.id}),
    ]


def module_names() -> list[str]:
    """The modules that watch.mjs needs, itself first: fetched together instead of one after another."""
    found = ["watch.mjs"]
    for name in found:  # grows while it is read
        text = (MODULES / name).read_text()
        found += [other for other in re.findall(r'from "\./([\w.]+)"', text) if other not in found]
    return found


def register(app: dash.Dash, lab: Lab) -> None:
    """Add the page, its callbacks and its routes to `app`."""
    files = tracks.TrackFiles(lab.embryos, lab.settings.data / "cache" / "tracks")
    _add_routes(app, lab, files)

    def found(embryo_id: str | None) -> Embryo | None:
        if embryo_id is None or not ID.fullmatch(embryo_id):
            return None
        try:
            return lab.embryos.get(embryo_id, deleted=True)
        except NoSuchEmbryo:
            return None

    def layout(embryo_id: str | None = None, **_query: str) -> Any:
        embryo = found(embryo_id)
        if embryo is None:
            return frame.gone("embryo", dash.get_relative_path("/"))
        shown = page_of(lab, embryo) if embryo.deleted is None else deleted_page(embryo)
        return html.Div(shown, id="embryo-page", className="embryo-page")

    def title(embryo_id: str | None = None, **_query: str) -> str:
        embryo = found(embryo_id)
        return f"{embryo.name if embryo else 'Embryo'} · Blastoscope"

    dash.register_page("embryo", path_template="/embryos/<embryo_id>", title=title, layout=layout)

    app.clientside_callback(
        "function(data) { return window.dash_clientside.watch.mount(data); }",
        Output("embryo-mounted", "children"),
        Input("embryo-data", "data"),
    )

    @app.callback(
        Output("embryo-details", "is_open"),
        Input("embryo-details-open", "n_clicks"),
        prevent_initial_call=True,
    )
    def open_details(_clicks: int | None) -> bool:
        return True

    @app.callback(
        Output("embryo-data", "data"),
        Output("embryo-form", "children"),
        Output("embryo-head", "children"),
        Input("embryo-save", "n_clicks"),
        State("embryo-data", "data"),
        State("embryo-form-base", "data"),
        *[State(f"embryo-{name}", "value") for name in description.FIELDS],
        prevent_initial_call=True,
    )
    def save(clicks: int | None, data: dict[str, Any], base: dict[str, str], *typed: str | None) -> Any:
        if not clicks:
            return no_update, no_update, no_update
        values = {name: (value or "").strip() for name, value in zip(description.FIELDS, typed, strict=True)}
        embryo = found(data.get("id"))
        if embryo is None or embryo.deleted is not None:
            gone = "Somebody deleted this embryo meanwhile, so nothing was saved."
            return no_update, html.P(gone, role="alert"), no_update
        changed = {name: value for name, value in values.items() if value != base[name]}
        errors = _errors(changed)
        if errors or not changed:
            words = "" if errors else "Nothing was changed."
            return no_update, form_of(embryo, values, base, errors, words), no_update
        embryo = lab.embryos.correct(embryo.id, **changed)
        return page_data(lab, embryo), form_of(embryo, saved="Saved."), head_of(embryo)

    @app.callback(
        Output("embryo-delete-dialog", "is_open"),
        Input("embryo-delete", "n_clicks"),
        Input("embryo-delete-not", "n_clicks"),
        prevent_initial_call=True,
    )
    def ask_before_delete(asked: int | None, _not: int | None) -> bool:
        return ctx.triggered_id == "embryo-delete" and bool(asked)

    @app.callback(
        Output("embryo-page", "children"),
        Input("embryo-delete-sure", "n_clicks"),
        State("embryo-data", "data"),
        prevent_initial_call=True,
    )
    def delete(clicks: int | None, data: dict[str, Any]) -> Any:
        embryo = found(data.get("id")) if clicks else None
        if embryo is None:
            return no_update
        lab.embryos.delete([embryo.id])
        return deleted_page(embryo)

    @app.callback(
        Output("embryo-page", "children", allow_duplicate=True),
        Input("embryo-restore", "n_clicks"),
        State("embryo-data", "data"),
        prevent_initial_call=True,
    )
    def restore(clicks: int | None, data: dict[str, Any]) -> Any:
        embryo = found(data.get("id")) if clicks else None
        if embryo is None:
            return no_update
        lab.embryos.restore([embryo.id])
        return page_of(lab, lab.embryos.get(embryo.id))


def _errors(changed: dict[str, str]) -> dict[str, str]:
    """What is wrong with the values that somebody typed, by field."""
    errors = {}
    for name, value in changed.items():
        try:
            checked_value(name, value)
        except ValueError as bad:
            errors[name] = str(bad.args[-1])
    return errors


def _add_routes(app: dash.Dash, lab: Lab, files: tracks.TrackFiles) -> None:
    server = app.server
    modules = module_names()
    page_path = re.compile(re.escape(app.get_relative_path("/embryos/")) + rf"({ID.pattern})")

    @server.get("/tracks/<name>")
    def serve_tracks(name: str) -> Any:
        match = tracks.FILE_NAME.fullmatch(name)
        try:
            packed = files.read(match[1]) if match else None
        except NoSuchEmbryo:
            packed = None
        if packed is None:
            flask.abort(404, "there are no tracks of that name")
        headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
        if "gzip" in flask.request.accept_encodings:
            headers["Content-Encoding"] = "gzip"
        else:
            packed = gzip.decompress(packed)
        return flask.Response(packed, mimetype="application/octet-stream", headers=headers)

    @server.get("/embryos/<embryo_id>/data.json")
    def data(embryo_id: str) -> Any:
        """What the browser is told of an embryo that it shows beside another."""
        try:
            return flask.jsonify(page_data(lab, lab.embryos.get(embryo_id)))
        except NoSuchEmbryo as gone:
            flask.abort(404, str(gone))

    @server.get("/embryos/<embryo_id>/download")
    def download(embryo_id: str) -> Any:
        try:
            embryo = lab.embryos.get(embryo_id)
        except NoSuchEmbryo as gone:
            flask.abort(404, str(gone))
        with tempfile.TemporaryDirectory(dir=lab.settings.data / "incoming") as folder:
            out = Path(folder) / exports.suggested_name([embryo])
            try:
                made = exports.export(lab, [embryo.id], flask.request.args.get("form", "original"), out)
            except ValueError as bad:
                flask.abort(422, str(bad.args[-1]))
            content = made.open("rb")  # the file stays readable until it is closed, its folder gone
        return flask.send_file(content, as_attachment=True, download_name=made.name)

    @server.after_request
    def fetch_early(response: flask.Response) -> flask.Response:
        """Name tracks and modules in the document, so that they come while the page's scripts are read.

        In its head and not in a Link header: proxies allow headers of a few kB.
        """
        match = page_path.fullmatch(flask.request.path)
        if match and response.mimetype == "text/html" and response.status_code == 200:
            try:
                embryo = lab.embryos.get(match[1])
            except NoSuchEmbryo:
                return response
            links = early_links(f"/tracks/{tracks.file_name(embryo.checksum)}").encode()
            response.set_data(response.get_data().replace(b"<head>", b"<head>" + links, 1))
        return response

    def early_links(address: str) -> str:
        """What the browser needs at once, and Plotly, which it needs when cells are chosen."""
        tracks_link = (
            f'<link rel="preload" as="fetch" crossorigin="anonymous" href="{app.get_relative_path(address)}">'
        )
        return "".join(
            [
                tracks_link,
                *(
                    f'<link rel="modulepreload" href="{app.get_relative_path(f"/assets/modules/{name}")}">'
                    for name in modules
                ),
                f'<link rel="prefetch" as="script" href="{app.get_relative_path(PLOTLY)}">',
            ]
        )
