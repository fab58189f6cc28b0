"""Bringing embryos in: files, folders, zips and the tables that describe them; also as a job with progress.

Each CD file comes in whole or is refused; a refused file stops nothing else. Tables are applied last, so
it doesn't matter where in a drop they lie. A job is a row in the database that any page can follow; its
work is done by a thread of the process that started it, and when that process dies the row says so.

`python -m services.imports FILES…` does the same from the command line.
"""

import argparse
import logging
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from services import acetree, cell_names, description_tables
from services.archives import CheckedZip, is_junk, is_zip
from services.cd_file import BadFile
from services.database import imports
from services.lab import Lab
from services.memory import give_back
from services.schema import BadDatabase
from services.settings import BadSetting, read_settings

BEAT_S = 1.0
SILENT_S = 15.0  # a job that has given no sign of life for so long has died with its process
TICK_S = 0.2  # between two looks at the database
MOST_TOLD = 500  # refusals that a summary tells one by one
OLD_UPLOAD_S = 24 * 3600
_READABLE = {".csv", ".txt", ".tsv", ".tab", ""}

log = logging.getLogger(__name__)
Progress = Callable[[int, int, str], None]


class NoSuchImport(KeyError):
    """No import has this id."""


class Cancelled(Exception):
    """Somebody asked for the import to end."""


@dataclass(frozen=True)
class _File:
    """One file of a drop: the name people know it by, its size, and how to get its bytes."""

    name: str
    size: int
    read: Callable[[], bytes]
    is_asked_for: bool  # named by somebody, rather than found in a folder or a zip
    embryo_zip: str = ""  # the nuclei zip that it is or lies in: tables in there are about what came with it


def empty_summary() -> dict[str, Any]:
    """What an import tells at its end, before anything happened."""
    return {"imported": [], "rejected": [], "applied": []}


