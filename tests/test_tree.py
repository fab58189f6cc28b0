"""The lineage tree beside the stage: in a real browser, on real, simulated and altered embryos."""

import math
import re
import xml.etree.ElementTree
from pathlib import Path
from typing import Any

import newick
import pandas
import pypdf
import pytest

from pages import figures
from services import lineage
from services.cd_file import write_cd
from services.simulate import simulate

SHOWN = "window.blastoscope.watching"
TREE = "window.blastoscope?.watching?.tree"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def simulated(program: Any) -> Any:
    table = simulate(3, minutes=150, cycle_sd=0.0)
    return program.lab.embryos.add(write_cd(table), "CD20260101_sim-3_L1.csv").embryo


def opened(page: Any, program: Any, embryo_id: str, query: str = "") -> Any:
    page.goto(f"{program.url}/embryos/{embryo_id}?v=2&stage=plane{query}")
    page.wait_for_function(f"() => {TREE}?.draws.base > 0")
    settled(page)
    return page


def settled(page: Any) -> None:
    """What was asked for is drawn."""
    page.evaluate("new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(told)))")


def branches(page: Any) -> dict[str, dict[str, Any]]:
    return {branch["name"]: branch for branch in page.evaluate(f"{TREE}.drawn()")}


def place(page: Any, name: str, share: float = 0.5) -> tuple[float, float]:
    """Where a branch is on the screen, at a share of its length."""
    box = page.locator(".tree-field").bounding_box()
    branch = branches(page)[name]
    return box["x"] + branch["x"], box["y"] + branch["from"] + share * (branch["until"] - branch["from"])


def chosen(page: Any) -> list[str]:
    return list(page.evaluate(f"{SHOWN}.cells.map((cell) => {SHOWN}.tracks.names[cell])"))


def minute(page: Any) -> float:
    return float(page.evaluate(f"{SHOWN}.clock.minutes"))


def address_says(page: Any, pattern: str) -> None:
    page.wait_for_function("(pattern) => new RegExp(pattern).test(location.search)", arg=pattern)


def focused(page: Any) -> Any:
    field = page.locator(".tree-field")
    field.focus()
    return field


# ---- what is drawn


@pytest.mark.browser
@pytest.mark.embryos
def test_branches_are_as_long_as_cells_live(
    page: Any, program: Any, reference: Any, rows: pandas.DataFrame
) -> None:
    opened(page, program, reference.id)
    drawn = branches(page)
    lives = rows[rows["time"] >= reference.first_frame].groupby("cell")["time"].agg(["min", "max"])
    assert set(drawn) == set(lives.index)
    interval = reference.interval_s / 60

    def ends(name: str) -> tuple[float, float]:
        first, last = lives.loc[name]
        daughters = [cell for cell in lineage.daughters(name) if cell in lives.index]
        until = min(lives.loc[cell, "min"] for cell in daughters) if daughters else last
        return (first - reference.first_frame) * interval, (until - reference.first_frame) * interval

    (one, begin), (other, end) = [(drawn[name]["until"], ends(name)[1]) for name in ("ABal", "Ealaa")]
    per_minute = (other - one) / (end - begin)
    for name, branch in drawn.items():
        born, until = ends(name)
        assert branch["until"] == pytest.approx(one + (until - begin) * per_minute, abs=0.01), name
        if lineage.mother(name) in lives.index:
            assert branch["from"] == pytest.approx(one + (born - begin) * per_minute, abs=0.01), name
    leaves = [name for name in drawn if not any(cell in drawn for cell in lineage.daughters(name))]
    assert sorted(leaves, key=lambda name: drawn[name]["x"]) == lineage.in_order(leaves)
    for name in drawn:
        pair = [cell for cell in lineage.daughters(name) if cell in drawn]
        if len(pair) == 2:
            assert drawn[pair[0]]["x"] < drawn[name]["x"] < drawn[pair[1]]["x"], name


PIXEL = """([name, layer]) => {
    const tree = window.blastoscope.watching.tree;
    const { x, from, until } = tree.drawn().find((branch) => branch.name === name);
    const { data, width } = tree[layer].getContext("2d").getImageData(0, 0, tree[layer].width, tree[layer].height);
    const at = 4 * (Math.round(((from + until) / 2) * tree.pixels) * width + Math.floor(x * tree.pixels));
    return [...data.slice(at, at + 4)];
}"""


