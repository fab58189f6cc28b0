"""Embryos to features and labels, splits without a leak, resampling of the training part, scores."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import dataset as data
from services import scores as score
from services.cd_file import read_cd
from services.labels import RESAMPLINGS, Scheme, after_resampling
from services.run_config import complete
from services.run_data import Hopeless, prepare
from services.run_plan import plan
from tests import hand_made
from tests.conftest import REFERENCE

TWO = Scheme("prefix", 2)


def table(rows: list[tuple[str, int]]) -> pandas.DataFrame:
    """Rows of (cell, time); x is the row's number."""
    frame = pandas.DataFrame(rows, columns=["cell", "time"])
    number = np.arange(len(frame), dtype=float)
    return frame.assign(x=number, y=number * 2, z=1.0, size=50.0)


# ---- rows


def test_the_stop_is_the_first_frame_of_enough_cells_and_that_frame_is_used() -> None:
    times = np.array([-1, 0, 1, 2, 2, 3, 3, 3, 4, 4, 5])
    assert data.stop_frame(times[times > 0], 3) == 3
    assert data.rows_until_stop(times, 3).tolist() == [False] * 2 + [True] * 6 + [False] * 3
    assert data.rows_until_stop(times, 2).sum() == 3
    assert data.rows_until_stop(times, 9).sum() == 9  # never reached: the whole recording
    assert data.rows_until_stop(times, 0).sum() == 9  # no stop


def test_rows_at_negative_times_do_not_count_towards_the_stop() -> None:
    times = np.array([-3, -3, -3, 1, 2, 2])
    assert data.rows_until_stop(times, 3).tolist() == [False, False, False, True, True, True]


def test_build_keeps_rows_and_labels_together() -> None:
    whole = data.build(
        {"a": table([("ABa", 1), ("Nuc1", 1), ("MS", -2), ("MS", 1)]), "b": table([("ABp", 1), ("E", 2)])},
        TWO,
        0,
        "sulston",
    )
    assert whole.classes == ("AB", "MS", "E")  # lineage order
    assert [whole.classes[label] for label in whole.labels] == ["AB", "MS", "AB", "E"]
    assert [whole.cells[cell] for cell in whole.cell] == ["ABa", "MS", "ABp", "E"]
    assert [whole.embryos[embryo] for embryo in whole.embryo] == ["a", "a", "b", "b"]
    assert whole.features[:, 0].tolist() == [0, 3, 0, 1]
    assert whole.features.dtype == np.float32
    assert data.FEATURES == ("x", "y", "z", "time", "size")
    assert whole.features[3].tolist() == [1, 2, 1, 2, 50]
    assert whole.left_out == {"at negative times": 1, "without a Sulston name": 1}


def test_every_row_is_used_where_names_do_not_matter() -> None:
    whole = data.build({"a": table([("ABa", 1), ("Nuc1", 1)])}, TWO, 0, "all")
    assert set(whole.classes) == {"AB", "Nu"}
    assert whole.left_out == {}


@pytest.mark.embryos
def test_the_reference_embryo_gives_the_published_rows(epic: Path) -> None:
    whole = data.build({"a": read_cd((epic / REFERENCE).read_bytes(), REFERENCE)}, TWO, 200, "all")
    assert len(whole) == 9272
    assert len(whole.classes) == 17
    sampled = data.oversampled_index(whole.labels, seed=0)
    assert len(sampled) == 106_811
    part = data.split_rows(len(sampled), 0.1, 0.0, seed=0)
    assert np.bincount(part).tolist() == [96_129, 10_682]
    copies = np.isin(sampled[part == 1], sampled[part == 0])
    assert copies.mean() > 0.9  # the published leak: most scored rows have a twin in training


# ---- splits


def test_a_split_by_row_has_exact_sizes() -> None:
    assert data.row_shares(1000, 0.15, 0.15) == (700, 150, 150)
    assert data.row_shares(106_811, 0.1, 0.0) == (96_129, 10_682, 0)
    part = data.split_rows(1000, 0.15, 0.15, seed=3)
    assert np.bincount(part).tolist() == [700, 150, 150]
    assert (part == data.split_rows(1000, 0.15, 0.15, seed=3)).all()
    assert (part != data.split_rows(1000, 0.15, 0.15, seed=4)).any()


