"""What the stage costs, in Chromium with software rendering: `python -m benchmarks.stage`.

One call takes about half an hour: ten minutes of it play for the memory of the tab, and 260 embryos are simulated
first. Medians over five rounds, except for memory. The memory of a tab is that of the process which runs the page
and of the one that draws for it, each without what it shares with other processes.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy
import pandas
import psutil

from benchmarks.report import Measure, at_least, at_most, cd_files, main
from benchmarks.serving import FLAGS, STOCK, program
from pages.embryo import page_data
from services import lineage
from services.cd_file import NEEDED, write_cd
from services.embryos import Embryo
from services.imports import import_paths
from services.lab import Lab, open_lab
from services.settings import read_settings
from services.simulate import fill

ROUNDS = 5
SIZE = {"width": 900, "height": 700}
PAGE = {"width": 1440, "height": 900}
TAILS = 10  # frames
SIMULATED = 260
CELLS = 2_400
LIFETIME = 10  # frames, of each cell of the made embryo
MOST_ALIVE = 1 + 10 * LIFETIME + LIFETIME // 2  # a frame at which its tenth generation is there
OPENED, PLAYED_S, SETTLED = 30, 20, 5  # embryos; seconds of each; after so many the memory is compared
MB = 1e6

# ---- in the page

# One embryo at its fullest, in an element of 900 by 700: the stage, or Plotly with the same nuclei. `go` plays one
# interval between two frames over and over and counts the browser's frames.
FULLEST = """async ({data, ground, width, height, tails}) => {
  const names = ["stage_view", "tracks", "colours"];
  const [{ StageView }, { load }, { painter }] = await Promise.all(names.map((name) => import(`/assets/modules/${name}.mjs`)));
  const tracks = await load(data.tracks);
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/assets/stage.css" }));
  const root = document.createElement("div");
  root.style.cssText = `position: fixed; left: 0; top: 0; width: ${width}px; height: ${height}px; background: ${ground}`;
  document.body.replaceChildren(root);
  const view = new StageView(root);
  const body = view.add(tracks, data.calibration, data.pose);
  const made = painter(tracks, { colour: "safe", k: 3, range: null, rules: "" }, data.palettes, { data, results: new Map() });
  view.paint(body, made);
  view.show({ ground, tails: tails ? { behind: tails, ahead: 0, width: 2, colour: "cell", of: "all" } : null });
  let peak = tracks.startFrame;
  for (let frame = peak; frame <= tracks.lastFrame; frame += 1) if (tracks.countAt(frame) > tracks.countAt(peak)) peak = frame;
  const frameAt = (now) => peak - 0.98 + 0.96 * ((now / 1000) % 1);
  const fps = async (step, seconds, settled = 1.5) => {
    const began = performance.now();
    const stamps = [];
    for (;;) {
      const now = await new Promise(requestAnimationFrame);
      if (now - began > 1000 * (seconds + settled)) break;
      if (now - began > 1000 * settled) stamps.push(now);
      await step(frameAt(now));
    }
    return (1000 * (stamps.length - 1)) / (stamps.at(-1) - stamps[0]);
  };
  window.fullest = {
    nuclei: tracks.countAt(peak),
    async stage(seconds) {
      const script = [];
      const rate = await fps((frame) => { view.drawNow(frame); script.push(view.scriptMs); }, seconds);
      return { rate, script: script.sort((a, b) => a - b)[script.length >> 1], pixels: view.pixels };
    },
    async plotly(seconds) {
      const placed = view.drawn();
      const count = () => body.places(frameAt(500)).count;
      const diameters = new Map(placed.map(({ cell, radius }) => [cell, 2 * radius]));
      const colours = new Map(placed.map(({ cell, colour }) => [cell, colour]));
      const axes = (frame) => {
        const { world } = body.places(frame);
        return [0, 1, 2].map((axis) => Array.from({ length: count() }, (_, i) => world[3 * i + axis]));
      };
      const cells = [...body.places(frameAt(500)).cells.subarray(0, count())];
      const [x, y, z] = axes(frameAt(0));
      view.end();
      root.replaceChildren();
      await new Promise((done, failed) => document.head.append(Object.assign(document.createElement("script"), { src: data.plotly, onload: done, onerror: failed })));
      const size = cells.map((cell) => diameters.get(cell) ?? 20);
      const color = cells.map((cell) => colours.get(cell) ?? "#999999");
      const axis = { visible: false };
      await Plotly.newPlot(root, [{ type: "scatter3d", mode: "markers", x, y, z, hoverinfo: "skip", marker: { size, color, opacity: 1, line: { width: 0 } } }], {
        width, height, margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: ground, showlegend: false,
        scene: { aspectmode: "data", xaxis: axis, yaxis: axis, zaxis: axis, camera: { up: { x: 0, y: 1, z: 0 }, eye: { x: 0, y: 0, z: 1.7 } } },
      }, { displayModeBar: false });
      return { rate: await fps((frame) => {
        const [x, y, z] = axes(frame);
        return Plotly.restyle(root, { x: [x], y: [y], z: [z] });
      }, seconds), size: [Math.min(...size), Math.max(...size)], count: cells.length };
    },
  };
  return fullest.nuclei;
}"""

# Seconds from the start of navigation to the frame after `drawn` is true, in `window.drawnAt`.
DRAWN_AT = """(() => { const look = () => {
  let drawn = false;
  try { drawn = Boolean(%s); } catch { /* nothing there yet */ }
  requestAnimationFrame(drawn ? () => { window.drawnAt = performance.now() / 1000; } : look);
}; look(); })()"""
STAGE_DRAWN = "window.blastoscope.watching.space.draws > 0"
COLLECTION_DRAWN = (
    "window.blastoscope.collection.entries.length > 0 && window.blastoscope.collection.space.draws > 0"
)
STOCK_DRAWN = "document.querySelector('.js-plotly-plot .trace')"

# Milliseconds from an event of the hand to the end of the animation frame in which `condition` is true.
TIMED = """({type, condition}) => {
  window.timing = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`not seen within ten seconds: ${condition}`)), 10_000);
    document.addEventListener(type, (event) => {
      const look = () => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => (window.conditions[condition]() ? resolve(performance.now() - event.timeStamp) : look());
        port2.postMessage(0);
      });
      look();
    }, { capture: true, once: true });
  });
}"""
CONDITIONS = """() => {
  const watch = window.blastoscope.watching;
  const { space, tree } = watch;
  const before = { base: 0, moving: 0, stage: 0 };
  window.conditions = {
    remember(name) { Object.assign(before, { base: tree.draws.base, moving: tree.draws.moving, stage: space.draws, name }); },
    hovered: () => watch.tracks.names[watch.hoveredCell] === before.name && tree.draws.moving > before.moving
      && [...document.querySelectorAll(".space-view [class*=tip]")].some((tip) => tip.textContent.includes(before.name)),
    inTree: () => watch.view.cells[0] === before.name && tree.draws.base > before.base,
    onStage: () => watch.view.cells[0] === before.name && space.draws > before.stage,
  };
}"""

# Nuclei that nothing covers and whose branches are broad enough, with their places in the window.
FOREMOST = """() => {
  const { space, tree } = window.blastoscope.watching;
  const nuclei = space.drawn().sort((a, b) => a.depth - b.depth);
  const stage = document.querySelector(".space-surface").getBoundingClientRect();
  const field = document.querySelector(".tree-field").getBoundingClientRect();
  const branches = new Map(tree.drawn().map((branch) => [branch.name, branch]));
  const free = nuclei.filter((one) => branches.has(one.name) && nuclei.every((other) => other === one
    || other.depth > one.depth || Math.hypot(one.x - other.x, one.y - other.y) > other.radius + 3));
  return free.slice(0, 60).map(({ name, x, y }) => {
    const branch = branches.get(name);
    return { name, stage: { x: stage.left + x, y: stage.top + y },
             tree: { x: field.left + branch.x, y: field.top + (branch.from + branch.until) / 2 } };
  });
}"""
HOVERED = "window.blastoscope.watching.tracks.names[window.blastoscope.watching.hoveredCell]"
# To another page of the program as its own links go.
GO = """(path) => {
  history.pushState({}, "", path);
  window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
}"""


# ---- the browser


@contextmanager
def opened(chromium: Any, size: dict[str, int] = PAGE) -> Iterator[Any]:
    """A page with an empty cache."""
    context = chromium.new_context(viewport=size)
    context.set_default_timeout(180_000)
    yield context.new_page()
    context.close()


def until(page: Any, expression: str, seconds: float = 120) -> Any:
    """Wait until an expression is true; our own policy forbids Playwright's wait_for_function."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            value = page.evaluate(expression)
        except Exception:  # the page is on its way
            value = None
        if value:
            return value
        page.wait_for_timeout(50)
    raise TimeoutError(f"never true: {expression}")