@pytest.mark.browser
@pytest.mark.embryos
def test_a_branch_has_the_stage_s_colour_and_cells_alive_stand_out(
    page: Any, program: Any, reference: Any, rows: pandas.DataFrame
) -> None:
    opened(page, program, reference.id, "&root=E&frame=60")
    page.evaluate(
        "document.documentElement.dataset.bsTheme = 'dark'; dispatchEvent(new Event('themechange'))"
    )
    settled(page)
    colour = branches(page)["Eal"]["colour"]
    assert colour == page.evaluate(f"{SHOWN}.data.palettes.safe.E")
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    for layer, name in (("base", "Ea"), ("moving", "Eal")):
        pixel = page.evaluate(PIXEL, [name, layer])
        assert pixel[3] > 200, (layer, name)
        assert all(abs(one - two) < 12 for one, two in zip(pixel, wanted, strict=False)), (name, pixel)
    alive = {name for name, branch in branches(page).items() if branch["alive"]}
    assert alive == {cell for cell in rows[rows["time"] == 60]["cell"] if lineage.founder(cell) == "E"}
    assert page.evaluate(PIXEL, ["Ea", "moving"])[3] == 0, "Ea has divided"
    page.evaluate(f"{SHOWN}.clock.seek(20)")
    settled(page)
    assert page.evaluate(PIXEL, ["Ea", "moving"])[3] > 200
    assert page.evaluate(PIXEL, ["Eal", "moving"])[3] == 0


@pytest.mark.browser
@pytest.mark.embryos
def test_expression_runs_along_branches(
    page: Any, program: Any, reference: Any, rows: pandas.DataFrame
) -> None:
    opened(page, program, reference.id, "&root=MSap&along=blot")
    legend = page.locator(".tree-legend").inner_text()
    assert "blot, expression, arbitrary units" in legend
    assert "and more" in legend
    drawn = branches(page)
    last = rows[rows["cell"].isin(drawn)].sort_values("time").groupby("cell")["blot"].last()
    for name, value in last.items():
        red, green = (int(drawn[name]["colour"][at : at + 2], 16) for at in (1, 3))
        assert (green > 0) == (value < 0), (name, value)
        assert red == 0 or value > 0
    brightest = last.idxmax()
    assert drawn[brightest]["colour"].startswith("#f")
    page.get_by_label("Along branches").select_option("")
    address_says(page, "^((?!along).)*$")
    assert page.locator(".tree-legend").is_hidden()


# ---- one choice, one clock


@pytest.mark.browser
@pytest.mark.embryos
def test_a_click_chooses_the_cell_and_goes_to_the_moment(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id, "&root=MS")
    frames = page.evaluate(
        f"(() => {{ const t = {SHOWN}.tracks; const c = t.names.indexOf('MSapa');"
        " return [t.time[t.firstRow[c]], t.time[t.firstRow[c + 1] - 1]]; })()"
    )
    page.mouse.click(*place(page, "MSapa"))
    assert chosen(page) == ["MSapa"]
    middle = (frames[0] + frames[1] + 1) / 2
    assert page.evaluate(f"{SHOWN}.clock.frame") == pytest.approx(middle, abs=0.6)
    nuclei = {nucleus["name"]: nucleus for nucleus in page.evaluate(f"{SHOWN}.plane.drawn()")}
    assert nuclei["MSapa"]["chosen"], "the stage shows her, chosen"
    page.keyboard.down("Shift")
    page.mouse.click(*place(page, "MSpp"))
    page.keyboard.up("Shift")
    assert chosen(page) == ["MSapa", "MSpp"]
    assert {name for name, branch in branches(page).items() if branch["chosen"]} == {"MSapa", "MSpp"}
    page.mouse.dblclick(*place(page, "MSpa"))
    assert page.evaluate(f"{SHOWN}.view.cells") == ["MSpa*"]
    address_says(page, r"cells=MSpa\*")


