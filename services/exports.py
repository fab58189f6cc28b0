"""Embryos going out: the file as it came, tidy rows in µm and minutes as CSV or Parquet, or what other

programs of the field open: AceTree's nuclei zip, GEFF, napari's tracks.

Source and citation travel in every export. Tidy rows carry the source as their last column, so that it
survives wherever rows are joined, and a CSV stays one that every program reads without being told about
comments; Parquet and GEFF have the citation and the calibration in their metadata; a zip holds `CITATION.txt`.
Files as they came are never touched, so they always come in a zip beside their `CITATION.txt`.
"""

import json
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas
import pyarrow
import pyarrow.csv
import pyarrow.parquet

from services import acetree, description_tables, geff_export, napari_tracks
from services.cd_file import EXPRESSION
from services.citation import citation, source_words
from services.embryos import Embryo, minutes_of
from services.lab import Lab
from services.memory import give_back
from services.spreadsheet import no_formula

ENDINGS = {  # form -> ending of one embryo's file; that of the file as it came is its own
    "original": "",
    "csv": ".csv",
    "parquet": ".parquet",
    "acetree": ".zip",
    "geff": ".geff.zip",
    "napari": ".napari.zip",
}
FORMS = tuple(ENDINGS)
_PACKED = ("parquet", "acetree", "geff", "napari")  # forms that don't get smaller in a zip
TIDY = ("embryo", "cell", "minutes", "x_um", "y_um", "z_um", "diameter_um", *EXPRESSION)
DECIMALS = 3  # of minutes and µm: a nanometre


def tidy(embryo: Embryo, table: pandas.DataFrame) -> pandas.DataFrame:
    """One row per nucleus per frame: columns `TIDY`; minutes of the recording, µm, expression as it came.

    `table` is EmbryoStore.table's. Axes are the file's: x right, y down, z away from the viewer.
    """
    columns: dict[str, Any] = {
        "embryo": pandas.Categorical.from_codes([0] * len(table), [embryo.name]),
        "cell": table["cell"],
        "minutes": minutes_of(embryo, table["time"]).round(DECIMALS),
        "x_um": (table["x"] * embryo.pixel_um).round(DECIMALS),
        "y_um": (table["y"] * embryo.pixel_um).round(DECIMALS),
        "z_um": (table["z"] * embryo.plane_um).round(DECIMALS),
        "diameter_um": (table["size"] * embryo.pixel_um).round(DECIMALS),
    }
    return pandas.DataFrame(columns | {name: table[name] for name in EXPRESSION})


