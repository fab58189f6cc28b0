"""Search words, filters and sorting of the embryos page as SQL, so that ten thousand stay on the server."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Float,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from services.database import embryo_set_members, embryo_tags, embryos
from services.followers import follows, number_that_follow
from services.lineage import is_sulston

MOST_WORDS = 20
LONGEST_WORD = 100
MOST_CONDITIONS = 20
_GENE = re.compile(r"[a-z]{3,4}-[0-9]+(\.[0-9]+)?")  # never the name of a cell

_NUMBERS = (
    "pixel_um",
    "plane_um",
    "interval_s",
    "rows",
    "cells",
    "frames",
    "first_frame",
    "last_frame",
    "max_cells",
    "start_cells",
    "end_cells",
    "imported",
)
_TEXTS = ("id", "name", "file_name", "source", "gene", "strain", "date", "session", "species")


def _minutes() -> ColumnElement[Any]:
    # A TIME table's few seconds of difference don't matter for the order of a list.
    return (embryos.c.last_frame - embryos.c.first_frame) * embryos.c.interval_s / 60.0


def _tag_text() -> ColumnElement[Any]:
    first = select(func.min(embryo_tags.c.tag)).where(embryo_tags.c.embryo == embryos.c.id)
    return func.coalesce(first.scalar_subquery(), "")


def _column(name: str) -> tuple[ColumnElement[Any], bool]:
    """A column of the page by name, and whether it is a number. Raises `ValueError`."""
    if name in _NUMBERS:
        return embryos.c[name], True
    if name in _TEXTS:
        return embryos.c[name], False
    if name == "minutes":
        return _minutes(), True
    if name == "flags":
        return cast(embryos.c.flags, Text), False
    if name == "tags":
        return _tag_text(), False
    raise ValueError(name[:40], "is no column of the table")


def ordered(sort: Sequence[tuple[str, str]]) -> list[ColumnElement[Any]]:
    """ORDER BY for columns with `asc` or `desc`; the id at last, so that pages never overlap."""
    order = []
    for name, direction in sort:
        if direction not in ("asc", "desc"):
            raise ValueError(name[:40], f"sorted {direction[:20]!r}; expected asc or desc")
        column, _is_number = _column(name)
        order.append(column.asc() if direction == "asc" else column.desc())
    return [*order, embryos.c.id.asc()]


def narrowed(search: str, filters: Mapping[str, Any]) -> ColumnElement[bool]:
    """WHERE for the embryos that a search and AG Grid's filter model leave, deleted ones never."""
    conditions: list[ColumnElement[bool]] = [embryos.c.deleted.is_(None)]
    conditions += [_word(word[:LONGEST_WORD]) for word in search.split()[:MOST_WORDS]]
    conditions += [_filtered(name, model) for name, model in filters.items()]
    return and_(*conditions)


def number(search: str, filters: Mapping[str, Any]) -> Select[int]:
    """How many embryos a search and filters leave."""
    words = search.split()
    if len(words) == 1 and not filters and not _GENE.fullmatch(words[0]):
        # Most searches are for one cell, and most embryos may follow it: their list is as long as it is.
        word = words[0][:LONGEST_WORD]
        others = and_(embryos.c.deleted.is_(None), _has_text(word), not_(follows(_spellings(word))))
        by_text = select(func.count()).select_from(embryos).where(others).scalar_subquery()
        return select(number_that_follow(_spellings(word)) + by_text)
    return select(func.count()).select_from(embryos).where(narrowed(search, filters))


def _word(word: str) -> ColumnElement[bool]:
    """Text of name, gene, strain or a tag, or exactly the name of a cell that the embryo follows."""
    return _has_text(word) if _GENE.fullmatch(word) else or_(follows(_spellings(word)), _has_text(word))


def _has_text(word: str) -> ColumnElement[bool]:
    tagged = select(embryo_tags.c.embryo).where(_contains(embryo_tags.c.tag, word))
    texts = [_contains(embryos.c[name], word) for name in ("name", "gene", "strain")]
    return or_(*texts, embryos.c.id.in_(tagged))


def _spellings(word: str) -> list[str]:
    """The word, and with the capitals of a cell's name: `msaapp` is MSaapp, `ABALA` is ABala."""
    folded = word.casefold()
    spellings = {word}
    for founder in ("AB", "EMS", "MS", "E", "C", "D", "P", "Z"):
        if folded.startswith(founder.casefold()):
            spellings.add(founder + folded[len(founder) :])
    return sorted(spellings)


def cell_meant(word: str) -> str | None:
    """The cell that a search word may mean, in the spelling of the lineage; None for other words."""
    spellings = [word, *_spellings(word)]
    return next((spelling for spelling in spellings if is_sulston(spelling)), None)


class _Contains(FunctionElement[bool]):
    """Whether a text contains a pattern, capitals or not: what each database does quickest."""

    type = Boolean()
    inherit_cache = True


