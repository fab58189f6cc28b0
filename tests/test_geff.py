"""GEFF: exact on an embryo made by hand, held to the format's own validation, and read back by its library."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

from services import geff_export
from services.cd_file import EXPRESSION, write_cd
from services.citation import MURRAY_2012
from services.exports import export
from services.track_graph import track_graph
from tests.conftest import REFERENCE
from tests.test_tracks import tiny_table

# Tracks of the embryo made by hand, in lineage order, and the rows of each.
TRACKS = [("AB", 2), ("ABa", 3), ("ABal", 2), ("ABar", 1), ("ABp", 4), ("P1", 3), ("EMS", 2), ("Nuc1", 1)]
STARTS = {"AB": 0, "ABa": 2, "ABal": 5, "ABar": 7, "ABp": 8, "P1": 12, "EMS": 15, "Nuc1": 17}
LINKS = [(0, 1), (2, 3), (3, 4), (5, 6), (8, 9), (9, 10), (10, 11), (12, 13), (13, 14), (15, 16)]
BIRTHS = [(1, 2), (1, 8), (4, 5), (4, 7)]


def tiny_embryo(lab: Any) -> Any:
    """The embryo made by hand: 90 s a frame, 0.1 µm a pixel, 0.5 µm a plane."""
    embryo = lab.embryos.add(write_cd(tiny_table().assign(gweight=1)), "CD20080101_pha-4_1.csv").embryo
    return lab.embryos.correct(embryo.id, interval_s=90, pixel_um=0.1, plane_um=0.5)


def opened(raw: bytes, folder: Path) -> Path:
    """The unpacked folder of a download."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        archive.extractall(folder)
    (path,) = folder.iterdir()
    assert path.suffix == ".geff"
    return path


def validated(path: Path) -> Any:
    """What the library reads, after all of its own checks."""
    from geff import validate_structure
    from geff.core_io import read_to_memory
    from geff.validate.data import ValidationConfig, validate_data

    validate_structure(path)
    memory = read_to_memory(path)
    validate_data(memory, ValidationConfig(graph=True, sphere=True, lineage=True, tracklet=True))
    return memory


def values(memory: Any) -> dict[str, np.ndarray]:
    assert all(one["missing"] is None for one in memory["node_props"].values())
    found = {name: one["values"] for name, one in memory["node_props"].items()}
    return found | {"cell": np.array([str(name) for name in found["cell"]])}


# ---- the tracks and links that every exchange form is made of


def test_tracks_and_links_of_the_embryo_made_by_hand() -> None:
    graph = track_graph(tiny_table().sample(frac=1, random_state=1), 1)
    assert [
        (name, int(n)) for name, n in zip(graph.names, graph.last - graph.first + 1, strict=True)
    ] == TRACKS
    assert dict(zip(graph.names, graph.first.tolist(), strict=True)) == STARTS
    assert graph.mothers.tolist() == [-1, 0, 1, 1, 0, -1, -1, -1]
    assert [tuple(pair) for pair in graph.links.tolist()] == LINKS
    assert sorted(tuple(pair) for pair in graph.births.tolist()) == BIRTHS


def test_strays_before_the_start_are_a_track_of_their_own() -> None:
    table = pandas.DataFrame(
        {"cell": ["EMS", "EMS", "EMS", "EMS", "E", "E", "E"], "time": [-3, -2, 4, 5, -2, 6, 7]}
    )
    graph = track_graph(table, 1)
    assert graph.names == ["EMS", "EMS", "E", "E"]
    assert graph.first.tolist() == [0, 2, 4, 5]
    assert graph.mothers.tolist() == [-1, -1, -1, 1]
    assert [tuple(pair) for pair in graph.links.tolist()] == [(0, 1), (2, 3), (5, 6)]
    assert [tuple(pair) for pair in graph.births.tolist()] == [(3, 5)]


def test_no_link_leads_back_in_time() -> None:
    table = pandas.DataFrame({"cell": ["AB", "AB", "ABa", "ABp"], "time": [1, 5, 5, 6]})
    graph = track_graph(table, 1)
    assert graph.mothers.tolist() == [-1, -1, 0]


# ---- GEFF

# EMS has two rows, at negative frames: napari takes none of these, so they are left out.
NODES = [(name, rows) for name, rows in TRACKS if name != "EMS"]
EDGES = sorted(set(LINKS + BIRTHS) - {(15, 16)})


def test_nodes_and_edges_are_those_of_the_embryo_made_by_hand(lab: Any, tmp_path: Path) -> None:
    tiny = tiny_embryo(lab)
    raw = geff_export.write(tiny, lab.embryos.table(tiny.id), "tiny")
    memory = validated(opened(raw, tmp_path / "out"))
    assert memory["node_ids"].tolist() == list(range(16))
    assert sorted(map(tuple, memory["edge_ids"].tolist())) == EDGES
    assert memory["metadata"].extra["rows_left_out_at_negative_frames"] == 2
    found = values(memory)
    assert set(found) == {
        *("t", "z", "y", "x", "minutes", "radius", "cell", "tracklet", "lineage"),
        *EXPRESSION,
    }
    assert found["cell"].tolist() == [name for name, number in NODES for _ in range(number)]
    assert found["t"].tolist() == [1, 2, 3, 4, 5, 6, 7, 6, 3, 4, 6, 7, 1, 2, 3, 7]
    assert found["tracklet"].tolist() == [t for t, (_, n) in enumerate(NODES, 1) for _ in range(n)]
    assert found["lineage"].tolist() == [1] * 12 + [6] * 3 + [7]
    first = {name: column[0].item() for name, column in found.items()}
    assert first == {
        **{"t": 1, "x": 10.0, "y": 20.0, "z": 5.0, "radius": 2.0, "minutes": 0.0, "cell": "AB"},
        **{"tracklet": 1, "lineage": 1},
        **{"none": 25_995.0, "global": 995.0, "local": 295.0, "blot": -5.0, "cross": -6.0},
    }
    assert found["minutes"][11] == 9.0


