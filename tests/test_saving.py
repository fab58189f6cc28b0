"""What is saved of a view: pictures, videos, tables and links, made by a real browser on a real embryo."""

import base64
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy
import pytest
from numpy.typing import NDArray

from tests.conftest import REFERENCE

SHOWN = "window.blastoscope.watching"
Pixels = NDArray[numpy.uint8]


@pytest.fixture(scope="module")
def program(serve: Callable[..., Any]) -> Any:
    return serve()


@pytest.fixture(scope="module")
def reference(program: Any, epic: Path) -> Any:
    return program.lab.embryos.add((epic / REFERENCE).read_bytes(), REFERENCE).embryo


@pytest.fixture
def opened(page: Any, program: Any, reference: Any) -> Iterator[Callable[[str], Any]]:
    """Opens the embryo with a query; waits until the stage was drawn at rest."""

    def open_it(query: str) -> Any:
        page.goto(f"{program.url}/embryos/{reference.id}{query}")
        page.locator("#watch[data-ready]").wait_for()
        page.wait_for_function("() => window.blastoscope.watching.space?.isAtRest")
        return page

    yield open_it


def choose(page: Any, entry: str) -> None:
    """An entry of the menu "Save"."""
    page.get_by_role("button", name="Save", exact=False).first.click()
    page.get_by_role("menuitem", name=entry).click()


def decoded(content: bytes) -> list[Pixels]:
    """All frames of a picture or a video, as height × width × RGB."""
    with av.open(io.BytesIO(content), "r") as container:
        return [frame.to_ndarray(format="rgb24").astype(numpy.uint8) for frame in container.decode(video=0)]


def saved(page: Any, act: Callable[[], None], timeout: float = 60_000) -> tuple[str, bytes]:
    """Name and content of the file that `act` makes the browser save."""
    with page.expect_download(timeout=timeout) as download:
        act()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def picture(page: Any, size: str, without: tuple[str, ...] = ()) -> Pixels:
    """A picture saved by the dialog, without some of what is written into it."""
    choose(page, "Picture (PNG)…")
    dialog = page.get_by_role("dialog", name="Save a picture")
    dialog.get_by_label("Size").select_option(size)
    for label in without:
        dialog.get_by_label(label, exact=True).uncheck()
    _name, content = saved(page, dialog.get_by_role("button", name="Save", exact=True).click)
    (pixels,) = decoded(content)
    dialog.wait_for(state="detached")
    return pixels


def stage_size(page: Any) -> tuple[int, int]:
    width, height = page.evaluate(
        "(() => { const { clientWidth, clientHeight } = document.querySelector('.stage'); return [clientWidth, clientHeight]; })()"
    )
    return width, height


def foremost(page: Any) -> list[dict[str, Any]]:
    """Nuclei whose middle no other covers, with some px to spare, outside of what lies over the stage."""
    width, height = stage_size(page)
    nuclei = [nucleus for nucleus in page.evaluate(f"{SHOWN}.space.drawn()") if nucleus["radius"] > 6]

    def is_clear(one: dict[str, Any]) -> bool:
        if not (20 < one["x"] < width - 20 and 60 < one["y"] < height - 120):
            return False
        return not any(
            other is not one
            and other["depth"] < one["depth"]
            and numpy.hypot(other["x"] - one["x"], other["y"] - one["y"]) < other["radius"] + 3
            for other in nuclei
        )

    return [nucleus for nucleus in nuclei if is_clear(nucleus)]


def is_shade_of(pixel: NDArray[Any], colour: str) -> bool:
    """Whether a pixel has a colour's hue, lighter or darker by what a ball's shading does."""
    told = numpy.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], float)
    seen = pixel.astype(float)
    lightness = numpy.linalg.norm(seen) / numpy.linalg.norm(told)
    cosine = float(seen @ told) / float(numpy.linalg.norm(seen) * numpy.linalg.norm(told))
    return bool(cosine > 0.985 and 0.5 < lightness < 1.25)


# ---- pictures


