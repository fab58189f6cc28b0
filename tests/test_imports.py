"""Drops of files, folders and zips: what comes in, what is refused and why, tables, progress, cancel."""

import io
import json
import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from services import imports as imports_module
from services.database import imports
from services.imports import (
    NoSuchImport,
    cancel,
    import_paths,
    progress,
    start_import,
)
from tests.conftest import REFERENCE, ROOT, settings_of
from tests.test_embryos import cd, everything, four_cells, row

SERIES = b"series,gene,strain,construct\n20080101_pha-4_1_L1,unc-130,RW1,pJIM20\nother_one,alr-1,RW2,=x\n"
AUX = b"name,slope,intercept,xc,yc,maj,min,ang,zc,zslope,time,zpixres,axis\n20080101_pha-4_1_L1,0.5,-24,380,384,598,396,48,39,4.8,89,11.5,ADL\n"
TIME = b"".join(b"20080101_pha-4_1_L1\t%d\t%d\t90\n" % (frame, 91 * (frame - 1)) for frame in range(1, 40))
NAME = "CD20080101_pha-4_1_L1.csv"


def zipped(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in entries:
            archive.writestr(name, raw)
    return out.getvalue()


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


def names(summary: dict[str, Any], part: str = "imported") -> list[str]:
    return [one["name" if part == "imported" else "file"] for one in summary[part]]


def why(summary: dict[str, Any]) -> str:
    (one,) = summary["rejected"]
    return one["error"]


def test_good_files_come_in_and_bad_ones_are_told(drop: Any, lab: Any) -> None:
    bad = four_cells(seed=1).replace(b"ABp:7,ABp,7,25100", b"ABp:7,ABp,7,many")
    summary = drop((NAME, four_cells()), ("bad.csv", bad), ("again.csv", four_cells()))
    assert [one["existed"] for one in summary["imported"]] == [False, True]
    assert summary["imported"][0]["flags"] == ["stops early"]
    assert summary["rejected"] == [
        {"file": "bad.csv", "line": 38, "error": "found 'many' in column none; expected a number"}
    ]
    json.dumps(summary)
    assert lab.embryos.count() == 1


def test_a_zip_may_hold_folders_tables_junk_and_other_files(drop: Any, lab: Any) -> None:
    summary = drop(
        (
            "collection.zip",
            zipped(
                ("data/series.csv", SERIES),
                (f"data/{NAME}", four_cells()),
                (f"__MACOSX/data/._{NAME}", b"\0\5\26\7"),
                ("data/.DS_Store", b"\0"),
                ("data/README.md", b"# words"),
                ("data/empty/", b""),
                ("data/notes.csv", b"what,ever\n1,2\n"),
                ("data/inner.zip", zipped((NAME, four_cells(seed=5)))),
            ),
        )
    )
    assert names(summary) == [NAME.removesuffix(".csv")]
    assert names(summary, "rejected") == ["data/README.md", "data/inner.zip", "data/notes.csv"]
    assert names(summary, "applied") == ["data/series.csv"]
    assert lab.embryos.page()[0][0].gene == "unc-130"


def test_a_wrong_zip_of_nuclei_is_one_clear_line(drop: Any) -> None:
    entries = [(f"nuclei/t{t:03}-nuclei", b"1, 1, 0\n") for t in range(1, 200)]
    summary = drop(("edit.zip", zipped(*entries, ("parameters/x", b""))))
    assert "found 3 fields; expected index, valid, predecessor" in why(summary)
    assert (summary["rejected"][0]["file"], summary["rejected"][0]["line"]) == (
        "edit.zip: nuclei/t001-nuclei",
        1,
    )
    assert summary["imported"] == []


def test_a_folder_is_read_with_all_below_it(lab: Any, tmp_path: Path) -> None:
    folder = tmp_path / "lab" / "deep"
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(four_cells())
    (folder.parent / "embryos.zip").write_bytes(zipped(("a.csv", four_cells(seed=1))))
    (folder / ".hidden.csv").write_bytes(four_cells(seed=2))
    summary = import_paths(lab, [(tmp_path / "lab", "lab"), (tmp_path / "gone.csv", "gone.csv")])
    assert sorted(names(summary)) == [NAME.removesuffix(".csv"), "a"]
    assert "no such file" in why(summary)


# ---- refused whole


def climbing(name: str) -> bytes:
    return zipped((NAME, four_cells()), (name, four_cells(seed=1)))


def link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(NAME, four_cells())
        entry = zipfile.ZipInfo("link.csv")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def with_password() -> bytes:
    raw = bytearray(climbing("second.csv"))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.rfind(mark)
        raw[at + place] |= 1
    return bytes(raw)


def one_byte_flipped() -> bytes:
    raw = bytearray(zipped((NAME, four_cells())))
    raw[200] ^= 0xFF
    return bytes(raw)


def lying_about_sizes() -> bytes:
    """A zip bomb whose headers say that it unpacks to almost nothing."""
    raw = bytearray(zipped((NAME, four_cells()), ("bomb.csv", b"0" * 3_000_000)))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = raw.rfind(mark)
        raw[at + place : at + place + 4] = (10).to_bytes(4, "little")
    return bytes(raw)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (climbing("../../climbs.csv"), "leads out of the zip"),
        (climbing("/etc/absolute.csv"), "leads out of the zip"),
        (climbing("a\\..\\..\\windows.csv"), "leads out of the zip"),
        (climbing("C:\\drive.csv"), "leads out of the zip"),
        (link(), "a link"),
        (with_password(), "a password"),
        (one_byte_flipped(), "a broken zip"),
        (climbing("second.csv")[:-300], "a broken zip"),
        (lying_about_sizes(), "a broken zip"),
        (zipped(), "a zip without files"),
        (zipped((NAME, four_cells()), ("bomb.csv", b"0" * 3_000_000)), "more than 2 MB unpacked"),
        (zipped((NAME, four_cells()), ("bomb.bin", b"0" * 3_000_000)), "more than 2 MB unpacked"),
    ],
    ids=[
        "climbs out",
        "absolute",
        "backslashes",
        "drive",
        "link",
        "password",
        "flipped byte",
        "cut short",
        "lying headers",
        "empty",
        "unpacks beyond the limit",
        "also in a file nobody would read",
    ],
)
def test_a_zip_that_is_wrong_is_refused_whole(tmp_path: Path, raw: bytes, found: str) -> None:
    from services.lab import open_lab

    lab = open_lab(settings_of(tmp_path / "data", BLASTOSCOPE_UNPACKED_MB="2"))
    lab.embryos.add(four_cells(seed=9), NAME)
    before = everything(lab.embryos)
    path = tmp_path / "upload"
    path.write_bytes(raw)
    summary = import_paths(lab, [(path, "wrong.zip")])
    assert found in why(summary)
    assert summary["imported"] == []
    assert everything(lab.embryos) == before
    assert not list(tmp_path.glob("**/climbs.csv"))


