"""The form of a new run: what it is filled with, what it says before a run starts, and what it refuses."""

import json
from typing import Any

import pytest
from dash.development.base_component import Component

from components import run_form
from pages import train
from services.embryos import NoSuchEmbryo, NoSuchSet
from services.runs import BOUNDS, PRESETS, NoSuchRun, RunConfig
from tests import hand_made

DATES = ("20080101", "20080102", "20080103", "20080104")


def told(layout: Any) -> str:
    """All text of a layout."""
    if isinstance(layout, Component):
        return told(getattr(layout, "children", None))
    if isinstance(layout, list | tuple):
        return " ".join(told(each) for each in layout)
    return "" if layout is None else str(layout)


def filled(lab: Any, ids: list[str], preset: str | None = None, **changed: Any) -> dict[str, Any]:
    """The form's values as the browser sends them: numbers as text."""
    values = train.start_values(preset, train.embryos_of(lab, ids)) | changed
    return {
        field: run_form.plain(value) if field in run_form.NUMBERS else value
        for field, value in values.items()
    }


def look(lab: Any, ids: list[str], **fields: Any) -> tuple[str, dict[str, str]]:
    estimate, troubles = train.look_ahead(lab, filled(lab, ids, **fields), ids)
    return told(estimate), troubles


def ids_of(embryos: list[Any]) -> list[str]:
    return [embryo.id for embryo in embryos]


# ---- what it starts with


def test_all_real_embryos_are_chosen_and_held_out_where_there_are_dates_enough(lab: Any) -> None:
    real = ids_of(hand_made.add(lab, *DATES))
    lab.embryos.add(hand_made.cd_file(seed=99), "Simulated 1.csv", source="simulated")
    chosen, values, _ = train.beginning(lab, {})
    assert set(chosen) == set(real)
    assert (values["preset"], values["split"]) == ("held-out-embryos", "embryo")


def test_a_lab_of_simulated_embryos_offers_those(lab: Any) -> None:
    lab.embryos.add(hand_made.cd_file(), "Simulated 1.csv", source="simulated")
    chosen, values, _ = train.beginning(lab, {})
    assert len(chosen) == 1
    assert (values["preset"], values["split"]) == (None, "cell")


def test_embryos_come_from_the_address_by_id_set_or_all(lab: Any) -> None:
    ids = ids_of(hand_made.add(lab, *DATES))
    lab.embryos.save_set("a & b", ids[1:3])
    assert train.beginning(lab, {"embryos": f"{ids[2]},{ids[0]}"})[0] == [ids[2], ids[0]]
    assert set(train.beginning(lab, {"embryos": "set:a & b"})[0]) == set(ids[1:3])
    assert set(train.beginning(lab, {"embryos": "all"})[0]) == set(ids)
    with pytest.raises(NoSuchSet):
        train.beginning(lab, {"embryos": "set:nothing"})
    with pytest.raises(NoSuchEmbryo):
        train.beginning(lab, {"embryos": "<script>"})


def test_a_clone_has_every_field_of_its_run_and_leaves_deleted_embryos_out(lab: Any) -> None:
    ids = ids_of(hand_made.add(lab, *DATES))
    given = {
        "embryos": ids,
        "preset": "published-2020",
        "split": "cell",
        "epochs": 7,
        "name": "first",
        "notes": "n",
    }
    run = lab.runs.get(lab.runs.create(given, lab.embryos))
    lab.embryos.delete(ids[:1])
    chosen, values, said = train.beginning(lab, {"clone": run.id})
    assert set(chosen) == set(ids[1:])
    assert {field: values[field] for field in run.config if field not in ("embryos", "name")} == {
        field: value for field, value in run.config.items() if field not in ("embryos", "name")
    }
    assert "1 embryo" in said
    for bad in ("nothere", "../../etc", "A" * 50):
        with pytest.raises(NoSuchRun):
            train.beginning(lab, {"clone": bad})


# ---- what it says


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_fills_every_field_and_the_whole_form_makes_that_preset(lab: Any, preset: str) -> None:
    ids = ids_of(hand_made.add(lab, *DATES))
    config = train.config_of(filled(lab, ids, preset), ids)
    made = lab.runs.get(lab.runs.create(config, lab.embryos)).config
    plain = lab.runs.get(lab.runs.create({"embryos": ids, "preset": preset}, lab.embryos)).config
    assert made == plain


def test_the_form_has_every_field_of_a_config() -> None:
    assert set(train.FORM) | {"embryos"} == set(RunConfig.model_fields)
    assert set(BOUNDS) == set(run_form.NUMBERS)


