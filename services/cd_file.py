"""CD files in and out: one embryo as one row per nucleus per frame, 13 comma-separated columns.

Fast where the file is sound (Arrow's parser, a column at a time). Only a file that the fast reader
stumbles over is read again slowly, row by row, either to accept what is sane though unusual (`12.0`
as a frame, blank lines with commas) or to say which line is wrong and why.
"""

import csv
import io
import re
from dataclasses import dataclass

import numpy as np
import pandas
import pyarrow
import pyarrow.csv

COLUMNS = (
    "cellTime",
    "cell",
    "time",
    "none",
    "global",
    "local",
    "blot",
    "cross",
    "z",
    "x",
    "y",
    "size",
    "gweight",
)
NEEDED = COLUMNS[1:]  # cellTime only repeats cell and time
EXPRESSION = COLUMNS[3:8]
LARGEST_FRAME = 1_000_000
LARGEST_PLACE = 1e6  # pixels or planes: x, y, z, size
LARGEST_SIGNAL = 1e15  # expression and gweight
LONGEST_NAME = 100

_LIMIT = {
    column: LARGEST_PLACE if column in ("x", "y", "z", "size") else LARGEST_SIGNAL for column in NEEDED[2:]
}
_BLOCK = 1 << 19  # bytes that one thread parses at a time: a usual file is shared by two or three
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass
class BadFile(ValueError):
    """A file that can't come in. `line` counts from 1 (the header); None where no line is to blame."""

    file: str
    line: int | None
    found: str
    expected: str

    @property
    def reason(self) -> str:
        """What is wrong, without the place."""
        return f"found {self.found}; expected {self.expected}"

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{where}: {self.reason}"


def read_cd(raw: bytes, file_name: str) -> pandas.DataFrame:
    """The rows of a CD file as they stand in it, duplicates included.

    Columns are `NEEDED`: `cell` categorical, `time` int64 (frames), all others float64 (x, y, size in pixels,
    z in planes). Raises `BadFile`.
    """
    return as_frame(parse(raw, file_name))


def as_frame(table: pyarrow.Table) -> pandas.DataFrame:
    """`parse`'s table as pandas: `cell` categorical, `time` int64, all others float64."""
    frame = table.to_pandas()
    frame["time"] = frame["time"].astype("int64")
    whole = [column for column in NEEDED[2:] if frame[column].dtype != "float64"]
    return frame.astype(dict.fromkeys(whole, "float64"))


def write_cd(table: pandas.DataFrame) -> bytes:
    """A CD file with all 13 columns, of a table that has `NEEDED`; whole numbers get no point."""
    columns: dict[str, object] = {}
    cells = table["cell"].astype(str)
    columns["cellTime"] = cells + ":" + table["time"].astype(str)
    columns["cell"] = cells
    for column in NEEDED[1:]:
        values = table[column].to_numpy()
        columns[column] = values.astype("int64") if np.array_equal(values, np.trunc(values)) else values
    return (",".join(COLUMNS) + "\n").encode() + _rows_as_text(pyarrow.table(columns))


def _rows_as_text(table: pyarrow.Table) -> bytes:
    for quoting in ("none", "needed"):  # Arrow's "needed" quotes all text, which CD files don't
        out = io.BytesIO()
        options = pyarrow.csv.WriteOptions(include_header=False, quoting_style=quoting)
        try:
            pyarrow.csv.write_csv(table, out, options)
            return out.getvalue()
        except pyarrow.ArrowInvalid:  # a name with a comma or a quote
            continue
    raise AssertionError("text can always be quoted")


def parse(raw: bytes, file_name: str) -> pyarrow.Table:
    """The rows as an Arrow table: `cell` dictionary of text, `time` int64, others int64 or float64.

    Whole numbers stay int64, which makes the kept Parquet small and quick to write. Columns beyond the
    13 are left out (the kept file holds them). Raises `BadFile`.
    """
    body = _checked_text(raw, file_name)
    header = _header(body, file_name)
    table = _read_fast(body, header)
    if table is None or not _sound(table):
        table = _read_slowly(body, header, file_name)
    return table


def is_header(line: str) -> bool:
    """Whether a first line looks like a CD file's, even one that lacks a column."""
    return len({field.strip().casefold() for field in _fields(line)} & set(COLUMNS)) >= 5


def _checked_text(raw: bytes, file_name: str) -> bytes:
    """`raw` without a byte order mark; refused when empty, binary or not UTF-8."""
    if not raw or raw.isspace():
        raise BadFile(file_name, None, "an empty file", "a CD file with a header and rows")
    if not raw.isascii():
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            byte = raw[error.start]
            raise BadFile(file_name, line, f"byte 0x{byte:02x}, which is not UTF-8", "UTF-8 text") from None
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise BadFile(file_name, line, "a zero byte: a binary file", "a CD file, which is text")
    return raw.removeprefix(b"\xef\xbb\xbf")


