"""Tables that describe embryos: series, gene and strain of many; AuxInfo and TIME of one.

- A series table has a header with at least `series,gene,strain`; further columns are kept.
- `<series>AuxInfo.csv` has a header with `name` and `zpixres`: the plane spacing in pixels. The spacing is
  taken to be the usual one that it is nearest to, and the pixel size follows; where none is near, or the
  pixel size was corrected by hand, the pixel size stays and the spacing follows.
- `TIME<series>.csv` has no header; tab-separated: series, frame, seconds, difference.

A table applies to the embryos of that name, with or without `CD` in front, whatever its capitals.
"""

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services import file_names
from services.calibration import USUAL_SPACINGS
from services.cd_file import LARGEST_FRAME, BadFile, is_header
from services.embryos import CALIBRATED, TEXTS, EmbryoStore, NoSuchEmbryo

NEAR = 0.08  # share by which plane spacing may miss a usual one and still mean it
LONGEST_FIELD = 1000
_TIME_ROW = re.compile(r"[^\t,;]+\t-?[0-9]+\t[0-9.]+(\t|$)")


@dataclass(frozen=True)
class Description:
    """What a table says of one embryo, found in `line`. `values` are fields of EmbryoStore.correct."""

    series: str
    line: int
    values: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    aux_info: dict[str, Any] | None = None
    frame_seconds: list[tuple[int, float]] | None = None


@dataclass(frozen=True)
class DescriptionTable:
    """A table that was read: `kind` is series, AuxInfo or TIME."""

    file: str
    kind: str
    rows: list[Description]


@dataclass(frozen=True)
class Applied:
    """Names of the embryos that a table was applied to, and how many of its rows found none."""

    file: str
    matched: list[str]
    unmatched: int


def kind_of(raw: bytes) -> str | None:
    """`series`, `AuxInfo` or `TIME` by how a file begins; None for anything else, CD files too."""
    line = first_line(raw)
    if is_header(line):
        return None
    if _TIME_ROW.match(line):
        return "TIME"
    names = {name.strip().casefold() for name in fields_of(line)}
    if {"series", "gene", "strain"} <= names:
        return "series"
    return "AuxInfo" if {"name", "zpixres"} <= names else None


def read_table(raw: bytes, file_name: str) -> DescriptionTable:
    """Read a table that `kind_of` recognised, whole or not at all. Raises `BadFile`."""
    kind = kind_of(raw) or ""
    text = text_of(raw, file_name)
    readers = {"series": _series_rows, "AuxInfo": _aux_rows, "TIME": _time_rows}
    rows = readers[kind](text, file_name)
    if not rows:
        raise BadFile(file_name, None, "a header and no rows", "at least one row")
    return DescriptionTable(file_name, kind, rows)


def apply(store: EmbryoStore, table: DescriptionTable, only: Sequence[str] | None = None) -> Applied:
    """Apply a table to the embryos of its names, of those in `only` if given (ids)."""
    there = store.by_series()
    if only is not None:
        there = {name: [id for id in ids if id in only] for name, ids in there.items()}
    matched, unmatched = [], 0
    for row in table.rows:
        ids = there.get(file_names.series(row.series).casefold(), [])
        unmatched += not ids
        for id in ids:
            with suppress(NoSuchEmbryo):  # deleted this very moment
                matched.append(_describe(store, id, table, row))
    return Applied(table.file, list(dict.fromkeys(matched)), unmatched)


def written_aux_info(series: str, info: Mapping[str, Any]) -> str:
    """An AuxInfo table of one embryo, of what was kept of one."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(info)
    writer.writerow(series if name.casefold() == "name" else _plain(value) for name, value in info.items())
    return out.getvalue()


def written_times(series: str, frame_seconds: Sequence[tuple[int, float]]) -> str:
    """A TIME table of one embryo."""
    before = [frame_seconds[0][1], *(seconds for _frame, seconds in frame_seconds)]
    return "".join(
        f"{series}\t{frame}\t{_plain(seconds)}\t{_plain(seconds - last)}\n"
        for (frame, seconds), last in zip(frame_seconds, before, strict=False)
    )


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def sizes_from_aux_info(ratio: float, pixel_um: float, pixel_is_sure: bool = False) -> dict[str, float]:
    """Pixel size and plane spacing (µm) from the plane spacing in pixels and the pixel size so far."""
    plane = ratio * pixel_um
    usual = min(USUAL_SPACINGS, key=lambda spacing: abs(math.log(spacing / plane)))
    if pixel_is_sure or abs(usual / plane - 1) > NEAR:
        return {"plane_um": round(plane, 4)}
    return {"plane_um": usual, "pixel_um": round(usual / ratio, 5)}


def _describe(store: EmbryoStore, id: str, table: DescriptionTable, row: Description) -> str:
    values: Mapping[str, Any] = row.values
    tables: dict[str, Any] = {}
    whence = "TIME table"
    if table.kind == "series":
        tables["extra"] = row.extra
    elif table.kind == "AuxInfo":
        assert row.aux_info is not None
        embryo, ratio = store.get(id), row.aux_info["zpixres"]
        sure = embryo.calibration.get("pixel_um") == "corrected by hand"
        values = sizes_from_aux_info(ratio, embryo.pixel_um, sure)
        values = {name: value for name, value in values.items() if _within(name, value)}
        tables["aux_info"] = row.aux_info
        whence = f"AuxInfo (a plane is {ratio:g} pixels)"
    else:
        tables["frame_seconds"] = row.frame_seconds
    return store.describe(id, whence, values, **tables).name


def _within(name: str, value: float) -> bool:
    least, most = CALIBRATED[name]
    return least <= value <= most


def first_line(raw: bytes) -> str:
    """The first line of a table that isn't empty."""
    start = raw[:65536].decode("utf-8-sig", "replace").lstrip("\r\n")
    return re.split(r"\r\n|\r|\n", start, maxsplit=1)[0]


