"""AceTree's nuclei zip: exact on zips made by hand, against the CD file of the same embryo, and back again."""

import io
import os
import random
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow.parquet
import pytest

from services import acetree, lineage
from services.cd_file import BadFile, as_frame, read_cd
from services.embryos import EmbryoStore
from services.exports import export
from services.imports import import_paths
from services.recording import read
from services.track_graph import track_graph
from tests.conftest import REFERENCE, ROOT, settings_of
from tests.test_embryos import everything, four_cells

SERIES = "20241108_JIM767_25_L5"
ZIP = f"{SERIES}-edit.zip"
LIMIT = 64_000_000
COLUMNS = ("x", "y", "z", "size", "none", "global", "local", "blot", "cross", "gweight")


def nucleus(
    index: Any,
    name: str = "",
    before: Any = -1,
    one: Any = -1,
    two: Any = -1,
    valid: Any = 1,
    x: Any = 100,
    y: Any = 200,
    z: Any = "10.5",
    size: Any = 50,
    weight: Any = 9000,
    forced: str = "",
    reporter: Any = (1000, 25000, 900, 800, 0),
) -> str:
    """One line as AceTree writes it."""
    fields = [index, valid, before, one, two, x, y, z, size, name, weight, 1, 2, 3, forced, *reporter]
    return ", ".join(str(field) for field in fields) + ", \n"


