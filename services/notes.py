"""Notes that people pin to a cell and a moment of an embryo. In their order they are a story that plays.

Everybody of the lab sees all of them. Text is text: nothing in it means anything to the program. Two people
who change one note at the same time don't overwrite each other: a change names the version that it was made
from, and is refused where somebody else was quicker.
"""

import math
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from services.database import embryos, notes
from services.embryos import ID_LENGTH, ID_LETTERS, NoSuchEmbryo
from services.run_config import ONE_LINE, SOME_LINES

MOST_NOTES = 500  # of an embryo
LONGEST = {"text": 2000, "cell": 60, "author": 60, "view": 6000}  # characters
QUERY = r"^(\?[!-~]*)?$"  # a query string as an address holds it, or nothing
ALLOWED = {"text": SOME_LINES, "cell": ONE_LINE, "author": ONE_LINE, "view": QUERY}
FRAMES = (-1e6, 9_999_999)  # what the address of a view can hold


class NoSuchNote(KeyError):
    """The embryo has no note of this id, or it was deleted."""

    def __str__(self) -> str:
        return str(self.args[0])


class BadNote(ValueError):
    """What was to be written can't be. `field` names what is wrong, None where it is the note as a whole."""

    def __init__(self, field: str | None, message: str):
        super().__init__(message)
        self.field = field


class Changed(ValueError):
    """Somebody else changed the note meanwhile. `note` is what it is now."""

    def __init__(self, note: "Note"):
        super().__init__("somebody else changed this note meanwhile")
        self.note = note


