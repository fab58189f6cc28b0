"""CD files: what comes in, what is refused and with which words, and that the fast reader reads as the slow."""

from pathlib import Path

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import cd_file
from services.cd_file import COLUMNS, NEEDED, BadFile, read_cd, write_cd

HEADER = ",".join(COLUMNS)
ROWS = [
    "ABa:1,ABa,1,27474,2474,-972,-972,2474,11.3,116,259,80,2080164",
    "ABa:2,ABa,2,27067,2067,-2021,-2021,2067,9.4,116,243,76,2155932",
    "ABp:1,ABp,1,27019,2019,-1024,-1024,2019,12.2,98,251,77,2627857",
]
TEXT = "\n".join([HEADER, *ROWS]) + "\n"


def refusal(text: str | bytes, name: str = "CD1.csv") -> BadFile:
    raw = text.encode() if isinstance(text, str) else text
    with pytest.raises(BadFile) as caught:
        read_cd(raw, name)
    assert caught.value.file == name
    return caught.value


def with_field(row: int, column: str, value: str) -> str:
    fields = ROWS[row].split(",")
    fields[COLUMNS.index(column)] = value
    return "\n".join([HEADER, *ROWS[:row], ",".join(fields), *ROWS[row + 1 :]]) + "\n"


def test_rows_come_as_they_stand() -> None:
    table = read_cd(TEXT.encode(), "CD1.csv")
    assert tuple(table.columns) == NEEDED
    assert table["cell"].tolist() == ["ABa", "ABa", "ABp"]
    assert table["time"].tolist() == [1, 2, 1]
    assert table["blot"].tolist() == [-972.0, -2021.0, -1024.0]
    assert table["z"].tolist() == [11.3, 9.4, 12.2]
    assert all(table[column].dtype == "float64" for column in NEEDED[2:])


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        "\ufeff" + TEXT,
        TEXT + "\n\n",
        TEXT + "   \n",
        TEXT + ",,,,,,,,,,,,\n",
        TEXT.rstrip("\n"),
        TEXT.replace("ABp:1,ABp", '"ABp:1","ABp"'),
        TEXT.replace(",116,", ",116.0,"),
        TEXT.replace("ABp,1,", "ABp,1.0,"),
        TEXT.replace(",ABp,", ", ABp ,"),
        HEADER.upper() + TEXT[len(HEADER) :],
        HEADER.replace(",", " , ") + TEXT[len(HEADER) :],
    ],
    ids=[
        "CRLF",
        "CR",
        "byte order mark",
        "blank lines",
        "a line of spaces",
        "a line of commas",
        "no last line end",
        "quotes",
        "coordinates with a point",
        "a frame with a point",
        "spaces around a name",
        "capitals in the header",
        "spaces in the header",
    ],
)
def test_what_other_programs_write_is_read_the_same(text: str) -> None:
    expected = read_cd(TEXT.encode(), "CD1.csv").astype({"cell": "str"})
    pandas.testing.assert_frame_equal(read_cd(text.encode(), "CD1.csv").astype({"cell": "str"}), expected)


def test_columns_may_stand_in_any_order_and_there_may_be_more() -> None:
    table = pandas.read_csv(pandas.io.common.StringIO(TEXT))
    table["note"] = "ünïcode, with a comma"
    shuffled = table[[*reversed(COLUMNS), "note"]].to_csv(index=False)
    read = read_cd(shuffled.encode(), "CD1.csv")
    pandas.testing.assert_frame_equal(read, read_cd(TEXT.encode(), "CD1.csv"))


def test_the_row_key_may_be_missing() -> None:
    without = "\n".join(line.split(",", 1)[1] for line in TEXT.splitlines())
    assert len(read_cd(without.encode(), "CD1.csv")) == 3


@pytest.mark.parametrize("column", NEEDED)
def test_a_missing_column_is_named(column: str) -> None:
    place = COLUMNS.index(column)
    lines = [line.split(",") for line in TEXT.splitlines()]
    bad = refusal("\n".join(",".join(line[:place] + line[place + 1 :]) for line in lines))
    assert bad.line == 1
    assert bad.found == f"no column {column}"


@pytest.mark.parametrize(
    "value", ["", "NaN", "inf", "-Infinity", "1e999", "abc", "0x1F", "1_000", "12,5", "١٢"]
)
@pytest.mark.parametrize("column", ["none", "x", "size"])
def test_a_bad_number_is_told_with_line_column_and_value(column: str, value: str) -> None:
    quoted = f'"{value}"' if "," in value else value
    bad = refusal(with_field(1, column, quoted))
    assert bad.line == 3
    assert repr(value) in bad.found and f"column {column}" in bad.found
    assert bad.expected.endswith("number") or bad.expected.startswith("a number from")


@pytest.mark.parametrize("value", ["1.5", "x", "", "99999999999999999999", "1e12", "nan"])
def test_a_bad_frame_is_told(value: str) -> None:
    bad = refusal(with_field(2, "time", value))
    assert (bad.line, bad.found) == (4, f"{value!r} in column time")


