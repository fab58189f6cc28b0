"""Everything a lab keeps as one file: `python -m services.backup FILE`, and back with `--restore FILE`.

A backup is a zip: the rows of every table as lines of JSON, the files of the embryos and runs that those rows
know, and a manifest with the schema's version, counts and every file's checksum. It is the same whether the
database is SQLite or PostgreSQL, so a lab moves from one to the other by restoring. The program may go on
working meanwhile. The rows are one moment's, read in one transaction. An embryo's files are in place before its
row and never change after. A run's checkpoints are taken just before that moment, its other files after it;
each is written beside and renamed, so it is read whole. The cache and half-done uploads are left out.
"""

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, Engine, MetaData, Table, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from services import schema
from services.backup_file import CHUNK, MANIFEST, ROWS, BadBackup, Kept, Manifest, Tell
from services.database import connect
from services.restore import restore
from services.schema import BadDatabase
from services.settings import BadSetting, Settings, read_settings

ENDINGS = (".csv", ".zip", ".parquet")  # of an embryo's files
LAST_FILES = ("report.json", "predictions.csv", "predictions.parquet", "model.safetensors")
PACKED = {".parquet", ".zip", ".pt", ".safetensors"}  # deflating them again saves nothing


# ---- making one


def back_up(settings: Settings, place: Path, tell: Tell = lambda said: None) -> Manifest:
    """Write a backup of the lab to `place`, whole or not at all. Raises `BadBackup`, `BadDatabase`."""
    if place.exists():
        raise BadBackup(f"{place} is there already: name another file")
    name = make_url(settings.database).database
    if settings.database.startswith("sqlite") and not Path(str(name)).exists():
        raise BadBackup(f"There is nothing to back up: there is no {name}.")
    engine = connect(settings.database)  # as it is: a backup is for before an upgrade, too
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            part.chmod(0o600)
            with zipfile.ZipFile(file, "w") as archive, tempfile.TemporaryDirectory(dir=place.parent) as held:
                manifest = _Writing(archive, settings.data, Path(held), tell).everything(engine)
            file.flush()
            os.fsync(file.fileno())
        part.rename(place)
    finally:
        part.unlink(missing_ok=True)
        engine.dispose()
    return manifest


class _Writing:
    """A backup while it is written."""

    def __init__(self, archive: zipfile.ZipFile, data: Path, held: Path, tell: Tell) -> None:
        self.archive = archive
        self.data = data
        self.held = held  # for checkpoints, which are taken before the rows
        self.tell = tell
        self.bytes = 0

    def everything(self, engine: Engine) -> Manifest:
        self._hold_checkpoints()
        with _one_moment(engine) as connection:
            version = _version(connection)
            self.manifest = Manifest(made=time.time(), database=engine.dialect.name, version=version)
            tables = _tables(connection)
            for table in tables.values():
                self._rows(connection, table)
            embryos = list(connection.scalars(select(tables["embryos"].c.id)))
            runs = connection.execute(select(tables["runs"].c.id, tables["runs"].c.state)).tuples().all()
        for id in embryos:
            found = [path for end in ENDINGS if (path := self.data / "embryos" / f"{id}{end}").is_file()]
            for path in found:
                self._file(f"embryos/{path.name}", path)
        for id, state in runs:
            self._run(id, state in ("queued", "running"))
        content = self.manifest.model_dump_json(indent=1).encode()
        with self.archive.open(_entry(MANIFEST), "w") as into:
            into.write(content)
        return self.manifest

    def _hold_checkpoints(self) -> None:
        """Copies of them: a run that ends before the rows are read takes its checkpoints away, and its row

        says then that it is done; one that goes on has an earlier checkpoint than its row tells, which
        resuming expects.
        """
        for path in self.data.glob("runs/*/checkpoint-*.pt"):
            with contextlib.suppress(FileNotFoundError):
                into = self.held / path.parent.name
                into.mkdir(exist_ok=True)
                shutil.copyfile(path, into / path.name)

    def _rows(self, connection: Connection, table: Table) -> None:
        """A table: its columns' names as the first line, then a line a row."""
        number = 0

        def lines() -> Iterator[bytes]:
            nonlocal number
            yield json.dumps(list(table.c.keys())).encode() + b"\n"
            found = connection.execute(select(table), execution_options={"stream_results": True})
            for rows in found.partitions(ROWS):
                number += len(rows)
                self._tell(f"{table.name}: {number:,} rows")
                yield b"".join(json.dumps(list(row)).encode() + b"\n" for row in rows)

        self._write(f"database/{table.name}.jsonl", lines())
        self.manifest.rows[table.name] = number

    def _run(self, id: str, unfinished: bool) -> None:
        folder = self.data / "runs" / id
        held = sorted((self.held / id).glob("*"))
        for path in sorted(folder.glob("*")):
            checkpoint = path.name.startswith("checkpoint-")
            skipped = (held or not unfinished) if checkpoint else unfinished and path.name in LAST_FILES
            half_written = path.name.endswith(".writing") or path.name.startswith(".")
            if path.is_file() and not half_written and not skipped:
                self._file(f"runs/{id}/{path.name}", path)
        for path in held if unfinished else ():
            self._file(f"runs/{id}/{path.name}", path)

    def _file(self, name: str, path: Path) -> None:
        """A file as it is at this moment: what replaces it or is added to it meanwhile is not in it."""
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            self._write(name, _chunks(file, os.fstat(file.fileno()).st_size))

    def _write(self, name: str, content: Iterator[bytes]) -> None:
        checksum, size = hashlib.sha256(), 0
        with self.archive.open(_entry(name), "w", force_zip64=True) as into:
            for chunk in content:
                into.write(chunk)
                checksum.update(chunk)
                size += len(chunk)
        self.manifest.files[name] = Kept(bytes=size, sha256=checksum.hexdigest())
        self.bytes += size
        self._tell(name)

    def _tell(self, what: str) -> None:
        self.tell(f"{self.bytes / 1e6:,.0f} MB  {what}")


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, time.localtime()[:6])
    entry.external_attr = 0o600 << 16
    packed = Path(name).suffix in PACKED
    entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    return entry


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (chunk := file.read(min(CHUNK, size))):
        size -= len(chunk)
        yield chunk


