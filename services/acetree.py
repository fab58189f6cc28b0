"""AceTree's nuclei zip, in and out: one text file a frame, `nuclei/t001-nuclei`, one line a nucleus.

The form is that of AceTree (Boyle et al. 2006; its classes Nucleus, NucleiMgr and NucZipper), 20 fields
between commas:

| field | what it is |
|---|---|
| 1 | index in the frame, from 1: what links refer to |
| 2 | 1 when valid; 0 for a nucleus that was deleted, which is no row |
| 3 | index of the predecessor in the frame before, -1 without one |
| 4, 5 | indices of one successor, or of two where it divides, in the next frame; else -1 |
| 6, 7, 8 | x, y (pixels), z (planes) |
| 9 | diameter (pixels): a CD file's `size` |
| 10 | name |
| 11 | intensity of the lineage marker: a CD file's `gweight` |
| 12, 13, 14 | reporter as AceTree shows it, its sum, and the voxels it was summed over: in no CD file |
| 15 | a name that somebody forced on AceTree |
| 16 | raw reporter: `none` |
| 17 to 20 | what the corrections take away: `global`, `local`, `blot`, `cross` are `none` less each |

As AceTree does, links follow the predecessor, and one that leads to a deleted nucleus leads nowhere. They
join neighbouring frames only, so that they can't run in a circle.

Nuclei without a name of the lineage are tracks: a line of links without a division is one track under one
name, its own (`Nuc145_62_440_416`) or, where it has none, `Nuc0001` and so on. Daughters of a numbered
track are named after it with `a` and `p`, which only tells them apart; AceTree's own names do the same, so
that lineage.track_mother finds their mother. Where a cell of the lineage has daughters without a name, that
they are hers is lost: a row has no place for it.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas
import pyarrow
import pyarrow.compute

from services import lineage
from services.archives import CheckedZip
from services.cd_file import (
    LARGEST_FRAME,
    LARGEST_PLACE,
    LARGEST_SIGNAL,
    LONGEST_NAME,
    NEEDED,
    BadFile,
)
from services.track_graph import track_graph

FEWEST_FIELDS = 11  # series without a reporter end here
MOST_FRAMES = 5_000  # of a recording whose empty frames are written too
LONGEST_OWN_NAME = 60  # letters after which a division of a track without a name starts a new name
_ENTRY = re.compile(r"(?:^|/)nuclei/t([0-9]{1,9})-nuclei$")
_WHOLE = r"^[+-]?[0-9]{1,15}$"
_DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_LINKS = ("predecessor", "successor 1", "successor 2")
_NAME, _FORCED = 9, 14  # places of the fields that are text
# Field -> its place in a line. Whole numbers first, then those that may have a point.
_WHOLE_FIELDS = {"index": 0, "valid": 1, "predecessor": 2, "successor 1": 3, "successor 2": 4}
_NUMBERS = {"x": 5, "y": 6, "z": 7, "size": 8, "gweight": 10}
_REPORTER = {"none": 15, "global": 16, "local": 17, "blot": 18, "cross": 19}
_PLACES = ("x", "y", "z", "size")
_LARGEST_WHOLE = 2**31 - 1  # AceTree's own numbers have 32 bits


@dataclass(frozen=True)
class Nuclei:
    """The rows of a nuclei zip as cd_file.parse gives those of a CD file, and what else is to be told."""

    table: pyarrow.Table
    told: dict[str, str]


def is_nuclei(entry: str) -> bool:
    """Whether an entry of a zip is the nuclei of one frame."""
    return _ENTRY.search(entry) is not None


def parse(raw: bytes, file_name: str, limit: int) -> Nuclei:
    """The valid nuclei of an AceTree zip. `limit` is the most bytes of text it may hold. Raises `BadFile`."""
    checked = CheckedZip(raw, file_name, limit, only=is_nuclei, setting="BLASTOSCOPE_FILE_MB")
    with checked:
        entries = _by_frame((entry.filename for entry in checked.entries), file_name)
        by_name = {entry.filename: entry for entry in checked.entries}
        frames = {
            frame: _read_frame(checked.read(by_name[name]), f"{file_name}: {name}", frame)
            for frame, name in entries.items()
        }
    linked = [_link(frames, frame) for frame in frames]
    if not any(one.valid.any() for one in linked):
        raise BadFile(file_name, None, "no valid nucleus in any frame", "at least one")
    return Nuclei(_as_table(linked), _told(linked))


# ---- reading


@dataclass
class _Frame:
    """The nuclei of one frame: columns of equal length, and for each line its number in the file."""

    name: str
    frame: int
    line: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    whole: dict[str, np.ndarray] = field(default_factory=dict)
    numbers: dict[str, np.ndarray] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    mother: np.ndarray = field(
        default_factory=lambda: np.zeros(0, int)
    )  # position in the frame before, or -1
    second: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))  # she names it her successor 2

    @property
    def valid(self) -> np.ndarray:
        return self.whole["valid"] > 0 if self.whole else np.zeros(0, bool)

    def positions(self, index: np.ndarray) -> np.ndarray:
        """Where in this frame the nuclei of these indices stand; -1 for what isn't there."""
        if not len(self.line):
            return np.full(len(index), -1)
        order = np.argsort(self.whole["index"])
        own = self.whole["index"][order]
        at = np.minimum(np.searchsorted(own, index), len(own) - 1)
        return np.where(own[at] == index, order[at], -1)


