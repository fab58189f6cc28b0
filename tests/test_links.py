"""Links to views of an embryo: every part comes back, in a real browser, and old links keep their meaning."""

from typing import Any

import pytest

from tests.conftest import until

pytestmark = [pytest.mark.browser, pytest.mark.embryos]

WATCH = "window.blastoscope.watching"
# Never change these: links that people have shared look like them.
EVERYTHING = (
    "?v=2&cells=ABpl*,MSxp&frame=57.25&colour=blot&k=4&range=-120,2000.5&rules=1!ABpla*~d55e00!*~7d8794"
    "&tail=12&ahead=4.5&tailWidth=3&tailColour=time&tailsOf=all&others=hide&names=0"
    "&camera=0.5,0.5,0.5,0.5,1.25,3,-4.5,1&shell=1&tab=neighbours&root=ABp&folded=ABprp"
    "&along=cross&odd=1&contact=1.5"
)
FIRST_VERSION = "?v=1&cells=ABala,MSxp&frame=57&axes=xz&units=file&colour=compact&k=4&tail=20&paths=0"


def test_a_link_brings_every_part_of_the_view_back(page: Any, program: Any, reference: Any) -> None:
    page.goto(f"{program.url}/embryos/{reference.id}{EVERYTHING}")
    until(page, f"{WATCH}?.space?.isAtRest && {WATCH}.tree.draws.base > 0")
    page.locator(".tab-neighbours").wait_for()
    assert page.evaluate(f"{WATCH}.search()") == EVERYTHING, "what is shown is what the link said"
    assert page.evaluate(f"{WATCH}.clock.frame") == 57.25
    camera = page.evaluate(f"{WATCH}.space.camera.state()")
    assert camera == {"turn": [0.5, 0.5, 0.5, 0.5], "zoom": 1.25, "pan": [3, -4.5], "flat": True}
    drawn = page.evaluate(f"{WATCH}.space.drawn()")
    shown = {each["name"] for each in drawn if each["style"] == "chosen" or each["style"] == 3}
    assert shown and all(name.startswith("ABpl") or name.startswith("MS") for name in shown)
    assert page.locator(".stage-legend summary").inner_text().startswith("blot")
    assert page.locator("#tab-neighbours").get_attribute("aria-selected") == "true"
    assert page.get_by_role("spinbutton", name="Least contact in µm²").input_value() == "1.5"
    tree = page.locator(".tree-box")
    assert tree.get_by_role("button", name="Odd divisions").get_attribute("aria-pressed") == "true"
    assert "ABp" in tree.inner_text(), "the way back from the root"


def test_what_a_person_changes_is_in_the_address_and_comes_back(
    page: Any, program: Any, reference: Any
) -> None:
    page.goto(f"{program.url}/embryos/{reference.id}?v=2&frame=40")
    until(page, f"{WATCH}?.space?.isAtRest === true")
    page.locator(".space-surface").focus()
    page.keyboard.press("Alt+ArrowRight")
    page.keyboard.press("+")
    page.get_by_role("combobox", name="Find cells").fill("MSxp")
    page.get_by_role("combobox", name="Find cells").press("Enter")
    page.get_by_label("Colours").select_option("speed")
    until(page, "location.search.includes('camera=') && location.search.includes('colour=speed')")
    address = page.url
    state = f"({{ ...{WATCH}.view, camera: {WATCH}.space.camera.state(), frame: {WATCH}.clock.frame }})"
    before = page.evaluate(state)
    page.goto("about:blank")
    page.goto(address)
    until(page, f"{WATCH}?.space?.isAtRest === true")
    after = page.evaluate(state)
    for name, value in before["camera"].items():
        assert after["camera"][name] == pytest.approx(value, abs=1e-3)
    assert {**after, "camera": None} == {**before, "camera": None}


def test_a_link_of_the_first_version_shows_the_plane(page: Any, program: Any, reference: Any) -> None:
    page.goto(f"{program.url}/embryos/{reference.id}{FIRST_VERSION}")
    page.locator("#watch[data-ready]").wait_for()
    assert page.locator(".plane-view").is_visible() and page.locator(".space-view").is_hidden()
    assert page.get_by_label("Axes").input_value() == "xz"
    assert page.evaluate(f"{WATCH}.clock.frame") == 57
    names = page.evaluate(f"{WATCH}.cells.map((cell) => {WATCH}.tracks.names[cell])")
    assert names == ["ABala", "MSap", "MSpp"]
