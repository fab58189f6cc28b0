"""Run configs: what may be asked for, what comes out, and what is refused with which words."""

import math
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from services import run_config
from services.labels import RESAMPLINGS, SCHEMES
from services.run_config import (
    BOUNDS,
    FEATURE_SETS,
    FIELDS,
    NAMES,
    PRESETS,
    SCHEDULES,
    SPLITS,
    BadConfig,
    RunConfig,
    clean_text,
    complete,
    hidden_widths,
    inflated,
    outputs_of,
    request_schema,
)


def embryos(*sessions: str) -> Any:
    return [SimpleNamespace(id=f"e{number}", session=session) for number, session in enumerate(sessions)]


def made(sessions: tuple[str, ...] = ("20080101",), **fields: Any) -> RunConfig:
    chosen = embryos(*sessions)
    return complete({"embryos": [embryo.id for embryo in chosen], **fields}, chosen)


def refused(**fields: Any) -> BadConfig:
    with pytest.raises(BadConfig) as caught:
        made(**fields)
    return caught.value


def test_only_embryos_are_required() -> None:
    config = made()
    assert config.embryos == ["e0"]
    assert (config.stop_at_cells, config.scheme, config.depth) == (200, "prefix", 2)
    with pytest.raises(BadConfig, match="choose one embryo") as caught:
        complete({}, [])
    assert caught.value.field == "embryos"


def test_an_unknown_field_is_refused_by_its_name() -> None:
    assert refused(epoch=3).field == "epoch"
    assert "no such field" in refused(epoch=3).message


def test_every_numeric_field_has_bounds_and_every_field_is_explained() -> None:
    numeric = {
        name
        for name, field in RunConfig.model_fields.items()
        if {int, float} & {field.annotation, *get_args(field.annotation)}
    }
    assert numeric == set(BOUNDS)
    assert set(FIELDS) == set(RunConfig.model_fields)
    assert all("\n" not in explained and len(explained) < 110 for explained in FIELDS.values())


@pytest.mark.parametrize("field", BOUNDS)
def test_a_number_past_its_bounds_is_refused_with_the_bounds(field: str) -> None:
    least, most = BOUNDS[field]
    for value in (least - 1, most + 1, math.inf, math.nan, "3", True, [3]):
        bad = refused(**{field: value})
        assert bad.field == field
        assert f"to {most:.10g}" in bad.message


@pytest.mark.parametrize("field", sorted(set(BOUNDS) - {"depth", "validation_share", "test_share"}))
def test_the_bounds_themselves_are_accepted(field: str) -> None:
    whole = RunConfig.model_fields[field].annotation is int
    for value in BOUNDS[field]:
        assert getattr(made(**{field: int(value) if whole else value}), field) == value


def test_a_whole_number_may_come_as_a_float_and_a_half_may_not() -> None:
    assert made(epochs=7.0).epochs == 7
    assert isinstance(made(epochs=7.0).epochs, int)
    assert refused(epochs=7.5).field == "epochs"


def test_choices_and_their_explanations_are_the_same() -> None:
    def choices(field: str) -> set[str]:
        annotation = RunConfig.model_fields[field].annotation
        literals = [annotation, *get_args(annotation)]
        return {value for literal in literals for value in get_args(literal) if isinstance(value, str)}

    assert choices("split") == set(SPLITS)
    assert choices("resampling") == set(RESAMPLINGS)
    assert choices("scheme") == set(SCHEMES)
    assert choices("features") == set(FEATURE_SETS)
    assert choices("names") == set(NAMES)
    assert choices("schedule") == set(SCHEDULES)
    assert choices("preset") == set(PRESETS)


def test_none_means_unset() -> None:
    assert made(epochs=None, preset=None, name=None) == made()


def test_the_published_preset_is_the_published_recipe() -> None:
    config = made(preset="published-2020")
    assert config.model_dump() == {
        "embryos": ["e0"],
        "preset": "published-2020",
        "stop_at_cells": 200,
        "names": "all",
        "scheme": "prefix",
        "depth": 2,
        "features": "raw",
        "split": "row",
        "validation_share": 0.1,
        "test_share": 0.0,
        "resampling": "oversample-before-split",
        "model": "published",
        "epochs": 20,
        "batch_size": 150,
        "learning_rate": 0.001,
        "schedule": "constant-step",
        "factor": 0.7,
        "patience": 6,
        "early_stop": 0,
        "seed": 0,
        "name": "",
        "notes": "",
    }
    assert PRESETS["published-2020"][0] == "As published in 2020"
    assert hidden_widths("published") == (256, 128, 128, 128, 64)


