"""The embryo's page: in a real browser on real embryos, and its routes without one."""

import csv
import gzip
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pandas
import pytest

from services import tracks
from tests.conftest import REFERENCE

SHOWN = "window.blastoscope.watching"


def opened(page: Any, program: Any, embryo_id: str, query: str = "") -> Any:
    """The embryo's page, showing the plane, with Plotly drawn."""
    page.goto(f"{program.url}/embryos/{embryo_id}{query or '?'}&stage=plane")
    page.locator("#watch[data-ready]").wait_for()
    return page


def told(page: Any) -> str:
    return str(page.locator(".time-readout").inner_text())


def drawn(page: Any) -> dict[str, dict[str, Any]]:
    return {nucleus["name"]: nucleus for nucleus in page.evaluate(f"{SHOWN}.plane.drawn()")}


def chosen(page: Any) -> list[str]:
    return list(page.evaluate(f"{SHOWN}.cells.map((cell) => {SHOWN}.tracks.names[cell])"))


def view_of(page: Any) -> dict[str, Any]:
    return dict(page.evaluate(f"({{...{SHOWN}.view, frame: {SHOWN}.clock.frame}})"))


def address_says(page: Any, pattern: str) -> None:
    page.wait_for_function("(pattern) => new RegExp(pattern).test(location.search)", arg=pattern)


# ---- what is on the screen


@pytest.mark.browser
@pytest.mark.embryos
def test_every_nucleus_is_drawn_where_the_file_says(
    page: Any, program: Any, reference: Any, rows: pandas.DataFrame
) -> None:
    opened(page, program, reference.id, "?frame=60")
    assert told(page) == "89 min · 88 cells"
    frame = page.evaluate(f"{SHOWN}.plane.frame")
    nuclei = drawn(page)
    at_60 = rows[rows["time"] == 60].set_index("cell")
    assert set(nuclei) == set(at_60.index)
    for name, nucleus in nuclei.items():
        x = frame["right"][0] + (nucleus["x"] - frame["left"]) / frame["width"] * (
            frame["right"][1] - frame["right"][0]
        )
        y = frame["down"][0] + (nucleus["y"] - frame["top"]) / frame["height"] * (
            frame["down"][1] - frame["down"][0]
        )
        assert x == pytest.approx(at_60.loc[name, "x"] * reference.pixel_um, abs=1e-6)
        assert y == pytest.approx(at_60.loc[name, "y"] * reference.pixel_um, abs=1e-6)
        assert nucleus["depth"] == pytest.approx(at_60.loc[name, "z"] * reference.plane_um)
    # Plotly's axes are the same ones: x to the right, y down, one µm as long in both.
    axes = page.evaluate(
        "(() => { const { xaxis, yaxis } = document.querySelector('.plane-graph')._fullLayout;"
        " return { x: xaxis.range, y: yaxis.range, left: xaxis._offset, width: xaxis._length,"
        " top: yaxis._offset, height: yaxis._length, titles: [xaxis.title.text, yaxis.title.text] }; })()"
    )
    assert axes["x"] == pytest.approx(frame["right"])
    assert axes["y"] == pytest.approx(frame["down"][::-1])
    assert [axes[side] for side in ("left", "top", "width", "height")] == pytest.approx(
        [frame[side] for side in ("left", "top", "width", "height")]
    )
    assert axes["titles"] == ["x, µm →", "y, µm ↓"]
    across = (axes["x"][1] - axes["x"][0]) / axes["width"]
    assert across == pytest.approx((axes["y"][0] - axes["y"][1]) / axes["height"])


@pytest.mark.browser
@pytest.mark.embryos
def test_a_nucleus_shows_its_colour_on_the_canvas(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "?frame=20")
    top = min(drawn(page).values(), key=lambda nucleus: nucleus["depth"])
    pixel = page.evaluate(
        """({ x, y }) => {
            const { plane } = window.blastoscope.watching;
            const at = [x - plane.box.left, y - plane.box.top].map((value) => Math.round(value * plane.pixels));
            return [...plane.context.getImageData(...at, 1, 1).data];
        }""",
        {"x": top["x"], "y": top["y"]},
    )
    colour = [int(top["colour"][at : at + 2], 16) for at in (1, 3, 5)]
    assert pixel[3] == 255
    assert all(abs(one - other) < 60 for one, other in zip(pixel, colour, strict=False))


