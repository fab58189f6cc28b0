"""How an embryo lies in its recording, and how its clock runs, told from the names of its cells.

The measured lineage (services/lineage.py, `reference`: medians over 66 EPIC and LIVE embryos, Murray et al.
2012; Murray lab) says where each cell lies in the animal's axes and when it is born. Laid over it:

- **Clock**: minutes of the recording at which cells are born against the reference's, a straight line fitted
  by the median of slopes between pairs (Theil 1950, Sen 1968), so that a few misnamed cells don't matter.
- **Orientation**: the proper rotation (determinant +1) that brings the cells nearest to where the reference
  has them at the same developmental minute (Kabsch 1976), preferably those of 40 to 160 minutes, when the
  embryo lies still in its shell; in a short recording those that are there.

Names allow it when at least `FEWEST_CELLS` cells are in the reference and what the rotation leaves unexplained
of their places is at most `MOST_UNEXPLAINED` (on the 69 real embryos 0.02 to 0.14, and 0.64 for the one that
fits only mirrored). Otherwise the embryo is shown as it was recorded.

A recording that fits clearly better as a mirror image was flipped, or its cells named so: it is said, and
nothing is forced. Recorded places are right-handed (x right, y down, z away from the viewer), and a world place is
`rotation @ (recorded - centre)`, both in µm.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas

from services import lineage
from services.eggshell import Shell, smallest_shell

FORMAT = 1  # raise it when a pose would come out otherwise: those that were kept are then made again

FEWEST_CELLS = 4
MOST_UNEXPLAINED = 0.35
STILL = (40.0, 160.0)  # developmental minutes in which the embryo lies still
FEWEST_STILL_CELLS = 24  # so many must be seen in that time, or all times count
MIRROR_CELLS = 24  # fewer lie too much in one plane to tell a mirror image
MIRRORED_FIT = 0.85  # unexplained as a mirror image by unexplained as it is
FEWEST_BIRTHS = 8  # and SPAN developmental minutes between them: with less the rate is taken as 1
SPAN = 40.0
MOST_BIRTHS = 300  # enough for a median; all pairs of more would only cost
MOST_CLOCK_ERROR = 8.0  # minutes: the median birth of a clock that means anything lies within
RATES = (0.25, 4.0)
AGE_UNKNOWN = 60.0  # minutes until a cell is at its end's place, where the reference saw no division
MIDDLE_UM = np.array([2.3, 0.3, 0.9])  # of the shell in the reference's axes: median of 68 real embryos
AS_RECORDED = np.diag([1.0, -1.0, -1.0])  # x right, y up, z to the viewer
ROTATION_ERROR = 1e-6
# What AuxInfo's axis code says: which ends of the animal lie left, up and towards the viewer in the image.
# Only these four are no mirror images.
AXIS_CODES = {
    "ADL": np.diag([1.0, -1.0, -1.0]),
    "AVR": np.diag([1.0, 1.0, 1.0]),
    "PDR": np.diag([-1.0, -1.0, 1.0]),
    "PVL": np.diag([-1.0, 1.0, -1.0]),
}


@dataclass(frozen=True)
class ClockFit:
    """`zero`: minute of the recording at which ABal is (or would be) born, None where names don't tell.

    `rate`: developmental minutes in one minute of the recording.
    """

    zero: float | None
    rate: float


@dataclass(frozen=True)
class Pose:
    """How an embryo lies. `rotation` (3, 3) and `centre` (µm, recorded) give world places, see the module.

    `axes` is "animal" (x anterior to posterior, y ventral to dorsal, z right to left) or "recorded" (x
    right, y up, z to the viewer); `whence` "names", "hand", "AuxInfo" or "recorded"; `why` says why it isn't
    "names".
    """

    rotation: np.ndarray
    centre: np.ndarray
    axes: str
    whence: str
    why: str
    mirrored: bool
    shell: Shell
    clock: ClockFit

    def told(self) -> dict[str, Any]:
        """Plain values for JSON: rotation as nine numbers row by row, places in µm."""
        zero = self.clock.zero
        return {
            "rotation": np.round(self.rotation, 9).ravel().tolist(),
            "centre": np.round(self.centre, 4).tolist(),
            "axes": self.axes,
            "whence": self.whence,
            "why": self.why,
            "mirrored": self.mirrored,
            "shell": {
                "centre": np.round(self.shell.centre, 3).tolist(),
                "semiaxes": np.round(self.shell.semiaxes, 3).tolist(),
            },
            "clock": {"zero": None if zero is None else round(zero, 3), "rate": round(self.clock.rate, 5)},
        }


def checked_rotation(numbers: Any) -> np.ndarray:
    """Nine numbers, row by row, as a proper rotation (3, 3). Raises `ValueError("rotation", why)`."""
    if not isinstance(numbers, (list, tuple)) or len(numbers) != 9:
        raise ValueError("rotation", "expected nine numbers, row by row")
    if not all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in numbers):
        raise ValueError("rotation", "expected nine numbers, row by row")
    if not all(
        -1.001 <= number <= 1.001 for number in numbers
    ):  # also what is no number, or too large for one
        raise ValueError("rotation", "the numbers of a rotation lie between -1 and 1")
    rotation = np.array(numbers, dtype="float64").reshape(3, 3)
    if np.abs(rotation @ rotation.T - np.eye(3)).max() > ROTATION_ERROR:
        raise ValueError("rotation", "its rows aren't at right angles and of length 1, so it would deform")
    if np.linalg.det(rotation) < 0:
        raise ValueError(
            "rotation", "it mirrors the embryo (determinant -1): left and right would change places"
        )
    return rotation


def described_rotation(aux_info: Mapping[str, Any] | None) -> np.ndarray | None:
    """The rotation that an AuxInfo row tells by `axis` (ADL, AVR, PDR, PVL) and `ang`; None where it doesn't.

    `ang` is the angle of the long axis in the image, degrees. Held against the names of two real embryos its
    long axis is within 4 degrees of theirs. Dorsal and left are those of the first cells: the embryo turns
    about its long axis in the first half hour.
    """
    told = {str(name).casefold(): value for name, value in (aux_info or {}).items()}
    turned = AXIS_CODES.get(str(told.get("axis", "")).strip().upper())
    if turned is None:
        return None
    angle = told.get("ang", 0.0)
    radians = np.radians(angle) if isinstance(angle, (int, float)) and abs(angle) <= 360 else 0.0
    cos, sin = np.cos(radians), np.sin(radians)
    in_plane: np.ndarray = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return turned @ in_plane


@dataclass(frozen=True)
class _Reference:
    """The measured lineage as arrays, a cell each."""

    index: dict[str, int]
    mother: np.ndarray  # index, -1 where she isn't in it
    birth: np.ndarray  # minutes; nan: not seen
    age: np.ndarray  # minutes from birth to the last frame
    begins: np.ndarray  # minutes: birth, or where it isn't seen as long before the end as others live
    first_place: np.ndarray
    last_place: np.ndarray


@cache
def _reference() -> _Reference:
    table = lineage.reference()
    index = {name: number for number, name in enumerate(table.index)}
    birth, end = table["birth_min"].to_numpy(), table["division_min"].to_numpy()
    begins = np.where(np.isnan(birth), end - 17.0, birth)
    return _Reference(
        index=index,
        mother=np.array([index.get(name, -1) for name in table["mother"]]),
        birth=birth,
        age=np.where(np.isnan(end), AGE_UNKNOWN, end - begins),
        begins=begins,
        first_place=table[["x_birth", "y_birth", "z_birth"]].to_numpy(),
        last_place=table[["x_end", "y_end", "z_end"]].to_numpy(),
    )


def pose_of(
    table: pandas.DataFrame,
    pixel_um: float,
    plane_um: float,
    minutes: Callable[[np.ndarray], np.ndarray],
    first_frame: int | None = None,
    by_hand: np.ndarray | None = None,
    described: np.ndarray | None = None,
) -> Pose:
    """The pose of an embryo from its rows (columns cell, time, x, y, z, size in file units).

    `minutes` tells the minute of the recording of frames; rows before `first_frame` are strays. `by_hand`,
    a proper rotation, takes the place of the one by names, and its axes are then held to be the animal's;
    `described` (see `described_rotation`) does so only where the names don't tell.
    """
    time = table["time"].to_numpy()
    there = time >= (time.min(initial=0) if first_frame is None else first_frame)
    codes, names = pandas.factorize(table["cell"])
    codes, time = codes[there], time[there]
    scale = (pixel_um, pixel_um, plane_um)
    place = np.stack(
        [table[axis].to_numpy()[there] * by for axis, by in zip("xyz", scale, strict=True)], axis=1
    )
    radius = table["size"].to_numpy()[there] * (pixel_um / 2)
    reference = _reference()
    known = np.array([reference.index.get(str(name), -1) for name in names], dtype=int)
    clock = _clock(codes, time, known, minutes)
    row = known[codes] if len(codes) else np.zeros(0, dtype=int)
    named = row >= 0
    fit = _fit(place[named], row[named], clock, minutes(time[named]))
    pose = Pose(
        AS_RECORDED,
        np.zeros(3),
        "recorded",
        "recorded",
        fit.why,
        fit.mirrored,
        Shell(np.zeros(3), np.ones(3)),
        clock,
    )
    if by_hand is not None:
        pose = replace(pose, rotation=by_hand, centre=fit.centre, axes="animal", whence="hand")
    elif not fit.why:
        pose = replace(pose, rotation=fit.rotation, centre=fit.centre, axes="animal", whence="names")
    elif described is not None and not fit.mirrored:
        pose = replace(pose, rotation=described, axes="animal", whence="AuxInfo")
    if pose.axes == "animal" and not fit.why:
        return replace(pose, shell=smallest_shell((place - pose.centre) @ pose.rotation.T, radius))
    # Nothing else says where its middle is: that of the shell.
    shell = smallest_shell(place @ pose.rotation.T, radius)
    return replace(pose, centre=pose.rotation.T @ shell.centre, shell=Shell(np.zeros(3), shell.semiaxes))


def _clock(
    codes: np.ndarray, time: np.ndarray, known: np.ndarray, minutes: Callable[[np.ndarray], np.ndarray]
) -> ClockFit:
    """From cells whose birth is seen: whose mother is followed up to the frame before their first."""
    reference = _reference()
    first = np.full(len(known), np.iinfo(np.int64).max)
    last = np.full(len(known), np.iinfo(np.int64).min)
    np.minimum.at(first, codes, time)
    np.maximum.at(last, codes, time)
    here = np.full(len(reference.mother), -1)  # which cell of the recording each of the reference is
    here[known[known >= 0]] = np.flatnonzero(known >= 0)
    mother = np.where(reference.mother >= 0, here[reference.mother], -1)
    both = np.flatnonzero((here >= 0) & (mother >= 0) & ~np.isnan(reference.birth))
    seen = both[last[mother[both]] == first[here[both]] - 1]
    if len(seen) == 0:
        return ClockFit(None, 1.0)
    return _straight_line(minutes(first[here[seen]]), reference.birth[seen])


def _straight_line(recorded: np.ndarray, developmental: np.ndarray) -> ClockFit:
    order = np.argsort(developmental, kind="stable")
    if len(order) > MOST_BIRTHS:
        order = order[np.linspace(0, len(order) - 1, MOST_BIRTHS).astype(int)]
    recorded, developmental = recorded[order], developmental[order]
    rate = 1.0
    if len(order) >= FEWEST_BIRTHS and developmental[-1] - developmental[0] >= SPAN:
        one, other = np.triu_indices(len(order), 1)
        apart = developmental[other] - developmental[one]
        far = apart >= SPAN / 2
        slope = float(np.median((recorded[other] - recorded[one])[far] / apart[far]))
        if not RATES[0] <= (rate := 1 / slope if slope > 0 else 0.0) <= RATES[1]:
            return ClockFit(None, 1.0)
    zero = float(np.median(recorded - developmental / rate))
    if np.median(np.abs(rate * (recorded - zero) - developmental)) > MOST_CLOCK_ERROR:
        return ClockFit(None, 1.0)
    return ClockFit(zero, rate)


@dataclass(frozen=True)
class _Fit:
    rotation: np.ndarray
    centre: np.ndarray
    why: str  # it can't be used; "" when it can
    mirrored: bool


def _fit(place: np.ndarray, cell: np.ndarray, clock: ClockFit, minute: np.ndarray) -> _Fit:
    """Lay `place` (n, 3), of cells `cell` of the reference at a `minute` of the recording, over the reference."""
    none = _Fit(AS_RECORDED, np.zeros(3), "", False)
    if len(np.unique(cell)) < FEWEST_CELLS:
        return replace(
            none, why=f"fewer than {FEWEST_CELLS} of its cells have names that tell where they lie"
        )
    reference = _reference()
    if clock.zero is None:
        share = np.full(len(cell), 0.5)
    else:
        developmental = clock.rate * (minute - clock.zero)
        still = (developmental >= STILL[0]) & (developmental <= STILL[1])
        if len(np.unique(cell[still])) >= FEWEST_STILL_CELLS:
            place, cell, developmental = place[still], cell[still], developmental[still]
        share = np.clip((developmental - reference.begins[cell]) / reference.age[cell], 0, 1)
    aim = reference.first_place[cell] * (1 - share[:, None]) + reference.last_place[cell] * share[:, None]
    as_it_is, mirror = _laid_over(place, aim)
    for _round in range(2):  # strays and misnamed cells have no say
        off = np.square(
            (place - as_it_is.middle) @ as_it_is.turn.T * as_it_is.scale - (aim - as_it_is.aim)
        ).sum(axis=1)
        near = off <= 16 * np.median(off)
        if len(np.unique(cell[near])) < FEWEST_CELLS:
            break
        as_it_is, mirror = _laid_over(place[near], aim[near])
    mirrored = (
        len(np.unique(cell)) >= MIRROR_CELLS and mirror.unexplained < MIRRORED_FIT * as_it_is.unexplained
    )
    if mirrored:
        why = "its cells lie as in a mirror image: flipped when recorded, or named so"
    elif as_it_is.flat:
        why = "the cells that have names lie in one line"
    elif as_it_is.unexplained > MOST_UNEXPLAINED:
        why = "its cells don't lie where their names say"
    else:
        why = ""
    # The reference's origin in the recording (its cells lie closer together: medians do), then the middle.
    origin = as_it_is.middle - as_it_is.turn.T @ as_it_is.aim / max(as_it_is.scale, 0.2)
    centre = origin + as_it_is.turn.T @ MIDDLE_UM
    return _Fit(as_it_is.turn, centre, why, bool(mirrored))


@dataclass(frozen=True)
class _Laid:
    turn: np.ndarray  # orthogonal
    scale: float
    middle: np.ndarray
    aim: np.ndarray  # where the middle comes to lie
    unexplained: float  # share of the reference's spread that the best turn and one scale leave
    flat: bool  # all in a line: a turn about it is left open


def _laid_over(place: np.ndarray, aim: np.ndarray) -> tuple[_Laid, _Laid]:
    """The best turn of `place` onto `aim`, and the best with a reflection (Kabsch 1976)."""
    middle, at = place.mean(axis=0), aim.mean(axis=0)
    here, there = place - middle, aim - at
    left, strength, right = np.linalg.svd(here.T @ there)
    proper = 1.0 if np.linalg.det(left @ right) > 0 else -1.0
    own, total = max(float((here**2).sum()), 1e-12), max(float((there**2).sum()), 1e-12)
    found = []
    for sign in (proper, -proper):
        turn = (left @ np.diag([1.0, 1.0, sign]) @ right).T
        agree = strength[0] + strength[1] + sign * strength[2]
        unexplained = 1 - max(agree, 0.0) ** 2 / (own * total)
        found.append(_Laid(turn, agree / own, middle, at, unexplained, strength[1] < 1e-3 * strength[0]))
    return found[0], found[1]