def test_a_split_of_equal_groups_is_exact() -> None:
    part = data.split_groups({f"{number:02}": 10 for number in range(20)}, 0.15, 0.15, seed=0)
    assert Counter(part.values()) == {0: 14, 1: 3, 2: 3}


def test_three_groups_make_three_parts_and_two_do_not() -> None:
    part = data.split_groups({"a": 100, "b": 10, "c": 1}, 0.15, 0.15, seed=0)
    assert sorted(part.values()) == [0, 1, 2]
    assert part["a"] == 0
    with pytest.raises(ValueError, match="2 groups"):
        data.split_groups({"a": 1, "b": 1}, 0.15, 0.15, seed=0)
    assert sorted(data.split_groups({"a": 1, "b": 1}, 0.15, 0, seed=0).values()) == [0, 1]


@given(
    sizes=st.lists(st.integers(1, 500), min_size=3, max_size=40),
    validation=st.floats(0.05, 0.4),
    test=st.sampled_from([0.0, 0.05, 0.15, 0.4]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=200, deadline=None)
def test_every_part_of_a_group_split_has_a_group(
    sizes: list[int], validation: float, test: float, seed: int
) -> None:
    named = {f"g{number}": size for number, size in enumerate(sizes)}
    part = data.split_groups(named, validation, test, seed)
    assert set(part) == set(named)
    assert set(part.values()) == ({0, 1, 2} if test else {0, 1})
    shuffled = dict(reversed(named.items()))
    assert data.split_groups(shuffled, validation, test, seed) == part


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["ABa", "ABp", "MS", "E", "C", "D", "P4"])),
        min_size=60,
        max_size=200,
    ),
    by=st.sampled_from(["cell", "embryo"]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=100, deadline=None)
def test_no_group_stands_in_two_parts(rows: list[tuple[int, str]], by: str, seed: int) -> None:
    ids = "abcdef"
    dates = dict(zip(ids, ["1", "1", "2", "3", "4", "4"], strict=True))
    tables = {
        id: table([(cell, time) for time, (embryo, cell) in enumerate(rows, 1) if embryo == number])
        for number, id in enumerate(ids)
    }
    whole = data.build({id: frame for id, frame in tables.items() if len(frame)}, TWO, 0, "sulston")
    groups = [
        dates[whole.embryos[e]] if by == "embryo" else whole.cells[c]
        for e, c in zip(whole.embryo, whole.cell, strict=True)
    ]
    if len(set(groups)) < 3:
        return
    part = data.split(whole, by, dates, 0.2, 0.2, seed)
    parts_of: dict[str, set[int]] = {}
    for group, number in zip(groups, part.tolist(), strict=True):
        parts_of.setdefault(group, set()).add(number)
    assert all(len(parts) == 1 for parts in parts_of.values())
    assert set(part.tolist()) == {0, 1, 2}
    assert (part == data.split(whole, by, dates, 0.2, 0.2, seed)).all()


# ---- scaling


def test_scaling_is_that_of_the_rows_it_was_fitted_on() -> None:
    training = np.array([[0.0, 7.0], [2.0, 7.0]], np.float32)
    scaling = data.fit_scaling(training, "standardised")
    assert scaling.apply(training).tolist() == [[-1, 0], [1, 0]]
    assert scaling.apply(np.array([[5.0, 9.0]], np.float32)).tolist() == [[4, 2]]
    assert data.fit_scaling(training, "raw").apply(training).tolist() == training.tolist()


# ---- resampling