@pytest.mark.browser
@pytest.mark.embryos
def test_what_is_chosen_and_pointed_at_elsewhere_is_seen_in_the_tree(
    page: Any, program: Any, reference: Any
) -> None:
    opened(page, program, reference.id, "&frame=60")
    field = page.get_by_role("combobox", name="Find cells")
    field.press_sequentially("Cap*")
    field.press("Enter")
    settled(page)
    marked = {name for name, branch in branches(page).items() if branch["chosen"]}
    assert marked == {name for name in branches(page) if name.startswith("Cap")}
    before = page.evaluate(f"{TREE}.draws")
    page.evaluate(f"{SHOWN}.hover({SHOWN}.tracks.names.indexOf('ABal'))")
    settled(page)
    after = page.evaluate(f"{TREE}.draws")
    assert after["base"] == before["base"], "a hover redraws only what moves"
    assert after["moving"] > before["moving"]
    x, y = place(page, "ABara")
    page.mouse.move(x, y)
    assert page.evaluate(f"{SHOWN}.tracks.names[{SHOWN}.hoveredCell]") == "ABara"
    tip = page.locator(".tree-tip")
    assert re.search(
        r"ABara\nborn at \d+ min, divides at \d+ min \(\d+ min\)\nblot -?[\d,.]+ at \d+ min", tip.inner_text()
    )
    page.mouse.move(x, 5)
    assert page.evaluate(f"{SHOWN}.hoveredCell") == -1
    assert tip.is_hidden()


@pytest.mark.browser
@pytest.mark.embryos
def test_the_line_of_now_follows_the_clock_and_is_dragged(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id)
    box = page.locator(".tree-field").bounding_box()
    lines = []
    for frame in (30, 90):
        page.evaluate(f"{SHOWN}.clock.seek({frame})")
        lines.append((minute(page), page.locator(".tree-now").bounding_box()["y"] - box["y"]))
        assert page.locator(".tree-now-handle").inner_text() == f"{math.floor(minute(page) + 0.5)}"
    per_minute = (lines[1][1] - lines[0][1]) / (lines[1][0] - lines[0][0])
    page.mouse.move(box["x"] + 15, box["y"] + lines[1][1])
    page.mouse.down()
    page.mouse.move(box["x"] + 15, box["y"] + lines[0][1] + 20, steps=4)
    page.mouse.up()
    assert minute(page) == pytest.approx(lines[0][0] + 20 / per_minute, abs=reference.interval_s / 60)
    assert chosen(page) == [], "that chose nothing"
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.wheel(0, -600)
    settled(page)
    page.evaluate(f"{SHOWN}.clock.seek(31)")
    assert page.evaluate(f"{TREE}.draws.base") > 0
    page.get_by_role("button", name="Fit").click()
    assert page.get_by_role("button", name="Fit").is_hidden()


@pytest.mark.browser
@pytest.mark.embryos
def test_playing_draws_the_tree_a_dozen_times_a_second_at_most(
    page: Any, program: Any, reference: Any
) -> None:
    opened(page, program, reference.id)
    page.evaluate(f"{SHOWN}.clock.speed = 40")
    before = page.evaluate(f"{TREE}.draws")
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Pause").click()
    after = page.evaluate(f"{TREE}.draws")
    assert after["base"] == before["base"]
    assert 2 <= after["moving"] - before["moving"] <= 2.3 * 12 + 3
    settled(page)
    alive = {name for name, branch in branches(page).items() if branch["alive"]}
    assert alive == set(
        page.evaluate(
            f"[...{SHOWN}.tracks.rowsAt(Math.floor({SHOWN}.clock.frame))].map((row) => {SHOWN}.tracks.names[{SHOWN}.tracks.cells[row]])"
        )
    ), "exact once it stands"


# ---- folding, roots, keys


