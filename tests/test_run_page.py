"""One run's page: what the server tells of it, and, in a real browser on the real program, the way from the
form to the report with curves that grow."""

import io
import json
import re
import time
import urllib.request
from pathlib import Path
from typing import Any

import pandas
import pytest

from components import confusion, curves, run_report
from pages import run as run_page
from tests import hand_made
from tests.test_train_page import told

# ---- what the server tells


@pytest.fixture
def embryo(lab: Any) -> Any:
    return hand_made.add(lab, "20080101")[0]


def start(lab: Any, embryo: Any, **fields: Any) -> Any:
    return lab.runs.get(lab.runs.create({"embryos": [embryo.id], **hand_made.SMALL, **fields}, lab.embryos))


def test_only_the_files_of_the_list_are_given_out(client: Any, lab: Any, embryo: Any) -> None:
    run = start(lab, embryo, name='=cmd|"x"')
    config = client.get(f"/runs/{run.id}/files/config.json")
    assert config.status_code == 200
    assert config.headers["Content-Disposition"].startswith("attachment")
    assert config.get_json()["embryos"] == [embryo.id]
    assert client.get(f"/runs/{run.id}/files/sources.json").get_json()[0]["checksum"] == embryo.checksum
    assert client.get(f"/runs/{run.id}/files/metrics.csv").data == b"epoch,tag,value,wall\n"
    for name in ("model.safetensors", "checkpoint-1.pt", "..config.json", "facts.json", "nothing"):
        assert client.get(f"/runs/{run.id}/files/{name}").status_code == 404
    assert client.get("/runs/nothere/files/config.json").status_code == 404
    assert client.get(f"/runs/{run.id}/files/..%2fconfig.json").mimetype == "text/html"  # no file: the frame


def test_a_config_that_was_downloaded_makes_the_run_again(client: Any, lab: Any, embryo: Any) -> None:
    run = start(lab, embryo, epochs=5, preset="quick-look", name="x")
    config = client.get(f"/runs/{run.id}/files/config.json").get_json()
    again = client.post("/api/v1/runs", json=config)
    assert again.status_code == 201
    assert lab.runs.get(again.get_json()["id"]).config == run.config


def test_the_page_is_told_its_place_in_the_queue_and_the_log(client: Any, lab: Any, embryo: Any) -> None:
    start(lab, embryo)
    run = start(lab, embryo)
    aside = client.get(f"/runs/{run.id}/aside").get_json()
    assert aside == {"queue": 2, "runner": False, "cancelling": False, "facts": None, "rows": []}
    assert [row["text"] for row in client.get(f"/runs/{run.id}/aside?after=0").get_json()["rows"]] == [
        "queued"
    ]
    assert client.get(f"/runs/{run.id}/aside?after=x").status_code == 200
    assert client.get("/runs/nothere/aside").status_code == 404


def test_names_and_notes_are_kept_and_what_is_wrong_is_said(lab: Any, embryo: Any) -> None:
    run = start(lab, embryo)
    page = {"id": run.id}
    assert run_page.changed(lambda id: lab.runs.rename(id, "<b>new</b>"), page) == ""
    assert lab.runs.get(run.id).name == "<b>new</b>"
    assert "control character" in run_page.changed(lambda id: lab.runs.rename(id, "a\x00"), page)
    lab.runs.delete([run.id])
    assert "deleted" in run_page.changed(lambda id: lab.runs.note(id, "x"), page)


def test_a_failed_run_says_why_and_what_to_do(lab: Any) -> None:
    text = told(run_report.failure("Traceback\n  somewhere\nMemoryError: no room", 3))
    assert "MemoryError: no room" in text
    assert "clone it" in text
    assert "3 epochs" in text
    assert "Traceback" in text  # in the fold
    assert "without a word" in told(run_report.failure(None, 0))