def export(
    lab: Lab,
    ids: Sequence[str],
    form: str,
    out: Path,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Write the embryos to one file: one embryo's bare, except as it came; everything else as a zip.

    `out` is where it goes, without an ending; the path with its ending comes back. Raises
    `NoSuchEmbryo`, `ValueError("form", why)`, `ValueError("embryos", why)`.
    """
    if form not in FORMS:
        raise ValueError("form", f"{form[:20]!r}; expected one of {', '.join(FORMS)}")
    embryos = lab.embryos.get_many(dict.fromkeys(ids))
    if not embryos:
        raise ValueError("embryos", "choose at least one embryo")
    if len(embryos) == 1 and form != "original":
        path = out.with_name(out.name + ENDINGS[form])
        path.write_bytes(_content(lab, embryos[0], form))
        give_back()
        on_progress(1, 1)
        return path
    path = out.with_name(out.name + ".zip")
    packing = zipfile.ZIP_STORED if form in _PACKED else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w", packing, compresslevel=1) as archive:
        archive.writestr("CITATION.txt", citations(embryos, form))
        for done, (embryo, name) in enumerate(zip(embryos, _file_names(lab, embryos, form), strict=True)):
            on_progress(done, len(embryos))
            if form == "original":
                archive.write(lab.embryos.original(embryo.id), name)
            else:
                archive.writestr(name, _content(lab, embryo, form))
    give_back()
    on_progress(len(embryos), len(embryos))
    return path


def suggested_name(embryos: Sequence[Embryo]) -> str:
    """A name for a download, without an ending."""
    return _safe(embryos[0].name) if len(embryos) == 1 else f"{len(embryos)}_embryos"


def citations(embryos: Sequence[Embryo], form: str = "original") -> str:
    """CITATION.txt: what each embryo is, where it comes from, what to cite, and in what units it is."""
    lines = ["Embryos exported from Blastoscope", ""]
    lines += sorted({citation(embryo) for embryo in embryos})
    lines += ["", _UNITS.get(form, _UNITS["csv"])]
    for embryo in embryos:
        lines.append(
            f"{embryo.name}: {embryo.pixel_um:g} µm a pixel ({embryo.calibration.get('pixel_um', '')}), "
            f"{embryo.plane_um:g} µm a plane ({embryo.calibration.get('plane_um', '')}), "
            f"{embryo.interval_s:g} s a frame ({embryo.calibration.get('interval_s', '')}); "
            f"{source_words(embryo)}; SHA-256 {embryo.checksum}"
        )
    return "\n".join(lines) + "\n"


_UNITS = {
    "original": "These are the files as they came: pixels, planes and frames. Their scale:",
    "acetree": "The nuclei are in pixels, planes and frames, as AceTree has them. Their scale:",
    "csv": "Positions and diameters are in µm, times in minutes of the recording, by this scale:",
    "geff": "Positions and radii are in µm, times in frames and in minutes of the recording, by this scale:",
    "napari": "Positions and radii are in µm, times in frames and in minutes of the recording, by this scale:",
}


def _content(lab: Lab, embryo: Embryo, form: str) -> bytes:
    table = lab.embryos.table(embryo.id)
    if form == "acetree":
        return _acetree(embryo, table)
    if form == "geff":
        return geff_export.write(embryo, table, _safe(embryo.name))
    if form == "napari":
        return napari_tracks.write(embryo, table, citations([embryo], form))
    return _tidy_file(embryo, table, form)


def _acetree(embryo: Embryo, table: pandas.DataFrame) -> bytes:
    """A nuclei zip with what else is known of the embryo beside it, in the forms that come in with it."""
    name = _safe(embryo.name)
    lost = acetree.lost(table)
    words = [*(["", "What the form has no place for:", *lost] if lost else []), "", _OPENED]
    beside = {"CITATION.txt": citations([embryo], "acetree") + "\n".join(words) + "\n"}
    if embryo.aux_info:
        beside[f"{name}AuxInfo.csv"] = description_tables.written_aux_info(name, embryo.aux_info)
    if embryo.frame_seconds:
        beside[f"TIME{name}.csv"] = description_tables.written_times(name, embryo.frame_seconds)
    return acetree.write(table, name, embryo.first_frame, beside)


_OPENED = (
    "AceTree opens it through an .xml file of its own that names it in <nuclei file=…>. It names nuclei anew "
    "unless that file sets its naming method to MANUAL (2). Deleted nuclei, names that were forced, and sums and "
    "voxels of the reporter are not in here: no row has them."
)


def _tidy_file(embryo: Embryo, table: pandas.DataFrame, form: str) -> bytes:
    rows = tidy(embryo, table)
    rows["source"] = pandas.Categorical.from_codes([0] * len(rows), [source_words(embryo)])
    if form == "csv":
        return _csv(rows)
    table = pyarrow.Table.from_pandas(rows, preserve_index=False)
    told = {
        "source": source_words(embryo),
        "citation": citation(embryo),
        "checksum": embryo.checksum,
        "units": "minutes of the recording, µm",
        "calibration": json.dumps(
            {name: [getattr(embryo, name), embryo.calibration.get(name, "")] for name in _SCALES}
        ),
    }
    table = table.replace_schema_metadata(
        (table.schema.metadata or {}) | {key.encode(): value.encode() for key, value in told.items()}
    )
    out = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, out, compression="zstd")
    return out.getvalue().to_pybytes()


_SCALES = ("pixel_um", "plane_um", "interval_s")


def _csv(rows: pandas.DataFrame) -> bytes:
    """UTF-8 with a header. Text that a spreadsheet would take for a formula gets an apostrophe."""
    texts = rows.select_dtypes("category").columns
    safe = rows.assign(**{name: rows[name].cat.rename_categories(no_formula) for name in texts})
    out = pyarrow.BufferOutputStream()
    pyarrow.csv.write_csv(pyarrow.Table.from_pandas(_as_text(safe), preserve_index=False), out)
    return out.getvalue().to_pybytes()


def _as_text(rows: pandas.DataFrame) -> pandas.DataFrame:
    texts = rows.select_dtypes("category").columns
    return rows.astype(dict.fromkeys(texts, "str"))


def _file_names(lab: Lab, embryos: Sequence[Embryo], form: str) -> list[str]:
    """A name in the zip for each embryo; what occurs twice has its id added."""
    endings = [ENDINGS[form] or lab.embryos.original(embryo.id).suffix for embryo in embryos]
    stems = [_safe(Path(embryo.file_name).stem if form == "original" else embryo.name) for embryo in embryos]
    folded = [stem.casefold() for stem in stems]
    return [
        f"{stem}{ending}" if folded.count(stem.casefold()) == 1 else f"{stem}_{embryo.id}{ending}"
        for stem, ending, embryo in zip(stems, endings, embryos, strict=True)
    ]


def _safe(name: str) -> str:
    return re.sub(r"[^\w.\- ]+", "_", name).strip(". ")[:120] or "embryo"
