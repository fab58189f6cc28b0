"""The database's tables, and the engine that opens it (SQLite file or PostgreSQL)."""

import sqlite3
import time

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.engine import make_url

from services import schema

BUSY_S = 20  # seconds that one who writes may be waited for

tables = MetaData()

embryos = Table(
    "embryos",
    tables,
    Column("id", String(10), primary_key=True),
    Column("checksum", String(64), nullable=False, unique=True),  # SHA-256 of the file as it came
    Column("name", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("source", String(16), nullable=False),  # simulated, file, epic
    Column("gene", Text, nullable=False, default=""),
    Column("strain", Text, nullable=False, default=""),
    Column("date", String(10), nullable=False, default=""),  # ISO day of recording, empty: unknown
    Column("session", Text, nullable=False, default=""),  # digits after CD in the name: what splits group by
    Column("guessed", JSON, nullable=False),  # fields that are still guesses from the name
    Column("pixel_um", Float, nullable=False),
    Column("plane_um", Float, nullable=False),
    Column("interval_s", Float, nullable=False),
    Column("calibration", JSON, nullable=False),  # field -> where its value comes from, in words
    Column("species", Text, nullable=False, default=""),
    Column("rows", Integer, nullable=False),
    Column("cells", Integer, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("first_frame", Integer, nullable=False),
    Column("last_frame", Integer, nullable=False),
    Column("max_cells", Integer, nullable=False),
    Column("start_cells", Integer, nullable=False),
    Column("end_cells", Integer, nullable=False),
    Column("flags", JSON, nullable=False),  # words, see services/embryos.py
    Column("curve", JSON, nullable=False),  # cell count at up to 40 evenly spaced frames
    Column("extra", JSON, nullable=False),  # further columns of tables that described it
    Column("aux_info", JSON),  # one AuxInfo row
    Column("frame_seconds", JSON),  # [frame, seconds] pairs of a TIME table
    Column("imported", Float, nullable=False),  # Unix seconds
    Column("deleted", Float),
)
# The embryos page counts, searches, sorts and pages through those that are not deleted, and the API by id,
# from these alone: an index holds a tenth of what the rows do.
Index(
    "embryos_there_by_name",
    embryos.c.deleted,
    embryos.c.name,
    embryos.c.id,
    embryos.c.gene,
    embryos.c.strain,
    embryos.c.date,
    embryos.c.source,
    embryos.c.cells,
    embryos.c.frames,
    embryos.c.start_cells,
    embryos.c.end_cells,
    embryos.c.max_cells,
    embryos.c.first_frame,
    embryos.c.last_frame,
    embryos.c.interval_s,
)
Index("embryos_there_by_id", embryos.c.deleted, embryos.c.id)
Index("embryos_by_imported", embryos.c.imported, embryos.c.id)

# Which embryo follows which cell, and for how many rows. An embryo's cells lie together: keyed by cell
# first, each import would touch pages all over the tree and grow slower with the store.
embryo_cells = Table(
    "embryo_cells",
    tables,
    Column("embryo", String(10), ForeignKey("embryos.id"), primary_key=True),
    Column("cell", Text, primary_key=True),
    Column("rows", Integer, nullable=False),
    sqlite_with_rowid=False,
)

cell_followers = Table(  # the same by cell, without the newest embryos, see services/followers.py
    "cell_followers",
    tables,
    Column("cell", Text, primary_key=True),
    Column("imported", Float, primary_key=True),  # new embryos come last in each cell's list
    Column("embryo", String(10), primary_key=True),
    sqlite_with_rowid=False,
)

unlisted_embryos = Table(  # those that aren't in `cell_followers` yet
    "unlisted_embryos",
    tables,
    Column("embryo", String(10), ForeignKey("embryos.id"), primary_key=True),
)

embryo_tags = Table(
    "embryo_tags",
    tables,
    Column("tag", Text, primary_key=True),
    Column("embryo", String(10), ForeignKey("embryos.id"), primary_key=True),
)
Index("embryo_tags_by_embryo", embryo_tags.c.embryo)

embryo_sets = Table(
    "embryo_sets",
    tables,
    Column("name", Text, primary_key=True),
    Column("created", Float, nullable=False),
)

embryo_set_members = Table(
    "embryo_set_members",
    tables,
    Column("set_name", Text, ForeignKey("embryo_sets.name", ondelete="CASCADE"), primary_key=True),
    Column("embryo", String(10), ForeignKey("embryos.id"), primary_key=True),
)

embryo_poses = Table(  # how an embryo lies in its recording, see services/poses.py
    "embryo_poses",
    tables,
    Column("embryo", String(10), ForeignKey("embryos.id"), primary_key=True),
    Column("basis", Text, nullable=False),  # what it was computed from
    Column("pose", JSON, nullable=False),
    Column("by_hand", JSON),  # a rotation that somebody set, or null
    Column("changed", Float, nullable=False),  # Unix seconds
)

notes = Table(  # pinned to a cell and a moment of an embryo
    "notes",
    tables,
    Column("id", String(10), primary_key=True),
    Column("embryo", String(10), ForeignKey("embryos.id"), nullable=False),
    Column("cell", Text, nullable=False),
    Column("frame", Float, nullable=False),
    Column("text", Text, nullable=False),
    Column("author", Text, nullable=False, default=""),
    Column("view", Text, nullable=False, default=""),  # query string of the view it was pinned in
    Column("place", Integer, nullable=False),  # its order in the story
    Column("version", Integer, nullable=False, default=1),  # raised by every change
    Column("created", Float, nullable=False),
    Column("edited", Float, nullable=False),
    Column("deleted", Float),
)
Index("notes_by_embryo", notes.c.embryo, notes.c.place)

cell_names = Table(  # functional names of cells, as a table that somebody imported gives them
    "cell_names",
    tables,
    Column("cell", Text, primary_key=True),  # Sulston name
    Column("name", Text, nullable=False),  # ADAL
    Column("imported", Float, nullable=False),
)

imports = Table(  # an import or download that somebody is waiting for
    "imports",
    tables,
    Column("id", String(16), primary_key=True),
    Column("kind", String(16), nullable=False),  # files, epic
    Column("state", String(16), nullable=False),  # running, done, failed, cancelled
    Column("phase", String(16), nullable=False),  # downloading, importing
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("message", Text, nullable=False, default=""),
    Column("summary", JSON, nullable=False),
    Column("cancel", Boolean, nullable=False, default=False),
    Column("created", Float, nullable=False),
    Column("beat", Float, nullable=False),
)

runs = Table(
    "runs",
    tables,
    Column("id", String(10), primary_key=True),
    Column("name", Text, nullable=False),
    Column("notes", Text, nullable=False, default=""),
    Column("owner", Text, nullable=False, default=""),
    Column("state", String(16), nullable=False),  # queued, running, done, failed, cancelled
    Column("config", JSON, nullable=False),
    Column("sources", JSON, nullable=False),  # per embryo: id, name, checksum, session, calibration used
    Column("inflated", Text),  # why its score is inflated, or null
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("finished", Float),
    Column("worker", Text),  # the supervisor that holds the lease
    Column("lease_until", Float),
    Column("cancel", Boolean, nullable=False, default=False),
    Column("attempts", Integer, nullable=False, default=0),  # ended without a new checkpoint
    Column("losses", Integer, nullable=False, default=0),  # leases lost in a row without a new checkpoint
    Column("generation", Integer, nullable=False, default=0),  # raised whenever metric rows were dropped
    Column("epoch", Integer, nullable=False, default=0),  # epochs finished and checkpointed
    Column("epochs", Integer, nullable=False),
    Column("phase", Text, nullable=False, default=""),  # what a running trainer is doing, in words
    Column("device", Text, nullable=False, default=""),
    Column("best", JSON, nullable=False),  # tag -> value at the best epoch, and tests
    Column("last", JSON, nullable=False),  # tag -> value of the last epoch
    Column("error", Text),
    Column("deleted", Float),
)
Index("runs_by_state", runs.c.state, runs.c.created)
Index("runs_by_created", runs.c.created, runs.c.id)

metrics = Table(
    "metrics",
    tables,
    Column("run", String(10), ForeignKey("runs.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("tag", Text, nullable=False),
    Column("value", Float),
    Column("wall", Float, nullable=False),  # Unix seconds
)

events = Table(  # log lines of a run
    "events",
    tables,
    Column("run", String(10), ForeignKey("runs.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("wall", Float, nullable=False),
    Column("text", Text, nullable=False),
)

workers = Table(
    "workers",
    tables,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("devices", JSON, nullable=False),
    Column("started", Float, nullable=False),
    Column("beat", Float, nullable=False),
)


def connect(address: str) -> Engine:
    """An engine on `address` (SQLAlchemy form), whatever is in that database.

    SQLite runs in WAL mode with foreign keys held, so many processes of one machine may write.
    """
    url = make_url(address)
    sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(url, connect_args={"timeout": BUSY_S} if sqlite else {}, pool_pre_ping=not sqlite)
    if sqlite:

        @event.listens_for(engine, "connect")
        def _prepare(connection, _record):  # type: ignore[no-untyped-def]
            cursor = connection.cursor()
            _write_ahead(cursor)
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()

    return engine


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Put the database into WAL mode. Where it isn't yet, SQLite doesn't wait for one who writes: we do."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def open_database(address: str) -> Engine:
    """An engine on `address` whose tables are those of this file: made, or brought forward, where they aren't.

    Raises `BadDatabase` for one that a later version of the program wrote.
    """
    engine = connect(address)
    schema.bring_forward(engine)
    return engine
