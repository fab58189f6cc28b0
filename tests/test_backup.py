"""Backup and restore: everything, while the program works, and nothing that is not a backup."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Float, Integer, String, Text, inspect, text, update

from services import backup, lease, schema
from services import database as db
from services.backup import back_up
from services.backup_file import BadBackup
from services.database import connect, open_database
from services.lab import Lab, open_lab
from services.restore import restore
from services.schema import BadDatabase
from tests.conftest import settings_of, start_program
from tests.test_api import tiny
from tests.test_postgres import filled
from tests.test_schema import first_release, rows

ROOT = Path(__file__).parent.parent


def files(folder: Path) -> dict[str, bytes]:
    """Content of all files of a lab's embryos and runs, by name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for inner in ("embryos", "runs")
        for path in (folder / inner).rglob("*")
        if path.is_file()
    }


def working(lab: Lab) -> Lab:
    """A lab with something in every table: a done run, one that runs, one that waits."""
    filled(lab)
    ids = [embryo.id for embryo in lab.embryos.after(None, 10)]
    lab.poses.correct(ids[0], [0, -1, 0, 1, 0, 0, 0, 0, 1])
    lab.poses.pose_of(lab.embryos.get(ids[1]))
    for epoch in (1, 2):
        run = lab.runs.create({"embryos": ids, "split": "row", "epochs": 2, "name": "läuft"}, lab.embryos)
        claim = lease.claim(lab.engine, "elsewhere-1-1", 30)
        assert claim is not None and claim.id == run
        held = lease.Held(lab.engine, claim)
        held.epoch(lease.Epoch(epoch, 1.5, {"loss/train": 0.1, "loss/validation": 1 / 3}), {}, "training")
        folder = lab.runs.folder / run
        (folder / "trainer.log").write_text("a line\n")
        (folder / "checkpoint-1.pt").write_bytes(b"weights")
        if epoch == 1:
            held.finish(lease.Epoch(1, 2.5, {"accuracy/test": 0.5}), {"accuracy/test": 0.5}, "done")
            (folder / "checkpoint-1.pt").unlink()
            (folder / "report.json").write_text('{"pace": 1}')
    lab.runs.create({"embryos": ids, "split": "row", "epochs": 3}, lab.embryos)
    lease.enlist(lab.engine, "elsewhere-1-1", 1)
    with lab.engine.begin() as connection:
        for table in db.tables.sorted_tables:
            if connection.execute(table.select().limit(1)).first() is None:
                connection.execute(table.insert().values(**made_up(table, ids[0])))
    return lab


def made_up(table: Any, embryo: str) -> dict[str, Any]:
    """A row of a table of which it matters only that there is one."""
    kinds: dict[type, Any] = {JSON: {"a": [1, None, "ü"]}, Boolean: True, Float: 0.1, Integer: 7}
    row = {}
    for column in table.c:
        kind = next((value for kind, value in kinds.items() if isinstance(column.type, kind)), "text é")
        to = next((key.column.table.name for key in column.foreign_keys), None)
        row[column.name] = embryo if to == "embryos" else kind
    return row


def lab_at(folder: Path, address: str = "") -> Lab:
    return open_lab(settings_of(folder, **({"BLASTOSCOPE_DATABASE": address} if address else {})))


