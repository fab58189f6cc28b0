"""The table of runs and runs side by side: rows, deleting and undoing, what is said of scores."""

import time
from typing import Any

import pytest
from sqlalchemy import update

from components import comparison, run_words
from pages import compare
from services import lease
from services.database import runs
from services.lease import Epoch, Held
from tests import hand_made
from tests.test_train_page import told


@pytest.fixture
def embryo(lab: Any) -> Any:
    return hand_made.add(lab, "20080101")[0]


def start(lab: Any, embryo: Any, **fields: Any) -> str:
    return lab.runs.create({"embryos": [embryo.id], **hand_made.SMALL, **fields}, lab.embryos)


def trained(lab: Any, losses: list[float], best: dict[str, float]) -> str:
    """The run that waits longest, finished with these validation losses and best metrics."""
    claim = lease.claim(lab.engine, "w", 60)
    assert claim is not None
    held = Held(lab.engine, claim)
    for epoch, loss in enumerate(losses, start=1):
        held.epoch(Epoch(epoch, time.time(), {"loss/validation": loss, "loss/train": loss}), best, "training")
    held.finish(Epoch(1, time.time(), {}), best, "done")
    return claim.id


def rows(client: Any, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/run-rows?from=0&to=50&{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()["rows"]


def test_a_row_tells_state_progress_score_and_what_it_was_measured_on(
    client: Any, lab: Any, embryo: Any
) -> None:
    start(lab, embryo, preset="published-2020", epochs=3, split="row", name="<b>old</b>")
    done = trained(lab, [3, 2, 1], {"accuracy/validation": 0.98, "loss/validation": 1.0})
    start(lab, embryo, epochs=4)
    tested = trained(lab, [2, 1], {"accuracy/validation": 0.7, "accuracy/test": 0.6, "majority/test": 0.5})
    waiting = start(lab, embryo)
    found = {row["id"]: row for row in rows(client)}
    assert list(found) == [waiting, tested, done]  # newest first
    assert found[done]["protocol"] == "row split, inflated"
    assert (found[done]["on"], found[done]["accuracy"]) == ("validation", 0.98)
    assert (found[tested]["on"], found[tested]["accuracy"], found[tested]["majority"]) == ("test", 0.6, 0.5)
    assert (found[tested]["protocol"], found[tested]["inflated"]) == ("cell split", None)
    assert found[done]["curve"] == [3, 2, 1]
    assert found[done]["name"] == "<b>old</b>"  # the browser puts it in as text
    assert (found[waiting]["state"], found[waiting]["accuracy"], found[waiting]["curve"]) == (
        "queued",
        None,
        [],
    )


def test_rows_come_in_blocks_sorted_and_searched(client: Any, lab: Any, embryo: Any) -> None:
    for name in ("beta", "alpha", "gamma"):
        start(lab, embryo, name=name)
    for score in (0.2, 0.9):
        trained(lab, [1.0], {"accuracy/test": score})
    assert [row["name"] for row in rows(client, "sort=name:asc")] == ["alpha", "beta", "gamma"]
    assert [row["name"] for row in rows(client, "sort=accuracy:desc")] == ["alpha", "beta", "gamma"]
    assert [row["name"] for row in rows(client, "q=amm")] == ["gamma"]
    assert [row["name"] for row in rows(client, "state=queued")] == ["gamma"]
    block = client.get("/run-rows?from=1&to=2&sort=name:asc").get_json()
    assert ([row["name"] for row in block["rows"]], block["total"]) == (["beta"], 3)
    assert len(rows(client, "sort=nothing:asc&state=nothing")) == 3
    for bad in ("from=5&to=5", "from=-1&to=4", "from=0&to=9999"):
        assert client.get(f"/run-rows?{bad}").status_code == 422


def test_many_runs_are_listed_quickly(client: Any, lab: Any, embryo: Any) -> None:
    first = start(lab, embryo)
    with lab.engine.begin() as connection:
        row = dict(connection.execute(runs.select().where(runs.c.id == first)).mappings().one())
        connection.execute(
            runs.insert(), [{**row, "id": f"r{number}", "created": float(number)} for number in range(10_000)]
        )
    began = time.perf_counter()
    answer = client.get("/run-rows?from=9000&to=9050").get_json()
    assert answer["total"] == 10_001
    assert len(answer["rows"]) == 50
    assert time.perf_counter() - began < 1


def test_runs_are_deleted_and_come_back(client: Any, lab: Any, embryo: Any) -> None:
    one, other = start(lab, embryo), start(lab, embryo)
    assert client.post("/runs/delete", json={"ids": [one, "nothere"]}).get_json() == {"count": 1}
    assert [row["id"] for row in rows(client)] == [other]
    assert client.get(f"/runs/{one}/aside").status_code == 404
    assert client.post("/runs/restore", json={"ids": [one]}).get_json() == {"count": 1}
    assert lab.runs.get(one).state == "cancelled"  # it waited when it was deleted
    for bad in ({}, {"ids": "all"}, {"ids": [1]}, {"ids": ["a"] * 1001}, []):
        assert client.post("/runs/delete", json=bad).status_code == 422
    assert (
        client.post("/runs/delete", json={"ids": [other]}, headers={"Origin": "http://evil.test"}).status_code
        == 403
    )
    assert lab.runs.get(other).state == "queued"


def test_runs_side_by_side_say_where_they_differ_and_what_can_not_be_ranked(
    client: Any, lab: Any, embryo: Any
) -> None:
    ids = [start(lab, embryo, split="row", name="<i>a</i>"), start(lab, embryo, epochs=5)]
    trained(lab, [1.0], {"accuracy/test": 0.9})
    text = told(compare.layout(lab, ",".join(ids)))
    assert "measured on different things" in text
    assert "row split, inflated" in text
    assert "cell split" in text
    assert "0.900" in text
    differs = text[text.index("Differs") :]
    assert "Epochs 3 5" in differs
    assert "Split By row By cell" in differs
    assert "Seed" in differs[differs.index("with the same value") :]


def test_the_first_ten_are_compared_and_the_others_named(client: Any, lab: Any, embryo: Any) -> None:
    ids = [start(lab, embryo) for _ in range(11)]
    text = told(compare.layout(lab, ",".join([*ids, ids[0]])))
    assert "first 10 of 11" in text
    assert "configs are the same" in text
    lab.runs.delete(ids[:1])
    assert "1 run of the address is not here" in told(compare.layout(lab, ",".join(ids[:2])))


def test_ten_runs_look_different_and_their_names_stay_text() -> None:
    assert len({comparison.colour_of(number) for number in range(10)}) == 10
    run = {"id": "a", "name": "<a href='https://evil.test'>x</a>"}
    assert comparison.figure([run], "light")["data"][0]["name"].startswith("&lt;a href")


def test_words() -> None:
    durations = {0.2: "under 1 s", 42: "42 s", 200: "3 min 20 s", 3599: "60 min", 7500: "2 h 5 min"}
    assert {seconds: run_words.duration(seconds) for seconds in durations} == durations
    assert [run_words.count(n, "class") for n in (1, 2)] == ["1 class", "2 classes"]
    assert run_words.score(None) == "–"
    assert run_words.label({"scheme": "prefix", "depth": 2}) == "2 characters"
    assert run_words.protocol({"split": "embryo"}, None) == "held-out embryos"


def test_a_finished_run_without_its_files_is_still_a_page(client: Any, lab: Any, embryo: Any) -> None:
    id = start(lab, embryo)
    with lab.engine.begin() as connection:
        connection.execute(update(runs).where(runs.c.id == id).values(state="done", finished=time.time()))
    from pages import run as run_page

    assert run_page.ending(lab, lab.runs.get(id)) == []
    assert client.get(f"/runs/{id}/files/report.json").status_code == 404
