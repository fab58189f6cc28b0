"""The lineage as a tree to be drawn: where each cell's line stands. Colours come later, from a label.

Time runs down, the anterior daughter stands left, and the length of a line is the cell's lifetime in the
measured reference.
"""

from functools import cache
from typing import Any

from services import lineage

FIRST_MINUTE = -46.0  # P0 and the cells before the reference begins are drawn from here
LAST_MINUTE = 232.0
_FIRST_END = -36.0


@cache
def tree() -> dict[str, Any]:
    """The reference lineage as parallel lists, mothers before daughters.

    `names`; `x` from 0 (most anterior leaf) to 1; `top` and `bottom` in minutes after the birth of ABal;
    `mother`, an index or -1; and `minutes` [first, last] of the whole tree.
    """
    table = lineage.reference()
    names = lineage.in_order(["P0", *table.index])
    index = {name: number for number, name in enumerate(names)}
    birth = {"P0": FIRST_MINUTE, **table["birth_min"].fillna(_FIRST_END).to_dict()}
    divides = {mother for mother in map(lineage.mother, names) if mother is not None}
    leaves = [name for name in names if name not in divides]
    x = {name: number / (len(leaves) - 1) for number, name in enumerate(leaves)}
    for name in reversed(names):  # daughters come after their mother, so hers is known last
        if name in divides:
            own = [x[daughter] for daughter in lineage.daughters(name) if daughter in x]
            x[name] = sum(own) / len(own)
    bottom = {
        name: min(birth[daughter] for daughter in lineage.daughters(name) if daughter in birth)
        if name in divides
        else LAST_MINUTE
        for name in names
    }
    return {
        "names": names,
        "x": [round(x[name], 5) for name in names],
        "top": [birth[name] for name in names],
        "bottom": [bottom[name] for name in names],
        "mother": [index.get(lineage.mother(name) or "", -1) for name in names],
        "minutes": [FIRST_MINUTE, LAST_MINUTE],
    }
