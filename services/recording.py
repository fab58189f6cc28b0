"""One embryo's rows in order: grouped by cell, by time within a cell, one row per cell and frame."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pyarrow

from services import acetree, cd_file
from services.archives import is_zip


@dataclass(frozen=True)
class Recording:
    """`table` has cd_file.NEEDED, `cell` as a dictionary; `names` its cells as they first appear in the file.

    `start[i]` is the first row of `names[i]`, `length[i]` how many rows it has; `time` the frame of each row.
    `duplicates` rows that repeated a cell and frame are left out: the first of them in the file stays.
    `told` is what else the file says of itself, name to words.
    """

    table: pyarrow.Table
    names: list[str]
    start: np.ndarray
    length: np.ndarray
    time: np.ndarray
    duplicates: int
    told: dict[str, str] = field(default_factory=dict)

    @cached_property
    def first(self) -> np.ndarray:
        """First frame of each cell."""
        return self.time[self.start]

    @cached_property
    def last(self) -> np.ndarray:
        """Last frame of each cell."""
        return self.time[self.start + self.length - 1]

    @cached_property
    def first_frame(self) -> int:
        """Where the recording starts: the first frame at or after 1.

        Stray rows of founders lie before it, with a gap between. A recording whose frames count from 0
        is told from those by having frame 0 and frame 1 and nothing before.
        """
        least = int(self.time.min())
        positive = self.time[self.time >= 1]
        if not len(positive) or (least == 0 and int(positive.min()) == 1):
            return least
        return int(positive.min())

    @property
    def last_frame(self) -> int:
        """The last frame that has a row."""
        return int(self.time.max())

    @cached_property
    def counts(self) -> np.ndarray:
        """Cells at each frame from `first_frame` to `last_frame`."""
        inside = self.time[self.time >= self.first_frame]
        return np.bincount(inside - self.first_frame)

    def column(self, name: str) -> np.ndarray:
        """One numeric column as float64."""
        return self.table[name].to_numpy().astype("float64", copy=False)


def read(raw: bytes, file_name: str, limit: int) -> Recording:
    """The recording in a CD file or an AceTree nuclei zip. `limit` is the most bytes of text that a zip

    may hold. Raises `BadFile`.
    """
    if not is_zip(raw):
        return arrange(cd_file.parse(raw, file_name))
    nuclei = acetree.parse(raw, file_name, limit)
    return replace(arrange(nuclei.table), told=nuclei.told)


def arrange(parsed: pyarrow.Table) -> Recording:
    """The rows of `cd_file.parse` in order, the first of each cell and frame."""
    parsed = parsed.unify_dictionaries().combine_chunks()  # nothing to do after the fast reader
    cell = parsed["cell"].chunk(0)
    codes, time = cell.indices.to_numpy(), parsed["time"].to_numpy()
    step, pause = np.diff(codes), np.diff(time)
    if ((step < 0) | ((step == 0) & (pause < 0))).any():
        order = np.lexsort((time, codes))
        parsed, codes, time = parsed.take(order), codes[order], time[order]
        step, pause = np.diff(codes), np.diff(time)
    repeated = (step == 0) & (pause == 0)
    duplicates = int(repeated.sum())
    if duplicates:
        kept = np.concatenate([[True], ~repeated])
        parsed, codes, time = parsed.filter(pyarrow.array(kept)), codes[kept], time[kept]
        step = np.diff(codes)
    start = np.concatenate([[0], np.flatnonzero(step) + 1])
    length = np.diff(np.append(start, len(codes)))
    names = cell.dictionary.to_pylist()
    return Recording(parsed, [names[code] for code in codes[start]], start, length, time, duplicates)
