"""The database's schema: its steps, from the first release on, on SQLite and on PostgreSQL."""

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, create_engine, inspect, select, text

from services import schema
from services.database import connect, open_database, tables
from services.embryos import EmbryoStore
from services.notes import NoteStore
from services.runs import RunStore
from services.schema import BadDatabase
from tests.test_api import tiny

ROOT = Path(__file__).parent.parent
FIRST_RELEASE = (ROOT / "tests" / "first_release.sql").read_text()


def structure(engine: Engine) -> dict[str, Any]:
    """All that a database says of its tables, columns in no order."""
    seen = inspect(engine)
    names = set(seen.get_table_names()) - {schema.VERSION_TABLE}
    told: dict[str, Any] = {}
    for name in sorted(names):
        columns = {
            column["name"]: (str(column["type"]), column["nullable"], column["default"])
            for column in seen.get_columns(name)
        }
        keys = sorted(
            (key["constrained_columns"], key["referred_table"], key["referred_columns"], str(key["options"]))
            for key in seen.get_foreign_keys(name)
        )
        indexes = sorted(
            (str(index["name"]), index["column_names"], bool(index["unique"]))
            for index in seen.get_indexes(name)
        )
        unique = sorted(one["column_names"] for one in seen.get_unique_constraints(name))
        key = seen.get_pk_constraint(name)["constrained_columns"]
        options = {what: on for what, on in seen.get_table_options(name).items() if "rowid" in what}
        told[name] = (columns, key, keys, indexes, unique, options)
    return told