def text_of(raw: bytes, file_name: str) -> str:
    """A table's bytes as text. Raises `BadFile`."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadFile(file_name, line, "bytes that are not UTF-8", "UTF-8 text") from None


def fields_of(line: str) -> list[str]:
    """The fields of one line: between tabs or semicolons where it has any, else commas."""
    delimiter = next((mark for mark in ("\t", ";") if mark in line), ",")
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def records(text: str, file_name: str) -> list[tuple[int, dict[str, str]]]:
    """Line and fields by header of every row that is not blank; a short row's last fields are empty.

    Raises `BadFile`.
    """
    text = text.lstrip("\r\n")
    first = re.split(r"\r\n|\r|\n", text, maxsplit=1)[0]
    delimiter = next((mark for mark in ("\t", ";") if mark in first), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found = []
    try:
        header = [name.strip() for name in next(reader)]
        line = reader.line_num + 1
        for row in reader:
            row = [value.strip() for value in row]
            while len(row) > len(header) and not row[-1]:
                row.pop()
            if len(row) > len(header):
                raise BadFile(
                    file_name, line, f"{len(row)} fields", f"at most {len(header)}, as in the header"
                )
            if any(len(value) > LONGEST_FIELD for value in row):
                raise BadFile(file_name, line, "a field without end", f"at most {LONGEST_FIELD} characters")
            if any(row):
                padded = row + [""] * (len(header) - len(row))
                found.append((line, dict(zip(header, padded, strict=True))))
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadFile(file_name, None, f"a row that can't be split ({error})", "fields") from None
    return found


def _series_rows(text: str, file_name: str) -> list[Description]:
    rows = []
    for line, record in records(text, file_name):
        known = {
            name: value for name, value in record.items() if name.casefold() in ("series", "gene", "strain")
        }
        told = {name.casefold(): value for name, value in known.items()}
        if not told["series"]:
            raise BadFile(file_name, line, "nothing in column series", "an embryo's name")
        values = {name: told[name] for name in ("gene", "strain") if told[name]}
        for name, value in values.items():
            if len(value) > TEXTS[name] or not value.isprintable():
                expected = f"at most {TEXTS[name]} characters on one line"
                raise BadFile(file_name, line, f"{value[:40]!r} in column {name}", expected)
        extra = {name: value for name, value in record.items() if name and name not in known and value}
        rows.append(Description(told["series"], line, values, extra))
    return rows


def _aux_rows(text: str, file_name: str) -> list[Description]:
    rows = []
    for line, record in records(text, file_name):
        info: dict[str, Any] = {name: _read(value) for name, value in record.items() if name}
        folded = {name.casefold(): value for name, value in info.items()}
        if not isinstance(folded.get("name"), str) or not folded["name"]:
            info["name"] = folded["name"] = record[next(n for n in record if n.casefold() == "name")]
        ratio = folded["zpixres"]
        if not isinstance(ratio, float) or not 0.1 <= ratio <= 1000:
            raise BadFile(
                file_name, line, f"{str(ratio)[:40]!r} in column zpixres", "a number from 0.1 to 1000"
            )
        rows.append(Description(str(folded["name"]), line, aux_info=info | {"zpixres": ratio}))
    return rows


def _read(value: str) -> float | str:
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def _time_rows(text: str, file_name: str) -> list[Description]:
    frames: dict[str, list[tuple[int, float]]] = {}
    first_line: dict[str, int] = {}
    for line, row in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if not row.strip():
            continue
        fields = row.split("\t")
        try:
            series, frame, seconds = fields[0].strip(), int(fields[1]), float(fields[2])
        except (IndexError, ValueError):
            raise BadFile(file_name, line, repr(row[:40]), "series, frame and seconds between tabs") from None
        told = frames.setdefault(series, [])
        first_line.setdefault(series, line)
        if not (math.isfinite(seconds) and abs(seconds) < 1e8 and abs(frame) <= LARGEST_FRAME):
            raise BadFile(file_name, line, repr(row[:40]), "a frame number and seconds")
        if told and not (frame > told[-1][0] and seconds >= told[-1][1]):
            raise BadFile(file_name, line, f"frame {frame} at {seconds:g} s", "a later frame at a later time")
        told.append((frame, seconds))
    return [_timed(series, first_line[series], told, file_name) for series, told in frames.items()]


def _timed(series: str, line: int, told: list[tuple[int, float]], file_name: str) -> Description:
    known = np.array(told)
    steps = np.diff(known[:, 1]) / np.diff(known[:, 0])
    interval = float(np.median(steps)) if len(steps) else 0.0
    if not _within("interval_s", interval):
        raise BadFile(file_name, line, f"{interval:g} s a frame", "times that tell how long a frame is")
    return Description(series, line, {"interval_s": round(interval, 3)}, frame_seconds=told)