def _by_frame(names: Iterable[str], file_name: str) -> dict[int, str]:
    """Frame to entry, by frame; refused when it isn't one embryo's."""
    found: dict[int, str] = {}
    folders = set()
    for name in names:
        match = _ENTRY.search(name)
        assert match is not None
        frame = int(match[1])
        folders.add(name[: match.start()])
        if frame > LARGEST_FRAME:
            raise BadFile(file_name, None, f"frame {frame}", f"frames up to {LARGEST_FRAME}")
        if len(folders) > 1:
            raise BadFile(file_name, None, "nuclei of several embryos", "a zip for each embryo")
        if frame in found:
            raise BadFile(file_name, None, f"two entries for frame {frame}", "one entry for each frame")
        found[frame] = name
    if not found:
        expected = "nuclei/t001-nuclei and so on, as AceTree writes it, or a CD file"
        raise BadFile(file_name, None, "a zip without nuclei", expected)
    return dict(sorted(found.items()))


def _read_frame(raw: bytes, name: str, number: int) -> _Frame:
    frame = _Frame(name, number)
    lines, rows = _split(raw, name)
    if not rows:
        return frame
    frame.line = np.array(lines)
    columns = list(zip(*rows, strict=True))
    for what, place in _WHOLE_FIELDS.items():
        frame.whole[what] = _whole(columns[place], what, frame)
    for what, place in _NUMBERS.items():
        frame.numbers[what] = _decimal(columns[place], what, frame)
    for what, place in _REPORTER.items():
        texts = tuple(text or "0" for text in columns[place])
        frame.numbers[what] = _decimal(texts, what, frame)
    frame.names = [name or forced for name, forced in zip(columns[_NAME], columns[_FORCED], strict=True)]
    _check_names(frame)
    _check_indices(frame)
    return frame


