"""The stage in space, in a real browser: what is drawn, what hands and keys do, and what happens without a graphics card."""

import base64
import io
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas
import pytest

from tests.conftest import CHROMIUM_FLAGS, until

pytestmark = pytest.mark.browser

WATCH = "window.blastoscope.watching"
SPACE = f"{WATCH}.space"
GROUND = (14, 17, 22)
ROOM = 1.06  # camera.mjs: air around what is fitted


def opened(page: Any, program: Any, embryo_id: str, query: str = "") -> Any:
    """The embryo's page with the stage drawn and at rest; no tree or panel beside it."""
    page.goto(f"{program.url}/embryos/{embryo_id}?v=2&tree=0&panel=0{query}")
    until(page, "window.blastoscope?.watching?.space?.isAtRest === true")
    return page


def at_rest(page: Any) -> None:
    until(page, f"{SPACE}.isAtRest")


def drawn(page: Any) -> dict[str, dict[str, Any]]:
    return {nucleus["name"]: nucleus for nucleus in page.evaluate(f"{SPACE}.drawn()")}


def foremost(page: Any) -> list[dict[str, Any]]:
    """The nuclei whose middle nothing covers, nearest first."""
    nuclei = sorted(page.evaluate(f"{SPACE}.drawn()"), key=lambda nucleus: nucleus["depth"])
    free = [
        nucleus
        for place, nucleus in enumerate(nuclei)
        if all(
            math.hypot(nucleus["x"] - other["x"], nucleus["y"] - other["y"]) > other["radius"] + 3
            for other in nuclei
            if other is not nucleus and other["depth"] < nucleus["depth"] + 6
        )
    ]
    assert len(free) > 3
    return free


def chosen(page: Any) -> list[str]:
    return list(page.evaluate(f"{WATCH}.view.cells"))


def camera(page: Any) -> dict[str, Any]:
    return dict(page.evaluate(f"{SPACE}.camera.state()"))


def corner(page: Any) -> tuple[float, float]:
    """Where the stage begins on the page."""
    box = page.locator(".space-surface").bounding_box()
    return box["x"], box["y"]


def click(page: Any, nucleus: dict[str, Any], *keys: str, count: int = 1) -> None:
    left, top = corner(page)
    for key in keys:
        page.keyboard.down(key)
    page.mouse.click(left + nucleus["x"], top + nucleus["y"], click_count=count)
    for key in keys:
        page.keyboard.up(key)


def channels(colour: str) -> np.ndarray:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], dtype=float)


def is_shade_of(pixel: Any, colour: str) -> bool:
    """Whether a shaded pixel has a colour's hue: the same direction from black, not much darker or lighter."""
    seen, meant = np.array(pixel[:3], dtype=float), channels(colour)
    if np.linalg.norm(seen) < 20:
        return False
    alike = seen @ meant / (np.linalg.norm(seen) * np.linalg.norm(meant))
    return bool(alike > 0.97 and 0.45 < np.linalg.norm(seen) / np.linalg.norm(meant) < 1.35)


def is_ground(pixel: Any) -> bool:
    return bool(max(abs(pixel[i] - GROUND[i]) for i in range(3)) <= 3)


