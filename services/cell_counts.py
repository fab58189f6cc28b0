"""Rows of each cell over chosen embryos, added up once and kept, so that asking again costs nothing.

An embryo's rows never change (its id is made from its bytes), so a sum is good for as long as it is kept.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pandas
from diskcache import Cache
from sqlalchemy import Engine, func, select

from services.database import embryo_cells

_MANY = 500  # ids in one IN (…), below the limit of every database
_KEPT_BYTES = 64_000_000


class CellCounts:
    """Sums of rows by cell, from the database of `engine`, kept in `folder`."""

    def __init__(self, engine: Engine, folder: Path):
        self.engine = engine
        self.kept = Cache(str(folder), size_limit=_KEPT_BYTES)

    def of(self, ids: Sequence[str]) -> pandas.DataFrame:
        """Columns cell and rows, one row a cell, over the embryos `ids` (those that the store has)."""
        key = hashlib.sha256(",".join(sorted(ids)).encode()).hexdigest()
        text = self.kept.get(key)
        if not isinstance(text, str):
            text = json.dumps(self._added_up(ids))
            self.kept.set(key, text)
        sums = json.loads(text)
        return pandas.DataFrame({"cell": list(sums), "rows": list(sums.values())}).astype({"rows": "int64"})

    def _added_up(self, ids: Sequence[str]) -> dict[str, int]:
        sums: dict[str, int] = {}
        with self.engine.connect() as connection:
            for start in range(0, len(ids), _MANY):
                part = ids[start : start + _MANY]
                query = (
                    select(embryo_cells.c.cell, func.sum(embryo_cells.c.rows))
                    .where(embryo_cells.c.embryo.in_(part))
                    .group_by(embryo_cells.c.cell)
                )
                for cell, rows in connection.execute(query):
                    sums[cell] = sums.get(cell, 0) + int(rows)
        return sums
