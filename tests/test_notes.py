"""Notes: the API as scripts ask it, two people at once, and in a real browser a story that plays."""

import re
import threading
from typing import Any

import pytest
from playwright.sync_api import expect

from services.lab import open_lab
from services.notes import MOST_NOTES, BadNote, Changed, NoSuchNote, NoteStore
from tests.hand_made import add, cd_file

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


# ---- in the browser

SHOWN = "window.blastoscope?.watching"


@pytest.fixture(scope="module")
def program(serve: Any) -> Any:
    return serve()


@pytest.fixture
def shown(program: Any, page: Any) -> Any:
    """An embryo of its own, its notes tab open; `shown.embryo`, `shown.store`, `shown.url`."""
    seed = 1000 + program.lab.embryos.count()
    page.embryo = program.lab.embryos.add(cd_file(seed=seed, frames=60), f"{seed}.csv").embryo
    page.store = NoteStore(program.lab.engine)
    page.address = f"{program.url}/embryos/{page.embryo.id}"
    opened(page)
    return page


def opened(page: Any, query: str = "?v=2&stage=plane&tree=0&tab=notes") -> None:
    page.goto(page.address + query)
    page.locator("#watch[data-ready] .tab-notes h2", has_text="ote").wait_for(state="attached")


def three(page: Any) -> list[str]:
    """Three notes in the store: the story goes on, and back."""
    view = "?v=2&stage=plane&cells=ABala&colour=acetree&frame=10"
    pinned = [
        page.store.add(page.embryo.id, "ABala", 10, "It begins here", "Ada", view),
        page.store.add(
            page.embryo.id, "MSa", 30, "Then this one", "Ben", "?v=2&stage=plane&cells=MSa&frame=30"
        ),
        page.store.add(page.embryo.id, "Ea", 20, "And back", "", ""),
    ]
    return [note.id for note in pinned]


