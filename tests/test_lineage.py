"""Names of cells: exact answers for those that break simple rules, and what must hold for every name."""

import csv
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import lineage

REFERENCE_SHA256 = "68a418cf921498e625ed72d17e17f01c81c8ce530705697bea053c9ad2d38328"
NONSENSE = [
    "",
    "Nuc1",
    "NucXYZ",
    "P5",
    "P",
    "ABq",
    "AB ",
    " AB",
    "ABa\n",
    "ab",
    "EMSa",
    "P4a",
    "Z2a",
    "Z4",
    "Q",
    "ABl",
]

founders = st.sampled_from(["AB", "MS", "E", "C", "D"])
letters = st.text(alphabet="aplrdv", max_size=9)
descendants = st.builds(
    lambda founder, first, rest: founder + first + rest, founders, st.sampled_from("ap"), letters
)
early = st.sampled_from(["P0", "P1", "P2", "P3", "P4", "EMS", "Z2", "Z3", "AB", "MS", "E", "C", "D"])
names = st.one_of(early, descendants)


@pytest.mark.parametrize(
    ("cell", "mother", "sister"),
    [
        ("AB", "P0", "P1"),
        ("P1", "P0", "AB"),
        ("EMS", "P1", "P2"),
        ("P2", "P1", "EMS"),
        ("MS", "EMS", "E"),
        ("E", "EMS", "MS"),
        ("C", "P2", "P3"),
        ("P3", "P2", "C"),
        ("D", "P3", "P4"),
        ("P4", "P3", "D"),
        ("Z2", "P4", "Z3"),
        ("Z3", "P4", "Z2"),
        ("ABa", "AB", "ABp"),
        ("ABplapaaaapp", "ABplapaaaap", "ABplapaaaapa"),
        ("MSaapp", "MSaap", "MSaapa"),
        ("Eala", "Eal", "Ealp"),
        ("Ealp", "Eal", "Eala"),
        ("Caapv", "Caap", "Caapd"),
        ("Ear", "Ea", "Eal"),
        ("P0", None, None),
    ],
)
def test_mother_and_sister(cell: str, mother: str | None, sister: str | None) -> None:
    assert lineage.mother(cell) == mother
    assert lineage.sister(cell) == sister


@pytest.mark.parametrize(
    ("cell", "pair"),
    [
        ("P0", ("AB", "P1")),
        ("P1", ("EMS", "P2")),
        ("EMS", ("MS", "E")),
        ("P2", ("C", "P3")),
        ("P3", ("D", "P4")),
        ("P4", ("Z2", "Z3")),
        ("AB", ("ABa", "ABp")),
        ("ABa", ("ABal", "ABar")),
        ("Ea", ("Eal", "Ear")),
        ("Caapp", ("Caappd", "Caappv")),
        ("MSaapp", ("MSaappa", "MSaappp")),
        ("Z2", ()),
        ("Nuc1", ()),
    ],
)
def test_daughters_come_as_they_are_drawn(cell: str, pair: tuple[str, ...]) -> None:
    assert lineage.daughters(cell) == pair


@pytest.mark.parametrize(
    ("cell", "generation", "founder", "colour"),
    [
        ("P0", 0, "P0", "P"),
        ("AB", 1, "AB", "AB"),
        ("P1", 1, "P1", "P"),
        ("EMS", 2, "EMS", "EMS"),
        ("P2", 2, "P2", "P"),
        ("ABa", 2, "AB", "ABa"),
        ("ABprp", 4, "AB", "ABp"),
        ("MS", 3, "MS", "MS"),
        ("E", 3, "E", "E"),
        ("Ealp", 6, "E", "E"),
        ("C", 3, "C", "C"),
        ("D", 4, "D", "D"),
        ("P4", 4, "P4", "P"),
        ("Z2", 5, "P4", "P"),
        ("Z3", 5, "P4", "P"),
        ("ABplapaaaapp", 11, "AB", "ABp"),
        ("Nuc1", None, "", "unnamed"),
    ],
)
def test_generation_founder_and_colour(cell: str, generation: int | None, founder: str, colour: str) -> None:
    assert lineage.generation(cell) == generation
    assert lineage.founder(cell) == founder
    assert lineage.colour_group(cell) == colour


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_no_name_and_breaks_nothing(name: str) -> None:
    assert not lineage.is_sulston(name)
    assert lineage.mother(name) is lineage.sister(name) is lineage.generation(name) is None
    assert lineage.daughters(name) == ()
    assert lineage.founder(name) == ""
    assert lineage.ancestor(name, 3) == name
    assert not lineage.is_over_deep(name)
    assert lineage.colour_group(name) == "unnamed"


def test_a_very_long_name_has_the_form_but_is_deeper_than_the_lineage() -> None:
    deep = "AB" + "alpp" * 250
    assert lineage.is_sulston(deep)
    assert lineage.is_over_deep(deep)
    assert not lineage.is_over_deep("ABplapaaaapp")
    assert lineage.is_over_deep("Eaaaaaa")
    assert lineage.generation(deep) == 1001


