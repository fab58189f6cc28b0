"""Embryos made by hand: small enough to know every row, and quick to train on."""

from typing import Any

import numpy as np

CELLS = (
    *("ABala", "ABalp", "ABara", "ABarp", "ABpla", "ABplp", "ABpra", "ABprp"),
    *("MSa", "MSp", "Ea", "Ep", "Ca", "Cp", "D", "P4"),
)
HEAD = "cellTime,cell,time,none,global,local,blot,cross,z,x,y,size,gweight"


def cd_file(seed: int = 0, frames: int = 20, cells: tuple[str, ...] = CELLS, times: Any = None) -> bytes:
    """A CD file in which every cell stands near a place of its own in every frame."""
    random = np.random.default_rng(seed)
    lines = [HEAD]
    for number, cell in enumerate(cells):
        for time in times or range(1, frames + 1):
            x, y, size = random.normal((100 + 30 * number, 400 - 20 * number, 60 - number), 3)
            z = 5 + number % 4 + random.normal(0, 0.3)
            lines.append(
                f"{cell}:{time},{cell},{time},30000,5000,4000,3000,2000,{z:.1f},{x:.0f},{y:.0f},{size:.0f},9000"
            )
    return ("\n".join(lines) + "\n").encode()


def add(lab: Any, *dates: str, **options: Any) -> list[Any]:
    """An embryo in `lab` for each recording date (yyyymmdd); no two are the same."""
    there = lab.embryos.count()
    return [
        lab.embryos.add(
            cd_file(seed=there + number, **options), f"CD{date}_pha-4_{there + number}_L1.csv"
        ).embryo
        for number, date in enumerate(dates)
    ]


SMALL: dict[str, Any] = {
    "split": "cell",
    "model": "16",
    "epochs": 3,
    "batch_size": 64,
    "features": "standardised",
}