@pytest.mark.browser
@pytest.mark.embryos
def test_the_table_tells_cell_cycles(page: Any, program: Any, reference: Any, rows: pandas.DataFrame) -> None:
    opened(page, program, reference.id, "?cells=ABal,ABa,Z2,Ealaa")
    lines = {
        line.split("\t")[0].strip(): line for line in page.locator(".cell-facts tbody tr").all_inner_texts()
    }
    first = rows.groupby("cell")["time"].min()
    cycle = (first["ABala"] - first["ABal"]) * reference.interval_s / 60
    assert re.search(rf"ABal\s+{cycle:.1f}\s", lines["ABal"])
    assert "≥" not in lines["ABal"]
    assert "≥" in lines["ABa"]
    assert "born before the start" in lines["ABa"]
    assert "there at the end" in lines["Ealaa"]
    page.get_by_role("button", name="CSV", exact=True)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    table = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    (line,) = [line for line in table if line["cell"] == "ABal"]
    assert line["cycle_min"] == f"{cycle:.1f}"
    assert (line["cycle_is"], line["mother"]) == ("exact", "ABa")
    mean = rows[rows["cell"] == "ABal"]["blot"].mean()
    assert float(line["mean_blot"]) == pytest.approx(mean, abs=0.05)


# ---- time


@pytest.mark.browser
@pytest.mark.embryos
def test_no_request_leaves_while_it_plays(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "?frame=40&cells=ABal*&colour=blot")
    page.wait_for_timeout(1000)  # what a page does once after it has loaded
    requests: list[str] = []
    before = told(page)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.on("request", lambda request: requests.append(request.url))
    page.wait_for_timeout(5500)  # longer than the mark of live runs rests
    assert requests == []
    assert told(page) != before
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Play").wait_for()
    page.wait_for_function("() => !window.blastoscope.playing")
    page.wait_for_timeout(300)
    assert any(url.endswith("/live-runs") for url in requests), "the mark of live runs catches up"
    address_says(page, r"frame=\d")


@pytest.mark.browser
@pytest.mark.embryos
def test_keys_move_time_and_leave_typing_alone(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id)
    slider = page.get_by_role("slider", name="Time")
    assert slider.get_attribute("aria-valuetext") == "0 min · 4 cells"
    frame = f"{SHOWN}.clock.frame"
    assert page.evaluate(frame) == reference.first_frame
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(frame) == reference.first_frame + 1
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(frame) == reference.first_frame + 2
    page.keyboard.press("End")
    assert page.evaluate(frame) == reference.last_frame
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.wait_for_function(f"() => {SHOWN}.clock.playing && {frame} > 1.2")
    page.keyboard.press("Space")
    assert page.evaluate(f"{SHOWN}.clock.playing") is False
    stood = page.evaluate(frame)
    field = page.get_by_role("combobox", name="Find cells")
    field.press_sequentially("MS x")
    field.press("Home")
    field.press("ArrowRight")
    assert field.input_value() == "MS x"
    assert page.evaluate(frame) == stood
    slider.fill("101")
    assert page.evaluate(frame) == 101
    assert told(page).startswith(f"{round((101 - reference.first_frame) * reference.interval_s / 60)} min")


