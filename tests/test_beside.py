"""Embryos side by side, in a real browser: matched moments, one choice, one camera, and links that restore it all."""

import io
import json
import re
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy
import pandas
import pytest

from tests.conftest import REFERENCE

SHOWN = "window.blastoscope.watching"
SECOND = "CD20070313_rw10026_hlh1_8.csv"  # one minute a frame; the first has one and a half
THIRD = "CD20080905_B0310_2_13_L1.csv"
MIRRORED = "CD20241009_JIM767_25_L5.csv"  # its names fit mirrored only, so it stays in its own axes
FILES = (REFERENCE, SECOND, THIRD, MIRRORED)

pytestmark = [pytest.mark.browser, pytest.mark.embryos]


@pytest.fixture(scope="module")
def program(serve: Callable[..., Any]) -> Any:
    return serve()


@pytest.fixture(scope="module")
def embryos(program: Any, epic: Path) -> list[Any]:
    return [program.lab.embryos.add((epic / name).read_bytes(), name).embryo for name in FILES]


@pytest.fixture(scope="module")
def tables(epic: Path) -> list[pandas.DataFrame]:
    """Rows of each embryo, strays from before the recording left out."""
    read = [pandas.read_csv(epic / name) for name in FILES]
    return [table[table["time"] >= 1] for table in read]


def opened(page: Any, program: Any, embryos: list[Any], query: str) -> Any:
    """The first embryo's page; waits until every pane is there, or says why it isn't."""
    page.goto(f"{program.url}/embryos/{embryos[0].id}{query}")
    page.locator("#watch[data-ready]").wait_for()
    panes_settled(page)
    return page


def panes_settled(page: Any) -> None:
    page.wait_for_function(
        "() => { const panes = [...document.querySelectorAll('.pane')];"
        " return panes.length > 0 && panes.every((pane) => pane.dataset.state); }"
    )


def pane(page: Any, embryo: Any) -> Any:
    return page.locator(f".pane[data-embryo={embryo.id}]")


def frames_at(page: Any, frame: float) -> list[float | None]:
    """The frames that all panes show when the page's clock stands at `frame`."""
    return list(
        page.evaluate(
            f"(frame) => {{ {SHOWN}.clock.seek(frame); return {SHOWN}.beside.panes.map((pane) => pane.at); }}",
            frame,
        )
    )


def drawn(page: Any, number: int) -> dict[str, dict[str, Any]]:
    nuclei = page.evaluate(f"{SHOWN}.beside.panes[{number}].view.drawn()")
    return {nucleus["name"]: nucleus for nucleus in nuclei}


def query_of(page: Any) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(urllib.parse.urlparse(page.url).query))


# ---- moments


def heights(table: pandas.DataFrame) -> tuple[Any, Any]:
    """The frames at which there are more nuclei than ever before, and how many."""
    counts = table.groupby("time")["cell"].count()
    counts = counts.reindex(range(counts.index.min(), counts.index.max() + 1), fill_value=0)
    highest = counts.cummax()
    new = highest > highest.shift(fill_value=0)
    return numpy.array(highest.index[new], float), numpy.array(highest[new], float)


