"""The OpenAPI document of /api/v1: what each call takes, and every answer it can give."""

from functools import cache
from typing import Any

from services.labels import RESAMPLINGS
from services.notes import ALLOWED, FRAMES, LONGEST, MOST_NOTES
from services.run_config import request_schema

ID = {"type": "string", "pattern": "^[a-z0-9]{1,10}$"}
WORD = {"type": "string"}
NUMBER = {"type": "number"}
COUNT = {"type": "integer", "minimum": 0}
WORDS = {"type": "array", "items": WORD}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": required | (optional or {}), "required": list(required)}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _answer(description: str, schema: dict[str, Any], media: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {media: {"schema": schema}}}


def _of(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": ID}


REFUSED = _answer("Not allowed from here", {"$ref": "#/components/schemas/Error"})
ABSENT = _answer("There is no such thing", {"$ref": "#/components/schemas/Error"})
WRONG = _answer("What was sent can't be used: which field, and why", {"$ref": "#/components/schemas/Error"})
BROKEN = _answer("The request can't be read", {"$ref": "#/components/schemas/Error"})
TOO_LONG = _answer("The web server reads no address or header as long as that", WORD, "text/html")
TOO_LARGE = _answer("More than the upload limit", {"$ref": "#/components/schemas/Error"})


def _schemas() -> dict[str, Any]:
    embryo = _object(
        {
            "id": ID,
            "name": WORD,
            "source": {"enum": ["simulated", "file", "epic"]},
            "gene": WORD,
            "strain": WORD,
            "date": {"type": "string", "description": "day of recording, ISO, empty when unknown"},
            "rows": COUNT,
            "cells": COUNT,
            "frames": COUNT,
            "max_cells": COUNT,
            "flags": WORDS,
        },
        {
            "pixel_um": NUMBER,
            "plane_um": NUMBER,
            "interval_s": NUMBER,
            "minutes": NUMBER,
            "checksum": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "tags": WORDS,
            "guessed": {**WORDS, "description": "fields that are guesses from the name"},
        },
    )
    added = _object({"id": ID, "name": WORD, "existed": {"type": "boolean"}, "flags": WORDS})
    turned_away = _object({"file": WORD, "line": _nullable({"type": "integer"}), "error": WORD})
    metric = _object(
        {"seq": COUNT, "epoch": COUNT, "tag": WORD, "value": _nullable(NUMBER), "wall": NUMBER},
    )
    values = {"type": "object", "additionalProperties": _nullable(NUMBER)}
    run = _object(
        {
            "id": ID,
            "name": WORD,
            "config": {"type": "object"},
            "state": {"enum": ["queued", "running", "done", "failed", "cancelled"]},
            "progress": _object({"epoch": COUNT, "epochs": COUNT, "share": NUMBER, "phase": WORD}),
            "best": values,
            "last": values,
            "inflated": _nullable({"type": "string", "description": "why its score is inflated"}),
            "error": _nullable(WORD),
        }
    )
    place = {"type": "array", "items": NUMBER, "minItems": 3, "maxItems": 3}
    rotation = {"type": "array", "items": NUMBER, "minItems": 9, "maxItems": 9}
    pose = _object(
        {
            "rotation": {**rotation, "description": "recorded to world places, row by row; determinant +1"},
            "centre": {**place, "description": "µm, recorded; world = rotation (recorded - centre)"},
            "axes": {"enum": ["animal", "recorded"]},
            "whence": {"enum": ["names", "hand", "recorded"]},
            "why": {**WORD, "description": "why the names don't tell; empty when they do"},
            "mirrored": {"type": "boolean", "description": "the cells fit only as a mirror image"},
            "shell": _object({"centre": place, "semiaxes": place}),
            "clock": _object({"zero": _nullable(NUMBER), "rate": NUMBER}),
        }
    )
    note = _object(
        {
            "id": ID,
            "embryo": ID,
            "cell": {**WORD, "description": "empty: of the embryo as a whole"},
            "frame": NUMBER,
            "text": WORD,
            "author": WORD,
            "view": {**WORD, "description": "query string of the embryo's page when it was pinned"},
            "place": {**COUNT, "description": "its order in the story"},
            "version": {"type": "integer", "minimum": 1},
            "created": NUMBER,
            "edited": NUMBER,
        }
    )
    in_log = {**WORD, "description": "id of the request: the owner finds it in the log"}
    return {
        "Error": _object(
            {"error": _object({"message": WORD, "field": _nullable(WORD)})}, {"request": in_log}
        ),
        "Embryo": embryo,
        "Imported": _object(
            {
                "imported": {"type": "array", "items": added},
                "rejected": {"type": "array", "items": turned_away},
            },
            {"applied": {"type": "array", "items": {"type": "object"}}},
        ),
        "Labels": _object(
            {
                "classes": {"type": "array", "items": _object({"label": WORD, "count": COUNT})},
                "imbalance": _object(
                    {
                        "classes": COUNT,
                        "rows": COUNT,
                        "ratio": _nullable(NUMBER),
                        "entropy": NUMBER,
                        "effective_classes": NUMBER,
                        "largest_share": NUMBER,
                        "under_20": COUNT,
                    }
                ),
            }
        ),
        "Pose": pose,
        "Note": note,
        "RunConfig": request_schema(),
        "Run": run,
        "Metrics": _object(
            {"generation": COUNT, "rows": {"type": "array", "items": metric}, "next": COUNT},
        ),
    }


@cache
def document() -> dict[str, Any]:
    """The whole document, OpenAPI 3.1."""
    created = _answer("Its id", _object({"id": ID}))
    upload = _object(
        {"file": {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1}}
    )
    turn = {"type": "array", "items": {"type": "number", "minimum": -1, "maximum": 1}}
    by_hand = _object({"rotation": _nullable({**turn, "minItems": 9, "maxItems": 9})})
    said: dict[str, Any] = {
        field: {"type": "string", "maxLength": most, "pattern": ALLOWED[field]}
        for field, most in LONGEST.items()
    }
    said["text"] |= {"minLength": 1}
    said["frame"] = {"type": "number", "minimum": FRAMES[0], "maximum": FRAMES[1]}
    needed = ("cell", "frame", "text")
    new_note = _object(
        {field: said[field] for field in needed},
        {field: said[field] for field in said if field not in needed},
    ) | {"additionalProperties": False}
    ordinal = {
        "version": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1, "description": "that was read"},
        "place": {"type": "integer", "minimum": 0, "maximum": MOST_NOTES - 1},
    }
    changed_note = _object({}, said | ordinal) | {"additionalProperties": False, "minProperties": 1}
    quicker = _object({"error": _object({"message": WORD, "field": _nullable(WORD)}), "note": _of("Note")})
    paths: dict[str, dict[str, dict[str, Any]]] = {
        "/embryos": {
            "get": {
                "summary": "Embryos, ordered by id; what a search finds, by name",
                "parameters": [
                    _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "at most so many"),
                    _query("after", ID, "only those behind this id; not with a search"),
                    _query("search", {"type": "string"}, "words of name, gene, strain, tag; or a cell"),
                ],
                "responses": {
                    "200": _answer("Embryos", {"type": "array", "items": _of("Embryo")}),
                    "422": WRONG,
                },
            },
            "post": {
                "summary": "Import CD files, zips of them, and tables that describe them",
                "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": upload}}},
                "responses": {
                    "201": _answer("What came in and what didn't", _of("Imported")),
                    "422": _answer(
                        "Nothing came in: why each file didn't", {"anyOf": [_of("Imported"), _of("Error")]}
                    ),
                    "413": TOO_LARGE,
                },
            },
        },
        "/embryos/{embryo_id}": {
            "get": {
                "summary": "One embryo",
                "parameters": [_path("embryo_id")],
                "responses": {"200": _answer("The embryo", _of("Embryo")), "404": ABSENT},
            }
        },
        "/embryos/{embryo_id}/file": {
            "get": {
                "summary": "The file as it came, byte for byte: a CD file or AceTree's nuclei zip",
                "parameters": [_path("embryo_id")],
                "responses": {
                    "200": {
                        "description": "The file",
                        "content": {media: {"schema": WORD} for media in ("text/csv", "application/zip")},
                    },
                    "404": ABSENT,
                },
            }
        },
        "/embryos/{embryo_id}/pose": {
            "get": {
                "summary": "How the embryo lies in its recording, and its developmental clock",
                "parameters": [_path("embryo_id")],
                "responses": {"200": _answer("The pose", _of("Pose")), "404": ABSENT},
            },
            "put": {
                "summary": "Turn the embryo by hand, for everybody; null goes back to what the names say",
                "parameters": [_path("embryo_id")],
                "requestBody": {"required": True, "content": {"application/json": {"schema": by_hand}}},
                "responses": {
                    "200": _answer("The pose that is now in force", _of("Pose")),
                    "404": ABSENT,
                    "413": TOO_LARGE,
                    "422": WRONG,
                },
            },
        },
        "/embryos/{embryo_id}/notes": {
            "get": {
                "summary": "Notes pinned to the embryo, in the order of their story",
                "parameters": [_path("embryo_id")],
                "responses": {
                    "200": _answer("Notes", {"type": "array", "items": _of("Note")}),
                    "404": ABSENT,
                },
            },
            "post": {
                "summary": "Pin a note to a cell and a moment",
                "parameters": [_path("embryo_id")],
                "requestBody": {"required": True, "content": {"application/json": {"schema": new_note}}},
                "responses": {
                    "201": _answer("The note, last in the story", _of("Note")),
                    "404": ABSENT,
                    "413": TOO_LARGE,
                    "422": WRONG,
                },
            },
        },
        "/embryos/{embryo_id}/notes/{note_id}": {
            "patch": {
                "summary": "Change what a note says, by the version that was read, or its place in the story",
                "parameters": [_path("embryo_id"), _path("note_id")],
                "requestBody": {"required": True, "content": {"application/json": {"schema": changed_note}}},
                "responses": {
                    "200": _answer("The note as it is now", _of("Note")),
                    "404": ABSENT,
                    "409": _answer("Somebody else changed it meanwhile: nothing was written", quicker),
                    "413": TOO_LARGE,
                    "422": WRONG,
                },
            },
            "delete": {
                "summary": "Delete a note; it can be brought back",
                "parameters": [_path("embryo_id"), _path("note_id")],
                "responses": {"204": {"description": "It is gone from the list"}, "404": ABSENT},
            },
        },
        "/embryos/{embryo_id}/notes/{note_id}/restore": {
            "post": {
                "summary": "Bring a deleted note back to where it stood",
                "parameters": [_path("embryo_id"), _path("note_id")],
                "responses": {"200": _answer("The note", _of("Note")), "404": ABSENT, "422": WRONG},
            }
        },
        "/labels": {
            "get": {
                "summary": "Rows of each label, largest first, and how unbalanced they are",
                "parameters": [
                    _query("embryos", {"type": "string"}, "ids with commas, `all`, or `set:<name>`"),
                    _query("scheme", {"enum": ["prefix", "founder", "ancestor", "full"]}, "the label"),
                    _query(
                        "depth",
                        {"type": "integer", "minimum": 0, "maximum": 100},
                        "letters of the name (prefix), or generation, P0 being 0 (ancestor)",
                    ),
                ],
                "responses": {"200": _answer("Labels", _of("Labels")), "404": ABSENT, "422": WRONG},
            }
        },
        "/runs": {
            "get": {
                "summary": "Runs, newest first",
                "parameters": [
                    _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "at most so many"),
                    _query(
                        "offset", {"type": "integer", "minimum": 0, "maximum": 10**9}, "leave out so many"
                    ),
                ],
                "responses": {
                    "200": _answer("Runs", {"type": "array", "items": _of("Run")}),
                    "422": WRONG,
                },
            },
            "post": {
                "summary": "Start a run",
                "description": f"Unset fields take the preset's values. Resampling: {', '.join(RESAMPLINGS)}.",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": _of("RunConfig")}},
                },
                "responses": {"201": created, "404": ABSENT, "413": TOO_LARGE, "422": WRONG},
            },
        },
        "/runs/{run_id}": {
            "get": {
                "summary": "One run",
                "parameters": [_path("run_id")],
                "responses": {"200": _answer("The run", _of("Run")), "404": ABSENT},
            }
        },
        "/runs/{run_id}/metrics": {
            "get": {
                "summary": "Metric rows behind a sequence number",
                "description": "A raised `generation` says that rows were dropped: ask again from 0.",
                "parameters": [
                    _path("run_id"),
                    _query(
                        "after", {"type": "integer", "minimum": 0, "maximum": 10**15}, "exclusive; 0 for all"
                    ),
                ],
                "responses": {"200": _answer("Metric rows", _of("Metrics")), "404": ABSENT, "422": WRONG},
            }
        },
        "/runs/{run_id}/cancel": {
            "post": {
                "summary": "Cancel a run",
                "parameters": [_path("run_id")],
                "responses": {
                    "202": _answer("It is being cancelled", _object({"id": ID, "state": WORD})),
                    "404": ABSENT,
                },
            }
        },
        "/openapi.json": {
            "get": {
                "summary": "This document",
                "responses": {"200": _answer("OpenAPI 3.1", {"type": "object"})},
            }
        },
    }
    for operations in paths.values():
        for operation in operations.values():
            operation["responses"] |= {"400": BROKEN, "403": REFUSED, "414": TOO_LONG, "431": TOO_LONG}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Blastoscope", "version": "1"},
        "servers": [{"url": "/api/v1"}],
        "paths": paths,
        "components": {"schemas": _schemas()},
    }