def serious(page: Any) -> list[Any]:
    """What axe calls serious in the panel and the story."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}
    found = Axe().run(page, context=[[".cells-panel"], [".note-marks"], [".story-callout"]], options=options)
    assert len(found.response["passes"]) > 5
    return [
        (violation["id"], node["target"], node["html"][:200])
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def until(page: Any, condition: str, timeout: int = 15_000) -> None:
    page.wait_for_function(f"() => ({condition})", timeout=timeout)


@pytest.mark.browser
def test_a_note_is_pinned_seen_by_others_edited_deleted_and_undone(shown: Any, browser: Any) -> None:
    page = shown
    assert "Notes keep what you saw" in page.locator(".notes-empty").inner_text()
    assert page.get_by_role("button", name="Play story").is_hidden()
    page.evaluate(f"{SHOWN}.choose(['ABala']); {SHOWN}.clock.seek(12)")
    page.get_by_label("Colours").select_option("acetree")
    page.locator("h1").click()
    page.keyboard.press("p")
    field = page.get_by_label("New note: ABala")
    field.fill(f"{HOSTILE}\nsecond line")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Keep note").click()
    page.locator(".note").wait_for()
    (note,) = page.store.of(page.embryo.id)
    assert (note.cell, note.frame, note.author, note.text) == ("ABala", 12, "Ada", f"{HOSTILE}\nsecond line")
    assert "cells=ABala" in note.view and "frame=12" in note.view and "colour=acetree" in note.view
    expect(page.locator(".note-text")).to_have_text([f"{HOSTILE}\nsecond line"])
    assert page.locator(".note img").count() == 0
    assert page.evaluate(f"{SHOWN}.notes") == [
        {
            "id": note.id,
            "cell": page.evaluate(f"{SHOWN}.tracks.names.indexOf('ABala')"),
            "frame": 12,
            "text": note.text,
        }
    ]

    page.get_by_role("button", name=re.compile("^Edit note 1")).click()
    text = page.locator(".note-field")
    assert text.input_value() == note.text
    text.fill("Shorter")
    text.press("Control+Enter")
    page.locator(".note-text", has_text="Shorter").wait_for()
    assert page.store.of(page.embryo.id)[0].version == 2

    other = browser.new_context()
    somebody = other.new_page()
    somebody.address = page.address
    opened(somebody)
    expect(somebody.locator(".note-text")).to_have_text(["Shorter"])
    other.close()

    page.get_by_role("button", name=re.compile("^Delete note 1")).click()
    page.locator(".notes-empty").wait_for()
    assert page.store.of(page.embryo.id) == []
    page.locator(".toast-line").get_by_role("button", name="Undo").click()
    page.locator(".note-text", has_text="Shorter").wait_for()
    assert len(page.store.of(page.embryo.id)) == 1


@pytest.mark.browser
def test_a_note_leads_to_its_cell_moment_and_view(shown: Any) -> None:
    page = shown
    three(page)
    opened(page)
    page.locator(".note").nth(2).wait_for()
    page.locator(".note-go").first.click()
    view = page.evaluate(f"{SHOWN}.view")
    assert (view["cells"], view["colour"], view["tab"], view["tree"]) == (
        ["ABala"],
        "acetree",
        "notes",
        False,
    )
    assert page.evaluate(f"{SHOWN}.clock.frame") == 10
    assert page.locator(".note[aria-current=true] .note-text").inner_text() == "It begins here"
    until(page, "/cells=ABala/.test(location.search)")
    link = page.locator(".note-go").nth(1).get_attribute("href")
    page.goto(page.address + link)
    page.locator("#watch[data-ready]").wait_for()
    assert page.evaluate(f"{SHOWN}.view.cells") == ["MSa"]
    assert page.evaluate(f"{SHOWN}.clock.frame") == 30


@pytest.mark.browser
def test_a_mark_lies_beside_the_nucleus_around_the_moment(shown: Any) -> None:
    page = shown
    three(page)
    opened(page, "?v=2&tree=0&tab=cells&frame=10")
    mark = page.locator(".note-mark:visible")
    mark.wait_for()
    assert mark.count() == 1 and mark.get_attribute("title") == "It begins here"
    for turned in (False, True):
        if turned:
            box = page.locator(".space-view").bounding_box()
            page.mouse.move(box["x"] + 40, box["y"] + 40)
            page.mouse.down()
            page.mouse.move(box["x"] + 140, box["y"] + 90, steps=5)
            page.mouse.up()
            page.wait_for_timeout(400)
        nucleus = page.evaluate(
            f"(() => {{ const stage = {SHOWN}.space; const placed = stage.placed();"
            f" const i = placed.cell.indexOf({SHOWN}.tracks.names.indexOf('ABala'));"
            " const { left, top } = stage.surface.getBoundingClientRect();"
            " return { x: left + placed.x[i], y: top + placed.y[i], radius: placed.radius[i] }; })()"
        )
        box = mark.bounding_box()
        corner = (box["x"] + box["width"], box["y"] + box["height"])
        away = 0.71 * nucleus["radius"]
        assert corner == pytest.approx((nucleus["x"] - away, nucleus["y"] - away), abs=1)
    page.evaluate(f"{SHOWN}.clock.seek(15)")
    mark.wait_for(state="hidden")
    page.evaluate(f"{SHOWN}.clock.seek(11)")
    page.locator(".note-mark[title='It begins here']").click()
    assert page.evaluate(f"{SHOWN}.view.cells") == ["ABala"]
    assert page.evaluate(f"{SHOWN}.clock.frame") == 10


@pytest.mark.browser
def test_only_views_of_this_program_become_links(shown: Any) -> None:
    page = shown
    here = f"{page.address}?v=2&cells=Ca&tab=notes&stage=plane"
    text = f"see {here}, not https://example.org/embryos/abc or {page.address}/download?form=original"
    page.store.add(page.embryo.id, "", 5, text)
    opened(page)
    page.locator(".note").wait_for()
    expect(page.locator(".note-text")).to_have_text([text])
    links = page.locator(".note-text a")
    assert links.count() == 1 and links.get_attribute("href") == here
    links.click()
    until(page, f"{SHOWN} && {SHOWN}.view.cells[0] === 'Ca'")


@pytest.mark.browser
def test_notes_are_put_in_order_by_keys_and_by_dragging(shown: Any) -> None:
    page = shown
    three(page)
    opened(page)
    page.locator(".note").nth(2).wait_for()
    handle = page.get_by_role("button", name=re.compile("^Move note 1 of 3"))
    handle.focus()
    page.keyboard.press("ArrowDown")
    page.locator("[role=status]", has_text="Note moved to place 2 of 3").wait_for(state="attached")
    page.keyboard.press("ArrowDown")
    page.locator("[role=status]", has_text="Note moved to place 3 of 3").wait_for(state="attached")
    order = ["Then this one", "And back", "It begins here"]
    expect(page.locator(".note-text")).to_have_text(order)
    until(page, "document.activeElement.getAttribute('aria-label')?.startsWith('Move note 3 of 3')")
    page.wait_for_load_state("networkidle")
    assert [note.text for note in page.store.of(page.embryo.id)] == order
    grip, first = (
        page.locator(".note-handle").nth(2).bounding_box(),
        page.locator(".note").first.bounding_box(),
    )
    page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(grip["x"] + 8, first["y"] + 4, steps=6)
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        page.mouse.up()
    order = ["It begins here", "Then this one", "And back"]
    expect(page.locator(".note-text")).to_have_text(order)  # soon after the server's answer
    assert [note.text for note in page.store.of(page.embryo.id)] == order


@pytest.mark.browser
def test_a_story_plays_from_note_to_note_and_gives_the_view_back(shown: Any) -> None:
    page = shown
    three(page)
    opened(page, "?v=2&cells=Ca&frame=40&stage=plane&tree=0&tab=notes")
    page.locator(".note").nth(2).wait_for()
    page.wait_for_timeout(300)
    before = page.evaluate(f"{SHOWN}.search()")
    page.get_by_role("button", name="Play story").click()
    callout = page.get_by_role("region", name="Story")
    assert "It begins here" in callout.inner_text() and "1 of 3" in callout.inner_text()
    assert page.evaluate(f"{SHOWN}.clock.frame") == 10
    assert page.evaluate(f"{SHOWN}.view.colour") == "acetree"
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    until(page, f"{SHOWN}.clock.playing && {SHOWN}.clock.frame > 12 && {SHOWN}.clock.frame < 29")
    assert page.evaluate(f"{SHOWN}.view.cells") == ["MSa"], "the next view is set before time plays there"
    until(page, f"!{SHOWN}.clock.playing && {SHOWN}.clock.frame === 30")
    assert "Then this one" in callout.inner_text()
    assert not [url for url in requests if "/api/" in url]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"{SHOWN}.clock.frame") == 20, "it jumps back"
    assert page.evaluate(f"{SHOWN}.view.cells") == ["Ea"], "without a view of its own a note shows its cell"
    page.keyboard.press("ArrowLeft")
    assert "Then this one" in callout.inner_text()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Go on with the story").wait_for()
    page.wait_for_timeout(4500)
    assert "2 of 3" in callout.inner_text(), "it rests"
    page.keyboard.press("Escape")
    callout.wait_for(state="detached")
    assert page.evaluate(f"{SHOWN}.search()") == before
    until(page, f"location.search === {before!r}")


@pytest.mark.browser
def test_with_reduced_motion_a_story_jumps(shown: Any) -> None:
    page = shown
    page.emulate_media(reduced_motion="reduce")
    three(page)
    opened(page)
    page.locator(".note").nth(2).wait_for()
    page.get_by_role("button", name="Play story").click()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"[{SHOWN}.clock.frame, {SHOWN}.clock.playing]") == [30, False]
    page.get_by_role("button", name="End the story").click()
    page.get_by_role("region", name="Story").wait_for(state="detached")


@pytest.mark.browser
def test_two_people_who_edit_one_note_see_each_others_words(shown: Any) -> None:
    page = shown
    (first, *_) = three(page)
    opened(page)
    page.get_by_role("button", name=re.compile("^Edit note 1")).click()
    page.store.change(page.embryo.id, first, 1, {"text": "Hers", "author": "Eva"})
    page.locator(".note-field").fill("Mine")
    page.get_by_role("button", name="Keep note").click()
    conflict = page.locator(".note-conflict")
    conflict.wait_for()
    assert "Eva changed this note meanwhile" in conflict.inner_text() and "Hers" in conflict.inner_text()
    assert page.locator(".note-field").input_value() == "Mine", "nothing of what was written is lost"
    page.get_by_role("button", name="Write mine over it").click()
    page.locator(".note-text", has_text="Mine").wait_for()
    assert page.store.of(page.embryo.id)[0].version == 3
    page.get_by_role("button", name=re.compile("^Edit note 1")).click()
    page.store.change(page.embryo.id, first, 3, {"text": "Hers again"})
    page.get_by_role("button", name="Keep note").click()
    page.get_by_role("button", name="Take theirs").click()
    expect(page.locator(".note-text").first).to_have_text("Hers again")
    page.store.delete(page.embryo.id, first)
    page.get_by_role("button", name=re.compile("^Delete note 1")).click()
    page.locator(".toast-line", has_text="Somebody deleted this note meanwhile").wait_for()
    expect(page.locator(".note-text")).to_have_text(["Then this one", "And back"])
    page.errors[:] = [error for error in page.errors if "40" not in error]  # the refusals of this test


@pytest.mark.browser
def test_notes_that_cannot_be_fetched_say_so(shown: Any) -> None:
    page = shown
    three(page)
    page.route("**/notes", lambda route: route.abort())
    page.goto(page.address + "?v=2&stage=plane&tab=notes")
    page.locator(".notes-problem").wait_for()
    page.unroute("**/notes")
    page.locator(".notes-problem").get_by_role("button", name="Try again").click()
    page.locator(".note").nth(2).wait_for()
    assert page.locator(".notes-problem").is_hidden()
    page.errors.clear()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(1440, "dark"), (390, "light")])
def test_notes_and_story_are_whole_and_accessible(shown: Any, program: Any, width: int, theme: str) -> None:
    page = shown
    page.set_viewport_size({"width": width, "height": 844})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": program.url}])
    three(page)
    page.store.add(page.embryo.id, "x" * 60, 10, "word" * 500, "y" * 60)
    opened(page, "?v=2&tree=0&tab=notes&panel=1&frame=10")
    page.locator(".note").nth(3).wait_for()
    page.get_by_role("button", name=re.compile("^Edit note 4")).click()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Play story").click()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert (
        page.evaluate(
            "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.tab-notes'))"
        )
        <= 0
    )