@given(names)
def test_the_mother_of_each_daughter_is_the_cell(name: str) -> None:
    for daughter in lineage.daughters(name):
        assert lineage.mother(daughter) == name
        assert lineage.sister(daughter) in lineage.daughters(name)
        assert lineage.generation(daughter) == lineage.generation(name) + 1  # type: ignore[operator]


@given(names)
def test_sisters_are_each_others(name: str) -> None:
    other = lineage.sister(name)
    if name == "P0":
        assert other is None
    else:
        assert other is not None and other != name
        assert lineage.sister(other) == name
        assert lineage.mother(other) == lineage.mother(name)


@given(names, st.integers(0, 14))
def test_an_ancestor_is_its_own_and_the_mothers(name: str, generation: int) -> None:
    above = lineage.ancestor(name, generation)
    assert lineage.ancestor(above, generation) == above
    own = lineage.generation(name)
    assert own is not None
    if own <= generation:
        assert above == name
    else:
        mother = lineage.mother(name)
        assert mother is not None
        assert lineage.generation(above) == generation
        assert lineage.ancestor(mother, generation) == above
    assert name in lineage.sublineage(above, [name, "Nuc1"])


def test_an_ancestor_before_the_first_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="generation -1"):
        lineage.ancestor("ABa", -1)


@given(st.lists(names, unique=True))
def test_order_is_the_trees(some: list[str]) -> None:
    ordered = lineage.in_order(some)
    place = {name: number for number, name in enumerate(ordered)}
    for name in some:
        mother = lineage.mother(name)
        if mother in place:
            assert place[mother] < place[name]
    roots = [name for name in ordered if lineage.mother(name) not in place]
    for root in roots:  # a sublineage stands together
        if members := lineage.sublineage(root, some):
            assert ordered[place[root] : place[root] + len(members)] == members


def test_anterior_comes_first_and_unnamed_last() -> None:
    assert lineage.in_order(["Nuc4", "Z3", "E", "P4", "Nuc1", "D", "ABp", "MS", "C", "ABa", "Z2"]) == [
        *("ABa", "ABp", "MS", "E", "C", "D", "P4", "Z2", "Z3", "Nuc1", "Nuc4")
    ]


def test_a_sublineage_of_ems_is_not_of_e() -> None:
    cells = ["EMS", "E", "Ea", "MS", "MSa", "P2", "ABa", "Nuc1"]
    assert lineage.sublineage("E", cells) == ["E", "Ea"]
    assert lineage.sublineage("EMS", cells) == ["EMS", "MS", "MSa", "E", "Ea"]
    assert lineage.sublineage("P0", cells) == ["ABa", "EMS", "MS", "MSa", "E", "Ea", "P2"]
    assert lineage.sublineage("Nuc1", cells) == ["Nuc1"]


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("MSxp", {"MSap", "MSpp"}),
        ("msXP", {"MSap", "MSpp"}),
        ("EMSx", {"MS", "E"}),
        ("P4x", {"Z2", "Z3"}),
        ("Ex", {"Ea", "Ep"}),
        ("E", {"E"}),
        ("Z2", {"Z2"}),
        ("Nuc1", {"Nuc1"}),
        ("x", set()),
        ("", set()),
        ("MSxpx", set()),
    ],
)
def test_x_is_either_daughter(pattern: str, meant: set[str]) -> None:
    cells = ["MS", "E", "EMS", "MSa", "MSap", "MSpp", "MSaa", "MSpa", "Ea", "Ep", "Z2", "Z3", "P4", "Nuc1"]
    assert {cell for cell in cells if lineage.matches(pattern, cell)} == meant


def test_the_reference_is_as_it_was_measured() -> None:
    raw = Path(lineage.__file__).with_name("reference_lineage.csv").read_bytes()
    assert hashlib.sha256(raw).hexdigest() == REFERENCE_SHA256
    table = lineage.reference()
    assert len(table) == 804
    for cell, row in table.iterrows():
        assert lineage.mother(str(cell)) == row["mother"]
        assert cell in lineage.daughters(row["mother"])
        assert not lineage.is_over_deep(str(cell))
        # The reference names P1 its own founder and counts the germ line to P4; so does `founder`.
        assert lineage.founder(str(cell)) == row["founder"]


@pytest.mark.embryos
def test_the_names_of_real_embryos(epic: Path) -> None:
    """All names of the C. elegans recordings are Sulston's and none is too deep; C. briggsae's are."""
    elegans: set[str] = set()
    briggsae: set[str] = set()
    for path in epic.glob("CD*.csv"):
        with path.open(newline="") as lines:
            found = {row[1] for row in csv.reader(lines)} - {"cell"}
        (briggsae if "AF16" in path.name else elegans).update(found)
    assert sorted(name for name in elegans if not lineage.is_sulston(name)) == ["Nuc1", "Nuc4"]
    assert [name for name in elegans if lineage.is_over_deep(name)] == []
    assert sum(map(lineage.is_over_deep, briggsae)) > 100
    for name in elegans - {
        "Nuc1",
        "Nuc4",
        "P0",
    }:  # every division that was seen is drawn the way it was named
        mother = lineage.mother(name)
        assert mother is not None
        assert name in lineage.daughters(mother)
