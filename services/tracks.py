"""One embryo as a small binary that the browser keeps.

It stands in the file's own units (pixels, planes, frames), so that a corrected calibration, gene or date
changes nothing in it: its address is the checksum of the CD file and the version of this format, and may
be kept for ever by any cache. Calibration, minutes and colours come with the page.

The form, version 1, before compression:

- 4 bytes `BLTR`, 4 bytes length of the header (little-endian), the header as JSON in UTF-8, the columns.
- Header: `format`; `rows`; `start`, the frame at which the recording begins (rows before it are strays);
  `names`, the cells in lineage order (a mother before her daughters, anterior
  first, unnamed nuclei last); `mothers`, for each cell the index of its mother in `names`, -1 where she
  isn't followed; `counts`, the rows of each cell; `columns`, in the order in which they follow.
- Rows lie cell after cell in the order of `names`, each cell's by time.
- A column is `{"name", "scale", "of", "steps", "planes"}`. Its value is an integer divided by `scale`.
  The integers are stored less those of column `of` (null: less nothing; always an earlier column), where
  `steps` is true as the step from the row above (from 0 at first), then zigzag (0, -1, 1, -2 … is
  0, 1, 2, 3 …), and then byte by byte: `planes` times `rows` bytes, the lowest bytes of all rows first.
  Where `planes` is 0 the column holds `rows` doubles (little-endian) instead: for what is no decimal of
  up to three places.

`gweight` is left out: no view draws it, and it would be a quarter of the bytes.
"""

import gzip
import json
import os
import re
import struct
import tempfile
import threading
from pathlib import Path

import numpy
import pandas
from sqlalchemy import select

from services import lineage
from services.database import embryos
from services.embryos import EmbryoStore, NoSuchEmbryo

FORMAT = 1
MAGIC = b"BLTR"
SCALES = (1, 10, 100, 1000)
LARGEST = 2**28  # so that differences and steps stay within 32 bits
FILE_NAME = re.compile(rf"([0-9a-f]{{64}})-{FORMAT}\.bin")

# Column -> the column that it is stored as a difference from, and whether in steps from row to row: what
# came out smallest on real files. `global` is `none` less 25,000 in most, which then costs nothing.
_COLUMNS: dict[str, tuple[str | None, bool]] = {
    "time": (None, True),
    "x": (None, True),
    "y": (None, True),
    "z": (None, True),
    "size": (None, True),
    "none": (None, True),
    "global": ("none", False),
    "local": ("none", True),
    "blot": ("local", False),
    "cross": ("none", True),
}


def file_name(checksum: str) -> str:
    """The last part of the address of the tracks of the embryo whose CD file has this checksum."""
    return f"{checksum}-{FORMAT}.bin"


def pack(table: pandas.DataFrame, start: int | None = None) -> bytes:
    """The tracks of one embryo, not compressed.

    `table` has one row a nucleus and frame, no `cell, time` twice, with the columns cell, time, x, y, z,
    size and the five measures of expression, in file units and in any order. `start` is the frame at which
    the recording begins, by default its first row's.
    """
    names = lineage.in_order(str(name) for name in table["cell"].unique())
    place = {name: index for index, name in enumerate(names)}
    cell = table["cell"].astype(str).map(place).to_numpy()
    order = numpy.lexsort((table["time"].to_numpy(), cell))
    columns, bodies = _columns(table, order)
    header = {
        "format": FORMAT,
        "rows": len(table),
        "start": int(table["time"].min()) if start is None else start,
        "names": names,
        "mothers": [place.get(lineage.track_mother(name) or "", -1) for name in names],
        "counts": numpy.bincount(cell, minlength=len(names)).tolist(),
        "columns": columns,
    }
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    return b"".join([MAGIC, struct.pack("<I", len(head)), head, *bodies])


