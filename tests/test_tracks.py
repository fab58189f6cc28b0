"""Tracks: exact on an embryo made by hand, without loss on all real ones, small, and served to be kept."""

import base64
import gzip
import json
import re
import statistics
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from services import tracks
from services.embryos import NoSuchEmbryo
from tests.conftest import REFERENCE

TINY = Path(__file__).parent / "js" / "tiny_embryo.json"  # the same embryo for the tests of the modules
COLUMNS = ("x", "y", "z", "size", "none", "global", "local", "blot", "cross")


def tiny_table() -> pandas.DataFrame:
    """Two divisions, a gap in ABp's track, P1 no longer tracked, stray rows of EMS, an unnamed nucleus."""
    rows = [
        ("Nuc1", 7, 100, 100, 5.0, 20, 0),
        ("ABp", 3, 130, 200, 11.0, 36, 40),
        ("ABp", 4, 140, 200, 11.0, 36, 50),
        ("ABp", 6, 140, 210, 11.0, 36, 60),
        ("ABp", 7, 140, 220, 11.0, 36, -70),
        ("P1", 1, 300, 200, 9.0, 50, 7),
        ("P1", 2, 300, 200, 9.0, 50, 7),
        ("P1", 3, 303, 204, 9.0, 50, 7),
        ("AB", 1, 100, 200, 10.0, 40, -5),
        ("AB", 2, 110, 200, 10.5, 40, 15),
        ("ABa", 3, 90, 190, 10.0, 38, 100),
        ("ABa", 4, 93, 194, 10.0, 38, 200),
        ("ABa", 5, 93, 194, 10.3, 38, 600),
        ("ABal", 6, 90, 180, 10.0, 30, 1),
        ("ABal", 7, 90, 180, 10.0, 30, 2),
        ("ABar", 6, 95, 200, 10.0, 30, 3),
        ("EMS", -3, 400, 400, 1.0, 50, 9),
        ("EMS", -2, 400, 400, 1.0, 50, 9),
    ]
    table = pandas.DataFrame(rows, columns=["cell", "time", "x", "y", "z", "size", "blot"])
    table["none"] = 26_000 + table["blot"]
    table["global"] = table["none"] - 25_000
    table["local"] = table["blot"] + 300
    table["cross"] = table["blot"] - 1
    return table


def same(one: pandas.DataFrame, other: pandas.DataFrame) -> None:
    """Both tables hold the same rows, whatever their order, to the last bit."""
    one, other = (
        table.astype({"cell": str}).set_index(["cell", "time"]).sort_index() for table in (one, other)
    )
    assert list(one.index) == list(other.index)
    for column in COLUMNS:
        assert numpy.array_equal(one[column].to_numpy(float), other[column].to_numpy(float)), column


def test_the_cells_lie_in_lineage_order_with_their_mothers() -> None:
    packed = tracks.pack(tiny_table(), start=1)
    length = int.from_bytes(packed[4:8], "little")
    header = json.loads(packed[8 : 8 + length])
    assert header["names"] == ["AB", "ABa", "ABal", "ABar", "ABp", "P1", "EMS", "Nuc1"]
    assert header["mothers"] == [-1, 0, 1, 1, 0, -1, 5, -1]
    assert header["counts"] == [2, 3, 2, 1, 4, 3, 2, 1]
    assert (header["format"], header["rows"], header["start"]) == (1, 18, 1)
    assert {column["name"]: column["scale"] for column in header["columns"]}["z"] == 10
    assert header["columns"][0] == {"name": "time", "scale": 1, "of": None, "steps": True, "planes": 1}
    # AB at 1, 2; ABa at 3, 4, 5; …: steps in zigzag are twice a rise, and twice a fall less one.
    assert list(packed[8 + length : 8 + length + 5]) == [2, 2, 2, 2, 2]


def test_unpacking_gives_the_rows_back() -> None:
    unpacked = tracks.unpack(tracks.pack(tiny_table()))
    same(unpacked, tiny_table())
    assert unpacked["cell"].tolist()[:5] == ["AB", "AB", "ABa", "ABa", "ABa"]


def test_what_is_no_decimal_is_kept_as_it_is() -> None:
    table = tiny_table()
    table["x"] = table["x"] / 3
    table["blot"] = table["blot"] + numpy.pi
    table.loc[2, "none"] = numpy.nan
    unpacked = tracks.unpack(tracks.pack(table)).set_index(["cell", "time"]).sort_index()
    expected = table.set_index(["cell", "time"]).sort_index()
    for column in COLUMNS:
        assert numpy.array_equal(unpacked[column], expected[column], equal_nan=True), column


def test_one_row_and_large_numbers_survive() -> None:
    table = tiny_table().iloc[[0]].assign(x=2**27, none=-(2**27), y=2.0**60)
    same(tracks.unpack(tracks.pack(table)), table)


def test_bytes_that_are_no_tracks_are_refused() -> None:
    with pytest.raises(ValueError, match="no tracks"):
        tracks.unpack(b"cell,time")
    with pytest.raises(ValueError, match="format 9"):
        tracks.unpack(tracks.pack(tiny_table()).replace(b'"format":1', b'"format":9'))


def test_the_modules_are_tested_on_what_is_written_now() -> None:
    packed = base64.b64encode(tracks.pack(tiny_table(), start=1)).decode()
    assert json.loads(TINY.read_text())["tracks"] == packed, "write tests/js/tiny_embryo.json again"


@pytest.mark.embryos
def test_every_real_embryo_survives_in_under_400_kilobytes(epic: Path) -> None:
    sizes = []
    for path in sorted(epic.glob("CD*.csv")):
        table = pandas.read_csv(path)
        packed = tracks.pack(table)
        same(tracks.unpack(packed), table)
        sizes.append(len(gzip.compress(packed, 6)))
    assert len(sizes) >= 69
    assert statistics.median(sizes) < 200_000
    assert max(sizes) < 400_000


@pytest.fixture
def reference(lab: Any, epic: Path) -> Any:
    return lab.embryos.add((epic / REFERENCE).read_bytes(), REFERENCE).embryo


@pytest.mark.embryos
def test_tracks_are_made_once_and_gone_with_the_embryo(lab: Any, reference: Any, tmp_path: Path) -> None:
    files = tracks.TrackFiles(lab.embryos, tmp_path / "tracks")
    packed = files.read(reference.checksum)
    same(tracks.unpack(gzip.decompress(packed)), lab.embryos.table(reference.id))
    (kept,) = (tmp_path / "tracks").iterdir()
    kept.write_bytes(b"kept")
    assert files.read(reference.checksum) == b"kept"
    lab.embryos.delete([reference.id])
    with pytest.raises(NoSuchEmbryo):
        files.read(reference.checksum)


@pytest.mark.embryos
def test_tracks_are_served_compressed_and_for_ever(client: Any, reference: Any, lab: Any) -> None:
    address = f"/tracks/{reference.checksum}-1.bin"
    answer = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert len(answer.data) < 400_000
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.data == gzip.decompress(answer.data)
    lab.embryos.correct(reference.id, pixel_um=0.1, interval_s=75, gene="other")
    assert client.get(address, headers={"Accept-Encoding": "gzip"}).data == answer.data


@pytest.mark.parametrize(
    "name", [f"{'0' * 64}-1.bin", "1.bin", f"{'0' * 64}-2.bin", "settings.py", "a" * 300]
)
def test_other_addresses_are_not_found(client: Any, name: str) -> None:
    answer = client.get(f"/tracks/{name}")
    assert answer.status_code == 404
    assert re.search("error|not", answer.text)
