"""The embryo store: whole or not at all, what it says of an embryo, and what people correct."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services import embryos as store_module
from services.cd_file import read_cd
from services.embryos import FLAGS, BadFile, EmbryoStore, NoSuchEmbryo, NoSuchSet, minutes_of
from services.file_names import hints, series
from tests.conftest import REFERENCE, ROOT

HEADER = "cellTime,cell,time,none,global,local,blot,cross,z,x,y,size,gweight"
NAME = "CD20080101_pha-4_1_L1.csv"


def row(cell: str, time: int, x: float = 100, **other: Any) -> str:
    values = {
        "none": 25100,
        "global": 100,
        "local": 50,
        "blot": -40,
        "cross": 60,
        "z": 10.5,
        "x": x,
        "y": 200,
    }
    values |= {"size": 70, "gweight": 9000} | other
    return f"{cell}:{time},{cell},{time}," + ",".join(str(value) for value in values.values())


def cd(*rows: str) -> bytes:
    return ("\n".join([HEADER, *rows]) + "\n").encode()


def four_cells(frames: range = range(1, 31), seed: int = 0, **other: Any) -> bytes:
    cells = ("ABa", "ABp", "EMS", "P2")
    return cd(*[row(cell, t, 100 + seed + i, **other) for i, cell in enumerate(cells) for t in frames])


def everything(store: EmbryoStore) -> tuple[list[str], list[str]]:
    """Files and ids: what must be the same after something was refused."""
    return sorted(path.name for path in store.folder.iterdir()), [e.id for e in store.after(None, 1000)]


@pytest.fixture
def store(lab: Any) -> EmbryoStore:
    return lab.embryos


# ---- whole or not at all


def test_an_embryo_comes_in_and_goes_out_byte_for_byte(store: EmbryoStore) -> None:
    raw = four_cells().replace(b"\n", b"\r\n") + b"\r\n"
    embryo = store.add(raw, NAME).embryo
    assert store.original(embryo.id).read_bytes() == raw
    assert (embryo.rows, embryo.cells, embryo.frames, embryo.max_cells) == (120, 4, 30, 4)
    assert (embryo.first_frame, embryo.last_frame, embryo.start_cells, embryo.end_cells) == (1, 30, 4, 4)
    assert embryo.curve == (4,) * 30


def test_ids_are_short_and_begin_with_a_letter(store: EmbryoStore) -> None:
    for seed in range(20):
        id = store.add(four_cells(range(1, 3), seed), NAME).embryo.id
        assert len(id) == 8 and id.isalnum() and id.islower() and id[0].isalpha()
    assert store.count() == 20


def test_the_same_bytes_are_one_embryo_whatever_the_name(store: EmbryoStore) -> None:
    first = store.add(four_cells(), NAME)
    again = store.add(four_cells(), "../../other name.csv")
    assert (first.existed, again.existed) == (False, True)
    assert again.embryo == first.embryo
    assert store.count() == 1


def test_a_deleted_embryo_that_comes_again_is_there_again_as_it_was(store: EmbryoStore) -> None:
    embryo = store.add(four_cells(), NAME).embryo
    store.correct(embryo.id, gene="unc-130")
    store.delete([embryo.id])
    again = store.add(four_cells(), NAME)
    assert (again.existed, again.restored, again.embryo.gene) == (True, True, "unc-130")
    assert store.count() == 1


def test_a_kept_file_that_was_lost_is_kept_again(store: EmbryoStore) -> None:
    embryo = store.add(four_cells(), NAME).embryo
    store.original(embryo.id).write_bytes(b"")
    store.add(four_cells(), NAME)
    assert store.original(embryo.id).read_bytes() == four_cells()


def test_lost_parquet_is_made_again_from_the_kept_file(store: EmbryoStore) -> None:
    embryo = store.add(four_cells(), NAME).embryo
    before = store.table(embryo.id)
    (store.folder / f"{embryo.id}.parquet").write_bytes(b"not parquet")
    assert store.table(embryo.id).equals(before)


def test_a_refused_file_leaves_no_trace(store: EmbryoStore) -> None:
    store.add(four_cells(), NAME)
    before = everything(store)
    for raw in (
        b"",
        b"a,b\n",
        four_cells().replace(b"P2:7,P2,7,25100", b"P2:7,P2,7,many"),
        four_cells()[:-20],
    ):
        with pytest.raises(BadFile):
            store.add(raw, "bad.csv")
    assert everything(store) == before


def test_a_file_over_the_limit_is_refused(lab: Any) -> None:
    small = EmbryoStore(lab.engine, lab.embryos.folder, file_bytes=1000)
    with pytest.raises(BadFile, match="BLASTOSCOPE_FILE_MB"):
        small.add(four_cells(), NAME)
    assert everything(small) == ([], [])


@pytest.mark.parametrize("step", ["_insert_new", "_insert_cells", "_write_parquet"])
def test_a_crash_at_any_step_leaves_nothing_visible(
    store: EmbryoStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def crash(*_values: Any) -> None:
        raise RuntimeError("crash")

    monkeypatch.setattr(store_module, step, crash)
    with pytest.raises(RuntimeError):
        store.add(four_cells(), NAME)
    monkeypatch.undo()
    assert everything(store) == ([], [])
    assert not store.add(four_cells(), NAME).existed


def test_a_process_killed_between_files_and_row_leaves_what_is_swept(store: EmbryoStore) -> None:
    script = (
        "import os, sys; from pathlib import Path; from services import embryos;"
        "from services.database import open_database;"
        "from sqlalchemy import Connection;"
        "embryos.Path.replace = lambda part, to, real=Path.replace: (real(part, to), os._exit(9)) "
        "if str(to).endswith('.parquet') else real(part, to);"
        "store = embryos.EmbryoStore(open_database(sys.argv[1]), Path(sys.argv[2]));"
        f"store.add({four_cells()!r}, 'CD1.csv')"
    )
    address = store.engine.url.render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, "-c", script, address, str(store.folder)], cwd=ROOT)
    assert done.returncode == 9
    left = list(store.folder.iterdir())
    assert store.count() == 0 and left
    assert store.sweep() == 0, "it might be an import that is under way"
    for path in left:
        os.utime(path, (time.time() - 7200, time.time() - 7200))
    kept = store.add(four_cells(range(1, 5)), NAME).embryo
    assert store.sweep() == len(left)
    assert store.original(kept.id).exists() and (store.folder / f"{kept.id}.parquet").exists()
    assert not store.add(four_cells(), NAME).existed


def test_two_processes_that_import_the_same_bytes_make_one_embryo(store: EmbryoStore) -> None:
    script = (
        "import sys; from pathlib import Path; from services.database import open_database;"
        "from services.embryos import EmbryoStore;"
        "store = EmbryoStore(open_database(sys.argv[1]), Path(sys.argv[2])); sys.stdin.readline();"
        f"print(*[store.add({four_cells()!r}.replace(b'70,9000', b'%d,9000' % n), 'CD1.csv').embryo.id"
        " for n in range(20)])"
    )
    address = store.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", script, address, str(store.folder)]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0].split() for process in both]
    assert said[0] == said[1] and len(set(said[0])) == 20
    assert store.count() == 20
    assert len(list(store.folder.iterdir())) == 40


def test_threads_that_import_the_same_bytes_make_one_embryo(store: EmbryoStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        added = list(threads.map(lambda _: store.add(four_cells(), NAME), range(8)))
    assert len({one.embryo.id for one in added}) == 1
    assert sum(not one.existed for one in added) == 1
    assert store.count() == 1


def test_an_id_that_is_taken_gives_way_to_another(
    store: EmbryoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_id", lambda checksum, attempt: f"same{attempt}")
    first = store.add(four_cells(), NAME).embryo
    second = store.add(four_cells(seed=1), NAME).embryo
    assert (first.id, second.id) == ("same0", "same1")
    assert store.original(first.id).read_bytes() == four_cells()
    assert store.original(second.id).read_bytes() == four_cells(seed=1)


# ---- rows in order


def test_rows_are_grouped_by_cell_and_sorted_by_time(store: EmbryoStore) -> None:
    raw = cd(row("ABp", 2), row("ABa", 3), row("ABp", 1), row("ABa", 1), row("ABp", -8))
    table = store.table(store.add(raw, NAME).embryo.id)
    assert list(zip(table["cell"], table["time"], strict=True)) == [
        ("ABp", -8),
        ("ABp", 1),
        ("ABp", 2),
        ("ABa", 1),
        ("ABa", 3),
    ]
    assert table["cell"].dtype == "category"


def test_of_duplicate_keys_the_first_row_wins_and_the_kept_file_has_both(store: EmbryoStore) -> None:
    raw = cd(row("ABa", 1, 1), row("ABa", 2, 2), row("ABp", 1, 9), row("ABa", 2, 3), row("ABa", 2, 4))
    embryo = store.add(raw, NAME).embryo
    table = store.table(embryo.id)
    assert table["x"].tolist() == [1, 2, 9]
    assert "duplicate keys" in embryo.flags
    assert embryo.rows == 3
    assert store.cell_totals([embryo.id])["rows"].sum() == 3
    assert store.original(embryo.id).read_bytes() == raw


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (cd(*[row(f"AB{c}", t) for c in ("al", "ar", "pl", "pr", "ala") for t in (1, 2)]), "starts late"),
        (four_cells(), "stops early"),
        (
            cd(*[row(c, t) for c in ("ABa", "ABp", "EMS", "P2") for t in range(1, 9) if c == "P2" or t < 6]),
            "tracking falls off",
        ),
        (cd(row("P1", -8), *[row("ABa", t) for t in range(1, 4)]), "negative times"),
        (cd(row("ABa", 1), row("ABa", 2), row("ABa", 4)), "missing frames"),
        (cd(row("ABa", 1), row("Nuc1", 1)), "unnamed nuclei"),
        (cd(row("ABa", 1), row("ABa", 1)), "duplicate keys"),
        (four_cells(none=0, **{"global": 0}, local=0, blot=0, cross=0), "no expression"),
        (cd(row("ABa" + "p" * 13, 1)), "over-deep names"),
        (four_cells(size=0), "size not positive"),
    ],
)
def test_what_is_odd_comes_in_with_a_flag(store: EmbryoStore, raw: bytes, word: str) -> None:
    assert word in store.add(raw, NAME).embryo.flags
    assert FLAGS[word].endswith(".")


def test_an_ordinary_start_is_not_flagged(store: EmbryoStore) -> None:
    assert store.add(four_cells(), NAME).embryo.flags == ("stops early",)


def test_frames_that_count_from_zero_are_not_stray(store: EmbryoStore) -> None:
    embryo = store.add(four_cells(range(0, 30)), NAME).embryo
    assert (embryo.first_frame, embryo.frames) == (0, 30)
    assert "negative times" not in embryo.flags
    stray = store.add(cd(row("P1", 0), row("ABa", 3), row("ABa", 4)), NAME).embryo
    assert stray.first_frame == 3
    assert "negative times" in stray.flags


def test_simulated_embryos_are_flagged(store: EmbryoStore) -> None:
    embryo = store.add(four_cells(), NAME, source="simulated").embryo
    assert (embryo.source, embryo.flags[0]) == ("simulated", "simulated")
    assert (store.count(), store.count(real_only=True)) == (1, 0)


# ---- guesses and corrections


@pytest.mark.parametrize(
    ("name", "gene", "strain", "day", "session"),
    [
        ("CD20081016_alr-1_10A2_3_L1.csv", "alr-1", "", "2008-10-16", "20081016"),
        ("CD20060629_pha4_b2.csv", "pha-4", "", "2006-06-29", "20060629"),
        ("CD20070313_rw10026_hlh1_8.csv", "hlh-1", "RW10026", "2007-03-13", "20070313"),
        ("CD20070110_Ges1-4.csv", "ges-1", "", "2007-01-10", "20070110"),
        ("CD20090310_F21D5_9_1_L1.csv", "F21D5.9", "", "2009-03-10", "20090310"),
        ("CD20081030_F21A10_2a_10_L1.csv", "F21A10.2", "", "2008-10-30", "20081030"),
        ("CD20090513_R144_3_3_RW10881_L1.csv", "R144.3", "RW10881", "2009-05-13", "20090513"),
        ("CD20090218hlh1AF16.csv", "hlh-1", "AF16", "2009-02-18", "20090218"),
        ("CD20241009_JIM767_25_L5.csv", "", "JIM767", "2024-10-09", "20241009"),
        ("CD011605_5a_bright.csv", "", "", "2005-01-16", "011605"),
        ("CD20089219_unc-130_9E1_8_L2.csv", "unc-130", "", "", "20089219"),
        ("CD200806025_nhr-23_gsIs269_L1.csv", "nhr-23", "", "", "200806025"),
        ("CD20991231_pha-4_1.csv", "pha-4", "", "", "20991231"),
        ("embryo 7.csv", "", "", "", ""),
        ("", "", "", "", ""),
    ],
)
def test_what_a_name_hints_at(name: str, gene: str, strain: str, day: str, session: str) -> None:
    found = hints(name, today=date(2026, 11, 22))
    assert (found.gene, found.strain, found.date, found.session) == (gene, strain, day, session)


def test_both_embryos_of_a_session_share_it_and_a_table_knows_them_without_cd() -> None:
    assert hints("CD20081016_alr-1_10A2_3_L1.csv").session == hints("CD20081016_alr-1_10A2_3_L2.csv").session
    assert series("folder/CD20081016_alr-1_10A2_3_L1.csv") == "20081016_alr-1_10A2_3_L1"


def test_guesses_are_marked_until_corrected(store: EmbryoStore) -> None:
    embryo = store.add(four_cells(), NAME).embryo
    assert embryo.guessed == ("gene", "date", "species")
    embryo = store.correct(embryo.id, gene="unc-130", date="2009-05-01", strain="RW1")
    assert (embryo.gene, embryo.date, embryo.strain) == ("unc-130", "2009-05-01", "RW1")
    assert embryo.guessed == ("species",)
    assert embryo.session == "20090501"


def test_an_impossible_date_is_flagged_and_can_be_corrected(store: EmbryoStore) -> None:
    embryo = store.add(four_cells(), "CD20089219_unc-130_9E1_8_L2.csv").embryo
    assert embryo.date == "" and "unclear date" in embryo.flags
    assert store.correct(embryo.id, date="2008-12-19").session == "20081219"


def test_a_corrected_scale_changes_minutes_and_says_so(store: EmbryoStore) -> None:
    embryo = store.add(four_cells(range(3, 33)), NAME).embryo
    assert embryo.minutes == 29 * embryo.interval_s / 60
    embryo = store.correct(embryo.id, interval_s=120, pixel_um="0.1")
    assert (embryo.minutes, embryo.pixel_um) == (58.0, 0.1)
    assert embryo.calibration["interval_s"] == "corrected by hand"
    assert embryo.calibration["plane_um"] != "corrected by hand"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("interval_s", 0),
        ("interval_s", "nan"),
        ("pixel_um", "wide"),
        ("plane_um", -1),
        ("plane_um", float("inf")),
        ("date", "2008-13-01"),
        ("date", "2999-01-01"),
        ("date", "16.10.2008"),
        ("gene", "x" * 101),
        ("gene", "two\nlines"),
        ("name", "  "),
        ("rows", 5),
        ("checksum", "0"),
    ],
)
def test_a_wrong_correction_names_its_field(store: EmbryoStore, field: str, value: Any) -> None:
    embryo = store.add(four_cells(), NAME).embryo
    with pytest.raises(ValueError) as caught:
        store.correct(embryo.id, **{field: value})
    assert caught.value.args[0] == field
    assert store.get(embryo.id) == embryo


def test_minutes_follow_a_time_table_and_go_on_beyond_it(store: EmbryoStore) -> None:
    embryo = store.add(four_cells(range(2, 12)), NAME).embryo
    table = [(frame, 0.0 + 80 * (frame - 1) + (10 if frame > 4 else 0)) for frame in range(1, 9)]
    embryo = store.describe(embryo.id, "TIME table", {"interval_s": 80}, frame_seconds=table)
    expected = np.array([0, 80, 160, 250, 330, 410, 490, 570, 650, 730]) / 60
    np.testing.assert_allclose(minutes_of(embryo, range(2, 12)), expected)
    assert embryo.minutes == pytest.approx(730 / 60)
    assert store.correct(embryo.id, interval_s=60).minutes == 9.0, "a correction by hand takes its place"


# ---- looking


def test_search_finds_words_and_cells(store: EmbryoStore) -> None:
    one = store.add(four_cells(), "CD20080101_pha-4_1_L1.csv").embryo
    two = store.add(cd(row("MSaapp", 1), row("MS_odd%", 1)), "CD20080102_alr-1_1_L1.csv").embryo
    store.set_tags(two.id, ["Good ones", "to check"])

    def found(search: str) -> list[str]:
        embryos, total = store.page(search)
        assert total == len(embryos)
        return [embryo.id for embryo in embryos]

    assert found("") == [one.id, two.id]
    assert found("MSaapp") == found("msaapp") == found("ALR") == found("good ones") == [two.id]
    assert found("EMS pha-4") == [one.id]
    assert found("MSaap") == [], "a cell's name matches whole"
    assert found("%") == [] and found("_pha") == [one.id], "wildcards of SQL are plain letters"
    assert found("' OR 1=1 --") == []


def test_filters_and_sorting(store: EmbryoStore) -> None:
    short = store.add(four_cells(range(1, 11)), "CD20080101_pha-4_1.csv").embryo
    long = store.add(four_cells(range(1, 31)), "CD20090101_alr-1_1.csv").embryo
    store.set_tags(long.id, ["kept"])

    def ids(**filters: Any) -> list[str]:
        return [embryo.id for embryo in store.page(filters=filters)[0]]

    assert ids(frames={"filterType": "number", "type": "greaterThan", "filter": 10}) == [long.id]
    assert ids(frames={"filterType": "number", "type": "inRange", "filter": 5, "filterTo": 10}) == [short.id]
    assert ids(gene={"filterType": "text", "type": "startsWith", "filter": "PHA"}) == [short.id]
    assert ids(strain={"filterType": "text", "type": "blank"}) == [short.id, long.id]
    assert ids(tags={"type": "equals", "filter": "kept"}) == [long.id]
    assert ids(tags={"type": "notContains", "filter": "kep"}) == [short.id]
    assert ids(flags={"type": "contains", "filter": "stops"}) == [short.id, long.id]
    assert ids(date={"filterType": "date", "type": "lessThan", "dateFrom": "2008-06-01 00:00:00"}) == [
        short.id
    ]
    both = {
        "operator": "OR",
        "conditions": [{"type": "equals", "filter": "pha-4"}, {"type": "equals", "filter": "alr-1"}],
    }
    assert ids(gene=both) == [short.id, long.id]
    assert ids(gene=both | {"operator": "AND"}) == []
    assert [e.id for e in store.page(sort=(("minutes", "desc"),))[0]] == [long.id, short.id]
    assert [e.id for e in store.page(sort=(("tags", "desc"), ("name", "asc")))[0]] == [long.id, short.id]


@pytest.mark.parametrize(
    "asked",
    [
        {"sort": (("password", "asc"),)},
        {"sort": (("name", "sideways"),)},
        {"filters": {"nothing": {"type": "equals", "filter": 1}}},
        {"filters": {"rows": {"type": "equals", "filter": "many"}}},
        {"filters": {"rows": {"type": "unheard-of", "filter": 1}}},
        {"filters": {"name": {"type": "unheard-of", "filter": 1}}},
        {"filters": {"name": 5}},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(store: EmbryoStore, asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        store.page(**asked)


def test_pages_never_overlap_and_never_miss(store: EmbryoStore) -> None:
    for seed in range(7):
        store.add(four_cells(range(1, 3), seed), NAME)
    seen = [e.id for offset in range(0, 9, 3) for e in store.page(limit=3, offset=offset)[0]]
    assert len(seen) == len(set(seen)) == 7
    ids = [e.id for e in store.after(None, 3)]
    assert ids == sorted(seen)[:3]
    assert [e.id for e in store.after(ids[-1], 9)] == sorted(seen)[3:]


def test_choosing_as_addresses_do(store: EmbryoStore) -> None:
    ids = [
        store.add(four_cells(range(1, 3), seed), f"CD2008010{seed + 1}_a-1.csv").embryo.id
        for seed in range(3)
    ]
    assert store.choose("all") == ids
    assert store.choose(f"{ids[2]},{ids[0]},{ids[2]}") == [ids[2], ids[0]]
    store.save_set("my set", ids[1:])
    assert store.choose("set:my set") == ids[1:]
    store.delete([ids[1]])
    assert store.choose("set:my set") == ids[2:]
    assert store.choose("all") == [ids[0], ids[2]]
    with pytest.raises(NoSuchEmbryo):
        store.choose(ids[1])
    with pytest.raises(NoSuchSet):
        store.choose("set:other")


def test_rows_of_cells_in_one_embryo_and_in_all(store: EmbryoStore) -> None:
    one = store.add(cd(row("ABa", 1), row("ABa", 2), row("ABp", 1)), NAME).embryo.id
    two = store.add(cd(row("ABa", 1)), NAME).embryo.id
    assert store.cell_totals([two])["rows"].tolist() == [1]
    for ids in (None, [one, two], [one, two, one]):
        totals = store.cell_totals(ids)
        assert dict(zip(totals["cell"], totals["rows"], strict=True)) == {"ABa": 3, "ABp": 1}
    store.delete([one])
    assert store.cell_totals()["rows"].tolist() == [1]


def test_delete_hides_and_undo_brings_back(store: EmbryoStore) -> None:
    embryo = store.add(four_cells(), NAME).embryo
    store.set_tags(embryo.id, ["kept"])
    assert store.delete([embryo.id, "nothere"]) == 1
    assert store.page()[1] == store.count() == 0
    assert not store.is_new()
    with pytest.raises(NoSuchEmbryo):
        store.get(embryo.id)
    assert store.get(embryo.id, deleted=True).id == embryo.id
    assert len(store.table(embryo.id)) == 120, "a run may still refer to it"
    assert store.cell_totals().empty and store.tags() == {}
    assert store.restore([embryo.id]) == 1
    assert store.get(embryo.id).tags == ("kept",)


def test_tags_and_sets(store: EmbryoStore) -> None:
    one, two = (store.add(four_cells(range(1, 3), seed), NAME).embryo.id for seed in range(2))
    store.add_tag([one, two], " good  ones ")
    store.add_tag([two], "good ones")
    assert store.tags() == {"good ones": 2}
    store.remove_tag([one], "good ones")
    assert store.tags() == {"good ones": 1}
    store.save_set("both", [one, two, one])
    store.save_set("both", [one])
    assert store.sets() == {"both": 1}
    store.delete_set("both")
    assert store.sets() == {} and store.count() == 2
    with pytest.raises(NoSuchSet):
        store.delete_set("both")
    for bad in ("", " ", "a,b", "x" * 81, "a\x00b"):
        with pytest.raises(ValueError):
            store.save_set(bad, [one])
        with pytest.raises(ValueError):
            store.set_tags(one, [bad])
    with pytest.raises(NoSuchEmbryo):
        store.save_set("new", ["nothere"])
    assert store.sets() == {}


def test_a_page_of_many_costs_about_as_much_as_a_page_of_few(store: EmbryoStore) -> None:
    """Not a race against a clock: SQLite must find page and total from indices alone."""
    with store.engine.connect() as connection:

        def plan(query: str) -> str:
            return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT {query}").all())

        there = "FROM embryos WHERE deleted IS NULL"
        assert "USING COVERING INDEX" in plan(f"count(*) {there}")
        for page in (
            f"* {there} ORDER BY name, id LIMIT 100",
            f"* {there} AND id > 'a' ORDER BY id LIMIT 100",
        ):
            assert "USING INDEX embryos_there" in plan(page)
            assert "TEMP B-TREE" not in plan(page)


# ---- real embryos


@pytest.mark.embryos
def test_the_reference_embryo(store: EmbryoStore, epic: Path) -> None:
    raw = (epic / REFERENCE).read_bytes()
    embryo = store.add(raw, REFERENCE).embryo
    assert (embryo.rows, embryo.cells, embryo.frames) == (17_962, 726, 135)
    assert (embryo.start_cells, embryo.max_cells, embryo.end_cells) == (4, 365, 365)
    assert (embryo.gene, embryo.date, embryo.species) == ("alr-1", "2008-10-16", "C. elegans")
    assert (embryo.interval_s, embryo.pixel_um, embryo.plane_um) == (90.0, 0.09, 1.0)
    assert embryo.flags == ()
    expected = read_cd(raw, REFERENCE).astype({"cell": "str"}).sort_values(["cell", "time"])["blot"].tolist()
    assert (
        store.table(embryo.id).astype({"cell": "str"}).sort_values(["cell", "time"])["blot"].tolist()
        == expected
    )


@pytest.mark.embryos
def test_all_real_embryos_come_in_with_the_flags_and_defaults_they_deserve(
    store: EmbryoStore, epic: Path
) -> None:
    embryos = {}
    for file in sorted(epic.glob("CD*.csv")):
        embryo = embryos[file.stem] = store.add(file.read_bytes(), file.name).embryo
        assert store.original(embryo.id).read_bytes() == file.read_bytes()
        # What is known of the collection: 60 s before mid 2008, 90 s after; half the plane spacing from 2012 on.
        late = embryo.session >= "200806" and not embryo.session.startswith("01")
        assert embryo.interval_s == (90.0 if late else 60.0), file.name
        recent = embryo.session >= "2012"
        assert (embryo.pixel_um, embryo.plane_um) == ((0.087, 0.5) if recent else (0.09, 1.0)), file.name
        assert "duplicate keys" not in embryo.flags
    assert len(embryos) == 69

    def flagged(word: str) -> set[str]:
        return {name for name, embryo in embryos.items() if word in embryo.flags}

    assert flagged("mirrored") == {"CD20241009_JIM767_25_L5"}
    assert flagged("over-deep names") == {"CD20090218hlh1AF16"}
    assert embryos["CD20090218hlh1AF16"].species == "C. briggsae"
    assert flagged("unnamed nuclei") == {"CD20070403_his72_D1A"}
    assert flagged("unclear date") == {"CD200806025_nhr-23_gsIs269_L1", "CD20089219_unc-130_9E1_8_L2"}
    assert flagged("negative times") == {
        "CD20060915_mir61_e16",
        "CD20071008_nhr-25_h4_8",
        "CD20090310_F21D5_9_1_L1",
        "CD20090511_isw-1_3_L1",
    }
    assert flagged("stops early") == {
        "CD20060718_end3_2xx",
        "CD20071106_tbx-38_3",
        "CD20080218_lin-39_3d3_6",
        "CD20090807_tps-2_12_L1",
    }
    assert len(flagged("tracking falls off")) == 8
    assert flagged("starts late") == {
        "CD20071008_nhr-25_h4_8",
        "CD20081016_alr-1_10A2_3_L2",
        "CD20241009_JIM767_25_L5",
    }


@pytest.mark.embryos
def test_scale_is_guessed_from_the_rows_where_the_name_tells_no_date(store: EmbryoStore, epic: Path) -> None:
    for name, expected in (
        ("CD20060629_pha4_b2.csv", (60.0, 0.09, 1.0)),
        (REFERENCE, (90.0, 0.09, 1.0)),
        ("CD20241010_JIM767_25_L2.csv", (90.0, 0.09, 0.5)),
    ):
        embryo = store.add((epic / name).read_bytes(), "embryo.csv").embryo
        assert (embryo.interval_s, embryo.pixel_um, embryo.plane_um) == expected
    assert embryo.calibration["plane_um"] == "guessed from the embryo's depth, taken as 22 µm"
