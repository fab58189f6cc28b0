"""napari's tracks: shape, ids and graph exact on the embryo made by hand, in the form its Tracks layer takes."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

from services import napari_tracks
from services.citation import MURRAY_2012
from services.exports import export
from tests.conftest import REFERENCE
from tests.test_geff import TRACKS, tiny_embryo

KEPT = [(name, rows) for name, rows in TRACKS if name != "EMS"]  # its two rows are strays at negative frames


def read(raw: bytes) -> tuple[pandas.DataFrame, dict[int, list[int]], dict[str, str]]:
    """Table, graph as the README reads them, and the texts."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert archive.namelist() == ["README.txt", "CITATION.txt", "tracks.csv", "graph.json"]
        table = pandas.read_csv(io.BytesIO(archive.read("tracks.csv")))
        graph = {int(track): mothers for track, mothers in json.loads(archive.read("graph.json")).items()}
        texts = {name: archive.read(name).decode() for name in archive.namelist()[:2]}
    return table, graph, texts


def as_napari_takes_it(table: pandas.DataFrame, graph: dict[int, list[int]]) -> None:
    """What napari.layers.Tracks asks of its data and graph."""
    data = table[["track_id", "t", "z", "y", "x"]].to_numpy()
    assert data.ndim == 2 and data.shape[1] == 5 and np.isfinite(data).all()
    assert (data[:, 1] >= 0).all(), "napari refuses negative times"
    assert table["track_id"].dtype == table["t"].dtype == np.int64
    order = np.lexsort((data[:, 1], data[:, 0]))
    assert (order == np.arange(len(data))).all(), "sorted by track, then time"
    assert not table.duplicated(["track_id", "t"]).any()
    ids = set(table["track_id"])
    assert set(graph) <= ids and {mother for mothers in graph.values() for mother in mothers} <= ids
    features = table.loc[:, "minutes":]
    assert all(dtype.kind in "if" for dtype in features.dtypes)


def test_the_embryo_made_by_hand(lab: Any) -> None:
    tiny = tiny_embryo(lab)
    raw = napari_tracks.write(tiny, lab.embryos.table(tiny.id), "cite")
    table, graph, texts = read(raw)
    as_napari_takes_it(table, graph)
    assert list(table.columns) == [*napari_tracks.LAYER, *napari_tracks.PROPERTIES]
    assert table["track_id"].tolist() == [t for t, (_, n) in enumerate(KEPT, 1) for _ in range(n)]
    assert table["cell"].tolist() == [name for name, n in KEPT for _ in range(n)]
    assert graph == {2: [1], 3: [2], 4: [2], 5: [1]}
    parents = table.drop_duplicates("track_id").set_index("track_id")["parent_track_id"]
    assert parents.to_dict() == {1: -1, 2: 1, 3: 2, 4: 2, 5: 1, 6: -1, 7: -1}
    assert table.iloc[0].to_dict() == {
        **{"track_id": 1, "t": 1, "z": 5.0, "y": 20.0, "x": 10.0, "parent_track_id": -1, "cell": "AB"},
        **{"minutes": 0.0, "radius": 2.0},
        **{"none": 25_995, "global": 995, "local": 295, "blot": -5, "cross": -6},
    }
    assert texts["CITATION.txt"] == "cite"


def test_the_readme_is_short_and_its_code_runs(
    lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = tiny_embryo(lab)
    path = export(lab, [tiny.id], "napari", tmp_path / "out")
    assert path.name == "out.napari.zip"
    _table, _graph, texts = read(path.read_bytes())
    lines = texts["README.txt"].splitlines()
    assert len(lines) == 10
    assert MURRAY_2012 in texts["CITATION.txt"]
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "in")
    code = "\n".join(line.strip() for line in lines if line.startswith("    ") and "pip install" not in line)
    assert "viewer.add_tracks(" in code
    reading = [line for line in code.splitlines() if "napari" not in line and "viewer" not in line]
    known: dict[str, Any] = {}
    monkeypatch.chdir(tmp_path / "in")
    exec("import json, pandas\n" + "\n".join(reading), known)
    assert len(known["table"]) == 16
    assert known["graph"] == {2: [1], 3: [2], 4: [2], 5: [1]}


@pytest.mark.embryos
def test_a_real_embryo(lab: Any, epic: Path) -> None:
    embryo = lab.embryos.add((epic / REFERENCE).read_bytes(), REFERENCE).embryo
    table, graph, _texts = read(napari_tracks.write(embryo, lab.embryos.table(embryo.id), ""))
    as_napari_takes_it(table, graph)
    assert len(table) == embryo.rows
    assert table["track_id"].nunique() == embryo.cells
    names = table.drop_duplicates("track_id").set_index("track_id")["cell"]
    assert len(graph) == embryo.cells - 4
    for daughter, (mother,) in graph.items():
        if len(names[daughter]) > 3 and names[daughter][:2] == "AB":
            assert names[daughter][:-1] == names[mother]


def test_names_are_no_formulas(lab: Any) -> None:
    from tests.test_embryos import cd, row

    embryo = lab.embryos.add(cd(row("=cmd()", 1), row("-ABa", 1)), "CD20080101_a_1.csv").embryo
    table, _graph, _texts = read(napari_tracks.write(embryo, lab.embryos.table(embryo.id), ""))
    assert sorted(table["cell"]) == ["'-ABa", "'=cmd()"]
