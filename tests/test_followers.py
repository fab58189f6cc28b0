"""Which embryos follow a cell: from lists and from those that wait, the same as going through all."""

from typing import Any

from sqlalchemy import func, select

from services import followers
from services.database import cell_followers, embryo_cells, unlisted_embryos
from tests.hand_made import cd_file

COMMON = ("ABala", "ABalp", "MSa", "Ea")


def add(lab: Any, first: int, count: int) -> list[str]:
    """Embryos of which every third follows MSaapp and every fourth Nuc7."""
    ids = []
    for number in range(first, first + count):
        cells = COMMON + ("MSaapp",) * (number % 3 == 0) + ("Nuc7",) * (number % 4 == 0)
        content = cd_file(number, frames=2, cells=cells)
        ids.append(lab.embryos.add(content, f"CD20090101_pha-4_{number}.csv").embryo.id)
    return ids


def size(lab: Any, table: Any) -> int:
    with lab.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def followers_by_going_through_all(lab: Any, cell: str) -> set[str]:
    with lab.engine.connect() as connection:
        return set(connection.scalars(select(embryo_cells.c.embryo).where(embryo_cells.c.cell == cell)))


def test_a_search_finds_listed_and_waiting_embryos_alike(lab: Any) -> None:
    few = add(lab, 0, 12)
    assert (size(lab, cell_followers), size(lab, unlisted_embryos)) == (0, 12)
    assert set(lab.embryos.matching("MSaapp")) == set(few[::3])

    add(lab, 12, followers.BATCH - 12)  # the last of them makes a batch
    assert size(lab, unlisted_embryos) == 0
    assert size(lab, cell_followers) == size(lab, embryo_cells)
    late = add(lab, followers.BATCH, 5)
    for cell in ("MSaapp", "Nuc7", "ABala"):
        assert set(lab.embryos.matching(cell)) == followers_by_going_through_all(lab, cell)
    assert set(late) & set(lab.embryos.matching("msaapp"))  # the lineage's capitals are known

    found, total = lab.embryos.page("MSaapp Nuc7", limit=4, offset=8)
    both = followers_by_going_through_all(lab, "MSaapp") & followers_by_going_through_all(lab, "Nuc7")
    assert (len(found), total) == (1, len(both)) == (1, 9)
    assert lab.embryos.page("MSaapp Nuc7", limit=4, offset=40) == ([], 9)

    lab.embryos.delete(few)
    gone = followers_by_going_through_all(lab, "MSaapp") & set(few)
    assert len(lab.embryos.matching("MSaapp")) == len(followers_by_going_through_all(lab, "MSaapp")) - len(
        gone
    )


def test_few_waiting_embryos_are_listed_only_when_asked(lab: Any) -> None:
    add(lab, 0, 3)
    assert followers.list_waiting(lab.engine) == 0
    assert followers.list_waiting(lab.engine, batch=1) == 3
    assert followers.list_waiting(lab.engine, batch=1) == 0
    assert size(lab, cell_followers) == size(lab, embryo_cells)