def test_any_byte_of_a_zip_may_be_wrong(lab: Any, tmp_path: Path) -> None:
    whole = zipped((NAME, four_cells(range(1, 4))))
    chance = random.Random(1)
    path = tmp_path / "upload"
    for _ in range(150):
        raw = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            raw[chance.randrange(4, len(raw))] = chance.randrange(256)
        path.write_bytes(raw[: chance.choice([len(raw), chance.randrange(4, len(raw))])])
        summary = import_paths(lab, [(path, "zip")])
        assert summary["imported"] or summary["rejected"]
    assert lab.embryos.count() <= 1, "what came in is the one embryo that was packed"


@pytest.mark.parametrize("inside", [False, True])
def test_a_file_over_the_limit_is_refused(tmp_path: Path, inside: bool) -> None:
    from services.lab import open_lab

    lab = open_lab(settings_of(tmp_path / "data", BLASTOSCOPE_FILE_MB="1"))
    raw = four_cells() + b"\n" * 1_000_000
    path = tmp_path / "upload"
    path.write_bytes(zipped((NAME, raw), ("small.csv", four_cells())) if inside else raw)
    summary = import_paths(lab, [(path, "drop")])
    assert "at most 1 MB" in why(summary)
    assert len(summary["imported"]) == int(inside)


# ---- tables that describe embryos


def test_tables_may_come_before_along_with_or_after_their_embryos(drop: Any, lab: Any) -> None:
    summary = drop(("series.csv", SERIES), ("x AuxInfo.csv", AUX), (NAME, four_cells()), ("TIMEx.csv", TIME))
    assert [one["matched"] for one in summary["applied"]] == [[NAME.removesuffix(".csv")]] * 3
    assert [one["unmatched"] for one in summary["applied"]] == [1, 0, 0]
    assert summary["rejected"] == []
    (embryo,) = lab.embryos.page()[0]
    assert (embryo.gene, embryo.strain, embryo.extra) == ("unc-130", "RW1", {"construct": "pJIM20"})
    assert embryo.guessed == ("date", "species")
    assert (embryo.plane_um, embryo.pixel_um) == (1.0, 0.08696)
    assert (
        embryo.calibration["pixel_um"] == embryo.calibration["plane_um"] == "AuxInfo (a plane is 11.5 pixels)"
    )
    assert embryo.aux_info is not None and embryo.aux_info["axis"] == "ADL"
    assert (embryo.interval_s, embryo.calibration["interval_s"]) == (91.0, "TIME table")
    assert embryo.minutes == pytest.approx(29 * 91 / 60)


