"""Takes the README's pictures from the real program: `python -m docs.pictures`.

A fresh folder, the simulated embryos that every new store gets, the program as `python app.py` starts it.
"""

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.serving import FLAGS, program

FOLDER = Path(__file__).parent
PALE = {"name": "theme", "value": "light"}
DARK = {"name": "theme", "value": "dark"}


def shoot(chromium: Any, url: str, theme: dict[str, str]) -> Any:
    """A page at 1440 × 900 in `theme`."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{**theme, "url": url}])
    return context.new_page()


def main() -> None:
    """Write embryo.png and run.png beside this file."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        environ = {"BLASTOSCOPE_DATA": data, "PORT": "0", "BLASTOSCOPE_SIMULATED": "6"}
        with program("app.py", **environ) as (url, _process):
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = shoot(chromium, url, DARK)
            embryos = page.request.get(f"{url}/api/v1/embryos").json()
            page.goto(f"{url}/embryos/{embryos[0]['id']}?v=2&frame=130&cells=E*&tail=20&tab=neighbours")
            page.wait_for_selector("[data-ready='true']")
            page.wait_for_timeout(2000)
            page.screenshot(path=FOLDER / "embryo.png")

            page = shoot(chromium, url, PALE)
            config = {
                "embryos": [embryo["id"] for embryo in embryos],
                "name": "Held-out embryos, founders",
                "scheme": "founder",
                "epochs": 30,
            }
            run = page.request.post(f"{url}/api/v1/runs", data=config).json()["id"]
            page.goto(f"{url}/runs/{run}")
            page.get_by_text(re.compile(r"epoch 2\d", re.IGNORECASE)).first.wait_for(timeout=300_000)
            page.wait_for_timeout(1500)
            page.screenshot(path=FOLDER / "run.png")
            chromium.close()


if __name__ == "__main__":
    main()