def test_what_is_restored_is_what_was_there_on_either_database(
    address: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lab = working(lab_at(tmp_path / "one", address))
    before, kept = rows(lab.engine), files(lab.settings.data)
    assert all(before.values())
    place = tmp_path / "lab.zip"
    told = back_up(lab.settings, place)
    assert place.stat().st_mode & 0o077 == 0 and [path.name for path in tmp_path.glob(".*")] == []
    assert told.rows == {name: len(of) for name, of in before.items()}
    assert told.version == schema.newest()

    same = restore(settings_of(tmp_path / "same"), place)
    assert same == told
    other = {}
    if "postgresql" not in address:
        other = {"BLASTOSCOPE_DATABASE": request.getfixturevalue("postgres").fresh()}
    restore(settings_of(tmp_path / "other", **other), place)
    for folder, found in (
        ("same", lab_at(tmp_path / "same")),
        ("other", lab_at(tmp_path / "other", other.get("BLASTOSCOPE_DATABASE", ""))),
    ):
        assert rows(found.engine) == before, folder
        assert files(tmp_path / folder) == kept, folder
        assert not (tmp_path / folder / ".restoring").exists()
        run = found.runs.page(states=("running",))[0][0]
        assert run.name == "läuft" and found.runs.metrics_after(run.id)["rows"][1]["value"] == 1 / 3


def test_every_column_is_of_a_kind_that_a_backup_can_hold() -> None:
    kinds = (JSON, Boolean, Float, Integer, String, Text)
    for table in db.tables.sorted_tables:
        assert all(isinstance(column.type, kinds) for column in table.c), table.name
        assert re.fullmatch(r"[a-z_]+", table.name), "a name that a restore takes"


@pytest.mark.slow
def test_a_backup_made_while_the_program_works_goes_on_elsewhere(tmp_path: Path) -> None:
    data, place = tmp_path / "data", tmp_path / "lab.zip"
    program = start_program(data)
    over = threading.Event()
    try:
        first = program.lab.embryos.add(tiny(), "CD20080101_pha-4_1_L1.csv").embryo
        config = {"embryos": [first.id], "split": "row", "epochs": 400, "batch_size": 4}
        run = program.lab.runs.create(config, program.lab.embryos)
        waiting = program.lab.runs.create(config | {"epochs": 2}, program.lab.embryos)

        def bring_in() -> None:
            for seed in range(1, 500):
                if over.wait(0.05):
                    return
                program.lab.embryos.add(tiny(seed), f"number {seed}.csv")

        importing = threading.Thread(target=bring_in)
        importing.start()
        deadline = time.monotonic() + 60
        while program.lab.runs.get(run).epoch < 3:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        environ = os.environ | {"BLASTOSCOPE_DATA": str(data)}
        command = [sys.executable, "-m", "services.backup"]
        done = subprocess.run(
            [*command, str(place)], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        epoch = program.lab.runs.get(run).epoch
        over.set()
        importing.join()
        source, kept = rows(program.lab.engine), files(data)
        assert program.lab.runs.get(run).state == "running", "the run was to be under way all the time"
    finally:
        over.set()
        program.stop()

    new = tmp_path / "new"
    environ = os.environ | {"BLASTOSCOPE_DATA": str(new)}
    done = subprocess.run(
        [*command, "--restore", str(place)], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Restored") and "2 runs" in done.stdout
    lab = lab_at(new)
    restored = rows(lab.engine)
    for table in ("embryos", "embryo_cells", "metrics", "events"):  # rows that are never changed
        assert restored[table] and set(map(repr, restored[table])) <= set(map(repr, source[table])), table
    assert {row[0] for row in restored["unlisted_embryos"]} <= {
        row[0] for row in source["unlisted_embryos"]
    } | {row[1] for row in source["cell_followers"]}
    for name, content in files(new).items():
        if name.endswith(".log"):
            assert kept[name].startswith(content)
        elif "checkpoint" not in name:
            assert kept[name] == content, name
    assert len(lab.embryos.after(None, 1000)) > 1
    for embryo in lab.embryos.after(None, 1000):
        assert lab.embryos.add(lab.embryos.original(embryo.id).read_bytes(), "again").existed
        assert len(lab.embryos.table(embryo.id)) == 120
    assert 3 <= lab.runs.get(run).epoch <= epoch
    assert list((new / "runs" / run).glob("checkpoint-*.pt"))

    again = start_program(new)
    try:
        deadline = time.monotonic() + 90
        while not (lab.runs.get(run).epoch > epoch + 1 and lab.runs.get(run).generation > 1):
            assert time.monotonic() < deadline, lab.runs.get(run)
            time.sleep(0.1)
        lab.runs.cancel(run)
        while lab.runs.get(waiting).state != "done":
            assert time.monotonic() < deadline, lab.runs.get(waiting)
            time.sleep(0.1)
    finally:
        again.stop()
    epochs = [row["epoch"] for row in lab.runs.metrics_after(run)["rows"] if row["tag"] == "loss/train"]
    assert epochs == list(range(1, len(epochs) + 1))
    said = [row["text"] for row in lab.runs.events_after(run)["rows"]]
    resumed = [int(line.split()[3]) for line in said if line.startswith("resumed after epoch")]
    assert resumed and resumed[0] >= 2, said  # from its checkpoint, not from the start


def test_files_that_change_while_they_are_read_are_whole(tmp_path: Path) -> None:
    lab = working(lab_at(tmp_path / "data"))
    run = lab.runs.page(states=("running",))[0][0].id
    folder = lab.runs.folder / run
    over = threading.Event()

    def change() -> None:
        number = 0
        while not over.is_set():
            number += 1
            new = folder / "checkpoint-1.writing"
            new.write_bytes(bytes([number % 251]) * 3_000_000)
            new.replace(folder / "checkpoint-1.pt")
            with (folder / "trainer.log").open("a") as log:
                log.write(f"line {number}\n" * 1000)

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for number in range(5):
            back_up(lab.settings, tmp_path / f"{number}.zip")
            into = tmp_path / str(number)
            restore(settings_of(into), tmp_path / f"{number}.zip")
            content = (into / "runs" / run / "checkpoint-1.pt").read_bytes()
            assert content == b"weights" or (len(content) == 3_000_000 and len(set(content)) == 1)
            assert not list(into.rglob("*.writing"))
    finally:
        over.set()
        changing.join()


def test_a_run_that_ends_just_before_the_rows_are_read_is_done_in_the_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that ends just after goes on from its checkpoint."""
    lab = working(lab_at(tmp_path / "data"))
    run = lab.runs.page(states=("running",))[0][0].id
    folder = lab.runs.folder / run
    one_moment = backup._one_moment

    def end() -> None:
        (folder / "report.json").write_text("{}")
        with lab.engine.begin() as connection:
            connection.execute(update(db.runs).where(db.runs.c.id == run).values(state="done"))
        (folder / "checkpoint-1.pt").unlink()

    def before(engine: Any) -> Any:
        end()
        return one_moment(engine)

    class After:
        def __init__(self, engine: Any) -> None:
            self.opened = one_moment(engine)

        def __enter__(self) -> Any:
            connection = self.opened.__enter__()
            connection.exec_driver_sql("SELECT count(*) FROM runs")
            end()
            return connection

        def __exit__(self, *error: Any) -> Any:
            return self.opened.__exit__(*error)

    for name, when, state, there in (
        ("before", before, "done", {"config.json", "trainer.log", "report.json"}),
        ("after", After, "running", {"config.json", "trainer.log", "checkpoint-1.pt"}),
    ):
        (folder / "checkpoint-1.pt").write_bytes(b"weights")
        (folder / "report.json").unlink(missing_ok=True)
        with lab.engine.begin() as connection:
            connection.execute(update(db.runs).where(db.runs.c.id == run).values(state="running"))
        with monkeypatch.context() as patched:
            patched.setattr(backup, "_one_moment", when)
            back_up(lab.settings, tmp_path / f"{name}.zip")
        restore(settings_of(tmp_path / name), tmp_path / f"{name}.zip")
        found = lab_at(tmp_path / name)
        assert found.runs.get(run).state == state
        assert {path.name for path in (tmp_path / name / "runs" / run).iterdir()} == there


def test_a_backup_of_the_first_release_is_made_before_the_upgrade_and_restored_with_it(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    (data / "embryos").mkdir(parents=True)
    (data / "embryos" / "drt61041.csv").write_bytes(tiny(0))
    engine = first_release(f"sqlite:///{data / 'blastoscope.sqlite'}", tmp_path)
    told = back_up(settings_of(data), tmp_path / "first.zip")
    assert told.version == "0001"
    assert not inspect(engine).has_table(schema.VERSION_TABLE), "a backup changes nothing"
    restore(settings_of(tmp_path / "new"), tmp_path / "first.zip")
    lab = lab_at(tmp_path / "new")
    with lab.engine.connect() as connection:
        assert schema.version_of(connection) == schema.newest()
    assert len(lab.embryos.table("drt61041")) == 120 and lab.runs.get("4uydvndv").state == "done"


def changed(place: Path, to: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The backup with other files in it, and a manifest that agrees with them."""
    with zipfile.ZipFile(place) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    with zipfile.ZipFile(to, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return to


def agreeing(change: Callable[[dict[str, bytes]], None]) -> Callable[[dict[str, bytes]], None]:
    """`change`, and then the manifest's checksums and sizes made to agree: no accident does that."""
    import hashlib

    def both(content: dict[str, bytes]) -> None:
        change(content)
        manifest = json.loads(content["manifest.json"])
        manifest["files"] = {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in content.items()
            if name != "manifest.json"
        }
        content["manifest.json"] = json.dumps(manifest).encode()

    return both


def put(name: str, data: bytes = b"x") -> Callable[[dict[str, bytes]], None]:
    return lambda content: content.update({name: data})


def in_manifest(**values: Any) -> Callable[[dict[str, bytes]], None]:
    return lambda content: content.update(
        {"manifest.json": json.dumps(json.loads(content["manifest.json"]) | values).encode()}
    )


def replaced(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(content: dict[str, bytes]) -> None:
        assert old in content[name]
        content[name] = content[name].replace(old, new)

    return change


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "climbs out": (agreeing(put("../../evil")), "which no backup does"),
    "absolute": (agreeing(put("/tmp/evil")), "which no backup does"),
    "climbs in a run": (agreeing(put("runs/abc/../../evil")), "which no backup does"),
    "backslashes": (agreeing(put("runs\\..\\evil")), "which no backup does"),
    "another folder": (agreeing(put("cache/evil.pickle")), "which no backup does"),
    "hidden": (agreeing(put("runs/abc/.hidden")), "which no backup does"),
    "not in the manifest": (put("embryos/abc.csv"), "is not the file that the manifest tells of"),
    "another length": (put("database/runs.jsonl", b"[]"), "is not the file that the manifest tells of"),
    "one missing": (lambda content: content.pop("database/runs.jsonl") and None, "is missing"),
    "no manifest": (lambda content: content.pop("manifest.json") and None, "it has no manifest"),
    "a broken manifest": (put("manifest.json", b"{"), "manifest can't be understood"),
    "a format to come": (in_manifest(format=2), "manifest can't be understood: format"),
    "an unknown field": (in_manifest(more=2), "manifest can't be understood: more"),
    "fewer rows than told": (in_manifest(rows={"embryos": 99}), "the manifest tells of 99|tells of None"),
    "an unknown table": (agreeing(put("database/people.jsonl", b"[]\n")), "has no table people"),
    "an unknown column": (
        agreeing(replaced("database/runs.jsonl", b'"owner"', b'"evil"')),
        "has no column evil",
    ),
    "no JSON": (agreeing(put("database/runs.jsonl", b"]\n")), "can't be read past row 0"),
    "a row too short": (agreeing(put("database/embryo_sets.jsonl", b'["name"]\n[]\n')), "can't be read"),
    "a row twice": (
        agreeing(put("database/embryo_sets.jsonl", b'["name", "created"]\n["a", 1]\n["a", 1]\n')),
        "UNIQUE",
    ),
    "an id that climbs": (
        agreeing(
            put(
                "database/runs.jsonl",
                b'["id", "name", "state", "config", "sources", "created", "epochs", "best", "last"]\n'
                b'["../evil", "", "done", {}, [], 1, 1, {}, {}]\n',
            )
        ),
        "has the id '../evil'",
    ),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    lab = working(lab_at(folder / "data"))
    back_up(lab.settings, folder / "sound.zip")
    return folder / "sound.zip"


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_sound_backup_is_refused_and_leaves_nothing(
    what: str, sound: Path, tmp_path: Path
) -> None:
    change, why = HOSTILE[what]
    file = changed(sound, tmp_path / "bad.zip", change)
    (tmp_path / "new").mkdir()
    with pytest.raises(BadBackup, match=why):
        restore(settings_of(tmp_path / "new" / "data"), file)
    assert list((tmp_path / "new").iterdir()) == [] and {path.name for path in tmp_path.iterdir()} == {
        "bad.zip",
        "new",
    }


def test_links_damage_and_half_a_zip_are_refused(sound: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.zip"
    shutil.copy(sound, link)
    with zipfile.ZipFile(link, "a") as archive:
        entry = zipfile.ZipInfo("embryos/link.csv")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    half = tmp_path / "half.zip"
    half.write_bytes(sound.read_bytes()[: sound.stat().st_size // 2])
    damaged = tmp_path / "damaged.zip"
    with zipfile.ZipFile(sound) as archive:
        entry = next(entry for entry in archive.infolist() if entry.filename.endswith(".parquet"))
    content = bytearray(sound.read_bytes())
    content[entry.header_offset + 200] ^= 1  # past its header
    damaged.write_bytes(content)
    for file, why in ((link, "is a link"), (half, "no whole backup"), (damaged, "damaged")):
        with pytest.raises(BadBackup, match=why):
            restore(settings_of(tmp_path / "data"), file)
        assert not (tmp_path / "data").exists()


def test_a_zip_that_unpacks_to_more_than_it_says_is_cut_off(sound: Path, tmp_path: Path) -> None:
    """Its directory and the manifest say ten bytes."""
    file = changed(sound, tmp_path / "bomb.zip", agreeing(put("embryos/abc.csv", b"0" * 1_000_000)))
    content = file.read_bytes()
    length = (1_000_000).to_bytes(4, "little")
    file.write_bytes(content.replace(length, (10).to_bytes(4, "little")))
    file = changed_manifest(file, "embryos/abc.csv", 10)
    with pytest.raises(BadBackup, match=r"abc\.csv is (longer|damaged)"):
        restore(settings_of(tmp_path / "data"), file)
    assert not (tmp_path / "data").exists()


def changed_manifest(file: Path, name: str, size: int) -> Path:
    """Patch a size in the (stored) manifest in place, and its own checksum with it."""
    import struct
    import zlib

    with zipfile.ZipFile(file) as archive:
        entry = archive.getinfo("manifest.json")
        old = archive.read(entry)
    content = bytearray(file.read_bytes())
    start = content.index(old)
    new = old.replace(b'"bytes": 1000000', b'"bytes": 10     ')
    assert new != old and len(new) == len(old) and name and size == 10
    content[start : start + len(old)] = new
    was, now = struct.pack("<L", zlib.crc32(old)), struct.pack("<L", zlib.crc32(new))
    file.write_bytes(bytes(content).replace(was, now))
    return file


def test_only_an_empty_place_is_restored_into(sound: Path, tmp_path: Path, address: str) -> None:
    data = tmp_path / "full" / "data"
    data.mkdir(parents=True)
    (data / "theirs.txt").write_text("kept")
    with pytest.raises(BadBackup, match="is not empty"):
        restore(settings_of(data), sound)
    assert [path.name for path in data.iterdir()] == ["theirs.txt"]

    open_database(address).dispose()
    before = rows(connect(address))
    with pytest.raises(BadBackup, match=r"The database .* is not empty"):
        restore(settings_of(tmp_path / "new", BLASTOSCOPE_DATABASE=address), sound)
    assert not (tmp_path / "new").exists() and rows(connect(address)) == before


def test_a_restore_that_was_killed_is_told_of(sound: Path, tmp_path: Path) -> None:
    script = (
        "import os; from pathlib import Path; from services.restore import restore\n"
        "from services.settings import read_settings\n"
        f"restore(read_settings(), Path({str(sound)!r}), lambda said: os.kill(os.getpid(), 9))"
    )
    environ = os.environ | {"BLASTOSCOPE_DATA": str(tmp_path / "data")}
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environ).returncode == -9
    with pytest.raises(BadBackup, match="was cut off: empty it first"):
        restore(settings_of(tmp_path / "data"), sound)


def test_a_restore_that_fails_leaves_the_database_empty_too(
    sound: Path, tmp_path: Path, address: str
) -> None:
    file = changed(sound, tmp_path / "bad.zip", HOSTILE["a row too short"][0])
    with pytest.raises(BadBackup):
        restore(settings_of(tmp_path / "new", BLASTOSCOPE_DATABASE=address), file)
    assert inspect(connect(address)).get_table_names() == []
    assert restore(settings_of(tmp_path / "new", BLASTOSCOPE_DATABASE=address), sound).rows["embryos"] == 5


def test_what_a_later_version_wrote_is_refused(sound: Path, tmp_path: Path) -> None:
    file = changed(sound, tmp_path / "later.zip", in_manifest(version="9999"))
    with pytest.raises(BadDatabase, match="has schema 9999"):
        restore(settings_of(tmp_path / "data"), file)
    lab = lab_at(tmp_path / "lab")
    with lab.engine.begin() as connection:
        connection.execute(text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(BadDatabase, match="has schema 9999"):
        back_up(lab.settings, tmp_path / "no.zip")
    assert not (tmp_path / "no.zip").exists()


def test_a_backup_that_is_cut_off_leaves_nothing_under_its_name(tmp_path: Path) -> None:
    lab = working(lab_at(tmp_path / "data"))
    place = tmp_path / "backups" / "lab.zip"
    place.parent.mkdir()

    def stop(said: str) -> None:
        assert not place.exists()
        if "parquet" in said:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(lab.settings, place, stop)
    assert list(place.parent.iterdir()) == []
    back_up(lab.settings, place)
    with pytest.raises(BadBackup, match="is there already"):
        back_up(lab.settings, place)


def test_the_command_says_what_is_wrong_in_a_line(tmp_path: Path) -> None:
    def say(*arguments: str, **environ: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "services.backup", *arguments],
            cwd=ROOT,
            env=os.environ | {"BLASTOSCOPE_DATA": str(tmp_path / "data")} | environ,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
        return done.stderr

    (tmp_path / "data").mkdir()
    assert "nothing to back up" in say(str(tmp_path / "a.zip"))
    assert "No such file" in say("--restore", str(tmp_path / "none.zip"))
    assert "can't be used" in say("x.zip", BLASTOSCOPE_DATABASE="postgresql://nobody@127.0.0.1:1/none")
    (tmp_path / "text.zip").write_text("no zip")
    shutil.rmtree(tmp_path / "data")
    assert "no whole backup" in say("--restore", str(tmp_path / "text.zip"))
