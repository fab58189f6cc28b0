"""Names of cells and what they say: mothers, daughters, founders, generations, order in the tree.

A Sulston name (Sulston et al. 1983) is a founder and one letter for each division since: `a`/`p`,
`l`/`r`, `d`/`v`, the first of each pair drawn left. The divisions before the founders follow no such
rule and stand in `_EARLY`.

`reference_lineage.csv` beside this file is a measured lineage: medians over 66 EPIC and LIVE embryos
(Murray et al. 2012; Murray lab), for 804 cells to about 230 minutes. Nothing that is scored on held-out
embryos of that collection may use it: it was made from them.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

import pandas

_EARLY = {  # the divisions whose daughters don't add a letter; the anterior daughter first
    "P0": ("AB", "P1"),
    "P1": ("EMS", "P2"),
    "EMS": ("MS", "E"),
    "P2": ("C", "P3"),
    "P3": ("D", "P4"),
    "P4": ("Z2", "Z3"),
}
_EARLY_MOTHER = {daughter: mother for mother, pair in _EARLY.items() for daughter in pair}
_BLASTOMERES = ("AB", "MS", "E", "C", "D")  # founders whose descendants add letters
FOUNDERS = (*_BLASTOMERES, "P4")

_LETTER_PAIRS = {"a": "p", "l": "r", "d": "v"}
# Daughters that AceTree names by letters though their mother's name isn't one of the embryonic lineage's.
_BY_LETTERS = re.compile(r"((?:Nuc[0-9_]+|Z[23])[aplrdv]*)[aplrdv]")
_OTHER_LETTER = {**_LETTER_PAIRS, **{second: first for first, second in _LETTER_PAIRS.items()}}

# Every founder with letters divides first into an `a` and a `p`.
_SULSTON = re.compile(r"P[0-4]|EMS|Z[23]|(?:AB|MS|E|C|D)(?:[ap][aplrdv]*)?")

# Letters after the founder in the longest name of the embryonic lineage of C. elegans (Sulston et al.
# 1983; for D the longest in a real recording). Longer names are another species or a mistake.
_MOST_LETTERS = {"AB": 10, "MS": 8, "E": 5, "C": 6, "D": 6}

# Divisions beyond the reference that are not named a/p, from names in Sulston et al. 1983.
_LATE_AXES = {
    "ABalaaaala": "l",
    "ABalaaappr": "l",
    "ABalaapaaa": "l",
    "ABalpppapa": "d",
    "ABalppppaa": "d",
    "ABplapaaapa": "d",
    "ABprapaaapa": "d",
    "ABpraaaapa": "d",
    "ABpraaapaa": "d",
    "Capppp": "d",
    "Cppppp": "d",
}


@cache
def reference() -> pandas.DataFrame:
    """The measured reference lineage, one row a cell, indexed by cell. Shared: don't change it.

    Columns: mother, founder, embryos (how many it was seen in); birth_min, division_min (minutes after
    the birth of ABal, and their birth_sd, division_sd; division_min is the last frame of the cell itself);
    x, y, z at birth and at the end of life (`x_birth` … `z_end`, µm; x anterior to posterior, y ventral to
    dorsal, z right to left, right-handed); place_sd and diameter (µm).
    """
    return pandas.read_csv(Path(__file__).with_name("reference_lineage.csv")).set_index("cell")


@cache
def _axis_letters() -> dict[str, str]:
    """Mother -> first letter of her daughters' pair, for divisions that are named l/r or d/v."""
    letters = dict(_LATE_AXES)
    for cell, mother_name in reference()["mother"].items():
        if cell[:-1] == mother_name and cell[-1] not in "ap":
            letters[mother_name] = cell[-1] if cell[-1] in _LETTER_PAIRS else _OTHER_LETTER[cell[-1]]
    return letters


def is_sulston(name: str) -> bool:
    """Whether `name` has the form of a Sulston name. How deep it is doesn't matter: see `is_over_deep`."""
    return _SULSTON.fullmatch(name) is not None


def is_over_deep(name: str) -> bool:
    """Whether a Sulston name is longer than any of the embryonic lineage of C. elegans."""
    most = _MOST_LETTERS.get(founder(name))
    return most is not None and len(name) - len(founder(name)) > most