def unbalanced(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    labels = np.repeat([0, 1, 2, 3], [60, 25, 7, 3])
    return np.random.default_rng(seed).normal(size=(len(labels), 5)).astype(np.float32), labels


@pytest.mark.parametrize("resampling", ["none", "oversample", "undersample", "smote", "class-weights"])
def test_resampling_gives_the_counts_that_the_page_told(resampling: str) -> None:
    features, labels = unbalanced()
    told = after_resampling({str(k): n for k, n in enumerate(np.bincount(labels).tolist())}, resampling)
    more, of = data.resample(features, labels, resampling, seed=0)
    assert np.bincount(of).tolist() == [told[str(label)].rows for label in range(4)]
    assert len(more) == len(of)
    again, _ = data.resample(features, labels, resampling, seed=0)
    assert (again == more).all()


def test_smote_makes_rows_and_copies_only_the_classes_without_neighbours() -> None:
    features, labels = unbalanced()
    more, of = data.resample(features, labels, "smote", seed=0)
    for label, distinct in ((0, 60), (3, 3)):
        assert len(np.unique(more[of == label], axis=0)) == distinct
    for label in (1, 2):
        assert len(np.unique(more[of == label], axis=0)) == 60
    assert more.dtype == np.float32


def test_smote_where_every_small_class_is_copied() -> None:
    labels = np.repeat([0, 1], [20, 2])
    features = np.arange(44, dtype=np.float32).reshape(22, 2)
    _, of = data.resample(features, labels, "smote", seed=0)
    assert np.bincount(of).tolist() == [20, 20]


@pytest.mark.parametrize("resampling", sorted(set(RESAMPLINGS) - {"oversample-before-split"}))
def test_one_class_alone_is_left_as_it_is(resampling: str) -> None:
    features, labels = np.ones((5, 5), np.float32), np.zeros(5, np.int64)
    assert len(data.resample(features, labels, resampling, seed=0)[0]) == 5


def test_draw_weights_are_those_of_the_inverse_frequency() -> None:
    labels = np.repeat([0, 1], [16, 4])
    balanced = data.draw_weights(labels, "balanced-sampler")
    square_root = data.draw_weights(labels, "sqrt-sampler")
    assert balanced is not None and square_root is not None
    assert balanced[:16].sum() == pytest.approx(balanced[16:].sum())
    assert square_root[:16].sum() / square_root[16:].sum() == pytest.approx(2)
    assert data.draw_weights(labels, "none") is None


def test_class_weights_are_scikit_learns() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    _, labels = unbalanced()
    known = compute_class_weight("balanced", classes=np.arange(4), y=labels)
    assert data.class_weights(labels, 5) == pytest.approx([*known, 0])


# ---- scores


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=60),
)
@settings(max_examples=100, deadline=None)
def test_scores_are_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    import warnings

    from sklearn import metrics

    truth, answers = np.array(pairs).T
    found = score.scores(score.confusion(truth, answers, 8))
    with warnings.catch_warnings():  # it warns of answers that never occur, which is what is tested
        warnings.simplefilter("ignore")
        balanced = metrics.balanced_accuracy_score(truth, answers)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(truth, answers))
    assert found.balanced_accuracy == pytest.approx(balanced)
    assert found.macro_f1 == pytest.approx(metrics.f1_score(truth, answers, average="macro", zero_division=0))


def test_per_class_and_majority_by_hand() -> None:
    matrix = score.confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 4)
    told = score.per_class(matrix, ["AB", "MS", "E", "C"])
    assert told[0] == {"label": "AB", "support": 2, "predicted": 2, "precision": 0.5, "recall": 0.5}
    assert (told[2]["precision"], told[2]["recall"]) == (None, 0.0)
    assert (told[3]["precision"], told[3]["recall"]) == (None, None)
    assert score.majority(np.array([1, 1, 0]), np.array([1, 0, 0, 0])) == 0.25


def test_scores_of_each_embryo_and_over_embryos() -> None:
    truth, answers = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 0])
    each = score.by_embryo(truth, answers, np.array([0, 0, 2, 2]), ["a", "b", "c"], np.array([0, 0, 1]))
    assert [(one["name"], one["rows"], one["accuracy"], one["majority"]) for one in each] == [
        ("a", 2, 1.0, 1.0),
        ("c", 2, 0.5, 0.0),
    ]
    over = score.over_embryos([0.2, 0.9, 1.0], seed=0)
    assert (over["embryos"], over["median"], over["worst"]) == (3, 0.9, 0.2)
    assert over["mean"] == pytest.approx(0.7)
    low, high = over["interval"]
    assert 0.2 <= low < 0.7 < high <= 1.0
    assert score.over_embryos([0.5, 0.6], seed=0)["interval"] is None


# ---- the data of a run, and its plan