def processes(chromium: Any) -> dict[str, list[int]]:
    """Kind of process -> process ids of the running browser."""
    session = chromium.new_browser_cdp_session()
    found: dict[str, list[int]] = {}
    for one in session.send("SystemInfo.getProcessInfo")["processInfo"]:
        found.setdefault(str(one["type"]), []).append(int(one["id"]))
    session.detach()
    return found


def own_memory(pids: list[int]) -> float:
    """MB that only these processes hold, of the largest of them."""
    return max((psutil.Process(pid).memory_full_info().uss for pid in pids), default=0) / MB


def tab_memory(chromium: Any, page: Any) -> tuple[float, float]:
    """MB of the page's process and of the drawing process, after a collection of garbage."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.detach()
    page.wait_for_timeout(300)
    pids = processes(chromium)
    return own_memory(pids["renderer"]), own_memory(pids.get("GPU", []))


# ---- rows


def fullest_rows(chromium: Any, url: str, data: dict[str, Any]) -> list[Measure]:
    """Frames per second of the fullest embryo against Plotly's, and the script time of a frame."""
    told = {"data": data, "ground": "#0e1116", **SIZE, "tails": TAILS}
    stage: list[dict[str, float]] = []
    plotly: list[dict[str, float]] = []
    nuclei = 0
    for _round in range(ROUNDS):
        for kind, taken in (("stage", stage), ("plotly", plotly)):
            with opened(chromium, SIZE) as page:
                page.goto(f"{url}/healthz")
                nuclei = page.evaluate(FULLEST, told)
                page.wait_for_timeout(500)
                taken.append(page.evaluate(f"fullest.{kind}(4)"))
    rate, other = (statistics.median(one["rate"] for one in taken) for taken in (stage, plotly))
    script = statistics.median(one["script"] for one in stage)
    return [
        Measure("nuclei of the fullest embryo", nuclei, ""),
        Measure("stage, fullest embryo with tails of 10 frames", rate, "fps"),
        Measure(
            "its sharpness while it moves", statistics.median(one["pixels"] for one in stage), "px per px"
        ),
        Measure("Plotly scatter3d, the same nuclei", other, "fps"),
        at_least("stage against Plotly", rate / other, "times", 3),
        at_most("script of a frame, one embryo", script, "ms", 1),
    ]