@pytest.mark.browser
@pytest.mark.embryos
def test_the_tree_is_walked_folded_and_rooted_by_keys(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id)
    focused(page)
    frame = page.evaluate(f"{SHOWN}.clock.frame")
    voice = page.locator(".tree-box [role=status]")
    for key, name in (
        ("ArrowDown", "ABa"),
        ("ArrowDown", "ABal"),
        ("ArrowRight", "ABar"),
        ("ArrowUp", "ABa"),
        ("ArrowRight", "ABp"),
    ):
        page.keyboard.press(key)
        assert voice.inner_text().startswith(f"{name};"), key
    assert re.search(r"divides at \d+ min", voice.inner_text())
    assert page.evaluate(f"{SHOWN}.clock.frame") == frame, "arrows that walk move no time"
    page.keyboard.press("Enter")
    assert chosen(page) == ["ABp"]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+Enter")
    assert chosen(page) == ["ABa", "ABp"]
    page.keyboard.press("f")
    address_says(page, "folded=ABa")
    assert not any(name.startswith("ABa") and name != "ABa" for name in branches(page))
    assert branches(page)["ABa"]["folded"]
    assert "cells folded" in voice.inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("r")
    address_says(page, "root=ABp")
    assert set(branches(page)) == {
        name for name in page.evaluate(f"{SHOWN}.tracks.names") if name.startswith("ABp")
    }
    page.keyboard.press("Escape")
    address_says(page, "^((?!root).)*$")
    assert chosen(page) == ["ABa", "ABp"], "back is back, and the choice stays"
    page.get_by_role("button", name="Unfold all").click()
    assert len(branches(page)) == reference.cells


@pytest.mark.browser
@pytest.mark.embryos
def test_a_folded_sublineage_opens_by_a_click_and_an_address_restores_the_tree(
    page: Any, program: Any, reference: Any
) -> None:
    opened(page, program, reference.id, "&root=MS&folded=MSa&along=blot&odd=1")
    drawn = branches(page)
    assert drawn["MSa"]["folded"]
    assert "MSaa" not in drawn
    assert page.get_by_label("Along branches").input_value() == "blot"
    assert page.get_by_role("button", name="Odd divisions").get_attribute("aria-pressed") == "true"
    crumbs = page.get_by_role("navigation", name="Root of the tree")
    assert "whole tree▸" in crumbs.inner_text().replace("\n", "").replace(" ▸", "▸")
    box = page.locator(".tree-field").bounding_box()
    x, _ = place(page, "MSa")
    page.mouse.click(x, box["y"] + drawn["MSa"]["until"] + 60)
    settled(page)
    assert "MSaa" in branches(page)
    assert chosen(page) == []
    page.mouse.click(*place(page, "MSap"))
    page.get_by_role("button", name="Root", exact=True).click()
    assert crumbs.locator("strong").inner_text() == "MSap"
    crumbs.get_by_role("button", name="MS", exact=True).click()
    assert "MSp" in branches(page)
    crumbs.get_by_role("button", name="whole tree").click()
    assert crumbs.is_hidden()
    page.mouse.click(*place(page, "ABa", 0.9))
    page.get_by_role("button", name="Fold").click()
    assert branches(page)["ABa"]["folded"]
    opened(page, program, reference.id, "&root=Nobody")
    assert page.locator(".tree-nothing").inner_text() == "This embryo follows no cell of Nobody."


# ---- divisions that are odd


def delayed(table: pandas.DataFrame, mother: str, frames: int) -> pandas.DataFrame:
    """The embryo with one division `frames` later: the first daughter is her mother for so long."""
    first, second = lineage.daughters(mother)
    born = table.loc[table["cell"] == first, "time"].min()
    early = table["time"] < born + frames
    kept = table[~((table["cell"] == second) & early)].copy()
    kept.loc[(kept["cell"] == first) & (kept["time"] < born + frames), "cell"] = mother
    return kept


def hastened(table: pandas.DataFrame, mother: str, frames: int) -> pandas.DataFrame:
    """The embryo with one division `frames` earlier: her last frames are both of her daughters'."""
    last = table.loc[table["cell"] == mother, "time"].max()
    late = (table["cell"] == mother) & (table["time"] > last - frames)
    return pandas.concat(
        [table[~late], *(table[late].assign(cell=daughter) for daughter in lineage.daughters(mother))]
    )


def undivided(table: pandas.DataFrame, mother: str) -> pandas.DataFrame:
    """The embryo in which one cell doesn't divide: the first daughter is still herself, all else is gone."""
    first, _ = lineage.daughters(mother)
    below = [
        cell for cell in lineage.sublineage(mother, table["cell"].unique()) if cell not in (mother, first)
    ]
    kept = table[~table["cell"].isin(below)].copy()
    kept.loc[kept["cell"] == first, "cell"] = mother
    return kept


