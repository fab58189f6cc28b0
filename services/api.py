"""The HTTP API, version 1, and the OpenAPI document that describes it."""

import re
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any

import flask
from flask import Blueprint, request

from services.cell_counts import CellCounts
from services.embryos import Embryo, NoSuchEmbryo, NoSuchSet
from services.imports import import_paths
from services.lab import Lab
from services.labels import Scheme, class_counts, imbalance
from services.notes import MOST_NOTES, BadNote, Changed, NoSuchNote, NoteStore
from services.openapi import document
from services.requests_log import request_id
from services.runs import BadConfig, NoSuchRun, Run

ID = re.compile(r"[a-z0-9]{1,10}")
MOST_ROWS = 1000  # of one answer of a list


class BadRequest(ValueError):
    """What a caller sent can't be used. `field` names it; `status` is the answer's."""

    def __init__(self, message: str, field: str | None = None, status: int = 422):
        super().__init__(message)
        self.field = field
        self.status = status


def error(status: int, message: str, field: str | None = None) -> tuple[flask.Response, int]:
    """The one form of every error that the program answers with; `request` finds it in the log."""
    told: dict[str, Any] = {"error": {"message": message, "field": field}}
    if id := request_id():
        told["request"] = id
    return flask.jsonify(told), status


def described(embryo: Embryo) -> dict[str, Any]:
    """One embryo as the API tells it: times in s, lengths in µm, `minutes` of recording."""
    told = asdict(embryo)
    for inner in ("aux_info", "frame_seconds", "deleted"):
        told.pop(inner)
    return told | {"minutes": embryo.minutes}


def described_run(run: Run) -> dict[str, Any]:
    """One run as the API tells it."""
    told = asdict(run)
    for inner in ("worker", "lease_until", "cancel", "deleted", "sources"):
        told.pop(inner, None)
    share = run.epoch / run.epochs if run.epochs else 0.0
    return told | {"progress": {"epoch": run.epoch, "epochs": run.epochs, "share": share, "phase": run.phase}}


def whole_number(name: str, least: int, most: int, default: int) -> int:
    """The query's whole number `name`; raises `BadRequest` outside least to most."""
    text = request.args.get(name, "")
    if text == "":
        return default
    if not re.fullmatch(r"-?[0-9]{1,18}", text) or not least <= int(text) <= most:
        raise BadRequest(f"{name} is {text[:40]!r}; expected a whole number from {least} to {most}", name)
    return int(text)


def json_object(meaning: str, fields: set[str]) -> dict[str, Any]:
    """The body, a JSON object of none but `fields`; raises `BadRequest`."""
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise BadRequest(f"the body is not a JSON object that describes {meaning}")
    for unknown in sorted(sent.keys() - fields):
        raise BadRequest(
            f"{meaning} has no field {unknown[:40]!r}; it has {', '.join(sorted(fields))}", unknown[:40]
        )
    return sent


