"""All embryos laid over each other: `/collection?embryos=all`, `set:<name>` or ids.

The browser asks for the list once, page by page, then for the same tracks that the embryos' own pages show
(assets/modules/collection.mjs). The view stands in the query string, which only the browser reads.
"""

import gzip
import json
import time
from typing import Any

import dash
import flask
from dash import Input, Output, dcc, html

from components import look
from components.collection import collection_room
from services import tracks
from services.api import error
from services.cell_names import names_of
from services.embryos import Embryo, NoSuchEmbryo, NoSuchSet, minutes_of
from services.lab import Lab

MOST_EMBRYOS = 300  # laid over each other; a larger choice is cut, and the page says so
MOST_A_PAGE = 100
AT_ONCE = 8  # poses that are asked for together
PAGE_S = 0.7  # poses that aren't known yet take time: a page of the list ends early, so that drawing begins


def told(embryo: Embryo, pose: dict[str, Any]) -> dict[str, Any]:
    """What the browser needs of one embryo: lengths in µm, times in s and minutes."""
    frames = range(embryo.first_frame, embryo.last_frame + 1)
    return {
        "id": embryo.id,
        "name": embryo.name,
        "tracks": f"/tracks/{tracks.file_name(embryo.checksum)}",
        "calibration": {"pixel_um": embryo.pixel_um, "plane_um": embryo.plane_um},
        "first_frame": embryo.first_frame,
        "last_frame": embryo.last_frame,
        "interval_s": embryo.interval_s,
        "minutes": minutes_of(embryo, list(frames)).round(4).tolist() if embryo.frame_seconds else None,
        "curve": embryo.curve,
        "simulated": embryo.source == "simulated",
        "flags": embryo.flags,
        "pose": pose,
    }


def chosen(lab: Lab, embryos: str, real: bool) -> list[str]:
    """Ids of `all`, `set:<name>` or ids, with `real` without the simulated. Raises as `EmbryoStore.choose`."""
    ids = lab.embryos.choose(embryos or "all")
    if not real:
        return ids
    recorded = set(lab.embryos.choose("real"))
    return [id for id in ids if id in recorded]


def page_of_list(lab: Lab, ids: list[str], start: int) -> dict[str, Any]:
    """Embryos of a choice from number `start` on: {total, shown, next (null at the end), embryos}."""
    shown = ids[:MOST_EMBRYOS]
    found: list[dict[str, Any]] = []
    until = time.monotonic() + PAGE_S
    embryos = lab.embryos.get_many(shown[start : start + MOST_A_PAGE])
    for first in range(0, len(embryos), AT_ONCE):
        some = embryos[first : first + AT_ONCE]
        poses = lab.poses.poses_of(some)
        found += [told(embryo, poses[embryo.id]) for embryo in some]
        if time.monotonic() > until:
            break
    end = start + len(found)
    return {
        "total": len(ids),
        "shown": len(shown),
        "next": end if end < len(shown) else None,
        "embryos": found,
    }


def register(app: dash.Dash, lab: Lab) -> None:
    """Add the page and its list of embryos to `app`."""

    def layout(**_query: str) -> Any:
        data = {
            "palettes": {scheme: look.founder_colours(scheme) for scheme in ("safe", "acetree")},
            "ground": look.tokens("dark")["ground"],
            "sets": lab.embryos.sets(),
            "cell_names": names_of(lab.engine),
        }
        return html.Div(
            [
                collection_room(),
                dcc.Store(id="collection-page", data=data),
                dcc.Store(id="collection-mounted"),
            ]
        )

    dash.register_page(
        "collection", path="/collection", title="All embryos together · Blastoscope", layout=layout
    )
    app.clientside_callback(
        "function(data) { return window.dash_clientside.collection.mount(data); }",
        Output("collection-mounted", "data"),
        Input("collection-page", "data"),
    )

    @app.server.get("/collection.json")
    def collection_list() -> Any:
        asked = flask.request.args
        start = asked.get("from", "0")
        if not start.isascii() or not start.isdigit() or len(start) > 6:
            return error(422, "from is no whole number", "from")
        try:
            ids = chosen(lab, asked.get("embryos", "all"), asked.get("real") == "1")
            page = page_of_list(lab, ids, int(start))
        except (NoSuchEmbryo, NoSuchSet) as none:
            return error(404, str(none.args[0]), "embryos")
        body = json.dumps(page, separators=(",", ":")).encode()
        headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
        if "gzip" in flask.request.accept_encodings:
            body = gzip.compress(body, 5)
            headers["Content-Encoding"] = "gzip"
        return flask.Response(body, mimetype="application/json", headers=headers)