def rows(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables but the version, by what the database itself says its columns are."""
    found = MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in connection.execute(select(*sorted(table.c, key=lambda c: c.name)))),
                key=repr,
            )
            for table in found.sorted_tables
            if table.name != schema.VERSION_TABLE
        }


def first_release(address: str, tmp_path: Path) -> Engine:
    """A database as the first release left it, with rows in every table and no version."""
    if address.startswith("sqlite"):
        with sqlite3.connect(address.removeprefix("sqlite:///")) as connection:
            connection.executescript(FIRST_RELEASE)
        connection.close()
        return connect(address)
    source = first_release(f"sqlite:///{tmp_path / 'source.sqlite'}", tmp_path)
    engine = connect(address)
    schema.bring_forward(engine, to="0001")
    found = MetaData()
    found.reflect(source)
    with engine.begin() as connection, source.connect() as reading:
        connection.execute(text(f"DROP TABLE {schema.VERSION_TABLE}"))
        for table in found.sorted_tables:
            connection.execute(table.insert(), [dict(row._mapping) for row in reading.execute(select(table))])
    source.dispose()
    return engine


def test_the_steps_make_the_tables_that_the_program_names(address: str, tmp_path: Path) -> None:
    if address.startswith("sqlite"):
        plain = connect(f"sqlite:///{tmp_path / 'plain.sqlite'}")
    else:
        plain = connect(address)
        with plain.begin() as connection:
            connection.execute(text("CREATE SCHEMA plain"))
        plain.dispose()
        plain = create_engine(address, connect_args={"options": "-c search_path=plain"})
    tables.create_all(plain)
    engine = open_database(address)
    assert structure(engine) == structure(plain)
    assert structure(engine).keys() == tables.tables.keys()


def test_the_first_step_is_the_schema_of_the_first_release(tmp_path: Path) -> None:
    stepped = connect(f"sqlite:///{tmp_path / 'stepped.sqlite'}")
    schema.bring_forward(stepped, to="0001")
    found = {}
    for name, engine in (
        ("released", first_release(f"sqlite:///{tmp_path / 'released.sqlite'}", tmp_path)),
        ("stepped", stepped),
    ):
        with engine.connect() as connection:
            made = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
            found[name] = {row.name: " ".join(row.sql.split()) for row in made}
    del found["stepped"][schema.VERSION_TABLE]
    assert found["stepped"] == found["released"]


def test_steps_are_one_after_the_other_and_files_say_which() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    found = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert list(schema.steps()) == found[::-1]
    assert schema.steps()[:2] == ("0001", "0002")


def test_the_first_release_is_brought_forward_with_all_that_is_in_it(address: str, tmp_path: Path) -> None:
    before = first_release(address, tmp_path)
    old = rows(before)
    assert all(old.values()), "a table of the first release has no row in it"
    before.dispose()

    engine = open_database(address)
    with engine.connect() as connection:
        assert schema.version_of(connection) == schema.newest()
    if engine.dialect.name == "sqlite":
        assert structure(engine) == structure(open_database(f"sqlite:///{tmp_path / 'new.sqlite'}"))
    new = rows(engine)
    kept = {name: new[name] for name in old}
    if schema.newest() == "0002":  # later steps may add columns, and what people see is looked at below
        assert kept == old
    assert {name: len(of) for name, of in kept.items()} == {name: len(of) for name, of in old.items()}

    folder = tmp_path / "embryos"
    store, runs = EmbryoStore(engine, folder), RunStore(engine, tmp_path / "runs")
    assert [embryo.id for embryo in store.after(None, 10)] == ["drt61041", "wq8a2ov2"]
    one = store.get("drt61041")
    assert (one.gene, one.strain, one.interval_s, one.tags) == ("pha-4", "RW10226", 61.5, ("good",))
    assert store.get("wq8a2ov2").file_name == "Ünïcode ’quoted’ name; DROP TABLE.csv"
    assert store.choose("set:my set") == ["drt61041", "wq8a2ov2"]
    (folder / "drt61041.csv").write_bytes(tiny(0))
    assert len(store.table("drt61041")) == 120
    assert store.page("ems")[1] == 2  # one from the list of followers, one that waits for it
    assert store.restore(["q05fr7bj"]) == 1 and store.page("ems")[1] == 3
    run = runs.get("4uydvndv")
    assert (run.state, run.owner, run.epoch, run.best["accuracy/test"]) == ("done", "Ada", 3, 2 / 3)
    assert len(runs.metrics_after(run.id)["rows"]) == 22
    assert [row["text"] for row in runs.events_after(run.id)["rows"]][-1].startswith("done after 3 epochs")
    assert runs.changed_sources(run) == []
    assert runs.get("edbz81fz").notes == "line one\nline two"
    assert runs.queue_position("sk2rso1u") == 1
    note = NoteStore(engine).add("drt61041", "ABa", 3, "new in the second release")
    assert NoteStore(engine).of("drt61041") == [note]


def test_a_database_between_two_releases_is_brought_forward_too(tmp_path: Path) -> None:
    """Before there were steps, the program made each table that was missing."""
    address = f"sqlite:///{tmp_path / 'between.sqlite'}"
    engine = first_release(address, tmp_path)
    tables.tables["notes"].create(engine)
    engine.dispose()
    fresh = open_database(f"sqlite:///{tmp_path / 'fresh.sqlite'}")
    assert structure(open_database(address)) == structure(fresh)


def test_eight_processes_open_a_database_of_the_first_release_at_once(address: str, tmp_path: Path) -> None:
    first_release(address, tmp_path).dispose()
    script = (
        "import sys; from services.database import open_database, connect\n"
        "print('here', flush=True); sys.stdin.readline()\n"
        f"engine = open_database({address!r})\n"
        "with engine.begin() as connection:\n"
        "    connection.exec_driver_sql('UPDATE notes SET place = 0')\n"
        "    print(connection.exec_driver_sql('SELECT version_num FROM alembic_version').all())"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(8)
    ]
    for process in started:
        assert process.stdout is not None and process.stdout.readline() == "here\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in started] == [f"[('{schema.newest()}',)]\n"] * 8


def test_an_upgrade_that_is_cut_off_has_changed_nothing(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic.operations import Operations

    engine = first_release(address, tmp_path)
    before = structure(engine)
    made = Operations.create_index

    def fails(self: Any, name: str, *arguments: Any, **options: Any) -> Any:
        if name == "notes_by_embryo":  # after the table was made
            raise OSError("no space left on device")
        return made(self, name, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Operations, "create_index", fails)
        with pytest.raises(OSError, match="no space"):
            open_database(address)
    assert structure(engine) == before
    with engine.connect() as connection:
        assert schema.version_of(connection) is None
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()
    assert structure(open_database(address)).keys() == tables.tables.keys()


def test_a_newer_database_is_refused_in_two_lines(address: str) -> None:
    engine = open_database(address)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(
        BadDatabase, match=f"has schema 9999; .* none later than {schema.newest()}"
    ) as refused:
        open_database(address)
    assert len(str(refused.value).splitlines()) == 2


def test_another_programs_database_is_refused(address: str) -> None:
    engine = connect(address)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE runs (speed INTEGER)"))
    with pytest.raises(BadDatabase, match="has a table `runs` that is not Blastoscope's"):
        open_database(address)


def test_no_password_is_told(postgres: Any) -> None:
    address = postgres.fresh().replace("blastoscope@", "blastoscope:hunter2@")
    engine = open_database(address)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(BadDatabase) as refused:
        open_database(address)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "command",
    [
        ["app.py"],
        ["-m", "services.runner"],
        ["-m", "gunicorn", "app:server"],
        ["-m", "services.imports", "x.csv"],
        ["-m", "services.epic"],
    ],
)
def test_web_and_runner_say_it_and_end(command: list[str], tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'newer.sqlite'}"
    with open_database(address).begin() as connection:
        connection.execute(text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'"))
    done = subprocess.run(
        [sys.executable, *command, *(["-b", "127.0.0.1:0"] if "gunicorn" in command else [])],
        cwd=ROOT,
        env={"BLASTOSCOPE_DATA": str(tmp_path), "BLASTOSCOPE_DATABASE": address, "PORT": "0", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if not line.startswith("[")]  # gunicorn's own
    assert len(said) == 2 and "has schema 9999" in said[0], done.stderr
    assert "Traceback" not in done.stderr


def test_opening_what_is_up_to_date_asks_little_and_imports_no_alembic(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'here.sqlite'}"
    open_database(address).dispose()
    script = (
        "import sys, time; from services.database import connect, open_database\n"
        "def took(opened):\n"
        "    times = []\n"
        "    for _ in range(20):\n"
        "        start = time.process_time(); engine = opened(); engine.connect().close()\n"
        "        times.append(time.process_time() - start); engine.dispose()\n"
        "    return min(times)\n"
        f"bare, whole = took(lambda: connect({address!r})), took(lambda: open_database({address!r}))\n"
        "print(whole - bare, 'alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    more, imported = done.stdout.split()
    assert float(more) < 0.03 and imported == "False", done.stdout + done.stderr


def test_an_upgrade_waits_for_one_who_writes(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'busy.sqlite'}"
    first_release(address, tmp_path).dispose()
    writing = sqlite3.connect(tmp_path / "busy.sqlite", check_same_thread=False)
    writing.execute("BEGIN IMMEDIATE")
    writing.execute("UPDATE runs SET name = 'written meanwhile'")
    threading.Timer(1.0, lambda: (writing.commit(), writing.close())).start()
    began = time.monotonic()
    engine = open_database(address)
    assert time.monotonic() - began > 0.5
    assert {run.name for run in RunStore(engine, tmp_path).page()[0]} == {"written meanwhile"}