@pytest.mark.browser
@pytest.mark.embryos
@pytest.mark.parametrize("scale", [1, 3])
def test_a_picture_has_the_size_and_the_nuclei_of_the_stage(opened: Callable[[str], Any], scale: int) -> None:
    page = opened("?v=2&frame=90&panel=0&tree=0")
    width, height = stage_size(page)
    before = page.evaluate(f"{SHOWN}.space.drawn()")
    pixels = picture(page, str(scale))
    assert pixels.shape == (scale * height, scale * width, 3)
    nuclei = foremost(page)
    assert len(nuclei) > 40
    wrong = [
        (nucleus["name"], pixels[round(scale * nucleus["y"]), round(scale * nucleus["x"])].tolist())
        for nucleus in nuclei
        if not is_shade_of(
            pixels[round(scale * nucleus["y"]), round(scale * nucleus["x"])], nucleus["colour"]
        )
    ]
    assert wrong == []
    assert page.evaluate(f"{SHOWN}.space.drawn()") == before, "the screen's own picture stays"


@pytest.mark.browser
@pytest.mark.embryos
def test_legend_and_title_are_written_into_it_or_not(opened: Callable[[str], Any]) -> None:
    page = opened("?v=2&frame=90&panel=0&tree=0&colour=blot")
    width, height = stage_size(page)
    full = picture(page, "1")
    bare = picture(page, "1", ("Legend", "Name, time and cells"))
    differs: NDArray[numpy.bool] = numpy.any(numpy.abs(full.astype(int) - bare) > 24, axis=2)
    legend = differs[: height // 3, width - 240 :].copy()
    title = differs[:36, :360].copy()
    assert legend.sum() > 800
    assert title.sum() > 300
    differs[: height // 3, width - 260 :] = False
    differs[:36, :400] = False
    assert numpy.argwhere(differs).tolist() == [], "nothing else is touched"
    # Words and the ramp from black to red: light letters and reds on the dark ground.
    shown = full[: height // 3, width - 240 :][legend]
    assert (shown.min(axis=1) > 150).sum() > 100
    assert ((shown[:, 0] > 120) & (shown[:, 1] < 60) & (shown[:, 2] < 60)).sum() > 100


@pytest.mark.browser
@pytest.mark.embryos
def test_a_figure_is_white_and_four_times_as_fine(opened: Callable[[str], Any]) -> None:
    page = opened("?v=2&frame=60&panel=0&tree=0")
    width, height = stage_size(page)
    name, content = saved(page, lambda: choose(page, "Figure on white ground"))
    (pixels,) = decoded(content)
    assert name == "CD20081016_alr-1_10A2_3_L1_89min.png"
    assert pixels.shape == (4 * height, 4 * width, 3)
    assert (pixels[2, 2] == 255).all()
    assert (pixels.reshape(-1, 3) == 255).all(axis=1).mean() > 0.5
    assert ((pixels[:, :, 2] > 180) & (pixels[:, :, 0] < 120)).sum() > 1000, "nuclei of ABa are blue on it"


# ---- videos


def video(page: Any, **fields: str) -> Any:
    """The dialog of a video, filled in."""
    choose(page, "Video…")
    dialog = page.get_by_role("dialog", name="Make a video")
    for label, value in fields.items():
        control = dialog.get_by_label(label.replace("_", " "), exact=True)
        if control.evaluate("(field) => field.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    return dialog


def make(page: Any, dialog: Any) -> tuple[str, bytes]:
    return saved(page, dialog.get_by_role("button", name="Make the video").click, timeout=120_000)


def still(page: Any, minute: float, width: int, height: int) -> Pixels:
    """The stage's picture at a minute, as videos have it."""
    url = page.evaluate(
        """async ([minute, width, height]) => {
            const { openPictures } = await window.blastoscope.module("picture.mjs");
            const { watching } = window.blastoscope;
            const pictures = openPictures(watching);
            const canvas = await pictures.draw({
                width, height, pixels: 1, frame: watching.timeline.frame(minute), ground: "dark",
                title: true, legend: true, overlays: true,
            });
            pictures.end();
            return canvas.toDataURL("image/png");
        }""",
        [minute, width, height],
    )
    (pixels,) = decoded(base64.b64decode(url.split(",")[1]))
    return pixels


FIELDS = {"From,_min": "60", "To,_min": "99", "Minutes_a_second": "25", "Frames_a_second": "25"}


@pytest.mark.browser
@pytest.mark.embryos
@pytest.mark.parametrize(("form", "codec"), [("mp4", "h264"), ("webm", "vp9")])
def test_every_frame_of_a_video_is_drawn_and_encoded(
    opened: Callable[[str], Any], form: str, codec: str
) -> None:
    page = opened("?v=2&frame=20&panel=0&tree=0&cells=E*")
    page.set_viewport_size({"width": 900, "height": 760})
    page.wait_for_timeout(300)
    dialog = video(page, **FIELDS, Form=form)
    assert "40 frames, 1.60 s" in dialog.locator(".save-estimate").inner_text()
    width, height = (2 * round(side / 2) for side in stage_size(page))
    name, content = make(page, dialog)
    page.get_by_text(re.compile(r"^Saved .*: 40 frames, 1\.60 s")).wait_for()
    assert page.locator(".save-progress").count() == 0
    assert name == f"CD20081016_alr-1_10A2_3_L1_60-99min.{form}"
    with av.open(io.BytesIO(content), "r") as container:
        (stream,) = container.streams.video
        assert stream.codec_context.name == codec
        assert (stream.width, stream.height) == (width, height)
        assert float(stream.average_rate or 0) == 25
        assert container.duration == 1_600_000, "µs: 40 frames at 25 a second"
        frames = list(container.decode(stream))
    assert len(frames) == 40
    assert [round(1000 * frame.time) for frame in frames] == [40 * i for i in range(40)]
    assert frames[0].key_frame
    first, last = still(page, 60, width, height), still(page, 99, width, height)
    for frame, expected, other in ((frames[0], first, last), (frames[-1], last, first)):
        seen = frame.to_ndarray(format="rgb24").astype(float)
        error = numpy.abs(seen - expected).mean()
        assert error < 4, "of 255; on a dark ground the rounding of video's colours alone is about 2"
        assert error < numpy.abs(seen - other).mean() / 2, "and the moments are told apart"
    # What is seen changes from each frame to the next: none stands twice.
    pictures = [frame.to_ndarray(format="rgb24").astype(float) for frame in frames]
    steps = [numpy.abs(b - a).mean() for a, b in itertools.pairwise(pictures)]
    assert min(steps) > 0.05


@pytest.mark.browser
@pytest.mark.embryos
def test_a_video_that_is_cancelled_leaves_nothing_and_the_page_works_meanwhile(
    opened: Callable[[str], Any],
) -> None:
    page = opened("?v=2&frame=20&panel=0&tree=0")
    downloads: list[Any] = []
    page.on("download", lambda download: downloads.append(download))
    made = "() => { const make = URL.createObjectURL; window.blobs = []; URL.createObjectURL = (blob) => { window.blobs.push(blob.size); return make(blob); }; }"
    page.evaluate(made)
    dialog = video(page)
    dialog.get_by_role("button", name="Make the video").click()
    dialog.wait_for(state="detached")
    line = page.locator(".save-progress")
    page.wait_for_function("() => document.querySelector('.save-progress progress')?.value > 0")
    # Meanwhile a choice is made and the embryo plays; no task keeps the page for long.
    page.evaluate(
        "() => { window.gaps = []; let last = performance.now();"
        " window.ticking = setInterval(() => { const now = performance.now(); gaps.push(now - last); last = now; }, 10); }"
    )
    page.locator("#watch").get_by_role("button", name="First five").click()
    page.wait_for_function(f"() => {SHOWN}.cells.length === 5")
    before = page.evaluate(f"{SHOWN}.clock.frame")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Pause", exact=True).click()
    assert page.evaluate(f"{SHOWN}.clock.frame") > before
    assert page.evaluate("Math.max(...window.gaps)") < 4000, "ms; thousands of frames are to be made"
    told = line.locator(".save-told").inner_text()
    assert re.search(r"frame \d+ of \d+ · .* left", told)
    line.get_by_role("button", name="Cancel").click()
    line.wait_for(state="detached")
    assert "cancelled" in page.locator(".toast-line").last.inner_text()
    page.wait_for_timeout(300)
    assert downloads == []
    assert page.evaluate("window.blobs") == []
    assert page.evaluate(f"{SHOWN}.space.drawn().length") > 0


@pytest.mark.browser
@pytest.mark.embryos
def test_the_dialog_keeps_speed_and_length_together_and_says_what_comes(opened: Callable[[str], Any]) -> None:
    page = opened("?v=2&frame=20&panel=0&tree=0")
    dialog = video(page, **{"From,_min": "0", "To,_min": "100", "Minutes_a_second": "10"})
    assert dialog.get_by_label("Length, s").input_value() == "10"
    dialog.get_by_label("Length, s").fill("4")
    assert dialog.get_by_label("Minutes a second").input_value() == "25"
    told = dialog.locator(".save-estimate")
    assert "121 frames" in told.inner_text()
    page.wait_for_function("() => /to make/.test(document.querySelector('.save-estimate').textContent)")
    assert re.search(r"about [\d.]+ [kM]B · about \d+ (s|min) to make", told.inner_text())
    dialog.get_by_label("To, min").fill("0")
    assert "must come after" in told.inner_text()
    assert dialog.get_by_role("button", name="Make the video").is_disabled()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate(f"{SHOWN}.cells.length") == 0


@pytest.mark.browser
@pytest.mark.embryos
def test_a_browser_without_webcodecs_is_told_so(page: Any, program: Any, reference: Any) -> None:
    page.add_init_script("delete window.VideoEncoder")
    page.goto(f"{program.url}/embryos/{reference.id}")
    page.locator("#watch[data-ready]").wait_for()
    choose(page, "Video…")
    dialog = page.get_by_role("dialog", name="Make a video")
    assert "can't encode video" in dialog.get_by_role("alert").inner_text()
    assert dialog.get_by_role("button", name="Make the video").count() == 0
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="detached")


@pytest.mark.browser
@pytest.mark.embryos
@pytest.mark.parametrize(("width", "theme"), [(1440, "dark"), (390, "light")])
def test_menu_and_dialogs_are_accessible_and_fit(
    page: Any, program: Any, reference: Any, width: int, theme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 760})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": program.url}])
    page.goto(f"{program.url}/embryos/{reference.id}?v=2&frame=60&panel=0&tree=0")
    page.locator("#watch[data-ready]").wait_for()

    def check(context: str) -> None:
        box = page.locator(context).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= 760
        options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}
        found = Axe().run(page, context=context, options=options).response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []

    page.get_by_role("button", name="Save", exact=False).first.click()
    check(".save-list")
    page.keyboard.press("Escape")
    for entry in ("Picture (PNG)…", "Video…"):
        choose(page, entry)
        page.locator(".save-dialog").wait_for()
        check(".save-dialog")
        page.get_by_role("button", name="Cancel", exact=True).click()
        page.locator(".save-dialog").wait_for(state="detached")


# ---- tables and links


@pytest.mark.browser
@pytest.mark.embryos
def test_the_menu_works_by_keys_and_gives_table_and_link(opened: Callable[[str], Any]) -> None:
    page = opened("?v=2&frame=90&cells=ABala,MSa&colour=blot&panel=0&tree=0")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Save", exact=False).first
    button.focus()
    page.keyboard.press("Enter")
    items = page.get_by_role("menuitem")
    assert items.first.evaluate("(item) => item === document.activeElement")
    page.keyboard.press("ArrowUp")
    assert items.last.evaluate("(item) => item === document.activeElement")
    page.keyboard.press("Escape")
    assert button.evaluate("(each) => each === document.activeElement")
    assert page.evaluate(f"{SHOWN}.cells.length") == 2, "Escape closed the menu and nothing else"
    name, content = saved(page, lambda: choose(page, "Table of 2 chosen cells (CSV)"))
    assert name == "CD20081016_alr-1_10A2_3_L1_cells.csv"
    assert [line["cell"] for line in csv.DictReader(content.decode().splitlines())] == ["ABala", "MSa"]
    choose(page, "Copy link")
    page.get_by_text("The address of this view is copied.").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"\?v=2&cells=ABala,MSa&frame=90&colour=blot", link)
    page.locator("#watch").get_by_role("button", name="Clear", exact=True).click()
    button.click()
    assert page.get_by_role("menuitem", name="Table of chosen cells (CSV): choose cells first").is_disabled()