def _split(raw: bytes, name: str) -> tuple[list[int], list[list[str]]]:
    """Line numbers and fields, 20 a line, of the lines that aren't blank."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        wrong = raw.count(b"\n", 0, error.start) + 1
        raise BadFile(name, wrong, "bytes that are not UTF-8", "UTF-8 text") from None
    lines, rows = [], []
    for number, line in enumerate(text.split("\n"), 1):
        fields = [part.strip() for part in line.split(",", 21)[:20]]
        if len(fields) >= FEWEST_FIELDS:
            lines.append(number)
            rows.append(fields + [""] * (20 - len(fields)))
        elif line.strip():
            found = f"{len(fields)} fields" if len(fields) > 1 else f"{line.strip()[:40]!r}"
            expected = (
                "index, valid, predecessor, two successors, x, y, z, size, name, weight … between commas"
            )
            raise BadFile(name, number, found, expected)
    return lines, rows


def _whole(texts: tuple[str, ...], what: str, frame: _Frame) -> np.ndarray:
    if what in _LINKS:  # StarryNite says nill
        texts = tuple("-1" if text == "nill" else text for text in texts)
    numbers = _numbers(texts, _WHOLE, pyarrow.int64(), what, frame, "a whole number")
    return numbers.astype("int64")


def _decimal(texts: tuple[str, ...], what: str, frame: _Frame) -> np.ndarray:
    numbers = _numbers(texts, _DECIMAL, pyarrow.float64(), what, frame, "a number")
    limit = LARGEST_PLACE if what in _PLACES else LARGEST_SIGNAL
    wrong = np.flatnonzero(~(np.abs(numbers) <= limit))
    if len(wrong):
        _refuse(frame, wrong[0], f"{texts[wrong[0]][:40]!r} as {what}", f"from {-limit:g} to {limit:g}")
    return numbers


def _numbers(
    texts: tuple[str, ...], form: str, kind: pyarrow.DataType, what: str, frame: _Frame, expected: str
) -> np.ndarray:
    column = pyarrow.array(texts, pyarrow.string())
    sound = pyarrow.compute.match_substring_regex(column, form)
    if not pyarrow.compute.all(sound).as_py():
        wrong = sound.index(False).as_py()
        _refuse(frame, wrong, f"{texts[wrong][:40]!r} as {what}", expected)
    without_plus = pyarrow.compute.utf8_ltrim(column, "+")
    return without_plus.cast(kind).to_numpy(zero_copy_only=False)


def _check_names(frame: _Frame) -> None:
    joined = "".join(frame.names)
    if joined.isprintable() and max(map(len, frame.names)) <= LONGEST_NAME:
        return
    for at, name in enumerate(frame.names):
        if not name.isprintable() or len(name) > LONGEST_NAME:
            _refuse(frame, at, f"{name[:40]!r} as name", f"a name of at most {LONGEST_NAME} characters")


def _check_indices(frame: _Frame) -> None:
    index = frame.whole["index"]
    if (wrong := np.flatnonzero((index < 1) | (index > LARGEST_FRAME))).size:
        _refuse(frame, wrong[0], f"{index[wrong[0]]} as index", f"a number from 1 to {LARGEST_FRAME}")
    first = np.unique(index, return_index=True)[1]
    if len(first) < len(index):
        again = np.setdiff1d(np.arange(len(index)), first)[0]
        _refuse(frame, again, f"index {index[again]} a second time", "each index once in a frame")


def _refuse(frame: _Frame, at: int, found: str, expected: str) -> None:
    raise BadFile(frame.name, int(frame.line[at]), found, expected)


def _link(frames: Mapping[int, _Frame], number: int) -> _Frame:
    """Fill in where each nucleus of a frame comes from; refuse links to what isn't there."""
    frame = frames[number]
    before, after = frames.get(number - 1), frames.get(number + 1)
    frame.mother = np.full(len(frame.line), -1)
    frame.second = np.zeros(len(frame.line), bool)
    if not len(frame.line):
        return frame
    if before is not None and len(before.line):  # else the recording was cut here
        frame.mother = _followed(frame, "predecessor", before)
        frame.mother[frame.mother >= 0] = np.where(
            before.valid[frame.mother[frame.mother >= 0]], frame.mother[frame.mother >= 0], -1
        )
        known = frame.mother >= 0
        seconds = before.whole["successor 2"][frame.mother[known]]
        frame.second[known] = seconds == frame.whole["index"][known]
    if after is not None and len(after.line):
        for which in _LINKS[1:]:
            _followed(frame, which, after)
    return frame


def _followed(frame: _Frame, link: str, other: _Frame) -> np.ndarray:
    """Positions in `other` that a link of the valid nuclei leads to, -1 where there is none."""
    index = frame.whole[link]
    asked = frame.valid & (index != -1)
    at = np.where(asked, other.positions(index), -1)
    lost = np.flatnonzero(asked & (at < 0))
    if len(lost):
        found = f"{index[lost[0]]} as {link}, which frame {other.frame} has not"
        _refuse(frame, lost[0], found, f"-1 or one of its {len(other.line)} indices")
    return at


