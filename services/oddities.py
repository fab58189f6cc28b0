"""What is odd about an embryo though it may come in: short words for tables, a whole sentence for each.

The numbers were chosen on the 69 real embryos: most start at 4 cells or fewer, a full one reaches 340
cells or more, and where tracking stops for most of the embryo the last frame holds a third or less.
"""

from functools import cache

import numpy as np

from services.cd_file import EXPRESSION
from services.lineage import is_over_deep, is_sulston, reference
from services.recording import Recording

FLAGS: dict[str, str] = {
    "simulated": "This embryo was simulated; nobody recorded it.",
    "starts late": "The recording starts with more than 4 cells, so early divisions are missing.",
    "stops early": "The recording ends before 250 cells.",
    "tracking falls off": (
        "The last frame holds less than 70% of the most cells followed at once: "
        "the cells that are missing were no longer tracked, they did not die."
    ),
    "negative times": "Some rows lie at frames before the recording starts, with a gap after them.",
    "missing frames": "Some frames between the first and the last have no row.",
    "unnamed nuclei": "Some nuclei have no name of the lineage, such as Nuc1.",
    "duplicate keys": (
        "Some cells have two rows at one frame. The first row in the file counts; the kept file has both."
    ),
    "no expression": "All five expression columns are zero throughout.",
    "over-deep names": (
        "Some names are longer than any in the embryonic lineage of C. elegans: another species, or misnamed."
    ),
    "mirrored": (
        "The cells lie as in a mirror image of the reference embryo: flipped when it was recorded, or "
        "named so. Left and right can't be trusted. It is shown as it came."
    ),
    "size not positive": "Some nuclei have a diameter of zero or less.",
    "unclear date": "The digits in the name where the date of recording stands are no day.",
}
LATE_START = 4
FULL_EMBRYO = 250
FALLEN_OFF = 0.7
MIRROR_CELLS = 60  # of the reference that must be there to tell a mirror image
MIRRORED_FIT = 0.85  # squared misfit as a mirror image by misfit as it is; 3 to 14 where it is none


def flags(recording: Recording, pixel_um: float, plane_um: float) -> list[str]:
    """The words of `FLAGS` that hold for a recording, in their order. Sizes in µm a pixel and a plane."""
    counts = recording.counts
    odd_names = [_name_oddity(name) for name in recording.names]
    holds = {
        "starts late": _starting_cells(recording) > LATE_START,
        "stops early": counts.max() < FULL_EMBRYO,
        "tracking falls off": counts[-1] < FALLEN_OFF * counts.max(),
        "negative times": int(recording.first.min()) < recording.first_frame,
        "missing frames": not counts.all(),
        "unnamed nuclei": "unnamed" in odd_names,
        "duplicate keys": recording.duplicates > 0,
        "no expression": not any(recording.column(column).any() for column in EXPRESSION),
        "over-deep names": "deep" in odd_names,
        "mirrored": is_mirrored(recording, pixel_um, plane_um),
        "size not positive": recording.column("size").min() <= 0,
    }
    return [word for word in FLAGS if holds.get(word)]


def _starting_cells(recording: Recording) -> int:
    """Cells at the start; nuclei without a name count only where none has one: polar bodies are no cells."""
    start = recording.first_frame
    there = np.flatnonzero((recording.first <= start) & (recording.last >= start))
    named = sum(is_sulston(recording.names[cell]) for cell in there)
    return named or int(recording.counts[0])


@cache
def _usual_names() -> frozenset[str]:
    return frozenset(reference().index)


def _name_oddity(name: str) -> str:
    if name in _usual_names():
        return ""
    if not is_sulston(name):
        return "unnamed"
    return "deep" if is_over_deep(name) else ""


@cache
def _reference_places() -> dict[str, np.ndarray]:
    """Where cells of 40 to 165 minutes end their life in the reference, µm: the embryo lies still by then."""
    lineage = reference()
    still = lineage[(lineage["birth_min"] >= 40) & (lineage["division_min"] <= 165)]
    return dict(zip(still.index, still[["x_end", "y_end", "z_end"]].to_numpy(), strict=True))


def is_mirrored(recording: Recording, pixel_um: float, plane_um: float) -> bool:
    """Whether the cells fit the reference clearly better as a mirror image than by any proper rotation.

    Orthogonal Procrustes on the places of cells at the end of their life; a negative determinant of
    the best orthogonal map is a reflection.
    """
    places = _reference_places()
    known = [index for index, name in enumerate(recording.names) if name in places]
    if len(known) < MIRROR_CELLS:
        return False
    ends = (recording.start + recording.length - 1)[known]
    here = np.stack([recording.column(axis)[ends] for axis in "xyz"], axis=1) * (pixel_um, pixel_um, plane_um)
    there = np.array([places[recording.names[index]] for index in known])
    here, there = here - here.mean(axis=0), there - there.mean(axis=0)
    together = here.T @ there
    strengths = np.linalg.svd(together, compute_uv=False)
    turned = np.copysign(strengths[2], np.linalg.det(together))
    spread = (here**2).sum() + (there**2).sum()
    as_it_is = spread - 2 * (strengths[0] + strengths[1] + turned)
    as_mirror_image = spread - 2 * (strengths[0] + strengths[1] - turned)
    return bool(as_mirror_image < MIRRORED_FIT * as_it_is)