def test_a_table_without_its_embryo_says_what_to_do(drop: Any, lab: Any) -> None:
    for raw in (SERIES, AUX, TIME):
        summary = drop(("table.csv", raw))
        assert "20080101_pha-4_1_L1" in why(summary) and "no embryo of that name" in why(summary)
    lab.embryos.add(four_cells(), NAME)
    assert drop(("table.csv", SERIES))["applied"][0]["unmatched"] == 1


def test_names_match_with_or_without_cd_and_whatever_the_capitals(drop: Any) -> None:
    summary = drop(
        (NAME, four_cells()), ("t.csv", b"Series\tGene\tStrain\nCD20080101_PHA-4_1_l1.csv\ta-1\t\n")
    )
    assert summary["applied"][0]["matched"] == [NAME.removesuffix(".csv")]


def test_a_pixel_size_set_by_hand_stays_when_an_aux_info_comes(drop: Any, lab: Any) -> None:
    embryo = lab.embryos.add(four_cells(), NAME).embryo
    lab.embryos.correct(embryo.id, pixel_um=0.1)
    drop(("AuxInfo.csv", AUX))
    embryo = lab.embryos.get(embryo.id)
    assert (embryo.pixel_um, embryo.plane_um) == (0.1, 1.15)


@pytest.mark.parametrize(
    ("raw", "line", "found"),
    [
        (b"series,gene,strain\n,a-1,RW1\n", 2, "nothing in column series"),
        (b"series,gene,strain\na,b,c\na,b,c,d\n", 3, "4 fields"),
        (b"series,gene,strain\na," + b"b" * 200 + b",c\n", 2, "in column gene"),
        (b"series,gene,strain\n\xe9,b,c\n", 2, "not UTF-8"),
        (b"series,gene,strain\n", None, "a header and no rows"),
        (AUX.replace(b"11.5", b"wide"), 2, "'wide' in column zpixres"),
        (AUX.replace(b"11.5", b"nan"), 2, "in column zpixres"),
        (TIME + b"x\t1\n", 40, "'x\\t1'"),
        (TIME.replace(b"\t20\t", b"\t5\t"), 20, "frame 5 at"),
        (b"a\t1\t0\t0\na\t2\t0\t0\n", 1, "0 s a frame"),
    ],
)
def test_a_wrong_table_is_refused_whole(
    drop: Any, lab: Any, raw: bytes, line: int | None, found: str
) -> None:
    before = lab.embryos.add(four_cells(), NAME).embryo
    summary = drop(("table.csv", raw))
    assert found in why(summary)
    assert summary["rejected"][0]["line"] == line
    assert lab.embryos.get(before.id) == before


@pytest.mark.embryos
def test_the_whole_folder_of_real_embryos(lab: Any, epic: Path) -> None:
    told: list[tuple[int, int]] = []
    summary = import_paths(lab, [(epic, "epic")], lambda done, total, message: told.append((done, total)))
    assert len(summary["imported"]) == lab.embryos.count() == 70  # 69 CD files and one AceTree zip
    applied = {Path(one["file"]).name: one for one in summary["applied"]}
    assert len(applied["series_gene_strain.csv"]["matched"]) == 38
    assert applied["series_gene_strain.csv"]["unmatched"] == 134 - 38
    assert applied["20241009_JIM767_25_L1AuxInfo.csv"]["matched"] == ["CD20241009_JIM767_25_L1"]
    assert set(applied["TIME20241108_JIM767_25_L5.csv"]["matched"]) == {
        "CD20241108_JIM767_25_L5",
        "20241108_JIM767_25_L5",
    }
    assert [Path(one["file"]).name for one in summary["rejected"]] == ["README.md"]
    assert told[-1][0] == told[-1][1] >= 74
    assert [embryo.name for embryo in lab.embryos.page("alr-1 RW10757")[0]] == [
        REFERENCE.removesuffix(".csv")
    ]


