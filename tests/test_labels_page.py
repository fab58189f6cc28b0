"""The labels page: its figures hold together, its counts are kept, and a reader finds what it is for."""

import csv
import io
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pandas
import pytest
from playwright.sync_api import Page, expect

from components import labels_figures
from components.imbalance_numbers import ratio_text
from components.lineage_diagram import FIRST_MINUTE, LAST_MINUTE, tree
from pages.labels import View, depths, query_of, resampling_words, scheme_of, what_words
from services import labels, lineage, simulate
from services.cell_counts import CellCounts
from services.labels import LabelClass, Scheme

REFERENCE = "CD20081016_alr-1_10A2_3_L1.csv"
CLASSES = [
    LabelClass("ABp", 90, 3, "ABp"),
    LabelClass("MS", 9, 1, "MS"),
    LabelClass("Nuc", 3, 1, "unnamed"),
    LabelClass("<b>x", 1, 1, "unnamed"),
]


def after(resampling: str) -> Any:
    return labels.after_resampling({each.label: each.rows for each in CLASSES}, resampling)


def test_bars_hold_each_label_with_its_own_rows_and_colour() -> None:
    bars = labels_figures.bars(CLASSES, "light")["data"][0]
    assert list(zip(bars["x"], bars["y"], strict=True)) == [
        ("ABp", 90),
        ("MS", 9),
        ("Nuc", 3),
        ("&lt;b>x", 1),
    ]
    assert bars["marker"]["color"][0] == "#0072b2"
    assert bars["customdata"][0] == [90 / 103, 3]


def test_one_row_is_seen_on_the_log_axis_and_figures_without_classes_are_made() -> None:
    axis = labels_figures.bars(CLASSES, "dark", log=True)["layout"]["yaxis"]
    assert axis["type"] == "log"
    low, high = axis["range"]
    assert 10**low < 1
    assert 10**high > 90
    for log in (False, True):
        assert labels_figures.bars([], "light", log)["data"][0]["x"] == []
        assert labels_figures.before_and_after([], {}, "light", log)["data"][0]["x"] == []
    assert labels_figures.treemap([], "light")["data"][0]["ids"] == []


def test_before_and_after_stand_on_one_scale_in_one_order() -> None:
    figure = labels_figures.before_and_after(CLASSES, after("smote"), "light")
    before, filled, distinct = figure["data"]
    assert before["x"] == filled["x"] == distinct["x"]
    assert (
        before.get("yaxis") is filled.get("yaxis") is distinct.get("yaxis") is None
    )  # all on the one y axis
    assert "yaxis2" not in figure["layout"]
    assert filled["y"] == [90, 90, 90, 90]
    assert distinct["y"] == [90, 9, 3, 1]
    assert filled["marker"]["pattern"]["shape"] == ["", "", "/", "/"]  # too small for SMOTE: copied


def test_the_treemap_follows_the_lineage_and_loses_no_row() -> None:
    classes = [
        LabelClass("ABal", 40, 4, "ABa"),
        LabelClass("AB", 2, 1, "AB"),
        LabelClass("Ea", 5, 2, "E"),
        LabelClass("Nuc", 3, 1, "unnamed"),
    ]
    node = labels_figures.treemap(classes, "light")["data"][0]
    parents = dict(zip(node["ids"], node["parents"], strict=True))
    values = dict(zip(node["ids"], node["values"], strict=True))
    assert parents["class ABal"] == "class AB"
    assert parents["class Ea"] == "class E"  # a founder that is no class itself holds its descendants
    assert values["class E"] == 0
    assert parents["class AB"] == parents["class Nuc"] == ""
    assert sum(values.values()) == 50
    assert len(set(node["ids"])) == len(node["ids"])


def test_the_tree_is_the_lineage() -> None:
    drawn = tree()
    index = {name: number for number, name in enumerate(drawn["names"])}
    assert drawn["names"][0] == "P0"
    assert len(drawn["names"]) == 805
    assert drawn["x"][index["ABa"]] < drawn["x"][index["ABp"]] < drawn["x"][index["MS"]]
    assert drawn["x"][index["MS"]] < drawn["x"][index["E"]] < drawn["x"][index["C"]] < drawn["x"][index["P4"]]
    for name, x, top, bottom, mother in zip(
        *(drawn[part] for part in ("names", "x", "top", "bottom", "mother")), strict=True
    ):
        assert 0 <= x <= 1
        assert FIRST_MINUTE <= top < bottom <= LAST_MINUTE, name
        if name != "P0":
            assert drawn["names"][mother] == lineage.mother(name)
            assert drawn["bottom"][mother] <= top + 3  # sisters are born together, but for a frame or two


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ({}, View("all")),
        ({"scheme": "full"}, View("all", "prefix", labels.DEEPEST)),
        ({"scheme": "ancestor", "depth": "0", "log": "1"}, View("all", "ancestor", 0, log=True)),
        ({"scheme": "nonsense", "depth": "-3", "resampling": "x", "other": "y"}, View("all")),
        ({"embryos": "set:ours", "resampling": "smote"}, View("set:ours", resampling="smote")),
    ],
)
def test_an_address_is_read_as_far_as_it_makes_sense(query: dict[str, str], view: View) -> None:
    assert View.of(query, "all") == view