@compiles(_Contains)
def _ilike(element: Any, compiler: Any, **options: Any) -> str:
    column, pattern = element.clauses
    word = (
        "LIKE" if compiler.dialect.name == "sqlite" else "ILIKE"
    )  # SQLite's LIKE ignores capitals by itself
    return f"({compiler.process(column, **options)} {word} {compiler.process(pattern, **options)} ESCAPE '/')"


def _contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return _Contains(column, bindparam(None, f"%{escaped}%", type_=Text))


_TEXT_FILTERS: dict[str, Callable[[ColumnElement[Any], str], ColumnElement[bool]]] = {
    "contains": _contains,
    "notContains": lambda column, text: not_(_contains(column, text)),
    "equals": lambda column, text: func.lower(column) == text.lower(),
    "notEqual": lambda column, text: func.lower(column) != text.lower(),
    "startsWith": lambda column, text: func.lower(column).startswith(text.lower(), autoescape=True),
    "endsWith": lambda column, text: func.lower(column).endswith(text.lower(), autoescape=True),
    "lessThan": lambda column, text: column < text,
    "lessThanOrEqual": lambda column, text: column <= text,
    "greaterThan": lambda column, text: column > text,
    "greaterThanOrEqual": lambda column, text: column >= text,
}
_NUMBER_FILTERS: dict[str, Callable[[ColumnElement[Any], float], ColumnElement[bool]]] = {
    "equals": lambda column, number: column == number,
    "notEqual": lambda column, number: column != number,
    "lessThan": lambda column, number: column < number,
    "lessThanOrEqual": lambda column, number: column <= number,
    "greaterThan": lambda column, number: column > number,
    "greaterThanOrEqual": lambda column, number: column >= number,
}


def _filtered(name: str, model: Any) -> ColumnElement[bool]:
    """One column's filter: AG Grid's text, number or date model, or several joined by AND or OR."""
    if not isinstance(model, Mapping):
        raise ValueError(name, "has a filter that is no object")
    if name == "set":  # no column, but narrowed by like one
        of_set = embryo_set_members.c.set_name == str(model.get("filter", ""))
        return exists().where(embryo_set_members.c.embryo == embryos.c.id, of_set)
    column, is_number = _column(name)
    if "operator" in model:
        inner = model.get("conditions") or [model.get("condition1"), model.get("condition2")]
        if not isinstance(inner, list) or len(inner) > MOST_CONDITIONS:
            raise ValueError(name, f"has a filter of more than {MOST_CONDITIONS} conditions")
        conditions = [_filtered(name, condition) for condition in inner if condition]
        return and_(*conditions) if model["operator"] == "AND" else or_(false(), *conditions)
    kind = str(model.get("type", "contains"))
    if kind in ("blank", "notBlank"):
        blank = column.is_(None) if is_number else or_(column.is_(None), column.in_(("", "[]")))
        return blank if kind == "blank" else not_(blank)
    first = model.get("filter", model.get("dateFrom"))
    last = model.get("filterTo", model.get("dateTo"))
    if name == "tags":
        return _tagged(kind, str(first or ""))
    if is_number:
        return _number_filter(name, column, kind, first, last)
    return _text_filter(name, column, kind, _day(name, first), _day(name, last))


def _day(name: str, value: Any) -> str:
    text = "" if value is None else str(value)[:LONGEST_WORD]
    return text[:10] if name == "date" and len(text) > 10 else text  # AG Grid sends `2008-10-16 00:00:00`


def _tagged(kind: str, text: str) -> ColumnElement[bool]:
    opposite = {"notContains": "contains", "notEqual": "equals"}.get(kind)
    if (opposite or kind) not in _TEXT_FILTERS:
        raise ValueError("tags", f"has a filter {kind[:20]!r}")
    matches = _TEXT_FILTERS[opposite or kind](embryo_tags.c.tag, text)
    found = exists().where(embryo_tags.c.embryo == embryos.c.id, matches)
    return not_(found) if opposite else found


def _text_filter(
    name: str, column: ColumnElement[Any], kind: str, first: str, last: str
) -> ColumnElement[bool]:
    if kind == "inRange":
        return and_(column >= first, column <= last)
    if kind not in _TEXT_FILTERS:
        raise ValueError(name, f"has a filter {kind[:20]!r}")
    return _TEXT_FILTERS[kind](column, first)


def _number_filter(
    name: str, column: ColumnElement[Any], kind: str, first: Any, last: Any
) -> ColumnElement[bool]:
    column = cast(column, Float)
    if kind == "inRange":
        return and_(column >= _number(name, first), column <= _number(name, last))
    if kind not in _NUMBER_FILTERS:
        raise ValueError(name, f"has a filter {kind[:20]!r}")
    return _NUMBER_FILTERS[kind](column, _number(name, first))


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(name, f"is filtered by {str(value)[:20]!r}; expected a number") from None