def zipped(frames: dict[int, Iterable[str]] | dict[int, list[str]], folder: str = "", **more: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for frame, lines in frames.items():
            archive.writestr(f"{folder}nuclei/t{frame:03}-nuclei", "".join(lines))
        archive.writestr("parameters/x-parameters", b"")
        for name, raw in more.items():
            archive.writestr(name, raw)
    return out.getvalue()


def parsed(frames: dict[int, list[str]], **options: Any) -> pandas.DataFrame:
    return as_frame(acetree.parse(zipped(frames, **options), ZIP, LIMIT).table)


def names_of(frames: dict[int, list[str]]) -> list[str]:
    """`cell:frame` of each row, in the file's order."""
    table = parsed(frames)
    return [f"{cell}:{frame}" for cell, frame in zip(table["cell"], table["time"], strict=True)]


def rows(raw: bytes, name: str = ZIP) -> pandas.DataFrame:
    """The rows as they are kept, by cell and time."""
    table = as_frame(read(raw, name, LIMIT).table).astype({"cell": str})
    return table.sort_values(["cell", "time"]).reset_index(drop=True)


DIVISION = {
    1: [nucleus(1, "ABa", -1, 2, 1, x=10), nucleus(2, "junk", valid=0), nucleus(3, "P2", -1, 3)],
    2: [nucleus(1, "ABar", 1, x=12), nucleus(2, "ABal", 1, x=8), nucleus(3, "P2", 3)],
}


def test_each_field_becomes_its_column() -> None:
    line = nucleus(
        1, "ABa", x=577, y=286, z="38.0", size=90, weight=2605113, reporter=(408, 25000, 1231, 1230, 7)
    )
    table = parsed({7: [line]})
    assert table.to_dict("records") == [
        {
            **{"cell": "ABa", "time": 7, "x": 577, "y": 286, "z": 38, "size": 90, "gweight": 2605113},
            **{"none": 408, "global": -24592, "local": -823, "blot": -822, "cross": 401},
        }
    ]


def test_deleted_nuclei_are_no_rows_and_are_told() -> None:
    assert names_of(DIVISION) == ["ABa:1", "P2:1", "ABar:2", "ABal:2", "P2:2"]
    told = acetree.parse(zipped(DIVISION | {3: []}), ZIP, LIMIT).told
    assert told == {"AceTree zip": "3 frames, nuclei in 2 of them; deleted nuclei left out: 1"}


def test_series_without_a_reporter_and_windows_lines_come_in() -> None:
    short = "1, 1, nill, -1, -1, 5, 6, 7.0, 8, ABa, 9\r\n\r\n"
    (row,) = parsed({1: [short]}).to_dict("records")
    assert (row["x"], row["gweight"], row["none"], row["blot"]) == (5, 9, 0, 0)


# ---- tracks without a name of the lineage


def test_a_line_of_links_without_a_name_is_one_track() -> None:
    frames = {
        1: [nucleus(1, "", -1, 2), nucleus(2, "", -1, 1)],
        2: [nucleus(1, "", 2, 1), nucleus(2, "", 1, 2)],
        3: [nucleus(1, "", 1), nucleus(2, "", 2), nucleus(3, "")],
    }
    assert names_of(frames) == [
        *("Nuc0001:1", "Nuc0002:1", "Nuc0002:2", "Nuc0001:2", "Nuc0002:3", "Nuc0001:3", "Nuc0003:3")
    ]


def test_daughters_without_a_name_are_tracks_of_their_own_with_their_mother_in_it() -> None:
    frames = {
        1: [nucleus(1, "", -1, 2, 1)],
        2: [nucleus(1, "", 1, 1), nucleus(2, "", 1, 2, 3)],
        3: [nucleus(1, "", 1), nucleus(2, "", 2), nucleus(3, "", 2)],
    }
    names = names_of(frames)
    assert names == ["Nuc0001:1", "Nuc0001p:2", "Nuc0001a:2", "Nuc0001p:3", "Nuc0001aa:3", "Nuc0001ap:3"]
    assert lineage.track_mother("Nuc0001ap") == "Nuc0001a"
    graph = track_graph(parsed(frames), 1)
    mothers = {
        name: graph.names[mother] if mother >= 0 else None
        for name, mother in zip(graph.names, graph.mothers, strict=True)
    }
    assert mothers == {
        **{"Nuc0001": None, "Nuc0001a": "Nuc0001", "Nuc0001p": "Nuc0001"},
        **{"Nuc0001aa": "Nuc0001a", "Nuc0001ap": "Nuc0001a"},
    }


def test_acetrees_own_names_stay_and_none_is_given_twice() -> None:
    frames = {
        1: [nucleus(1, "polar1", -1, 1), nucleus(2, "Nuc0001", -1, 2), nucleus(3, "polar1"), nucleus(4, "")],
        2: [nucleus(1, "", 1), nucleus(2, "Nuc0001", 2), nucleus(3, "polar1", forced="other")],
        4: [nucleus(1, "Nuc145_62_440_416a"), nucleus(2, "", forced="mine")],
    }
    assert names_of(frames) == [
        *("polar1:1", "Nuc0001:1", "polar1_2:1", "Nuc0002:1"),
        *("polar1:2", "Nuc0001:2", "polar1_3:2"),
        *("Nuc145_62_440_416a:4", "mine:4"),
    ]


def test_a_link_to_a_deleted_nucleus_leads_nowhere_and_two_never_become_one() -> None:
    frames = {
        1: [nucleus(1, "", -1, 1, valid=0), nucleus(2, "", -1, 1), nucleus(3, "", -1, 1), nucleus(4, "ABa")],
        2: [nucleus(1, "", 3), nucleus(2, "", 1), nucleus(3, "", 4)],
    }
    assert names_of(frames) == ["Nuc0001:1", "Nuc0002:1", "ABa:1", "Nuc0002:2", "Nuc0003:2", "Nuc0004:2"]


def test_links_over_a_cut_or_in_a_circle_are_only_links_between_neighbouring_frames() -> None:
    frames = {
        5: [nucleus(1, "", 3, 1)],  # frame 4 isn't there: the recording was cut
        6: [nucleus(1, "", 1, 1)],
        7: [nucleus(1, "", 1, 1)],  # frame 8 is empty
        8: [],
        9: [nucleus(1, "", 1, 1)],
    }
    assert names_of(frames) == ["Nuc0001:5", "Nuc0001:6", "Nuc0001:7", "Nuc0002:9"]


# ---- refused whole

GOOD = nucleus(1, "ABa")


@pytest.mark.parametrize(
    ("frames", "entry", "line", "reason"),
    [
        ({1: [GOOD, "1, 1, 0\n"]}, 1, 2, "3 fields"),
        ({1: ["1 577 286 38.0 ABa 90 2605113 1 0 0 0 0 0 0 0\n"]}, 1, 1, "'1 577 286 38.0 ABa"),
        ({1: [GOOD], 2: [nucleus(1, x="nan")]}, 2, 1, "'nan' as x; expected a number"),
        ({1: [nucleus(1, z="inf")]}, 1, 1, "'inf' as z"),
        ({1: [nucleus(1, z="1e9")]}, 1, 1, "'1e9' as z; expected from -1e+06 to 1e+06"),
        ({1: [nucleus(1, size="")]}, 1, 1, "'' as size"),
        ({1: [nucleus(1, y="0x10")]}, 1, 1, "'0x10' as y"),
        ({1: [nucleus(1, y="١")]}, 1, 1, "'١' as y"),
        ({1: [nucleus(1, y="1_0")]}, 1, 1, "'1_0' as y"),
        ({1: [nucleus(1, reporter=(1, 2, "many", 4, 5))]}, 1, 1, "'many' as local"),
        ({1: [nucleus(1, weight="1e99")]}, 1, 1, "'1e99' as gweight"),
        ({1: [nucleus(1, valid="yes")]}, 1, 1, "'yes' as valid; expected a whole number"),
        ({1: [nucleus("1.5")]}, 1, 1, "'1.5' as index"),
        ({1: [nucleus(0)]}, 1, 1, "0 as index"),
        ({1: [nucleus(2**40)]}, 1, 1, f"{2**40} as index"),
        ({1: [GOOD, nucleus(2), nucleus(1)]}, 1, 3, "index 1 a second time"),
        ({1: [GOOD], 2: [GOOD, nucleus(2, before=9)]}, 2, 2, "9 as predecessor, which frame 1 has not"),
        ({1: [GOOD], 2: [nucleus(1, before=0)]}, 2, 1, "0 as predecessor"),
        ({1: [GOOD], 2: [nucleus(1, before=-7)]}, 2, 1, "-7 as predecessor"),
        ({1: [nucleus(1, one=2)], 2: [GOOD]}, 1, 1, "2 as successor 1, which frame 2 has not"),
        ({1: [nucleus(1, one=1, two=8)], 2: [GOOD]}, 1, 1, "8 as successor 2"),
        ({1: [nucleus(1, before="x")]}, 1, 1, "'x' as predecessor"),
        ({1: [nucleus(1, "A" * 101)]}, 1, 1, "as name; expected a name of at most 100"),
        ({1: [nucleus(1, "A\x1b[31m")]}, 1, 1, "as name"),
        ({1: [nucleus(1, valid=0)]}, None, None, "no valid nucleus"),
        ({1: []}, None, None, "no valid nucleus"),
        ({9_999_999: [GOOD]}, None, None, "frame 9999999"),
    ],
)
def test_a_wrong_field_is_told_with_its_line(
    frames: dict[int, list[str]], entry: int | None, line: int | None, reason: str
) -> None:
    with pytest.raises(BadFile) as caught:
        acetree.parse(zipped(frames), ZIP, LIMIT)
    assert caught.value.file == (f"{ZIP}: nuclei/t{entry:03}-nuclei" if entry else ZIP)
    assert caught.value.line == line
    assert reason in caught.value.reason


def doubled() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("nuclei/t001-nuclei", GOOD)
        archive.writestr("nuclei/t1-nuclei", GOOD)
    return out.getvalue()


def bomb() -> bytes:
    return zipped({1: [GOOD], 2: ["\n" * 3_000_000]})


def lying() -> bytes:
    """A bomb whose headers say that it unpacks to almost nothing."""
    raw = bytearray(bomb())
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = raw.index(b"nuclei/t002-nuclei", 0 if place == 22 else raw.index(b"PK\x01\x02")) - (
            30 if place == 22 else 46
        )
        assert raw[at : at + 4] == mark
        raw[at + place : at + place + 4] = (10).to_bytes(4, "little")
    return bytes(raw)


def linked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("nuclei/t001-nuclei", GOOD)
        entry = zipfile.ZipInfo("nuclei/t002-nuclei")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


HOSTILE = [
    pytest.param(bomb(), "more than 1 MB unpacked; expected at most 1 MB", id="bomb"),
    pytest.param(lying(), "a broken zip", id="lying headers"),
    pytest.param(linked(), "a link", id="link"),
    pytest.param(zipped({1: [GOOD]}, **{"../nuclei/t002-nuclei": b""}), "leads out of the zip", id="climbs"),
    pytest.param(zipped({1: [GOOD]})[:-30], "a broken zip", id="cut short"),
    pytest.param(doubled(), "two entries for frame 1", id="a frame twice"),
    pytest.param(
        zipped({1: [GOOD]}, **{"other/nuclei/t001-nuclei": GOOD.encode()}),
        "nuclei of several embryos",
        id="several embryos",
    ),
    pytest.param(zipped({1: [GOOD, "1, \xe9\n"]}), "2 fields", id="a short line"),
]


@pytest.mark.parametrize(("raw", "reason"), HOSTILE)
def test_a_hostile_zip_is_refused_whole(tmp_path: Path, raw: bytes, reason: str) -> None:
    from services.lab import open_lab

    lab = open_lab(settings_of(tmp_path / "data", BLASTOSCOPE_FILE_MB="1"))
    lab.embryos.add(four_cells(), "CD20080101_a_1.csv")
    before = everything(lab.embryos)
    path = tmp_path / "upload"
    path.write_bytes(raw)
    summary = import_paths(lab, [(path, ZIP)])
    assert summary["imported"] == []
    assert reason in summary["rejected"][0]["error"]
    with pytest.raises(BadFile):
        lab.embryos.add(raw, ZIP)
    assert everything(lab.embryos) == before


def test_bytes_that_are_not_utf8_are_told_with_their_line() -> None:
    with pytest.raises(BadFile) as caught:
        acetree.parse(zipped({1: [GOOD]}, **{"nuclei/t002-nuclei": b"1, 1\n\n\xff\n"}), ZIP, LIMIT)
    assert (caught.value.file, caught.value.line) == (f"{ZIP}: nuclei/t002-nuclei", 3)


def test_very_many_empty_frames_are_read_in_little_time() -> None:
    start = time.monotonic()
    table = parsed({frame: [GOOD] if frame == 7 else [] for frame in range(1, 20_001)})
    assert len(table) == 1
    assert time.monotonic() - start < 10


def test_whatever_byte_is_wrong_it_comes_in_or_is_refused() -> None:
    chance = random.Random(1)
    lines = "".join(DIVISION[1])
    refused = 0
    for _ in range(400):
        raw = bytearray(lines.encode())
        for _ in range(chance.randint(1, 3)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        try:
            table = as_frame(
                acetree.parse(zipped({}, **{"nuclei/t001-nuclei": bytes(raw)}), ZIP, LIMIT).table
            )
        except BadFile as bad:
            refused += 1
            assert bad.file.startswith(ZIP)
        else:
            assert np.isfinite(table[list(COLUMNS)].to_numpy()).all()
    assert 100 < refused < 400


# ---- into the store, by every way


@pytest.fixture
def drop(lab: Any, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Imports (name, bytes) as files of a drop and gives the summary."""

    def imported(*files: tuple[str, bytes]) -> dict[str, Any]:
        paths = []
        for number, (name, raw) in enumerate(files):
            path = tmp_path / f"upload{number}"
            path.write_bytes(raw)
            paths.append((path, name))
        return import_paths(lab, paths)

    return imported


AUX = f"name,slope,zpixres,axis\n{SERIES},0.5,5.7471,ADL\n".encode()
TIMES = "".join(f"{SERIES}\t{frame}\t{91 * (frame - 1)}\t91\n" for frame in range(1, 40)).encode()


def test_a_zip_becomes_one_embryo_by_the_name_of_its_series(drop: Any, lab: Any) -> None:
    raw = zipped(DIVISION)
    summary = drop((f"folder/{ZIP}", raw), ("again-edit.zip", raw))
    assert [(one["name"], one["existed"]) for one in summary["imported"]] == [(SERIES, False), (SERIES, True)]
    assert summary["rejected"] == []
    (embryo,) = lab.embryos.page()[0]
    assert (embryo.date, embryo.strain, embryo.session, embryo.source) == (
        *("2024-11-08", "JIM767", "20241108"),
        "file",
    )
    assert (embryo.rows, embryo.cells, embryo.frames, embryo.file_name) == (5, 4, 2, ZIP)
    assert embryo.extra == {"AceTree zip": "2 frames, nuclei in 2 of them; deleted nuclei left out: 1"}
    kept = lab.embryos.original(embryo.id)
    assert kept.suffix == ".zip" and kept.read_bytes() == raw
    assert sorted(path.name for path in lab.embryos.folder.iterdir()) == [
        f"{embryo.id}.parquet",
        f"{embryo.id}.zip",
    ]


def test_nuclei_without_a_name_are_flagged(drop: Any) -> None:
    named = drop((ZIP, zipped(DIVISION)))["imported"][0]
    unnamed = drop((ZIP, zipped({1: [nucleus(1, "")]})))["imported"][0]
    assert "unnamed nuclei" not in named["flags"]
    assert "unnamed nuclei" in unnamed["flags"]


def test_tables_apply_from_inside_and_from_beside(drop: Any, lab: Any) -> None:
    cd = lab.embryos.add(four_cells(), f"CD{SERIES}.csv").embryo
    inside = zipped(DIVISION, **{f"{SERIES}AuxInfo.csv": AUX, "__MACOSX/x.csv": b"junk"})
    summary = drop((ZIP, inside))
    assert [one["matched"] for one in summary["applied"]] == [[SERIES]], "the embryo of the zip alone"
    assert summary["rejected"] == []
    id = summary["imported"][0]["id"]
    embryo = lab.embryos.get(id)
    assert (embryo.plane_um, embryo.pixel_um) == (0.5, 0.087)
    assert embryo.aux_info["axis"] == "ADL"
    assert lab.embryos.get(cd.id) == cd
    summary = drop((f"TIME{SERIES}.csv", TIMES))
    assert set(summary["applied"][0]["matched"]) == {SERIES, f"CD{SERIES}"}
    assert lab.embryos.get(id).minutes == pytest.approx(91 / 60)


def test_cd_files_and_tables_come_out_of_the_same_zip(drop: Any, lab: Any) -> None:
    summary = drop(
        (ZIP, zipped(DIVISION, **{f"CD{SERIES}.csv": four_cells(), "TIME.csv": TIMES, "notes.txt": b"x"}))
    )
    assert {one["name"] for one in summary["imported"]} == {SERIES, f"CD{SERIES}"}
    assert set(summary["applied"][0]["matched"]) == {SERIES, f"CD{SERIES}"}
    assert summary["rejected"] == []


def test_a_zip_of_zips_brings_in_those_that_hold_nuclei(drop: Any, lab: Any) -> None:
    inner = zipped(DIVISION, folder="lab/", **{"x AuxInfo.csv": AUX})
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("a.csv", four_cells())
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr(f"data/{ZIP}", inner)
        archive.writestr("data/plain.zip", plain.getvalue())
        archive.writestr("data/broken.zip", inner[:-40])
        archive.writestr("data/CD20080101_a_1.csv", four_cells())
    summary = drop(("collection.zip", outer.getvalue()))
    assert {one["name"] for one in summary["imported"]} == {SERIES, "CD20080101_a_1"}
    assert [one["file"] for one in summary["rejected"]] == ["data/plain.zip", "data/broken.zip"]
    assert [one["matched"] for one in summary["applied"]] == [[SERIES]]
    (embryo,) = [one for one in lab.embryos.page()[0] if one.name == SERIES]
    assert lab.embryos.original(embryo.id).read_bytes() == inner


def test_lost_parquet_is_made_again_from_the_kept_zip(lab: Any) -> None:
    embryo = lab.embryos.add(zipped(DIVISION), ZIP).embryo
    rows_before = lab.embryos.table(embryo.id)
    (lab.embryos.folder / f"{embryo.id}.parquet").write_bytes(b"not parquet")
    pandas.testing.assert_frame_equal(lab.embryos.table(embryo.id), rows_before)


def test_a_lost_zip_is_put_back_when_it_comes_again(lab: Any) -> None:
    raw = zipped(DIVISION)
    embryo = lab.embryos.add(raw, ZIP).embryo
    lab.embryos.original(embryo.id).unlink()
    assert lab.embryos.add(raw, ZIP).existed
    assert lab.embryos.original(embryo.id).read_bytes() == raw


@pytest.mark.parametrize("step", ["_insert_new", "_insert_cells", "_write_parquet"])
def test_a_crash_at_any_step_leaves_nothing(lab: Any, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    before = everything(lab.embryos)

    def crash(*_values: Any) -> None:
        raise RuntimeError("crash")

    with monkeypatch.context() as patched:
        patched.setattr(f"services.embryos.{step}", crash)
        with pytest.raises(RuntimeError):
            lab.embryos.add(zipped(DIVISION), ZIP)
    assert everything(lab.embryos) == before
    assert not lab.embryos.add(zipped(DIVISION), ZIP).existed


def test_the_api_takes_a_zip_and_gives_it_back(client: Any) -> None:
    raw = zipped(DIVISION)
    answer = client.post("/api/v1/embryos", data={"file": (io.BytesIO(raw), ZIP)})
    assert answer.status_code == 201
    id = answer.get_json()["imported"][0]["id"]
    file = client.get(f"/api/v1/embryos/{id}/file")
    assert (file.data, file.mimetype) == (raw, "application/zip")
    assert ZIP in file.headers["Content-Disposition"]
    as_it_came = client.get(f"/embryos/{id}/download?form=original")
    with zipfile.ZipFile(io.BytesIO(as_it_came.data)) as archive:
        assert archive.namelist() == ["CITATION.txt", ZIP]
        assert archive.read(ZIP) == raw
    nuclei = client.get(f"/embryos/{id}/download?form=acetree")
    assert (nuclei.mimetype, nuclei.headers["Content-Disposition"]) == (
        "application/zip",
        f"attachment; filename={SERIES}.zip",
    )


def test_the_command_line_takes_a_zip(tmp_path: Path) -> None:
    (tmp_path / ZIP).write_bytes(zipped(DIVISION))
    environ = {**os.environ, "BLASTOSCOPE_DATA": str(tmp_path / "data"), "BLASTOSCOPE_SIMULATED": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "services.imports", str(tmp_path / ZIP)],
        **{"cwd": ROOT, "env": environ, "capture_output": True, "text": True},
    )
    assert (done.returncode, done.stdout) == (0, "1 embryo came in\n")


# ---- the real one

# Rows of the CD file that the zip hasn't just so, and why.
INTERPOLATED = {  # AceTree put them between two others; the CD file rounds their z to a tenth
    *(("ABalpaapaa", 138), ("ABalpaapaa", 139), ("ABalppaapp", 132), ("ABalppaapp", 133)),
    *(("ABaraaaaap", 138), ("ABaraaaaap", 139)),
}
MOVED = {("MSaaapp", 99), ("MSaaapp", 103), ("MSaaapp", 119), ("MSaaapp", 120)}  # corrected since
DIVIDED = {("ABalappppa", 139)}  # in the zip it has divided a frame earlier: there it is ABalappppaa


@pytest.fixture(scope="module")
def real(epic: Path) -> pandas.DataFrame:
    return rows((epic / ZIP).read_bytes())


@pytest.mark.embryos
def test_the_real_zip_agrees_with_its_cd_file(epic: Path, real: pandas.DataFrame) -> None:
    cd = read_cd((epic / f"CD{SERIES}.csv").read_bytes(), "cd").astype({"cell": str})
    assert len(cd) == 19_991
    both = cd.merge(real, on=["cell", "time"], how="left", suffixes=("", "_zip"), indicator=True)
    agrees = both["_merge"] == "both"
    for column in COLUMNS:
        if column != "blot":
            agrees = agrees & (both[column] == both[f"{column}_zip"])
    assert agrees.sum() == 19_980
    others = both[~agrees]
    assert set(zip(others["cell"], others["time"], strict=True)) == INTERPOLATED | MOVED | DIVIDED
    between = others[[key in INTERPOLATED for key in zip(others["cell"], others["time"], strict=True)]]
    assert (between["z_zip"].round(1) == between["z"]).all() and (between["z_zip"] != between["z"]).all()
    # The correction `blot` leaves out neighbouring nuclei: it was measured again where one was corrected.
    blot = both["blot"] == both["blot_zip"]
    assert (agrees & blot).sum() == 19_934 and (agrees & ~blot).sum() == 46


@pytest.mark.embryos
def test_the_real_zip_goes_on_after_its_cd_file(lab: Any, epic: Path, real: pandas.DataFrame) -> None:
    path = epic / ZIP
    summary = import_paths(lab, [(path, path.name)])
    embryo = lab.embryos.get(summary["imported"][0]["id"])
    assert embryo.name == SERIES
    assert (embryo.rows, embryo.cells, embryo.frames) == (76_688, 4_374, 240) and len(real) == 76_688
    assert embryo.flags == ("unnamed nuclei", "over-deep names")
    assert embryo.extra["AceTree zip"] == "599 frames, nuclei in 240 of them; deleted nuclei left out: 12,420"
    graph = track_graph(lab.embryos.table(embryo.id), embryo.first_frame)
    unnamed = [name for name in graph.names if not lineage.is_sulston(name)]
    assert len(unnamed) == len(set(unnamed)) == 376
    # Every link of the file, and no other: 76,498 nuclei have a predecessor, 4,184 were born from one.
    assert (len(graph.links), len(graph.births)) == (72_314, 4_184)
    assert (graph.mothers < 0).sum() == 190


@pytest.mark.embryos
def test_tables_beside_the_real_zip_give_axes_spacing_and_seconds(lab: Any, epic: Path) -> None:
    names = (ZIP, f"{SERIES}AuxInfo.csv", f"TIME{SERIES}.csv")
    summary = import_paths(lab, [(epic / name, name) for name in names])
    assert [one["matched"] for one in summary["applied"]] == [[SERIES], [SERIES]]
    embryo = lab.embryos.get(summary["imported"][0]["id"])
    assert (embryo.plane_um, embryo.pixel_um, embryo.aux_info["axis"]) == (0.5, 0.087, "PVL")
    assert embryo.frame_seconds[-1] == (240, 22_754.0)
    assert embryo.minutes == pytest.approx(22_754 / 60)


# ---- and back


def as_acetree_reads(raw: bytes) -> dict[int, list[list[str]]]:
    """The lines by frame, held to what AceTree's NucleiMgr, ZipNuclei and Nucleus take for granted."""
    frames: dict[int, list[list[str]]] = {}
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for name in archive.namelist():
            if not name.startswith("nuclei/"):
                assert "/" not in name or name.startswith(
                    "parameters/"
                )  # else it would look for nuclei in it
                continue
            found = re.fullmatch(r"nuclei/t([0-9]{3,})-nuclei", name)
            assert found is not None
            lines = archive.read(name).decode().splitlines()
            frames[int(found[1])] = [[field.strip() for field in line.split(",")] for line in lines]
    for frame, lines in frames.items():
        for number, fields in enumerate(lines, 1):
            assert len(fields) == 21 and fields[20] == "" and len(",".join(fields)) > 10
            assert int(fields[0]) == number, "AceTree stops reading where indices don't count up"
            for place in (*range(9), *range(10, 14), *range(15, 20)):
                text = fields[place]
                assert re.fullmatch(r"-?[0-9]+", text) or (place == 7 and re.fullmatch(r"-?[0-9.]+", text))
                assert abs(float(text)) < 2**31
            before, one, two = (int(field) for field in fields[2:5])
            if before != -1:  # it follows links both ways
                assert str(number) in frames[frame - 1][before - 1][3:5]
            for after in (one, two):
                assert after == -1 or frames[frame + 1][after - 1][2] == str(number)
    return frames


def written(store: EmbryoStore, id: str, beside: dict[str, str] | None = None) -> bytes:
    embryo = store.get(id)
    return acetree.write(store.table(id), embryo.name, embryo.first_frame, beside or {})


def test_a_division_is_written_with_both_links(lab: Any) -> None:
    embryo = lab.embryos.add(zipped(DIVISION), ZIP).embryo
    frames = as_acetree_reads(written(lab.embryos, embryo.id))
    short = {
        frame: [(line[9], *map(int, (line[0], line[2], line[3], line[4]))) for line in lines]
        for frame, lines in frames.items()
    }
    # The anterior daughter is successor 1.
    assert short == {
        1: [("ABa", 1, -1, 1, 2), ("P2", 2, -1, 3, -1)],
        2: [("ABal", 1, 1, -1, -1), ("ABar", 2, 1, -1, -1), ("P2", 3, 2, -1, -1)],
    }
    assert frames[1][0][10:] == ["9000", "1000", "0", "0", "", "1000", "25000", "900", "800", "0", ""]


def test_what_the_form_has_no_place_for_is_told(lab: Any, tmp_path: Path) -> None:
    from tests.test_embryos import cd, row

    raw = cd(row("ABa", -2), row("ABa", 1, 10.4), row("ABa", 2), row('"A,b"', 5))
    embryo = lab.embryos.add(raw, "CD20080101_a_1.csv").embryo
    table = lab.embryos.table(embryo.id)
    assert acetree.lost(table) == [
        "Rows at frames before 1 (1): the form counts frames from 1.",
        "Numbers that were rounded (1): but for z the form holds whole ones of 32 bits.",
        "Commas in names (1): they became underscores.",
    ]
    path = export(lab, [embryo.id], "acetree", tmp_path / "out")
    with zipfile.ZipFile(path) as archive:
        told = archive.read("CITATION.txt").decode()
    assert "Murray" in told and acetree.lost(table)[0] in told and "AceTree opens it" in told
    again = rows(path.read_bytes())
    assert set(zip(again["cell"], again["time"], strict=True)) == {("ABa", 1), ("ABa", 2), ("A_b", 5)}


def test_tables_go_out_with_the_nuclei_and_come_in_again(lab: Any, tmp_path: Path) -> None:
    embryo = lab.embryos.add(zipped(DIVISION), ZIP).embryo
    import_paths(lab, [(_file(tmp_path, "a.csv", AUX), "a.csv"), (_file(tmp_path, "t.csv", TIMES), "t.csv")])
    embryo = lab.embryos.get(embryo.id)
    path = export(lab, [embryo.id], "acetree", tmp_path / SERIES)
    from services.lab import open_lab

    other = open_lab(settings_of(tmp_path / "other"))
    summary = import_paths(other, [(path, path.name)])
    again = other.embryos.get(summary["imported"][0]["id"])
    for known in ("name", "plane_um", "pixel_um", "interval_s", "frame_seconds", "rows", "cells"):
        assert getattr(again, known) == getattr(embryo, known), known
    assert again.aux_info == embryo.aux_info | {"name": SERIES}


def _file(folder: Path, name: str, raw: bytes) -> Path:
    (folder / name).write_bytes(raw)
    return folder / name


@pytest.mark.embryos
@pytest.mark.parametrize(
    "name",
    [
        REFERENCE,
        "CD20060915_mir61_e16.csv",  # strays at negative times
        "CD20070403_his72_D1A.csv",  # nuclei without a name
        "CD20070314_hsp3_a1a.csv",  # from P0
        "CD20090218hlh1AF16.csv",  # names that are too deep
        f"CD{SERIES}.csv",
        ZIP,
    ],
)
def test_real_embryos_come_back_as_they_went(lab: Any, epic: Path, name: str) -> None:
    embryo = lab.embryos.add((epic / name).read_bytes(), name).embryo
    raw = written(lab.embryos, embryo.id)
    as_acetree_reads(raw)
    table = lab.embryos.table(embryo.id).astype({"cell": str})
    kept = table[table["time"] >= 1].sort_values(["cell", "time"]).reset_index(drop=True)
    assert len(table) - len(kept) == (7 if "mir61" in name else 0)
    pandas.testing.assert_frame_equal(rows(raw), kept)


def test_a_large_zip_comes_in_within_seconds(lab: Any) -> None:
    cells = [f"ABal{'ap'[n & 1]}{'ap'[n >> 1 & 1]}{'ap'[n >> 2 & 1]}{n}" for n in range(200)]
    frames = {
        frame: [
            nucleus(
                number + 1, name, number + 1 if frame > 1 else -1, number + 1 if frame < 600 else -1, x=number
            )
            for number, name in enumerate(cells)
        ]
        for frame in range(1, 601)
    }
    raw = zipped(frames)
    start = time.monotonic()
    embryo = lab.embryos.add(raw, ZIP).embryo
    took = time.monotonic() - start
    assert (embryo.rows, embryo.frames) == (120_000, 600)
    assert took < 15, f"{took:.1f} s"
    assert pyarrow.parquet.read_metadata(lab.embryos.folder / f"{embryo.id}.parquet").num_rows == 120_000
