"""The run store and the leases: what people see and do, and that no two workers ever hold one run."""

import threading
import time
from typing import Any

import pytest
from sqlalchemy import insert, update

from services import lease
from services.database import metrics, open_database, runs, workers
from services.lease import Claim, Epoch, Held
from services.run_config import BadConfig
from services.runs import FAILED_ATTEMPTS, LOST_LEASES, LostLease, NoSuchRun
from tests import hand_made


@pytest.fixture
def embryo(lab: Any) -> Any:
    return hand_made.add(lab, "20080101")[0]


def start(lab: Any, embryo: Any, **fields: Any) -> str:
    return lab.runs.create({"embryos": [embryo.id], **hand_made.SMALL, **fields}, lab.embryos, owner="me")


def said(lab: Any, id: str) -> list[str]:
    return [event["text"] for event in lab.runs.events_after(id)["rows"]]


def claimed(lab: Any, worker: str = "w", lease_s: float = 60) -> Claim:
    claim = lease.claim(lab.engine, worker, lease_s)
    assert claim is not None
    return claim


# ---- what people do and see


def test_a_new_run_waits_with_all_that_makes_it_again(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo, name="first", notes="a\nb", split="row")
    run = lab.runs.get(id)
    assert id.isalnum() and id == id.lower() and len(id) <= 10
    assert (run.state, run.name, run.notes, run.owner, run.epochs) == ("queued", "first", "a\nb", "me", 3)
    assert (run.progress, run.over, run.best, run.last) == (0, False, {}, {})
    assert run.config["factor"] == 0.5  # defaults are written out
    assert "row" in run.inflated
    (source,) = run.sources
    assert source == {
        "id": embryo.id,
        "name": embryo.name,
        "checksum": embryo.checksum,
        "session": "20080101",
        "interval_s": embryo.interval_s,
        "pixel_um": embryo.pixel_um,
        "plane_um": embryo.plane_um,
    }
    assert lab.runs.file(id, "config.json").read_text().startswith("{")
    assert lab.runs.queue_position(id) == 1
    assert said(lab, id) == ["queued"]


def test_a_bad_config_makes_no_run(lab: Any, embryo: Any) -> None:
    for config in ({}, {"embryos": ["nobody"]}, {"embryos": [embryo.id], "split": "embryo"}):
        with pytest.raises(BadConfig):
            lab.runs.create(config, lab.embryos)
    with pytest.raises(BadConfig, match="same label") as refused:  # refused by the plan
        start(lab, embryo, scheme="ancestor", depth=0)
    assert refused.value.field == "depth"
    assert lab.runs.page() == ([], 0)
    assert list(lab.runs.folder.iterdir()) == []


def test_runs_are_listed_newest_first_and_found_by_words(lab: Any, embryo: Any) -> None:
    ids = [start(lab, embryo, name=name) for name in ("alpha one", "alpha two", "50% _beta")]
    found, total = lab.runs.page()
    assert ([run.id for run in found], total) == (ids[::-1], 3)
    assert [run.name for run in lab.runs.page("alpha TWO")[0]] == ["alpha two"]
    assert [run.name for run in lab.runs.page("50% _")[0]] == ["50% _beta"]  # no wildcards
    assert lab.runs.page("%")[1] == 1
    assert [run.id for run in lab.runs.page(sort=[("name", "asc"), ("nothing", "desc")])[0]] == [
        ids[2],
        *ids[:2],
    ]
    assert [run.id for run in lab.runs.page(limit=1, offset=1)[0]] == [ids[1]]
    lab.runs.cancel(ids[0])
    assert lab.runs.page(states=["cancelled"])[1] == 1
    assert lab.runs.page(states=["queued"])[1] == 2
    assert [lab.runs.queue_position(id) for id in ids] == [None, 1, 2]


