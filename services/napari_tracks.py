"""An embryo as napari's Tracks layer takes it: `tracks.csv`, `graph.json` and how to open them, in a zip.

The layer's data are `track_id, t, z, y, x`, sorted by track and time, and its graph says of a track that was
born from another which one that is (napari documentation, `napari.layers.Tracks`). It takes no negative times,
so strays at frames below 0 are left out. `parent_track_id` beside them is what inTRACKtive asks for; -1
without one.
"""

import io
import json
import zipfile

import pandas
import pyarrow
import pyarrow.csv

from services.cd_file import EXPRESSION
from services.embryos import Embryo, minutes_of
from services.spreadsheet import no_formula
from services.track_graph import TrackGraph, from_frame_0, track_graph

LAYER = ("track_id", "t", "z", "y", "x")
PROPERTIES = ("parent_track_id", "cell", "minutes", "radius", *EXPRESSION)
DECIMALS = 3  # of µm and minutes: a nanometre

README = """\
tracks.csv and graph.json are an embryo's tracks for napari's Tracks layer: t in frames, z, y, x and radius in µm.
    pip install "napari[all]" pandas, then in Python:
    import json, napari, pandas
    table = pandas.read_csv("tracks.csv")
    graph = {int(track): mothers for track, mothers in json.load(open("graph.json")).items()}
    viewer = napari.Viewer(ndisplay=3)
    viewer.add_tracks(table[["track_id", "t", "z", "y", "x"]], features=table.loc[:, "minutes":], graph=graph)
    napari.run()
inTRACKtive: pip install intracktive, then intracktive open tracks.csv
CITATION.txt: where it comes from and what to cite. Rows at frames below 0 aren't in here: napari takes none.
"""


def write(embryo: Embryo, table: pandas.DataFrame, citation: str) -> bytes:
    """The zip. `table` is EmbryoStore.table's; `citation` the text of its CITATION.txt."""
    graph = track_graph(from_frame_0(table), embryo.first_frame)
    csv = pyarrow.BufferOutputStream()
    pyarrow.csv.write_csv(pyarrow.Table.from_pandas(tracks(embryo, graph), preserve_index=False), csv)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr("README.txt", README)
        archive.writestr("CITATION.txt", citation)
        archive.writestr("tracks.csv", csv.getvalue().to_pybytes())
        archive.writestr("graph.json", json.dumps(mothers(graph)))
    return out.getvalue()


def tracks(embryo: Embryo, graph: TrackGraph) -> pandas.DataFrame:
    """Columns `LAYER`, then `PROPERTIES`; a row a nucleus, track after track, each by time. Tracks from 1."""
    rows = graph.rows
    parents = graph.mothers.copy()
    parents[parents >= 0] += 1
    columns = {
        "track_id": graph.track + 1,
        "t": rows["time"],
        "z": (rows["z"] * embryo.plane_um).round(DECIMALS),
        "y": (rows["y"] * embryo.pixel_um).round(DECIMALS),
        "x": (rows["x"] * embryo.pixel_um).round(DECIMALS),
        "parent_track_id": parents[graph.track],
        "cell": [no_formula(graph.names[track]) for track in graph.track],
        "minutes": minutes_of(embryo, rows["time"]).round(DECIMALS),
        "radius": (rows["size"].clip(lower=0) * embryo.pixel_um / 2).round(DECIMALS),
    }
    return pandas.DataFrame(columns | {measure: rows[measure] for measure in EXPRESSION})


def mothers(graph: TrackGraph) -> dict[int, list[int]]:
    """napari's graph: of each track that was born from another, that one."""
    return {track: [int(mother) + 1] for track, mother in enumerate(graph.mothers.tolist(), 1) if mother >= 0}
