"""Routes of the embryo's tree: measured times of division, and a figure drawn as a PDF."""

import hashlib
import json
from functools import cache
from typing import Any

import flask
import pandas

from services import api, figure_pdf, lineage

FOR_EVER = "public, max-age=31536000, immutable"


@cache
def division_times() -> tuple[str, bytes]:
    """The address and the JSON of the reference's divisions: cell -> [division_min, division_sd].

    Developmental minutes (after the birth of ABal) of a mother's last frame; the sd is null where it can't be
    told. The address holds a checksum, so that a browser may keep it for ever.
    """
    told = lineage.reference().loc[
        lambda table: table["division_min"].notna(), ["division_min", "division_sd"]
    ]
    times = {
        str(cell): [float(division), None if pandas.isna(sd) else float(sd)]
        for cell, division, sd in told.itertuples()
    }
    body = json.dumps(times, separators=(",", ":")).encode()
    return f"/reference/divisions-{hashlib.sha256(body).hexdigest()[:16]}.json", body


def add_routes(server: flask.Flask) -> None:
    """Add the routes to `server`."""

    @server.get("/reference/<name>")
    def reference(name: str) -> Any:
        address, body = division_times()
        if address != f"/reference/{name}":
            flask.abort(404, "there are no measured times of that name")
        return flask.Response(body, mimetype="application/json", headers={"Cache-Control": FOR_EVER})

    @server.post("/figures/pdf")
    def draw_pdf() -> Any:
        flask.request.max_content_length = figure_pdf.MOST_BYTES
        try:
            figure = figure_pdf.read_figure(flask.request.get_data(cache=False))
        except figure_pdf.BadFigure as bad:
            return api.error(422, str(bad), bad.field or None)
        return flask.Response(figure_pdf.pdf(figure), mimetype="application/pdf")