def together_rows(chromium: Any, url: str, name: str, script_limit: float | None) -> list[Measure]:
    """All embryos of a store laid over each other: first drawn, frames per second, script and memory."""
    first = []
    for _round in range(ROUNDS):
        with opened(chromium) as page:
            first.append(drawn_at(page, f"{url}/collection", COLLECTION_DRAWN))
    with opened(chromium) as page:
        began = time.monotonic()
        page.goto(f"{url}/collection", wait_until="commit")
        until(page, "window.blastoscope?.collection?.loading?.running === false", 600)
        loaded = time.monotonic() - began
        until(page, "window.blastoscope.collection.space.isAtRest", 60)
        nuclei = page.evaluate(
            """async () => {
                const collection = window.blastoscope.collection;
                const { frameAt } = await import("/assets/modules/collection_places.mjs");
                const count = (minute) => collection.entries.reduce((sum, entry) => {
                    const frame = frameAt(entry, minute);
                    return sum + (Number.isFinite(frame) ? entry.tracks.countAt(Math.floor(frame)) : 0);
                }, 0);
                const [first, last] = collection.clock.range;
                let best = first;
                for (let minute = first; minute < last - 5; minute += 1) if (count(minute) > count(best)) best = minute;
                window.fullestMinute = best;
                return count(best);
            }"""
        )
        rates, scripts = [], []
        for _round in range(ROUNDS):
            told = page.evaluate(
                """async () => {
                    const { clock } = window.blastoscope.collection;
                    const script = [];
                    clock.speed = 1;
                    clock.seek(window.fullestMinute - 1);
                    const end = clock.subscribe(() => script.push(window.blastoscope.collection.scriptMs));
                    clock.play();
                    const stamps = [];
                    const began = performance.now();
                    for (;;) {
                        const now = await new Promise(requestAnimationFrame);
                        if (now - began > 5500) break;
                        if (now - began > 1500) stamps.push(now);
                    }
                    clock.pause();
                    end();
                    return { rate: (1000 * (stamps.length - 1)) / (stamps.at(-1) - stamps[0]),
                             script: script.sort((a, b) => a - b)[script.length >> 1] };
                }"""
            )
            rates.append(told["rate"])
            scripts.append(told["script"])
        renderer, drawing = tab_memory(chromium, page)
    script = statistics.median(scripts)
    script_name = f"{name}: script of a frame"
    measures = [
        Measure(f"{name}: nuclei at once", nuclei, ""),
        Measure(f"{name}: first drawn, cold", statistics.median(first), "s"),
        Measure(f"{name}: all drawn, cold", loaded, "s"),
        Measure(f"{name}: playing", statistics.median(rates), "fps"),
        Measure(script_name, script, "ms")
        if script_limit is None
        else at_most(script_name, script, "ms", script_limit),
    ]
    memory_name = f"{name}: memory of the tab"
    if script_limit is None:
        measures.append(at_most(memory_name, renderer + drawing, "MB", 1500))
    else:
        measures.append(Measure(memory_name, renderer + drawing, "MB"))
    return measures