@pytest.mark.browser
@pytest.mark.embryos
def test_a_page_that_was_left_stops_playing(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("link", name="Labels").click()
    page.locator("#watch").wait_for(state="detached")
    page.wait_for_function("() => !window.blastoscope.playing && !window.blastoscope.watching")


# ---- choosing


@pytest.mark.browser
@pytest.mark.embryos
def test_cells_are_chosen_by_name_pattern_and_sublineage(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id)
    field = page.get_by_role("combobox", name="Find cells")
    field.press_sequentially("abala")
    options = page.get_by_role("option")
    assert options.nth(0).inner_text() == "ABala"
    assert options.nth(1).inner_text().startswith("ABala* ABala and all below it · ")
    field.press("Enter")
    assert chosen(page) == ["ABala"]
    field.press_sequentially("MSxp")
    field.press("Enter")
    assert chosen(page) == ["ABala", "MSap", "MSpp"]
    field.fill("E*, nobody")
    field.press("Enter")
    assert "Ealaa" in chosen(page)
    assert page.locator(".chip").count() == 4
    page.get_by_role("button", name="Remove E*").click()
    page.get_by_role("button", name="Remove nobody").click()
    assert chosen(page) == ["ABala", "MSap", "MSpp"]
    field.fill("qq")
    assert "follows no cell" in page.locator(".tools-choice .suggestions.nothing").inner_text()
    field.press("Escape")
    assert chosen(page) == ["ABala", "MSap", "MSpp"], "Escape belongs to the field first"
    field.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("Escape")
    assert chosen(page) == []
    page.get_by_role("button", name="First five").click()
    assert chosen(page) == ["ABa", "ABal", "ABp", "EMS", "P2"]
    assert len(page.evaluate("document.querySelector('.plane-graph').data")) >= 3, "their paths are drawn"


@pytest.mark.browser
@pytest.mark.embryos
def test_cells_are_chosen_by_click(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "?frame=30")

    def click(name: str, *keys: str) -> None:
        box, nucleus = page.locator(".stage").bounding_box(), drawn(page)[name]
        for key in keys:
            page.keyboard.down(key)
        page.mouse.click(box["x"] + nucleus["x"], box["y"] + nucleus["y"])
        for key in keys:
            page.keyboard.up(key)

    nearest = sorted(drawn(page).values(), key=lambda nucleus: nucleus["depth"])
    one, other = nearest[0]["name"], nearest[1]["name"]
    click(one)
    assert chosen(page) == [one]
    address_says(page, f"cells={one}")
    page.locator(".cells-panel").wait_for()
    click(other, "Shift")
    assert set(chosen(page)) == {one, other}
    click(one, "Shift")
    assert chosen(page) == [other]


@pytest.mark.browser
@pytest.mark.embryos
def test_the_figure_is_saved_with_nuclei_and_legend(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "?frame=30&cells=ABal,MSx&colour=blot")
    with page.expect_download() as download:
        page.locator(".watch-tools").get_by_role("button", name="Save").click()
        page.get_by_role("menuitem", name="Figure on white ground (SVG)").click()
    assert download.value.suggested_filename == f"{reference.name}_xy.svg"
    figure = Path(download.value.path()).read_text()
    assert figure.count('class="point"') >= len(drawn(page))
    for words in ("x, µm →", "y, µm ↓", "blot", "below zero", f"{reference.name} · "):
        assert words in figure


# ---- the address


@pytest.mark.browser
@pytest.mark.embryos
def test_the_address_holds_the_view(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id)
    page.get_by_role("combobox", name="Find cells").fill("ABala, MSxp, C*")
    page.get_by_role("combobox", name="Find cells").press("Enter")
    page.get_by_label("Axes").select_option("xz")
    page.get_by_label("Units").select_option("file")
    page.get_by_label("Colours").select_option("compact")
    page.get_by_role("slider", name="Characters of the compact name").fill("4")
    page.get_by_label("Tails of chosen cells").select_option("20")
    page.get_by_label("Paths of chosen cells").select_option("0")
    page.get_by_role("button", name="Cells", exact=True).click()
    page.get_by_role("slider", name="Time").fill("57")
    address_says(page, "frame=57")
    address, view = page.url, view_of(page)
    assert address.endswith(
        "?v=2&cells=ABala,MSxp,C*&frame=57&stage=plane&axes=xz&units=file&colour=compact&k=4&tail=20&paths=0&panel=0"
    )
    page.goto("about:blank")
    page.goto(address)
    page.locator("#watch[data-ready]").wait_for()
    assert view_of(page) == view
    assert page.get_by_label("Axes").input_value() == "xz"
    assert page.locator(".cells-panel").is_hidden()
    titles = page.evaluate(
        "(({ xaxis, yaxis }) => [xaxis.title.text, yaxis.title.text])(document.querySelector('.plane-graph').layout)"
    )
    assert titles == ["x, pixels →", "z, planes ↓"]


@pytest.mark.browser
@pytest.mark.embryos
def test_an_address_that_makes_no_sense_shows_the_embryo(page: Any, program: Any, reference: Any) -> None:
    query = "?v=9&cells=%3Cimg%20src=x%20onerror=alert(1)%3E,&frame=1e99&axes=qq&colour=%00&k=-1"
    opened(page, program, reference.id, query)
    assert told(page) == "0 min · 4 cells"
    assert page.locator(".chip").inner_text().startswith("<img src=x onerror=alert(1)>")
    assert page.locator("#watch img").count() == 0


# ---- corrections


@pytest.mark.browser
@pytest.mark.embryos
def test_a_correction_changes_every_view(page: Any, program: Any, epic: Path) -> None:
    name = "CD20080731_ceh-32_4_L1.csv"
    embryo = program.lab.embryos.add((epic / name).read_bytes(), name).embryo
    opened(page, program, embryo.id, "?cells=ABal&frame=41")
    before = page.evaluate(f"({{ minutes: {SHOWN}.clock.minutes, frame: {SHOWN}.plane.frame }})")
    tracks_asked: list[str] = []
    page.on("request", lambda request: "/tracks/" in request.url and tracks_asked.append(request.url))
    page.get_by_role("button", name="Details").click()
    interval = page.get_by_label("Frame interval, s")
    assert interval.input_value() == f"{embryo.interval_s:g}"
    assert "guessed from" in page.locator("#embryo-interval_s-hint").inner_text()
    interval.fill("45")
    page.get_by_label("Pixel size, µm").fill("nine")
    page.get_by_label("Date of recording").fill("2008-13-45")
    page.get_by_role("button", name="Save corrections").click()
    page.locator("#embryo-pixel_um-hint.field-error").wait_for()
    assert "nine" in page.locator("#embryo-pixel_um-hint").inner_text()
    assert "2008-13-45" in page.locator("#embryo-date-hint").inner_text()
    assert program.lab.embryos.get(embryo.id).interval_s == embryo.interval_s, "nothing is saved by halves"
    page.get_by_label("Pixel size, µm").fill("0.2")
    page.get_by_label("Date of recording").fill("2008-08-01")
    page.get_by_label("Gene").fill("ceh-32x")
    program.lab.embryos.correct(embryo.id, strain="RW1")  # somebody else, meanwhile
    page.get_by_role("button", name="Save corrections").click()
    page.get_by_text("Saved.").wait_for()
    page.wait_for_function(f"() => {SHOWN}.data.calibration.pixel_um === 0.2")
    after = page.evaluate(f"({{ minutes: {SHOWN}.clock.minutes, frame: {SHOWN}.plane.frame }})")
    assert after["minutes"] == pytest.approx(before["minutes"] * 45 / embryo.interval_s, abs=1e-3)
    across = [frame["right"][1] - frame["right"][0] for frame in (before["frame"], after["frame"])]
    assert across[1] == pytest.approx(across[0] * 0.2 / embryo.pixel_um)
    assert page.locator("#embryo-interval_s-hint").inner_text() == "corrected by hand"
    assert page.locator("#embryo-gene-hint").inner_text() == ""
    assert "ceh-32x" in page.locator("#embryo-head").inner_text()
    assert tracks_asked == []
    kept = program.lab.embryos.get(embryo.id)
    assert (kept.interval_s, kept.pixel_um, kept.gene, kept.date) == (45.0, 0.2, "ceh-32x", "2008-08-01")
    assert kept.strain == "RW1"


# ---- what can go wrong


@pytest.mark.browser
@pytest.mark.embryos
def test_without_its_tracks_the_page_says_so(page: Any, program: Any, reference: Any) -> None:
    page.route("**/tracks/**", lambda route: route.fulfill(status=503, body="no"))
    page.goto(f"{program.url}/embryos/{reference.id}")
    page.get_by_role("heading", name="The embryo couldn't be loaded").wait_for()
    page.errors.clear()  # the browser's own words on the 503
    page.unroute("**/tracks/**")
    page.get_by_role("button", name="Try again").click()
    page.locator("#watch[data-ready]").wait_for()


# ---- odd embryos


@pytest.mark.browser
@pytest.mark.embryos
@pytest.mark.parametrize(
    ("name", "flag", "start"),
    [
        ("CD20090218hlh1AF16.csv", "over-deep names", 1),
        ("CD20070314_hsp3_a1a.csv", None, 1),
        ("CD20060915_mir61_e16.csv", "negative times", 8),
        ("CD20080218_lin-39_3d3_6.csv", "tracking falls off", 1),
    ],
)
def test_odd_embryos_are_shown_with_their_flags(
    page: Any, program: Any, epic: Path, name: str, flag: str | None, start: int
) -> None:
    embryo = program.lab.embryos.add((epic / name).read_bytes(), name).embryo
    opened(page, program, embryo.id)
    slider = page.get_by_role("slider", name="Time")
    assert float(slider.get_attribute("min")) == start
    first = told(page)
    page.keyboard.press("End")
    assert told(page) != first
    assert len(drawn(page)) == embryo.end_cells
    if flag:
        word = page.locator(".embryo-flag", has_text=flag)
        word.focus()
        sentence = page.get_by_role("tooltip").filter(visible=True)
        sentence.wait_for()
        assert len(sentence.inner_text()) > 30


@pytest.mark.browser
def test_names_from_a_file_stay_text(page: Any, program: Any) -> None:
    header = "cellTime,cell,time,none,global,local,blot,cross,z,x,y,size,gweight"
    cells = ["<img src=x onerror=alert(1)>", "=1+1", "ABa"]
    lines = [
        f"{cell}:{time},{cell},{time},26000,1000,1,2,3,{5 + i}.5,{100 * (i + 1)},{200 + time},40,9"
        for i, cell in enumerate(cells)
        for time in (1, 2, 3)
    ]
    raw = "\n".join([header, *lines, ""]).encode()
    embryo = program.lab.embryos.add(raw, "<b>odd.csv").embryo
    opened(page, program, embryo.id)
    box, nucleus = page.locator(".stage").bounding_box(), drawn(page)[cells[0]]
    page.mouse.move(box["x"] + nucleus["x"], box["y"] + nucleus["y"])
    page.locator(".stage-tip", has_text=cells[0]).wait_for()
    page.mouse.click(box["x"] + nucleus["x"], box["y"] + nucleus["y"])
    page.locator(".cell-facts", has_text=cells[0]).wait_for()
    page.locator(".curves-graph .scatterlayer").first.wait_for()
    assert page.locator("#embryo-page img").count() == 0
    assert page.locator("h1").inner_text() == "<b>odd"


# ---- coming and going


@pytest.mark.browser
@pytest.mark.embryos
def test_delete_asks_and_can_be_undone(page: Any, program: Any, epic: Path) -> None:
    name = "CD20080731_ceh-32_4_L2.csv"
    embryo = program.lab.embryos.add((epic / name).read_bytes(), name).embryo
    opened(page, program, embryo.id)
    page.get_by_role("button", name="Download and more").click()
    page.get_by_role("menuitem", name="Delete").or_(page.locator("#embryo-delete")).first.click()
    page.get_by_role("button", name="Keep it").click()
    page.locator(".modal.show").wait_for(state="detached")
    assert program.lab.embryos.get(embryo.id)
    page.get_by_role("button", name="Download and more").click()
    page.locator("#embryo-delete").click()
    page.locator("#embryo-delete-sure").click()
    page.get_by_text("This embryo was deleted").wait_for()
    assert program.lab.embryos.get(embryo.id, deleted=True).deleted is not None
    page.reload()
    page.get_by_text("This embryo was deleted").wait_for()
    page.get_by_role("button", name="Bring it back").click()
    page.locator("#watch[data-ready]").wait_for()
    assert program.lab.embryos.get(embryo.id).deleted is None


@pytest.mark.browser
@pytest.mark.parametrize("embryo_id", ["nobody", "..%2f..", "A" * 40])
def test_an_unknown_embryo_is_gone(page: Any, program: Any, embryo_id: str) -> None:
    page.goto(f"{program.url}/embryos/{embryo_id}")
    page.get_by_role("heading", name=re.compile("isn't here|no such page")).wait_for()


@pytest.mark.browser
@pytest.mark.embryos
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_the_embryo_is_the_largest_thing(
    page: Any, program: Any, reference: Any, theme: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": program.url}])
    opened(page, program, reference.id, "?frame=80&cells=ABal")
    stage = page.locator(".stage").bounding_box()
    assert stage["width"] * stage["height"] > 0.5 * 390 * 844
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    play = page.get_by_role("button", name="Play").bounding_box()
    assert play["y"] > 0.8 * 844
    page.get_by_role("button", name="Cells", exact=True).click()
    panel, stage = page.locator(".cells-panel").bounding_box(), page.locator(".stage").bounding_box()
    assert panel["y"] >= stage["y"] + stage["height"] - 1, "the embryo stays in sight"


# ---- routes


@pytest.fixture
def kept(lab: Any, epic: Path) -> Any:
    return lab.embryos.add((epic / REFERENCE).read_bytes(), REFERENCE).embryo


@pytest.mark.embryos
def test_downloads_carry_source_and_citation(client: Any, kept: Any, epic: Path) -> None:
    answer = client.get(f"/embryos/{kept.id}/download?form=original")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.read(REFERENCE) == (epic / REFERENCE).read_bytes()
        assert "Genome Research" in archive.read("CITATION.txt").decode()
    tidy = client.get(f"/embryos/{kept.id}/download?form=csv")
    assert "attachment" in tidy.headers["Content-Disposition"]
    table = pandas.read_csv(io.BytesIO(tidy.data))
    assert len(table) == kept.rows
    assert table["source"].str.contains("Murray").all()
    parquet = client.get(f"/embryos/{kept.id}/download?form=parquet")
    assert len(pandas.read_parquet(io.BytesIO(parquet.data))) == kept.rows


@pytest.mark.embryos
def test_a_download_that_makes_no_sense_says_so(client: Any, kept: Any) -> None:
    assert client.get(f"/embryos/{kept.id}/download?form=exe").status_code == 422
    assert client.get("/embryos/nobody/download").status_code == 404
    assert client.get("/embryos/nobody!/download").status_code == 404


@pytest.mark.embryos
def test_the_browser_is_told_early_what_it_will_need(client: Any, kept: Any) -> None:
    links = early_links(client, kept.id)
    assert links[0] == f"/tracks/{kept.checksum}-1.bin"
    assert "/assets/modules/watch.mjs" in links and "/assets/modules/shaders.mjs" in links
    for address in links:
        assert client.get(address).status_code == 200, address
    assert early_links(client, "nobody") == []


def early_links(client: Any, embryo_id: str) -> list[str]:
    document = client.get(f"/embryos/{embryo_id}").get_data(as_text=True)
    return re.findall(r'<link rel="(?:preload|modulepreload|prefetch)"[^>]* href="([^"]+)">', document)


@pytest.mark.embryos
def test_a_median_embryo_is_small(client: Any, kept: Any) -> None:
    answer = client.get(f"/tracks/{tracks.file_name(kept.checksum)}", headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) < 400_000
    assert tracks.unpack(gzip.decompress(answer.data)).shape[0] == kept.rows