def screen(page: Any) -> Any:
    """The stage as it is on the screen, as an array of pixels."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(page.locator(".space-surface").screenshot())).convert("RGB"))


# ---- what is drawn


@pytest.mark.embryos
def test_nuclei_are_where_the_file_says_at_that_time_with_their_colour(
    page: Any, program: Any, reference: Any, rows: pandas.DataFrame
) -> None:
    opened(page, program, reference.id, "&frame=60&camera=0,0,0,1,1,0,0,1")
    told = page.evaluate(
        f"({{ pose: {WATCH}.data.pose, calibration: {WATCH}.data.calibration, width: {SPACE}.width,"
        f" height: {SPACE}.height, radius: {SPACE}.camera.radius }})"
    )
    rotation = np.array(told["pose"]["rotation"]).reshape(3, 3)
    scale = min(told["width"], told["height"]) / 2 / (told["radius"] * ROOM)
    pixel_um, plane_um = told["calibration"]["pixel_um"], told["calibration"]["plane_um"]
    at_60 = rows[rows["time"] == 60].set_index("cell")
    nuclei = drawn(page)
    assert set(nuclei) == set(at_60.index)
    for name, nucleus in nuclei.items():
        row = at_60.loc[name]
        place = np.array([row["x"] * pixel_um, row["y"] * pixel_um, row["z"] * plane_um])
        world = rotation @ (place - np.array(told["pose"]["centre"]))
        assert nucleus["x"] == pytest.approx(told["width"] / 2 + scale * world[0], abs=0.01)
        assert nucleus["y"] == pytest.approx(told["height"] / 2 - scale * world[1], abs=0.01)
        assert nucleus["depth"] == pytest.approx(-world[2], abs=0.01)
        assert nucleus["radius"] == pytest.approx(row["size"] / 2 * pixel_um * scale, abs=0.01)
    for nucleus in foremost(page)[:8]:
        pixel = page.evaluate(
            "([x, y]) => window.blastoscope.watching.space.read(x, y)", [nucleus["x"], nucleus["y"]]
        )
        assert is_shade_of(pixel, nucleus["colour"]), (nucleus, pixel)


@pytest.mark.embryos
def test_the_screen_shows_that_too_and_follows_the_time(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=20")
    one = foremost(page)[0]
    at_rest(page)
    pixel = screen(page)[round(one["y"]), round(one["x"])]
    assert is_shade_of(pixel, one["colour"]), (one, pixel)
    page.get_by_role("slider", name="Time").fill("100")
    at_rest(page)
    later = foremost(page)
    picture = screen(page)
    assert one["name"] not in drawn(page), "it has divided"
    for nucleus in later[:5]:
        pixel = picture[round(nucleus["y"]), round(nucleus["x"])]
        assert is_shade_of(pixel, nucleus["colour"]), (nucleus, pixel)


@pytest.mark.embryos
def test_what_is_not_chosen_is_dimmed_hidden_or_shown(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=60&cells=ABa*&others=hide&names=0")
    shown = drawn(page)
    assert shown
    assert all(name.startswith("ABa") for name in shown)
    page.evaluate(f"{WATCH}.change({{ others: 'show' }})")
    at_rest(page)
    free = [nucleus for nucleus in foremost(page) if not nucleus["name"].startswith("ABa")]
    brightness = {}
    for others in ("show", "dim", "hide"):
        page.evaluate(f"{WATCH}.change({{ others: '{others}' }})")
        at_rest(page)
        picture = screen(page)
        brightness[others] = np.mean(
            [picture[round(each["y"]), round(each["x"])].astype(float).sum() for each in free]
        )
    assert brightness["show"] > 1.5 * brightness["dim"]
    assert brightness["dim"] > brightness["hide"]


@pytest.mark.embryos
def test_names_of_chosen_cells_do_not_overlap(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=110&cells=MS*,E*")
    boxes = page.evaluate(
        "[...document.querySelectorAll('.stage-label')].filter((each) => each.style.display !== 'none')"
        ".map((each) => [each.textContent, ...Object.values(each.getBoundingClientRect().toJSON())])"
    )
    names = {name for name, nucleus in drawn(page).items() if nucleus["style"] == 3}
    assert len(boxes) > 15
    assert {box[0] for box in boxes} <= names
    told = page.locator(".stage-more").inner_text()
    assert (f"{len(boxes)} of {len(names)}" in told) if len(boxes) < len(names) else told == ""
    for i, (_, x, y, width, height, *_rest) in enumerate(boxes):
        for _, other_x, other_y, other_width, other_height, *_more in boxes[i + 1 :]:
            assert not (
                x < other_x + other_width
                and x + width > other_x
                and y < other_y + other_height
                and y + height > other_y
            )
    page.evaluate(f"{WATCH}.change({{ names: false }})")
    until(
        page, "[...document.querySelectorAll('.stage-label')].every((each) => each.style.display === 'none')"
    )


@pytest.mark.embryos
def test_functional_names_stand_beside_sulstons(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=110&cells=MSap*")
    name = next(nucleus["name"] for nucleus in foremost(page) if nucleus["style"] == 3)
    page.evaluate(f"{WATCH}.correct({{ ...{WATCH}.data, cell_names: {{ '{name}': 'ADAL' }} }})")
    page.locator(".stage-label", has_text=f"{name} · ADAL").wait_for()
    at_rest(page)
    nucleus = drawn(page)[name]
    left, top = corner(page)
    page.mouse.move(left + nucleus["x"], top + nucleus["y"])
    assert page.locator(".stage-tip b").first.inner_text() == f"{name} · ADAL"


@pytest.mark.embryos
def test_tails_coloured_by_time_have_a_legend(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=60&cells=MSap*")
    legend = page.locator(".stage-legend")
    assert "Time along the tails" not in legend.inner_text()
    page.evaluate(f"{WATCH}.change({{ tailColour: 'time' }})")
    last = page.evaluate(f"Math.round({WATCH}.timeline.minutes({WATCH}.tracks.lastFrame))")
    assert re.search(rf"Time along the tails\s+0\s+{last} min", legend.inner_text())


def test_an_embryo_whose_names_tell_no_axes_is_shown_as_recorded(page: Any, program: Any) -> None:
    header = "cellTime,cell,time,none,global,local,blot,cross,z,x,y,size,gweight"
    places = {"Nuc1": (100, 100, 5), "Nuc2": (500, 100, 5), "Nuc3": (100, 400, 25)}
    lines = [
        f"{name}:{frame},{name},{frame},26000,1000,1,2,3,{z}.0,{x},{y},60,9"
        for name, (x, y, z) in places.items()
        for frame in (1, 2)
    ]
    embryo = program.lab.embryos.add(("\n".join([header, *lines]) + "\n").encode(), "unnamed.csv").embryo
    opened(page, program, embryo.id)
    nuclei = drawn(page)
    assert nuclei["Nuc2"]["x"] > nuclei["Nuc1"]["x"], "x runs right"
    assert nuclei["Nuc3"]["y"] > nuclei["Nuc1"]["y"], "y down"
    assert nuclei["Nuc3"]["depth"] > nuclei["Nuc1"]["depth"], "z away"
    assert set(page.locator(".axes-arms text").all_text_contents()) == {"x", "y", "z"}
    left, top = corner(page)
    page.mouse.move(left + nuclei["Nuc3"]["x"], top + nuclei["Nuc3"]["y"])
    place = [400 * embryo.pixel_um, 25 * embryo.plane_um]
    assert f"y {place[0]:.1f}, z {place[1]:.1f} µm" in page.locator(".stage-tip").first.inner_text()


@pytest.mark.embryos
def test_the_scale_bar_is_as_long_as_it_says(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=60")
    for zoom in (1, 3.1):
        page.evaluate(f"{SPACE}.setCamera({{ turn: [0, 0, 0, 1], zoom: {zoom}, pan: [0, 0], flat: false }})")
        at_rest(page)
        words = page.locator(".scale-bar span").inner_text()
        assert words.endswith("µm at the centre")
        um = float(words.split()[0])
        px = page.locator(".scale-line").bounding_box()["width"]
        ends = page.evaluate(
            f"[0, {um}].map((x) => {SPACE}.camera.project([x, 0, 0], {SPACE}.width, {SPACE}.height).x)"
        )
        assert px == pytest.approx(ends[1] - ends[0], abs=0.6)
    page.evaluate(f"{SPACE}.flat(true)")
    at_rest(page)
    assert page.locator(".scale-bar span").inner_text().endswith("µm")


@pytest.mark.embryos
def test_at_rest_nothing_is_drawn_and_no_frame_asked_for(page: Any, program: Any, reference: Any) -> None:
    page.add_init_script(
        "window.asked = 0; const own = window.requestAnimationFrame.bind(window);"
        "window.requestAnimationFrame = (told) => { window.asked += 1; return own(told); };"
    )
    opened(page, program, reference.id, "&frame=60")
    page.wait_for_timeout(600)
    before = page.evaluate(f"[window.asked, {SPACE}.draws]")
    page.wait_for_timeout(700)
    assert page.evaluate(f"[window.asked, {SPACE}.draws]") == before
    left, top = corner(page)
    page.mouse.move(left + 5, top + 5)
    page.mouse.move(left + 300, top + 300)
    page.wait_for_timeout(100)
    assert page.evaluate(f"{SPACE}.draws") == before[1], "pointing draws no nuclei again"


@pytest.mark.embryos
def test_a_picture_of_any_size_leaves_the_screen_alone(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=60&cells=ABal*&camera=0,0,0,1,1,0,0,1")
    page.wait_for_timeout(500)
    before = page.evaluate(f"[{SPACE}.draws, {SPACE}.canvas.width, {SPACE}.bodies[0].frame]")
    encoded = page.evaluate(
        f"{SPACE}.snapshot({{ width: 800, height: 600, pixels: 2, ground: '#ffffff', frame: 80,"
        " over: (context, { width }) => { context.fillStyle = '#ff0000'; context.fillRect(width - 20, 0, 20, 20); } })"
        ".then((canvas) => canvas.toDataURL())"
    )
    from PIL import Image

    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded.split(",")[1]))).convert("RGB"))
    assert picture.shape == (1200, 1600, 3)
    assert tuple(picture[20, 1590]) == (255, 0, 0), "what the caller paints is over it"
    assert tuple(picture[600, 10]) == (255, 255, 255)
    assert (picture[-60:, :420] < 200).any(), "scale bar and axes are on it"
    assert ((picture < 120).all(axis=2)).sum() > 200, "and names, dark on white"
    assert page.evaluate(f"[{SPACE}.draws, {SPACE}.canvas.width, {SPACE}.bodies[0].frame]") == before
    page.evaluate(f"{WATCH}.clock.seek(80)")
    at_rest(page)
    page.evaluate(f"{WATCH}.change({{ cells: [] }})")
    one = foremost(page)[0]
    width, height = page.evaluate(f"[{SPACE}.width, {SPACE}.height]")
    scale = page.evaluate(f"{SPACE}.camera.scale()")
    wanted = page.evaluate(
        f"(() => {{ const {{ camera }} = {SPACE}; const now = camera.radius; camera.fit({SPACE}.radiusFor(800, 600));"
        " const scale = camera.scale(800, 600); camera.fit(now); return scale; })()"
    )
    x = 400 + (one["x"] - width / 2) * wanted / scale
    y = 300 + (one["y"] - height / 2) * wanted / scale
    encoded = page.evaluate(
        f"{SPACE}.snapshot({{ width: 800, height: 600, overlays: false }}).then((canvas) => canvas.toDataURL())"
    )
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded.split(",")[1]))).convert("RGB"))
    assert is_shade_of(picture[round(y), round(x)], one["colour"])


# ---- hands


@pytest.mark.embryos
def test_pointing_tells_of_a_nucleus(page: Any, program: Any, reference: Any, rows: pandas.DataFrame) -> None:
    opened(page, program, reference.id, "&frame=60&colour=cross")
    one = foremost(page)[0]
    left, top = corner(page)
    page.mouse.move(left + one["x"], top + one["y"])
    lines = page.locator(".stage-tip").filter(visible=True).inner_text().splitlines()
    name = one["name"]
    row = rows[(rows["cell"] == name) & (rows["time"] == 60)].iloc[0]
    assert lines[0] == name
    assert lines[1].startswith(f"daughter of {name[:-1]}, sister {name[:-1]}")
    born = (rows[rows["cell"] == name]["time"].min() - rows["time"].min()) * reference.interval_s / 60
    assert re.fullmatch(rf"born at {born:.0f} min, \d+ min old", lines[2])
    world = page.evaluate(
        f"(() => {{ const body = {SPACE}.bodies[0]; const {{ cells, world, count }} = body.places(60);"
        f" const i = cells.subarray(0, count).indexOf({one['cell']}); return [...world.subarray(3 * i, 3 * i + 3)]; }})()"
    )
    ends = (("posterior", "anterior"), ("dorsal", "ventral"), ("left", "right"))
    for value, (high, low) in zip(world, ends, strict=True):
        assert re.search(rf"{abs(value):.1f}( µm)? {high if value >= 0 else low}", lines[3])
    assert f"cross {row['cross']:,}" in lines[4] or abs(row["cross"]) < 100
    assert "blot " in lines[4]
    ring = page.locator(".stage-ring").first.bounding_box()
    assert ring["x"] + ring["width"] / 2 - left == pytest.approx(one["x"], abs=1.5)
    assert page.evaluate(f"{WATCH}.hoveredCell") == one["cell"]
    page.mouse.move(left + 8, top + 60)
    page.locator(".stage-tip").first.wait_for(state="hidden")
    assert page.evaluate(f"{WATCH}.hoveredCell") == -1


def test_pointing_takes_less_than_50_ms_with_2400_nuclei(page: Any, program: Any) -> None:
    random = np.random.default_rng(1)
    lines = ["cellTime,cell,time,none,global,local,blot,cross,z,x,y,size,gweight"]
    for number in range(2400):
        x, y, z = random.uniform(50, 650), random.uniform(50, 450), random.uniform(2, 30)
        for frame in (1, 2):
            lines.append(
                f"Nuc{number}:{frame},Nuc{number},{frame},26000,1000,1,2,3,{z:.1f},{x:.0f},{y:.0f},20,9"
            )
    embryo = program.lab.embryos.add(("\n".join(lines) + "\n").encode(), "crowd.csv").embryo
    opened(page, program, embryo.id)
    assert len(drawn(page)) == 2400
    took = page.evaluate(
        """() => {
            const { space } = window.blastoscope.watching;
            const box = space.surface.getBoundingClientRect();
            const times = [];
            for (const nucleus of space.drawn().slice(0, 40)) {
                space.camera.rotate(0.01, 0); space.invalidate(); // so that places are worked out again each time
                const began = performance.now();
                space.surface.dispatchEvent(new PointerEvent("pointermove", {
                    clientX: box.left + nucleus.x, clientY: box.top + nucleus.y, pointerType: "mouse", bubbles: true,
                }));
                document.body.offsetWidth; // layout included
                times.push(performance.now() - began);
            }
            return times;
        }"""
    )
    assert page.locator(".stage-tip").first.is_visible()
    assert sorted(took)[len(took) // 2] < 50


@pytest.mark.embryos
def test_dimmed_nuclei_are_seen_through(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=110&cells=MS*&names=0")
    nuclei = drawn(page).values()
    behind = next(
        one
        for one in nuclei
        if one["style"] == 3
        and any(
            math.hypot(one["x"] - other["x"], one["y"] - other["y"]) < other["radius"] - 4
            and other["depth"] < one["depth"] - 5
            for other in nuclei
            if other["style"] == 2
        )
        and not any(
            math.hypot(one["x"] - other["x"], one["y"] - other["y"]) < other["radius"] + 4
            for other in nuclei
            if other["style"] == 3 and other is not one
        )
    )
    left, top = corner(page)
    page.mouse.move(left + behind["x"], top + behind["y"])
    assert page.locator(".stage-tip b").first.inner_text() == behind["name"]


@pytest.mark.embryos
def test_clicks_choose(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=60")
    one, other = foremost(page)[:2]
    click(page, one)
    until(page, f"{WATCH}.view.cells.join() === '{one['name']}'")
    assert drawn(page)[one["name"]]["style"] == 3
    page.wait_for_timeout(450)
    click(page, other, "Shift")
    assert chosen(page) == [one["name"], other["name"]]
    page.wait_for_timeout(450)
    click(page, one, "Shift")
    assert chosen(page) == [other["name"]]
    page.wait_for_timeout(450)
    click(page, one)
    click(page, one)
    assert chosen(page) == [f"{one['name']}*"], "a double click takes the sublineage"
    page.keyboard.press("Escape")
    assert chosen(page) == []


@pytest.mark.embryos
def test_box_and_lasso_choose_many(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=60")

    def inside(x0: float, y0: float, x1: float, y1: float) -> set[str]:
        return {n for n, each in drawn(page).items() if x0 < each["x"] < x1 and y0 < each["y"] < y1}

    def drag(*points: tuple[float, float]) -> None:
        left, top = corner(page)  # a row of chips over the stage may have moved it
        page.mouse.move(left + points[0][0], top + points[0][1])
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(left + x, top + y, steps=4)
        page.mouse.up()
        page.wait_for_timeout(300)

    page.locator(".space-surface").focus()
    width = page.evaluate(f"{SPACE}.width")
    turn = camera(page)["turn"]
    first = inside(20, 40, width / 2, 480)
    page.keyboard.down("b")
    drag((20, 40), (width / 2, 480))
    page.keyboard.up("b")
    assert set(chosen(page)) == first
    assert len(first) > 10
    assert camera(page)["turn"] == turn, "it didn't turn"
    second = inside(width / 2, 40, width * 0.75, 480)
    page.keyboard.down("b")
    page.keyboard.down("Shift")
    drag((width / 2, 40), (width * 0.75, 480))
    page.keyboard.up("Shift")
    page.keyboard.up("b")
    assert second - first
    assert set(chosen(page)) == first | second
    page.get_by_role("button", name=re.compile("lasso")).click()
    third = inside(width * 0.6, 60, width - 80, 440)
    drag((width * 0.6, 60), (width - 80, 60), (width - 80, 440), (width * 0.6, 440))
    assert set(chosen(page)) == third
    assert page.get_by_role("button", name=re.compile("lasso")).get_attribute("aria-pressed") == "true"
    page.locator(".space-surface").focus()
    page.keyboard.press("Escape")
    assert page.get_by_role("button", name=re.compile("lasso")).get_attribute("aria-pressed") == "false"
    assert chosen(page), "the first Escape only leaves the tool"
    page.keyboard.press("Escape")
    assert chosen(page) == []


@pytest.mark.embryos
def test_drag_turns_shift_pans_wheel_zooms_and_the_address_keeps_it(
    page: Any, program: Any, reference: Any
) -> None:
    opened(page, program, reference.id, "&frame=60")
    left, top = corner(page)
    start = camera(page)
    page.mouse.move(left + 400, top + 300)
    page.mouse.down()
    page.mouse.move(left + 500, top + 330, steps=5)
    page.mouse.up()
    turned = camera(page)
    assert turned["turn"] != start["turn"]
    assert (turned["zoom"], turned["pan"]) == (start["zoom"], start["pan"])
    page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(left + 560, top + 330, steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")
    panned = camera(page)
    assert panned["turn"] == turned["turn"]
    assert panned["pan"][0] == pytest.approx(-60 / page.evaluate(f"{SPACE}.camera.scale()"), abs=0.05)
    under = page.evaluate(f"{SPACE}.drawn().map(({{ x, y }}) => [x, y])")
    nearest = min(range(len(under)), key=lambda i: math.hypot(under[i][0] - 560, under[i][1] - 330))
    page.mouse.wheel(0, -240)
    page.wait_for_timeout(300)
    zoomed = camera(page)
    assert zoomed["zoom"] > 1.2
    after = page.evaluate(f"{SPACE}.drawn().map(({{ x, y }}) => [x, y])")[nearest]
    grown = zoomed["zoom"]
    assert after[0] == pytest.approx(560 + (under[nearest][0] - 560) * grown, abs=6), (
        "it zooms to the pointer"
    )
    until(page, f"location.search.includes(',{grown:.3f}'.replace(/0+$/, ''))")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    until(page, "window.blastoscope?.watching?.space?.isAtRest === true")
    again = camera(page)
    assert again["turn"] == pytest.approx(zoomed["turn"], abs=1e-3)
    assert again["zoom"] == pytest.approx(zoomed["zoom"], abs=2e-3)
    assert again["pan"] == pytest.approx(zoomed["pan"], abs=2e-2)
    page.mouse.click(left + 30, top + 60)
    page.mouse.click(left + 30, top + 60)
    until(page, f"Math.abs({SPACE}.camera.zoom - 1) < 1e-6 && {SPACE}.camera.turn[3] === 1")
    until(page, "!/camera=/.test(location.search)")


@pytest.mark.embryos
def test_fingers(browser: Any, program: Any, reference: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    opened(page, program, reference.id, "&frame=60")
    hands = context.new_cdp_session(page)
    left, top = corner(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": left + x, "y": top + y, "id": i} for i, (x, y) in enumerate(points)]
        hands.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    start = camera(page)
    middle = page.evaluate(f"[{SPACE}.width / 2, {SPACE}.height / 2]")
    x, y = middle
    touch("touchStart", (x, y))
    for step in range(1, 6):
        touch("touchMove", (x + 10 * step, y + 16 * step))
    touch("touchEnd")
    turned = camera(page)
    assert turned["turn"] != start["turn"]
    assert page.evaluate("[scrollX, scrollY, document.documentElement.scrollTop]") == [0, 0, 0]
    touch("touchStart", (x - 30, y))
    touch("touchStart", (x - 30, y), (x + 30, y))
    for step in range(1, 7):
        touch("touchMove", (x - 30 - 5 * step, y), (x + 30 + 5 * step, y))
    touch("touchEnd")
    pinched = camera(page)
    assert pinched["turn"] == turned["turn"]
    assert pinched["zoom"] == pytest.approx(2 * turned["zoom"], rel=0.05)
    assert page.evaluate("visualViewport.scale") == 1, "the page itself isn't zoomed"
    page.evaluate(f"{SPACE}.setCamera(null)")
    at_rest(page)
    one = foremost(page)[0]
    touch("touchStart", (one["x"], one["y"]))
    touch("touchEnd")
    until(page, f"{WATCH}.view.cells.join() === '{one['name']}'")
    assert page.locator(".stage-tip").first.inner_text().startswith(one["name"])
    other = foremost(page)[2]
    touch("touchStart", (other["x"], other["y"]))
    page.wait_for_timeout(700)
    touch("touchEnd")
    until(page, f"{WATCH}.view.cells.length === 2")
    assert errors == []
    context.close()


# ---- keys


@pytest.mark.embryos
def test_everything_can_be_done_by_keys(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=60")
    names = page.evaluate(f"{SPACE}.drawn().map(({{ cell, name }}) => [cell, name])")
    order = [name for _, name in sorted(names)]
    page.locator(".space-surface").focus()
    said = page.locator(".space-view [aria-live]")
    page.keyboard.press("]")
    assert said.inner_text().startswith(order[0])
    page.keyboard.press("]")
    assert said.inner_text().startswith(f"{order[1]}. daughter of")
    ring = page.locator(".focus-ring").bounding_box()
    left, _ = corner(page)
    assert ring["x"] + ring["width"] / 2 - left == pytest.approx(drawn(page)[order[1]]["x"], abs=1.5)
    page.keyboard.press("Enter")
    assert chosen(page) == [order[1]]
    page.keyboard.press("[")
    page.keyboard.press("Shift+Enter")
    assert chosen(page) == [order[1], order[0]]
    page.keyboard.press("*")
    assert chosen(page) == [f"{order[0]}*"]
    page.keyboard.press("n")
    nuclei = drawn(page)
    near = page.evaluate(f"{SPACE}.pointing.focused.cell")
    here = nuclei[order[0]]

    def apart(each: dict[str, Any]) -> float:
        scale = here["radius"] / (here["radius"] / page_scale)
        return math.hypot(
            each["x"] - here["x"], each["y"] - here["y"], (each["depth"] - here["depth"]) * scale
        )

    page_scale = page.evaluate(f"{SPACE}.camera.scale()")
    ranked = sorted((each for each in nuclei.values() if each is not here), key=apart)
    assert near in [each["cell"] for each in ranked[:2]]
    page.keyboard.press("Escape")
    assert page.evaluate(f"{SPACE}.pointing.focused") is None
    assert chosen(page), "the first Escape takes the ring away"
    page.keyboard.press("Escape")
    assert chosen(page) == []
    page.keyboard.press("Alt+ArrowRight")
    assert camera(page)["turn"] != [0, 0, 0, 1]
    assert page.evaluate(f"{WATCH}.clock.frame") == 60, "with Alt the arrows are no time"
    page.keyboard.press("+")
    assert camera(page)["zoom"] == pytest.approx(1.2)
    page.keyboard.press("Alt+Shift+ArrowUp")
    assert camera(page)["pan"][1] < 0
    page.keyboard.press("0")
    until(page, f"{SPACE}.camera.turn[3] === 1 && {SPACE}.camera.zoom === 1")
    for key, axis, sign in (("3", 1, 1), ("4", 1, -1), ("5", 0, -1), ("6", 0, 1), ("2", 2, -1), ("1", 2, 1)):
        page.keyboard.press(key)
        direction = [sign if i == axis else 0 for i in range(3)]
        until(page, f"{SPACE}.camera.toEye({json.dumps(direction)})[2] > 0.9999")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"{WATCH}.clock.frame") == 61
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    dialog.wait_for()
    assert "lasso" in dialog.inner_text()
    page.evaluate(f"{WATCH}.choose(['{order[3]}'])")
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert chosen(page) == [order[3]], "Escape closed the list and nothing else"
    assert page.evaluate("document.activeElement.classList.contains('space-surface')")


@pytest.mark.embryos
def test_the_view_is_set_in_a_small_sheet(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=60&cells=ABala")
    page.get_by_role("button", name="View", exact=True).click()
    page.get_by_label("Tails behind").select_option("40")
    page.get_by_label("Tails ahead").select_option("5")
    page.get_by_label("Colour of tails").select_option("time")
    page.get_by_label("What isn't chosen").select_option("hide")
    page.get_by_label("Eggshell").check()
    page.get_by_label("Names of chosen cells").uncheck()
    page.get_by_label("Perspective").uncheck()
    view = page.evaluate(f"{WATCH}.view")
    wanted = {"tail": 40, "ahead": 5, "tailColour": "time", "others": "hide", "shell": True, "names": False}
    assert {name: view[name] for name in wanted} == wanted
    assert view["camera"]["flat"] is True
    page.get_by_role("group", name="Look at a side").get_by_role(
        "button", name="Look at the dorsal side"
    ).click()
    until(page, f"{SPACE}.camera.toEye([0, 1, 0])[2] > 0.9999")
    assert camera(page)["flat"] is True
    page.keyboard.press("Escape")
    assert page.get_by_label("Tails behind").is_hidden()
    assert chosen(page) == ["ABala"]


@pytest.mark.embryos
def test_who_wants_no_motion_sees_no_flight(browser: Any, program: Any, reference: Any) -> None:
    context = browser.new_context(viewport={"width": 1000, "height": 700}, reduced_motion="reduce")
    page = context.new_page()
    opened(page, program, reference.id, "&frame=60")
    assert (
        page.evaluate(f"(() => {{ {SPACE}.look('V'); return {SPACE}.camera.toEye([0, -1, 0])[2]; }})()")
        > 0.9999
    )
    context.close()


# ---- without a graphics card


@pytest.mark.embryos
def test_a_lost_context_says_so_and_comes_back(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=60&names=0")
    one = foremost(page)[0]
    assert is_shade_of(screen(page)[round(one["y"]), round(one["x"])], one["colour"])
    page.evaluate(f"(window.losing = {SPACE}.scene.gl.getExtension('WEBGL_lose_context')).loseContext()")
    page.get_by_text("The graphics card was lost; one moment").wait_for()
    page.get_by_role("slider", name="Time").fill("80")
    page.evaluate("window.losing.restoreContext()")
    page.get_by_text("The graphics card was lost; one moment").wait_for(state="hidden")
    at_rest(page)
    for nucleus in foremost(page)[:4]:
        assert is_shade_of(screen(page)[round(nucleus["y"]), round(nucleus["x"])], nucleus["colour"])


def shows_the_plane(page: Any, program: Any, embryo_id: str) -> None:
    page.goto(f"{program.url}/embryos/{embryo_id}?v=2&frame=60")
    page.get_by_text("shows no 3D graphics (WebGL 2)").first.wait_for()
    page.locator("#watch[data-ready]").wait_for()
    until(page, f"{WATCH}.view.stage === 'plane' && {WATCH}.noSpace === true")
    assert page.locator(".plane-view").is_visible()
    assert len(page.evaluate(f"{WATCH}.plane.drawn()")) == 88
    assert page.get_by_role("button", name="Space").is_disabled()


@pytest.mark.embryos
def test_a_context_that_stays_away_leads_to_the_plane(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&frame=60")
    page.clock.install()
    page.evaluate(f"{SPACE}.scene.gl.getExtension('WEBGL_lose_context').loseContext()")
    page.get_by_text("The graphics card was lost; one moment").wait_for()
    page.clock.run_for(9000)
    page.get_by_text("The graphics card didn't come back").first.wait_for()
    page.clock.run_for(1000)
    until(page, f"{WATCH}.view.stage === 'plane'")


@pytest.mark.embryos
def test_a_browser_that_gives_no_webgl2_shows_the_plane(page: Any, program: Any, reference: Any) -> None:
    page.add_init_script(
        "const own = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        " return kind === 'webgl2' ? null : own.call(this, kind, ...more); };"
    )
    shows_the_plane(page, program, reference.id)


@pytest.fixture
def blind(browser: Any) -> Iterator[Any]:
    """A Chromium that can't draw in 3D at all."""
    flags = [flag for flag in CHROMIUM_FLAGS if "swiftshader" not in flag]
    path = browser.browser_type.executable_path if not browser_path() else browser_path()
    chromium = browser.browser_type.launch(
        executable_path=path, args=[*flags, "--disable-gpu", "--disable-software-rasterizer"]
    )
    yield chromium.new_page()
    chromium.close()


def browser_path() -> str | None:
    import os
    import shutil

    return (
        os.environ.get("BLASTOSCOPE_TEST_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("google-chrome")
    )


@pytest.mark.embryos
def test_a_machine_without_webgl2_shows_the_plane(blind: Any, program: Any, reference: Any) -> None:
    shows_the_plane(blind, program, reference.id)