ODD = f"[...{TREE}.odd].map(([node, odd]) => ({{ name: node.name, ...odd }}))"


@pytest.mark.browser
def test_divisions_that_were_delayed_hastened_and_left_out_are_told(
    page: Any, program: Any, simulated: Any
) -> None:
    opened(page, program, simulated.id)
    page.get_by_role("button", name="Odd divisions").click()
    page.locator(".tree-odd summary").wait_for()
    page.wait_for_function(f"() => {TREE}.odd")
    before = {odd["name"]: odd["by"] for odd in page.evaluate(ODD)}
    table = simulate(3, minutes=150, cycle_sd=0.0)
    changed = undivided(hastened(delayed(table, "ABala", 12), "MSp", 10), "Ca")
    changed = changed.sort_values(["cell", "time"])
    odd_one = program.lab.embryos.add(write_cd(changed), "CD20260102_sim-3_L1.csv").embryo
    assert odd_one.interval_s == simulated.interval_s
    opened(page, program, odd_one.id, "&odd=1")
    page.wait_for_function(f"() => {TREE}.odd")
    found = {odd["name"]: odd for odd in page.evaluate(ODD)}
    assert {name: odd["kind"] for name, odd in found.items() if name not in before} == {
        "ABala": "late",
        "MSp": "early",
        "Ca": "missing",
    }
    clock = page.evaluate(f"{SHOWN}.data.pose.clock")
    by = {name: lineage.reference().loc[name, "division_min"] for name in ("ABala", "MSp")}
    for name, expected in by.items():
        last = changed.loc[changed["cell"] == name, "time"].max()
        minutes = (last - odd_one.first_frame) * odd_one.interval_s / 60
        assert found[name]["by"] == pytest.approx(
            (minutes - clock["zero"]) * clock["rate"] - expected, abs=0.02
        )
    assert {name for name, branch in branches(page).items() if branch["odd"]} == set(found)
    page.locator(".tree-odd summary").click()
    listed = page.get_by_role("list", name="Odd divisions")
    assert "medians over 66 embryos" in page.locator(".tree-odd").inner_text()
    line = listed.get_by_role(
        "button", name=re.compile(r"ABala divides \d+ min late, at \d+ min \(expected \d+\)")
    )
    line.click()
    assert chosen(page) == ["ABala"]
    last = changed.loc[changed["cell"] == "ABala", "time"].max()
    assert page.evaluate(f"{SHOWN}.clock.frame") == last
    page.mouse.move(*place(page, "ABala"))
    assert re.search(r"divides \d+ min late", page.locator(".tree-tip").inner_text())
    assert "Ca division missing: expected at" in listed.inner_text()


@pytest.mark.browser
@pytest.mark.embryos
def test_another_species_is_not_measured_against_c_elegans(page: Any, program: Any, epic: Path) -> None:
    name = "CD20090218hlh1AF16.csv"
    embryo = program.lab.embryos.add((epic / name).read_bytes(), name).embryo
    opened(page, program, embryo.id, "&odd=1")
    button = page.get_by_role("button", name="Odd divisions")
    assert button.is_disabled()
    assert "C. briggsae" in str(button.get_attribute("title"))
    assert page.locator(".tree-odd").is_hidden()
    assert len(branches(page)) == embryo.cells


def test_the_reference_s_times_are_kept_for_ever(client: Any) -> None:
    address, _ = figures.division_times()
    response = client.get(address)
    assert response.status_code == 200
    assert "immutable" in response.headers["Cache-Control"]
    times = response.get_json()
    told = lineage.reference()["division_min"].dropna()
    assert {cell: division for cell, (division, _) in times.items()} == told.to_dict()
    assert times["ABal"] == [13.3, 3.4]
    assert len(response.data) < 20_000
    assert client.get("/reference/divisions-0.json").status_code == 404


# ---- files


def saved(page: Any, form: str) -> Path:
    page.locator(".tree-save summary").click()
    with page.expect_download() as download:
        page.locator(".tree-save-list").get_by_role("button", name=form, exact=True).click()
    return Path(download.value.path())