def blueprint(lab: Lab) -> Blueprint:
    """The routes of /api/v1 on the stores of `lab`."""
    routes = Blueprint("api", __name__, url_prefix="/api/v1")
    notes = NoteStore(lab.engine)
    cell_counts = CellCounts(lab.engine, lab.settings.data / "cache" / "cell-counts")

    def answered(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def answer(**values: str) -> Any:
            for name, value in values.items():
                if not ID.fullmatch(value):
                    return error(404, f"there is nothing with the id {value[:40]!r}", name)
            try:
                return view(**values)
            except BadRequest as bad:
                return error(bad.status, str(bad), bad.field)
            except BadConfig as bad:
                return error(422, bad.message, bad.field)
            except BadNote as bad:
                return error(422, str(bad), bad.field)
            except (NoSuchEmbryo, NoSuchSet, NoSuchRun, NoSuchNote) as none:
                return error(404, str(none.args[0]) if none.args else "there is nothing with that id")

        return answer

    def route(rule: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return lambda view: routes.route(rule, **options)(answered(view))

    @route("/openapi.json")
    def openapi() -> Any:
        return flask.jsonify(document())

    @route("/embryos")
    def list_embryos() -> Any:
        limit = whole_number("limit", 1, MOST_ROWS, 100)
        after = request.args.get("after") or None
        if after is not None and not ID.fullmatch(after):
            raise BadRequest(f"after is {after[:40]!r}; expected the id of an embryo", "after")
        search = request.args.get("search", "").strip()
        if search and after is not None:
            raise BadRequest("what is found comes by name: give search or after", "after")
        found = lab.embryos.page(search, limit=limit)[0] if search else lab.embryos.after(after, limit)
        return flask.jsonify([described(embryo) for embryo in found])

    @route("/embryos", methods=["POST"])
    def add_embryos() -> Any:
        files = [file for file in request.files.getlist("file") if file.filename]
        if not files:
            raise BadRequest("no file came: send one or more as multipart fields named `file`", "file")
        with tempfile.TemporaryDirectory(dir=lab.settings.data / "incoming") as folder:
            paths = []
            for number, file in enumerate(files):
                path = Path(folder) / str(number)
                file.save(path)
                paths.append((path, str(file.filename)))
            summary = import_paths(lab, paths)
        # A table that describes embryos, sent alone, does its work without bringing one in.
        came_in = bool(summary["imported"] or summary.get("applied"))
        return flask.jsonify(summary), 201 if came_in else 422

    @route("/embryos/<embryo_id>")
    def one_embryo(embryo_id: str) -> Any:
        return flask.jsonify(described(lab.embryos.get(embryo_id)))

    @route("/embryos/<embryo_id>/file")
    def embryo_file(embryo_id: str) -> Any:
        embryo = lab.embryos.get(embryo_id)
        kept = lab.embryos.original(embryo_id)
        return flask.send_file(
            kept,
            mimetype="application/zip" if kept.suffix == ".zip" else "text/csv",
            as_attachment=True,
            download_name=Path(embryo.file_name).name or f"{embryo_id}{kept.suffix}",
            etag=embryo.checksum,
        )

    @route("/embryos/<embryo_id>/pose")
    def pose(embryo_id: str) -> Any:
        return flask.jsonify(lab.poses.pose_of(lab.embryos.get(embryo_id)))

    @route("/embryos/<embryo_id>/pose", methods=["PUT"])
    def turn_by_hand(embryo_id: str) -> Any:
        sent = request.get_json(silent=True)
        if not isinstance(sent, dict) or set(sent) != {"rotation"}:
            raise BadRequest('the body is not {"rotation": nine numbers or null}', "rotation")
        try:
            return flask.jsonify(lab.poses.correct(embryo_id, sent["rotation"]))
        except ValueError as bad:
            raise BadRequest(str(bad.args[-1]), "rotation") from bad

    @route("/embryos/<embryo_id>/notes")
    def list_notes(embryo_id: str) -> Any:
        return flask.jsonify(notes.of(embryo_id))

    @route("/embryos/<embryo_id>/notes", methods=["POST"])
    def pin_note(embryo_id: str) -> Any:
        sent = json_object("a note", {"cell", "frame", "text", "author", "view"})
        for field in ("cell", "frame", "text"):
            if field not in sent:
                raise BadRequest(f"{field} is missing", field)
        return flask.jsonify(notes.add(embryo_id, **sent)), 201

    @route("/embryos/<embryo_id>/notes/<note_id>", methods=["PATCH"])
    def change_note(embryo_id: str, note_id: str) -> Any:
        """What it says, by the version that was read; or its `place` in the story; or both."""
        sent = json_object("a change", {"cell", "frame", "text", "author", "view", "version", "place"})
        place, version = sent.pop("place", None), sent.pop("version", None)
        for field, value, most in (("place", place, MOST_NOTES - 1), ("version", version, 2**31 - 1)):
            if value is not None and (type(value) is not int or not 0 <= value <= most):
                raise BadRequest(f"expected a whole number from 0 to {most}", field)
        if sent and version is None:
            raise BadRequest("a change needs the version that it was made from", "version")
        if not sent and place is None:
            raise BadRequest("nothing was sent that could be changed")
        try:
            note = notes.change(embryo_id, note_id, version, sent) if sent else None
        except Changed as changed:
            told = {"error": {"message": str(changed), "field": "version"}, "note": changed.note}
            return flask.jsonify(told), 409
        return flask.jsonify(note if place is None else notes.move(embryo_id, note_id, place))

    @route("/embryos/<embryo_id>/notes/<note_id>", methods=["DELETE"])
    def delete_note(embryo_id: str, note_id: str) -> Any:
        notes.delete(embryo_id, note_id)
        return "", 204

    @route("/embryos/<embryo_id>/notes/<note_id>/restore", methods=["POST"])
    def restore_note(embryo_id: str, note_id: str) -> Any:
        return flask.jsonify(notes.restore(embryo_id, note_id))

    @route("/labels")
    def labels() -> Any:
        kind = request.args.get("scheme") or "prefix"
        depth = whole_number("depth", 0, 100, 3) if kind in ("prefix", "ancestor") else None
        try:
            scheme = Scheme.parse(kind, depth)
        except ValueError as bad:
            raise BadRequest(str(bad.args[-1]), str(bad.args[0]) if len(bad.args) > 1 else "scheme") from bad
        chosen = request.args.get("embryos") or "all"
        counts = class_counts(cell_counts.of(lab.embryos.choose(chosen)), scheme)
        return flask.jsonify(
            classes=[{"label": label, "count": count} for label, count in counts.items()],
            imbalance=asdict(imbalance(counts)),
        )

    @route("/runs", methods=["POST"])
    def start_run() -> Any:
        config = request.get_json(silent=True)
        if not isinstance(config, dict):
            raise BadRequest("the body is not a JSON object that describes a run")
        return flask.jsonify(id=lab.runs.create(config, lab.embryos)), 201

    @route("/runs")
    def list_runs() -> Any:
        limit = whole_number("limit", 1, MOST_ROWS, 100)
        offset = whole_number("offset", 0, 10**9, 0)
        found, _total = lab.runs.page(limit=limit, offset=offset)
        return flask.jsonify([described_run(run) for run in found])

    @route("/runs/<run_id>")
    def one_run(run_id: str) -> Any:
        return flask.jsonify(described_run(lab.runs.get(run_id)))

    @route("/runs/<run_id>/metrics")
    def metrics(run_id: str) -> Any:
        after = whole_number("after", 0, 10**15, 0)
        response = flask.jsonify(lab.runs.metrics_after(run_id, after))
        response.headers["Cache-Control"] = "max-age=1"  # a proxy may serve a crowd from one answer
        response.headers["Content-Security-Policy"] = "default-src 'none'"  # short: asked each second
        return response

    @route("/runs/<run_id>/cancel", methods=["POST"])
    def cancel(run_id: str) -> Any:
        lab.runs.cancel(run_id)
        return flask.jsonify(id=run_id, state=lab.runs.get(run_id).state), 202

    @routes.route("/", defaults={"_rest": ""})
    @routes.route("/<path:_rest>")
    def nothing(_rest: str) -> Any:
        return error(404, "there is no such call; see /api/v1/openapi.json")

    return routes
