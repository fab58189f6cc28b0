"""Colours in a real browser: what is painted is what is drawn, what is typed is what is painted, links bring it back."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas
import pytest

from services import cell_names, lineage
from tests.conftest import until

pytestmark = [pytest.mark.browser, pytest.mark.embryos]

WATCH = "window.blastoscope.watching"
VERMILION, ORANGE, RED, GREY = "#d55e00", "#e69f00", "#ff0000", "#7d8794"
BELOW, NO_VALUE = "#41597a", "#4f5866"


def opened(page: Any, program: Any, embryo: Any, query: str = "") -> Any:
    """The embryo's page with the stage drawn and at rest; no tree or panel beside it."""
    page.goto(f"{program.url}/embryos/{embryo.id}?v=2&tree=0&panel=0{query}")
    at_rest(page)
    return page


def at_rest(page: Any) -> None:
    until(page, f"{WATCH}?.space?.isAtRest === true")


def drawn(page: Any) -> dict[str, str]:
    """Colour by name of what the stage draws."""
    at_rest(page)
    return {nucleus["name"]: nucleus["colour"] for nucleus in page.evaluate(f"{WATCH}.space.drawn()")}


def uncovered(page: Any) -> list[dict[str, Any]]:
    """The nuclei of the stage whose middle nothing covers, with the pixel there."""
    at_rest(page)
    return list(
        page.evaluate(
            f"""() => {{
                const {{ space }} = {WATCH};
                const all = space.drawn();
                const free = all.filter((one) => all.every((other) => other === one || other.depth > one.depth + 6
                    || Math.hypot(one.x - other.x, one.y - other.y) > other.radius + 3));
                return free.map(({{ name, colour, x, y }}) => ({{ name, colour, pixel: [...space.read(x, y)] }}));
            }}"""
        )
    )


def is_shade_of(pixel: list[int], colour: str) -> bool:
    """Whether a shaded pixel has a colour's hue: all three channels in proportion."""
    meant = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    light = sum(pixel[:3]) / sum(meant)
    return 0.4 < light < 1.5 and all(
        abs(one - light * other) < 28 for one, other in zip(pixel, meant, strict=False)
    )


def view(page: Any) -> dict[str, Any]:
    return dict(page.evaluate(f"({{...{WATCH}.view}})"))


def legend(page: Any) -> str:
    return " ".join(page.locator(".stage-legend:visible").inner_text().split())


def rules_opened(page: Any) -> Any:
    page.get_by_role("button", name="Rules", exact=True).click()
    editor = page.get_by_role("dialog", name="Painted by rules")
    editor.wait_for()
    return editor


def conditions(editor: Any) -> list[str]:
    return [field.input_value() for field in editor.locator(".rule-condition").all()]


RULES = "1!ABpla*~d55e00!MSxp~e69f00~muscle!gen.le.6.and.blot.gt.0~ff0000~early"


def by_rules(row: Any) -> str:
    """What RULES paint a row of a CD file."""
    depth = lineage.generation(row.cell)
    if row.cell.startswith("ABpla"):
        return VERMILION
    if row.cell in ("MSap", "MSpp"):
        return ORANGE
    return RED if depth is not None and depth <= 6 and row.blot > 0 else GREY


# ---- rules


def test_what_a_rule_paints_is_what_is_drawn(
    page: Any, program: Any, reference: Any, rows: pandas.DataFrame
) -> None:
    opened(page, program, reference, f"&frame=40&colour=rules&rules={RULES}")
    expected = {row.cell: by_rules(row) for row in rows[rows["time"] == 40].itertuples()}
    assert drawn(page) == expected
    assert set(expected.values()) == {VERMILION, ORANGE, RED, GREY}, "the moment shows every rule"
    counts = {colour: list(expected.values()).count(colour) for colour in expected.values()}
    assert legend(page) == (
        f"Your rules ABpla and below {counts[VERMILION]} muscle {counts[ORANGE]} "
        f"early {counts[RED]} everything else {counts[GREY]}"
    )
    seen = uncovered(page)
    assert len({one["colour"] for one in seen}) >= 2
    for one in seen:
        assert is_shade_of(one["pixel"], one["colour"]), one
    page.get_by_role("slider", name="Time").fill("60")
    expected = {row.cell: by_rules(row) for row in rows[rows["time"] == 60].itertuples()}
    assert drawn(page) == expected
    page.get_by_role("button", name="Plane").click()
    until(page, f"{WATCH}.view.stage === 'plane'")
    colours = {one["name"]: one["colour"] for one in page.evaluate(f"{WATCH}.plane.drawn()")}
    assert colours == expected, "the plane paints alike"