@pytest.mark.browser
@pytest.mark.embryos
def test_newick_holds_the_lineage_in_minutes(
    page: Any, program: Any, reference: Any, rows: pandas.DataFrame
) -> None:
    opened(page, program, reference.id, "&folded=ABal")
    (tree,) = newick.loads(saved(page, "Newick").read_text().strip())
    lives = rows.groupby("cell")["time"].agg(["min", "max"])
    interval = reference.interval_s / 60
    seen = {node.name: node for node in tree.walk()}
    assert set(lives.index) <= set(seen), "what is folded is there too"
    assert set(seen) - set(lives.index) == {"P0", "AB", "P1"}
    for name, (first, last) in lives.iterrows():
        node = seen[name]
        daughters = [cell for cell in lineage.daughters(name) if cell in lives.index]
        assert sorted(child.name for child in node.descendants) == sorted(daughters)
        until = min(lives.loc[cell, "min"] for cell in daughters) if daughters else last
        depth = 0.0
        while node is not None:
            depth += node.length
            node = node.ancestor
        assert depth == pytest.approx((until - reference.first_frame) * interval, abs=0.001), name
        del first


@pytest.mark.browser
@pytest.mark.embryos
def test_figures_as_svg_and_pdf_hold_names_times_and_legend(page: Any, program: Any, epic: Path) -> None:
    name = "CD20081016_alr-1_10A2_3_L2.csv"
    embryo = program.lab.embryos.add((epic / name).read_bytes(), name).embryo
    program.lab.embryos.correct(embryo.id, name="<script>alert(1)</script> & \"µm\" 'ü'")
    opened(page, program, embryo.id, "&root=E&odd=1")
    page.wait_for_function(f"() => {TREE}.odd")
    drawing = xml.etree.ElementTree.fromstring(saved(page, "SVG").read_text())
    words = [element.text for element in drawing.iter(f"{SVG}text")]
    cells = [cell for cell in page.evaluate(f"{SHOWN}.tracks.names") if lineage.founder(cell) == "E"]
    assert set(cells) <= set(words)
    for told in (
        "minutes of the recording",
        "Founder",
        "E",
        "<script>alert(1)</script> & \"µm\" 'ü': lineage of E",
    ):
        assert told in words
    assert {"0", "50", "100"} <= set(words) or {"0", "20", "40"} <= set(words)
    assert drawing.get("width", "").endswith("mm")
    assert float(drawing.get("width", "0mm")[:-2]) == pytest.approx(180, abs=0.1)
    assert next(iter(drawing.iter(f"{SVG}rect"))).get("fill") == "#ffffff"
    assert not list(drawing.iter(f"{SVG}script"))
    document = pypdf.PdfReader(saved(page, "PDF"))
    assert document.metadata is not None
    assert document.metadata.title == "<script>alert(1)</script> & \"µm\" 'ü': lineage of E"
    assert len(document.pages) == 1
    assert float(document.pages[0].mediabox.width) == pytest.approx(180 / 25.4 * 72, abs=0.1)
    text = document.pages[0].extract_text()
    for told in ("Eal", "Epr", "minutes of the recording", "'ü': lineage of E", "medians over 66 embryos"):
        assert told in text, told


@pytest.mark.browser
@pytest.mark.embryos
def test_a_pdf_that_fails_is_told(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference.id)
    page.route(
        "**/figures/pdf", lambda route: route.fulfill(status=500, json={"error": {"message": "no ink"}})
    )
    page.locator(".tree-save summary").click()
    page.locator(".tree-save-list").get_by_role("button", name="PDF", exact=True).click()
    page.get_by_text("The tree couldn't be saved: no ink").wait_for()
    page.errors.clear()


# ---- for everybody


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_the_tree_is_accessible(page: Any, program: Any, simulated: Any, width: int, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 844})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": program.url}])
    opened(page, program, simulated.id, "&tree=1&panel=0&root=ABa&folded=ABala&along=blot&odd=1&cells=ABalp")
    page.locator(".tree-odd summary").click()
    page.locator(".tree-save summary").click()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    found = Axe().run(
        page, context=".tree-box", options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}
    )
    serious = [
        (violation["id"], node["target"], node["html"][:200])
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert serious == []
