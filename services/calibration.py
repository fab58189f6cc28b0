"""Defaults for frame interval, pixel size and plane spacing, which no CD file states.

Each is a guess by what the file shows, comes with words that say from what, and can be corrected.

Frame interval (`interval_s`): the lengths in frames of the cell cycles that are whole in the file,
divided into those of the measured lineage in minutes (services/lineage.py), give seconds per frame; the
median over cells is then taken to the usual interval it is nearest to. Embryos develop at their own pace
(temperature), so the guess is among usual intervals and never a measurement. On the 69 real embryos the
medians lie at 46 to 64 for those of 60 s and at 73 to 106 for those of 90 s, hence the boundary at 68.
With fewer than `FEWEST_CYCLES` cycles the date decides: 60 s before July 2008, 90 s after.

Pixel size (`pixel_um`): 0.09 µm, or 0.087 µm for recordings from 2012 on. Where the cells then extend
along the embryo's longest axis to a length that no embryo has, the size at which they extend 50 µm.

Plane spacing (`plane_um`): 1 µm, or 0.5 µm for recordings from 2012 on. Where the cells then extend in z
to a depth that no embryo has, the usual spacing that brings them nearest to 22 µm.

Sources: FIELD notes on EPIC (Murray et al. 2012, Genome Research 22:1282) and extents measured on the
real embryos: 46 to 56 µm long, 17 to 27 µm deep between the outermost nuclei's centres.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from services.lineage import reference
from services.recording import Recording

FEWEST_CYCLES = 10
USUAL_INTERVALS = (30.0, 60.0, 90.0, 120.0, 180.0, 300.0)
_BOUNDARIES = (42.0, 68.0, 104.0 + 8.0, 147.0, 232.0)  # between neighbours in USUAL_INTERVALS
USUAL_SPACINGS = (0.25, 0.5, 1.0, 2.0)
CELLS_THAT_FILL_AN_EMBRYO = 50
LENGTH_UM = 50.0
DEPTH_UM = 22.0


@dataclass(frozen=True)
class Calibration:
    """Values and, by field, the words that say where each comes from."""

    interval_s: float
    pixel_um: float
    plane_um: float
    whence: dict[str, str]


def guess(recording: Recording, date: str) -> Calibration:
    """The defaults for a recording made on `date` (ISO day, "" where unknown)."""
    interval, interval_words = _interval(recording, date)
    pixel, pixel_words = _pixel(recording, date)
    plane, plane_words = _plane(recording, date)
    whence = {"interval_s": interval_words, "pixel_um": pixel_words, "plane_um": plane_words}
    return Calibration(interval, pixel, plane, whence)


def seconds_per_frame(recording: Recording) -> tuple[float, int]:
    """Median over whole cell cycles of reference length (s) by length in frames, and how many there are."""
    known = _cycles()
    mothers = {name[:-1] for name in recording.names}
    until = recording.last_frame
    ratios = [
        60 * known[name] / (last - first + 1)
        for name, first, last in zip(
            recording.names, recording.first.tolist(), recording.last.tolist(), strict=True
        )
        if name in mothers and name in known and first > recording.first_frame and last < until
    ]
    return (float(np.median(ratios)), len(ratios)) if ratios else (float("nan"), 0)


@cache
def _cycles() -> dict[str, float]:
    """Minutes from birth to division of the cells whose daughters add a letter to their name."""
    lineage = reference()
    length = (lineage["division_min"] - lineage["birth_min"]).dropna()
    return {cell: minutes for cell, minutes in length.items() if minutes > 5}


def _interval(recording: Recording, date: str) -> tuple[float, str]:
    measured, cycles = seconds_per_frame(recording)
    if cycles >= FEWEST_CYCLES:
        usual = USUAL_INTERVALS[int(np.searchsorted(_BOUNDARIES, measured))]
        return usual, f"guessed from the lengths of {cycles} cell cycles"
    if date:
        return (60.0 if date < "2008-07" else 90.0), "guessed from the date of recording"
    return 60.0, "assumed: the file shows too few cell cycles to guess from"


def _pixel(recording: Recording, date: str) -> tuple[float, str]:
    usual = 0.087 if date >= "2012" else 0.09
    words = "guessed from the date of recording" if date else "assumed: usual for EPIC"
    if len(recording.names) < CELLS_THAT_FILL_AN_EMBRYO:
        return usual, words
    place = np.stack([recording.column("x"), recording.column("y")])
    place -= place.mean(axis=1, keepdims=True)
    axes = np.linalg.eigh(place @ place.T)[1]
    length = float(np.ptp(axes[:, 1] @ place))
    if length <= 0 or 35 <= length * usual <= 70:
        return usual, words
    return float(f"{LENGTH_UM / length:.2g}"), "guessed from the embryo's length, taken as 50 µm"


def _plane(recording: Recording, date: str) -> tuple[float, str]:
    usual = 0.5 if date >= "2012" else 1.0
    words = "guessed from the date of recording" if date else "assumed: usual for EPIC"
    depth = float(np.ptp(recording.column("z")))
    if len(recording.names) < CELLS_THAT_FILL_AN_EMBRYO or depth <= 0 or 12 <= depth * usual <= 36:
        return usual, words
    nearest = min(USUAL_SPACINGS, key=lambda spacing: abs(np.log(depth * spacing / DEPTH_UM)))
    return nearest, "guessed from the embryo's depth, taken as 22 µm"