def test_by_cell_count_each_has_as_many_nuclei_as_the_first(
    page: Any, program: Any, embryos: list[Any], tables: list[pandas.DataFrame]
) -> None:
    opened(page, program, embryos, f"?v=2&beside={embryos[1].id},{embryos[2].id}&match=count&panel=0&tree=0")
    first, *others = [heights(table) for table in tables[:3]]
    compared = 0
    for frame in (3, 10, 25.5, 40, 60, 77.25, 90, 110, 125):
        found = frames_at(page, frame)
        assert found[0] == frame
        count = numpy.interp(frame, *first)
        for at, (frames, counts) in zip(found[1:], others, strict=True):
            if counts[0] <= count <= counts[-1]:
                assert at == pytest.approx(numpy.interp(count, counts, frames), abs=1e-6)
                compared += 1
            else:
                assert at is None
    assert compared >= 12
    # At the moment of a new height the counts are the same, to the nucleus, where both have that height.
    frames, counts = first
    both = [count for count in counts if count in set(others[0][1])]
    assert len(both) > 20
    for count in both[:: len(both) // 6]:
        at = frames_at(page, float(frames[list(counts).index(count)]))[1]
        assert at is not None
        assert (tables[1]["time"] == round(at)).sum() == count
    page.wait_for_function(f"() => {SHOWN}.beside.panes[1].view.isAtRest")
    told = pane(page, embryos[1]).locator(".pane-told").inner_text()
    assert told.endswith(f"{int((tables[1]['time'] == int(at or 0)).sum())} cells")


def test_since_a_division_minutes_are_counted_from_it(
    page: Any, program: Any, embryos: list[Any], tables: list[pandas.DataFrame]
) -> None:
    opened(page, program, embryos, f"?v=2&beside={embryos[1].id},{embryos[3].id}&match=MS&panel=0&tree=0")

    def divided(table: pandas.DataFrame) -> float:
        return float(table[table["cell"].isin(["MSa", "MSp"])]["time"].min())

    zero, other_zero = divided(tables[0]), divided(tables[1])
    for frame in (zero, zero + 7.5, 80):
        minutes = (frame - zero) * embryos[0].interval_s / 60
        expected = other_zero + minutes * 60 / embryos[1].interval_s
        assert frames_at(page, frame)[1] == pytest.approx(expected, abs=1e-6)
    assert set(drawn(page, 1)) <= set(tables[1]["cell"])
    frames_at(page, zero)
    assert {"MSa", "MSp"} <= set(drawn(page, 0)) & set(drawn(page, 1))
    assert not {"MS"} & (set(drawn(page, 0)) | set(drawn(page, 1)))
    # A division that nobody saw: said in the pane, and nothing is drawn in it.
    frames_at(page, 60)
    page.get_by_label("Matched by").select_option("ABa")
    note = pane(page, embryos[3]).locator(".pane-note")
    assert note.inner_text() == "The division of ABa isn't seen in this embryo"
    assert drawn(page, 2) == {}


def test_by_developmental_minutes_as_the_poses_tell(page: Any, program: Any, embryos: list[Any]) -> None:
    def clock(embryo: Any) -> dict[str, float]:
        with urllib.request.urlopen(f"{program.url}/api/v1/embryos/{embryo.id}/pose") as answer:
            return dict(json.load(answer)["clock"])

    opened(page, program, embryos, f"?v=2&beside={embryos[1].id}&match=development&panel=0&tree=0")
    here, there = clock(embryos[0]), clock(embryos[1])
    for frame in (20, 60, 100):
        developmental = ((frame - 1) * embryos[0].interval_s / 60 - here["zero"]) * here["rate"]
        minute = developmental / there["rate"] + there["zero"]
        expected = embryos[1].first_frame + minute * 60 / embryos[1].interval_s
        assert frames_at(page, frame)[1] == pytest.approx(expected, abs=0.01)


def test_by_minutes_and_past_its_end_an_embryo_is_not_shown_as_if_it_stood_still(
    page: Any, program: Any, embryos: list[Any], tables: list[pandas.DataFrame]
) -> None:
    opened(page, program, embryos, f"?v=2&frame=61&beside={embryos[1].id}&panel=0&tree=0")
    minutes = (61 - embryos[0].first_frame) * embryos[0].interval_s / 60
    expected = embryos[1].first_frame + minutes * 60 / embryos[1].interval_s
    assert frames_at(page, 61)[1] == pytest.approx(expected, abs=1e-6)
    assert set(drawn(page, 1)) == set(tables[1][tables[1]["time"] == round(expected)]["cell"])
    last = embryos[0].last_frame
    assert embryos[0].minutes > embryos[1].minutes, "the first goes on longer"
    assert frames_at(page, last)[1] is None
    place = pane(page, embryos[1])
    assert place.locator(".pane-note").inner_text() == "Not recorded at this moment"
    assert place.locator(".pane-told").inner_text() == ""
    assert drawn(page, 1) == {}
    page.wait_for_function(f"() => {SHOWN}.beside.panes[1].view.isAtRest")
    ground = page.evaluate(f"{SHOWN}.data.ground")
    box = place.bounding_box()
    clip = {
        "x": box["x"] + box["width"] / 2 - 60,
        "y": box["y"] + box["height"] / 2 + 30,
        "width": 120,
        "height": 60,
    }
    with av.open(io.BytesIO(page.screenshot(clip=clip))) as picture:
        (seen,) = [frame.to_ndarray(format="rgb24") for frame in picture.decode(video=0)]
    assert (seen == [int(ground[at : at + 2], 16) for at in (1, 3, 5)]).all()


# ---- one choice, one camera, one scale of colours


def test_a_click_in_one_chooses_in_all(page: Any, program: Any, embryos: list[Any]) -> None:
    opened(page, program, embryos, f"?v=2&frame=60&beside={embryos[1].id}&match=count&panel=0&tree=0")
    page.wait_for_function(f"() => {SHOWN}.beside.panes[1].view.isAtRest")
    there = drawn(page, 0)
    front = sorted(drawn(page, 1).values(), key=lambda nucleus: nucleus["depth"])
    target = next(nucleus for nucleus in front if nucleus["name"] in there)
    surface = pane(page, embryos[1]).locator(".space-surface")
    place = {"x": target["x"], "y": target["y"]}
    surface.hover(position=place)
    page.wait_for_function(f"() => {SHOWN}.hoveredCell >= 0")
    assert page.evaluate(f"{SHOWN}.tracks.names[{SHOWN}.hoveredCell]") == target["name"]
    ring = pane(page, embryos[0]).locator(".stage-ring:visible")
    assert ring.count() == 1, "the same cell is marked in the first"
    box, room = ring.bounding_box(), pane(page, embryos[0]).locator(".space-surface").bounding_box()
    middle = there[target["name"]]
    assert box["x"] + box["width"] / 2 - room["x"] == pytest.approx(middle["x"], abs=2)
    assert box["y"] + box["height"] / 2 - room["y"] == pytest.approx(middle["y"], abs=2)
    surface.click(position=place)
    page.wait_for_function(f"() => {SHOWN}.view.cells.length === 1")
    assert page.evaluate(f"{SHOWN}.view.cells") == [target["name"]]
    for number in (0, 1):
        styles = {name: nucleus["style"] for name, nucleus in drawn(page, number).items()}
        assert styles.pop(target["name"]) == 3
        assert set(styles.values()) == {2}, "the others are dim"
    assert page.locator(".chips .chip").all_inner_texts()[0].startswith(target["name"])
    page.wait_for_timeout(500)  # or the next press would be a double click
    surface.click(position=place, modifiers=["Shift"])
    page.wait_for_function(f"() => {SHOWN}.view.cells.length === 0")


def test_a_gesture_in_one_turns_all_and_the_address_keeps_it(
    page: Any, program: Any, embryos: list[Any]
) -> None:
    query = f"?v=2&frame=60&beside={embryos[1].id},{embryos[2].id}&match=count&cells=E*&panel=0&tree=0"
    opened(page, program, embryos, query)
    before = [drawn(page, number) for number in range(3)]
    box = pane(page, embryos[2]).locator(".space-surface").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 280, box["y"] + 130, steps=4)
    page.mouse.up()
    page.wait_for_function(f"() => {SHOWN}.view.camera !== null")
    turn = page.evaluate(f"{SHOWN}.view.camera.turn")
    assert max(abs(a - b) for a, b in zip(turn, [0, 0, 0, 1], strict=True)) > 0.05
    turned = [drawn(page, number) for number in range(3)]
    for one, other in zip(before, turned, strict=True):
        assert max(abs(one[name]["x"] - other[name]["x"]) for name in one) > 5
    cameras = page.evaluate(f"new Set({SHOWN}.beside.panes.map(({{ view }}) => view.camera)).size")
    assert cameras == 1
    page.wait_for_function("() => /camera=/.test(location.search)")
    page.reload()
    page.locator("#watch[data-ready]").wait_for()
    panes_settled(page)
    assert query_of(page)["beside"] == f"{embryos[1].id},{embryos[2].id}"
    assert query_of(page)["match"] == "count"
    page.wait_for_function(f"() => {SHOWN}.beside.panes[2].view.draws > 0")
    for number, nuclei in enumerate(turned):
        again = drawn(page, number)
        assert set(again) == set(nuclei)
        assert max(abs(again[name]["x"] - nuclei[name]["x"]) for name in again) < 1
        assert {name for name in again if again[name]["style"] == 3} == {
            name for name in again if name.startswith("E") and not name.startswith("EMS")
        }