# ---- as a job


def wait(lab: Any, id: str, until: Callable[[dict[str, Any]], bool] | None = None) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        told = progress(lab.engine, id)
        if until(told) if until else told["state"] != "running":
            return told
        time.sleep(0.02)
    raise AssertionError(f"still {told}")


def uploads(lab: Any, number: int) -> list[tuple[Path, str]]:
    folder = lab.settings.data / "incoming" / "drop"
    folder.mkdir()
    paths = []
    for seed in range(number):
        path = folder / str(seed)
        path.write_bytes(four_cells(seed=seed))
        paths.append((path, f"CD2008010{seed % 9 + 1}_a-{seed}.csv"))
    return paths


def test_a_job_counts_files_and_removes_the_uploads(lab: Any) -> None:
    paths = uploads(lab, 5)
    told = wait(lab, start_import(lab, paths))
    assert (told["state"], told["phase"], told["done"], told["total"]) == ("done", "importing", 5, 5)
    assert len(told["summary"]["imported"]) == 5
    assert not paths[0][0].parent.exists()


def test_files_that_lie_elsewhere_are_left_alone(lab: Any, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(four_cells())
    assert wait(lab, start_import(lab, [(path, NAME)]))["state"] == "done"
    assert path.exists()


def test_a_cancelled_job_leaves_whole_embryos_only(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports_module, "TICK_S", 0.0)
    add, id = lab.embryos.add, ""

    def slowly(*values: Any, **named: Any) -> Any:
        added = add(*values, **named)
        if lab.embryos.count() == 3:
            cancel(lab.engine, id)
        return added

    object.__setattr__(lab.embryos, "add", slowly)
    started = imports_module.threading.Event()
    paths = uploads(lab, 40)
    real = imports_module._Job.import_files
    monkeypatch.setattr(
        imports_module._Job, "import_files", lambda job, paths: (started.wait(10), real(job, paths))[1]
    )
    id = start_import(lab, paths)
    started.set()
    told = wait(lab, id)
    assert told["state"] == "cancelled"
    assert len(told["summary"]["imported"]) == lab.embryos.count() == 3
    for embryo in lab.embryos.page()[0]:
        assert len(lab.embryos.table(embryo.id)) == embryo.rows
        assert lab.embryos.original(embryo.id).stat().st_size > 0


def test_a_job_that_failed_says_so(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_values: Any, **_named: Any) -> None:
        raise RuntimeError("crash")

    object.__setattr__(lab.embryos, "add", crash)
    told = wait(lab, start_import(lab, uploads(lab, 1)))
    assert told["state"] == "failed" and "RuntimeError" in told["message"]


def test_a_job_whose_process_died_is_shown_as_failed(lab: Any) -> None:
    script = (
        "import os, sys, time; from tests.conftest import settings_of; from services.lab import open_lab;"
        "from services import imports; from pathlib import Path;"
        "lab = open_lab(settings_of(Path(sys.argv[1])));"
        "imports.import_paths = lambda *values: time.sleep(60);"
        "print(imports.start_import(lab, [])); sys.stdout.flush(); os._exit(9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(lab.settings.data)], cwd=ROOT, capture_output=True, text=True
    )
    id = done.stdout.strip()
    assert progress(lab.engine, id)["state"] == "running"
    with lab.engine.begin() as connection:
        long_ago = time.time() - imports_module.SILENT_S - 1
        connection.execute(update(imports).where(imports.c.id == id).values(beat=long_ago))
    told = progress(lab.engine, id)
    assert told["state"] == "failed" and "Start it again" in told["message"]


def test_an_unknown_job_is_told(lab: Any) -> None:
    for ask in (progress, cancel):
        with pytest.raises(NoSuchImport):
            ask(lab.engine, "nothere")


@pytest.mark.embryos
def test_the_command_line_imports_and_says_what_happened(tmp_path: Path, epic: Path) -> None:
    shutil.copy(epic / REFERENCE, tmp_path)
    (tmp_path / "bad.csv").write_bytes(cd(row("ABa", 1)).replace(b"25100", b"many"))
    data = tmp_path / "data"
    environ = {**os.environ, "BLASTOSCOPE_DATA": str(data), "BLASTOSCOPE_SIMULATED": "0"}
    command = [sys.executable, "-m", "services.imports", str(tmp_path / REFERENCE), str(tmp_path / "bad.csv")]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "1 embryo came in",
        "refused: bad.csv, line 2: found 'many' in column none; expected a number",
    ]
