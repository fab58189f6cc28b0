"""The stranger's way through the product, in a real browser on the real program and a real embryo."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REFERENCE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.embryos
def test_drop_watch_see_the_imbalance_train_and_watch_the_curves(serve: Any, page: Any, epic: Path) -> None:
    program = serve(BLASTOSCOPE_SIMULATED="1")
    page.goto(program.url)
    page.get_by_text("Simulated").first.wait_for()

    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import", exact=True).first.click()
    chooser.value.set_files(str(epic / REFERENCE))
    link = page.get_by_role("link", name=re.compile("alr-1")).first
    link.wait_for(timeout=30_000)
    link.click()

    page.wait_for_url(re.compile("/embryos/[a-z0-9]+"))
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Pause", exact=True).click()
    moved = float(
        page.get_by_role("slider", name="Time").evaluate("e => e.value ?? e.getAttribute('aria-valuenow')")
    )
    assert moved > 1
    embryo = re.search("/embryos/([a-z0-9]+)", page.url).group(1)  # type: ignore[union-attr]

    page.goto(f"{program.url}/labels?embryos={embryo}&scheme=prefix&depth=3")
    page.get_by_text(re.compile(r"\b32\b")).first.wait_for()

    page.goto(f"{program.url}/train?embryos={embryo}")
    page.get_by_role("button", name="Start training").wait_for()
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile("/runs/[a-z0-9]+"), timeout=20_000)
    points = "[...document.querySelectorAll('.js-plotly-plot')].flatMap(g => g.data ?? []).map(t => t.x?.length ?? 0)"
    deadline = time.monotonic() + 90
    while max(page.evaluate(points), default=0) < 2:
        assert time.monotonic() < deadline, "no curve grew"
        page.wait_for_timeout(200)
