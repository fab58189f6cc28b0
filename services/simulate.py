"""Simulated embryos: the measured lineage played again, with everything that differs between embryos.

Cells are born and divide as in `reference_lineage.csv` (see `lineage.reference`), are drawn to the places
measured there, and push each other apart as soft spheres inside an ellipsoidal eggshell. An embryo's
circumstances (how fast it develops, how it lies under the microscope, what its reporter shows) are drawn from
its seed, or given, so that a test of alignment knows what it should find. The same seed makes the same rows.

What differs between embryos was measured on the 69 real ones beside which this was written: they lie on one
of their flat sides, 12° off, four in five with anterior at low x; lengths differ by 5%.
"""

import argparse
import math
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
import pandas

from services import lineage
from services.cd_file import NEEDED as COLUMNS
from services.cd_file import write_cd

if TYPE_CHECKING:
    from services.embryos import Embryo, EmbryoStore

PIXEL_UM, PLANE_UM = 0.09, 1.0
REPORTERS = {  # gene -> roots of the sublineages that show it, and the minute of its onset
    "pha-4": (("ABalpa", "ABaraa", "ABarap", "MSaa", "MSpa", "E"), 60.0),
    "hlh-1": (("MSap", "MSpp", "Cap", "Cpp", "D"), 70.0),
    "elt-2": (("E",), 75.0),
    "his-72": (("P0",), 45.0),
    "end-3": (("E",), 15.0),
    "ceh-32": (("ABala", "ABalp", "ABara"), 110.0),
}

_SHELL_UM = numpy.array([26.8, 13.0, 18.2])  # semi-axes in the embryo's own axes; flat as under a cover slip
_MARGIN_UM = 2.6  # a nucleus keeps this far inside the shell
_SPREAD = 1.32  # medians over embryos lie closer together than the cells of any one embryo


@dataclass(frozen=True)
class Circumstances:
    """What makes one simulated embryo differ from another.

    `minutes` of recording at `interval_s` a frame, from the stage of `start_cells`. `rate`: minutes of
    this embryo for one of the reference. `rotation` turns the embryo's axes (x anterior to posterior, y
    ventral to dorsal, z right to left) into the recording's (x right, y down, z away), `centre_um` is where
    its middle lies there. `stretch` lengthens its axes. `place_sd_um` and `cycle_sd`: how far cells lie from
    their measured places, and by what share their lifetimes vary. `wander_um` is what a cell drifts in a
    minute of its own accord, `jitter_um` the error of one measurement. `gene` is one of `REPORTERS`;
    `brightness` and `background` are in units of `none`.
    """

    seed: int
    minutes: float
    interval_s: float
    start_cells: int
    rate: float
    rotation: numpy.ndarray
    centre_um: numpy.ndarray
    stretch: numpy.ndarray
    place_sd_um: float
    cycle_sd: float
    wander_um: float
    jitter_um: float
    gene: str
    brightness: float
    background: float


def circumstances(seed: int) -> Circumstances:
    """The circumstances that belong to `seed`."""
    random = numpy.random.default_rng([seed, 1])
    lies = random.random()
    yaw = random.normal(0 if lies < 0.8 else 180, 5)
    if lies >= 0.96:  # oblique
        yaw = random.choice([-1, 1]) * random.uniform(18, 30)
    roll = random.normal(-12, 5) + (180 if random.random() < 0.5 else 0)
    rate = float(numpy.clip(random.normal(1.0, 0.035), 0.92, 1.08))
    return Circumstances(
        seed=seed,
        minutes=float(round(random.uniform(212, 224) * rate)),
        interval_s=60.0,
        start_cells=4 if random.random() < 0.65 else 2,
        rate=rate,
        rotation=turned(yaw, roll, random.normal(0, 2)),
        centre_um=numpy.array([32.0, 23.0, 15.0]) + random.normal(0, [1.0, 1.0, 0.7]),
        stretch=numpy.clip(random.normal(1.0, [0.05, 0.035, 0.03]), 0.93, 1.1),
        place_sd_um=1.1,
        cycle_sd=0.03,
        wander_um=float(random.uniform(0.3, 0.42)),
        jitter_um=0.17,
        gene=list(REPORTERS)[seed % len(REPORTERS)],
        brightness=float(random.lognormal(9.2, 0.5)),
        background=float(random.uniform(900, 2400)),
    )