def test_what_has_to_be_said_of_its_embryos(lab: Any) -> None:
    embryos = hand_made.add(lab, "20080101", "20080102", "20080103")
    run = lab.runs.get(lab.runs.create({"embryos": [e.id for e in embryos], **hand_made.SMALL}, lab.embryos))
    assert run_page.notices(lab, run) == []
    lab.embryos.correct(embryos[0].id, interval_s=77)
    lab.embryos.delete([embryos[1].id])
    (notice,) = run_page.notices(lab, run)
    assert "Changed since" in notice
    assert "frame interval" in notice
    assert "deleted" in notice


def test_every_metric_has_its_curve_and_a_smoothed_twin() -> None:
    figure = curves.live_figure("light", 20)
    raw = [trace["meta"]["tag"] for trace in figure["data"] if not trace["meta"]["smooth"]]
    assert raw == [
        "loss/train",
        "loss/validation",
        "learning_rate",
        "accuracy/validation",
        "balanced_accuracy/validation",
        "macro_f1/validation",
    ]
    smooth = [trace["meta"]["tag"] for trace in figure["data"] if trace["meta"]["smooth"]]
    assert smooth == [tag for tag in raw if tag != "learning_rate"]
    assert all(trace["x"] == [] and isinstance(trace["x"], list) for trace in figure["data"])
    assert {figure["layout"][axis]["matches"] for axis in ("xaxis2", "xaxis3")} == {"x"}


def test_the_confusion_matrix_shows_shares_of_the_truth_and_counts_on_hover() -> None:
    figure = confusion.matrix_figure([[6, 2], [0, 0]], ["AB", "<b>"], "light", unknown=[2, 0])
    heat = figure["data"][0]
    assert heat["z"] == [[0.6, 0.2], [None, None]]
    assert heat["customdata"] == [[6, 2], [0, 0]]
    assert heat["x"] == ["AB", "&lt;b&gt;"]
    assert figure["layout"]["yaxis"]["autorange"] == "reversed"
    many = confusion.matrix_figure([[1] * 300] * 300, [f"c{i}" for i in range(300)], "dark")
    assert "tickvals" not in many["layout"]["xaxis"]  # Plotly chooses as many as there is room for


def test_the_report_sets_the_scores_beside_the_majority_and_says_what_they_were_measured_on() -> None:
    part = {"rows": 8, "classes": 2, "cells": 2, "embryos": ["a"], "dates": 1}
    found = {
        "part": "test",
        "best_epoch": 3,
        "scores": {"accuracy": 0.6, "balanced_accuracy": 0.5, "macro_f1": 0.4, "majority": 0.7},
        "inflated": "rows were split at random",
        "facts": {
            "majority": {"label": "AB"},
            "parts": {"training": part, "validation": part, "test": part},
            "rows": 24,
            "left_out": {"past the stop": 5},
            "without_training": ["E"],
        },
        "over_embryos": {"embryos": 3, "mean": 0.6, "median": 0.61, "worst": 0.5, "interval": [0.51, 0.69]},
        "confusion": [[6, 2], [0, 0]],
        "classes": ["AB", "E"],
        "per_class": [],
        "methods": "One embryo was used.",
    }
    best = {"accuracy/validation": 0.65}
    whole = run_report.report(found, config={"split": "row"}, best=best, theme="dark", notices=["Simulated."])
    text = " ".join(told(whole).split())
    assert "row split, inflated" in text
    assert "Test, at epoch 3 inflated 0.600 0.500 0.400" in text
    assert "always “AB” 0.700" in text
    assert "Validation, same epoch inflated 0.650" in text
    assert "no higher than that of always answering “AB”" in text
    assert "median 0.610, worst 0.500; 95% interval of the mean 0.510 to 0.690" in text
    assert "left out: 5 past the stop" in text
    assert "1 class had no row to learn from and counts as wrong: E" in text
    assert "Simulated." in text


