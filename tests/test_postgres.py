"""The stores, the pages and the API on PostgreSQL, which many machines need: the same answers as on SQLite."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from services import cell_names
from services.lab import Lab, open_lab
from services.notes import Changed, NoteStore
from tests.conftest import settings_of
from tests.test_api import tiny

ROOT = Path(__file__).parent.parent
SEARCHES = ("", "pha", "PHA-4", "ems", "MSaapp", "100%", "under_score", "a/b", "\\", "'", "caf\u00e9", "good")
FILTERS: tuple[dict[str, Any], ...] = (
    {"gene": {"type": "contains", "filter": "PHA"}},
    {"gene": {"type": "notContains", "filter": "pha"}},
    {"name": {"type": "startsWith", "filter": "cd2008"}},
    {"name": {"type": "endsWith", "filter": "_L1"}},
    {"name": {"type": "equals", "filter": "under_SCORE"}},
    {"date": {"type": "inRange", "dateFrom": "2008-01-01 00:00:00", "dateTo": "2008-01-31 00:00:00"}},
    {"strain": {"type": "blank"}},
    {"flags": {"type": "contains", "filter": "stops"}},
    {"tags": {"type": "equals", "filter": "GOOD"}},
    {"tags": {"type": "notContains", "filter": "oo"}},
    {"cells": {"type": "greaterThan", "filter": 3}},
    {"minutes": {"type": "inRange", "filter": 1, "filterTo": 1e9}},
    {"interval_s": {"operator": "OR", "conditions": [{"type": "lessThan", "filter": 61}, {"type": "blank"}]}},
    {"set": {"filter": "my set"}},
)
SORTS = ("name", "gene", "date", "cells", "minutes", "flags", "tags", "imported", "id")


def filled(lab: Lab) -> Lab:
    """Five embryos with tags, a set, corrections and a deleted one."""
    names = ("CD20080101_pha-4_1_L1", "CD20080202_nhr-25_2_L1", "under_score", "100% caf\u00e9 a b", "gone")
    ids = [lab.embryos.add(tiny(seed), f"{name}.csv").embryo.id for seed, name in enumerate(names)]
    lab.embryos.add_tag(ids[:2], "good")
    lab.embryos.save_set("my set", ids[1:3])
    lab.embryos.correct(ids[2], gene="a/b", interval_s=30)
    lab.embryos.delete([ids[4]])
    return lab


@pytest.fixture
def both(tmp_path: Path, postgres: Any) -> tuple[Lab, Lab]:
    """The same embryos on SQLite and on PostgreSQL."""
    on_sqlite = open_lab(settings_of(tmp_path / "sqlite"))
    address = {"BLASTOSCOPE_DATABASE": postgres.fresh()}
    return filled(on_sqlite), filled(open_lab(settings_of(tmp_path / "postgresql", **address)))


def test_searches_filters_and_sorts_give_the_same_on_both(both: tuple[Lab, Lab]) -> None:
    def ids(lab: Lab, *asked: Any, **more: Any) -> tuple[list[str], int]:
        found, total = lab.embryos.page(*asked, **more)
        return [embryo.id for embryo in found], total

    for search in SEARCHES:
        one, other = (ids(lab, search, sort=[("id", "asc")]) for lab in both)
        assert one == other, search
    for filters in FILTERS:
        one, other = (ids(lab, filters=filters, sort=[("id", "asc")]) for lab in both)
        assert one == other, filters
        assert one[1] < 5, filters
    for column in SORTS:
        for direction in ("asc", "desc"):
            found = [ids(lab, sort=[(column, direction)], limit=2, offset=1)[0] for lab in both]
            assert len(found[0]) == len(found[1]) == 2
            if column not in ("name", "imported"):  # names sort by the database's language
                assert found[0] == found[1], column
    assert both[0].embryos.tags() == both[1].embryos.tags() == {"good": 2}
    assert both[0].embryos.sets() == both[1].embryos.sets() == {"my set": 2}
    assert both[0].embryos.choose("all") and both[0].embryos.count() == both[1].embryos.count() == 4
    totals = [
        dict(lab.embryos.cell_totals().itertuples(index=False))
        for lab in both  # type: ignore[call-overload]
    ]
    assert totals[0] == totals[1] == dict.fromkeys(("ABa", "ABp", "EMS", "P2"), 120)


def test_notes_poses_and_names_on_postgresql(both: tuple[Lab, Lab]) -> None:
    lab = both[1]
    embryo = lab.embryos.after(None, 1)[0]
    notes = NoteStore(lab.engine)
    first, second = (notes.add(embryo.id, "ABa", frame, f"note {frame}") for frame in (1.5, 2))
    changed = notes.change(embryo.id, first.id, first.version, {"text": "other words"})
    with pytest.raises(Changed):
        notes.change(embryo.id, first.id, first.version, {"text": "late"})
    notes.move(embryo.id, second.id, 0)
    notes.delete(embryo.id, first.id)
    assert [note.id for note in notes.of(embryo.id)] == [second.id]
    assert notes.restore(embryo.id, first.id).text == changed.text

    poses = [[lab.poses.pose_of(lab.embryos.get(embryo.id)) for lab in both] for _ in range(2)]
    assert poses[0][0] == poses[0][1] == poses[1][1]
    turned = lab.poses.correct(embryo.id, [0, -1, 0, 1, 0, 0, 0, 0, 1])
    assert lab.poses.pose_of(lab.embryos.get(embryo.id)) == turned != poses[0][0]

    for names in ({"ABa": "Anna"}, {"ABa": "Ada", "ABp": "Bea"}):
        cell_names.keep(lab.engine, cell_names.NameTable("names.csv", names, 0))
    assert cell_names.names_of(lab.engine) == {"ABa": "Ada", "ABp": "Bea"}


def test_eight_threads_bring_in_the_same_bytes_on_postgresql(both: tuple[Lab, Lab]) -> None:
    lab = both[1]
    with ThreadPoolExecutor(8) as threads:
        added = list(threads.map(lambda _: lab.embryos.add(tiny(99), "same.csv"), range(8)))
    assert sum(not one.existed for one in added) == 1
    assert lab.embryos.cell_totals([added[0].embryo.id])["rows"].tolist() == [30] * 4


@pytest.mark.slow
def test_a_run_is_trained_on_postgresql(both: tuple[Lab, Lab]) -> None:
    lab = both[1]
    ids = [embryo.id for embryo in lab.embryos.after(None, 10)]
    config = {"embryos": ids, "split": "row", "epochs": 3, "batch_size": 16, "name": "on postgres"}
    run, other = (lab.runs.create(config, lab.embryos) for _ in range(2))
    assert (lab.runs.queue_position(run), lab.runs.queue_position(other)) == (1, 2)
    lab.runs.cancel(other)
    environ = {"BLASTOSCOPE_DATA": str(lab.settings.data), "BLASTOSCOPE_DATABASE": lab.settings.database}
    command = [sys.executable, "-m", "services.runner", "--until-idle"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = lab.runs.get(run)
    assert (found.state, found.epoch, found.attempts) == ("done", 3, 0), found.error
    rows = lab.runs.metrics_after(run)["rows"]
    assert [row["epoch"] for row in rows if row["tag"] == "loss/train"] == [1, 2, 3]
    assert lab.runs.best_epoch(run) in (1, 2, 3)
    assert [one.id for one in lab.runs.page(search="POSTGRES", sort=[("accuracy", "desc")])[0]] == [
        run,
        other,
    ]
    assert lab.runs.loss_curves([run])[run] and lab.runs.pace() > 0
    assert lab.runs.workers() == [] and lab.runs.get(other).state == "cancelled"


def test_the_api_answers_on_postgresql_and_no_odd_text_breaks_it(both: tuple[Lab, Lab]) -> None:
    lab = both[1]
    client = create_app(lab.settings, lab).server.test_client()
    assert len(client.get("/api/v1/embryos").json) == 4
    assert client.get("/api/v1/labels?embryos=set:my set").json["imbalance"]["rows"] == 240
    assert client.get("/readyz").json["problems"] == ["no runner has given a sign of life"]
    for odd in ("%00", "a%00b", "%ff", "%ed%a0%80", "%F0%9F%A7%AC", "x" * 5000):
        for address in ("embryos?search=", "labels?embryos=set:", "labels?embryos=", "runs?offset="):
            answer = client.get(f"/api/v1/{address}{odd}")
            assert answer.status_code < 500, (address, odd, answer.text)


def test_a_trainers_last_word_may_hold_any_byte(both: tuple[Lab, Lab], tmp_path: Path) -> None:
    """What a trainer wrote before it died becomes the run's reason: PostgreSQL keeps no NUL."""
    from services import lease
    from services.runner import Trainer

    lab = both[1]
    ids = [embryo.id for embryo in lab.embryos.after(None, 10)]
    run = lab.runs.create({"embryos": ids, "split": "row"}, lab.embryos)
    log = tmp_path / "trainer.log"
    log.write_bytes(b"killed \x00\xff\xfe\n")
    for attempt in range(3):
        claim = lease.claim(lab.engine, "here-1-1", 30)
        assert claim is not None and claim.id == run, attempt
        reason = Trainer(claim, None, log, 0).reason()  # type: ignore[arg-type]
        lease.end_attempt(lab.engine, claim, reason)
    found = lab.runs.get(run)
    assert found.state == "failed" and str(found.error).startswith("killed")