def import_paths(
    lab: Lab,
    paths: Sequence[tuple[Path, str]],
    on_progress: Progress = lambda done, total, message: None,
    cancelled: Callable[[], bool] = lambda: False,
    source: str = "file",
    summary: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Import files, folders and zips, each with the name it was given; the summary tells what came in.

    `on_progress(files done, files in all, message)`. Once `cancelled()` nothing more is begun: whole
    embryos only. `summary`, if given, is filled as it goes and is what is returned.
    """
    summary = empty_summary() if summary is None else summary
    drop = _Drop(lab, source, summary, on_progress, cancelled)
    with drop.open_zips:
        try:
            files = list(drop.files_of(paths))
            for done, file in enumerate(files):
                drop.stop_if_cancelled()
                on_progress(done, len(files), file.name)
                drop.take(file)
            drop.apply_tables()
            on_progress(len(files), len(files), "")
        except Cancelled:
            summary["cancelled"] = True
    _shorten(summary)
    give_back()
    return summary


def _shorten(summary: dict[str, Any]) -> None:
    rejected = summary["rejected"]
    if len(rejected) > MOST_TOLD:
        rest = len(rejected) - MOST_TOLD
        del rejected[MOST_TOLD:]
        rejected.append({"file": f"{rest} more", "line": None, "error": "not told one by one"})


class _Drop:
    """One drop while it is imported: what is in it, what came of each file, and the tables kept for last."""

    def __init__(
        self,
        lab: Lab,
        source: str,
        summary: dict[str, Any],
        on_progress: Progress,
        cancelled: Callable[[], bool],
    ):
        self.lab = lab
        self.source = source
        self.summary = summary
        self.on_progress = on_progress
        self.cancelled = cancelled
        self.open_zips = ExitStack()
        self.tables: list[tuple[description_tables.DescriptionTable, str]] = []
        self.came_in: dict[str, list[str]] = {}  # nuclei zip -> ids of the embryos that came out of it

    def stop_if_cancelled(self) -> None:
        if self.cancelled():
            raise Cancelled

    def reject(self, bad: BadFile) -> None:
        self.summary["rejected"].append({"file": bad.file, "line": bad.line, "error": bad.reason})

    def files_of(self, paths: Sequence[tuple[Path, str]]) -> Iterator[_File]:
        """The files, folders and zips opened; what can be neither CD file nor table is rejected here."""
        for path, name in paths:
            try:
                if path.is_dir():
                    for inner in sorted(path.rglob("*")):
                        shown = inner.relative_to(path).as_posix()
                        if inner.is_file() and not is_junk(shown):
                            yield from self._opened(inner, f"{name}/{shown}", False)
                elif not path.exists():
                    raise BadFile(name, None, "no such file", "a CD file, a table, a folder or a zip")
                else:
                    yield from self._opened(path, name, True)
            except BadFile as bad:
                self.reject(bad)
            except OSError as error:
                self.reject(_unreadable(name, error))

    def _opened(self, path: Path, name: str, is_asked_for: bool) -> Iterator[_File]:
        with path.open("rb") as file:
            start = file.read(4)
        if not is_zip(start):
            yield from self._readable([_File(name, path.stat().st_size, path.read_bytes, is_asked_for)])
            return
        self.on_progress(0, 0, f"reading {name} through")
        unpacked = self.lab.settings.unpacked_mb * 1_000_000
        checked = self.open_zips.enter_context(CheckedZip(path, name, unpacked, self.stop_if_cancelled))
        files = [
            _File(entry.filename, entry.file_size, partial(checked.read, entry), False)
            for entry in checked.entries
            if not is_junk(entry.filename)
        ]
        if not files:
            raise BadFile(name, None, "a zip without files", "CD files in it")
        if any(acetree.is_nuclei(file.name) for file in files):
            yield _File(name, path.stat().st_size, path.read_bytes, True, name)
            beside = [file for file in files if file.name.lower().endswith(".csv")]
            files = [replace(file, embryo_zip=name) for file in beside]
        yield from self._readable(files)

    def _readable(self, files: Sequence[_File]) -> Iterator[_File]:
        for file in files:
            ending = PurePosixPath(file.name).suffix.lower()
            if ending == ".zip" and not file.is_asked_for:
                yield from self._inner(file)
            elif ending in _READABLE or file.is_asked_for:
                yield file
            else:
                self.reject(BadFile(file.name, None, f"a {ending} file", "a CD file or a table, a .csv"))

    def _inner(self, file: _File) -> Iterator[_File]:
        """A zip within a zip: the nuclei of one embryo, with the tables that lie in it; no other comes in."""
        limit = self.lab.embryos.file_bytes
        if file.size > limit:
            yield file  # it is refused with the others that are too large
            return
        try:
            with CheckedZip(file.read(), file.name, limit, only=_may_be_table) as inner:
                holds_nuclei = any(acetree.is_nuclei(name) for name in inner.names)
                beside = [(entry.filename, inner.read(entry)) for entry in inner.entries if holds_nuclei]
        except BadFile as bad:
            self.reject(bad)
            return
        if not holds_nuclei:
            self.reject(BadFile(file.name, None, "a zip within a zip", "it to be dropped by itself"))
            return
        yield replace(file, embryo_zip=file.name)
        for name, raw in beside:
            if description_tables.kind_of(raw):
                yield _File(f"{file.name}: {name}", len(raw), partial(bytes, raw), False, file.name)

    def take(self, file: _File) -> None:
        """Import one file, or keep it for last where it is a table, or reject it."""
        try:
            if file.size > self.lab.embryos.file_bytes:
                most = f"at most {self.lab.settings.file_mb} MB (BLASTOSCOPE_FILE_MB)"
                raise BadFile(file.name, None, f"{file.size / 1e6:.1f} MB", most)
            raw = file.read()
            if description_tables.kind_of(raw):
                self.tables.append((description_tables.read_table(raw, file.name), file.embryo_zip))
                return
            if cell_names.is_name_table(raw):
                self.keep_names(cell_names.read_names(raw, file.name))
                return
            added = self.lab.embryos.add(raw, file.name, self.source)
        except BadFile as bad:
            self.reject(bad)
        except OSError as error:
            self.reject(_unreadable(file.name, error))
        else:
            embryo = added.embryo
            self.came_in.setdefault(file.embryo_zip, []).append(embryo.id)
            told = {"id": embryo.id, "name": embryo.name, "existed": added.existed}
            self.summary["imported"].append(told | {"flags": list(embryo.flags)})

    def keep_names(self, table: cell_names.NameTable) -> None:
        """Keep functional names of cells, which wait for no embryo."""
        cell_names.keep(self.lab.engine, table)
        told = {"file": table.file, "matched": [], "unmatched": table.left_out, "names": len(table.names)}
        self.summary["applied"].append(told)

    def apply_tables(self) -> None:
        """Apply the tables of the drop, now that its embryos are there."""
        for table, embryo_zip in self.tables:
            self.stop_if_cancelled()
            only = self.came_in.get(embryo_zip, []) if embryo_zip else None
            applied = description_tables.apply(self.lab.embryos, table, only)
            if applied.matched:
                told = {"file": applied.file, "matched": applied.matched, "unmatched": applied.unmatched}
                self.summary["applied"].append(told)
                continue
            names = ", ".join(row.series for row in table.rows[:3]) + (" …" if len(table.rows) > 3 else "")
            found = f"a {table.kind} table for {names}, and no embryo of that name here"
            self.reject(BadFile(table.file, None, found, "its CD file to come in before it or along with it"))


def _may_be_table(name: str) -> bool:
    return name.lower().endswith(".csv") and not is_junk(name)


def _unreadable(name: str, error: OSError) -> BadFile:
    return BadFile(name, None, f"no way to read or keep it ({error.strerror or error})", "a readable file")


# ---- as a job


def start_import(lab: Lab, paths: Sequence[tuple[Path, str]]) -> str:
    """Import in the background; the id to follow it by. Files that lie in the lab's `incoming` folder

    belong to the import from now on: it removes them at its end.
    """
    return _start(lab, "files", lambda job: job.import_files(paths))


def start_epic(lab: Lab) -> str:
    """Download the EPIC collection and import it, in the background; the id to follow it by.

    While one is under way, that one's id.
    """
    with lab.engine.connect() as connection:
        running = connection.execute(
            select(imports.c.id).where(
                imports.c.kind == "epic",
                imports.c.state == "running",
                imports.c.beat > time.time() - SILENT_S,
            )
        ).scalar()
    return running or _start(lab, "epic", lambda job: job.download_epic())


def progress(engine: Engine, id: str) -> dict[str, Any]:
    """A job: id, kind, state (running, done, failed, cancelled), phase, done, total, message, summary.

    `done` and `total` are files, while downloading kB. A job whose process died is failed, and says so.
    Raises `NoSuchImport`.
    """
    this = imports.c.id == id
    with engine.begin() as connection:
        row = connection.execute(select(imports).where(this)).mappings().first()
        if row is None:
            raise NoSuchImport(id)
        told = {name: row[name] for name in _TOLD}
        if row["state"] == "running" and row["beat"] < time.time() - SILENT_S:
            told |= {"state": "failed", "message": _DIED}
            unchanged = (imports.c.state == "running") & (imports.c.beat == row["beat"])
            connection.execute(
                update(imports).where(this, unchanged).values(state="failed", message=_DIED, beat=row["beat"])
            )
    return told


def running(engine: Engine) -> list[str]:
    """Ids of the jobs that are under way, the oldest first."""
    alive = (imports.c.state == "running") & (imports.c.beat > time.time() - SILENT_S)
    with engine.connect() as connection:
        return list(connection.scalars(select(imports.c.id).where(alive).order_by(imports.c.created)))


def cancel(engine: Engine, id: str) -> None:
    """Ask a job to end; what has come in whole stays. Raises `NoSuchImport`."""
    with engine.begin() as connection:
        if not connection.execute(update(imports).where(imports.c.id == id).values(cancel=True)).rowcount:
            raise NoSuchImport(id)


_TOLD = ("id", "kind", "state", "phase", "done", "total", "message", "summary")
_DIED = (
    "The program that did this ended before it was done. Start it again: "
    "embryos that have come in are not doubled, and a download goes on where it stopped."
)


def _start(lab: Lab, kind: str, work: Callable[["_Job"], None]) -> str:
    job = _Job(lab, kind)
    threading.Thread(target=job.run, args=[work], name=f"import {job.id}", daemon=True).start()
    return job.id


class _Job:
    """One row of table `imports` and the thread that works on it."""

    def __init__(self, lab: Lab, kind: str):
        self.lab = lab
        self.id = secrets.token_hex(5)
        self.summary = empty_summary()
        self._cancelled = False
        self._looked = 0.0
        self._written = 0.0
        self._over = threading.Event()
        now = time.time()
        first = insert(imports).values(
            id=self.id,
            kind=kind,
            state="running",
            phase="downloading" if kind == "epic" else "importing",
            done=0,
            total=0,
            message="",
            summary=self.summary,
            cancel=False,
            created=now,
            beat=now,
        )
        with lab.engine.begin() as connection:
            connection.execute(first)

    def run(self, work: Callable[["_Job"], None]) -> None:
        """The thread: whatever happens, the row says at the end how it went."""
        beating = threading.Thread(target=self._beat, daemon=True)
        beating.start()
        state, message = "failed", ""
        try:
            work(self)
            state = "cancelled" if self.summary.pop("cancelled", False) else "done"
        except Cancelled:
            state = "cancelled"
        except JobFailed as failed:
            message = str(failed)
        except Exception as error:
            log.exception("import %s failed", self.id)
            message = (
                f"It stopped at an error that is not the files' fault ({type(error).__name__}). See the log."
            )
        self._over.set()
        beating.join()
        self._write(state=state, message=message, summary=self.summary)

    def import_files(self, paths: Sequence[tuple[Path, str]]) -> None:
        """The work of `start_import`."""
        try:
            self._import(paths, "file")
        finally:
            _remove_uploads(self.lab, [path for path, _name in paths])

    def download_epic(self) -> None:
        """The work of `start_epic`."""
        from services import epic

        try:
            path = epic.download(
                self.lab.settings.epic,
                self.lab.settings.data / "incoming",
                on_progress=lambda done, total: self._tick(
                    phase="downloading",
                    done=done // 1000,  # kB: bytes of gigabytes outgrow the column
                    total=total // 1000,
                    message=epic.so_far(done, total),
                ),
                cancelled=self.is_cancelled,
            )
        except epic.DownloadFailed as failed:
            raise JobFailed(str(failed)) from failed
        if path is None:
            raise Cancelled
        self._import([(path, path.name)], "epic")
        if not self.summary.get("cancelled"):
            epic.discard(path)

    def _import(self, paths: Sequence[tuple[Path, str]], source: str) -> None:
        with suppress(OSError):
            self.lab.embryos.sweep()
        import_paths(
            self.lab,
            paths,
            lambda done, total, message: self._tick(
                phase="importing", done=done, total=total, message=message, summary=self.summary
            ),
            self.is_cancelled,
            source,
            self.summary,
        )

    def is_cancelled(self) -> bool:
        """Whether somebody has asked for an end; looks at the database a few times a second."""
        if not self._cancelled and time.monotonic() - self._looked > TICK_S:
            self._looked = time.monotonic()
            with self.lab.engine.connect() as connection:
                asked = connection.scalar(select(imports.c.cancel).where(imports.c.id == self.id))
            self._cancelled = asked is None or bool(asked)
        return self._cancelled

    def _tick(self, **values: Any) -> None:
        if time.monotonic() - self._written > TICK_S or values.get("done") == values.get("total", -1):
            self._written = time.monotonic()
            self._write(**values)

    def _write(self, **values: Any) -> None:
        with self.lab.engine.begin() as connection:
            connection.execute(
                update(imports).where(imports.c.id == self.id).values(beat=time.time(), **values)
            )

    def _beat(self) -> None:
        while not self._over.wait(BEAT_S):
            with suppress(SQLAlchemyError):  # the next one may get through
                self._write()


class JobFailed(Exception):
    """A job that can't be done, in words for the person who waits for it."""


def _remove_uploads(lab: Lab, paths: Sequence[Path]) -> None:
    """Remove what was uploaded for an import, and what older ones left behind."""
    incoming = (lab.settings.data / "incoming").resolve()
    for path in paths:
        if incoming in path.resolve().parents:
            path.unlink(missing_ok=True)
            if path.parent.resolve() != incoming:
                with suppress(OSError):  # others of the same drop are still in it
                    path.parent.rmdir()
    long_ago = time.time() - OLD_UPLOAD_S
    for path in incoming.iterdir():
        with suppress(OSError):
            if path.is_file() and path.stat().st_mtime < long_ago and not path.name.startswith("epic"):
                path.unlink()


# ---- from the command line


def told(summary: dict[str, Any]) -> str:
    """A summary in a few lines."""
    new = [one for one in summary["imported"] if not one["existed"]]
    old = len(summary["imported"]) - len(new)
    lines = [f"{_embryos(len(new))} came in" + (f", {old} here before" if old else "")]
    for one in summary["applied"]:
        if "names" in one:
            rest = f"; {one['unmatched']:,} of its rows were left out" if one["unmatched"] else ""
            lines.append(f"{one['file']}: names of {one['names']:,} cells{rest}")
            continue
        rest = f"; {one['unmatched']} of its rows match none" if one["unmatched"] else ""
        lines.append(f"{one['file']}: applied to {_embryos(len(one['matched']))}{rest}")
    for one in summary["rejected"]:
        line = f", line {one['line']}" if one["line"] else ""
        lines.append(f"refused: {one['file']}{line}: {one['error']}")
    return "\n".join(lines)


def _embryos(number: int) -> str:
    return f"{number} embryo" if number == 1 else f"{number} embryos"


def show_progress(done: int, total: int, message: str) -> None:
    """One line on the terminal that is written over."""
    if sys.stderr.isatty():
        count = f"{done}/{total} " if total else ""
        print(f"\r{count}{message[:60]:<60}", end="", file=sys.stderr, flush=True)


def main() -> None:
    """`python -m services.imports FILES…`: files, folders and zips; status 1 when something was refused."""
    from services.lab import open_lab

    parser = argparse.ArgumentParser(prog="python -m services.imports", description=main.__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CD file, table, folder or zip")
    asked = parser.parse_args()
    try:
        lab = open_lab(read_settings())
    except (BadSetting, BadDatabase) as error:
        sys.exit(str(error))
    summary = import_paths(lab, [(path, path.name) for path in asked.files], show_progress)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(told(summary))
    sys.exit(1 if summary["rejected"] else 0)


if __name__ == "__main__":
    main()