def test_they_are_coloured_alike(page: Any, program: Any, embryos: list[Any]) -> None:
    def top() -> list[str]:
        return list(
            page.evaluate(f"{SHOWN}.beside.panes.map(({{ painter }}) => String(painter.legend.most))")
        )

    query = f"?v=2&frame=90&beside={embryos[1].id},{embryos[2].id}&match=count&panel=0&tree=0"
    tops = []
    for embryo in embryos[:3]:
        page.goto(f"{program.url}/embryos/{embryo.id}?v=2&colour=blot")
        page.locator("#watch[data-ready]").wait_for()
        tops.append(float(page.evaluate(f"{SHOWN}.painter.legend.most")))
    most = max(tops)
    assert most > min(tops)
    opened(page, program, embryos, query + "&colour=blot")
    assert {float(each) for each in top()} == {most}
    page.wait_for_function(f"(most) => {SHOWN}.painter.legend.most === most", arg=most)
    opened(page, program, embryos, query + "&colour=compact&k=4")
    first, *others = (drawn(page, number) for number in range(3))
    for other in others:
        shared = set(first) & set(other)
        assert len(shared) > 50
        assert {name: first[name]["colour"] for name in shared} == {
            name: other[name]["colour"] for name in shared
        }


# ---- which embryos


def test_embryos_are_found_added_and_taken_away(page: Any, program: Any, embryos: list[Any]) -> None:
    page.goto(f"{program.url}/embryos/{embryos[0].id}?v=2&frame=60&panel=0&tree=0")
    page.locator("#watch[data-ready]").wait_for()
    page.get_by_role("button", name="Beside").click()
    page.locator(".beside-sheet input:focus").wait_for()
    page.keyboard.type("hlh1")
    page.keyboard.press("Enter")  # at once: the first that is found is meant
    panes_settled(page)
    assert page.locator(".pane").count() == 2
    page.wait_for_function("(id) => location.search.includes('beside=' + id)", arg=embryos[1].id)
    field = page.get_by_label("Add embryo")
    field.click()
    names = page.locator(".beside-strip [role=option] b")
    names.first.wait_for()
    offered = set(names.all_inner_texts())
    assert offered == {embryos[2].name, embryos[3].name}, "not what is there already"
    field.fill("nothing like this")
    page.get_by_text("No other embryo is found by “nothing like this”.").wait_for()
    field.fill("JIM767")
    page.get_by_role("option", name=re.compile("JIM767")).click()
    panes_settled(page)
    assert page.locator(".pane").count() == 3
    pane(page, embryos[1]).get_by_role("button", name=f"Take {embryos[1].name} away").click()
    page.wait_for_function("() => document.querySelectorAll('.pane').length === 2")
    page.wait_for_function("(id) => /beside=([^&]*)/.exec(location.search)[1] === id", arg=embryos[3].id)
    alone = pane(page, embryos[3]).get_by_role("link")
    alone.click()
    page.wait_for_url(f"**/embryos/{embryos[3].id}?**")
    page.locator("#watch[data-ready]").wait_for()
    assert page.evaluate(f"{SHOWN}.data.id") == embryos[3].id
    assert "beside" not in query_of(page)