@contextlib.contextmanager
def _one_moment(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the database as it is now, whatever others write from now on."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")  # what Python's sqlite3 leaves out before reading
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def _version(connection: Connection) -> str:
    """The schema's version; the first release named none."""
    found = schema.version_of(connection)
    name = connection.engine.url.render_as_string(hide_password=True)
    schema.refuse_newer(found, f"The database {name}")
    if found is None:
        there = inspect(connection).get_table_names()
        if "embryos" not in there:
            raise BadBackup(f"There is nothing to back up: {name} holds no lab.")
        found = "0002" if "notes" in there else "0001"
    return found


def _tables(connection: Connection) -> dict[str, Table]:
    """The tables as the database has them, whatever its version, each after those that it refers to."""
    found = MetaData()
    found.reflect(connection)
    return {table.name: table for table in found.sorted_tables if table.name != schema.VERSION_TABLE}


# ---- from the command line


def on_terminal() -> Tell:
    """Tells on standard error what is being done: after a second, then every second or, in a log, every ten."""
    terminal = sys.stderr.isatty()
    due = time.monotonic() + 1

    def tell(said: str) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + (1 if terminal else 10)
            line = f"\r{said[:78]:<78}" if terminal else f"{said}\n"
            print(line, end="", file=sys.stderr, flush=True)

    return tell


def main() -> None:
    """Back the lab up to FILE while it works, or restore it from FILE into an empty place."""
    parser = argparse.ArgumentParser(prog="python -m services.backup", description=main.__doc__)
    name = time.strftime("blastoscope-%Y%m%d-%H%M%S.zip")
    parser.add_argument("file", nargs="?", type=Path, default=Path(name), metavar="FILE")
    parser.add_argument("--restore", action="store_true", help="restore FILE into the empty data folder")
    asked = parser.parse_args()
    try:
        settings = read_settings()
        if asked.restore:
            manifest = restore(settings, asked.file, on_terminal())
            print(f"Restored {manifest.told()}, into {settings.data}")
        else:
            manifest = back_up(settings, asked.file, on_terminal())
            print(f"{asked.file} holds {manifest.told()}")
    except (BadBackup, BadDatabase, BadSetting) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"It can't be done: {error}")
    except SQLAlchemyError as error:
        sys.exit(f"The database can't be used: {str(error).splitlines()[0]}")
    except KeyboardInterrupt:
        sys.exit("\nStopped; nothing is left of it.")


if __name__ == "__main__":
    main()
