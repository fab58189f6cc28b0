"""The tables of the first release (commit 5528886).

IF NOT EXISTS: that release made them itself and kept no version, so they may be there with all their data.
"""

from alembic import op
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "cell_followers",
        Column("cell", Text(), nullable=False),
        Column("imported", Float(), nullable=False),
        Column("embryo", String(length=10), nullable=False),
        PrimaryKeyConstraint("cell", "imported", "embryo"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "embryo_sets",
        Column("name", Text(), nullable=False),
        Column("created", Float(), nullable=False),
        PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    op.create_table(
        "embryos",
        Column("id", String(length=10), nullable=False),
        Column("checksum", String(length=64), nullable=False),
        Column("name", Text(), nullable=False),
        Column("file_name", Text(), nullable=False),
        Column("source", String(length=16), nullable=False),
        Column("gene", Text(), nullable=False),
        Column("strain", Text(), nullable=False),
        Column("date", String(length=10), nullable=False),
        Column("session", Text(), nullable=False),
        Column("guessed", JSON(), nullable=False),
        Column("pixel_um", Float(), nullable=False),
        Column("plane_um", Float(), nullable=False),
        Column("interval_s", Float(), nullable=False),
        Column("calibration", JSON(), nullable=False),
        Column("species", Text(), nullable=False),
        Column("rows", Integer(), nullable=False),
        Column("cells", Integer(), nullable=False),
        Column("frames", Integer(), nullable=False),
        Column("first_frame", Integer(), nullable=False),
        Column("last_frame", Integer(), nullable=False),
        Column("max_cells", Integer(), nullable=False),
        Column("start_cells", Integer(), nullable=False),
        Column("end_cells", Integer(), nullable=False),
        Column("flags", JSON(), nullable=False),
        Column("curve", JSON(), nullable=False),
        Column("extra", JSON(), nullable=False),
        Column("aux_info", JSON()),
        Column("frame_seconds", JSON()),
        Column("imported", Float(), nullable=False),
        Column("deleted", Float()),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("checksum"),
        if_not_exists=True,
    )
    op.create_index("embryos_by_imported", "embryos", ["imported", "id"], if_not_exists=True)
    op.create_index("embryos_there_by_id", "embryos", ["deleted", "id"], if_not_exists=True)
    op.create_index(
        "embryos_there_by_name",
        "embryos",
        [
            "deleted",
            "name",
            "id",
            "gene",
            "strain",
            "date",
            "source",
            "cells",
            "frames",
            "start_cells",
            "end_cells",
            "max_cells",
            "first_frame",
            "last_frame",
            "interval_s",
        ],
        if_not_exists=True,
    )
    op.create_table(
        "imports",
        Column("id", String(length=16), nullable=False),
        Column("kind", String(length=16), nullable=False),
        Column("state", String(length=16), nullable=False),
        Column("phase", String(length=16), nullable=False),
        Column("done", Integer(), nullable=False),
        Column("total", Integer(), nullable=False),
        Column("message", Text(), nullable=False),
        Column("summary", JSON(), nullable=False),
        Column("cancel", Boolean(), nullable=False),
        Column("created", Float(), nullable=False),
        Column("beat", Float(), nullable=False),
        PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "runs",
        Column("id", String(length=10), nullable=False),
        Column("name", Text(), nullable=False),
        Column("notes", Text(), nullable=False),
        Column("owner", Text(), nullable=False),
        Column("state", String(length=16), nullable=False),
        Column("config", JSON(), nullable=False),
        Column("sources", JSON(), nullable=False),
        Column("inflated", Text()),
        Column("created", Float(), nullable=False),
        Column("started", Float()),
        Column("finished", Float()),
        Column("worker", Text()),
        Column("lease_until", Float()),
        Column("cancel", Boolean(), nullable=False),
        Column("attempts", Integer(), nullable=False),
        Column("losses", Integer(), nullable=False),
        Column("generation", Integer(), nullable=False),
        Column("epoch", Integer(), nullable=False),
        Column("epochs", Integer(), nullable=False),
        Column("phase", Text(), nullable=False),
        Column("device", Text(), nullable=False),
        Column("best", JSON(), nullable=False),
        Column("last", JSON(), nullable=False),
        Column("error", Text()),
        Column("deleted", Float()),
        PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("runs_by_created", "runs", ["created", "id"], if_not_exists=True)
    op.create_index("runs_by_state", "runs", ["state", "created"], if_not_exists=True)
    op.create_table(
        "workers",
        Column("id", Text(), nullable=False),
        Column("host", Text(), nullable=False),
        Column("pid", Integer(), nullable=False),
        Column("slots", Integer(), nullable=False),
        Column("devices", JSON(), nullable=False),
        Column("started", Float(), nullable=False),
        Column("beat", Float(), nullable=False),
        PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "embryo_cells",
        Column("embryo", String(length=10), nullable=False),
        Column("cell", Text(), nullable=False),
        Column("rows", Integer(), nullable=False),
        ForeignKeyConstraint(["embryo"], ["embryos.id"]),
        PrimaryKeyConstraint("embryo", "cell"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "embryo_set_members",
        Column("set_name", Text(), nullable=False),
        Column("embryo", String(length=10), nullable=False),
        ForeignKeyConstraint(["set_name"], ["embryo_sets.name"], ondelete="CASCADE"),
        ForeignKeyConstraint(["embryo"], ["embryos.id"]),
        PrimaryKeyConstraint("set_name", "embryo"),
        if_not_exists=True,
    )
    op.create_table(
        "embryo_tags",
        Column("tag", Text(), nullable=False),
        Column("embryo", String(length=10), nullable=False),
        ForeignKeyConstraint(["embryo"], ["embryos.id"]),
        PrimaryKeyConstraint("tag", "embryo"),
        if_not_exists=True,
    )
    op.create_index("embryo_tags_by_embryo", "embryo_tags", ["embryo"], if_not_exists=True)
    op.create_table(
        "events",
        Column("run", String(length=10), nullable=False),
        Column("seq", Integer(), nullable=False),
        Column("wall", Float(), nullable=False),
        Column("text", Text(), nullable=False),
        ForeignKeyConstraint(["run"], ["runs.id"]),
        PrimaryKeyConstraint("run", "seq"),
        if_not_exists=True,
    )
    op.create_table(
        "metrics",
        Column("run", String(length=10), nullable=False),
        Column("seq", Integer(), nullable=False),
        Column("epoch", Integer(), nullable=False),
        Column("tag", Text(), nullable=False),
        Column("value", Float()),
        Column("wall", Float(), nullable=False),
        ForeignKeyConstraint(["run"], ["runs.id"]),
        PrimaryKeyConstraint("run", "seq"),
        if_not_exists=True,
    )
    op.create_table(
        "unlisted_embryos",
        Column("embryo", String(length=10), nullable=False),
        ForeignKeyConstraint(["embryo"], ["embryos.id"]),
        PrimaryKeyConstraint("embryo"),
        if_not_exists=True,
    )
