"""Labels and their imbalance: published figures, exact small answers, and imbalanced-learn as the judge."""

import math
from pathlib import Path

import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import labels
from services.labels import Scheme

counts_of_some = st.dictionaries(
    st.sampled_from([f"class {number}" for number in range(8)]), st.integers(1, 40), min_size=1
)


def cells(**rows: int) -> pandas.DataFrame:
    return pandas.DataFrame({"cell": list(rows), "rows": list(rows.values())})


@pytest.mark.embryos
@pytest.mark.parametrize(("depth", "expected"), [(1, 7), (2, 17), (3, 32), (4, 64)])
def test_the_published_embryo_has_the_published_classes(epic: Path, depth: int, expected: int) -> None:
    table = pandas.read_csv(epic / "CD20081016_alr-1_10A2_3_L1.csv", usecols=["cell"])
    rows = table["cell"].value_counts().rename_axis("cell").reset_index(name="rows")
    assert (len(rows), rows["rows"].sum()) == (726, 17_962)
    found = labels.class_counts(rows, Scheme("prefix", depth))
    assert len(found) == expected
    # The same counted the other way, row by row: labels and rows belong together.
    assert found == table["cell"].str[:depth].value_counts().to_dict()
    assert list(found.values()) == sorted(found.values(), reverse=True)


@pytest.mark.parametrize(
    ("name", "prefix", "founder", "ancestor"),
    [
        ("ABplapaaaapp", "ABp", "AB", "ABpla"),
        ("MSaapp", "MSa", "MS", "MSa"),
        ("E", "E", "E", "E"),
        ("Ealp", "Eal", "E", "Ea"),
        ("EMS", "EMS", "EMS", "EMS"),
        ("P4", "P4", "P4", "P4"),
        ("Z2", "Z2", "P4", "P4"),
        ("Daa", "Daa", "D", "D"),
        ("P0", "P0", "P0", "P0"),
        ("Nuc1", "Nuc", "unnamed", "unnamed"),
    ],
)
def test_a_cell_has_one_label_in_each_scheme(name: str, prefix: str, founder: str, ancestor: str) -> None:
    assert labels.label_of(name, Scheme("prefix", 3)) == prefix
    assert labels.label_of(name, Scheme("founder")) == founder
    assert labels.label_of(name, Scheme("ancestor", 4)) == ancestor
    assert labels.label_of(name, Scheme("full")) == name


@pytest.mark.parametrize(
    ("kind", "depth", "expected"),
    [
        (None, None, Scheme("prefix", 3)),
        ("prefix", "2", Scheme("prefix", 2)),
        ("ancestor", 0, Scheme("ancestor", 0)),
        ("ancestor", None, Scheme("ancestor", 4)),
        ("founder", "7", Scheme("founder")),
        ("full", None, Scheme("full")),
    ],
)
def test_a_scheme_is_read(kind: str | None, depth: object, expected: Scheme) -> None:
    assert Scheme.parse(kind, depth) == expected


@pytest.mark.parametrize(
    ("kind", "depth", "field"),
    [
        ("suffix", 3, "scheme"),
        ("prefix", 0, "depth"),
        ("prefix", "-1", "depth"),
        ("prefix", "three", "depth"),
        ("prefix", "²", "depth"),
        ("prefix", 2.5, "depth"),
        ("prefix", True, "depth"),
        ("prefix", "9" * 5000, "depth"),
        ("ancestor", 25, "depth"),
    ],
)
def test_what_is_no_scheme_is_refused_by_field(kind: str, depth: object, field: str) -> None:
    with pytest.raises(ValueError) as refused:
        Scheme.parse(kind, depth)
    assert refused.value.args[0] == field
    assert len(str(refused.value)) < 200


def test_classes_hold_label_rows_and_colour_together() -> None:
    rows = cells(ABala=5, ABpla=4, EMS=2, Ea=1, E=3, Nuc1=6, MSa=6)
    found = labels.classes(rows, Scheme("prefix", 1))
    assert [(each.label, each.rows, each.cells, each.colour) for each in found] == [
        ("A", 9, 2, "AB"),
        ("E", 6, 3, "E"),  # ties go by the lineage: EMS, MS, and an unnamed nucleus last
        ("M", 6, 1, "MS"),
        ("N", 6, 1, "unnamed"),
    ]


def test_rows_of_one_cell_in_many_embryos_are_added() -> None:
    rows = pandas.DataFrame(
        {"embryo": ["a", "a", "b"], "cell": pandas.Categorical(["ABa", "C", "ABa"]), "rows": [3, 1, 4]}
    )
    assert labels.class_counts(rows, Scheme("full")) == {"ABa": 7, "C": 1}
    assert labels.class_counts(rows[:0], Scheme("full")) == {}


def test_imbalance_by_hand() -> None:
    found = labels.imbalance({"a": 60, "b": 30, "c": 10})
    shannon = -(0.6 * math.log(0.6) + 0.3 * math.log(0.3) + 0.1 * math.log(0.1))
    assert found == labels.Imbalance(
        classes=3,
        rows=100,
        ratio=6.0,
        entropy=pytest.approx(shannon / math.log(3)),
        effective_classes=pytest.approx(math.exp(shannon)),
        largest_share=0.6,
        under_20=1,
    )