def mother(name: str) -> str | None:
    """The cell that divided into `name`; None for P0 and for a name that isn't Sulston's."""
    if name in _EARLY_MOTHER:
        return _EARLY_MOTHER[name]
    return name[:-1] if name != "P0" and is_sulston(name) else None


def track_mother(name: str) -> str | None:
    """`mother`; for what AceTree names by letters alone (Nuc145_62_440_416ap, Z2a) the name less its last."""
    by_letters = _BY_LETTERS.fullmatch(name)
    return by_letters[1] if by_letters else mother(name)


def daughters(name: str) -> tuple[str, ...]:
    """The two daughters, the one drawn left first; none for Z2, Z3 and names that aren't Sulston's."""
    if name in _EARLY:
        return _EARLY[name]
    if name in ("Z2", "Z3") or not is_sulston(name):
        return ()
    first = _axis_letters().get(name, "a")
    return name + first, name + _LETTER_PAIRS[first]


def sister(name: str) -> str | None:
    """The other daughter of the same mother; None for P0 and for a name that isn't Sulston's."""
    if name in _EARLY_MOTHER:
        left, right = _EARLY[_EARLY_MOTHER[name]]
        return right if name == left else left
    return None if mother(name) is None else name[:-1] + _OTHER_LETTER[name[-1]]


def founder(name: str) -> str:
    """AB, MS, E, C, D or P4; a cell before the founders is its own; "" for an unnamed nucleus."""
    if not is_sulston(name):
        return ""
    if name in ("Z2", "Z3"):
        return "P4"
    if name in _EARLY:
        return name
    return next(blastomere for blastomere in _BLASTOMERES if name.startswith(blastomere))


@lru_cache(maxsize=50_000)
def _line(name: str) -> tuple[str, ...]:
    """All ancestors of a Sulston name and itself, from P0 down."""
    line = [name]
    while (above := mother(line[-1])) is not None:
        line.append(above)
    return tuple(reversed(line))


def generation(name: str) -> int | None:
    """Divisions since P0, which is 0; None for a name that isn't Sulston's."""
    return len(_line(name)) - 1 if is_sulston(name) else None


def ancestor(name: str, generation: int) -> str:
    """The ancestor that was born at `generation` (P0 is 0). A cell born earlier keeps its own name,

    and so does a name that isn't Sulston's. Raises `ValueError` for a negative generation.
    """
    if generation < 0:
        raise ValueError(f"generation {generation}; expected 0 or more")
    if not is_sulston(name):
        return name
    line = _line(name)
    return line[min(generation, len(line) - 1)]


@lru_cache(maxsize=50_000)
def order_key(name: str) -> tuple[int, str, str]:
    """Sorts names as the tree is read: a mother before her daughters, anterior first, unnamed last."""
    if not is_sulston(name):
        return (1, "", name)
    first = founder(name) if founder(name) in _BLASTOMERES else name
    turns = "".join("0" if cell in _FIRST_BORN else "1" for cell in _line(first)[1:])
    # Of letters, those drawn left (a, d, l) come before those drawn right (p, r, v) by their own order.
    return (0, turns + name[len(first) :], name)


_FIRST_BORN = {pair[0] for pair in _EARLY.values()}


def in_order(names: Iterable[str]) -> list[str]:
    """`names` sorted by `order_key`."""
    return sorted(names, key=order_key)


def sublineage(root: str, names: Iterable[str]) -> list[str]:
    """Those of `names` that are `root` or descend from it, in lineage order."""
    born = generation(root)
    if born is None:
        return [name for name in names if name == root]
    return in_order(name for name in names if is_sulston(name) and ancestor(name, born) == root)


def matches(pattern: str, name: str) -> bool:
    """Whether `name` is meant by `pattern`, in which `x` is either daughter: MSxp is MSap and MSpp.

    Capitals don't matter. A whole line may be open: `EMSx` is MS and E.
    """
    while pattern.casefold() != name.casefold():
        above = mother(name)
        if above is None or len(pattern) < 2:
            return False
        last = pattern[-1].casefold()
        if last != "x" and (above != name[:-1] or last != name[-1]):
            return False
        pattern, name = pattern[:-1], above
    return True


def colour_group(name: str) -> str:
    """The key of a cell's colour: ABa, ABp, AB, MS, E, EMS, C, D, P (P0 to P4, Z2, Z3) or unnamed."""
    line = founder(name)
    if line == "AB":
        return name[:3]
    if line.startswith("P"):
        return "P"
    return line or "unnamed"
