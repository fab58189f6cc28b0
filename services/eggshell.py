"""The eggshell, as far as nuclei tell of it: no recording shows the shell itself.

An estimate: the smallest ellipsoid along given axes that holds every nucleus, with its radius, over the whole
recording. The true shell lies outside it by what is cytoplasm and space between the outermost nuclei and the
shell, and by much where only few cells were followed.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

DIRECTIONS = 200  # in which nuclei are asked for the outermost: no place farther than 10.3° from one
FAR_AT_FIRST = 6.0  # a nucleus farther from the middle than so many medians is a stray (axis by axis)
FAR = 2.4  # and than so many, measured in the shape of the whole; 1.8 is the farthest in 69 real embryos
ROUNDS = 80  # of the search for the smallest; its volume is then within 1% of where it would end
LEAST_RADIUS_UM = 0.5  # where a file gives a nucleus no diameter


@dataclass(frozen=True)
class Shell:
    """An ellipsoid along the axes of the places that it was made from, in µm."""

    centre: np.ndarray
    semiaxes: np.ndarray


@cache
def _directions() -> np.ndarray:
    """Unit vectors (DIRECTIONS, 3), evenly over the sphere (Fibonacci's spiral), and the six along the axes."""
    step = np.arange(DIRECTIONS) + 0.5
    height, turn = 1 - 2 * step / DIRECTIONS, np.pi * (1 + 5**0.5) * step
    level = np.sqrt(1 - height**2)
    spiral = np.stack([level * np.cos(turn), level * np.sin(turn), height], axis=1)
    return np.concatenate([spiral, np.eye(3), -np.eye(3)])


def without_strays(place: np.ndarray) -> np.ndarray:
    """Which of `place` (n, 3) belong to the embryo: a mask without those that lie far away from all others."""
    middle = np.median(place, axis=0)
    away = np.abs(place - middle)
    inside = np.asarray((away <= FAR_AT_FIRST * np.median(away, axis=0) + 3.0).all(axis=1))
    for _round in range(2):
        kept = place[inside]
        if len(kept) < 8:
            return inside
        centre = kept.mean(axis=0)
        spread = np.cov((kept - centre).T) + 0.01 * np.eye(3)
        shape = np.linalg.cholesky(np.linalg.inv(spread))
        distance = np.sqrt(np.square((place - centre) @ shape).sum(axis=1))
        inside = distance <= FAR * max(float(np.median(distance[inside])), 1.0)
    return inside


def smallest_shell(place: np.ndarray, radius: np.ndarray) -> Shell:
    """The smallest ellipsoid along the axes of `place` ((n, 3) µm) that holds nuclei of `radius` ((n,) µm).

    Strays are left out, see `without_strays`. Outermost nuclei are found in many directions; of their
    outermost points the minimum-volume ellipsoid is found by multiplicative weights (Titterington 1976,
    Algorithms for computing D-optimal designs), its axes held, and then opened until it holds every nucleus.
    Without any nucleus a sphere of 1 µm at the origin.
    """
    if len(place) == 0:
        return Shell(np.zeros(3), np.ones(3))
    inside = without_strays(place)
    place, radius = place[inside], np.maximum(radius[inside], LEAST_RADIUS_UM)
    directions = _directions()
    nuclei = np.concatenate([place, radius[:, None]], axis=1).astype(np.float32)
    towards = np.concatenate([directions, np.ones((len(directions), 1))], axis=1).astype(np.float32)
    reach = towards @ nuclei.T  # how far each reaches in each direction, its radius included
    outermost = reach.argmax(axis=1)
    points = place[outermost] + radius[outermost, None] * directions
    weights = np.full(len(points), 1 / len(points))
    for _round in range(ROUNDS):
        centre = weights @ points
        square = np.square(points - centre)
        variance = weights @ square + 1e-9
        weights *= (square / variance).sum(axis=1) / 3
        weights /= weights.sum()
    centre = weights @ points
    semiaxes = np.sqrt(3 * (weights @ np.square(points - centre)) + 1e-9)
    farthest = reach[np.arange(len(directions)), outermost].astype(float)
    # An ellipsoid reaches |semiaxes · direction| from its centre: each nucleus must end before that.
    needed = (farthest - directions @ centre) / np.sqrt(np.square(directions * semiaxes).sum(axis=1))
    return Shell(centre, semiaxes * max(float(needed.max()), 1e-3))