def test_closing_gives_back_the_one_stage_and_its_contexts(
    page: Any, program: Any, embryos: list[Any]
) -> None:
    others = ",".join(embryo.id for embryo in embryos[1:])
    page.goto(f"{program.url}/embryos/{embryos[0].id}?v=2&frame=60&panel=0&tree=0")
    page.locator("#watch[data-ready]").wait_for()
    for _round in range(4):  # browsers hold 16 contexts at most and then take the oldest away
        page.evaluate(f"(ids) => {SHOWN}.change({{ beside: ids.split(',') }})", others)
        panes_settled(page)
        page.get_by_role("button", name="Close", exact=True).click()
        page.wait_for_function("() => document.querySelectorAll('.pane').length === 0")
    page.wait_for_function(f"() => {SHOWN}.space.isAtRest")
    assert len(page.evaluate(f"{SHOWN}.space.drawn()")) == 88
    assert page.evaluate(f"{SHOWN}.space.scene.lost") is False


def test_an_id_that_is_not_there_says_so_and_the_others_are_shown(
    page: Any, program: Any, embryos: list[Any]
) -> None:
    opened(page, program, embryos, f"?v=2&frame=60&beside=nosuchone,{embryos[1].id}&panel=0&tree=0")
    place = page.locator(".pane[data-embryo=nosuchone]")
    assert place.locator(".pane-note").inner_text() == "There is no embryo with the id nosuchone."
    assert len(drawn(page, 2)) > 20
    place.get_by_role("button", name="Take nosuchone away").click()
    page.wait_for_function("() => document.querySelectorAll('.pane').length === 2")
    assert all("404" in error for error in page.errors)
    page.errors.clear()