def test_classes_can_be_put_in_order_of_recall_or_size() -> None:
    rows = [
        {"label": "AB", "support": 5, "recall": 0.9, "precision": None},
        {"label": "E", "support": 9, "recall": 0.1, "precision": 0.5},
        {"label": "P1", "support": 0, "recall": None, "precision": None},
    ]

    def labels(order: str) -> list[str]:
        return [row.children[0].children for row in run_report.class_table(rows, order).children[1].children]

    assert labels("lineage") == ["AB", "E", "P1"]
    assert labels("recall") == ["E", "AB", "P1"]
    assert labels("support") == ["E", "AB", "P1"]


# ---- in a real browser, on the real program

POINTS = "document.querySelector('#run-curves .js-plotly-plot')?.data?.[0].x.length ?? 0"


@pytest.fixture(scope="module")
def program(serve: Any) -> Any:
    return serve(BLASTOSCOPE_SIMULATED="3")


def until(page: Any, condition: str, seconds: float = 30) -> None:
    """Wait until a JavaScript condition holds. (Playwright's own way needs eval, which our policy forbids.)"""
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"{condition} did not come to hold"
        page.wait_for_timeout(50)


def post(program: Any, path: str, body: Any) -> Any:
    request = urllib.request.Request(
        program.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def long_run(program: Any, **fields: Any) -> str:
    """A run of many short epochs, so that it is still running when a test has seen what it wants."""
    ids = [embryo.id for embryo in program.lab.embryos.page()[0]]
    config = {"embryos": ids, "stop_at_cells": 60, "split": "cell", "model": "32", "epochs": 1000, **fields}
    return post(program, "/api/v1/runs", config)["id"]


@pytest.mark.browser
def test_from_the_form_to_the_report_by_pointing_and_clicking(program: Any, page: Any) -> None:
    page.goto(f"{program.url}/train")
    page.get_by_text("3 embryos of 3 recording dates").wait_for()
    page.get_by_text("As published in 2020").first.click()
    page.locator("#train-estimate").get_by_text("Inflated score").wait_for()
    page.get_by_label("Epochs", exact=True).fill("5000")
    page.get_by_text("expected a whole number from 1 to 1000").wait_for()
    assert page.get_by_role("button", name="Start training").is_disabled()
    page.get_by_label("Epochs", exact=True).fill("3")
    page.get_by_label("Stop at cells").fill("40")
    page.get_by_label("Name", exact=True).fill("<img src=x onerror=alert(1)>")
    page.get_by_label("Name", exact=True).blur()
    page.get_by_role("button", name="Start training").click(timeout=20_000)
    page.wait_for_url(re.compile("/runs/[a-z0-9]+$"))
    assert page.get_by_label("Name of this run").input_value() == "<img src=x onerror=alert(1)>"
    page.get_by_text("row split, inflated").first.wait_for()
    until(page, f"({POINTS}) >= 1")
    page.get_by_role("heading", name="What it found").wait_for(timeout=40_000)  # it came by itself
    assert page.evaluate(POINTS) == 3
    assert page.evaluate("document.querySelectorAll('#run-curves .js-plotly-plot')[0].layout.height") < 200
    assert page.locator(".run-scores").get_by_text("inflated").count() == 1
    page.locator(".run-confusion .js-plotly-plot").wait_for()
    assert page.evaluate("document.querySelector('.run-confusion .js-plotly-plot').data[0].type") == "heatmap"
    page.get_by_label("Order of the classes").select_option("recall")
    with page.expect_download() as download:
        page.get_by_role("link", name="Predictions (CSV)").click()
    predictions = pandas.read_csv(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert {"truth", "prediction", "embryo"} <= set(predictions.columns)
    page.get_by_role("button", name="Clone and edit").click()
    page.wait_for_url(re.compile("/train.clone="))
    page.get_by_text("Filled in from").wait_for()
    assert page.get_by_label("Epochs", exact=True).input_value() == "3"
    assert page.get_by_label("As published in 2020").is_checked()


@pytest.mark.browser
def test_curves_grow_in_every_tab_keep_the_zoom_and_end_with_a_cancel(program: Any, page: Any) -> None:
    id = long_run(program)
    page.goto(f"{program.url}/runs/{id}?smoothing=0.5")
    until(page, f"({POINTS}) >= 3")
    page.evaluate(
        "Plotly.relayout(document.querySelector('#run-curves .js-plotly-plot'), {'xaxis.range': [1, 3]})"
    )
    seen = page.evaluate(POINTS)
    until(page, f"({POINTS}) > {seen + 2}")
    graph = "document.querySelector('#run-curves .js-plotly-plot')"
    assert page.evaluate(f"{graph}.layout.xaxis.range") == [1, 3]
    assert page.evaluate(f"{graph}._fullLayout.xaxis2.range") == [1, 3]  # one time axis
    assert page.evaluate(f"{graph}.data.filter(t => t.meta.smooth && t.visible).length") == 5

    other = page.context.new_page()
    other.goto(f"{program.url}/runs/{id}")
    until(other, f"({POINTS}) > {seen}")
    other.get_by_text(re.compile(r"epoch \d+ of 1000")).wait_for()
    other.get_by_text(re.compile("rows/s")).wait_for()
    began = time.monotonic()
    other.get_by_role("button", name="Cancel run").click()
    other.get_by_text("stopping").wait_for(timeout=1000)
    other.locator(".run-word-cancelled").wait_for()
    took = time.monotonic() - began
    other.close()
    page.bring_to_front()
    page.locator(".run-word-cancelled").wait_for()
    page.get_by_text("This run was cancelled").wait_for()
    assert took < 5  # a second or two on a machine that does nothing else

    rows = program.lab.runs.metrics_after(id)["rows"]
    epochs = [row["epoch"] for row in rows if row["tag"] == "loss/train"]
    page.wait_for_timeout(1500)
    assert page.evaluate(f"{graph}.data[0].x") == epochs == list(range(1, len(epochs) + 1))


@pytest.mark.browser
def test_lost_answers_leave_no_gap_and_polling_ends_with_the_run(program: Any, page: Any) -> None:
    id = long_run(program, epochs=15)
    asked: list[str] = []

    def metrics(route: Any) -> None:
        asked.append(route.request.url)
        if len(asked) % 3 == 2:
            route.abort()
        else:
            route.continue_()

    page.route("**/metrics?*", metrics)
    page.goto(f"{program.url}/runs/{id}")
    page.get_by_role("heading", name="What it found").wait_for(timeout=60_000)
    until(page, f"({POINTS}) === 15")
    page.wait_for_timeout(2500)
    assert page.evaluate("document.querySelector('#run-curves .js-plotly-plot').data[0].x") == list(
        range(1, 16)
    )
    ended = len(asked)
    page.wait_for_timeout(2500)
    assert len(asked) == ended
    page.errors = [error for error in page.errors if "ERR_FAILED" not in error]  # those that were provoked


@pytest.mark.browser
def test_runs_are_laid_over_each_other_and_a_delete_is_undone(program: Any, page: Any) -> None:
    page.goto(f"{program.url}/runs")
    boxes = page.locator(".runs-grid").get_by_role("checkbox")
    page.locator(".runs-grid [col-id=protocol]").get_by_text("row split, inflated").wait_for()
    boxes.nth(0).check()
    page.get_by_text("1 run chosen").wait_for()
    assert page.get_by_role("button", name="Compare").is_disabled()
    boxes.nth(1).check()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url(re.compile("/compare.runs="))
    until(
        page,
        "document.querySelector('#compare-curves .js-plotly-plot')?.data?.filter(t => t.x.length > 1).length === 8",
    )
    page.get_by_text("with the same value").wait_for()

    page.goto(f"{program.url}/runs")
    page.locator(".runs-grid").get_by_role("checkbox").nth(0).check()
    count = program.lab.runs.page()[1]
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("The run is deleted.").wait_for()
    until(page, f"document.getElementById('runs-found').textContent.startsWith('{count - 1} run')")
    page.get_by_role("button", name="Undo").click()
    until(page, f"document.getElementById('runs-found').textContent.startsWith('{count} run')")
    assert program.lab.runs.page()[1] == count