def turned(yaw: float, roll: float, pitch: float = 0.0) -> numpy.ndarray:
    """A proper rotation (3, 3) from the embryo's axes to the recording's; angles in degrees.

    At 0 anterior lies at low x, dorsal faces the viewer (low z) and left is at high y. `roll` turns it
    about its long axis, `pitch` tips its posterior end away, `yaw` turns it in the plane.
    """
    (cos_y, cos_r, cos_p), (sin_y, sin_r, sin_p) = (
        [turn(math.radians(angle)) for angle in (yaw, roll, pitch)] for turn in (math.cos, math.sin)
    )
    flat = numpy.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]])
    about_x = numpy.array([[1.0, 0, 0], [0, cos_r, -sin_r], [0, sin_r, cos_r]])
    about_y = numpy.array([[cos_p, 0, -sin_p], [0, 1.0, 0], [sin_p, 0, cos_p]])
    about_z = numpy.array([[cos_y, -sin_y, 0], [sin_y, cos_y, 0], [0, 0, 1.0]])
    return about_z @ about_y @ about_x @ flat


@dataclass(frozen=True)
class _Lineage:
    """The reference as arrays, mothers before daughters."""

    names: list[str]
    mother: numpy.ndarray  # index, -1 for AB and P1
    generation: numpy.ndarray
    lifetime: numpy.ndarray  # minutes, nan: not seen to divide
    birth: numpy.ndarray  # minutes, of cells without a mother here
    place_birth: numpy.ndarray
    place_end: numpy.ndarray
    diameter: numpy.ndarray


@cache
def _lineage() -> _Lineage:
    table = lineage.reference()
    born = {name: lineage.generation(name) or 0 for name in table.index}
    table = table.loc[sorted(table.index, key=lambda name: (born[name], lineage.order_key(name)))]
    names = table.index.tolist()
    index = {name: number for number, name in enumerate(names)}
    # A cell is born one frame after its mother's last, and divides only if her daughters are known.
    divides = table.index.isin(set(table["mother"]))
    birth = table["birth_min"].fillna(-34.0)
    lifetime = (table["division_min"] + 1.0 - birth).where(divides)
    return _Lineage(
        names=names,
        mother=numpy.array([index.get(name, -1) for name in table["mother"]]),
        generation=numpy.array([born[name] for name in names]),
        lifetime=lifetime.to_numpy(),
        birth=birth.to_numpy(),
        place_birth=table[["x_birth", "y_birth", "z_birth"]].to_numpy() * _SPREAD,
        place_end=table[["x_end", "y_end", "z_end"]].to_numpy() * _SPREAD,
        diameter=table["diameter"].to_numpy(),
    )