def drawn_at(page: Any, address: str, drawn: str) -> float:
    """Seconds from the start of navigation to the first frame after `drawn` is true."""
    page.add_init_script(DRAWN_AT % drawn)
    page.goto(address, wait_until="commit")
    return float(until(page, "window.drawnAt"))


def cold_rows(chromium: Any, url: str, stock_url: str, embryo: Embryo) -> list[Measure]:
    """From the address to the first drawn frame, against a stock Dash page with one graph."""
    ours, stock = [], []
    for _round in range(ROUNDS):
        with opened(chromium) as page:
            stock.append(drawn_at(page, stock_url, STOCK_DRAWN))
        with opened(chromium) as page:
            ours.append(drawn_at(page, f"{url}/embryos/{embryo.id}", STAGE_DRAWN))
    first, other = statistics.median(ours), statistics.median(stock)
    name = "address to first drawn frame, cold"
    return [
        Measure("stock Dash page with one graph, first drawn, cold", other, "s"),
        Measure(name, first, "s", f"< 2.5 and < {other:.2f}", first < 2.5 and first < other),
    ]


def made_embryo() -> pandas.DataFrame:
    """An embryo of 2,400 cells, generation after generation in an ellipsoid; as large was never followed."""
    names = ["P0"]
    for name in names:
        if len(names) >= CELLS:
            break
        names += lineage.daughters(name)
    names = names[:CELLS]
    generation = numpy.array([lineage.generation(name) or 0 for name in names])
    number = numpy.arange(CELLS).repeat(LIFETIME)
    age = numpy.tile(numpy.arange(LIFETIME), CELLS)
    turn = 2.399963 * number + 0.02 * age  # the golden angle spreads them evenly
    along = (0.618034 * number) % 1 * 2 - 1
    around = numpy.sqrt(1 - along**2) * numpy.cbrt((0.754878 * number) % 1)
    expression = 26_000 + 50 * (number % 40)
    return pandas.DataFrame(
        {
            "cell": numpy.array(names, dtype=object)[number],
            "time": 1 + LIFETIME * generation[number] + age,
            "none": expression,
            "global": expression - 25_000,
            "local": expression - 25_500,
            "blot": expression - 25_600,
            "cross": expression - 25_700,
            "z": numpy.round(15 + 11 * around * numpy.sin(turn), 1),
            "x": numpy.rint(350 + 280 * along).astype(int),
            "y": numpy.rint(256 + 150 * around * numpy.cos(turn)).astype(int),
            "size": 22,
            "gweight": 1000,
        }
    )[list(NEEDED)]


def hand_rows(chromium: Any, url: str, embryo: Embryo) -> list[Measure]:
    """From a movement or click of the mouse to its sight in stage and tree, with 2,400 cells."""
    taken: dict[str, list[float]] = {"hovered": [], "inTree": [], "onStage": []}
    with opened(chromium) as page:
        page.goto(f"{url}/embryos/{embryo.id}?v=2&frame={MOST_ALIVE}&cells=ABala")
        until(
            page,
            "window.blastoscope?.watching?.space?.isAtRest && window.blastoscope.watching.tree.draws.base > 0",
        )
        page.evaluate(CONDITIONS)
        for number in range(ROUNDS):
            for place, kind in enumerate(taken):
                taken[kind].append(hand(page, kind, 3 * number + place))
    words = {
        "hovered": "hover to highlight",
        "inTree": "choice on the stage to the tree",
        "onStage": "choice in the tree to the stage",
    }
    return [
        at_most(f"{words[kind]}, {CELLS:,} cells", statistics.median(times), "ms", 50)
        for kind, times in taken.items()
    ]


