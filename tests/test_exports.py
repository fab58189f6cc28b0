"""Embryos going out: as they came, or tidy in µm and minutes, with source and citation in each."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow.parquet
import pytest

from services.citation import MURRAY_2012, citation
from services.embryos import NoSuchEmbryo
from services.exports import TIDY, export, suggested_name, tidy
from tests.conftest import REFERENCE
from tests.test_embryos import cd, four_cells, row

NAME = "CD20080101_pha-4_1_L1.csv"


def test_tidy_rows_are_in_micrometres_and_minutes(lab: Any) -> None:
    raw = cd(row("ABa", 3, 100, y=200, z=10.5, size=70), row("ABa", 4, 110, y=200, z=10.5, size=70))
    embryo = lab.embryos.add(raw, NAME).embryo
    embryo = lab.embryos.correct(embryo.id, interval_s=90, pixel_um=0.09, plane_um=0.5)
    rows = tidy(embryo, lab.embryos.table(embryo.id))
    assert tuple(rows.columns) == TIDY
    assert rows["minutes"].tolist() == [0.0, 1.5]
    first = rows.iloc[0]
    assert (first["x_um"], first["y_um"], first["z_um"], first["diameter_um"]) == (9.0, 18.0, 5.25, 6.3)
    assert (first["embryo"], first["cell"], first["blot"]) == ("CD20080101_pha-4_1_L1", "ABa", -40)


def test_one_as_csv_is_read_by_anything_and_carries_its_source(lab: Any, tmp_path: Path) -> None:
    embryo = lab.embryos.add(four_cells(), NAME, source="epic").embryo
    path = export(lab, [embryo.id], "csv", tmp_path / "out")
    assert path.name == "out.csv"
    read = pandas.read_csv(path)
    assert list(read.columns) == [*TIDY, "source"]
    assert len(read) == 120
    assert set(read["source"]) == {"EPIC (Murray et al. 2012, Genome Research 22:1282)"}


def test_parquet_carries_citation_and_calibration(lab: Any, tmp_path: Path) -> None:
    embryo = lab.embryos.add(four_cells(), NAME, source="epic").embryo
    path = export(lab, [embryo.id], "parquet", tmp_path / "out")
    told = pyarrow.parquet.read_schema(path).metadata
    assert MURRAY_2012 in told[b"citation"].decode()
    assert json.loads(told[b"calibration"])["interval_s"] == [
        embryo.interval_s,
        embryo.calibration["interval_s"],
    ]
    read = pandas.read_parquet(path)
    np.testing.assert_array_equal(read["minutes"], tidy(embryo, lab.embryos.table(embryo.id))["minutes"])


def test_files_as_they_came_lie_beside_their_citation(lab: Any, tmp_path: Path) -> None:
    raw = four_cells().replace(b"\n", b"\r\n")
    embryo = lab.embryos.add(raw, NAME).embryo
    with zipfile.ZipFile(export(lab, [embryo.id], "original", tmp_path / "out")) as archive:
        assert archive.namelist() == ["CITATION.txt", NAME]
        assert archive.read(NAME) == raw
        told = archive.read("CITATION.txt").decode()
    assert MURRAY_2012 in told and embryo.checksum in told and "90 s a frame" not in told.split("\n")[0]


def test_simulated_embryos_say_that_they_are(lab: Any, tmp_path: Path) -> None:
    embryo = lab.embryos.add(four_cells(), "Simulated 1.csv", source="simulated").embryo
    assert set(pandas.read_csv(export(lab, [embryo.id], "csv", tmp_path / "out"))["source"]) == {
        "simulated by Blastoscope, not recorded"
    }
    assert citation(embryo).startswith("Simulated by Blastoscope")


def test_many_come_as_a_zip_each_by_its_own_name(lab: Any, tmp_path: Path) -> None:
    ids = [lab.embryos.add(four_cells(seed=seed), NAME).embryo.id for seed in range(2)]
    ids.append(lab.embryos.add(four_cells(seed=2), "../../etc/passwd").embryo.id)
    told: list[tuple[int, int]] = []
    path = export(lab, ids, "csv", tmp_path / "out", lambda done, total: told.append((done, total)))
    with zipfile.ZipFile(path) as archive:
        stem = NAME.removesuffix(".csv")
        assert archive.namelist() == [
            "CITATION.txt",
            f"{stem}_{ids[0]}.csv",
            f"{stem}_{ids[1]}.csv",
            "passwd.csv",
        ]
        for name in archive.namelist()[1:]:
            assert len(pandas.read_csv(io.BytesIO(archive.read(name)))) == 120
    assert told[-1] == (3, 3)
    assert suggested_name(lab.embryos.get_many(ids)) == "3_embryos"


def test_text_is_no_formula_and_numbers_stay_numbers(lab: Any, tmp_path: Path) -> None:
    embryo = lab.embryos.add(cd(row("=cmd()", 1), row("-ABa", 1), row("@x", 1)), NAME).embryo
    lab.embryos.correct(embryo.id, name="+embryo")
    read = pandas.read_csv(export(lab, [embryo.id], "csv", tmp_path / "out"))
    assert read["cell"].tolist() == ["'=cmd()", "'-ABa", "'@x"]
    assert set(read["embryo"]) == {"'+embryo"}
    assert read["blot"].tolist() == [-40, -40, -40]


def test_a_wrong_question_is_told(lab: Any, tmp_path: Path) -> None:
    embryo = lab.embryos.add(four_cells(), NAME).embryo
    with pytest.raises(ValueError) as caught:
        export(lab, [embryo.id], "xlsx", tmp_path / "out")
    assert caught.value.args[0] == "form"
    with pytest.raises(ValueError):
        export(lab, [], "csv", tmp_path / "out")
    with pytest.raises(NoSuchEmbryo):
        export(lab, ["nothere"], "csv", tmp_path / "out")
    assert list(tmp_path.glob("out*")) == []


@pytest.mark.embryos
def test_the_reference_embryo_goes_out_tidy(lab: Any, epic: Path, tmp_path: Path) -> None:
    embryo = lab.embryos.add((epic / REFERENCE).read_bytes(), REFERENCE).embryo
    read = pandas.read_csv(export(lab, [embryo.id], "csv", tmp_path / "out"))
    raw = pandas.read_csv(epic / REFERENCE)
    assert len(read) == len(raw) == 17_962
    both = read.assign(time=(read["minutes"] / 1.5 + 1).round().astype(int)).merge(raw, on=["cell", "time"])
    assert len(both) == 17_962
    np.testing.assert_allclose(both["x_um"], both["x"] * 0.09, atol=0.0006)
    np.testing.assert_allclose(both["z_um"], both["z"] * 1.0, atol=0.0006)
    assert (both["blot_x"] == both["blot_y"]).all()
    assert "Murray et al. 2012" in read["source"].iloc[0]
