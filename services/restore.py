"""A lab out of a backup, into an empty place. Nothing in a backup is believed before its checksum is right.

A backup is its owner's, but files come about: names are those that a backup can have, and no others.
"""

import contextlib
import hashlib
import json
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, Integer, MetaData, Table, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from services import schema
from services.backup_file import CHUNK, MANIFEST, ROWS, BadBackup, Manifest, Tell
from services.database import connect
from services.settings import Settings

UNDER_WAY = ".restoring"  # a folder in the data folder, until all is in place
ID = re.compile(r"[a-z0-9]{1,10}")
NAME = re.compile(
    r"database/[a-z_]{1,60}\.jsonl"
    r"|embryos/[a-z0-9]{1,10}\.(csv|zip|parquet)"
    r"|runs/[a-z0-9]{1,10}/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"
)
LARGEST_MANIFEST = 256_000_000


def restore(settings: Settings, file: Path, tell: Tell = lambda said: None) -> Manifest:
    """Put the lab of a backup into the data folder and the database of `settings`, which must be empty.

    What fails leaves them empty. Raises `BadBackup`, and `BadDatabase` for one that a later version wrote.
    """
    data = settings.data
    if data.exists() and any(data.iterdir()):
        cut_off = " A restore into it was cut off: empty it first." if (data / UNDER_WAY).exists() else ""
        raise BadBackup(f"{data} is not empty; a backup is restored into an empty place.{cut_off}")
    there = data.exists()
    with contextlib.ExitStack() as closed:
        try:
            archive = closed.enter_context(zipfile.ZipFile(file))
            manifest = _manifest(archive)
        except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, UnicodeDecodeError) as error:
            raise BadBackup(f"{file} is no whole backup ({error})") from None
        schema.refuse_newer(manifest.version, f"The backup {file}")
        data.mkdir(parents=True, exist_ok=True)
        (data / UNDER_WAY).mkdir()
        try:
            _into_place(settings, archive, manifest, tell)
        except BaseException:
            for path in data.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            if not there:
                data.rmdir()
            raise
    return manifest


def _into_place(settings: Settings, archive: zipfile.ZipFile, manifest: Manifest, tell: Tell) -> None:
    beside = settings.data / UNDER_WAY
    _unpack(archive, manifest, beside, tell)
    if make_url(settings.database).get_backend_name() == "sqlite":
        Path(str(make_url(settings.database).database)).parent.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.database)
    try:
        if inspect(engine).get_table_names():
            name = engine.url.render_as_string(hide_password=True)
            raise BadBackup(f"The database {name} is not empty; a backup is restored into an empty one.")
        try:
            schema.bring_forward(engine, to=manifest.version)
            with engine.begin() as connection:
                _load(connection, manifest, beside / "database", tell)
                for folder in ("embryos", "runs"):
                    (beside / folder).mkdir(exist_ok=True)
                    (beside / folder).rename(settings.data / folder)
            schema.bring_forward(engine)
        except BaseException:
            _empty(engine)
            raise
    finally:
        engine.dispose()
    shutil.rmtree(beside)


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    """The manifest of a zip that holds what it says, and nothing else."""
    entries = {entry.filename: entry for entry in archive.infolist()}
    if len(entries) < len(archive.infolist()):
        raise BadBackup("it holds two files of one name")
    if MANIFEST not in entries or entries[MANIFEST].file_size > LARGEST_MANIFEST:
        raise BadBackup("it is no backup of Blastoscope: it has no manifest")
    try:
        manifest = Manifest.model_validate_json(archive.read(MANIFEST))
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))[:80]
        raise BadBackup(f"its manifest can't be understood: {where}: {wrong['msg']}") from None
    for name, entry in entries.items():
        if name == MANIFEST:
            continue
        if not NAME.fullmatch(name):
            raise BadBackup(f"it holds {name[:100]!r}, which no backup does")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or entry.flag_bits & 1:
            raise BadBackup(f"{name} is a link or has a password, and no backup's file has")
        if name not in manifest.files or entry.file_size != manifest.files[name].bytes:
            raise BadBackup(f"{name} is not the file that the manifest tells of")
    if missing := sorted(manifest.files.keys() - entries.keys()):
        raise BadBackup(f"{missing[0]} is missing")
    return manifest