@dataclass(frozen=True)
class Note:
    """One note; the fields are the columns of table `notes`.

    `cell` is a cell's name, empty where the note is of the embryo as a whole. `frame` may lie between two
    frames. `view` is the query string of the embryo's page when it was pinned. `place` orders the story.
    `version` is raised by every change of what it says, not by moving it. Times are Unix seconds.
    """

    id: str
    embryo: str
    cell: str
    frame: float
    text: str
    author: str
    view: str
    place: int
    version: int
    created: float
    edited: float


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` (any of cell, frame, text, author, view) as they may be kept. Raises `BadNote`."""
    kept: dict[str, Any] = {}
    for field, value in values.items():
        if field == "frame":
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise BadNote(field, "expected a frame, as a number")
            if not FRAMES[0] <= value <= FRAMES[1]:
                raise BadNote(field, f"{value:g}; expected a frame from {FRAMES[0]:.0f} to {FRAMES[1]:.0f}")
            kept[field] = float(value)
            continue
        if field not in LONGEST:
            raise BadNote(field, "a note has no such field")
        if not isinstance(value, str):
            raise BadNote(field, "expected text")
        if len(value) > LONGEST[field]:
            raise BadNote(field, f"{len(value)} characters; expected at most {LONGEST[field]}")
        if not re.fullmatch(ALLOWED[field], value) or re.search("[\ud800-\udfff]", value):
            words = "is no query string" if field == "view" else "holds a control character"
            raise BadNote(field, words)
        kept[field] = value if field == "view" else value.strip()
    if "text" in kept and not kept["text"]:
        raise BadNote("text", "a note needs a text")
    return kept


class NoteStore:
    """The notes of all embryos in `engine`'s database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def of(self, embryo: str) -> list[Note]:
        """The notes of an embryo in the order of the story. Raises `NoSuchEmbryo`."""
        with self.engine.connect() as connection:
            there = select(embryos.c.id).where(embryos.c.id == embryo, embryos.c.deleted.is_(None))
            if connection.execute(there).first() is None:
                raise NoSuchEmbryo(embryo)
            return _story(connection, embryo)

    def add(self, embryo: str, cell: str, frame: float, text: str, author: str = "", view: str = "") -> Note:
        """Pin a note; it comes last in the story. Raises `NoSuchEmbryo` and `BadNote`."""
        values = checked({"cell": cell, "frame": frame, "text": text, "author": author, "view": view})
        id = "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))
        now = time.time()
        with self.engine.begin() as connection:
            _hold(connection, embryo)
            _refuse_too_many(connection, embryo)
            last = connection.scalar(select(func.max(notes.c.place)).where(notes.c.embryo == embryo))
            place = 0 if last is None else last + 1
            connection.execute(
                insert(notes).values(
                    id=id, embryo=embryo, place=place, version=1, created=now, edited=now, **values
                )
            )
            return _one(connection, embryo, id)

    def change(self, embryo: str, id: str, version: int, values: Mapping[str, Any]) -> Note:
        """Write `values` (any of cell, frame, text, author, view) over those of `version`.

        Raises `BadNote`, `NoSuchNote`, and `Changed` where the note has another version by now.
        """
        kept = checked(values)
        with self.engine.begin() as connection:
            done = connection.execute(
                update(notes)
                .where(_is(embryo, id), notes.c.version == version, notes.c.deleted.is_(None))
                .values(version=notes.c.version + 1, edited=time.time(), **kept)
            ).rowcount
            note = _one(connection, embryo, id)
        if not done:
            raise Changed(note)
        return note

    def move(self, embryo: str, id: str, place: int) -> Note:
        """Make it the note number `place` of the story, 0 being the first. Raises `NoSuchNote`."""
        with self.engine.begin() as connection:
            _hold(connection, embryo)
            story = _story(connection, embryo)
            moved = [note for note in story if note.id == id]
            if not moved:
                raise NoSuchNote(id)
            order = [note for note in story if note.id != id]
            order[place:place] = moved
            for number, note in enumerate(order):
                if note.place != number:
                    connection.execute(update(notes).where(notes.c.id == note.id).values(place=number))
            return _one(connection, embryo, id)

    def delete(self, embryo: str, id: str) -> None:
        """Hide a note. Nothing of it is lost: see `restore`. Raises `NoSuchNote`."""
        with self.engine.begin() as connection:
            done = connection.execute(
                update(notes).where(_is(embryo, id), notes.c.deleted.is_(None)).values(deleted=time.time())
            ).rowcount
        if not done:
            raise NoSuchNote(id)

    def restore(self, embryo: str, id: str) -> Note:
        """Show a deleted note again, where it stood. Raises `NoSuchNote` and `BadNote`."""
        with self.engine.begin() as connection:
            _hold(connection, embryo)
            gone = select(notes.c.id).where(_is(embryo, id), notes.c.deleted.is_not(None))
            if connection.execute(gone).first() is not None:
                _refuse_too_many(connection, embryo)
                connection.execute(update(notes).where(_is(embryo, id)).values(deleted=None))
            return _one(connection, embryo, id)


def _is(embryo: str, id: str) -> Any:
    return (notes.c.id == id) & (notes.c.embryo == embryo)


def _hold(connection: Connection, embryo: str) -> None:
    """Hold the embryo's row until the end, so that two changes of its story come one after the other."""
    there = embryos.c.id == embryo, embryos.c.deleted.is_(None)
    if not connection.execute(update(embryos).where(*there).values(id=embryo)).rowcount:
        raise NoSuchEmbryo(embryo)


def _refuse_too_many(connection: Connection, embryo: str) -> None:
    there = notes.c.embryo == embryo, notes.c.deleted.is_(None)
    number = connection.scalar(select(func.count()).select_from(notes).where(*there)) or 0
    if number >= MOST_NOTES:
        raise BadNote(None, f"this embryo has {number} notes, and can't have more: delete some first")


def _note(row: Any) -> Note:
    return Note(**{field.name: row._mapping[field.name] for field in fields(Note)})


def _one(connection: Connection, embryo: str, id: str) -> Note:
    row = connection.execute(select(notes).where(_is(embryo, id), notes.c.deleted.is_(None))).first()
    if row is None:
        raise NoSuchNote(id)
    return _note(row)


def _story(connection: Connection, embryo: str) -> list[Note]:
    there = notes.c.embryo == embryo, notes.c.deleted.is_(None)
    order = notes.c.place, notes.c.created, notes.c.id
    return [_note(row) for row in connection.execute(select(notes).where(*there).order_by(*order))]