@pytest.mark.parametrize("resampling", sorted(RESAMPLINGS))
@pytest.mark.parametrize("by", ["row", "cell", "embryo"])
def test_the_plan_tells_what_the_run_then_finds(lab: Any, by: str, resampling: str) -> None:
    embryos = hand_made.add(lab, "20080101", "20080102", "20080103", "20080104", frames=7)
    config = complete(
        {"embryos": [e.id for e in embryos], "split": by, "resampling": resampling, "stop_at_cells": 0},
        embryos,
    )
    told = plan(lab, config)
    found = prepare(lab.embryos, config).facts
    sizes = found["parts"]
    assert (told.rows, told.classes) == (found["rows"], len(found["classes"]))
    by_chance = (
        0.4 if (by, resampling) == ("row", "undersample") else 0.1 if by == "row" else 0.06
    )  # which rows, or copies, a part draws
    exact = resampling in ("none", "class-weights", "balanced-sampler", "sqrt-sampler") or (
        resampling != "oversample-before-split" and by != "row"
    )
    assert told.train_rows == pytest.approx(found["epoch_rows"], rel=0 if exact else by_chance)
    scored = pytest.approx(
        (sizes["validation"]["rows"], sizes["test"]["rows"]), rel=0 if exact else by_chance
    )
    assert (told.validation_rows, told.test_rows) == scored
    assert told.refused is None
    assert told.seconds > 0


def test_nothing_of_validation_or_test_is_resampled_or_scaled_by(lab: Any) -> None:
    embryos = hand_made.add(lab, "20080101", "20080102", "20080103")
    ids = [embryo.id for embryo in embryos]
    config = complete({"embryos": ids, "split": "embryo", "resampling": "oversample"}, embryos)
    parts = prepare(lab.embryos, config)
    plain = data.build({id: lab.embryos.table(id) for id in ids}, config.label, 200, "sulston")
    held_out = {name: set(parts.facts["parts"][name]["embryos"]) for name in data.PARTS}
    assert not held_out["training"] & (held_out["validation"] | held_out["test"])
    name_of = {embryo.id: embryo.name for embryo in embryos}
    training = np.array([name_of[plain.embryos[e]] in held_out["training"] for e in plain.embryo])
    assert parts.scaling.mean == pytest.approx(plain.features[training].mean(axis=0), rel=1e-4)
    for part in (parts.validation, parts.test):
        assert len(part) == 320
        assert np.bincount(part.labels).tolist() == np.bincount(plain.labels[: len(plain) // 3]).tolist()
    assert len(set(np.bincount(parts.labels))) == 1


def test_classes_without_a_training_row_are_told(lab: Any) -> None:
    (embryo,) = hand_made.add(lab, "20080101")
    config = complete({"embryos": [embryo.id], "split": "cell", "scheme": "full"}, [embryo])
    facts = prepare(lab.embryos, config).facts
    assert len(facts["without_training"]) == 16 - facts["parts"]["training"]["classes"] > 0
    assert any("no row in the training part" in note for note in plan(lab, config).notes)


def test_what_cannot_be_learnt_is_hopeless(lab: Any) -> None:
    embryo = lab.embryos.add(hand_made.cd_file(cells=("ABa",), frames=30), "CD20080101_x_1.csv").embryo
    config = complete({"embryos": [embryo.id], "split": "row"}, [embryo])
    assert plan(lab, config).refused
    with pytest.raises(Hopeless, match="nothing to learn"):
        prepare(lab.embryos, config)


def test_five_million_rows_are_refused_and_a_sampler_is_offered(
    lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (embryo,) = hand_made.add(lab, "20080101")
    monkeypatch.setattr("services.run_plan.MAX_ROWS", 400)
    monkeypatch.setattr("services.run_data.MAX_ROWS", 400)
    fields = {"embryos": [embryo.id], "split": "row"}
    config = complete({**fields, "resampling": "oversample"}, [embryo])
    refused = plan(lab, config)
    assert "at most 400" in str(refused.refused)
    assert "sampler" in str(refused.refused)
    assert refused.refused_field == "resampling"
    with pytest.raises(Hopeless, match="sampler"):
        prepare(lab.embryos, config)
    assert plan(lab, complete({**fields, "resampling": "sqrt-sampler"}, [embryo])).refused is None