def test_a_set_field_wins_over_the_preset_and_inflated_follows_from_what_results() -> None:
    published = made(preset="published-2020")
    assert "oversampled before the split" in str(inflated(published))
    assert "copies" in str(inflated(published.model_dump()))
    honest = made(preset="published-2020", split="cell", resampling="oversample")
    assert (honest.features, honest.batch_size, honest.test_share) == ("raw", 150, 0.0)
    assert inflated(honest) is None
    assert "row" in str(inflated(made(split="row", resampling="none")))
    assert "natural distribution" in str(inflated(made(split="cell", resampling="oversample-before-split")))
    assert inflated(made(split="cell")) is None
    assert inflated(made(("1", "2", "3"))) is None


def test_the_split_is_by_embryo_where_there_are_three_dates() -> None:
    assert made(("20080101", "20080102", "20080103")).split == "embryo"
    assert made(("20080101", "20080101", "20080103")).split == "cell"
    assert made(("", "", "")).split == "embryo"  # embryos without a date count as dates of their own
    assert made().split == "cell"


def test_a_split_by_embryo_needs_a_date_for_each_part() -> None:
    assert "one embryo alone" in refused(split="embryo").message
    assert "choose" in refused(split="embryo").message
    two = refused(sessions=("20080101", "20080102"), split="embryo")
    assert two.field == "split"
    assert "needs 3" in two.message
    assert made(("20080101", "20080102"), split="embryo", test_share=0).split == "embryo"
    assert refused(sessions=("a", "a", "a"), split="embryo").field == "split"


def test_depth_follows_the_scheme() -> None:
    assert made(scheme="founder").depth is None
    assert made(scheme="full", depth=3).depth is None
    assert made(scheme="ancestor", depth=0).depth == 0
    assert refused(scheme="prefix", depth=0).field == "depth"
    assert made(preset="published-2020", scheme="ancestor").depth == 4
    assert made(preset="published-2020", depth=3).depth == 3


def test_validation_and_test_leave_something_to_learn_from() -> None:
    assert refused(validation_share=0.5, test_share=0.5).field == "test_share"


@pytest.mark.parametrize("model", ["published", "1", "2048", "256-128", "-".join(["64"] * 8)])
def test_networks(model: str) -> None:
    assert made(model=model).model == model


@pytest.mark.parametrize(
    "model", ["", "0", "2049", "64-", "a", "64-0", "published\n", "-".join(["64"] * 9), 64]
)
def test_networks_that_are_none(model: Any) -> None:
    assert refused(model=model).field == "model"


def test_the_published_network_has_32_outputs_until_the_label_has_more_classes() -> None:
    assert [outputs_of("published", classes) for classes in (2, 17, 32, 64)] == [32, 32, 32, 64]
    assert outputs_of("64", 17) == 17


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "\x1b[31m", "\x9b", "x" * 201, "\ud800", 5])
def test_hostile_names_are_refused(text: Any) -> None:
    assert refused(name=text).field == "name"
    if isinstance(text, str):
        with pytest.raises(BadConfig):
            clean_text("name", text)


def test_names_and_notes_are_kept_as_they_are() -> None:
    config = made(name="  <b>=cmd|'/c calc'!A0</b> ", notes="one\ntwo\tthree")
    assert config.name == "<b>=cmd|'/c calc'!A0</b>"
    assert config.notes == "one\ntwo\tthree" == clean_text("notes", "one\ntwo\tthree")
    assert refused(notes="x" * 4001).field == "notes"


@pytest.mark.parametrize("ids", [[], "e0", ["../e0"], ["E0"], ["a" * 11], [1], None, ["x"] * 10_001])
def test_bad_lists_of_embryos(ids: Any) -> None:
    with pytest.raises(BadConfig) as caught:
        complete({"embryos": ids}, embryos("1"))
    assert caught.value.field == "embryos"


@pytest.mark.parametrize("preset", ["", "2020", [], {}, 1])
def test_bad_presets(preset: Any) -> None:
    assert refused(preset=preset).field == "preset"


def test_the_schema_of_a_request_states_the_bounds_and_lets_every_field_but_embryos_be_null() -> None:
    schema = request_schema()
    assert schema["required"] == ["embryos"]
    assert schema["additionalProperties"] is False
    for field, (least, most) in BOUNDS.items():
        number = schema["properties"][field]["anyOf"][0]
        assert (number["minimum"], number["maximum"]) == (least, most)
        assert {"type": "null"} in schema["properties"][field]["anyOf"]
    assert set(schema["properties"]) == set(run_config.FIELDS)


def test_configs_come_back_from_json_as_they_were() -> None:
    config = made(("1", "2", "3"), model="64-32", name="α")
    assert RunConfig.model_validate(config.model_dump()) == config
    assert RunConfig.model_validate_json(config.model_dump_json()) == config
