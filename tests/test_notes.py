"""Notes: the API as scripts ask it, two people at once, and in a real browser a story that plays."""

import threading
from typing import Any

import pytest

from services.lab import open_lab
from services.notes import MOST_NOTES, BadNote, Changed, NoSuchNote, NoteStore
from tests.hand_made import add

HOSTILE = "<img src=x onerror=alert(1)> =1+1 {{7*7}} ' OR 1=1 -- \u202e \U0001f9ec"


@pytest.fixture
def embryo(lab: Any) -> str:
    return str(add(lab, "20080101")[0].id)


@pytest.fixture
def address(embryo: str) -> str:
    return f"/api/v1/embryos/{embryo}/notes"


def pin(client: Any, address: str, text: str = "It turns here", **fields: Any) -> Any:
    return client.post(address, json={"cell": "ABala", "frame": 5.5, "text": text, **fields})


def texts(client: Any, address: str) -> list[str]:
    return [note["text"] for note in client.get(address).json]


def test_a_note_is_pinned_changed_deleted_and_brought_back(client: Any, address: str, embryo: str) -> None:
    assert client.get(address).json == []
    answer = pin(client, address, author="Ada", view="?v=2&cells=ABala")
    assert answer.status_code == 201
    note = answer.json
    told = {
        "cell": "ABala",
        "frame": 5.5,
        "text": "It turns here",
        "author": "Ada",
        "view": "?v=2&cells=ABala",
    }
    assert {**note, **told} == note
    assert (note["embryo"], note["version"], note["place"]) == (embryo, 1, 0)
    assert client.get(address).json == [note]
    one = f"{address}/{note['id']}"
    changed = client.patch(one, json={"version": 1, "text": "It turns"}).json
    assert (changed["text"], changed["version"], changed["frame"]) == ("It turns", 2, 5.5)
    assert changed["edited"] >= note["edited"] and changed["created"] == note["created"]
    answer = client.delete(one)
    assert (answer.status_code, answer.data) == (204, b"")
    assert client.get(address).json == []
    assert client.delete(one).status_code == 404
    assert client.patch(one, json={"version": 2, "text": "late"}).status_code == 404
    assert client.post(f"{one}/restore").json == changed
    assert client.get(address).json == [changed]


def test_two_people_do_not_overwrite_each_other(client: Any, address: str) -> None:
    note = pin(client, address).json
    one = f"{address}/{note['id']}"
    assert client.patch(one, json={"version": 1, "text": "hers"}).status_code == 200
    late = client.patch(one, json={"version": 1, "text": "his"})
    assert late.status_code == 409
    assert late.json["error"]["field"] == "version"
    assert (late.json["note"]["text"], late.json["note"]["version"]) == ("hers", 2)
    assert texts(client, address) == ["hers"]
    assert client.patch(one, json={"version": 2, "text": "both"}).json["text"] == "both"


