"""All embryos laid over each other: the list, and the page in a real browser on small and on real embryos."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

from services.cd_file import write_cd
from services.simulate import simulate

SHOWN = "window.blastoscope.collection"
REAL = (
    "CD20081016_alr-1_10A2_3_L1.csv",
    "CD20081016_alr-1_10A2_3_L2.csv",
    "CD20070111_hlh1_4.csv",
    "CD20241108_JIM767_25_L5.csv",
)
MIRRORED = "CD20241009_JIM767_25_L5.csv"


def without_names(table: pandas.DataFrame) -> pandas.DataFrame:
    named = table["cell"].unique()
    return table.assign(cell=table["cell"].map({name: f"Nuc{number}" for number, name in enumerate(named)}))


def add(lab: Any, name: str, table: pandas.DataFrame, **known: Any) -> Any:
    return lab.embryos.add(write_cd(table), f"{name}.csv", known={"name": name, **known}).embryo


@pytest.fixture(scope="module")
def program(serve: Callable[..., Any]) -> Any:
    """Three small embryos, each turned and timed otherwise, a mirrored one and one without names."""
    program = serve()
    tables = [simulate(seed, minutes=60, rate=1.0) for seed in (1, 2, 3)]
    program.own = [
        add(program.lab, f"Small {number}", table, interval_s=60, pixel_um=0.09, plane_um=1.0)
        for number, table in enumerate(tables, 1)
    ]
    flipped = tables[0].assign(x=tables[0]["x"].max() - tables[0]["x"])
    add(program.lab, "Flipped", flipped, interval_s=60, pixel_um=0.09, plane_um=1.0)
    add(program.lab, "Unnamed", without_names(tables[1]), interval_s=60, pixel_um=0.09, plane_um=1.0)
    program.lab.embryos.save_set("pair", [embryo.id for embryo in program.own[:2]])
    program.lab.embryos.save_set("one", [program.own[0].id])
    return program


def opened(page: Any, program: Any, query: str = "", count: int = 3) -> Any:
    page.goto(f"{program.url}/collection{query}")
    page.wait_for_function(
        f"(count) => {SHOWN}?.entries.length === count && !{SHOWN}.loading.running", arg=count
    )
    return page


def places(page: Any, name: str) -> dict[str, list[float]]:
    """World places (µm) of a cell by embryo, out of what the stage draws."""
    return dict(
        page.evaluate(
            f"""(name) => Object.fromEntries({SHOWN}.entries.flatMap(({{ told, tracks, body }}) => {{
                const at = body.places(body.frame);
                const i = [...at.cells.subarray(0, at.count)].indexOf(tracks.names.indexOf(name));
                return i < 0 ? [] : [[told.id, [...at.world.subarray(3 * i, 3 * i + 3)]]];
            }}))""",
            name,
        )
    )


# ---- the list


def test_the_list_tells_poses_clocks_and_tracks(client: Any, lab: Any) -> None:
    one = add(lab, "One", simulate(1, minutes=40))
    other = lab.embryos.add(write_cd(simulate(2, minutes=40)), "two.csv", source="simulated").embryo
    answer = client.get("/collection.json?embryos=all").get_json()
    assert (answer["total"], answer["shown"], answer["next"]) == (2, 2, None)
    told = {embryo["id"]: embryo for embryo in answer["embryos"]}
    assert told[one.id]["pose"] == lab.poses.pose_of(one)
    assert told[one.id]["tracks"] == f"/tracks/{one.checksum}-1.bin"
    assert told[one.id]["minutes"] is None
    assert [told[one.id]["simulated"], told[other.id]["simulated"]] == [False, True]
    real = client.get("/collection.json?embryos=all&real=1").get_json()
    assert [embryo["id"] for embryo in real["embryos"]] == [one.id]
    lab.embryos.save_set("both", [one.id, other.id])
    assert client.get("/collection.json?embryos=set:both&real=1").get_json()["total"] == 1
    assert client.get(f"/collection.json?embryos={other.id}").get_json()["embryos"][0]["name"] == other.name


def test_the_list_goes_page_by_page_and_is_cut_where_it_is_too_long(
    client: Any, lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages import collection

    for seed in range(5):
        add(lab, f"E{seed}", simulate(seed, minutes=8))
    monkeypatch.setattr(collection, "MOST_EMBRYOS", 4)
    monkeypatch.setattr(collection, "MOST_A_PAGE", 3)
    first = client.get("/collection.json").get_json()
    assert (first["total"], first["shown"], first["next"]) == (5, 4, 3)
    rest = client.get("/collection.json?from=3").get_json()
    assert rest["next"] is None
    assert [e["name"] for e in first["embryos"] + rest["embryos"]] == ["E0", "E1", "E2", "E3"]
    monkeypatch.setattr(collection, "PAGE_S", -1.0)
    monkeypatch.setattr(collection, "AT_ONCE", 1)
    assert client.get("/collection.json").get_json()["next"] == 1, "who waits for poses sees the first soon"


def test_the_list_answers_wrong_questions(client: Any) -> None:
    assert client.get("/collection.json?embryos=set:nobody").status_code == 404
    assert client.get("/collection.json?embryos=nobody").status_code == 404
    for start in ("x", "-1", "1e3", "9999999"):
        refused = client.get(f"/collection.json?from={start}")
        assert refused.status_code == 422, start
        assert refused.get_json()["error"]["field"] == "from"


def test_the_list_is_compressed(client: Any, lab: Any) -> None:
    for seed in range(3):
        add(lab, f"E{seed}", simulate(seed, minutes=8))
    answer = client.get("/collection.json", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(answer.data))["embryos"]) == 3


def test_a_time_table_goes_with_the_list(client: Any, lab: Any) -> None:
    embryo = add(lab, "Timed", simulate(1, minutes=8))
    lab.embryos.describe(embryo.id, "from a TIME table", {}, frame_seconds=[[1, 0.0], [4, 300.0], [8, 900.0]])
    (told,) = client.get("/collection.json").get_json()["embryos"]
    assert told["minutes"][:4] == pytest.approx([0, 5 / 3, 10 / 3, 5], abs=1e-3)
    assert len(told["minutes"]) == told["last_frame"] - told["first_frame"] + 1


# ---- the page


@pytest.mark.browser
def test_embryos_lie_over_each_other_and_those_that_cannot_are_named(page: Any, program: Any) -> None:
    opened(page, program, "?minute=26")
    assert "3 of 3 embryos laid over each other" in page.locator(".collection-facts").inner_text()
    page.get_by_text("2 left out").click()
    words = page.locator(".left-out").inner_text()
    assert re.search(r"Flipped.*mirrored", words)
    assert re.search(r"Unnamed.*can't be oriented", words)
    for name in ("ABala", "MSa", "Ea", "Ca"):
        lying = places(page, name)
        assert set(lying) == {embryo.id for embryo in program.own}, name
        there = np.array(list(lying.values()))
        assert np.linalg.norm(there - np.median(there, axis=0), axis=1).max() < 8, name
    recorded = [program.lab.poses.pose_of(embryo)["rotation"] for embryo in program.own]
    assert np.abs(np.subtract(recorded[0], recorded[1])).max() > 0.5, "they didn't lie so when recorded"


@pytest.mark.browser
@pytest.mark.parametrize("size", [0.5, 1])
def test_a_nucleus_is_where_file_pose_and_clock_say(page: Any, program: Any, size: float) -> None:
    opened(page, program, f"?minute=30&size={size}")
    for embryo in program.own:
        pose = program.lab.poses.pose_of(embryo)
        table = program.lab.embryos.table(embryo.id)
        frame = (
            30 / pose["clock"]["rate"] + pose["clock"]["zero"]
        ) * 60 / embryo.interval_s + embryo.first_frame
        rows = table[table["cell"] == "ABpla"].set_index("time")
        if int(frame) + 1 not in rows.index:
            continue
        at = [rows.loc[int(frame) + step, ["x", "y", "z"]].to_numpy(dtype=float) for step in (0, 1)]
        recorded = (at[0] + (frame - int(frame)) * (at[1] - at[0])) * (0.09, 0.09, 1.0)
        world = np.reshape(pose["rotation"], (3, 3)) @ (recorded - pose["centre"])
        assert places(page, "ABpla")[embryo.id] == pytest.approx(world.tolist(), abs=0.02)
        break
    else:
        pytest.fail("ABpla is followed at this minute in none")


@pytest.mark.browser
def test_pixels_show_the_chosen_cell_in_its_colour_and_nothing_else(page: Any, program: Any) -> None:
    opened(page, program, "?minute=30&cells=ABpla&others=hide")
    page.wait_for_timeout(400)
    seen = page.evaluate(
        f"""async () => {{
            const {{ nameColour }} = await import("/assets/modules/collection_colours.mjs");
            const {{ space, entries }} = {SHOWN};
            const drawn = space.drawn();
            space.drawNow();
            const hidden = entries[0].body.places(entries[0].body.frame);
            return {{
              names: [...new Set(drawn.map(({{ name }}) => name))], count: drawn.length, colour: nameColour("ABpla"),
              pixels: drawn.map(({{ x, y }}) => space.scene.read(x, y)), nuclei: hidden.count,
              ground: space.scene.read(5, 5),
            }};
        }}"""
    )
    assert seen["names"] == ["ABpla"]
    assert seen["count"] == 3
    assert seen["nuclei"] > 10
    assert seen["ground"][:3] == [0x0E, 0x11, 0x16]
    colour = [int(seen["colour"][at : at + 2], 16) for at in (1, 3, 5)]
    for pixel in seen["pixels"]:
        assert all(abs(one - other) < 60 for one, other in zip(pixel[:3], colour, strict=True)), (
            pixel,
            colour,
        )


@pytest.mark.browser
def test_choosing_tells_where_it_lies_in_all(page: Any, program: Any) -> None:
    opened(page, program, "?minute=30")
    page.get_by_role("combobox", name="Find cells").fill("ABpla")
    page.keyboard.press("Enter")
    page.locator(".spread tbody tr").wait_for()
    line = page.locator(".spread tbody tr").inner_text()
    assert re.search(r"ABpla\s+3 of 3\s+[\d.]+ µm", line)
    there = np.array(list(places(page, "ABpla").values()))
    expected = np.median(np.linalg.norm(there - np.median(there, axis=0), axis=1))
    assert float(re.search(r"([\d.]+) µm", line)[1]) == pytest.approx(expected, abs=0.051)  # type: ignore[index]
    styles = page.evaluate(f"{SHOWN}.entries.map(({{ styles }}) => [...new Set(styles)].sort())")
    assert styles == [[2, 3]] * 3, "the others are dimmed"
    rows = page.locator(".spread-embryos li")
    assert rows.count() == 3
    link = rows.first.get_by_role("link")
    name = link.inner_text()
    link.click()
    page.locator("#watch").wait_for()
    page.wait_for_function("() => window.blastoscope.watching?.view.cells[0] === 'ABpla'")
    embryo = next(embryo for embryo in program.own if embryo.name == name)
    pose = program.lab.poses.pose_of(embryo)
    frame = page.evaluate("window.blastoscope.watching.clock.frame")
    assert pose["clock"]["rate"] * (frame - embryo.first_frame - pose["clock"]["zero"]) == pytest.approx(
        30, abs=0.05
    )


@pytest.mark.browser
def test_a_click_on_a_nucleus_chooses_its_name_everywhere(page: Any, program: Any) -> None:
    opened(page, program, "?minute=30&size=1")
    page.wait_for_timeout(300)
    front = page.evaluate(f"{SHOWN}.space.drawn().sort((a, b) => a.depth - b.depth)[0]")
    box = page.locator(".space-view").bounding_box()
    page.mouse.click(box["x"] + front["x"], box["y"] + front["y"])
    page.wait_for_function(f"(name) => {SHOWN}.view.cells[0] === name", arg=front["name"])
    assert page.locator(".chip").inner_text().startswith(front["name"])
    page.keyboard.press("Escape")
    page.wait_for_function(f"() => {SHOWN}.view.cells.length === 0")


@pytest.mark.browser
def test_a_link_restores_the_view(page: Any, program: Any) -> None:
    query = (
        "?v=1&embryos=set:pair&cells=ABal*,MSx&minute=22.5&colour=compact&k=2&scale=same&others=hide&size=0.3"
        "&camera=0,0.6,0,0.8,1.5,2,-1,1"
    )
    opened(page, program, query, count=2)
    state = f"({{...{SHOWN}.view, minute: {SHOWN}.clock.frame, camera: {SHOWN}.space.camera.state()}})"
    first = page.evaluate(state)
    assert first["minute"] == 22.5
    assert first["camera"] == {"turn": [0, 0.6, 0, 0.8], "zoom": 1.5, "pan": [2, -1], "flat": True}
    page.get_by_role("combobox", name="Other cells").select_option("dim")
    page.keyboard.press("ArrowRight")
    page.get_by_role("combobox", name="Colours").select_option("embryo")
    page.keyboard.press("End")
    page.wait_for_function("() => /colour=embryo/.test(location.search) && !/others=/.test(location.search)")
    changed = page.evaluate(state)
    page.reload()
    page.wait_for_function(f"() => {SHOWN}?.entries.length === 2")
    assert page.evaluate(state) == changed
    assert page.evaluate(f"{SHOWN}.cells.length") > 2


@pytest.mark.browser
def test_time_runs_for_all_at_once_and_asks_nothing(page: Any, program: Any) -> None:
    opened(page, program)
    page.wait_for_timeout(1200)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    before = page.evaluate(f"{SHOWN}.entries.map(({{ body }}) => body.frame)")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Pause").click()
    after = page.evaluate(f"{SHOWN}.entries.map(({{ body }}) => body.frame)")
    assert all(late > early for early, late in zip(before, after, strict=True))
    assert not [url for url in requests if "/live-runs" not in url]
    slider = page.get_by_role("slider", name="Time")
    assert re.search(r"\d+ min · [\d,]+ nuclei", slider.get_attribute("aria-valuetext"))
    page.locator(".collection-head h1").click()
    page.keyboard.press("Home")
    minute = page.evaluate(f"{SHOWN}.clock.minutes")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"{SHOWN}.clock.minutes") == minute + 1
    present = page.evaluate(f"[{SHOWN}.present, {SHOWN}.space.drawn().length]")
    assert present[0] <= 3
    page.keyboard.press("End")
    page.wait_for_function(f"() => {SHOWN}.clock.frame === {SHOWN}.clock.range[1]")
    assert page.evaluate(f"{SHOWN}.present") < 3, "who was recorded no longer isn't held at the end"


@pytest.mark.browser
def test_loading_can_be_cancelled_and_taken_up_again(page: Any, program: Any) -> None:
    held: list[Any] = []
    page.route("**/tracks/**", lambda route: held.append(route))
    page.goto(f"{program.url}/collection")
    page.get_by_role("button", name="Cancel").wait_for()
    page.wait_for_function("() => document.querySelector('.collection-loading').textContent.includes('of 3')")
    page.get_by_role("button", name="Cancel").click()
    again = page.get_by_role("button", name="Load the rest")
    again.wait_for()
    assert "3 embryos weren't loaded" in page.locator(".collection-loading").inner_text()
    page.unroute("**/tracks/**")
    again.click()
    page.wait_for_function(f"() => {SHOWN}.entries.length === 3")
    page.locator(".collection-loading").wait_for(state="hidden")


@pytest.mark.browser
def test_an_embryo_that_does_not_come_is_told_and_asked_for_again(page: Any, program: Any) -> None:
    lost = program.own[1].checksum
    page.route(f"**/tracks/{lost}*", lambda route: route.fulfill(status=500, body="{}"))
    page.goto(f"{program.url}/collection")
    page.wait_for_function(f"() => {SHOWN}?.entries.length === 2 && !{SHOWN}.loading.running")
    assert "1 couldn't be loaded" in page.locator(".collection-facts").inner_text()
    page.unroute(f"**/tracks/{lost}*")
    page.get_by_role("button", name="Load the rest").click()
    page.wait_for_function(f"() => {SHOWN}.entries.length === 3")
    assert "couldn't" not in page.locator(".collection-facts").inner_text()
    assert all("500" in error for error in page.errors)
    page.errors.clear()


@pytest.mark.browser
def test_it_takes_two_embryos(page: Any, program: Any) -> None:
    page.goto(f"{program.url}/collection?embryos=set:one")
    page.get_by_text("It takes two embryos").wait_for()
    page.get_by_role("combobox", name="Embryos").select_option("set:pair")
    page.wait_for_function(f"() => {SHOWN}.entries.length === 2")
    assert not page.get_by_text("It takes two embryos").is_visible()
    page.wait_for_function("() => /embryos=set:pair/.test(location.search)")


@pytest.mark.browser
def test_who_leaves_the_page_gets_its_memory_back(page: Any, program: Any) -> None:
    opened(page, program)
    page.evaluate(f"window.left = {SHOWN}")
    page.get_by_role("link", name="Labels").click()
    page.wait_for_function("() => window.blastoscope.collection === undefined")
    assert page.evaluate("[window.left.entries.length, window.left.space]") == [0, None]
    page.go_back()
    page.wait_for_function(f"() => {SHOWN}?.entries.length === 3")


@pytest.mark.browser
def test_a_set_that_is_gone_is_an_error_that_says_so(page: Any, program: Any) -> None:
    page.goto(f"{program.url}/collection?embryos=set:gone")
    page.get_by_text("The embryos couldn't be listed").wait_for()
    page.get_by_role("button", name="Try again").wait_for()
    assert all("404" in error for error in page.errors)
    page.errors.clear()


@pytest.mark.browser
def test_without_webgl_it_says_what_to_do(page: Any, program: Any) -> None:
    page.add_init_script(
        "const own = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest)"
        " { return kind === 'webgl2' ? null : own.call(this, kind, ...rest); };"
    )
    page.goto(f"{program.url}/collection")
    page.get_by_text("This browser can't draw the embryos together").wait_for()


@pytest.mark.browser
def test_the_simulated_can_be_left_out(page: Any, serve: Callable[..., Any]) -> None:
    program = serve(BLASTOSCOPE_SIMULATED="3")
    opened(page, program)
    page.get_by_label("Real only").check()
    page.get_by_text("It takes two embryos").wait_for()
    page.get_by_label("Real only").uncheck()
    page.wait_for_function(f"() => {SHOWN}.entries.length === 3")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_the_page_is_whole_and_accessible(page: Any, program: Any, width: int, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 844})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": program.url}])
    opened(page, program, "?minute=30&cells=ABpla&panel=1")
    page.locator(".spread-embryos li").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]})
    serious = [
        (violation["id"], node["html"][:200])
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert serious == []
    stage = page.locator(".stage").bounding_box()
    play = page.get_by_role("button", name="Play").bounding_box()
    assert play["y"] > stage["y"] + stage["height"]


# ---- real embryos


@pytest.mark.browser
@pytest.mark.embryos
def test_real_embryos_agree_on_where_cells_lie(page: Any, serve: Callable[..., Any], epic: Path) -> None:
    """At 100 minutes a named cell lies within 8 µm of the median place; the mirrored embryo is left out."""
    program = serve()
    for name in (*REAL, MIRRORED):
        program.lab.embryos.add((epic / name).read_bytes(), name)
    opened(page, program, "?minute=100&cells=ABplaapp", count=len(REAL))
    assert "1 left out" in page.locator(".collection-choice").inner_text()
    assert "JIM767_25_L5: it fits only mirrored" in page.locator(".left-out").text_content()
    for name in ("ABplaapp", "ABalppap", "MSaa", "Ealp", "Cpa"):
        there = np.array(list(places(page, name).values()))
        if name in ("ABplaapp",):
            assert len(there) == len(REAL)
        if len(there) >= 2:
            assert np.linalg.norm(there - np.median(there, axis=0), axis=1).max() < 8, name
    left = np.array(list(places(page, "ABplaapp").values()))
    right = np.array(list(places(page, "ABpraapp").values()))
    assert left[:, 2].min() > right[:, 2].max(), "left is left in all of them"
    assert page.locator(".spread tbody").inner_text().startswith("ABplaapp")