def test_rules_are_edited_on_the_living_embryo(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference, "&frame=100")
    founders = drawn(page)
    page.get_by_role("combobox", name="Colours", exact=True).select_option("rules")
    editor = page.get_by_role("dialog", name="Painted by rules")
    assert set(drawn(page).values()) == {GREY}, "no rules yet"
    editor.get_by_role("button", name="Sublineage").click()
    field = editor.get_by_role("textbox", name="Which cells, rule 1")
    assert field.input_value() == "ABpla*"
    field.fill("C*")
    until(page, f"{WATCH}.view.rules.includes('C*')")
    blue = {name for name, colour in drawn(page).items() if colour == "#56b4e9"}
    assert blue == {name for name in founders if name.startswith("C")}
    field.fill("gen > ")
    editor.get_by_text("Write a number after it, such as gen >= 8.").wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    assert set(drawn(page).values()) == {GREY}, "what can't be read paints nothing"
    field.fill("gen >= 9")
    until(page, f"{WATCH}.view.rules.includes('gen.ge.9')")
    deep = {name for name in founders if (lineage.generation(name) or 0) >= 9}
    assert {name for name, colour in drawn(page).items() if colour == "#56b4e9"} == deep
    editor.get_by_role("button", name="Colour of rule 1: sky blue").click()
    editor.get_by_role("button", name="yellow").click()
    assert {name for name, colour in drawn(page).items() if colour == "#f0e442"} == deep
    editor.get_by_role("textbox", name="Label of rule 1").fill("deep <b>")
    editor.get_by_role("textbox", name="Label of rule 1").press("Enter")
    until(page, f"{WATCH}.view.rules.includes('deep <b>')")
    assert f"deep <b> {len(deep)}" in legend(page)
    page.keyboard.press("Escape")
    editor.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.textContent") == "Rules"


def test_rules_are_moved_removed_and_taken_back(page: Any, program: Any, reference: Any) -> None:
    opened(page, program, reference, "&frame=60&colour=rules&rules=1!ABp*~d55e00!ABpl*~e69f00!MS*~009e73")
    of_abpl = [name for name in drawn(page) if name.startswith("ABpl")]
    assert {drawn(page)[name] for name in of_abpl} == {VERMILION}
    editor = rules_opened(page)
    editor.locator(".rule-handle").nth(1).press("ArrowUp")
    assert conditions(editor) == ["ABpl*", "ABp*", "MS*"]
    assert {drawn(page)[name] for name in of_abpl} == {ORANGE}, "the first that a nucleus meets"
    assert page.evaluate("document.activeElement.ariaLabel").startswith("Move rule 1")
    boxes = [handle.bounding_box() for handle in editor.locator(".rule-handle").all()]
    page.mouse.move(boxes[2]["x"] + 8, boxes[2]["y"] + 8)
    page.mouse.down()
    page.mouse.move(boxes[0]["x"] + 8, boxes[0]["y"] + 4, steps=5)
    page.mouse.up()
    assert conditions(editor) == ["MS*", "ABpl*", "ABp*"]
    page.wait_for_timeout(900)  # changes that follow within 0.8 s are one for undo
    editor.get_by_role("button", name="Remove rule 2").click()
    assert conditions(editor) == ["MS*", "ABp*"]
    assert {drawn(page)[name] for name in of_abpl} == {VERMILION}
    editor.get_by_role("button", name="Remove rule 2").focus()
    page.keyboard.press("Control+z")
    assert conditions(editor) == ["MS*", "ABpl*", "ABp*"], "taken back"
    assert {drawn(page)[name] for name in of_abpl} == {ORANGE}
    page.wait_for_timeout(900)
    editor.get_by_role("button", name="Founders").click()
    assert len(conditions(editor)) == 7
    page.get_by_role("button", name="Undo").click()
    assert conditions(editor) == ["MS*", "ABpl*", "ABp*"]