def _as_table(frames: list[_Frame]) -> pyarrow.Table:
    valid = [frame.valid for frame in frames]
    counts = [int(mask.sum()) for mask in valid]
    columns: dict[str, pyarrow.Array] = {
        "cell": pyarrow.array(_cells(frames)).dictionary_encode(),
        "time": pyarrow.array(np.repeat([frame.frame for frame in frames], counts).astype("int64")),
    }

    def values(what: str) -> np.ndarray:
        parts = [frame.numbers[what][mask] for frame, mask in zip(frames, valid, strict=True) if mask.any()]
        return np.concatenate(parts)

    raw = values("none")
    for column in NEEDED[2:]:
        numbers = values(column)
        if column in _REPORTER and column != "none":
            numbers = raw - numbers
        whole = np.array_equal(numbers, np.trunc(numbers))
        columns[column] = pyarrow.array(numbers.astype("int64") if whole else numbers)
    return pyarrow.table(columns)


def _cells(frames: list[_Frame]) -> list[str]:
    """The cell of every valid nucleus, frame by frame: names of the lineage stay, others are tracks'."""
    sulston = {name: lineage.is_sulston(name) for frame in frames for name in set(frame.names)}
    taken = set(sulston)
    tracks = _OwnNames(taken - {""})
    cells: list[str] = []
    above: list[str] = []
    before = -2
    for frame in frames:
        own = [""] * len(frame.names)
        sisters = np.bincount(frame.mother[frame.mother >= 0], minlength=len(above))
        for at in np.flatnonzero(frame.valid):
            name, mother = frame.names[at], frame.mother[at]
            if not sulston[name]:
                linked = above[mother] if mother >= 0 and frame.frame == before + 1 else ""
                parent = linked if linked and not lineage.is_sulston(linked) else ""
                if parent and sisters[mother] == 1:
                    name = parent
                else:
                    name = tracks.new(name, parent, bool(frame.second[at]))
            own[at] = name
            cells.append(name)
        above, before = own, frame.frame
    return cells


class _OwnNames:
    """Names for tracks of nuclei that have none of the lineage; each is given once."""

    def __init__(self, taken: set[str]):
        self._taken = taken  # by nuclei of the file, whether or not their track has come up yet
        self._given: set[str] = set()
        self._number = 0

    def new(self, own: str, mother: str, second: bool) -> str:
        """The name of a track that begins: `own` if it has one and nobody else, else after its mother."""
        if own:
            return self._give(own if own not in self._given else self._free(f"{own}_", 2))
        if len(mother) < LONGEST_OWN_NAME and lineage.track_mother(f"{mother}a") == mother:
            for letter in ("p", "a") if second else ("a", "p"):
                if mother + letter not in self._given | self._taken:
                    return self._give(mother + letter)
        while (name := f"Nuc{self._number + 1:04}") in self._given | self._taken:
            self._number += 1
        self._number += 1
        return self._give(name)

    def _free(self, stem: str, number: int) -> str:
        while f"{stem}{number}" in self._given or f"{stem}{number}" in self._taken:
            number += 1
        return f"{stem}{number}"

    def _give(self, name: str) -> str:
        self._given.add(name)
        return name


def _told(frames: list[_Frame]) -> dict[str, str]:
    filled = sum(bool(frame.valid.any()) for frame in frames)
    deleted = sum(int((~frame.valid).sum()) for frame in frames)
    told = f"{len(frames):,} frames, nuclei in {filled:,} of them"
    return {"AceTree zip": told + (f"; deleted nuclei left out: {deleted:,}" if deleted else "")}


# ---- writing


def write(table: pandas.DataFrame, name: str, first_frame: int, beside: Mapping[str, str]) -> bytes:
    """A nuclei zip of an embryo's rows (EmbryoStore.table's), with its `beside` files: name to text.

    `first_frame` is where the recording starts. Frames before 1 have no place, see `lost`.
    """
    graph = track_graph(table, first_frame)
    rows = graph.rows
    time = rows["time"].to_numpy()
    index = _indices(time)
    links = _links(np.concatenate([graph.links, graph.births]), time, index)
    columns = _columns(rows, index, links)
    names = [str(name).replace(",", "_") for name in graph.names]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for frame, numbers in _frames(time):
            cells = [names[track] for track in graph.track[numbers]]
            archive.writestr(f"nuclei/t{frame:03}-nuclei", _lines(columns, cells, numbers))
        archive.writestr(f"parameters/{name}-parameters", "")
        for file_name, text in beside.items():
            archive.writestr(file_name, text)
    return out.getvalue()