def _lives(
    cells: _Lineage, known: Circumstances, random: numpy.random.Generator
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Birth and end of each cell in minutes of the reference; a cell that isn't seen to divide ends never."""
    noise = random.normal(1.0, known.cycle_sd, len(cells.names)).clip(0.8, 1.2)
    birth, end = cells.birth.copy(), numpy.full(len(cells.names), numpy.inf)
    for number, mother in enumerate(cells.mother):
        if mother >= 0:
            birth[number] = end[mother]
        if cells.lifetime[number] == cells.lifetime[number]:
            end[number] = birth[number] + max(cells.lifetime[number] * noise[number], 2.0)
    return birth, end


def _push_apart(place: numpy.ndarray, radius: numpy.ndarray, shell: numpy.ndarray) -> None:
    """One step of soft spheres, in place: overlapping cells move apart, cells outside the shell move in."""
    near = place.astype(numpy.float32)
    square = numpy.einsum("ij,ij->i", near, near)
    separation = square[:, None] + square[None, :] - 2 * near @ near.T
    reach = radius.astype(numpy.float32)
    first, second = numpy.nonzero(numpy.triu(separation < (reach[:, None] + reach[None, :]) ** 2, 1))
    between = place[first] - place[second]
    distance = numpy.sqrt(numpy.einsum("ij,ij->i", between, between)) + 1e-6
    push = between * (0.2 * (radius[first] + radius[second] - distance) / distance)[:, None]
    for axis in range(3):
        place[:, axis] += numpy.bincount(first, push[:, axis], len(place))
        place[:, axis] -= numpy.bincount(second, push[:, axis], len(place))
    outside = numpy.sqrt(numpy.square(place / shell).sum(axis=1))
    place /= numpy.maximum(outside, 1.0)[:, None]


def _inherited(cells: _Lineage, spread: float, random: numpy.random.Generator) -> numpy.ndarray:
    """An offset (cells, 3) for each cell: most of its mother's, and something of its own; sd `spread`."""
    own = random.normal(0, spread, (len(cells.names), 3))
    offset = own.copy()
    for number, mother in enumerate(cells.mother):
        if mother >= 0:
            offset[number] = 0.85 * offset[mother] + 0.527 * own[number]
    return offset


@dataclass(frozen=True)
class _Walk:
    """Parallel arrays: each cell at each frame it lives, the reference's minute, its place (µm, own axes)."""

    cell: numpy.ndarray
    frame: numpy.ndarray
    minute: numpy.ndarray
    place: numpy.ndarray


def _walk(cells: _Lineage, known: Circumstances, random: numpy.random.Generator) -> _Walk:
    birth, end = _lives(cells, known, random)
    offset = _inherited(cells, known.place_sd_um, random)
    shell = _SHELL_UM * known.stretch - _MARGIN_UM
    # The shell's volume is shared out by generations: a sphere nearly halves at each division.
    volume = 8 * (_SHELL_UM * known.stretch).prod() / 2.0 ** (cells.generation * 0.83)
    radius = 0.3 * numpy.cbrt(volume) * random.normal(1, 0.13, len(volume)).clip(0.6, 1.4)
    names = {name: number for number, name in enumerate(cells.names)}
    four = max(birth[names[name]] for name in ("ABa", "ABp", "EMS", "P2"))
    start = four + 1.0 if known.start_cells == 4 else min(end[names["AB"]], end[names["P1"]]) - 6.0
    step = known.interval_s / 60 / known.rate
    place = numpy.full((len(cells.names), 3), numpy.nan)
    found: list[tuple[numpy.ndarray, int, float, numpy.ndarray]] = []
    settle = 6  # steps before the first frame, so that the recording doesn't begin with a jump
    for frame in range(1 - settle, int(known.minutes * 60 / known.interval_s) + 1):
        minute = start + max(frame - 1, 0) * step
        alive = numpy.flatnonzero((birth <= minute) & (minute < end))
        new = alive[numpy.isnan(place[alive, 0])]
        age = numpy.clip((minute - birth[alive]) / numpy.minimum(end[alive] - birth[alive], 60.0), 0, 1)[
            :, None
        ]
        aim = cells.place_birth[alive] * (1 - age) + cells.place_end[alive] * age
        aim = aim * known.stretch + offset[alive]
        place[new] = aim[numpy.searchsorted(alive, new)]
        for daughter in new[cells.mother[new] >= 0]:  # born between her mother's place and her own
            before = place[cells.mother[daughter]]
            if before[0] == before[0]:
                place[daughter] = 0.75 * before + 0.25 * place[daughter]
        here = place[alive]
        here += 0.4 * (aim - here)
        _push_apart(here, radius[alive], shell)
        _push_apart(here, radius[alive], shell)
        place[alive] = here
        offset[alive] = 0.94 * offset[alive] + step * known.wander_um * random.standard_t(3, here.shape)
        if frame >= 1:
            found.append((alive, frame, minute, here))
    count = [len(alive) for alive, *_ in found]
    return _Walk(
        cell=numpy.concatenate([alive for alive, *_ in found]),
        frame=numpy.repeat([frame for _, frame, *_ in found], count),
        minute=numpy.repeat([minute for _, _, minute, _ in found], count),
        place=numpy.concatenate([here for *_, here in found]),
    )


def _expression(
    cells: _Lineage, walk: _Walk, known: Circumstances, random: numpy.random.Generator
) -> dict[str, numpy.ndarray]:
    """The five expression columns, as integers: what the reporter adds, background, and its corrections."""
    roots, onset = REPORTERS[known.gene]
    shows = numpy.array(
        [any(lineage.sublineage(root, [name]) for root in roots) for name in cells.names], dtype=float
    )
    strength = shows * random.lognormal(0, 0.25, len(shows))
    risen = 1 - numpy.exp(-numpy.maximum(walk.minute - onset, 0) / 55)
    signal = known.brightness * strength[walk.cell] * risen
    haze = random.normal(0, 350, len(cells.names))[walk.cell]  # what differs from cell to cell, all its life
    background = known.background * (1 + walk.minute.clip(0) / 180)

    def noise(sd: float) -> numpy.ndarray:
        return random.normal(0, sd, len(signal))

    measured = background + signal + haze + noise(320)
    corrected = signal + haze + noise(380) - 60
    blot = corrected + noise(120)
    none = numpy.rint(25000 + measured).astype(numpy.int64)
    columns = {
        "global": none - 25000,
        "local": corrected,
        "blot": blot,
        "cross": measured - 0.15 * background,
    }
    return {"none": none, **{name: numpy.rint(value).astype(numpy.int64) for name, value in columns.items()}}


def simulate(seed: int, minutes: float | None = None, **known: Any) -> pandas.DataFrame:
    """One simulated embryo as the table of a CD file (`COLUMNS`), grouped by cell and sorted by time.

    Integer pixels of 0.09 µm, planes of 1 µm, frames from 1. What `circumstances(seed)` says is changed by
    `minutes` and by any of its fields: `rotation`, `stretch`, `rate`, `place_sd_um` … Raises `TypeError` for
    a field that it doesn't have and `ValueError` for a rotation that isn't proper.
    """
    unknown = set(known) - {field.name for field in fields(Circumstances)}
    if unknown:
        raise TypeError(f"no circumstance is named {', '.join(sorted(unknown))}")
    if minutes is not None:
        known["minutes"] = float(minutes)
    here = replace(circumstances(seed), **known)
    turn = numpy.asarray(here.rotation, dtype=float)
    if not numpy.allclose(turn @ turn.T, numpy.eye(3), atol=1e-6) or numpy.linalg.det(turn) < 0:
        raise ValueError("rotation is no proper rotation; a mirrored embryo has its left and right swapped")
    cells = _lineage()
    random = numpy.random.default_rng([seed, 2])
    walk = _walk(cells, here, random)
    seen = walk.place @ turn.T + here.centre_um + random.normal(0, here.jitter_um, walk.place.shape)
    size = numpy.rint(cells.diameter[walk.cell] / PIXEL_UM * random.normal(1, 0.04, len(seen))).astype(
        numpy.int64
    )
    glow = 4.8 * size**3.0 * random.lognormal(0, 0.2, len(size))
    table = pandas.DataFrame(
        {
            "cell": numpy.array(cells.names, dtype=object)[walk.cell],
            "time": walk.frame,
            **_expression(cells, walk, here, random),
            "z": numpy.round(seen[:, 2] / PLANE_UM, 1),
            "x": numpy.rint(seen[:, 0] / PIXEL_UM).astype(numpy.int64),
            "y": numpy.rint(seen[:, 1] / PIXEL_UM).astype(numpy.int64),
            "size": size,
            "gweight": numpy.rint(glow).astype(numpy.int64),
        }
    )[list(COLUMNS)]
    rank = numpy.argsort(
        numpy.argsort(numpy.array(cells.names))
    )  # cells in alphabetical order, as in real files
    return table.iloc[numpy.lexsort((walk.frame, rank[walk.cell]))].reset_index(drop=True)


def fill(store: "EmbryoStore", count: int) -> list["Embryo"]:
    """Adds simulated embryos 1 to `count` to `store`, marked as simulated; what is there already stays."""
    return [_add(store, number) for number in range(1, count + 1)]


def _add(store: "EmbryoStore", number: int) -> "Embryo":
    here = circumstances(number)
    known = {
        "name": f"Simulated {number}",
        "gene": f"{here.gene} (simulated)",
        "interval_s": here.interval_s,
        "pixel_um": PIXEL_UM,
        "plane_um": PLANE_UM,
    }
    return store.add(
        write_cd(simulate(number)), f"Simulated {number}.csv", source="simulated", known=known
    ).embryo


def main() -> None:
    """`python -m services.simulate FOLDER COUNT`: writes simulated embryos as CD files, for benchmarks."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, asked.count + 1):
        (asked.folder / f"CD_simulated_{number}.csv").write_bytes(write_cd(simulate(number)))


if __name__ == "__main__":
    main()
