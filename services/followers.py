"""Which embryos follow a cell, answered from lists by cell, so that ten thousand embryos aren't gone through.

The lists are kept a batch behind: what one embryo follows is 700 places all over them, but a hundred
embryos share those places. An embryo waits in `unlisted_embryos` until there are enough of them, and a
search looks at the waiting ones by themselves. What an embryo follows never changes.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Engine, delete, exists, func, insert, or_, select

from services.database import cell_followers, embryo_cells, embryos, unlisted_embryos

BATCH = 100


def follows(cells: Sequence[str]) -> ColumnElement[bool]:
    """WHERE for the embryos that follow one of `cells`."""
    listed = select(cell_followers.c.embryo).where(cell_followers.c.cell.in_(cells))
    of_it = embryo_cells.c.embryo == unlisted_embryos.c.embryo  # EXISTS: a join goes through all cells first
    waiting = select(unlisted_embryos.c.embryo).where(exists().where(of_it, embryo_cells.c.cell.in_(cells)))
    return or_(embryos.c.id.in_(listed), embryos.c.id.in_(waiting))


def number_that_follow(cells: Sequence[str]) -> ColumnElement[int]:
    """How many embryos that aren't deleted follow one of `cells`: the length of a list, not a look at each."""
    deleted = select(embryos.c.id).where(embryos.c.deleted.is_not(None))
    each = cell_followers.c.embryo if len(cells) == 1 else cell_followers.c.embryo.distinct()
    listed = select(func.count(each)).where(
        cell_followers.c.cell.in_(cells), cell_followers.c.embryo.not_in(deleted)
    )
    of_it = embryo_cells.c.embryo == unlisted_embryos.c.embryo
    waiting = select(func.count(unlisted_embryos.c.embryo)).where(
        exists().where(of_it, embryo_cells.c.cell.in_(cells)), unlisted_embryos.c.embryo.not_in(deleted)
    )
    return listed.scalar_subquery() + waiting.scalar_subquery()


def list_waiting(engine: Engine, batch: int = BATCH) -> int:
    """Put the waiting embryos into the lists if there are `batch` of them or more; how many were put."""
    with engine.connect() as connection:
        if (connection.scalar(select(func.count()).select_from(unlisted_embryos)) or 0) < batch:
            return 0
    with engine.begin() as connection:
        # Deleting first takes the write lock: two processes never list the same embryo.
        some = select(unlisted_embryos.c.embryo).limit(10 * BATCH)
        taken = delete(unlisted_embryos).where(unlisted_embryos.c.embryo.in_(some))
        ids = list(connection.scalars(taken.returning(unlisted_embryos.c.embryo)))
        rows = (
            select(embryo_cells.c.cell, embryos.c.imported, embryo_cells.c.embryo)
            .join(embryos, embryos.c.id == embryo_cells.c.embryo)
            .where(embryo_cells.c.embryo.in_(ids))
            .order_by(embryo_cells.c.cell, embryos.c.imported, embryo_cells.c.embryo)
        )
        connection.execute(insert(cell_followers).from_select(["cell", "imported", "embryo"], rows))
    return len(ids)