def test_a_daughter_alone_goes_on_with_her_mothers_tracklet(lab: Any, tmp_path: Path) -> None:
    table = tiny_table()
    table = table[table["cell"] != "ABp"].assign(gweight=1)
    embryo = lab.embryos.add(write_cd(table), "CD20080101_pha-4_1.csv").embryo
    found = values(
        validated(opened(geff_export.write(embryo, lab.embryos.table(embryo.id), "x"), tmp_path / "x"))
    )
    assert found["tracklet"][:5].tolist() == [1] * 5
    assert found["cell"][:5].tolist() == ["AB", "AB", "ABa", "ABa", "ABa"]


def test_units_scale_source_and_citation_travel_with_it(lab: Any, tmp_path: Path) -> None:
    tiny = tiny_embryo(lab)
    path = export(lab, [tiny.id], "geff", tmp_path / "out")
    assert path.name == "out.geff.zip"
    metadata = validated(opened(path.read_bytes(), tmp_path / "in"))["metadata"]
    assert metadata.directed
    axes = {axis.name: (axis.type, axis.unit, axis.scale, axis.scaled_unit) for axis in metadata.axes}
    assert axes == {
        "t": ("time", "frame", 1.5, "minute"),
        **dict.fromkeys("zyx", ("space", "micrometer", None, None)),
    }
    assert [axis.name for axis in metadata.axes] == ["t", "z", "y", "x"]
    assert (metadata.axes[0].min, metadata.axes[0].max, metadata.axes[0].offset) == (1, 7, -1.5)
    assert metadata.sphere == "radius"
    assert metadata.track_node_props == {"tracklet": "tracklet", "lineage": "lineage"}
    told = metadata.extra
    assert MURRAY_2012 in told["citation"] and "Murray et al. 2012" in told["source"]
    assert (told["embryo"], told["checksum"], told["pixel_um"]) == (tiny.name, tiny.checksum, 0.1)
    assert metadata.node_props_metadata["radius"].unit == "micrometer"


def test_a_diameter_below_zero_and_one_row_are_still_valid(lab: Any, tmp_path: Path) -> None:
    table = tiny_table().iloc[[16]].assign(gweight=1, size=-4)  # a stray, and nothing else
    embryo = lab.embryos.add(write_cd(table), "CD20080101_pha-4_1.csv").embryo
    memory = validated(opened(geff_export.write(embryo, lab.embryos.table(embryo.id), "x"), tmp_path / "x"))
    assert memory["edge_ids"].shape == (0, 2)
    assert values(memory)["radius"].tolist() == [0.0]


@pytest.mark.embryos
def test_a_real_embryo_reads_back_as_the_same_graph(lab: Any, epic: Path, tmp_path: Path) -> None:
    import geff

    embryo = lab.embryos.add((epic / REFERENCE).read_bytes(), REFERENCE).embryo
    table = lab.embryos.table(embryo.id)
    path = opened(geff_export.write(embryo, table, "real"), tmp_path / "out")
    memory = validated(path)
    found = pandas.DataFrame(values(memory))
    assert len(found) == embryo.rows == 17_962
    rows = found.merge(
        table.astype({"cell": str}).rename(columns={"time": "t"}), on=["cell", "t"], suffixes=("", "_file")
    )
    assert len(rows) == embryo.rows
    np.testing.assert_allclose(rows["x"], rows["x_file"] * embryo.pixel_um, atol=0.0005)
    np.testing.assert_allclose(rows["z"], rows["z_file"] * embryo.plane_um, atol=0.0005)
    np.testing.assert_allclose(rows["radius"], rows["size"] * embryo.pixel_um / 2, atol=0.0005)
    for measure in EXPRESSION:
        assert (rows[measure] == rows[f"{measure}_file"]).all(), measure
    graph, _metadata = geff.read(path, backend="networkx")
    edges = memory["edge_ids"]
    assert graph.number_of_nodes() == len(found)
    assert set(graph.edges) == {tuple(edge) for edge in edges.tolist()}
    # Each nucleus but the first of its cell follows the one before, each cell but the roots its mother.
    cells = embryo.cells
    roots = len(found) - len(edges)
    assert sum(degree == 0 for _node, degree in graph.in_degree) == roots == 4
    assert len(edges) == (len(found) - cells) + (cells - roots)
    assert (found["t"].to_numpy()[edges[:, 1]] > found["t"].to_numpy()[edges[:, 0]]).all()
    assert max(degree for _node, degree in graph.out_degree) == 2


@pytest.mark.embryos
def test_several_embryos_go_out_as_one_zip(lab: Any, epic: Path, tmp_path: Path) -> None:
    tiny = tiny_embryo(lab)
    embryo = lab.embryos.add((epic / REFERENCE).read_bytes(), REFERENCE).embryo
    path = export(lab, [tiny.id, embryo.id], "geff", tmp_path / "out")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert names == ["CITATION.txt", f"{tiny.name}.geff.zip", f"{embryo.name}.geff.zip"]
        assert MURRAY_2012 in archive.read("CITATION.txt").decode()
        memory = validated(opened(archive.read(names[1]), tmp_path / "in"))
    assert len(memory["node_ids"]) == 16


def test_the_web_process_starts_without_the_library() -> None:
    import subprocess
    import sys

    code = "import sys, app; print(sorted({'geff', 'zarr', 'numcodecs', 'networkx'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
