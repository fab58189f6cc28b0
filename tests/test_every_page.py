"""What holds on every page: nothing cut off sideways, nothing that axe calls serious, no console error."""

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Rules and places that are Dash's, Plotly's or ag-grid's own and can't be mended from here, with the reason.
ALLOWED: dict[str, tuple[str, ...]] = {}
PAGES = (
    "/",
    "/embryos/{embryo}",
    "/embryos/{embryo}?stage=plane&cells=E*",
    "/embryos/{embryo}?cells=ABpl&tab=neighbours&along=blot",
    "/collection",
    "/labels",
    "/train",
    "/runs",
    "/runs/{run}",
    "/compare?runs={run},{run}",
    "/nowhere",
)


@pytest.fixture(scope="module")
def program(serve: Any) -> Any:
    import time

    program = serve(BLASTOSCOPE_SIMULATED="2")
    ids = [embryo.id for embryo in program.lab.embryos.after(None, 10)]
    program.run = program.lab.runs.create(
        {"embryos": ids, "epochs": 2, "stop_at_cells": 24, "split": "row"}, program.lab.embryos
    )
    program.embryo = ids[0]
    deadline = time.monotonic() + 60
    while program.lab.runs.get(program.run).state != "done" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert program.lab.runs.get(program.run).state == "done"
    return program


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_page_is_whole_and_accessible(program: Any, page: Any, path: str, width: int, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": program.url}])
    page.goto(program.url + path.format(embryo=program.embryo, run=program.run))
    page.wait_for_selector("main :not(:empty)")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(700)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert page.evaluate("document.documentElement.dataset.bsTheme") == theme
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]})
    serious = [
        (violation["id"], node["target"], node["html"][:200])
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if not any(word in str(node["target"]) for word in ALLOWED.get(violation["id"], ()))
    ]
    assert serious == []
