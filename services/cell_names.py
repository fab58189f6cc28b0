"""Functional names of cells: ADAL is what ABplapaaaapp is called once it is born and does its work.

They come as a table that somebody imports (none is shipped): comma, semicolon or tab separated, with a
header that names a column of Sulston names and one of functional names. Headers of both sorts are in use:
`cell,name` and `lineage name,functional name`, or `Cell,Lineage Name`, where `Cell` is the functional one.
Names are the store's, not one embryo's. A later table replaces the names of the cells it tells of.
"""

import time
from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert, select

from services import lineage
from services.cd_file import BadFile, is_header
from services.database import cell_names
from services.description_tables import fields_of, first_line, records, text_of

MOST_ROWS = 20_000
LONGEST_NAME = 40
_LONGEST_LINEAGE = 60
_AT_ONCE = 500  # rows of one statement
# The first that a header has counts; `cell` is the Sulston name unless another column says it is that.
_SULSTON = ("sulston name", "sulston", "lineage name", "lineage", "cell")
_FUNCTIONAL = ("functional name", "terminal name", "name", "cell name", "cell")


@dataclass(frozen=True)
class NameTable:
    """A table that was read: functional name by Sulston name, and how many rows named no embryonic cell."""

    file: str
    names: dict[str, str]
    left_out: int


def is_name_table(raw: bytes) -> bool:
    """Whether a file begins like a table of functional names; a CD file does not."""
    line = first_line(raw)
    return not is_header(line) and _columns(fields_of(line)) is not None


def read_names(raw: bytes, file_name: str) -> NameTable:
    """Read a table that `is_name_table` recognised, whole or not at all. Raises `BadFile`.

    Spaces in a lineage ("AB plapaaaapp") are none of the name. Left out and counted: rows without a
    functional name, and lineages outside the embryo (cells born after hatching, as `M.dlpa`).
    """
    text = text_of(raw, file_name)
    columns = _columns(fields_of(first_line(raw)))
    assert columns is not None
    names: dict[str, str] = {}
    left_out = 0
    rows = records(text, file_name)
    if not rows:
        raise BadFile(file_name, None, "a header and no rows", "at least one row")
    if len(rows) > MOST_ROWS:
        raise BadFile(file_name, None, f"{len(rows):,} rows", f"at most {MOST_ROWS:,}")
    for line, record in rows:
        folded = {_folded(column): value for column, value in record.items()}
        cell, name = _checked(folded[columns[0]], folded[columns[1]], columns, file_name, line)
        if not name or not lineage.is_sulston(cell):
            left_out += 1
        elif names.setdefault(cell, name) != name:
            found = f"{cell} as {name}, and before as {names[cell]}"
            raise BadFile(file_name, line, found, "one name for a cell")
    if not names:
        found = f"no Sulston name with another name in columns {columns[0]} and {columns[1]}"
        raise BadFile(file_name, rows[0][0], found, "rows such as ABplapaaaapp and ADAL")
    return NameTable(file_name, names, left_out)


def keep(engine: Engine, table: NameTable) -> None:
    """Keep the names of a table, in place of earlier ones of the same cells; all or none of them."""
    now = time.time()
    rows = [{"cell": cell, "name": name, "imported": now} for cell, name in table.names.items()]
    with engine.begin() as connection:
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            cells = [row["cell"] for row in part]
            connection.execute(delete(cell_names).where(cell_names.c.cell.in_(cells)))
            connection.execute(insert(cell_names), part)


def names_of(engine: Engine) -> dict[str, str]:
    """Functional name by Sulston name, all that were imported, in order of their cells."""
    with engine.connect() as connection:
        found = connection.execute(select(cell_names.c.cell, cell_names.c.name).order_by(cell_names.c.cell))
        return {row.cell: row.name for row in found}


def _folded(column: str) -> str:
    return " ".join(column.replace("_", " ").casefold().split())


def _columns(header: list[str]) -> tuple[str, str] | None:
    """The folded names of the columns of Sulston and of functional names, if a header has both."""
    there = {_folded(column) for column in header}
    cell = next((column for column in _SULSTON if column in there), None)
    name = next((column for column in _FUNCTIONAL if column in there and column != cell), None)
    return (cell, name) if cell and name else None


def _checked(cell: str, name: str, columns: tuple[str, str], file_name: str, line: int) -> tuple[str, str]:
    cell = "".join(cell.split())
    if not cell and name:
        raise BadFile(file_name, line, f"nothing in column {columns[0]}", "a Sulston name")
    for value, column, most in ((cell, columns[0], _LONGEST_LINEAGE), (name, columns[1], LONGEST_NAME)):
        if len(value) > most or not value.isprintable():
            expected = f"at most {most} characters on one line"
            raise BadFile(file_name, line, f"{value[:40]!r} in column {column}", expected)
    return cell, name
