"""Functional names of cells: which tables are read, what is kept, and what an import says of it."""

import io
import random
from pathlib import Path
from typing import Any

import pytest

from services import cell_names, description_tables
from services.cd_file import BadFile
from services.imports import import_paths, told
from tests.test_embryos import four_cells
from tests.test_imports import zipped

TABLE = b"cell,name\nABplapaaaapp,ADAL\nABprapaaaapp,ADAR\n"


def names_in(raw: bytes) -> dict[str, str]:
    assert cell_names.is_name_table(raw)
    return cell_names.read_names(raw, "names.csv").names


@pytest.mark.parametrize(
    "raw",
    [
        TABLE,
        b"Sulston,Functional name\r\nABplapaaaapp,ADAL\r\nABprapaaaapp,ADAR\r\n",
        b"\xef\xbb\xbfterminal_name\tlineage_name\tfate\nADAL\tAB plapaaaapp\tneuron\nADAR\tAB prapaaaapp\t\n",
        b'"Cell";"Lineage Name";"Description"\n"ADAL";"AB plapaaaapp";"a; b"\n"ADAR";"AB prapaaaapp";""\n',
        b"\n\ncell , NAME \n\nABplapaaaapp,ADAL\n\nABplapaaaapp,ADAL\nABprapaaaapp, ADAR ",
    ],
)
def test_tables_of_names_are_recognised_as_labs_write_them(raw: bytes) -> None:
    assert names_in(raw) == {"ABplapaaaapp": "ADAL", "ABprapaaaapp": "ADAR"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        four_cells(),
        b"cell,time,score\nABa,3,1\n",
        b"series,gene,strain,name,cell\nx,y,z,a,b\n",
        b"name,zpixres,cell\nx,11,b\n",
        b"name,what\nADAL,neuron\n",
        b"TIME\t1\t0\t0\n",
        b"embryo,cell,minutes\nx,ABa,1\n",
    ],
)
def test_other_files_are_none(raw: bytes) -> None:
    assert not cell_names.is_name_table(raw) or description_tables.kind_of(raw)


def test_rows_that_name_no_embryonic_cell_are_left_out_and_counted() -> None:
    raw = TABLE + b"M.dlpa,SM\nABplapaaaap,\nQL.pa,PQR\n"
    table = cell_names.read_names(raw, "names.csv")
    assert (len(table.names), table.left_out) == (2, 3)


@pytest.mark.parametrize(
    ("raw", "line", "reason"),
    [
        (b"cell,name\n", None, "found a header and no rows; expected at least one row"),
        (
            TABLE + b",ADFL\n",
            4,
            "found nothing in column cell; expected a Sulston name",
        ),
        (
            TABLE + b"ABplapaaaapp,AVAL\n",
            4,
            "found ABplapaaaapp as AVAL, and before as ADAL; expected one name for a cell",
        ),
        (
            b"cell,name\nABa," + b"n" * 41 + b"\n",
            2,
            f"found '{'n' * 40}' in column name; expected at most 40 characters on one line",
        ),
        (
            b"cell,name\nABa,A\x07\n",
            2,
            "found 'A\\x07' in column name; expected at most 40 characters on one line",
        ),
        (
            b"cell,name\nADAL,ABplapaaaapp\n",
            2,
            "found no Sulston name with another name in columns cell and name; "
            "expected rows such as ABplapaaaapp and ADAL",
        ),
        (b"cell,name\nABa,b,c\n", 2, "found 3 fields; expected at most 2, as in the header"),
        (b"cell,name\nABa,\xff\n", 2, "found bytes that are not UTF-8; expected UTF-8 text"),
    ],
)
def test_a_wrong_table_is_refused_whole(raw: bytes, line: int | None, reason: str) -> None:
    with pytest.raises(BadFile) as refused:
        cell_names.read_names(raw, "names.csv")
    assert (refused.value.line, refused.value.reason) == (line, reason)


def test_there_is_an_end_to_rows() -> None:
    raw = b"cell,name\n" + b"ABa,n\n" * (cell_names.MOST_ROWS + 1)
    with pytest.raises(BadFile, match="at most 20,000"):
        cell_names.read_names(raw, "names.csv")


def test_any_byte_may_be_wrong() -> None:
    chance = random.Random(3)
    for _ in range(400):
        raw = bytearray(TABLE)
        for _ in range(chance.randint(1, 4)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        if cell_names.is_name_table(bytes(raw)):
            try:
                cell_names.read_names(bytes(raw), "names.csv")
            except BadFile as bad:
                assert bad.reason


def test_names_are_kept_and_a_later_table_replaces_those_of_its_cells(lab: Any) -> None:
    assert cell_names.names_of(lab.engine) == {}
    cell_names.keep(lab.engine, cell_names.read_names(TABLE, "names.csv"))
    later = b"cell,name\nABprapaaaapp,ADA right\nMSpa,<b>x</b>\n"
    cell_names.keep(lab.engine, cell_names.read_names(later, "later.csv"))
    assert cell_names.names_of(lab.engine) == {
        "ABplapaaaapp": "ADAL",
        "ABprapaaaapp": "ADA right",
        "MSpa": "<b>x</b>",
    }


def test_many_names_take_one_moment(lab: Any) -> None:
    letters = "ap"
    cells = ["ABa" + "".join(letters[n >> bit & 1] for bit in range(11)) for n in range(1500)]
    raw = "cell,name\n" + "".join(f"{cell},N{i}\n" for i, cell in enumerate(cells))
    for _ in range(2):
        cell_names.keep(lab.engine, cell_names.read_names(raw.encode(), "names.csv"))
    assert len(cell_names.names_of(lab.engine)) == 1500


def test_an_import_takes_names_alone_or_in_a_zip(lab: Any, tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_bytes(TABLE + b"M.dlpa,SM\n")
    summary = import_paths(lab, [(tmp_path / "names.csv", "names.csv")])
    assert summary["applied"] == [{"file": "names.csv", "matched": [], "unmatched": 1, "names": 2}]
    assert summary["rejected"] == []
    assert told(summary).splitlines()[1] == "names.csv: names of 2 cells; 1 of its rows were left out"
    (tmp_path / "all.zip").write_bytes(
        zipped(("CD20200101_x_L1.csv", four_cells()), ("n.tsv", b"name\tsulston\nAVAL\tABalpppaaav\n"))
    )
    summary = import_paths(lab, [(tmp_path / "all.zip", "all.zip")])
    assert (len(summary["imported"]), summary["applied"][0]["names"], summary["rejected"]) == (1, 1, [])
    assert cell_names.names_of(lab.engine)["ABalpppaaav"] == "AVAL"
    (tmp_path / "bad.csv").write_bytes(TABLE + b",ADFL\n")
    summary = import_paths(lab, [(tmp_path / "bad.csv", "bad.csv")])
    assert summary["rejected"] == [
        {
            "file": "bad.csv",
            "line": 4,
            "error": "found nothing in column cell; expected a Sulston name",
        }
    ]


def test_the_api_takes_names(client: Any, lab: Any) -> None:
    sent = {"file": (io.BytesIO(TABLE), "names.csv")}
    answer = client.post("/api/v1/embryos", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 201
    assert answer.json["applied"][0]["names"] == 2
    assert cell_names.names_of(lab.engine)["ABplapaaaapp"] == "ADAL"