def lost(table: pandas.DataFrame) -> list[str]:
    """What of an embryo's rows a nuclei zip has no place for, a sentence each."""
    told = []
    strays = int((table["time"] < 1).sum())
    if strays:
        told.append(f"Rows at frames before 1 ({strays}): the form counts frames from 1.")
    changed = sum(
        int((table[column].to_numpy() != _as_whole(table[column].to_numpy())).sum())
        for column in ("x", "y", "size", "gweight", *_REPORTER)
    )
    if changed:
        told.append(f"Numbers that were rounded ({changed}): but for z the form holds whole ones of 32 bits.")
    renamed = [name for name in table["cell"].unique() if "," in str(name)]
    if renamed:
        told.append(f"Commas in names ({len(renamed)}): they became underscores.")
    return told


def _indices(time: np.ndarray) -> np.ndarray:
    """The index of each row in its frame, from 1, in the order of the rows."""
    order = np.argsort(time, kind="stable")
    sorted_time = time[order]
    starts = np.flatnonzero(np.diff(sorted_time, prepend=sorted_time[0] - 1))
    counts = np.diff(np.append(starts, len(time)))
    index = np.empty(len(time), int)
    index[order] = np.arange(len(time)) - np.repeat(starts, counts) + 1
    return index


def _links(pairs: np.ndarray, time: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Predecessor and the two successors of each row, from (row, later row) pairs; -1 where there is none."""
    links = np.full((len(time), 3), -1)
    next_to = (time[pairs[:, 1]] == time[pairs[:, 0]] + 1) & (time[pairs[:, 0]] >= 1)
    for before, after in pairs[next_to]:
        links[after, 0] = index[before]
        free = 1 if links[before, 1] < 0 else 2
        if links[before, free] < 0:
            links[before, free] = index[after]
    return links


def _as_whole(values: np.ndarray) -> np.ndarray:
    return np.clip(np.round(values), -_LARGEST_WHOLE, _LARGEST_WHOLE).astype("int64")


def _columns(rows: pandas.DataFrame, index: np.ndarray, links: np.ndarray) -> list[np.ndarray]:
    """What is written of each row, but for its name: indices, links, x, y, z, size, weight, reporter."""
    whole = {what: _as_whole(rows[what].to_numpy()) for what in ("x", "y", "size", "gweight", *_REPORTER)}
    raw = whole["none"]
    taken_away = [raw - whole[what] for what in ("global", "local", "blot", "cross")]
    place = [whole["x"], whole["y"], rows["z"].to_numpy(), whole["size"]]
    return [index, *links.T, *place, whole["gweight"], raw, *taken_away]


def _lines(columns: list[np.ndarray], cells: list[str], numbers: np.ndarray) -> str:
    """The lines of one frame."""
    values = zip(*(column[numbers].tolist() for column in columns), strict=True)
    return "".join(
        f"{n}, 1, {before}, {one}, {two}, {x}, {y}, {z}, {size}, {name}, {weight}, {none}, 0, 0, , "
        f"{none}, {of_global}, {of_local}, {of_blot}, {of_cross}, \n"
        for name, (
            n,
            before,
            one,
            two,
            x,
            y,
            z,
            size,
            weight,
            none,
            of_global,
            of_local,
            of_blot,
            of_cross,
        ) in zip(cells, values, strict=True)
    )


def _frames(time: np.ndarray) -> Iterable[tuple[int, np.ndarray]]:
    """Frames from 1 and their rows; those without rows too, unless they would be very many."""
    kept = np.flatnonzero(time >= 1)
    order = kept[np.argsort(time[kept], kind="stable")]
    frames = {int(time[rows[0]]): rows for rows in np.split(order, np.flatnonzero(np.diff(time[order])) + 1)}
    last = max(frames)
    wanted = range(1, last + 1) if last <= MOST_FRAMES else sorted(frames)
    nothing = order[:0]
    return ((frame, frames.get(frame, nothing)) for frame in wanted)
