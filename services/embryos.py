"""The embryo store: one row in the database, the file as it came (a CD file or AceTree's nuclei zip), and

its rows as Parquet.

An import is whole or not at all. The file is read and checked, both files are written beside their place
and renamed into it, and only the commit of the row makes the embryo visible. What a crash leaves behind
has no row and is swept away later. An embryo's id is made from its checksum, so two processes that import
the same bytes at the same moment write the same files and one row.
"""

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
from sqlalchemy import (
    Connection,
    Engine,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from services import calibration, file_names
from services.archives import is_zip
from services.cd_file import NEEDED, BadFile, as_frame
from services.database import embryo_cells, embryo_set_members, embryo_sets, embryo_tags, unlisted_embryos
from services.database import embryos as rows_of
from services.embryo_query import narrowed, number, ordered
from services.followers import list_waiting
from services.oddities import FLAGS, flags
from services.recording import Recording, read

__all__ = [
    "FLAGS",
    "Added",
    "BadFile",
    "Embryo",
    "EmbryoStore",
    "NoSuchEmbryo",
    "NoSuchSet",
    "minutes_of",
]

FILE_BYTES = 64_000_000
CURVE_POINTS = 40
ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
ID_LENGTH = 8
LEFT_BEHIND_S = 3600  # files without a row that are older than this are nobody's
_MANY = 500  # values in one IN (…), below the limit of every database


class NoSuchEmbryo(KeyError):
    """No embryo has this id, or it was deleted."""

    def __str__(self) -> str:
        return str(self.args[0])


class NoSuchSet(KeyError):
    """No set of embryos has this name."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Embryo:
    """One embryo as the store knows it; the fields are the columns of table `embryos`, and its tags.

    `pixel_um` µm a pixel (x, y, size), `plane_um` µm a plane (z), `interval_s` seconds a frame.
    `calibration` says where each of these comes from. `guessed` names the fields that are guesses.
    """

    id: str
    checksum: str
    name: str
    file_name: str
    source: str
    gene: str
    strain: str
    date: str
    session: str
    guessed: tuple[str, ...]
    pixel_um: float
    plane_um: float
    interval_s: float
    calibration: dict[str, str]
    species: str
    rows: int
    cells: int
    frames: int
    first_frame: int
    last_frame: int
    max_cells: int
    start_cells: int
    end_cells: int
    flags: tuple[str, ...]
    curve: tuple[int, ...]
    extra: dict[str, Any]
    aux_info: dict[str, Any] | None
    frame_seconds: tuple[tuple[int, float], ...] | None
    imported: float
    deleted: float | None
    tags: tuple[str, ...] = ()

    @property
    def minutes(self) -> float:
        """Length of the recording, from its first frame to its last."""
        return float(minutes_of(self, np.array([self.last_frame]))[0])


@dataclass(frozen=True)
class Added:
    """What became of a file: the embryo, whether the store had it, and whether it had been deleted."""

    embryo: Embryo
    existed: bool
    restored: bool = False


def minutes_of(embryo: Embryo, frames: Any) -> np.ndarray:
    """Minutes of the recording at `frames` (any shape, fractions too), 0 at its first frame.

    From the TIME table where there is one, frames beyond it by `interval_s`; else from `interval_s` alone.
    """
    frames = np.asarray(frames, dtype="float64")
    if not embryo.frame_seconds:
        return (frames - embryo.first_frame) * embryo.interval_s / 60
    known, seconds = np.array(embryo.frame_seconds, dtype="float64").T

    def at(frame: np.ndarray) -> np.ndarray:
        beyond = frame - np.clip(frame, known[0], known[-1])
        return np.interp(frame, known, seconds) + beyond * embryo.interval_s

    return (at(frames) - at(np.array(float(embryo.first_frame)))) / 60


class EmbryoStore:
    """The embryos of one lab, in a database and a folder.

    >>> added = store.add(path.read_bytes(), path.name)
    >>> store.table(added.embryo.id)
    """

    def __init__(self, engine: Engine, folder: Path, file_bytes: int = FILE_BYTES):
        self.engine = engine
        self.folder = folder
        self.file_bytes = file_bytes
        folder.mkdir(parents=True, exist_ok=True)

    # ---- coming in and going out

    def add(
        self, raw: bytes, file_name: str, source: str = "file", known: Mapping[str, Any] | None = None
    ) -> Added:
        """Take in a CD file or nuclei zip, whole or not at all; the same bytes again give the same embryo.

        A deleted embryo that comes again is there again, with everything that was known about it.
        `source` is `file`, `epic` or `simulated`. `known` holds fields (those of `correct`) that need no
        guess. Raises `BadFile`.
        """
        if len(raw) > self.file_bytes:
            found, most = f"{len(raw) / 1e6:.1f} MB", f"{self.file_bytes / 1e6:g} MB"
            raise BadFile(file_name, None, found, f"at most {most} (BLASTOSCOPE_FILE_MB)")
        checksum = hashlib.sha256(raw).hexdigest()
        there = self._by_checksum(checksum)
        if there is None:
            recording = read(raw, file_name, self.file_bytes)
            row = _described(recording, file_name, source) | {"checksum": checksum}
            row = _with_known(row, known or {})
            if self._keep(row, recording, raw):
                return Added(_embryo(row, []), existed=False)
            there = self._by_checksum(checksum)  # somebody else was quicker
            assert there is not None
        return self._again(*there, raw)

    def original(self, id: str) -> Path:
        """The file as it came, byte for byte: a CD file (`.csv`) or an AceTree nuclei zip (`.zip`)."""
        id = self.get(id, deleted=True).id
        as_zip = self._path(id, ".zip")
        return as_zip if as_zip.exists() else self._path(id, ".csv")

    def table(self, id: str) -> pandas.DataFrame:
        """An embryo's rows: `cell` categorical, `time` int64 (frames), all others float64.

        Columns are cd_file.NEEDED; x, y and size in pixels, z in planes. Grouped by cell, by time within
        a cell; of rows with the same cell and time the first of the file. A deleted embryo's too.
        """
        embryo = self.get(id, deleted=True)
        try:
            table = pyarrow.parquet.read_table(self._path(embryo.id, ".parquet"), memory_map=False)
        except (OSError, pyarrow.ArrowException):  # it can always be made again from the file as it came
            raw = self.original(id).read_bytes()
            table = read(raw, embryo.file_name, self.file_bytes).table
        return as_frame(table)

    def sweep(self) -> int:
        """Remove files that an import left behind without a row; how many."""
        with self.engine.connect() as connection:
            ids = set(connection.scalars(select(rows_of.c.id)))
        long_ago = time.time() - LEFT_BEHIND_S
        removed = 0
        for path in self.folder.iterdir():
            nobodys = path.name.startswith(".") or path.name.split(".")[0] not in ids
            if nobodys and path.is_file() and path.stat().st_mtime < long_ago:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _path(self, id: str, ending: str) -> Path:
        return self.folder / f"{id}{ending}"

    def _by_checksum(self, checksum: str) -> tuple[str, bool] | None:
        """Id of the embryo with these bytes and whether it is deleted."""
        with self.engine.connect() as connection:
            row = connection.execute(
                select(rows_of.c.id, rows_of.c.deleted).where(rows_of.c.checksum == checksum)
            ).first()
        return None if row is None else (row.id, row.deleted is not None)

    def _again(self, id: str, deleted: bool, raw: bytes) -> Added:
        ending = _ending(raw)
        kept = self._path(id, ending)
        if not kept.exists() or kept.stat().st_size != len(raw):  # lost, with the machine's power say
            self._place(id, [(ending, lambda path: path.write_bytes(raw))])
        if deleted:
            self.restore([id])
        return Added(self.get(id), existed=True, restored=deleted)

    def _keep(self, row: dict[str, Any], recording: Recording, raw: bytes) -> bool:
        """Files beside, row, rename, commit. False if another process has just put in the same bytes.

        The row is inserted before the rename, so that a foreign embryo with the same id (made from
        another checksum) is noticed before any of its files could be touched.
        """
        cells = list(zip(recording.names, recording.length.tolist(), strict=True))
        parts: dict[str, Path] = {}
        try:
            parts[_ending(raw)] = self._beside(lambda path: path.write_bytes(raw))
            parts[".parquet"] = self._beside(lambda path: _write_parquet(path, recording.table))
            for attempt in count():
                row["id"] = id = _id(row["checksum"], attempt)
                try:
                    with self.engine.begin() as connection:
                        # Insert first: a transaction that has read before it writes may find itself stale.
                        if not _insert_new(connection, row):
                            return False
                        _insert_cells(connection, id, cells)
                        connection.execute(insert(unlisted_embryos), {"embryo": id})
                        for ending, part in parts.items():
                            part.replace(self._path(id, ending))
                    list_waiting(self.engine)
                    return True
                except IntegrityError:
                    continue  # the id is another embryo's
        finally:
            for part in parts.values():
                part.unlink(missing_ok=True)
        raise AssertionError("there is always another id")

    def _beside(self, write: Any) -> Path:
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.folder)
        os.close(handle)
        path = Path(name)
        try:
            write(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        path.chmod(0o644)
        return path

    def _place(self, id: str, contents: Sequence[tuple[str, Any]]) -> None:
        for ending, write in contents:
            self._beside(write).replace(self._path(id, ending))

    # ---- looking

    def get(self, id: str, deleted: bool = False) -> Embryo:
        """One embryo. Raises `NoSuchEmbryo`; for a deleted one unless `deleted`."""
        found = self._select(select(rows_of).where(rows_of.c.id == id))
        if not found or (found[0].deleted is not None and not deleted):
            raise NoSuchEmbryo(f"there is no embryo {id[:20]!r}")
        return found[0]

    def get_many(self, ids: Iterable[str], deleted: bool = False) -> list[Embryo]:
        """Embryos in the order of `ids`, read together. Raises `NoSuchEmbryo`."""
        ids = list(ids)
        found: dict[str, Embryo] = {}
        for part in _parts(ids):
            found |= {e.id: e for e in self._select(select(rows_of).where(rows_of.c.id.in_(part)))}
        for id in ids:
            if id not in found or (found[id].deleted is not None and not deleted):
                raise NoSuchEmbryo(f"there is no embryo {id[:20]!r}")
        return [found[id] for id in ids]

    def page(
        self,
        search: str = "",
        sort: Sequence[tuple[str, str]] = (("name", "asc"),),
        filters: Mapping[str, Any] | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[list[Embryo], int]:
        """A page of the embryos that match, and how many match in all.

        `search`: words that must all match; a word matches text of name, gene, strain or tag, or is the
        name of a cell that the embryo follows. `sort`: columns (also `minutes`, `tags`) with asc or desc.
        `filters`: column to AG Grid's filter model. Raises `ValueError` for a column or filter unknown.
        """
        matching, order = narrowed(search, filters or {}), ordered(sort)
        wanted = select(rows_of.c.id).where(matching).order_by(*order).limit(limit).offset(offset)
        with self.engine.connect() as connection:
            ids = list(connection.scalars(wanted))
            if len(ids) < limit and (ids or not offset):  # the last page says by itself how many there are
                total = offset + len(ids)
            else:
                total = connection.scalar(number(search, filters or {})) or 0
        return self.get_many(ids, deleted=True), total

    def matching(self, search: str = "", filters: Mapping[str, Any] | None = None) -> list[str]:
        """Ids of all embryos that a page's search and filters match, by name."""
        query = (
            select(rows_of.c.id).where(narrowed(search, filters or {})).order_by(rows_of.c.name, rows_of.c.id)
        )
        with self.engine.connect() as connection:
            return list(connection.scalars(query))

    def after(self, id: str | None, limit: int) -> list[Embryo]:
        """Embryos by id, those after `id`."""
        query = select(rows_of).where(rows_of.c.deleted.is_(None))
        if id is not None:
            query = query.where(rows_of.c.id > id)
        return self._select(query.order_by(rows_of.c.id).limit(limit))

    def choose(self, text: str) -> list[str]:
        """The ids that an address means by `all`, `real`, `set:<name>` or `id,id,…`; each once, in a stable order.

        `real` is all but the simulated ones. Raises `NoSuchEmbryo` or `NoSuchSet`.
        """
        text = text.strip()
        if text == "all":
            return self.matching()
        if text == "real":
            return self.matching(filters={"source": {"type": "notEqual", "filter": "simulated"}})
        if text.startswith("set:"):
            return self._members(text.removeprefix("set:"))
        ids = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
        there: set[str] = set()
        with self.engine.connect() as connection:
            for part in _parts(ids):
                query = select(rows_of.c.id).where(rows_of.c.id.in_(part), rows_of.c.deleted.is_(None))
                there |= set(connection.scalars(query))
        for id in ids:
            if id not in there:
                raise NoSuchEmbryo(f"there is no embryo {id[:20]!r}")
        return ids

    def cell_totals(self, ids: Sequence[str] | None = None) -> pandas.DataFrame:
        """How many rows each cell has in the embryos together: columns cell, rows. None: all not deleted.

        Summed by the database, so that it serves thousands of embryos.
        """
        query = select(embryo_cells.c.cell, func.sum(embryo_cells.c.rows)).group_by(embryo_cells.c.cell)
        if ids is None:
            there = query.join(rows_of, rows_of.c.id == embryo_cells.c.embryo).where(
                rows_of.c.deleted.is_(None)
            )
            queries = [there]
        else:
            queries = [
                query.where(embryo_cells.c.embryo.in_(part)) for part in _parts(list(dict.fromkeys(ids)))
            ]
        totals: dict[str, int] = {}
        with self.engine.connect() as connection:
            for one in queries:
                for cell, rows in connection.execute(one):
                    totals[cell] = totals.get(cell, 0) + int(rows)
        return pandas.DataFrame({"cell": list(totals), "rows": list(totals.values())})

    def count(self, real_only: bool = False) -> int:
        """Embryos that are not deleted; with `real_only` those that somebody recorded."""
        query = select(func.count()).select_from(rows_of).where(rows_of.c.deleted.is_(None))
        if real_only:
            query = query.where(rows_of.c.source != "simulated")
        with self.engine.connect() as connection:
            return connection.scalar(query) or 0

    def holds_real(self) -> bool:
        """Whether any embryo is here that somebody recorded. Asks for one row, however many there are."""
        real = rows_of.c.deleted.is_(None) & (rows_of.c.source != "simulated")
        with self.engine.connect() as connection:
            return connection.scalar(select(rows_of.c.id).where(real).limit(1)) is not None

    def is_new(self) -> bool:
        """Whether this store has never held an embryo."""
        with self.engine.connect() as connection:
            return connection.scalar(select(rows_of.c.id).limit(1)) is None

    def by_series(self) -> dict[str, list[str]]:
        """Ids by what tables call an embryo (file_names.series in small letters); deleted ones not."""
        query = select(rows_of.c.id, rows_of.c.name, rows_of.c.file_name).where(rows_of.c.deleted.is_(None))
        found: dict[str, list[str]] = {}
        with self.engine.connect() as connection:
            for row in connection.execute(query):
                for name in {
                    file_names.series(row.name).casefold(),
                    file_names.series(row.file_name).casefold(),
                }:
                    found.setdefault(name, []).append(row.id)
        return found

    def _select(self, query: Select[Any]) -> list[Embryo]:
        with self.engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
            tags: dict[str, list[str]] = {}
            for part in _parts([row["id"] for row in rows]):
                query = select(embryo_tags).where(embryo_tags.c.embryo.in_(part)).order_by(embryo_tags.c.tag)
                for tag in connection.execute(query):
                    tags.setdefault(tag.embryo, []).append(tag.tag)
        return [_embryo(row, tags.get(row["id"], [])) for row in rows]

    # ---- what people say about them

    def correct(self, id: str, **values: Any) -> Embryo:
        """Set what somebody knows better: `CORRECTABLE` fields. Raises `ValueError(field, why)`.

        A corrected interval takes the place of a TIME table. A corrected date is also the session that
        splits group by.
        """
        return self.describe(id, "corrected by hand", values)

    def describe(self, id: str, whence: str, values: Mapping[str, Any], **tables: Any) -> Embryo:
        """The same with other words for where it comes from; `tables`: extra, aux_info, frame_seconds.

        `extra` is added to what is there. Raises `ValueError(field, why)`, `NoSuchEmbryo`.
        """
        checked = {field: checked_value(field, value) for field, value in values.items()}
        this = rows_of.c.id == id
        with self.engine.begin() as connection:
            # A write that changes nothing: who comes at the same moment waits, and reads what we wrote.
            connection.execute(update(rows_of).where(this).values(id=id))
            row = (
                connection.execute(select(rows_of).where(this, rows_of.c.deleted.is_(None)))
                .mappings()
                .first()
            )
            if row is None:
                raise NoSuchEmbryo(f"there is no embryo {id[:20]!r}")
            changed = _with_values(row["guessed"], row["calibration"], checked, whence) | tables
            if "extra" in tables:
                changed["extra"] = row["extra"] | tables["extra"]
            connection.execute(update(rows_of).where(this).values(**changed))
        return self.get(id)

    def delete(self, ids: Iterable[str]) -> int:
        """Hide embryos; how many were there. Nothing is lost: runs may refer to them, and there is undo."""
        return self._set_deleted(list(ids), time.time())

    def restore(self, ids: Iterable[str]) -> int:
        """Undo a delete; how many came back."""
        return self._set_deleted(list(ids), None)

    def _set_deleted(self, ids: Sequence[str], when: float | None) -> int:
        changed = 0
        with self.engine.begin() as connection:
            for part in _parts(ids):
                there = rows_of.c.deleted.is_(None) if when else rows_of.c.deleted.is_not(None)
                done = connection.execute(
                    update(rows_of).where(rows_of.c.id.in_(part), there).values(deleted=when)
                )
                changed += done.rowcount
        return changed

    # ---- tags and named sets

    def set_tags(self, id: str, tags: Iterable[str]) -> Embryo:
        """Give an embryo exactly these tags. Raises `ValueError("tags", why)`."""
        wanted = list(dict.fromkeys(checked_label("tags", tag) for tag in tags))
        self.get(id)
        with self.engine.begin() as connection:
            connection.execute(delete(embryo_tags).where(embryo_tags.c.embryo == id))
            if wanted:
                connection.execute(insert(embryo_tags), [{"tag": tag, "embryo": id} for tag in wanted])
        return self.get(id)

    def add_tag(self, ids: Iterable[str], tag: str) -> None:
        """Give one tag to many embryos. Raises `ValueError("tags", why)`, `NoSuchEmbryo`."""
        tag = checked_label("tags", tag)
        ids = [embryo.id for embryo in self.get_many(dict.fromkeys(ids))]
        with self.engine.begin() as connection:
            _insert_missing(connection, embryo_tags, [{"tag": tag, "embryo": id} for id in ids])

    def remove_tag(self, ids: Iterable[str], tag: str) -> None:
        """Take one tag from many embryos."""
        with self.engine.begin() as connection:
            for part in _parts(list(ids)):
                connection.execute(
                    delete(embryo_tags).where(embryo_tags.c.tag == tag, embryo_tags.c.embryo.in_(part))
                )

    def tags(self) -> dict[str, int]:
        """Every tag and how many embryos have it."""
        query = (
            select(embryo_tags.c.tag, func.count())
            .join(rows_of, rows_of.c.id == embryo_tags.c.embryo)
            .where(rows_of.c.deleted.is_(None))
            .group_by(embryo_tags.c.tag)
            .order_by(embryo_tags.c.tag)
        )
        with self.engine.connect() as connection:
            return dict(connection.execute(query).tuples().all())

    def sets(self) -> dict[str, int]:
        """Every named set and how many embryos are in it."""
        there = (
            select(embryo_set_members.c.set_name, func.count().label("embryos"))
            .join(rows_of, rows_of.c.id == embryo_set_members.c.embryo)
            .where(rows_of.c.deleted.is_(None))
            .group_by(embryo_set_members.c.set_name)
            .subquery()
        )
        query = (
            select(embryo_sets.c.name, func.coalesce(there.c.embryos, 0))
            .outerjoin(there, there.c.set_name == embryo_sets.c.name)
            .order_by(embryo_sets.c.name)
        )
        with self.engine.connect() as connection:
            return dict(connection.execute(query).tuples().all())

    def save_set(self, name: str, ids: Iterable[str]) -> str:
        """Keep embryos under a name, in place of what that name held. Returns the name as kept.

        Raises `ValueError("set", why)`, `NoSuchEmbryo`.
        """
        name = checked_label("set", name)
        ids = [embryo.id for embryo in self.get_many(dict.fromkeys(ids))]
        if not ids:
            raise ValueError("set", "choose at least one embryo for a set")
        with self.engine.begin() as connection:
            _insert_missing(connection, embryo_sets, [{"name": name, "created": time.time()}])
            connection.execute(delete(embryo_set_members).where(embryo_set_members.c.set_name == name))
            connection.execute(
                insert(embryo_set_members), [{"set_name": name, "embryo": embryo} for embryo in ids]
            )
        return name

    def delete_set(self, name: str) -> None:
        """Forget a set; its embryos stay. Raises `NoSuchSet`."""
        with self.engine.begin() as connection:
            connection.execute(delete(embryo_set_members).where(embryo_set_members.c.set_name == name))
            if not connection.execute(delete(embryo_sets).where(embryo_sets.c.name == name)).rowcount:
                raise NoSuchSet(f"there is no set {name[:80]!r}")

    def _members(self, name: str) -> list[str]:
        members = (
            select(rows_of.c.id)
            .join(embryo_set_members, embryo_set_members.c.embryo == rows_of.c.id)
            .where(embryo_set_members.c.set_name == name, rows_of.c.deleted.is_(None))
            .order_by(rows_of.c.name, rows_of.c.id)
        )
        with self.engine.connect() as connection:
            if connection.scalar(select(embryo_sets.c.name).where(embryo_sets.c.name == name)) is None:
                raise NoSuchSet(f"there is no set {name[:80]!r}")
            return list(connection.scalars(members))


# ---- one embryo's row


def _described(recording: Recording, file_name: str, source: str) -> dict[str, Any]:
    """What the store says of a recording: everything but id and checksum."""
    hints = file_names.hints(file_name)
    sizes = calibration.guess(recording, hints.date)
    counts = recording.counts
    words = flags(recording, sizes.pixel_um, sizes.plane_um)
    if hints.unclear_date:
        words.append("unclear date")
    if source == "simulated":
        words.insert(0, "simulated")
    guesses = {
        "gene": hints.gene,
        "strain": hints.strain,
        "date": hints.date,
        "species": "" if "over-deep names" in words and hints.species == "C. elegans" else hints.species,
    }
    points = np.linspace(0, len(counts) - 1, min(CURVE_POINTS, len(counts))).round().astype(int)
    return {
        "name": _name(file_name),
        "file_name": _clean(file_name.replace("\\", "/").rsplit("/", 1)[-1])[:200],
        "source": source,
        **guesses,
        "session": hints.session,
        "guessed": [
            field
            for field in ("gene", "strain", "date", "species")
            if getattr(hints, field) or field == "species"
        ],
        "pixel_um": sizes.pixel_um,
        "plane_um": sizes.plane_um,
        "interval_s": sizes.interval_s,
        "calibration": sizes.whence,
        "rows": len(recording.time),
        "cells": len(recording.names),
        "frames": int((counts > 0).sum()),
        "first_frame": recording.first_frame,
        "last_frame": recording.last_frame,
        "max_cells": int(counts.max()),
        "start_cells": int(counts[0]),
        "end_cells": int(counts[-1]),
        "flags": words,
        "curve": counts[points].tolist(),
        "extra": dict(recording.told),
        "aux_info": None,
        "frame_seconds": None,
        "imported": time.time(),
        "deleted": None,
    }


def _with_known(row: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    checked = {field: checked_value(field, value) for field, value in known.items()}
    return row | _with_values(row["guessed"], row["calibration"], checked, f"known: {row['source']}")


def _with_values(
    guessed: Iterable[str], whence: Mapping[str, str], checked: Mapping[str, Any], words: str
) -> dict[str, Any]:
    """The columns that change when `checked` fields become known, by what `words` say."""
    row = dict(checked)
    row["guessed"] = [field for field in guessed if field not in checked]
    row["calibration"] = dict(whence) | {field: words for field in checked if field in CALIBRATED}
    if "interval_s" in checked:
        row["frame_seconds"] = None
    if checked.get("date"):
        row["session"] = checked["date"].replace("-", "")
    return row


def _embryo(row: Mapping[Any, Any], tags: Sequence[str]) -> Embryo:
    values = dict(row)
    for field in ("guessed", "flags", "curve"):
        values[field] = tuple(values[field])
    if values["frame_seconds"]:
        values["frame_seconds"] = tuple((int(frame), float(s)) for frame, s in values["frame_seconds"])
    return Embryo(**{field.name: values[field.name] for field in fields(Embryo)[:-1]}, tags=tuple(tags))


def _id(checksum: str, attempt: int) -> str:
    """Eight of [a-z0-9], the first a letter so that no spreadsheet takes an id for a number."""
    number = int(hashlib.sha256(f"{checksum}:{attempt}".encode()).hexdigest(), 16)
    number, first = divmod(number, 26)
    id = ID_LETTERS[first]
    while len(id) < ID_LENGTH:
        number, digit = divmod(number, len(ID_LETTERS))
        id += ID_LETTERS[digit]
    return id


def _clean(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _name(file_name: str) -> str:
    last = _clean(file_name.replace("\\", "/").rsplit("/", 1)[-1])
    if last.casefold().endswith(".zip"):
        return file_names.unedited(last[:-4])[:200] or "unnamed"
    return re.sub(r"(?i)\.(csv|txt)$", "", last)[:200] or "unnamed"


def _ending(raw: bytes) -> str:
    """By what the file as it came is kept."""
    return ".zip" if is_zip(raw) else ".csv"


# ---- what may be corrected

CALIBRATED = {"pixel_um": (0.005, 20.0), "plane_um": (0.01, 50.0), "interval_s": (0.1, 7200.0)}
TEXTS = {"name": 200, "gene": 100, "strain": 100, "species": 100}
CORRECTABLE = (*TEXTS, "date", *CALIBRATED)


def checked_value(field: str, value: Any) -> Any:
    """A value that a field may take. Raises `ValueError(field, why)`."""
    if field in CALIBRATED:
        least, most = CALIBRATED[field]
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if not least <= number <= most:
            raise ValueError(field, f"{str(value)[:40]!r}; expected a number from {least:g} to {most:g}")
        return number
    if field == "date":
        return _checked_date(str(value or "").strip())
    if field not in TEXTS:
        raise ValueError(field, "can't be corrected")
    text = str(value or "").strip()
    if len(text) > TEXTS[field] or not text.isprintable():
        raise ValueError(field, f"expected text of at most {TEXTS[field]} characters on one line")
    if field == "name" and not text:
        raise ValueError(field, "an embryo needs a name")
    return text


def _checked_date(text: str) -> str:
    if not text:
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("date", f"{text[:40]!r}; expected a day such as 2008-10-16") from None
    if not date(file_names.FIRST_YEAR, 1, 1) <= day <= date.today():
        raise ValueError("date", f"{text[:40]!r}; expected a day from {file_names.FIRST_YEAR} to today")
    return day.isoformat()


def checked_label(field: str, text: str) -> str:
    """A tag or a set's name, tidied: 1 to 80 characters, no comma. Raises `ValueError(field, why)`."""
    text = " ".join(str(text).split())
    if not 0 < len(text) <= 80 or "," in text or not text.isprintable():
        raise ValueError(field, f"{text[:40]!r}; expected 1 to 80 characters without a comma")
    return text


# ---- writing


def _write_parquet(path: Path, table: pyarrow.Table) -> None:
    whole = [name for name in NEEDED[1:] if pyarrow.types.is_integer(table.schema.field(name).type)]
    pyarrow.parquet.write_table(
        table,
        path,
        compression="snappy",
        use_dictionary=["cell"],
        column_encoding=dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
        write_statistics=False,
    )


_INSERT_NEW = {  # made once: putting a statement together costs more than running it
    name: dialect.insert(rows_of).on_conflict_do_nothing(index_elements=["checksum"]).returning(rows_of.c.id)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


def _insert_new(connection: Connection, row: dict[str, Any]) -> bool:
    """Insert an embryo unless its checksum is there. Raises `IntegrityError` when its id is another's."""
    return connection.execute(_INSERT_NEW[connection.dialect.name], row).first() is not None


def _insert_missing(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    if rows:
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def _insert_cells(connection: Connection, id: str, cells: list[tuple[str, int]]) -> None:
    if connection.dialect.name == "sqlite":  # a third of the time of the general way, and it is most of it
        connection.exec_driver_sql(
            "INSERT INTO embryo_cells (embryo, cell, rows) VALUES (?, ?, ?)",
            [(id, cell, number) for cell, number in sorted(cells)],
        )
    else:
        connection.execute(
            insert(embryo_cells), [{"embryo": id, "cell": cell, "rows": number} for cell, number in cells]
        )


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _MANY):
        yield ids[start : start + _MANY]