def test_a_queued_run_is_cancelled_at_once_and_a_finished_one_stays_as_it_is(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    lab.runs.cancel(id)
    assert lab.runs.get(id).state == "cancelled"
    assert lab.runs.get(id).finished is not None
    lab.runs.cancel(id)
    assert said(lab, id) == ["queued", "cancelled"]
    assert lease.claim(lab.engine, "w", 60) is None


def test_a_cancel_of_a_running_run_is_seen_by_its_worker(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    claim = claimed(lab)
    assert lab.runs.running_count() == 1
    assert lease.held_by(lab.engine, "w") == {id: False}
    lab.runs.cancel(id)
    lab.runs.cancel(id)
    assert lease.held_by(lab.engine, "w") == {id: True}
    lease.end_attempt(lab.engine, claim, "whatever")
    assert lab.runs.get(id).state == "cancelled"
    assert said(lab, id) == ["queued", "cancel asked for", "cancelled"]


def test_names_and_notes_can_be_changed(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    lab.runs.rename(id, " new ")
    lab.runs.note(id, "two\nlines")
    assert (lab.runs.get(id).name, lab.runs.get(id).notes) == ("new", "two\nlines")
    with pytest.raises(BadConfig):
        lab.runs.rename(id, "a\nb")
    with pytest.raises(NoSuchRun):
        lab.runs.rename("nobody", "x")


def test_a_deleted_run_is_hidden_and_comes_back(lab: Any, embryo: Any) -> None:
    id, other = start(lab, embryo), start(lab, embryo)
    assert lab.runs.delete([id, "nobody"]) == 1
    assert [run.id for run in lab.runs.page()[0]] == [other]
    for look in (
        lab.runs.get,
        lab.runs.metrics_after,
        lab.runs.report,
        lab.runs.cancel,
        lab.runs.queue_position,
    ):
        with pytest.raises(NoSuchRun):
            look(id)
    assert lab.runs.get(id, deleted=True).state == "cancelled"
    assert lab.runs.restore([id]) == 1
    assert lab.runs.page()[1] == 2


@pytest.mark.parametrize("id", ["", "nobody", "../../etc", "a' OR 1=1"])
def test_there_is_no_such_run(lab: Any, id: str) -> None:
    for look in (lab.runs.get, lab.runs.metrics_after, lab.runs.cancel, lab.runs.report):
        with pytest.raises(NoSuchRun):
            look(id)


def test_only_a_runs_own_files_are_offered(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    (lab.runs.folder / id / "trainer.log").write_text("inner")
    for name in ("trainer.log", "../config.json", "report.json", f"../{id}/config.json", ""):
        assert lab.runs.file(id, name) is None
    assert lab.runs.report(id) is None
    assert lab.runs.facts(id) is None


def test_metrics_come_after_a_cursor(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    held = Held(lab.engine, claimed(lab))
    assert lab.runs.metrics_after(id) == {"generation": 1, "rows": [], "next": 0}
    held.epoch(Epoch(1, 10.0, {"loss/train": 2.0, "loss/validation": 3.0}), {"loss/train": 2.0}, "training")
    first = lab.runs.metrics_after(id, 0)
    assert [(row["seq"], row["tag"], row["value"]) for row in first["rows"]] == [
        (1, "loss/train", 2.0),
        (2, "loss/validation", 3.0),
    ]
    assert first["next"] == 2
    assert lab.runs.metrics_after(id, 2) == {"generation": 1, "rows": [], "next": 2}
    held.epoch(Epoch(2, 11.0, {"loss/train": 1.0, "loss/validation": 3.0}), {"loss/train": 1.0}, "training")
    assert [row["epoch"] for row in lab.runs.metrics_after(id, 2)["rows"]] == [2, 2]
    assert lab.runs.best_epoch(id) == 1  # the first of equal ones
    run = lab.runs.get(id)
    assert (run.epoch, run.last["loss/train"], run.progress) == (2, 1.0, pytest.approx(2 / 3))
    assert lab.runs.metrics_csv(id).decode().splitlines()[:2] == [
        "epoch,tag,value,wall",
        "1,loss/train,2.0,10.000",
    ]


def test_a_run_says_which_of_its_embryos_have_changed_since(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    assert lab.runs.changed_sources(lab.runs.get(id)) == []
    lab.embryos.correct(embryo.id, interval_s=75)
    (change,) = lab.runs.changed_sources(lab.runs.get(id))
    assert "frame interval" in change and "75" in change and embryo.name in change


def test_runners_are_listed_while_they_give_signs_of_life(lab: Any) -> None:
    assert not lab.runs.runner_fresh(30)
    lease.enlist(lab.engine, "w", 2)
    assert lab.runs.runner_fresh(30)
    assert [(worker["id"], worker["slots"]) for worker in lab.runs.workers()] == [("w", 2)]
    with lab.engine.begin() as connection:
        connection.execute(update(workers).values(beat=time.time() - 31))
    assert not lab.runs.runner_fresh(30)
    lease.renew(lab.engine, "w", 30)
    assert lab.runs.runner_fresh(30)
    lease.retire(lab.engine, "w")
    assert lab.runs.workers() == []


# ---- leases


def test_runs_are_claimed_in_order_and_once(lab: Any, embryo: Any) -> None:
    ids = [start(lab, embryo) for _ in range(2)]
    assert [claimed(lab).id, claimed(lab).id] == ids
    assert lease.claim(lab.engine, "w", 60) is None


def test_many_workers_at_once_never_claim_one_run_twice(lab: Any, embryo: Any) -> None:
    ids = {start(lab, embryo) for _ in range(12)}
    got: list[tuple[str, str]] = []

    def work(worker: str) -> None:
        engine = open_database(lab.settings.database)
        misses = 0
        while misses < 20:
            claim = lease.claim(engine, worker, 60)
            if claim is None:
                misses += 1
            else:
                got.append((claim.id, worker))
        engine.dispose()

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(id for id, _ in got) == sorted(ids)


def test_a_lost_lease_queues_the_run_again_and_shuts_its_old_worker_out(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    stale = Held(lab.engine, claimed(lab, lease_s=-1))
    assert lease.expire(lab.engine) == [id]
    assert lab.runs.get(id).state == "queued"
    for write in (
        lambda: stale.tell("x"),
        lambda: stale.log("x"),
        lambda: stale.epoch(Epoch(1, 1.0, {"loss/train": 1.0}), {}, ""),
        lambda: stale.resume([], {}),
        lambda: stale.finish(Epoch(1, 1.0, {}), {}, ""),
        lambda: stale.fail("x"),
    ):
        with pytest.raises(LostLease):
            write()
    again = claimed(lab, "other")
    assert again.generation == 2
    lease.end_attempt(lab.engine, stale.claim, "late")
    lease.give_back(lab.engine, stale.claim)
    lease.renew(lab.engine, "w", 60)
    run = lab.runs.get(id)
    assert (run.state, run.worker, run.attempts) == ("running", "other", 0)
    assert lab.runs.metrics_after(id)["rows"] == []


def test_the_same_worker_is_shut_out_of_its_own_earlier_claim(lab: Any, embryo: Any) -> None:
    start(lab, embryo)
    stale = Held(lab.engine, claimed(lab))
    lease.give_back(lab.engine, stale.claim)
    claimed(lab)
    with pytest.raises(LostLease):
        stale.tell("x")


def test_a_renewed_lease_is_kept(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    claimed(lab, lease_s=-1)
    lease.renew(lab.engine, "w", 60)
    assert lease.expire(lab.engine) == []
    assert lab.runs.get(id).state == "running"


def test_three_attempts_in_a_row_without_a_checkpoint_fail_the_run(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    for attempt in range(1, FAILED_ATTEMPTS + 1):
        assert lab.runs.get(id).state == "queued"
        lease.end_attempt(lab.engine, claimed(lab), "Traceback\nMemoryError: too much")
        assert lab.runs.get(id).attempts == attempt
    run = lab.runs.get(id)
    assert (run.state, run.worker) == ("failed", None)
    assert run.error == "Traceback\nMemoryError: too much"


def test_an_attempt_that_left_a_checkpoint_does_not_count(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo, epochs=50)
    lease.end_attempt(lab.engine, claimed(lab), "")
    lease.end_attempt(lab.engine, claimed(lab), "")
    for epoch in range(1, 8):
        claim = claimed(lab)
        Held(lab.engine, claim).epoch(Epoch(epoch, 1.0, {"loss/train": 1.0}), {}, "")
        lease.end_attempt(lab.engine, claim, "killed")
        assert (lab.runs.get(id).state, lab.runs.get(id).attempts) == ("queued", 0)


def test_a_runner_that_goes_gives_runs_back_without_counting(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    for _ in range(5):
        lease.give_back(lab.engine, claimed(lab))
    assert (lab.runs.get(id).state, lab.runs.get(id).attempts) == ("queued", 0)


def test_a_run_that_takes_its_machine_down_again_and_again_fails(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    for _ in range(LOST_LEASES):
        claimed(lab, lease_s=-1)
        lease.expire(lab.engine)
    assert lab.runs.get(id).state == "failed"
    assert "lost" in str(lab.runs.get(id).error)


def test_a_cancelled_run_that_loses_its_lease_is_cancelled(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    claimed(lab, lease_s=-1)
    lab.runs.cancel(id)
    lease.expire(lab.engine)
    assert lab.runs.get(id).state == "cancelled"


def test_a_process_is_known_to_be_dead_only_where_that_can_be_known() -> None:
    own = lease.worker_id()
    assert not lease.is_dead(own)
    machine, pid, ticks = own.split("-")
    if not machine or ticks == "0":
        pytest.skip("no /proc here: only the lease tells")
    assert lease.is_dead(f"{machine}-{pid}-{int(ticks) + 1}")  # its number was given to another process
    assert lease.is_dead(f"{machine}-99999999-1")
    assert not lease.is_dead(f"0000{machine[:4]}-99999999-1")  # another machine
    assert not lease.is_dead("")


def test_seq_is_never_used_again_not_even_that_of_a_dropped_row(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    first = Held(lab.engine, claimed(lab))
    for epoch in (1, 2):
        first.epoch(Epoch(epoch, 1.0, {"loss/train": 1.0}), {}, "")
    lease.give_back(lab.engine, first.claim)
    second = Held(lab.engine, claimed(lab))
    second.resume([], {})  # its checkpoint is gone: from the start
    assert lab.runs.metrics_after(id) == {"generation": 2, "rows": [], "next": 0}
    assert lab.runs.get(id).epoch == 0
    second.epoch(Epoch(1, 1.0, {"loss/train": 1.0}), {}, "")
    (row,) = lab.runs.metrics_after(id, 2)["rows"]
    assert row["seq"] > 2


def test_an_epoch_is_told_whole_or_not_at_all(lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    held = Held(lab.engine, claimed(lab))
    with lab.engine.begin() as connection:  # the seq that it would take next is taken
        connection.execute(insert(metrics).values(run=id, seq=1, epoch=1, tag="x", value=1.0, wall=1.0))
    broken: Any = {"loss/train": 1.0, "loss/validation": object()}
    with pytest.raises(Exception, match="type"):
        held.epoch(Epoch(1, 1.0, broken), {}, "")
    assert lab.runs.get(id).epoch == 0
    assert len(lab.runs.metrics_after(id)["rows"]) == 1


def test_the_estimate_follows_finished_runs(lab: Any, embryo: Any) -> None:
    assert lab.runs.pace() == 1.0
    for pace in (2.0, 3.0, 50.0):
        id = start(lab, embryo)
        (lab.runs.folder / id / "report.json").write_text(f'{{"pace": {pace}}}')
        with lab.engine.begin() as connection:
            connection.execute(update(runs).where(runs.c.id == id).values(state="done"))
    assert lab.runs.pace() == 3.0
