"""The fixed HTTP API, asked the way a script asks it."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REFERENCE

HEADER = "cellTime,cell,time,none,global,local,blot,cross,z,x,y,size,gweight\n"


def tiny(seed: int = 0) -> bytes:
    """Four cells over 30 frames, 120 rows; `seed` makes other bytes."""
    lines = [
        f"{cell}:{time},{cell},{time},25100,100,50,{40 - time},60,{10 + index},{100 + 40 * index + seed},{200 + time},70,9000"
        for index, cell in enumerate(("ABa", "ABp", "EMS", "P2"))
        for time in range(1, 31)
    ]
    return (HEADER + "\n".join(lines) + "\n").encode()


def send(client: Any, *files: tuple[bytes, str]) -> Any:
    data = {"file": [(io.BytesIO(raw), name) for raw, name in files]}
    return client.post("/api/v1/embryos", data=data, content_type="multipart/form-data")


def test_an_embryo_goes_in_and_comes_out_byte_for_byte(client: Any) -> None:
    answer = send(client, (tiny(), "CD20080101_pha-4_1_L1.csv"))
    assert answer.status_code == 201
    (came,) = answer.json["imported"]
    assert not came["existed"]
    one = client.get(f"/api/v1/embryos/{came['id']}").json
    assert (one["rows"], one["cells"], one["frames"], one["max_cells"]) == (120, 4, 30, 4)
    assert (one["source"], one["gene"], one["date"]) == ("file", "pha-4", "2008-01-01")
    assert client.get(f"/api/v1/embryos/{came['id']}/file").data == tiny()


def test_the_same_bytes_twice_are_one_embryo(client: Any) -> None:
    first = send(client, (tiny(), "CD20080101_a_1.csv")).json["imported"][0]
    second = send(client, (tiny(), "another name.csv")).json["imported"][0]
    assert second["existed"] and second["id"] == first["id"]
    assert len(client.get("/api/v1/embryos").json) == 1


def test_nothing_comes_in_from_a_bad_file_and_the_answer_says_where(client: Any) -> None:
    bad = tiny().replace(b"ABp:7,ABp,7,25100", b"ABp:7,ABp,7,many")
    answer = send(client, (bad, "bad.csv"))
    assert answer.status_code == 422
    (rejected,) = answer.json["rejected"]
    assert rejected["file"] == "bad.csv"
    assert rejected["line"] == 38
    assert "many" in rejected["error"]
    assert client.get("/api/v1/embryos").json == []


def test_good_and_bad_in_one_call(client: Any) -> None:
    answer = send(client, (tiny(), "good.csv"), (b"a,b\n1,2\n", "bad.csv"))
    assert answer.status_code == 201
    assert len(answer.json["imported"]) == 1 and len(answer.json["rejected"]) == 1


def test_the_list_goes_on_after_an_id(client: Any) -> None:
    send(client, *[(tiny(seed), f"{seed}.csv") for seed in range(5)])
    ids = [embryo["id"] for embryo in client.get("/api/v1/embryos").json]
    assert ids == sorted(ids) and len(ids) == 5
    page = client.get(f"/api/v1/embryos?limit=2&after={ids[1]}").json
    assert [embryo["id"] for embryo in page] == ids[2:4]


@pytest.mark.parametrize(
    "path", ["/api/v1/embryos/nothere", "/api/v1/embryos/UPPER", "/api/v1/runs/nothere", "/api/v1/x"]
)
def test_what_is_not_there_is_a_404_of_the_one_form(client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert set(answer.json["error"]) == {"message", "field"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("scheme=colour", "scheme"),
        ("scheme=prefix&depth=0", "depth"),
        ("depth=many", "depth"),
        ("depth=9999", "depth"),
    ],
)
def test_bad_queries_name_their_field(client: Any, query: str, field: str) -> None:
    send(client, (tiny(), "a.csv"))
    answer = client.get(f"/api/v1/labels?{query}")
    assert answer.status_code == 422
    assert answer.json["error"]["field"] == field


def test_labels_of_four_equal_cells(client: Any) -> None:
    send(client, (tiny(), "a.csv"))
    told = client.get("/api/v1/labels?scheme=full").json
    assert [entry["count"] for entry in told["classes"]] == [30] * 4
    assert told["imbalance"]["entropy"] == pytest.approx(1)
    assert told["imbalance"]["effective_classes"] == pytest.approx(4)
    assert told["imbalance"]["ratio"] == 1


@pytest.mark.embryos
def test_the_published_32_classes(client: Any, epic: Path) -> None:
    came = send(client, ((epic / REFERENCE).read_bytes(), REFERENCE)).json["imported"][0]
    told = client.get(f"/api/v1/labels?embryos={came['id']}&scheme=prefix&depth=3").json
    assert told["imbalance"]["classes"] == 32 == len(told["classes"])
    assert told["imbalance"]["rows"] == 17_962 == sum(entry["count"] for entry in told["classes"])


def test_a_zip_climbing_out_is_refused_whole(client: Any, lab: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("good.csv", tiny())
        archive.writestr("../../climber.csv", tiny(1))
    answer = send(client, (packed.getvalue(), "all.zip"))
    assert answer.status_code == 422
    assert client.get("/api/v1/embryos").json == []
    assert not list(lab.settings.data.parent.rglob("climber*"))


def test_a_run_is_queued_with_its_defaults_and_can_be_cancelled(client: Any) -> None:
    came = send(client, (tiny(), "a.csv")).json["imported"][0]
    answer = client.post("/api/v1/runs", json={"embryos": [came["id"]]})
    assert answer.status_code == 201
    run = client.get(f"/api/v1/runs/{answer.json['id']}").json
    assert run["state"] == "queued"
    assert run["config"]["split"] == "cell"  # one date only: embryos can't be held out
    assert run["inflated"] is None or "cell" not in run["inflated"]
    assert client.get(f"/api/v1/runs/{run['id']}/metrics?after=0").json == {
        "generation": 0,
        "rows": [],
        "next": 0,
    }
    assert client.post(f"/api/v1/runs/{run['id']}/cancel").status_code == 202
    assert client.get(f"/api/v1/runs/{run['id']}").json["state"] == "cancelled"
    assert [run["id"] for run in client.get("/api/v1/runs").json] == [run["id"]]


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "embryos"),
        ({"embryos": []}, "embryos"),
        ({"embryos": ["nothere"]}, "embryos"),
        ({"epochs": 10**9}, "epochs"),
        ({"epochs": "many"}, "epochs"),
        ({"learning_rate": float("inf")}, "learning_rate"),
        ({"colour": "red"}, "colour"),
        ({"split": "row", "resampling": "dice"}, "resampling"),
        ({"split": "embryo"}, "split"),
    ],
)
def test_a_bad_config_names_its_field(client: Any, config: dict[str, Any], field: str) -> None:
    came = send(client, (tiny(), "a.csv")).json["imported"][0]
    sent = config if "embryos" in config or not config else {"embryos": [came["id"]]} | config
    answer = client.post("/api/v1/runs", json=sent)
    assert answer.status_code == 422, answer.json
    assert answer.json["error"]["field"] == field
    assert client.get("/api/v1/runs").json == []


def test_metrics_may_be_held_for_one_second(client: Any) -> None:
    came = send(client, (tiny(), "a.csv")).json["imported"][0]
    run = client.post("/api/v1/runs", json={"embryos": [came["id"]]}).json["id"]
    assert client.get(f"/api/v1/runs/{run}/metrics").headers["Cache-Control"] == "max-age=1"


def test_ready_only_with_a_database_and_a_living_runner(client: Any) -> None:
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["problems"] == ["no runner has given a sign of life"]