def test_an_address_comes_back_from_what_is_shown() -> None:
    view = View("set:ours & mine", "ancestor", 5, "smote", True)
    told = {key: value[0] for key, value in parse_qs(query_of(view, Scheme("ancestor", 5))).items()}
    assert View.of(told, "all") == view
    assert View("a<b,ok1,TOO", "prefix").picked == ["ok1"]


def test_the_slider_ends_at_the_full_name() -> None:
    names = ["ABplapaa", "E"]
    assert depths("prefix", names) == (1, 8)
    assert depths("ancestor", names) == (0, 7)
    assert scheme_of("prefix", 8, 8) == Scheme("full")
    assert scheme_of("prefix", 7, 8) == Scheme("prefix", 7)
    assert scheme_of("ancestor", 7, 7) == Scheme("ancestor", 7)


def words(said: list[Any]) -> str:
    return "".join(part if isinstance(part, str) else part.children for part in said)


def test_words_about_resampling_name_what_is_copied_inflated_or_too_much() -> None:
    smote = words(resampling_words(CLASSES, after("smote"), "smote"))
    assert "copied instead: Nuc (3), <b>x (1)" in smote
    assert "103 rows become 360" in smote
    assert "inflated" in words(
        resampling_words(CLASSES, after("oversample-before-split"), "oversample-before-split")
    )
    many = [LabelClass(str(number), 100_000, 1, "E") for number in range(60)]
    many_after = labels.after_resampling({each.label: each.rows for each in many}, "oversample")
    assert "refuses" in words(resampling_words(many, many_after, "oversample"))
    assert words(what_words(2, 2, 5, 0)) == "2 embryos, 5 cell names. Simulated."
    assert "1 of them simulated." in words(what_words(2, 1, 5, 1))


def test_ratios_read_as_people_say_them() -> None:
    assert ratio_text(1.0) == "1.0 : 1"
    assert ratio_text(3159.5) == "3,160 : 1"


def crowd(lab: Any, count: int) -> list[str]:
    """`count` embryos in the store: one simulated, and copies of its rows in the database."""
    from sqlalchemy import insert, select

    from services.database import embryo_cells, embryos

    first = simulate.fill(lab.embryos, 1)[0].id
    with lab.engine.begin() as connection:
        row = dict(connection.execute(select(embryos).where(embryos.c.id == first)).mappings().one())
        cells = [dict(each) for each in connection.execute(select(embryo_cells)).mappings()]
        for number in range(1, count):
            own = {"embryo": f"copy{number}"}
            connection.execute(insert(embryos), row | {"id": own["embryo"], "checksum": f"{number}"})
            connection.execute(insert(embryo_cells), [cell | own for cell in cells])
    return lab.embryos.choose("all")


def test_counts_of_a_whole_collection_answer_within_a_second_when_asked_again(lab: Any) -> None:
    ids = crowd(lab, 260)
    counts = CellCounts(lab.engine, lab.settings.data / "cache" / "cell-counts")
    first = counts.of(ids)
    began = time.perf_counter()
    again = counts.of(list(reversed(ids)))
    found = labels.class_counts(again, Scheme("prefix", 3))
    took = time.perf_counter() - began
    assert took < 1.0
    pandas.testing.assert_frame_equal(first, again)
    one = labels.class_counts(lab.embryos.cell_totals(ids[:1]), Scheme("prefix", 3))
    assert found == {label: rows * 260 for label, rows in one.items()}


def test_kept_counts_are_those_of_the_embryos_asked_for(lab: Any) -> None:
    first, second = simulate.fill(lab.embryos, 2)
    counts = CellCounts(lab.engine, lab.settings.data / "cache" / "cell-counts")
    assert counts.of([first.id])["rows"].sum() == first.rows
    assert counts.of([first.id, second.id])["rows"].sum() == first.rows + second.rows
    assert counts.of([second.id])["rows"].sum() == second.rows
    assert counts.of([]).empty
    assert counts.of(["gone"]).empty