def test_an_embryo_in_its_own_axes_has_its_own_mark_of_them(
    page: Any, program: Any, embryos: list[Any]
) -> None:
    opened(page, program, embryos, f"?v=2&frame=60&beside={embryos[1].id},{embryos[3].id}&panel=0&tree=0")
    marks = [pane(page, embryo).locator(".axes-arms text").all_text_contents() for embryo in embryos]
    assert set(marks[0]) == set("APLRDV")
    assert marks[1] == [], "as the first one's"
    assert set(marks[3]) == set("xyz")


@pytest.mark.parametrize(("width", "theme"), [(1440, "dark"), (390, "light")])
def test_it_is_whole_and_accessible(
    page: Any, program: Any, embryos: list[Any], width: int, theme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 844})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": program.url}])
    opened(page, program, embryos, f"?v=2&frame=60&beside={embryos[1].id},{embryos[2].id}&panel=0&tree=0")
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    boxes = page.evaluate(
        "[...document.querySelectorAll('.pane')].map((pane) => pane.getBoundingClientRect().toJSON())"
    )
    assert all(box["height"] >= 100 and box["width"] >= 180 for box in boxes)
    if width == 390:
        assert len({box["left"] for box in boxes}) == 1, "below each other on a phone"
    else:
        assert len({box["top"] for box in boxes}) == 1, "in a row"
    found = Axe().run(
        page, context="#watch", options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}
    )
    told = [
        (violation["id"], node["target"], node["html"][:160])
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert told == []


def test_a_picture_shows_them_all_side_by_side(page: Any, program: Any, embryos: list[Any]) -> None:
    query = f"?v=2&frame=60&beside={embryos[1].id},{embryos[3].id}&match=ABa&colour=acetree&panel=0&tree=0"
    opened(page, program, embryos, query)
    page.get_by_role("button", name="Save", exact=False).first.click()
    page.get_by_role("menuitem", name="Picture (PNG)…").click()
    dialog = page.get_by_role("dialog", name="Save a picture")
    dialog.get_by_label("Size").select_option("2")
    dialog.get_by_label("Legend", exact=True).uncheck()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Save", exact=True).click()
    with av.open(str(download.value.path())) as picture:
        (pixels,) = [frame.to_ndarray(format="rgb24").astype(int) for frame in picture.decode(video=0)]
    width, height = page.evaluate(
        "(() => { const { clientWidth, clientHeight } = document.querySelector('.stage');"
        " return [clientWidth, clientHeight]; })()"
    )
    assert pixels.shape == (2 * height, 2 * width, 3)
    # AceTree's red and blue: of ABa and ABp in both embryos, of none in the one that didn't see the division.
    columns = numpy.array_split(pixels, 3, axis=1)
    for number, column in enumerate(columns):
        red, green, blue = (column[:, :, channel] for channel in range(3))
        reds = int(((red > 150) & (green < 60) & (blue < 60)).sum())
        blues = int(((blue > 150) & (red < 60) & (green < 60)).sum())
        if number < 2:
            assert min(reds, blues) > 2000
        else:
            assert (reds, blues) == (0, 0)
        assert (column[20:50].min(axis=2) > 150).sum() > 200, "its name stands over it"


# ---- the list of embryos that the field asks for


def test_the_list_can_be_searched(client: Any, lab: Any, epic: Path) -> None:
    for name in (REFERENCE, SECOND):
        lab.embryos.add((epic / name).read_bytes(), name)
    found = client.get("/api/v1/embryos?search=HLH1&limit=5").json
    assert [embryo["name"] for embryo in found] == [SECOND.removesuffix(".csv")]
    assert client.get("/api/v1/embryos?search=nothing-like-this").json == []
    assert len(client.get("/api/v1/embryos?search=").json) == 2
    both = client.get("/api/v1/embryos?search=hlh1&after=abc")
    assert both.status_code == 422
    assert both.json["error"]["field"] == "after"