def test_of_many_changes_at_once_one_wins(lab: Any, embryo: str) -> None:
    store = NoteStore(lab.engine)
    note = store.add(embryo, "ABala", 3, "first")
    outcomes: list[str] = []

    def write(text: str) -> None:
        try:
            outcomes.append(store.change(embryo, note.id, 1, {"text": text}).text)
        except Changed as changed:
            outcomes.append(f"refused: {changed.note.version}")

    people = [threading.Thread(target=write, args=(f"of {number}",)) for number in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    (winner,) = [text for text in outcomes if text.startswith("of ")]
    assert outcomes.count("refused: 2") == 7
    assert [(each.text, each.version) for each in store.of(embryo)] == [(winner, 2)]


def test_a_story_is_put_in_order(client: Any, address: str) -> None:
    ids = {text: pin(client, address, text).json["id"] for text in "abcd"}
    for text, place, story in (("d", 0, "dabc"), ("d", 2, "abdc"), ("a", 3, "bdca"), ("b", 499, "dcab")):
        answer = client.patch(f"{address}/{ids[text]}", json={"place": place})
        assert answer.status_code == 200
        assert (answer.json["version"], answer.json["place"]) == (1, min(place, 3))
        assert texts(client, address) == list(story)
    client.delete(f"{address}/{ids['c']}")
    assert pin(client, address, "e").json["place"] > 3
    client.post(f"{address}/{ids['c']}/restore")
    assert texts(client, address) == list("dcabe"), "it comes back to where it stood"


def test_pins_at_the_same_moment_keep_an_order_each(lab: Any, embryo: str) -> None:
    store = NoteStore(lab.engine)
    people = [
        threading.Thread(target=lambda n=number: [store.add(embryo, "", 1, f"{n}") for _ in range(5)])
        for number in range(4)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(note.place for note in store.of(embryo)) == list(range(20))


def test_notes_outlive_a_restart_and_are_seen_by_everybody(lab: Any, embryo: str) -> None:
    note = NoteStore(lab.engine).add(embryo, "ABala", 3, "kept")
    lab.engine.dispose()
    assert NoteStore(open_lab(lab.settings).engine).of(embryo) == [note]


def test_hostile_text_stays_text(client: Any, address: str) -> None:
    note = pin(client, address, HOSTILE, cell="<b>ABala</b>", author=HOSTILE).json
    assert (note["text"], note["author"], note["cell"]) == (HOSTILE, HOSTILE, "<b>ABala</b>")
    assert client.get(address).json == [note]
    assert pin(client, address, "two\nlines\tand a tab").json["text"] == "two\nlines\tand a tab"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "  \n "}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "nul \x00"}, "text"),
        ({"text": "half a pair \ud83d"}, "text"),
        ({"text": 7}, "text"),
        ({"text": None}, "text"),
        ({"cell": "x" * 61}, "cell"),
        ({"cell": "two\nlines"}, "cell"),
        ({"author": "x" * 61}, "author"),
        ({"view": "cells=ABala"}, "view"),
        ({"view": "?a b"}, "view"),
        ({"view": "javascript:alert(1)"}, "view"),
        ({"view": "?" + "x" * 6000}, "view"),
        ({"frame": "5"}, "frame"),
        ({"frame": True}, "frame"),
        ({"frame": 1e300}, "frame"),
        ({"frame": float("nan")}, "frame"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_a_note_cannot_say_is_refused_by_field(
    client: Any, address: str, fields: dict[str, Any], field: str
) -> None:
    answer = pin(client, address, **({"text": "fine"} | fields))
    assert answer.status_code == 422
    assert answer.json["error"]["field"] == field
    assert client.get(address).json == []


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        ({"text": "without a version"}, 422, "version"),
        ({"text": "x", "version": "1"}, 422, "version"),
        ({"text": "x", "version": True}, 422, "version"),
        ({"version": 1}, 422, None),
        ({}, 422, None),
        ({"place": -1}, 422, "place"),
        ({"place": 500}, 422, "place"),
        ({"place": 1.5}, 422, "place"),
        ({"version": 1, "text": ""}, 422, "text"),
        ({"version": 1, "deleted": 1}, 422, "deleted"),
        ([], 422, None),
    ],
)
def test_what_cannot_be_changed(client: Any, address: str, sent: Any, status: int, field: str | None) -> None:
    note = pin(client, address).json
    answer = client.patch(f"{address}/{note['id']}", json=sent)
    assert (answer.status_code, answer.json["error"]["field"]) == (status, field)
    assert client.get(address).json == [note]


def test_there_are_only_so_many_notes(lab: Any, embryo: str) -> None:
    store = NoteStore(lab.engine)
    first = store.add(embryo, "", 1, "first")
    store.delete(embryo, first.id)
    for number in range(MOST_NOTES):
        store.add(embryo, "", 1, str(number))
    for one_more in (lambda: store.add(embryo, "", 1, "one more"), lambda: store.restore(embryo, first.id)):
        with pytest.raises(BadNote, match="500 notes"):
            one_more()
    assert len(store.of(embryo)) == MOST_NOTES


def test_notes_belong_to_their_embryo(client: Any, lab: Any) -> None:
    one, other = (embryo.id for embryo in add(lab, "20080101", "20080102"))
    note = pin(client, f"/api/v1/embryos/{one}/notes").json
    elsewhere = f"/api/v1/embryos/{other}/notes"
    assert client.get(elsewhere).json == []
    assert client.delete(f"{elsewhere}/{note['id']}").status_code == 404
    assert client.patch(f"{elsewhere}/{note['id']}", json={"place": 0}).status_code == 404
    assert client.post(f"{elsewhere}/{note['id']}/restore").status_code == 404
    lab.embryos.delete([one])
    assert client.get(f"/api/v1/embryos/{one}/notes").status_code == 404
    assert pin(client, f"/api/v1/embryos/{one}/notes").status_code == 404
    lab.embryos.restore([one])
    assert client.get(f"/api/v1/embryos/{one}/notes").json == [note]
    with pytest.raises(NoSuchNote):
        NoteStore(lab.engine).restore(other, note["id"])
    assert client.get("/api/v1/embryos/nothere/notes").status_code == 404


def test_a_page_elsewhere_may_not_write(client: Any, address: str) -> None:
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        assert (
            client.post(address, json={"cell": "", "frame": 1, "text": "x"}, headers=header).status_code
            == 403
        )