def _fields(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def _header(body: bytes, file_name: str) -> dict[str, int]:
    """Column name to its place in the file, for `NEEDED`; `width` is the number of fields a row has."""
    line = re.match(rb"[^\r\n]{0,65536}", body)[0].decode("utf-8", "replace")  # type: ignore[index]
    names = [field.strip() for field in _fields(line)]
    places: dict[str, int] = {"width": len(names)}
    folded = {column.casefold(): column for column in COLUMNS}
    for place, name in enumerate(names):
        column = folded.get(name.casefold())
        if column in places and column:
            raise BadFile(file_name, 1, f"two columns named {column}", "each column once")
        if column:
            places[column] = place
    missing = [column for column in NEEDED if column not in places]
    if missing and not is_header(line):
        shown = line.strip()[:60]
        found = f"{shown!r}, so this is not a CD file"
        raise BadFile(file_name, 1, found, f"the columns {','.join(COLUMNS)}")
    if missing:
        word = "column" if len(missing) == 1 else "columns"
        raise BadFile(file_name, 1, f"no {word} {', '.join(missing)}", f"the columns {','.join(COLUMNS)}")
    return places


def _read_fast(body: bytes, header: dict[str, int]) -> pyarrow.Table | None:
    """Arrow's reading, or None where it stumbles."""
    if _has_hexadecimal(body):  # Arrow reads such numbers, the format has none
        return None
    names = [f"unused {place}" for place in range(header["width"])]
    for column in NEEDED:
        names[header[column]] = column
    whole = _whole_columns(body, header)
    for types in (whole, set()) if whole else (set(),):
        try:
            return (
                pyarrow.csv.read_csv(
                    pyarrow.py_buffer(body),
                    read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows=1, block_size=_BLOCK),
                    convert_options=pyarrow.csv.ConvertOptions(
                        column_types={
                            "cell": pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
                            "time": pyarrow.int64(),
                            **{c: pyarrow.int64() if c in types else pyarrow.float64() for c in NEEDED[2:]},
                        },
                        include_columns=list(NEEDED),
                        null_values=[],
                        strings_can_be_null=False,
                    ),
                )
                .unify_dictionaries()
                .combine_chunks()
            )
        except pyarrow.ArrowInvalid:
            continue
    return None


def _has_hexadecimal(body: bytes) -> bool:
    rows = body.find(b"\n") + 1  # the header has an x
    no_x = body.find(b"x", rows) < 0 and body.find(b"X", rows) < 0  # one letter is found much faster than two
    return not no_x and re.search(rb"0[xX]", body) is not None


def _whole_columns(body: bytes, header: dict[str, int]) -> set[str]:
    """Columns that hold whole numbers in the first row: a guess that spares a second reading."""
    lines = re.split(rb"\r\n|\r|\n", body[:65536], maxsplit=2)
    row = _fields(lines[1].decode("utf-8", "replace")) if len(lines) > 2 else []
    if len(row) != header["width"]:
        return set()
    return {column for column in NEEDED[2:] if re.fullmatch(r"-?[0-9]+", row[header[column]].strip())}


def _sound(table: pyarrow.Table) -> bool:
    """Whether names and numbers are within what a CD file may hold."""
    if table.num_rows == 0:
        return False
    names = table["cell"].chunk(0).dictionary.to_pylist()
    letters = "".join(names)
    # Printable and without a space, so without any whitespace: no name needs a closer look.
    if not letters.isprintable() or " " in letters:
        return False
    if not all(names) or max(map(len, names)) > LONGEST_NAME:
        return False
    time = table["time"].to_numpy()
    if time.max() > LARGEST_FRAME or time.min() < -LARGEST_FRAME:
        return False
    for column, limit in _LIMIT.items():
        values = table[column].to_numpy()
        if not (values.max() <= limit and values.min() >= -limit):  # false for NaN too
            return False
    return True


def _name_is_sound(name: str) -> bool:
    return 0 < len(name.strip()) <= LONGEST_NAME and name.strip().isprintable()


def _read_slowly(body: bytes, header: dict[str, int], file_name: str) -> pyarrow.Table:
    """The same rows read one by one; raises `BadFile` with the first wrong line."""
    reader = csv.reader(io.StringIO(body.decode("utf-8"), newline=""))
    cells: list[str] = []
    times: list[int] = []
    numbers: dict[str, list[float]] = {column: [] for column in NEEDED[2:]}
    line = 1
    try:
        next(reader)
        line = reader.line_num + 1
        for row in reader:
            if any(field.strip() for field in row):
                _slow_row(row, line, header, file_name, cells, times, numbers)
            line = reader.line_num + 1
    except csv.Error as error:
        found = f"a row that can't be split ({error})"
        raise BadFile(file_name, line, found, "fields between commas") from None
    if not cells:
        raise BadFile(file_name, None, "a header and no rows", "at least one row")
    columns: dict[str, pyarrow.Array] = {"cell": pyarrow.array(cells).dictionary_encode()}
    columns["time"] = pyarrow.array(times, pyarrow.int64())
    for column, values in numbers.items():
        columns[column] = pyarrow.array(values, pyarrow.float64())
    return pyarrow.table(columns)


def _slow_row(
    row: list[str],
    line: int,
    header: dict[str, int],
    file_name: str,
    cells: list[str],
    times: list[int],
    numbers: dict[str, list[float]],
) -> None:
    width = header["width"]
    if len(row) != width:
        raise BadFile(file_name, line, f"{len(row)} fields", f"{width}, as many as the header has")
    name = row[header["cell"]].strip()
    if not _name_is_sound(name):
        found = f"{name[:40]!r} in column cell" if name else "nothing in column cell"
        raise BadFile(file_name, line, found, f"a cell's name of 1 to {LONGEST_NAME} characters")
    time = _number(row[header["time"]])
    if time is None or time != int(time) or abs(time) > LARGEST_FRAME:
        found = f"{row[header['time']][:40]!r} in column time"
        raise BadFile(file_name, line, found, "a frame number, which is a whole number")
    cells.append(name)
    times.append(int(time))
    for column, limit in _LIMIT.items():
        text = row[header[column]]
        value = _number(text)
        if value is None:
            raise BadFile(file_name, line, f"{text[:40]!r} in column {column}", "a number")
        if abs(value) > limit:
            found = f"{text[:40]!r} in column {column}"
            raise BadFile(file_name, line, found, f"a number from {-limit:g} to {limit:g}")
        numbers[column].append(value)


def _number(text: str) -> float | None:
    """`text` as a finite number, or None. Python's float() alone would take `nan`, `1_000` and `١`."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if np.isfinite(value) else None