def test_the_estimate_counts_rows_parts_and_classes_before_and_after_resampling(lab: Any) -> None:
    ids = ids_of(hand_made.add(lab, *DATES))
    text, troubles = look(lab, ids, scheme="founder", depth="", resampling="oversample", stop_at_cells=0)
    rows = len(hand_made.CELLS) * 20 * 4
    assert troubles == {}
    assert f"Rows {rows:,}" in text
    assert "Classes 6" in text  # AB MS E C D P4
    assert "After resampling the same" not in text
    assert "4 (4 dates)" in text
    assert "never seen" in text


def test_a_preset_that_is_edited_keeps_its_other_values_and_says_what_was_changed(lab: Any) -> None:
    ids = ids_of(hand_made.add(lab, *DATES))
    published, _ = look(lab, ids, preset="published-2020")
    assert "Inflated score" in published
    assert "Changed from the preset" not in published
    honest, _ = look(lab, ids, preset="published-2020", split="cell", resampling="oversample")
    assert "Inflated" not in honest
    assert "Changed from the preset: resampling, split" in honest or "split, resampling" in honest


def test_what_is_wrong_is_named_at_its_field(lab: Any) -> None:
    ids = ids_of(hand_made.add(lab, *DATES))
    for field, value, words in [
        ("epochs", "1001", "from 1 to 1000"),
        ("epochs", "many", "whole number"),
        ("epochs", "", "missing"),
        ("epochs", "1,000", "whole number"),
        ("learning_rate", "nan", "number"),
        ("batch_size", "2.5", "whole number"),
        ("depth", "99", "from 0 to 24"),
        ("model", "9999", "at most 2048"),
        ("test_share", "0.5", ""),
        ("name", "a\x00b", "control character"),
    ]:
        values = {"validation_share": "0.5"} if field == "test_share" else {}
        text, troubles = look(lab, ids, **values, **{field: value})
        assert list(troubles) == [field], (field, troubles)
        assert words in troubles[field]
        assert "put right" in text
    assert list(look(lab, [])[1]) == ["embryos"]


def test_one_embryo_alone_and_two_dates_can_not_be_split_by_embryo_and_it_says_why(lab: Any) -> None:
    embryos = hand_made.add(lab, "20080101", "20080101", "20080102", "20080103")
    alone = train.split_hindrances(embryos[:1])["embryo"]
    assert "one embryo alone" in alone
    assert "other embryos" in alone
    assert "2 recording dates" in train.split_hindrances(embryos[:3])["embryo"]
    assert train.split_hindrances(embryos) == {}
    ids = ids_of(embryos[:1])
    assert list(look(lab, ids, split="embryo")[1]) == ["split"]


def test_too_many_rows_are_refused_and_the_sampler_is_offered(
    lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.run_plan.MAX_ROWS", 1500)
    ids = ids_of(hand_made.add(lab, *DATES))
    text, troubles = look(lab, ids, scheme="founder", depth="", resampling="oversample", split="row")
    assert list(troubles) == ["resampling"]
    assert "sampler" in troubles["resampling"]
    assert "Can’t start" in text


# ---- the page on the server


def test_addresses_that_lead_nowhere_are_pages_that_say_so(client: Any, lab: Any) -> None:
    def page(path: str, search: str = "") -> str:
        answer = client.post(
            "/_dash-update-component",
            json={
                "output": ".._pages_content.children..._pages_store.data..",
                "outputs": [
                    {"id": "_pages_content", "property": "children"},
                    {"id": "_pages_store", "property": "data"},
                ],
                "inputs": [
                    {"id": "_pages_location", "property": "pathname", "value": path},
                    {"id": "_pages_location", "property": "search", "value": search},
                ],
                "changedPropIds": ["_pages_location.pathname"],
            },
        )
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return json.dumps(answer.get_json(), ensure_ascii=False)

    assert "no embryos to learn from" in page("/train")
    hand_made.add(lab, *DATES)
    assert "Start training" in page("/train", "?utm=x&theme[]=2")
    assert "choice of embryos isn’t here" in page("/train", "?embryos=set:nothing")
    assert "run isn’t here" in page("/train", "?clone=nothere")
    for path in ("/runs/nothere", "/runs/..%2f..", "/runs/" + "a" * 200, "/runs/<script>"):
        assert "isn't here" in page(path) or "isn’t here" in page(path)
    assert "Which runs?" in page("/compare")
    assert "These runs aren’t here" in page("/compare", "?runs=a,b,<c>")
    assert "Runs" in page("/runs", "?q=<b>&state=nothing")