def test_an_empty_store_says_what_to_do(lab: Any) -> None:
    import dash

    from app import create_app

    app = create_app(lab.settings, lab)
    with app.server.test_request_context("/labels"):
        page = dash.page_registry["labels"]["layout"]()
    assert "no embryos" in str(page)
    assert "Import" in str(page)


# ---- in a real browser


@pytest.fixture(scope="module")
def program(serve: Any) -> Any:
    """A running program with two simulated embryos, the set "pair" of them and, if there, the real one."""
    program = serve(BLASTOSCOPE_SIMULATED="2")
    program.lab.embryos.save_set("pair", program.lab.embryos.choose("all"))
    return program


@pytest.fixture(scope="module")
def real(program: Any, epic: Path) -> Any:
    return program.lab.embryos.add((epic / REFERENCE).read_bytes(), REFERENCE).embryo


def classes_shown(page: Page) -> Any:
    return page.locator("#labels-numbers strong").first


def graph(page: Page, name: str) -> Any:
    """Labels and values of a drawn graph's first trace, once it has points."""
    page.locator(f"#labels-{name} .point").first.wait_for(state="attached")
    return page.locator(f"#labels-{name} .js-plotly-plot").evaluate(
        "g => ({x: g.data[0].x, y: g.data[0].y, type: g.layout.yaxis && g.layout.yaxis.type})"
    )


@pytest.mark.browser
@pytest.mark.embryos
def test_the_published_embryo_shows_its_classes_each_with_its_rows(
    program: Any, page: Page, epic: Path, real: Any
) -> None:
    page.goto(f"{program.url}/labels?embryos={real.id}&scheme=prefix&depth=3")
    expect(classes_shown(page)).to_have_text("32")
    expected = pandas.read_csv(epic / REFERENCE, usecols=["cell"])["cell"].str[:3].value_counts().to_dict()
    bars = graph(page, "bars")
    assert dict(zip(bars["x"], bars["y"], strict=True)) == expected
    lines = page.locator("#labels-table tbody tr").evaluate_all(
        "rows => rows.map(row => [row.cells[0].textContent, Number(row.cells[1].textContent.replaceAll(',', ''))])"
    )
    assert dict(lines) == expected
    told = page.request.get(f"{program.url}/api/v1/labels?embryos={real.id}&scheme=prefix&depth=3").json()
    assert {each["label"]: each["count"] for each in told["classes"]} == expected
    numbers = page.locator("#labels-numbers strong").all_text_contents()
    assert numbers[1] == "17,962"
    assert numbers[5] == f"{told['imbalance']['entropy']:.2f}"
    assert numbers[6] == str(told["imbalance"]["under_20"])


@pytest.mark.browser
@pytest.mark.embryos
def test_the_slider_recolours_the_lineage_and_the_address_keeps_it(
    program: Any, page: Page, real: Any
) -> None:
    page.goto(f"{program.url}/labels?embryos={real.id}&scheme=prefix&depth=3")
    expect(page.locator("#labels-tree g.class")).to_have_count(32)
    slider = page.get_by_role("slider", name="Depth")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(classes_shown(page)).to_have_text("64")
    expect(page.locator("#labels-tree g.class")).to_have_count(64)
    expect(page).to_have_url(re.compile("depth=4"))
    page.keyboard.press("End")
    expect(classes_shown(page)).to_have_text("726")
    expect(page.locator("#labels-depth-word")).to_have_text("full name")
    expect(page).to_have_url(re.compile("scheme=full"))
    page.get_by_role("radio", name="Founder").check()
    expect(page).to_have_url(re.compile("scheme=founder"))
    expect(slider).to_be_hidden()
    page.get_by_role("radio", name="Ancestor").check()
    expect(page).to_have_url(re.compile("scheme=ancestor"))
    page.get_by_role("switch", name="Log axis").or_(page.get_by_label("Log axis")).first.check()
    expect(page).to_have_url(re.compile("log=1"))
    page.get_by_label("What resampling does").select_option("undersample")
    expect(page).to_have_url(re.compile("resampling=undersample"))

    shown = page.locator("#labels-numbers").inner_text()
    page.reload()  # the address is the whole view
    expect(page.locator("#labels-numbers")).to_contain_text("classes")
    assert page.locator("#labels-numbers").inner_text() == shown
    expect(page.get_by_label("What resampling does")).to_have_value("undersample")
    assert graph(page, "bars")["type"] == "log"
    query = parse_qs(urlparse(page.url).query)
    assert query["scheme"] == ["ancestor"]