def test_imbalance_at_its_ends() -> None:
    assert labels.imbalance({}) == labels.Imbalance(0, 0, 0, 0, 0, 0, 0)
    assert labels.imbalance({"a": 5}) == labels.Imbalance(1, 5, 1, 0, 1, 1, 1)
    even = labels.imbalance(dict.fromkeys("abcdefg", 19))
    assert (even.entropy, even.effective_classes, even.under_20) == (pytest.approx(1), pytest.approx(7), 7)


@given(counts_of_some)
def test_imbalance_keeps_its_bounds(counts: dict[str, int]) -> None:
    found = labels.imbalance(counts)
    assert 0 <= found.entropy <= 1
    assert 1 - 1e-9 <= found.effective_classes <= found.classes
    assert 1 / found.classes - 1e-9 <= found.largest_share <= 1
    assert found.ratio >= 1


def resampled(counts: dict[str, int], sampler: object) -> tuple[dict[str, int], dict[str, int]]:
    """Rows of each class after imbalanced-learn's sampler, and how many rows of before are among them."""
    label = numpy.repeat(list(counts), list(counts.values()))
    rows = numpy.random.default_rng(0).normal(size=(len(label), 3))
    rows_after, label_after = sampler.fit_resample(rows, label)  # type: ignore[attr-defined]
    before = {tuple(row) for row in rows}
    kept = {each: {tuple(row) for row in rows_after[label_after == each]} & before for each in counts}
    return (
        {each: int((label_after == each).sum()) for each in counts},
        {each: len(found) for each, found in kept.items()},
    )


@settings(max_examples=25, deadline=None)
@given(counts_of_some.filter(lambda counts: len(counts) > 1))
def test_random_sampling_counts_are_imbalanced_learns(counts: dict[str, int]) -> None:
    from imblearn.over_sampling import RandomOverSampler
    from imblearn.under_sampling import RandomUnderSampler

    for name, sampler in [
        ("oversample", RandomOverSampler(random_state=0)),
        ("oversample-before-split", RandomOverSampler(random_state=0)),
        ("undersample", RandomUnderSampler(random_state=0)),
    ]:
        after = labels.after_resampling(counts, name)
        rows, distinct = resampled(counts, sampler)
        assert {label: each.rows for label, each in after.items()} == rows
        assert {label: each.distinct for label, each in after.items()} == distinct


@settings(max_examples=25, deadline=None)
@given(counts_of_some.filter(lambda counts: len(counts) > 1))
def test_smote_counts_are_imbalanced_learns_and_small_classes_are_copied(counts: dict[str, int]) -> None:
    from imblearn.over_sampling import SMOTE, RandomOverSampler

    after = labels.after_resampling(counts, "smote")
    copied = [label for label, each in after.items() if each.copied]
    assert sorted(copied) == sorted(labels.too_small_for_smote(counts))
    largest = max(counts.values())
    made = {label: largest for label in counts if label not in copied}
    # imbalanced-learn itself says which classes are too small: with any one of them asked for, it refuses.
    for label in copied:
        with pytest.raises(ValueError, match="n_neighbors"):
            resampled(counts, SMOTE(sampling_strategy={label: largest}, random_state=0))
    rows, _ = resampled(counts, SMOTE(sampling_strategy=made, random_state=0))
    if copied:
        rows, _ = resampled(rows, RandomOverSampler(random_state=0))
    assert {label: each.rows for label, each in after.items()} == rows
    assert {label: each.distinct for label, each in after.items()} == counts


@pytest.mark.parametrize(("name", "power"), [("balanced-sampler", 1.0), ("sqrt-sampler", 0.5)])
def test_samplers_expectations_are_what_drawing_gives(name: str, power: float) -> None:
    counts = {"a": 400, "b": 90, "c": 12, "d": 1}
    total = sum(counts.values())
    size = numpy.repeat(list(counts.values()), list(counts.values())).astype(float)
    label = numpy.repeat(list(counts), list(counts.values()))
    weight = size**-power
    random = numpy.random.default_rng(3)
    rows = dict.fromkeys(counts, 0.0)
    distinct = dict.fromkeys(counts, 0.0)
    repeats = 400
    for _ in range(repeats):
        drawn = random.choice(total, total, p=weight / weight.sum())
        for each in counts:
            rows[each] += (label[drawn] == each).sum() / repeats
            distinct[each] += (label[numpy.unique(drawn)] == each).sum() / repeats
    after = labels.after_resampling(counts, name)
    assert sum(each.rows for each in after.values()) == total
    for each in counts:
        assert after[each].rows == pytest.approx(rows[each], abs=1.5)
        assert after[each].distinct == pytest.approx(distinct[each], abs=1.0)
        assert not after[each].copied


@given(counts_of_some, st.sampled_from(list(labels.RESAMPLINGS)))
def test_every_resampling_keeps_classes_and_makes_up_no_distinct_rows(
    counts: dict[str, int], name: str
) -> None:
    after = labels.after_resampling(counts, name)
    assert list(after) == list(counts)
    for label, each in after.items():
        assert each.rows >= 1
        assert 0 <= each.distinct <= min(counts[label], each.rows)
        assert not each.copied or each.rows > counts[label]
    if name in ("none", "class-weights"):
        assert {label: each.rows for label, each in after.items()} == counts


def test_no_rows_stay_no_rows() -> None:
    for name in labels.RESAMPLINGS:
        assert labels.after_resampling({}, name) == {}
    assert labels.too_small_for_smote({}) == []


def test_an_unknown_resampling_is_refused() -> None:
    with pytest.raises(ValueError, match="adasyn"):
        labels.after_resampling({"a": 1}, "adasyn")