@pytest.mark.parametrize("value", ["1e7", "-2000000"])
def test_a_place_no_microscope_has_is_refused(value: str) -> None:
    assert refusal(with_field(0, "x", value)).line == 2


@pytest.mark.parametrize("name", ["", "  ", "a\x07b", "n" * 101])
def test_a_row_needs_a_name(name: str) -> None:
    assert refusal(with_field(1, "cell", name)).line == 3


def test_a_row_cut_short_is_told_with_its_line() -> None:
    bad = refusal(TEXT + "ABp:2,ABp,2,270")
    assert (bad.line, bad.found, bad.expected) == (5, "4 fields", "13, as many as the header has")


def test_line_numbers_count_blank_lines_and_windows_line_ends() -> None:
    text = TEXT.replace("\n", "\r\n\r\n") + "ABp:2,ABp,2,x,1,1,1,1,1,1,1,1,1"
    assert refusal(text).line == 9


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", "an empty file"),
        (b" \r\n\n", "an empty file"),
        (HEADER.encode() + b"\n", "a header and no rows"),
        (b"name,age\nA,1\n", "'name,age', so this is not a CD file"),
        (TEXT.replace(",", ";").encode(), "so this is not a CD file"),
        (TEXT.encode("utf-16"), "which is not UTF-8"),
        (TEXT.encode() + b"AB\xe9:1", "byte 0xe9, which is not UTF-8"),
        (TEXT.encode() + b"\0\0", "a zero byte"),
        (b"\x89PNG\r\n\x1a\n", "which is not UTF-8"),
        (HEADER.replace("gweight", "x").encode() + b"\n", "two columns named x"),
    ],
)
def test_what_is_no_cd_file_is_refused(raw: bytes, found: str) -> None:
    assert found in refusal(raw).found


def test_bytes_that_are_not_utf8_are_told_with_their_line() -> None:
    assert refusal(TEXT.encode() + b"AB\xe9:1").line == 5


def test_an_open_quote_is_told_where_it_opens() -> None:
    bad = refusal(TEXT + '"ABp:2,ABp,2,1,1,1,1,1,1,1,1,1,1\n' + ROWS[0] + "\n")
    assert bad.line == 5


def test_the_sentence_says_file_line_found_and_expected() -> None:
    assert str(refusal(with_field(1, "blot", "abc"))) == (
        "CD1.csv, line 3: found 'abc' in column blot; expected a number"
    )


def slowly(raw: bytes) -> pandas.DataFrame | BadFile:
    body = cd_file._checked_text(raw, "f")
    try:
        return cd_file.as_frame(cd_file._read_slowly(body, cd_file._header(body, "f"), "f"))
    except BadFile as bad:
        return bad


MUTATION = st.tuples(
    st.integers(len(HEADER) + 1, len(TEXT) - 1),
    st.text('0123456789.,-+eExXNnaif_" \t\r\né\x0b\u2028\u00a0', min_size=0, max_size=4),
    st.integers(0, 3),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(MUTATION, min_size=1, max_size=3))
def test_the_fast_reader_accepts_only_what_the_slow_one_reads_the_same(
    mutations: list[tuple[int, str, int]],
) -> None:
    text = TEXT
    for place, inserted, dropped in mutations:
        text = text[:place] + inserted + text[place + dropped :]
    raw = text.encode()
    expected = slowly(raw)
    if isinstance(expected, BadFile):
        assert str(refusal(raw, "f")) == str(expected)
    else:
        read = read_cd(raw, "f")
        pandas.testing.assert_frame_equal(read.astype({"cell": "str"}), expected.astype({"cell": "str"}))


NUMBERS = st.one_of(
    st.integers(-(10**6), 10**6).map(float), st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text("abcplrdvEMS,\"' é", min_size=1, max_size=12).filter(str.strip),
            st.integers(-20, 400),
            st.lists(NUMBERS, min_size=10, max_size=10),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_is_written_is_read_again(rows: list[tuple[str, int, list[float]]]) -> None:
    table = pandas.DataFrame(
        [[cell.strip(), time, *numbers] for cell, time, numbers in rows], columns=list(NEEDED)
    )
    read = read_cd(write_cd(table), "CD1.csv")
    assert read["cell"].tolist() == table["cell"].tolist()
    assert read["time"].tolist() == table["time"].tolist()
    for column in NEEDED[2:]:
        np.testing.assert_array_equal(read[column], table[column])


def test_whole_numbers_are_written_without_a_point() -> None:
    assert write_cd(read_cd(TEXT.encode(), "CD1.csv")).decode() == TEXT


@pytest.mark.embryos
def test_every_real_file_reads_as_pandas_reads_it(epic: Path) -> None:
    files = sorted(epic.glob("CD*.csv"))
    assert len(files) >= 69
    for file in files:
        read = read_cd(file.read_bytes(), file.name)
        expected = pandas.read_csv(file, keep_default_na=False)
        assert read["cell"].tolist() == expected["cell"].tolist()
        for column in NEEDED[1:]:
            np.testing.assert_array_equal(read[column], expected[column], err_msg=file.name)