def test_chosen_cells_are_painted_and_text_goes_out_and_in(page: Any, program: Any, reference: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(
        page,
        program,
        reference,
        "&frame=60&others=show&cells=ABala*,MSxp&colour=rules&rules=1!ABa*~d55e00!gen 8~e69f00",
    )
    editor = rules_opened(page)
    editor.get_by_role("button", name="Paint chosen cells").click()
    assert conditions(editor) == ["ABala*, MSxp", "ABa*", "gen 8"]
    colours = drawn(page)
    assert {colours[name] for name in colours if name.startswith("ABala")} == {"#56b4e9"}
    assert {colours[name] for name in colours if name.startswith("ABar")} == {VERMILION}
    editor.get_by_role("button", name="Copy as text").click()
    page.get_by_text("The rules are copied as text.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines() == [
        "ABala*, MSxp : #56b4e9",
        "ABa* : #d55e00",
        "gen 8 : #e69f00",
        f"* : {GREY}",
    ]
    editor.get_by_role("button", name="Paste text").click()
    editor.get_by_role("textbox", name="Rules as text").fill("MS* : green : pharynx\nE* : what\n* : #111111")
    editor.get_by_role("button", name="Replace rules").click()
    assert conditions(editor) == ["MS*", "E*"]
    editor.get_by_text("“what” is no colour").wait_for()
    colours = drawn(page)
    assert {colours[name] for name in colours if name.startswith("MS")} == {"#009e73"}
    assert colours["Ea" if "Ea" in colours else next(n for n in colours if n.startswith("E"))] == "#111111"
    editor.get_by_role("button", name="Copy link").click()
    until(page, "location.search.includes('rules=')")
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto("about:blank")
    page.goto(link)
    assert drawn(page) == colours, "a link brings all of it back"
    assert conditions(rules_opened(page)) == ["MS*", "E*"]
    assert page.get_by_text("“what” is no colour").is_visible(), "nothing is lost that can't be read"


def test_hostile_rules_of_an_address_are_harmless(page: Any, program: Any, reference: Any) -> None:
    bad = (
        "1!<img src=x onerror=alert(1)>~f00~<script>alert(1)</script>!ABa*~red;background:url(x)!"
        + "x!" * 4000
    )
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    opened(page, program, reference, f"&frame=60&colour=rules&rules={quote(bad)[:3600]}")
    assert len(drawn(page)) > 50
    editor = rules_opened(page)
    assert editor.locator("img, script").count() == 0
    assert "At most 60 rules are read" in editor.inner_text()


# ---- scales


def test_a_range_is_set_in_the_legend_kept_in_the_address_and_reset(
    page: Any, program: Any, reference: Any, rows: pandas.DataFrame
) -> None:
    opened(page, program, reference, "&frame=100&colour=blot")
    now = rows[rows["time"] == 100].set_index("cell")["blot"]
    assert (now < 0).any() and (now > 0).any()

    def expected(least: float, most: float) -> dict[str, str]:
        shades = {
            name: int(min(max((value - least) / (most - least) * 64 // 1, 0), 63))
            for name, value in now.items()
        }
        return {
            str(name): BELOW if now[name] < 0 else f"#{round(255 * shade / 63):02x}0000"
            for name, shade in shades.items()
        }

    top = page.evaluate(f"{WATCH}.painter.legend.most")
    assert drawn(page) == expected(0, top)
    assert "below zero" in legend(page)
    page.get_by_role("button", name=re.compile("^Most: .*Change the range")).click()
    page.get_by_role("textbox", name="Most of blot, expression").fill("100")
    page.get_by_role("textbox", name="Least of blot, expression").fill("1000")
    page.keyboard.press("Enter")
    page.get_by_text("Two numbers, the least below the most.").wait_for()
    page.get_by_role("textbox", name="Most of blot, expression").fill("3,000")
    page.keyboard.press("Enter")
    assert view(page)["range"] == [1000, 3000]
    assert drawn(page) == expected(1000, 3000)
    assert "≤ 1,000" in legend(page)
    until(page, "location.search.includes('range=1000,3000')")
    page.goto("about:blank")
    page.go_back()
    assert drawn(page) == expected(1000, 3000), "the address brings it back"
    page.get_by_role("button", name=re.compile("^Most: .*Change the range")).click()
    page.get_by_role("button", name="Reset").click()
    assert view(page)["range"] is None
    assert drawn(page) == expected(0, top)


def test_measured_colours_say_their_unit_and_what_has_no_value(
    page: Any, program: Any, reference: Any, rows: pandas.DataFrame
) -> None:
    opened(page, program, reference, "&frame=2&colour=age")
    assert re.match(r"Cell age, min since birth 0 ≥ \d+ birth not seen", legend(page))
    first = rows.groupby("cell")["time"].min()
    there_at_the_start = set(first[first == rows["time"].min()].index)
    none = {name for name, colour in drawn(page).items() if colour == NO_VALUE}
    assert none == there_at_the_start & set(drawn(page))
    assert none and len(none) < len(drawn(page))
    for colour, words in {
        "size": "Size, µm",
        "speed": "Speed, µm/min",
        "generation": "Generation, divisions since P0",
    }.items():
        page.get_by_role("combobox", name="Colours", exact=True).select_option(colour)
        at_rest(page)
        assert legend(page).startswith(words)
    generations = drawn(page)
    assert len({generations[name] for name in generations}) == len(
        {lineage.generation(name) for name in generations}
    )
    page.get_by_role("combobox", name="Colours", exact=True).select_option("size")
    page.get_by_role("slider", name="Time").fill("100")
    sizes = rows[rows["time"] == 100].set_index("cell")["size"]
    colours = drawn(page)
    assert colours[sizes.idxmax()] != colours[sizes.idxmin()]
    assert page.evaluate(f"{WATCH}.painter.legend.unit") == "µm"


# ---- tables of one's own


def test_a_table_colours_the_embryo_and_a_bad_one_says_why(
    page: Any, program: Any, reference: Any, rows: pandas.DataFrame, tmp_path: Path
) -> None:
    opened(page, program, reference, "&frame=60")
    now = rows[rows["time"] == 60]
    scores = pandas.DataFrame(
        {"cell": now["cell"], "time": 60, "score": now["x"] - now["x"].mean(), "side": ["a", "b"] * 44}
    )
    scores.iloc[3:].to_csv(tmp_path / "scores.csv", index=False)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("combobox", name="Colours", exact=True).select_option("open")
    chooser.value.set_files(tmp_path / "scores.csv")
    page.get_by_text("scores.csv: 85 rows to colour by.").wait_for()
    assert view(page)["colour"] == "result:score"
    colours = drawn(page)
    assert {name for name, colour in colours.items() if colour == NO_VALUE} == set(scores["cell"].head(3))
    least, most = scores.iloc[3:]["score"].idxmin(), scores.iloc[3:]["score"].idxmax()
    blue, orange = colours[scores.loc[least, "cell"]], colours[scores.loc[most, "cell"]]
    assert blue[1:3] < blue[5:] and orange[1:3] > orange[5:], "blue below zero, orange above"
    page.get_by_role("combobox", name="Colours", exact=True).select_option("result:side")
    assert set(drawn(page).values()) == {"#56b4e9", ORANGE, NO_VALUE}
    until(page, "location.search.includes('colour=result')")
    dropped(page, "bad.csv", "cell,time,score\nABala,soon,1\n")
    page.get_by_text(
        "bad.csv can't be used. Line 2: “soon” as time; a whole frame number is expected."
    ).wait_for()
    dropped(page, "flags.csv", "cell,flag\nABala,1\nABalp,2\nnobody,3\n")
    page.get_by_text("flags.csv: 2 rows to colour by; 1 match none.").wait_for()
    assert view(page)["colour"] == "result:flag"
    until(page, "location.search.includes('result:flag')")
    page.reload()
    at_rest(page)
    assert "flag no values here" in legend(page), (
        "the table stays in the browser, and only while the page is open"
    )


def dropped(page: Any, name: str, text: str) -> None:
    page.evaluate(
        """([name, text]) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], name, { type: "text/csv" }));
            const target = document.querySelector(".stage");
            for (const type of ["dragover", "drop"]) target.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        [name, text],
    )


# ---- functional names


def test_functional_names_find_their_cells_or_the_closest_ancestor(
    page: Any, program: Any, reference: Any, tmp_path: Path
) -> None:
    raw = b"cell,name\nABplapaaaapp,ADAL\nEal,gut left\nEar,gut right\n"
    cell_names.keep(program.lab.engine, cell_names.read_names(raw, "names.csv"))
    opened(page, program, reference, "&frame=100&others=show")
    field = page.get_by_role("combobox", name="Find cells")
    field.fill("adal")
    offered = page.get_by_role("listbox", name="Cells found").get_by_role("option")
    assert offered.count() == 1
    assert re.fullmatch(
        r"ADAL · ABplapaaaapp not followed here; closest ancestor (ABplapaaa\w*)", offered.inner_text()
    )
    field.press("Enter")
    (ancestor,) = view(page)["cells"]
    assert "ABplapaaaapp".startswith(ancestor) and len(ancestor) > 8
    page.get_by_role("button", name="Clear").click()
    field.fill("gut l")
    assert offered.inner_text() == "gut left · Eal"
    field.press("Enter")
    assert view(page)["cells"] == ["Eal"]
    field.fill("ADAL, ABala")
    field.press("Enter")
    assert view(page)["cells"] == ["Eal", ancestor, "ABala"]


# ---- for everybody


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_rules_and_ranges_are_accessible(
    page: Any, program: Any, reference: Any, width: int, theme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    def serious(context: str) -> list[Any]:
        rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}
        found = Axe().run(page, context=context, options=rules)
        return [
            (violation["id"], node["html"][:200])
            for violation in found.response["violations"]
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]

    page.set_viewport_size({"width": width, "height": 844})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": program.url}])
    opened(page, program, reference, f"&frame=60&colour=rules&rules={RULES}!gen 8~e69f00")
    editor = rules_opened(page)
    editor.get_by_role("button", name="Colour of rule 1").click()
    editor.get_by_role("button", name="Paste text").click()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    box = editor.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= 844
    assert serious(".colour-popover") == []
    assert serious(".stage-legend") == []
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Colours", exact=True).select_option("blot")
    page.get_by_role("button", name="Range", exact=True).click()
    assert serious(".colour-popover") == []
    assert serious(".colour-controls") == []
