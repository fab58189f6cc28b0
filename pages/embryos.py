"""`/`: all embryos of the lab. Find one, bring more in, gather some and take them on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import dash
import flask
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update

from components import embryo_choice, embryo_grid, import_panel
from components.embryo_grid import counted
from services import downloads, imports
from services.api import error
from services.embryo_query import cell_meant
from services.embryos import FLAGS, Embryo, NoSuchEmbryo, NoSuchSet
from services.incoming import BadUpload, receive
from services.lab import Lab

MOST_ROWS = 500  # of one answer
DRAWN = (
    *("id", "name", "gene", "strain", "date", "guessed", "source", "flags"),
    *("start_cells", "end_cells", "max_cells", "curve", "cells", "frames", "minutes"),
)
LONGEST = {"q": 500, "set": 80, "tag": 80, "sort": 200, "filter": 4000}


@dataclass(frozen=True)
class View:
    """What the address asks the table to show; every field as text, "" for nothing asked."""

    q: str = ""
    set: str = ""
    tag: str = ""
    sort: str = ""
    filter: str = ""

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> "View":
        return cls(**{name: str(query.get(name) or "")[:longest] for name, longest in LONGEST.items()})

    @property
    def order(self) -> list[tuple[str, str]]:
        pairs = [part.partition(":") for part in self.sort.split(",") if part]
        return [(column, direction or "asc") for column, _, direction in pairs] or [("name", "asc")]

    @property
    def column_filters(self) -> dict[str, Any]:
        """ag-grid's filter model. Raises `ValueError` when it isn't one."""
        model = json.loads(self.filter or "{}")
        if not isinstance(model, dict):
            raise ValueError("filter", "is no filter model")
        return model

    @property
    def filters(self) -> dict[str, Any]:
        """All that narrows the table down beside the search, as one filter model."""
        equal = {"set": self.set, "tags": self.tag}
        chosen = {name: {"type": "equals", "filter": value} for name, value in equal.items() if value}
        return self.column_filters | chosen


def row(embryo: Embryo) -> dict[str, Any]:
    """One embryo as the table draws it."""
    plain = (
        "id",
        "name",
        "gene",
        "strain",
        "date",
        "start_cells",
        "end_cells",
        "max_cells",
        "cells",
        "frames",
    )
    return {name: getattr(embryo, name) for name in plain} | {
        "curve": embryo.curve,
        "minutes": embryo.minutes,
        "flags": embryo.flags,
        "source": embryo.source,
        "tags": ", ".join(embryo.tags),
        "guessed": embryo.guessed,
    }


def register(app: Dash, lab: Lab) -> None:
    """Add the page, its callbacks and its routes to `app`."""

    def page(**query: Any) -> Any:
        return layout(lab, View.of(query))

    dash.register_page("embryos", path="/", title="Embryos · Blastoscope", layout=page)
    _add_rows(app, lab)
    _add_imports(app, lab)
    _add_downloads(app, lab)
    _add_callbacks(app, lab)


def layout(lab: Lab, view: View) -> html.Div:
    """The page, as long as the table's rows aren't there."""
    everything = lab.embryos.count()
    return html.Div(
        [
            *embryo_choice.stores(
                {
                    "view": view.__dict__,
                    "total": everything,
                    "limit_mb": lab.settings.upload_mb,
                    "guess_hint": embryo_grid.GUESS,
                }
            ),
            import_panel.place(not lab.embryos.holds_real(), everything),
            import_panel.panel(FLAGS),
            embryo_grid.tools(view.q, view.set, view.tag, lab.embryos.sets(), lab.embryos.tags()),
            html.Div(
                [html.Span(id="embryos-found", className="found", role="status"), embryo_choice.choice_bar()],
                className="found-row",
            ),
            embryo_grid.table(FLAGS, everything),
            import_panel.epic_dialog(lab.settings.epic),
            *embryo_choice.dialogs(),
        ],
        className="embryos",
    )


def _add_rows(app: Dash, lab: Lab) -> None:
    @app.server.get("/embryo-rows")
    def embryo_rows() -> Any:
        """A block of the table (`from`, `to`), or with `ids` the ids of all embryos that match."""
        view = View.of(flask.request.args)
        start = flask.request.args.get("from", 0, type=int)
        end = flask.request.args.get("to", embryo_grid.BLOCK, type=int)
        if not 0 <= start < end <= start + MOST_ROWS:
            return error(422, f"from {start} to {end} are no rows; at most {MOST_ROWS} at a time", "from")
        try:
            if "ids" in flask.request.args:
                return {"ids": lab.embryos.matching(view.q, view.filters)}
            embryos, total = lab.embryos.page(view.q, view.order, view.filters, end - start, start)
            filtered = bool(view.column_filters)
        except ValueError as bad:
            return error(422, "This can't be shown: " + " ".join(str(part) for part in bad.args))
        everything = lab.embryos.count()
        words = view.q.split()
        cells = {word: cell for word in words if (cell := cell_meant(word))}
        return {
            "rows": [row(embryo) for embryo in embryos],
            "total": total,
            "found": embryo_grid.found(total, everything, words, cells, view.set, view.tag, filtered),
            "nothing": embryo_grid.nothing(everything, list(cells.values())),
        }


def _add_imports(app: Dash, lab: Lab) -> None:
    server = app.server

    @server.post("/imports")
    def receive_files() -> Any:
        try:
            _folder, files = receive(
                flask.request, lab.settings.data / "incoming", lab.settings.upload_mb * 1_000_000
            )
        except BadUpload as bad:
            return error(bad.status, str(bad))
        return {"id": imports.start_import(lab, files)}, 202

    @server.post("/imports/epic")
    def download_epic() -> Any:
        return {"id": imports.start_epic(lab)}, 202

    @server.get("/imports")
    def running_imports() -> Any:
        return {"running": imports.running(lab.engine)}

    @server.get("/imports/<import_id>")
    def import_progress(import_id: str) -> Any:
        try:
            told = imports.progress(lab.engine, import_id)
        except imports.NoSuchImport:
            return error(404, "There is no such import.")
        if told["state"] == "running":  # the summary grows with every file; it is told once, at the end
            del told["summary"]
        return told

    @server.post("/imports/<import_id>/cancel")
    def cancel_import(import_id: str) -> Any:
        try:
            imports.cancel(lab.engine, import_id)
        except imports.NoSuchImport:
            return error(404, "There is no such import.")
        return {"id": import_id}, 202


def _add_downloads(app: Dash, lab: Lab) -> None:
    server = app.server

    @server.post("/downloads")
    def make_download() -> Any:
        asked = flask.request.get_json(silent=True)
        if not isinstance(asked, dict) or not isinstance(asked.get("embryos"), list):
            return error(422, "the body names no embryos", "embryos")
        try:
            ids = [str(id) for id in asked["embryos"]]
            return {"id": downloads.start_download(lab, ids, str(asked.get("form")))}, 202
        except NoSuchEmbryo:
            return error(404, "One of these embryos isn't here any more. Look at the list again.", "embryos")
        except ValueError as bad:
            return error(422, _sentence(bad), str(bad.args[0]))

    @server.get("/downloads/<download_id>")
    def download_progress(download_id: str) -> Any:
        try:
            return downloads.download_progress(lab, download_id)
        except downloads.NoSuchDownload:
            return error(404, "There is no such download.")

    @server.post("/downloads/<download_id>/cancel")
    def cancel_download(download_id: str) -> Any:
        try:
            downloads.cancel_download(lab, download_id)
        except downloads.NoSuchDownload:
            return error(404, "There is no such download.")
        return {"id": download_id}, 202

    @server.get("/downloads/<download_id>/file")
    def download_file(download_id: str) -> Any:
        try:
            path = downloads.downloaded(lab, download_id)
        except downloads.NoSuchDownload:
            return error(404, "There is no such download.")
        return flask.send_file(path, as_attachment=True, download_name=path.name)


def _add_callbacks(app: Dash, lab: Lab) -> None:
    app.clientside_callback(
        ClientsideFunction("embryos", "mount"),
        Output("embryos-mounted", "data"),
        Input("embryos-config", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("embryos", "say"), Input("embryos-said", "data"), prevent_initial_call=True
    )
    said = Output("embryos-said", "data", allow_duplicate=True)

    @app.callback(
        Output("embryo-set", "options"),
        Output("embryo-tag", "options"),
        Input("embryos-said", "data"),
        prevent_initial_call=True,
    )
    def refresh_choices(_said: Any) -> Any:
        return embryo_grid.set_options(lab.embryos.sets()), embryo_grid.tag_options(lab.embryos.tags())

    @app.callback(
        Output("embryos-tag-on", "children"),
        Output("embryos-tags-known", "children"),
        Output("embryos-tag-trouble", "children"),
        Input("embryos-tag-dialog", "is_open"),
        State("embryos-chosen", "data"),
        prevent_initial_call=True,
    )
    def ask_for_a_tag(is_open: bool, chosen: list[str]) -> Any:
        if not is_open:
            return no_update
        return f"On {counted(len(chosen))}.", [html.Option(value=tag) for tag in lab.embryos.tags()], ""

    @app.callback(
        said,
        Output("embryos-tag-dialog", "is_open"),
        Output("embryos-tag-trouble", "children", allow_duplicate=True),
        Input("embryos-tag-add", "n_clicks"),
        Input("embryos-tag-remove", "n_clicks"),
        Input("embryos-tag-name", "n_submit"),
        State("embryos-tag-name", "value"),
        State("embryos-chosen", "data"),
        prevent_initial_call=True,
    )
    def tag(_add: int, _remove: int, _submit: int, name: str | None, chosen: list[str]) -> Any:
        removing = ctx.triggered_id == "embryos-tag-remove"
        try:
            change = lab.embryos.remove_tag if removing else lab.embryos.add_tag
            change(chosen, name or "")
        except (ValueError, NoSuchEmbryo) as bad:
            return no_update, no_update, _sentence(bad)
        many = counted(len(chosen))
        return _word(f"Took “{name}” off {many}." if removing else f"Tagged {many} “{name}”."), False, ""

    @app.callback(
        Output("embryos-set-known", "options"),
        Output("embryos-set-known-part", "hidden"),
        Output("embryos-set-why", "children"),
        Output("embryos-set-trouble", "children"),
        Input("embryos-set-dialog", "is_open"),
        State("embryos-next", "data"),
        State("embryos-chosen", "data"),
        prevent_initial_call=True,
    )
    def ask_for_a_set(is_open: bool, going_to: str | None, chosen: list[str]) -> Any:
        if not is_open:
            return no_update
        sets = lab.embryos.sets()
        return (
            embryo_choice.options("a new set", sets),
            not sets,
            embryo_choice.why_a_set(chosen, going_to),
            "",
        )

    @app.callback(
        said,
        Output("embryos-set-dialog", "is_open"),
        Output("embryos-set-trouble", "children", allow_duplicate=True),
        Output("embryos-set-name", "value"),  # not when it opens: somebody may be typing already
        Output("embryos-set-known", "value"),
        Input("embryos-set-save", "n_clicks"),
        Input("embryos-set-name", "n_submit"),
        State("embryos-set-name", "value"),
        State("embryos-set-known", "value"),
        State("embryos-chosen", "data"),
        State("embryos-next", "data"),
        prevent_initial_call=True,
    )
    def save_set(
        _save: int, _submit: int, name: str | None, known: str | None, chosen: list[str], going_to: str | None
    ) -> Any:
        name = (name or "").strip()
        try:
            if name in lab.embryos.sets():
                raise ValueError("set", f"“{name}” is there already: choose it below to add to it")
            members = chosen if name else list(dict.fromkeys([*lab.embryos.choose(f"set:{known}"), *chosen]))
            kept = lab.embryos.save_set(name or known or "", members)
        except (ValueError, NoSuchEmbryo, NoSuchSet) as bad:
            return no_update, no_update, _sentence(bad), no_update, no_update
        address = f"{going_to}?embryos=set:{quote(kept, safe='')}" if going_to else None
        text = f"The set “{kept}” holds {counted(len(members))}."
        return _word(text, next=address), False, "", "", ""

    @app.callback(
        Output("embryos-delete-what", "children"),
        Input("embryos-delete-dialog", "is_open"),
        State("embryos-chosen", "data"),
        prevent_initial_call=True,
    )
    def ask_before_deleting(is_open: bool, chosen: list[str]) -> Any:
        if not is_open:
            return no_update
        names = [embryo.name for embryo in lab.embryos.get_many(chosen[:6], deleted=True)]
        return embryo_choice.to_be_deleted(names, len(chosen))

    @app.callback(
        said,
        Output("embryos-delete-dialog", "is_open"),
        Input("embryos-delete-confirm", "n_clicks"),
        State("embryos-chosen", "data"),
        prevent_initial_call=True,
    )
    def delete(_clicks: int, chosen: list[str]) -> Any:
        gone = lab.embryos.delete(chosen)
        undo = {"embryos": chosen}
        return _word(f"Deleted {counted(gone)}.", undo=undo, gone=chosen), False

    @app.callback(
        said,
        Input("embryo-set-delete", "n_clicks"),
        State("embryo-set", "value"),
        prevent_initial_call=True,
    )
    def delete_set(_clicks: int, name: str) -> Any:
        try:
            members = lab.embryos.choose(f"set:{name}")
            lab.embryos.delete_set(name)
        except NoSuchSet:
            return _word(f"There is no set “{name}” any more.", view={"set": ""})
        undo = {"set": name, "members": members}
        return _word(f"Deleted the set “{name}”; its embryos stay.", undo=undo, view={"set": ""})

    @app.callback(said, Input("embryos-undo", "data"), prevent_initial_call=True)
    def undo(what: dict[str, Any] | None) -> Any:
        if not what:
            return no_update
        if "set" in what:
            try:
                lab.embryos.save_set(what["set"], what["members"])
            except (ValueError, NoSuchEmbryo) as bad:
                return _word(_sentence(bad))
            return _word(f"The set “{what['set']}” is back.", view={"set": what["set"]})
        return _word(f"Brought back {counted(lab.embryos.restore(what['embryos']))}.")


def _word(text: str, **more: Any) -> dict[str, Any]:
    """What the page says after something was done; assets/modules/embryos.mjs takes it from there."""
    return {"text": text, **more}


def _sentence(bad: Exception) -> str:
    return " ".join(str(part) for part in bad.args)