@pytest.mark.browser
@pytest.mark.embryos
def test_smote_says_which_classes_it_copies(program: Any, page: Page, real: Any) -> None:
    page.goto(f"{program.url}/labels?embryos={real.id}&scheme=prefix&depth=2&resampling=smote")
    expect(classes_shown(page)).to_have_text("17")
    expect(page.locator("#labels-after-word")).to_contain_text("copied instead: EM (2), P2 (2)")
    copied = page.locator("#labels-table tbody tr").filter(has_text="yes").locator("th").all_text_contents()
    assert sorted(copied) == ["EM", "P2"]
    page.get_by_label("What resampling does").select_option("oversample-before-split")
    expect(page.locator("#labels-after-word .warning-word")).to_contain_text("inflated")


@pytest.mark.browser
def test_embryos_are_chosen_as_all_a_set_or_one_by_one(program: Any, page: Page) -> None:
    page.goto(f"{program.url}/labels")
    what = page.locator("#labels-what")
    choose = page.get_by_label("Embryos", exact=True)
    choose.select_option("set:pair")
    expect(what).to_have_text(re.compile(r"2 embryos.*Simulated\."))
    expect(page).to_have_url(re.compile("embryos=set:pair"))
    choose.select_option("all")
    expect(page).to_have_url(re.compile("embryos=all"))
    choose.select_option("pick")
    expect(page.get_by_text("Pick an embryo on the left")).to_be_visible()
    page.get_by_label("Search embryos").fill("Simulated 2")
    page.get_by_label("Simulated 1").wait_for(state="detached")
    page.get_by_label("Simulated 2").check()
    expect(what).to_contain_text("1 embryo,")
    page.get_by_label("Search embryos").fill("Simulated")
    page.get_by_label("Simulated 1").check()
    expect(what).to_contain_text("2 embryos,")
    page.get_by_label("Simulated 2").uncheck()
    expect(what).to_contain_text("1 embryo,")
    first = next(each.id for each in program.lab.embryos.after(None, 9) if each.name == "Simulated 1")
    expect(page).to_have_url(re.compile(f"embryos={first}&"))


@pytest.mark.browser
def test_what_isnt_there_is_said_and_can_be_left(program: Any, page: Page) -> None:
    page.goto(f"{program.url}/labels?embryos=set:nobody's&scheme=x")
    expect(page.get_by_role("alert")).to_contain_text("no set")
    page.get_by_label("Embryos", exact=True).select_option("all")
    expect(classes_shown(page)).to_be_visible()
    expect(page.get_by_text("Nothing to count")).to_have_count(0)


@pytest.mark.browser
def test_the_table_sorts_and_leaves_as_csv(program: Any, page: Page) -> None:
    page.goto(f"{program.url}/labels?embryos=set:pair&scheme=prefix&depth=2")
    page.get_by_role("button", name="Label", exact=True).click()
    labels_shown = page.locator("#labels-table tbody th").all_text_contents()
    assert labels_shown == lineage.in_order(labels_shown)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert download.value.suggested_filename == "labels prefix 2.csv"
    expected = labels.class_counts(
        program.lab.embryos.cell_totals(program.lab.embryos.choose("set:pair")), Scheme("prefix", 2)
    )
    assert {row["Label"]: int(row["Rows"]) for row in rows} == expected
    assert [row["Label"] for row in rows] == labels_shown


@pytest.mark.browser
def test_pointing_at_a_cell_or_a_bar_tells_its_class(program: Any, page: Page) -> None:
    page.goto(f"{program.url}/labels?embryos=set:pair&scheme=founder")
    word = page.locator("#labels-tree-word")
    page.locator("#labels-tree svg").wait_for()
    box = page.locator("#labels-tree").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 150)
    expect(word).to_contain_text("is of class AB")
    expect(page.locator("#labels-tree g.marked")).to_have_count(1)
    page.mouse.move(box["x"] + 200, box["y"] - 20)
    expect(word).to_contain_text("One colour is one class")
    page.locator("#labels-bars .point").nth(1).wait_for(state="attached")
    bar = page.locator("#labels-bars .point").nth(1).bounding_box()
    assert bar is not None
    page.mouse.move(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] - 4)
    page.mouse.move(bar["x"] + bar["width"] / 2 + 2, bar["y"] + bar["height"] - 4)
    expect(word).to_contain_text("MS:")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1440, "light"), (1920, "dark")])
def test_nothing_is_cut_off_and_screen_readers_are_served(
    program: Any, page: Page, width: int, theme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": program.url}])
    page.goto(f"{program.url}/labels?embryos=all&scheme=prefix&depth=3")
    graph(page, "bars")
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:100]) for each in found] == []
