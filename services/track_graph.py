"""An embryo as tracks and the links between them: what tracking programs exchange.

A track is one cell's rows in order of time. Rows before the recording starts are strays (services/recording.py)
and make a track of their own. A cell's track goes on over frames in which it wasn't seen. A daughter's track is
linked to her mother's where the mother is followed and her last row lies before the daughter's first.
"""

from dataclasses import dataclass

import numpy as np
import pandas

from services import lineage


@dataclass(frozen=True)
class TrackGraph:
    """`rows` are the embryo's, track after track in lineage order, each by time, numbered from 0.

    For each row `track`, its track. For each track its cell's `names`, its rows `first` and `last`, and
    `mothers`, her track or -1. `links` (n, 2) are pairs of rows: a nucleus and the next of its track;
    `births` (m, 2): the mother's last and the daughter's first.
    """

    rows: pandas.DataFrame
    track: np.ndarray
    names: list[str]
    first: np.ndarray
    last: np.ndarray
    mothers: np.ndarray

    @property
    def links(self) -> np.ndarray:
        before = np.flatnonzero(np.diff(self.track) == 0)
        return np.stack([before, before + 1], axis=1)

    @property
    def births(self) -> np.ndarray:
        born = np.flatnonzero(self.mothers >= 0)
        return np.stack([self.last[self.mothers[born]], self.first[born]], axis=1)


def from_frame_0(table: pandas.DataFrame) -> pandas.DataFrame:
    """The rows that napari takes: it refuses a track with negative times, which only strays have.

    All of them where no other is there.
    """
    kept = table[table["time"] >= 0]
    return kept if len(kept) else table


def track_graph(table: pandas.DataFrame, first_frame: int) -> TrackGraph:
    """The tracks of an embryo; `table` is EmbryoStore.table's, `first_frame` where its recording starts."""
    cells = lineage.in_order(str(name) for name in table["cell"].unique())
    place = {name: index for index, name in enumerate(cells)}
    cell = table["cell"].astype(str).map(place).to_numpy()
    time = table["time"].to_numpy()
    order = np.lexsort((time, cell))
    cell, time = cell[order], time[order]
    begins = np.ones(len(order), bool)
    begins[1:] = (np.diff(cell) != 0) | ((time[:-1] < first_frame) & (time[1:] >= first_frame))
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(order)) - 1
    names = [cells[index] for index in cell[first]]
    followed = {name: track for track, name in enumerate(names) if time[first[track]] >= first_frame}
    mothers = np.full(len(names), -1)
    for name, track in followed.items():
        above = followed.get(lineage.track_mother(name) or "", -1)
        if above >= 0 and time[last[above]] < time[first[track]]:
            mothers[track] = above
    return TrackGraph(
        rows=table.iloc[order].reset_index(drop=True),
        track=np.cumsum(begins) - 1,
        names=names,
        first=first,
        last=last,
        mothers=mothers,
    )