def hand(page: Any, kind: str, which: int) -> float:
    """ms until what the hand does to the nucleus number `which` (nearest first), or to its branch, is seen."""
    page.mouse.move(5, 400)
    page.wait_for_timeout(700)  # the stage comes to rest, and the last click was long ago
    target = page.evaluate(FOREMOST)[which]  # panels may have moved since the last one
    place = target["tree"] if kind == "onStage" else target["stage"]
    name = target["name"]
    if kind != "hovered":
        page.mouse.move(place["x"], place["y"])
        page.wait_for_timeout(400)
        name = page.evaluate(HOVERED)  # a branch is about as thin as the mouse is exact
    page.evaluate("(name) => window.conditions.remember(name)", name)
    page.evaluate(TIMED, {"type": "pointermove" if kind == "hovered" else "pointerup", "condition": kind})
    if kind == "hovered":
        page.mouse.move(place["x"], place["y"])
    else:
        page.mouse.down()
        page.mouse.up()
    return float(page.evaluate("window.timing"))


def memory_rows(chromium: Any, url: str, embryos: list[Embryo]) -> list[Measure]:
    """Memory of one tab in which one embryo after the other is opened and played, for ten minutes in all."""
    totals = []
    with opened(chromium) as page:
        page.goto(f"{url}/embryos/{embryos[0].id}")
        for embryo in embryos:
            page.evaluate(GO, f"/embryos/{embryo.id}")
            until(
                page,
                f"window.blastoscope?.watching?.data.id === {embryo.id!r} && window.blastoscope.watching.space.draws > 0",
            )
            page.evaluate("window.blastoscope.watching.clock.play()")
            until_s = time.monotonic() + PLAYED_S
            while time.monotonic() < until_s:
                page.wait_for_timeout(500)
                page.evaluate(
                    "window.blastoscope.watching.clock.play()"
                )  # once more from the start where it ended
            page.evaluate("window.blastoscope.watching.clock.pause()")
            totals.append(sum(tab_memory(chromium, page)))
    settled, last = totals[SETTLED - 1], statistics.median(totals[-SETTLED:])
    return [
        Measure("memory of the tab, first embryo", totals[0], "MB"),
        Measure(f"memory of the tab, {SETTLED} embryos opened", settled, "MB"),
        Measure(
            f"memory of the tab, {len(totals)} opened and played {PLAYED_S * len(totals) / 60:.0f} min",
            last,
            "MB",
        ),
        at_most(f"its growth after embryo {SETTLED}", 100 * (last / settled - 1), "%", 20),
    ]


# ---- the program


@contextmanager
def served(fill_in: Callable[[Lab], object]) -> Iterator[tuple[str, Lab]]:
    """The program on a lab of its own that `fill_in` filled: its address, and the lab."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {"BLASTOSCOPE_DATA": folder, "BLASTOSCOPE_SIMULATED": "0", "PORT": "0"}
        lab = open_lab(read_settings(environ))
        fill_in(lab)
        lab.poses.poses_of(lab.embryos.page(limit=1000)[0])  # as in a lab that has been used
        with program("app.py", **environ) as (url, _process):
            yield url, lab
        lab.engine.dispose()


def measure(options: argparse.Namespace) -> list[Measure]:
    """All rows, with the embryos of `options.embryos`."""
    from playwright.sync_api import sync_playwright

    def real(lab: Lab) -> None:
        import_paths(lab, [(path, path.name) for path in cd_files(options.embryos)])

    measures: list[Measure] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with served(real) as (url, lab), program("-c", STOCK) as (stock_url, _stock):
            embryos, total = lab.embryos.page(limit=1000)
            median = sorted(embryos, key=lambda embryo: embryo.rows)[total // 2]
            fullest = max(embryos, key=lambda embryo: embryo.max_cells)
            made = lab.embryos.add(write_cd(made_embryo()), "CD20260101_made_L1.csv").embryo
            measures += fullest_rows(chromium, url, page_data(lab, fullest))
            measures += cold_rows(chromium, url, stock_url, median)
            measures += hand_rows(chromium, url, made)
            lab.embryos.delete([made.id])
            measures += together_rows(chromium, url, f"{total} embryos", 2)
            measures += memory_rows(chromium, url, embryos[:OPENED])
        with served(lambda lab: fill(lab.embryos, SIMULATED)) as (url, lab):
            measures += together_rows(chromium, url, f"{SIMULATED} simulated embryos", None)
        chromium.close()
    return measures


if __name__ == "__main__":
    main("stage", measure)
