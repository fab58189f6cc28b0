"""How embryos lie, notes pinned to cells, functional names of cells.

IF NOT EXISTS: between the first release and the first migration the program made these tables itself.
"""

from alembic import op
from sqlalchemy import JSON, Column, Float, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, String, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "cell_names",
        Column("cell", Text(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("imported", Float(), nullable=False),
        PrimaryKeyConstraint("cell"),
        if_not_exists=True,
    )
    op.create_table(
        "embryo_poses",
        Column("embryo", String(length=10), nullable=False),
        Column("basis", Text(), nullable=False),
        Column("pose", JSON(), nullable=False),
        Column("by_hand", JSON()),
        Column("changed", Float(), nullable=False),
        ForeignKeyConstraint(["embryo"], ["embryos.id"]),
        PrimaryKeyConstraint("embryo"),
        if_not_exists=True,
    )
    op.create_table(
        "notes",
        Column("id", String(length=10), nullable=False),
        Column("embryo", String(length=10), nullable=False),
        Column("cell", Text(), nullable=False),
        Column("frame", Float(), nullable=False),
        Column("text", Text(), nullable=False),
        Column("author", Text(), nullable=False),
        Column("view", Text(), nullable=False),
        Column("place", Integer(), nullable=False),
        Column("version", Integer(), nullable=False),
        Column("created", Float(), nullable=False),
        Column("edited", Float(), nullable=False),
        Column("deleted", Float()),
        ForeignKeyConstraint(["embryo"], ["embryos.id"]),
        PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("notes_by_embryo", "notes", ["embryo", "place"], if_not_exists=True)