def unpack(packed: bytes) -> pandas.DataFrame:
    """The rows of `pack`'s table in lineage order: cell and the columns of the format.

    Raises `ValueError` when these aren't tracks of this version.
    """
    if packed[:4] != MAGIC:
        raise ValueError("these bytes are no tracks of an embryo")
    (length,) = struct.unpack_from("<I", packed, 4)
    header = json.loads(packed[8 : 8 + length])
    if header["format"] != FORMAT:
        raise ValueError(f"tracks of format {header['format']}; expected {FORMAT}")
    found: dict[str, object] = {"cell": numpy.repeat(header["names"], header["counts"])}
    integers: dict[str, numpy.ndarray] = {}
    rows, at = header["rows"], 8 + length
    for column in header["columns"]:
        size = rows * (column["planes"] or 8)
        body, at = packed[at : at + size], at + size
        if not column["planes"]:
            found[column["name"]] = numpy.frombuffer(body, "<f8")
            continue
        values = _from_planes(body, rows)
        if column["steps"]:
            values = numpy.cumsum(values)
        if column["of"] is not None:
            values = values + integers[column["of"]]
        integers[column["name"]] = values
        found[column["name"]] = values / column["scale"] if column["scale"] != 1 else values
    return pandas.DataFrame(found)


def _columns(table: pandas.DataFrame, order: numpy.ndarray) -> tuple[list[dict[str, object]], list[bytes]]:
    described: list[dict[str, object]] = []
    bodies = []
    integers: dict[str, tuple[numpy.ndarray, int]] = {}
    for name, (of, steps) in _COLUMNS.items():
        values = table[name].to_numpy(dtype=float)[order]
        exact = _as_integers(values)
        if exact is None:
            described.append({"name": name, "scale": 1, "of": None, "steps": False, "planes": 0})
            bodies.append(values.astype("<f8").tobytes())
            continue
        whole, scale = exact
        base = integers.get(of or "")
        if base is None or base[1] != scale:  # a difference of differently scaled numbers would be none
            of = None
        stored = whole - base[0] if of and base else whole
        stored = numpy.diff(stored, prepend=0) if steps else stored
        integers[name] = (whole, scale)
        planes = _to_planes(stored)
        described.append({"name": name, "scale": scale, "of": of, "steps": steps, "planes": len(planes)})
        bodies.extend(planes)
    return described, bodies


def _as_integers(values: numpy.ndarray) -> tuple[numpy.ndarray, int] | None:
    """`values` times the smallest scale that makes all of them whole without loss; None where none does."""
    if not numpy.isfinite(values).all():
        return None
    for scale in SCALES:
        whole = numpy.round(values * scale)
        if values.size and numpy.abs(whole).max() >= LARGEST:
            return None
        if numpy.array_equal(whole / scale, values):
            return whole.astype(numpy.int64), scale
    return None


def _to_planes(values: numpy.ndarray) -> list[bytes]:
    zigzag = ((values << 1) ^ (values >> 63)).astype(numpy.uint32)
    largest = int(zigzag.max()) if zigzag.size else 0
    return [
        (zigzag >> numpy.uint32(shift)).astype(numpy.uint8).tobytes()
        for shift in range(0, max(largest.bit_length(), 1), 8)
    ]


def _from_planes(body: bytes, rows: int) -> numpy.ndarray:
    planes = numpy.frombuffer(body, numpy.uint8).reshape(-1, rows).astype(numpy.int64)
    zigzag = (planes << (8 * numpy.arange(len(planes)))[:, None]).sum(axis=0)
    return (zigzag >> 1) ^ -(zigzag & 1)


class TrackFiles:
    """The compressed tracks of the store's embryos: made when first asked for, then read from `folder`."""

    def __init__(self, store: EmbryoStore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._making = threading.Lock()

    def read(self, checksum: str) -> bytes:
        """The gzipped tracks of the embryo whose CD file has this checksum (SHA-256, hex).

        Raises `NoSuchEmbryo` when the store holds none, or a deleted one.
        """
        wanted = select(embryos.c.id).where(embryos.c.checksum == checksum, embryos.c.deleted.is_(None))
        with self._store.engine.connect() as connection:
            embryo_id = connection.execute(wanted).scalar()
        if embryo_id is None:
            raise NoSuchEmbryo(f"no embryo has a file with the checksum {checksum[:12]}…")
        kept = self._folder / f"{file_name(checksum)}.gz"
        if (packed := _bytes_of(kept)) is not None:
            return packed
        with self._making:  # one after another: many at once take no less time, and a hundred MB more
            if (packed := _bytes_of(kept)) is not None:
                return packed
            table, embryo = self._store.table(embryo_id), self._store.get(embryo_id)
            packed = gzip.compress(pack(table, embryo.first_frame), 9, mtime=0)
            self._keep(kept, packed)
        return packed

    def _keep(self, kept: Path, packed: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(dir=self._folder)  # a reader never meets half a file
        with os.fdopen(descriptor, "wb") as file:
            file.write(packed)
        Path(beside).replace(kept)


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
