"""An embryo as GEFF, the field's graph exchange format: a zipped Zarr folder `<name>.geff`.

A node is a nucleus at a frame, an edge leads from frame to frame or from a mother to her daughters
(services/track_graph.py). Written and checked by the format's own library (geff, live-image-tracking-tools);
napari (with napari-geff) and inTRACKtive open it. Names are a property of variable length, one text a node:
napari-geff 0.0.4 stumbles over text of a fixed length. Rows at negative frames, strays all, are left out, because
napari refuses them. The library is imported when it is needed: the web process starts without it.
"""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas

from services.cd_file import EXPRESSION
from services.citation import citation, source_words
from services.embryos import Embryo, minutes_of
from services.track_graph import TrackGraph, from_frame_0, track_graph

DECIMALS = 3  # of µm and minutes: a nanometre
_WORDS = {  # of each property, by its name
    "t": "frame of the recording",
    "x": "to the right in the recorded image",
    "y": "downwards in the recorded image",
    "z": "away from the viewer",
    "minutes": "minutes of the recording, 0 at its first frame",
    "radius": "of the nucleus",
    "cell": "Sulston name; a nucleus without one has a number",
    "tracklet": "nuclei from a birth to the next division that is followed",
    "lineage": "nuclei that are connected by descent",
    "none": "raw reporter expression",
    "global": "expression, corrected for a global background",
    "local": "expression, corrected for the local background",
    "blot": "expression, corrected for the local background without other nuclei",
    "cross": "expression, corrected for crosstalk",
}
_UNITS = {
    "t": "frame",
    "minutes": "minute",
    **dict.fromkeys(("x", "y", "z", "radius"), "micrometer"),
}


def write(embryo: Embryo, table: pandas.DataFrame, name: str) -> bytes:
    """The zip of the folder `<name>.geff`. `table` is EmbryoStore.table's."""
    from geff.core_io import write_arrays

    kept = from_frame_0(table)
    graph = track_graph(kept, embryo.first_frame)
    edges = np.concatenate([graph.links, graph.births])
    edges = edges[np.lexsort((edges[:, 1], edges[:, 0]))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.geff"
        write_arrays(
            path,
            node_ids=np.arange(len(graph.rows), dtype="uint64"),
            node_props={
                what: {"values": v, "missing": None} for what, v in properties(embryo, graph).items()
            },
            edge_ids=edges.astype("uint64"),
            edge_props={},
            metadata=_metadata(embryo, len(table) - len(kept)),
        )
        return _zipped(Path(folder))


def properties(embryo: Embryo, graph: TrackGraph) -> dict[str, np.ndarray]:
    """What each node has, by name: µm, minutes, frames, expression as it came, tracklet and lineage from 1."""
    rows = graph.rows
    tracklets, lineages = _tracklets_and_lineages(graph)
    values = {
        "t": rows["time"].to_numpy(),
        "z": (rows["z"] * embryo.plane_um).round(DECIMALS).to_numpy(),
        "y": (rows["y"] * embryo.pixel_um).round(DECIMALS).to_numpy(),
        "x": (rows["x"] * embryo.pixel_um).round(DECIMALS).to_numpy(),
        "minutes": minutes_of(embryo, rows["time"]).round(DECIMALS),
        "radius": (rows["size"].clip(lower=0) * embryo.pixel_um / 2).round(DECIMALS).to_numpy(),
        "cell": _names(graph),
        "tracklet": tracklets[graph.track],
        "lineage": lineages[graph.track],
    }
    return values | {measure: rows[measure].to_numpy() for measure in EXPRESSION}


def _names(graph: TrackGraph) -> np.ndarray:
    """The cell of each node, as the library wants what is of variable length: an array of arrays."""
    width = max(map(len, graph.names))
    each = [np.array(name, dtype=f"U{width}") for name in graph.names]
    names = np.empty(len(graph.track), dtype=object)
    names[:] = [each[track] for track in graph.track]
    return names


def _tracklets_and_lineages(graph: TrackGraph) -> tuple[np.ndarray, np.ndarray]:
    """Of each track. A tracklet is a longest line without a branch, so that a daughter whose sister isn't

    followed goes on with her mother's.
    """
    daughters = np.bincount(graph.mothers[graph.mothers >= 0], minlength=len(graph.names))
    tracklets, lineages = np.arange(1, len(graph.names) + 1), np.arange(1, len(graph.names) + 1)
    for track, mother in enumerate(graph.mothers):  # a mother comes before her daughters
        if mother >= 0:
            lineages[track] = lineages[mother]
            if daughters[mother] == 1:
                tracklets[track] = tracklets[mother]
    return tracklets, lineages


def _metadata(embryo: Embryo, left_out: int) -> Any:
    from geff_spec import Axis, GeffMetadata

    minutes = embryo.interval_s / 60
    time = Axis(
        name="t",
        type="time",
        unit="frame",
        scale=minutes,
        scaled_unit="minute",
        offset=-embryo.first_frame * minutes,
    )
    return GeffMetadata(
        directed=True,
        axes=[time, *(Axis(name=name, type="space", unit="micrometer") for name in "zyx")],
        node_props_metadata=_described(),
        edge_props_metadata={},
        sphere="radius",
        track_node_props={"tracklet": "tracklet", "lineage": "lineage"},
        extra={
            "embryo": embryo.name,
            "source": source_words(embryo),
            "citation": citation(embryo),
            "checksum": embryo.checksum,
            "pixel_um": embryo.pixel_um,
            "plane_um": embryo.plane_um,
            "interval_s": embryo.interval_s,
            "calibration": dict(embryo.calibration),
            "rows_left_out_at_negative_frames": left_out,
        },
    )


def _described() -> dict[str, Any]:
    from geff_spec import PropMetadata

    kinds = {"t": "int64", "tracklet": "int64", "lineage": "int64", "cell": "str"}
    return {
        name: PropMetadata(
            identifier=name,
            dtype=kinds.get(name, "float64"),
            varlength=name == "cell",
            unit=_UNITS.get(name),
            description=words,
        )
        for name, words in _WORDS.items()
    }


def _zipped(folder: Path) -> bytes:
    """All below a folder, as it stands; the chunks are packed already."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return out.getvalue()