def _unpack(archive: zipfile.ZipFile, manifest: Manifest, into: Path, tell: Tell) -> None:
    """Write its files, and hold each against its checksum."""
    size, done = sum(file.bytes for file in manifest.files.values()), 0
    if size > (free := shutil.disk_usage(into).free):
        raise BadBackup(f"it holds {size / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free at {into.parent}")
    for name, file in manifest.files.items():
        place = into / name
        place.parent.mkdir(parents=True, exist_ok=True)
        checksum, written = hashlib.sha256(), 0
        with archive.open(name) as source, place.open("xb") as target, _whole(name):
            while chunk := source.read(CHUNK):
                written += len(chunk)
                if written > file.bytes:
                    raise BadBackup(f"{name} is longer than the manifest tells")
                checksum.update(chunk)
                target.write(chunk)
        if checksum.hexdigest() != file.sha256:
            raise BadBackup(f"{name} is damaged: its checksum is not the manifest's")
        done += written
        tell(f"{done / 1e6:,.0f} of {size / 1e6:,.0f} MB  {name}")


@contextlib.contextmanager
def _whole(name: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BadBackup(f"{name} is damaged ({error})") from None


# ---- the rows


def _load(connection: Connection, manifest: Manifest, folder: Path, tell: Tell) -> None:
    found = MetaData()
    found.reflect(connection)
    tables = {table.name: table for table in found.sorted_tables if table.name != schema.VERSION_TABLE}
    told = {Path(name).stem for name in manifest.files if name.startswith("database/")}
    if unknown := sorted(told - tables.keys()):
        raise BadBackup(f"schema {manifest.version} has no table {unknown[0][:60]}")
    for name, table in tables.items():
        if name in told:
            _load_table(connection, table, folder / f"{name}.jsonl", tell)
        rows = connection.scalar(select(func.count()).select_from(table))
        if rows != manifest.rows.get(name, 0):
            raise BadBackup(f"table {name} has {rows} rows; the manifest tells of {manifest.rows.get(name)}")
        if connection.dialect.name == "postgresql":
            _count_on(connection, table)


def _load_table(connection: Connection, table: Table, path: Path, tell: Tell) -> None:
    number = 0
    with path.open("rb") as file:
        try:
            columns = json.loads(file.readline())
            if unknown := set(columns) - set(table.c.keys()):
                raise BadBackup(f"table {table.name} has no column {min(unknown)[:60]}")
            while lines := list(islice(file, ROWS)):
                rows = [dict(zip(columns, json.loads(line), strict=True)) for line in lines]
                _check_ids(table, rows)
                connection.execute(table.insert(), rows)
                number += len(rows)
                tell(f"{table.name}: {number:,} rows")
        except (ValueError, TypeError, IntegrityError, DataError, StatementError) as error:
            if isinstance(error, BadBackup):
                raise
            why = str(error).splitlines()[0][:200]
            raise BadBackup(f"table {table.name} can't be read past row {number}: {why}") from None


def _check_ids(table: Table, rows: list[dict[str, Any]]) -> None:
    """Files are named after these ids."""
    if table.name in ("embryos", "runs"):
        for row in rows:
            if not isinstance(row.get("id"), str) or not ID.fullmatch(row["id"]):
                raise BadBackup(f"table {table.name} has the id {str(row.get('id'))[:40]!r}")


def _count_on(connection: Connection, table: Table) -> None:
    """Numbers that the database gives by itself go on after those that are there."""
    for column in table.primary_key.columns:
        if isinstance(column.type, Integer) and column.server_default is not None:
            last = connection.scalar(select(func.max(column)))
            if last is not None:
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                connection.execute(select(func.setval(sequence, last)))


def _empty(engine: Engine) -> None:
    """Take away what a restore that failed has put into a database that was empty."""
    found = MetaData()
    found.reflect(engine)
    found.drop_all(engine)
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE IF EXISTS {schema.VERSION_TABLE}"))
