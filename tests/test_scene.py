"""The stage's scene in a real browser: what is drawn is read from the pixels and held against the CD file."""

from collections.abc import Callable
from typing import Any

import numpy
import pandas
import pytest

from components import look
from pages.embryo import page_data
from services.lineage import colour_group
from tests.conftest import REFERENCE

WIDTH, HEIGHT = 900, 700
GROUND = (14, 17, 22)
PLAIN, DIM, CHOSEN = 1, 2, 3
CUE = 0.45  # how far the farthest is taken towards the ground, see assets/modules/scene.mjs
# A cell that lives to the end of the real recording; here she is no longer tracked after that frame.
UNTRACKED, LAST_SEEN = "Caapa", 110

# `stage` in the page: one scene with one body, and what the tests ask of it. Everything is drawn and read in
# one task, as WebGL keeps no drawing longer.
STAGE = """async ({data, width, height}) => {
  const names = ["scene", "camera", "tracks", "colours"];
  const [{ Scene, NoWebGL }, { Camera }, { load }, { painter }] = await Promise.all(
    names.map((name) => import(`/assets/modules/${name}.mjs`)));
  const tracks = await load(data.tracks);
  const canvas = document.createElement("canvas");
  const scene = new Scene(canvas);
  const body = scene.add(tracks, data.calibration, data.pose);
  const camera = Camera.canonical().fit(32);
  const options = { camera, width, height, pixels: 1, ground: "#0e1116", fine: true, tails: null, shell: false };
  const cell = (name) => tracks.names.indexOf(name);
  window.stage = {
    Scene, NoWebGL, Camera, scene, body, camera, tracks, options,
    paint(view) {
      const made = painter(tracks, { k: 3, range: null, rules: "", ...view }, data.palettes, {
        calibration: data.calibration, minutes: data.minutes, firstFrame: data.first_frame });
      body.paint(made);
      return made;
    },
    style(others, chosen = {}) {
      const styles = new Uint8Array(tracks.names.length).fill(others);
      for (const [name, style] of Object.entries(chosen)) styles[cell(name)] = style;
      body.style(styles);
    },
    draw(frame, more = {}) {
      body.frame = frame;
      scene.draw({ ...options, ...more });
    },
    // Of each world place where the camera has it, and the pixel that is there.
    pixels(frame, places, more = {}) {
      this.draw(frame, more);
      return places.map((place) => {
        const { x, y, depth } = camera.project(place, width, height);
        return { x, y, depth, pixel: scene.read(x, y).slice(0, 3) };
      });
    },
    all(frame, more = {}) {
      this.draw(frame, more);
      const rows = new Uint8Array(4 * canvas.width * canvas.height);
      scene.gl.readPixels(0, 0, canvas.width, canvas.height, scene.gl.RGBA, scene.gl.UNSIGNED_BYTE, rows);
      return rows;
    },
    // Where what is drawn lies: count of pixels that aren't ground, their middle and the brightest's strength.
    spot(frame, more = {}) {
      const rows = this.all(frame, more);
      let [count, right, down, most] = [0, 0, 0, 0];
      for (let i = 0; i < rows.length / 4; i += 1) {
        const away = Math.abs(rows[4 * i] - 14) + Math.abs(rows[4 * i + 1] - 17) + Math.abs(rows[4 * i + 2] - 22);
        if (away < 6) continue;
        count += 1;
        most = Math.max(most, away);
        right += (i % canvas.width) + 0.5;
        down += canvas.height - Math.floor(i / canvas.width) - 0.5;
      }
      return { count, most, x: count ? right / count : null, y: count ? down / count : null };
    },
    project: (places) => places.map((place) => camera.project(place, width, height)),
    places(frame) {
      const { count, cells, world, radius, alpha } = body.places(frame);
      return Object.fromEntries(Array.from({ length: count }, (_, i) => [
        tracks.names[cells[i]], { world: [...world.subarray(3 * i, 3 * i + 3)], radius: radius[i], alpha: alpha[i] }]));
    },
  };
  stage.paint({ colour: "safe" });
  return scene.gl.getError();
}"""


@pytest.fixture(scope="module")
def program(serve: Callable[..., Any]) -> Any:
    return serve()


@pytest.fixture(scope="module")
def embryo(program: Any, epic: Any) -> Any:
    """A real embryo, in which one track was cut short."""
    lines = (epic / REFERENCE).read_text().splitlines(keepends=True)
    kept = [line for line in lines if (cell := line.split(","))[1] != UNTRACKED or int(cell[2]) <= LAST_SEEN]
    assert len(kept) < len(lines)
    return program.lab.embryos.add("".join(kept).encode(), REFERENCE).embryo


@pytest.fixture(scope="module")
def data(program: Any, embryo: Any) -> dict[str, Any]:
    return page_data(program.lab, embryo)


@pytest.fixture(scope="module")
def rows(embryo: Any, program: Any, data: dict[str, Any]) -> pandas.DataFrame:
    """The CD file, with each nucleus's place in the world (µm) worked out from it here."""
    table = pandas.read_csv(program.lab.embryos.original(embryo.id))
    pixel, plane = data["calibration"]["pixel_um"], data["calibration"]["plane_um"]
    recorded = table[["x", "y", "z"]].to_numpy(float) * [pixel, pixel, plane]
    rotation = numpy.reshape(data["pose"]["rotation"], (3, 3))
    table[["X", "Y", "Z"]] = (recorded - data["pose"]["centre"]) @ rotation.T
    table["radius"] = table["size"] * pixel / 2
    return table.set_index(["cell", "time"]).sort_index()


@pytest.fixture
def stage(page: Any, program: Any, data: dict[str, Any]) -> Any:
    page.goto(f"{program.url}/healthz")  # the program's own address and rules, and nothing else on the page
    told = {
        name: data[name] for name in ("tracks", "calibration", "pose", "palettes", "minutes", "first_frame")
    }
    assert page.evaluate(STAGE, {"data": told, "width": WIDTH, "height": HEIGHT}) == 0
    return page


def place(rows: pandas.DataFrame, cell: str, frame: float) -> list[float]:
    """Where the CD file has a cell, straight between two of its frames."""
    whole = int(numpy.floor(frame))
    at = rows.loc[(cell, whole), ["X", "Y", "Z"]].to_numpy(float)
    if frame > whole:
        at = at + (frame - whole) * (rows.loc[(cell, whole + 1), ["X", "Y", "Z"]].to_numpy(float) - at)
    return [float(value) for value in at]


def in_front(rows: pandas.DataFrame, frame: int) -> list[str]:
    """Cells whose middle nothing covers in the canonical view: no nucleus before it comes near its middle."""
    here = rows.xs(frame, level="time")
    free = []
    for name, nucleus in here.iterrows():
        away = numpy.hypot(here["X"] - nucleus["X"], here["Y"] - nucleus["Y"])
        nearer = (here["Z"] + here["radius"] > nucleus["Z"]) & (here.index != name)
        if not (nearer & (away < here["radius"] * 1.25 + 0.5)).any():
            free.append(str(name))
    return free


def told_colour(cell: str, depth: float, extent: float) -> numpy.ndarray:
    """The colour of a founder (safe palette) in the middle of a nucleus, so far from the viewer."""
    colour = look.founder_colours("safe")[colour_group(cell)]
    channels = numpy.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], float)
    share = CUE * min(max(0.5 + 0.5 * depth / extent, 0), 1)
    return channels + share * (numpy.array(GROUND) - channels)


def only(stage: Any, cell: str, style: int = PLAIN) -> None:
    """Hide all others."""
    stage.evaluate("([cell, style]) => stage.style(0, { [cell]: style })", [cell, style])


def spot(stage: Any, frame: float, **more: Any) -> dict[str, Any]:
    return dict(stage.evaluate("([frame, more]) => stage.spot(frame, more)", [frame, more]))


def projected(stage: Any, at: list[float]) -> dict[str, float]:
    return dict(stage.evaluate("(place) => stage.project([place])[0]", at))


# ---- where nuclei are


@pytest.mark.browser
@pytest.mark.embryos
def test_a_cell_is_where_the_file_says_with_its_colour(stage: Any, rows: pandas.DataFrame) -> None:
    extent = stage.evaluate("stage.camera.radius")
    seen = 0
    for frame in (20, 60, 110):
        for fine in (True, False):
            names = in_front(rows, frame)
            at = stage.evaluate(
                "([frame, places, fine]) => stage.pixels(frame, places, { fine })",
                [frame, [place(rows, name, frame) for name in names], fine],
            )
            for name, found in zip(names, at, strict=True):
                assert numpy.allclose(found["pixel"], told_colour(name, found["depth"], extent), atol=9), (
                    frame,
                    name,
                )
                seen += 1
    assert seen > 60
    assert stage.evaluate("stage.scene.read(3, 3)") == [*GROUND, 255]


@pytest.mark.browser
@pytest.mark.embryos
def test_every_nucleus_of_a_frame_is_drawn_in_its_place(stage: Any, rows: pandas.DataFrame) -> None:
    """Each drawn alone: the middle of its pixels is where camera and pose have the CD file's place."""
    here = rows.xs(60, level="time")
    alone = stage.evaluate(
        """(names) => names.map((name) => {
            stage.style(0, { [name]: 1 });
            return stage.spot(60, { fine: false });
        })""",
        list(here.index),
    )
    meant = stage.evaluate("(places) => stage.project(places)", here[["X", "Y", "Z"]].to_numpy().tolist())
    for (name, nucleus), found, at in zip(here.iterrows(), alone, meant, strict=True):
        assert abs(found["x"] - at["x"]) < 0.3 and abs(found["y"] - at["y"]) < 0.3, name
        diameter = 2 * numpy.sqrt(found["count"] / numpy.pi)
        assert diameter == pytest.approx(2 * nucleus["radius"] * at["perUm"], rel=0.03), name


@pytest.mark.browser
@pytest.mark.embryos
def test_places_told_are_those_of_the_file(stage: Any, rows: pandas.DataFrame) -> None:
    for frame in (1, 60, 61, 130):
        told = stage.evaluate("(frame) => stage.places(frame)", frame)
        here = rows.xs(frame, level="time")
        assert set(told) == set(here.index)
        for name, nucleus in here.iterrows():
            assert told[name]["world"] == pytest.approx(nucleus[["X", "Y", "Z"]].tolist(), abs=1e-5)
            assert told[name]["radius"] == pytest.approx(nucleus["radius"], abs=1e-5)
            assert told[name]["alpha"] == 1
    halfway = stage.evaluate("() => stage.places(60.5)")
    for name in set(rows.xs(60, level="time").index) & set(rows.xs(61, level="time").index):
        assert halfway[name]["world"] == pytest.approx(place(rows, name, 60.5), abs=1e-5)
    assert stage.evaluate("() => stage.body.places(60).world === stage.body.places(60.5).world"), (
        "arrays are used again"
    )


@pytest.mark.browser
@pytest.mark.embryos
def test_between_two_frames_a_cell_is_on_its_way(stage: Any, rows: pandas.DataFrame) -> None:
    both = rows.xs(60, level="time").join(rows.xs(61, level="time"), lsuffix="0", rsuffix="1", how="inner")
    moved = numpy.hypot(both["X1"] - both["X0"], both["Y1"] - both["Y0"]).sort_values(ascending=False)
    for cell in moved.index[:6]:
        only(stage, cell)
        for frame in (60, 60.25, 60.5, 60.75, 61):
            found, at = spot(stage, frame), projected(stage, place(rows, cell, frame))
            assert (found["x"], found["y"]) == pytest.approx((at["x"], at["y"]), abs=0.4), (cell, frame)


@pytest.mark.browser
@pytest.mark.embryos
def test_daughters_leave_from_their_mothers_place(stage: Any, rows: pandas.DataFrame) -> None:
    parent, daughters = "ABala", ("ABalaa", "ABalap")
    last = int(rows.loc[parent].index.max())
    assert {int(rows.loc[daughter].index.min()) for daughter in daughters} == {last + 1}
    at = projected(stage, place(rows, parent, last))
    for daughter in daughters:
        only(stage, daughter)
        assert spot(stage, last)["count"] == 0, "before her birth nothing is there"
        found = spot(stage, last + 0.001)
        assert found["count"] > 100
        assert (found["x"], found["y"]) == pytest.approx((at["x"], at["y"]), abs=0.4)
        born = projected(stage, place(rows, daughter, last + 1))
        found = spot(stage, last + 1)
        assert (found["x"], found["y"]) == pytest.approx((born["x"], born["y"]), abs=0.4)
    only(stage, parent)
    assert spot(stage, last)["count"] > 100
    assert spot(stage, last + 0.001)["count"] == 0, "she is her daughters now"


@pytest.mark.browser
@pytest.mark.embryos
def test_births_and_ends_fade_and_then_nothing_is_there(
    stage: Any, rows: pandas.DataFrame, data: dict[str, Any]
) -> None:
    cell, last = UNTRACKED, LAST_SEEN
    only(stage, cell)
    whole, half, gone = (spot(stage, frame) for frame in (last, last + 0.6, last + 1))
    assert gone["count"] == 0 and spot(stage, last + 5)["count"] == 0
    assert 0.2 * whole["most"] < half["most"] < 0.6 * whole["most"], "fading where it was last"
    assert (half["x"], half["y"]) == pytest.approx((whole["x"], whole["y"]), abs=0.5)

    first = data["first_frame"]
    root = str(rows.xs(first, level="time").index[0])
    only(stage, root)
    assert spot(stage, first - 1)["count"] == 0
    assert 0 < spot(stage, first - 0.5)["most"] < spot(stage, first)["most"]


@pytest.mark.browser
@pytest.mark.embryos
def test_no_view_is_a_mirror_image(
    stage: Any, rows: pandas.DataFrame, data: dict[str, Any], embryo: Any
) -> None:
    """Four nuclei span a tetrahedron of the same handedness on the screen as in the recording, from any side."""
    assert numpy.linalg.det(numpy.reshape(data["pose"]["rotation"], (3, 3))) == pytest.approx(1)
    cells = ["ABplpa", "MSa", "Ca", "ABarpp"]
    frame = next(time for time in range(1, 200) if all((cell, time) in rows.index for cell in cells))
    recorded = numpy.array([rows.loc[(cell, frame), ["x", "y", "z"]].to_numpy(float) for cell in cells])
    recorded *= [embryo.pixel_um, embryo.pixel_um, embryo.plane_um]  # right, down, away: right-handed

    def handedness(points: numpy.ndarray) -> float:
        return float(numpy.linalg.det(points[1:] - points[0]))

    assert abs(handedness(recorded)) > 100
    views = stage.evaluate(
        """([cells, frame]) => {
            const views = [];
            stage.camera.flat = true;
            const see = () => views.push(cells.map((cell) => {
                stage.style(0, { [cell]: 1 });
                const { x, y } = stage.spot(frame, { fine: false });
                return { x, y, depth: stage.camera.project(stage.places(frame)[cell].world).depth };
            }));
            for (const side of "LRAPDV") { stage.camera.look(side); see(); }
            for (let i = 0; i < 4; i += 1) { stage.camera.rotate(137 * (i + 1), 71 - 40 * i); see(); }
            return views;
        }""",
        [cells, frame],
    )
    for view in views:
        scale = stage.evaluate("stage.camera.scale()")
        drawn = numpy.array(
            [[at["x"] / scale, at["y"] / scale, at["depth"]] for at in view]
        )  # right, down, away
        assert handedness(drawn) == pytest.approx(handedness(recorded), rel=0.4), (
            "the same sign and, nearly, size"
        )


# ---- how nuclei look


@pytest.mark.browser
@pytest.mark.embryos
def test_what_is_chosen_is_seen_through_what_is_dim(stage: Any, rows: pandas.DataFrame) -> None:
    frame = 120
    here = rows.xs(frame, level="time")
    deep = here[(here["X"].abs() < 10) & (here["Y"].abs() < 6)][
        "Z"
    ].idxmin()  # the farthest from the viewer, far inside
    at = place(rows, str(deep), frame)
    covered, through = (
        stage.evaluate(
            "([cell, others, style, frame, at]) => { stage.style(others, { [cell]: style });"
            " return stage.pixels(frame, [at])[0]; }",
            [deep, others, style, frame, at],
        )
        for others, style in ((PLAIN, PLAIN), (DIM, CHOSEN))
    )
    own = told_colour(str(deep), through["depth"], stage.evaluate("stage.camera.radius"))
    assert numpy.abs(through["pixel"] - own).max() < 60
    assert numpy.abs(numpy.array(covered["pixel"]) - through["pixel"]).max() > 40, "else it was never covered"


@pytest.mark.browser
@pytest.mark.embryos
def test_a_chosen_one_has_a_rim_that_shows_on_dark_and_light(stage: Any, rows: pandas.DataFrame) -> None:
    cell = in_front(rows, 60)[0]
    only(stage, cell, CHOSEN)
    at, radius = place(rows, cell, 60), float(rows.loc[(cell, 60), "radius"])
    for ground, expected in (("#0e1116", "light"), ("#ffffff", "dark")):
        edge = stage.evaluate(
            """([at, radius, ground]) => {
                stage.draw(60, { ground, pixels: 2 });
                const { x, y, perUm } = stage.camera.project(at, 900, 700);
                return stage.scene.read(x + radius * perUm - 0.8, y).slice(0, 3);
            }""",
            [at, radius, ground],
        )
        assert (min(edge) > 150) if expected == "light" else (max(edge) < 110), (ground, edge)


@pytest.mark.browser
@pytest.mark.embryos
def test_colours_of_a_scale_run_between_frames(stage: Any, rows: pandas.DataFrame) -> None:
    """Expression is asked for at each row; between two rows it is mixed, and on the row it is the painter's."""
    stage.evaluate("() => { stage.painter = stage.paint({ colour: 'blot' }); }")
    assert stage.evaluate("[stage.painter.perCell, stage.painter.scale]") == [False, True]
    blot = rows.xs(100, level="time")["blot"]
    cell = str(blot.idxmax())
    only(stage, cell)
    for frame in (99, 99.5, 100):
        at = place(rows, cell, frame)
        found, own, depth = stage.evaluate(
            """([cell, frame, at]) => {
                const { tracks, painter } = stage;
                const index = tracks.names.indexOf(cell);
                const [from, to] = [tracks.rowOf(index, 99), tracks.rowOf(index, 100)];
                const share = frame - 99;
                const colour = painter.colours[painter.of(index, from, to, share)];
                const [{ pixel, depth }] = stage.pixels(frame, [at]);
                return [pixel, [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)), depth];
            }""",
            [cell, frame, at],
        )
        far = CUE * (0.5 + 0.5 * depth / stage.evaluate("stage.camera.radius"))
        assert numpy.allclose(found, numpy.array(own) + far * (numpy.array(GROUND) - own), atol=12), frame


@pytest.mark.browser
@pytest.mark.embryos
def test_tails_are_where_cells_were_and_end_with_their_length(stage: Any, rows: pandas.DataFrame) -> None:
    tail = {"behind": 8, "ahead": 0, "width": 3, "colour": "cell", "of": "chosen"}
    parent, cell = "MSa", "MSaa"
    born = int(rows.loc[cell].index.min())
    stage.evaluate("([parent, cell]) => stage.style(0, { [parent]: 2, [cell]: 3 })", [parent, cell])
    now = born + 1
    before = place(rows, parent, now - 5)
    here = place(rows, cell, now)
    radius = float(rows.loc[(cell, now), "radius"])
    assert numpy.hypot(before[0] - here[0], before[1] - here[1]) > radius, "outside the nucleus itself"
    with_tail, without = (
        stage.evaluate(
            "([now, at, tails]) => stage.pixels(now, [at], { tails })[0].pixel", [now, before, tails]
        )
        for tails in (tail, None)
    )
    assert without == list(GROUND)
    assert max(with_tail) > 50, "her mother's way before her birth"
    assert spot(stage, born - 3, tails=tail)["count"] == spot(stage, born - 3)["count"], (
        "not before she is there"
    )

    ended, last = UNTRACKED, LAST_SEEN
    only(stage, ended, CHOSEN)
    assert spot(stage, last + 1)["count"] == 0
    assert spot(stage, last + 2, tails=tail)["count"] > 0
    assert spot(stage, last + 9, tails=tail)["count"] == 0, "no tail is left hanging"
    assert (
        spot(stage, last - 20, tails=tail | {"behind": 0, "ahead": 15})["count"]
        > spot(stage, last - 20)["count"]
    )


# ---- the context


@pytest.mark.browser
@pytest.mark.embryos
def test_a_lost_context_comes_back_with_everything(stage: Any) -> None:
    told = stage.evaluate(
        """async () => {
            const { scene } = stage;
            const options = { shell: true, tails: { behind: 5, ahead: 5, width: 2, colour: "time", of: "all" } };
            stage.paint({ colour: "blot" });
            stage.style(2, { ABala: 3, MS: 3, E: 0 });
            const before = stage.all(60.4, options);
            const lose = scene.gl.getExtension("WEBGL_lose_context");
            const lost = new Promise((done) => { scene.onlost = () => done(scene.lost); });
            lose.loseContext();
            const toldLost = await lost;
            stage.draw(61);  // nothing happens, and nothing is thrown
            const restored = new Promise((done) => { scene.onrestored = () => done(scene.lost); });
            setTimeout(() => lose.restoreContext(), 50);
            const toldRestored = await restored;
            const after = stage.all(60.4, options);
            return { toldLost, toldRestored, different: before.filter((value, i) => value !== after[i]).length,
                     drawn: before.filter((value, i) => i % 4 === 0 && value > 60).length, error: scene.gl.getError() };
        }"""
    )
    assert told["toldLost"] is True and told["toldRestored"] is False
    assert told["drawn"] > 1000
    assert (told["different"], told["error"]) == (0, 0)


@pytest.mark.browser
@pytest.mark.embryos
def test_pictures_memory_and_refusals(stage: Any, rows: pandas.DataFrame) -> None:
    told = stage.evaluate(
        """() => {
            const { scene, body, tracks, options, Scene, NoWebGL } = stage;
            const shown = stage.all(60.5);
            const picture = scene.picture(options);  // at the same moment, off the canvas
            const [width, height] = [picture.width, picture.height];
            let different = 0;
            for (let line = 0; line < height; line += 1) {
                for (let i = 0; i < 4 * width; i += 1) {
                    if (picture.data[4 * width * line + i] !== shown[4 * width * (height - 1 - line) + i]) different += 1;
                }
            }
            const bytes = scene.bytes;
            const second = scene.add(tracks, body.calibration, body.pose);
            second.offset = [0, 12, 0];
            second.frame = 60.5;
            const both = stage.spot(60.5).count;
            const twice = scene.bytes;
            scene.remove(second);
            const one = stage.spot(60.5).count;
            const refused = [];
            const taken = document.createElement("canvas");
            taken.getContext("2d");
            for (const wrong of [() => new Scene(taken), () => scene.picture({ ...options, width: 1e6 })]) {
                try { wrong(); } catch (error) { refused.push(error instanceof NoWebGL ? "NoWebGL" : error.name); }
            }
            const left = scene.bytes;
            scene.end();
            stage.draw(61);
            return { size: [width, height], different, bytes, twice, left, both, one, refused, rows: tracks.rows };
        }"""
    )
    assert told["size"] == [WIDTH, HEIGHT]
    assert told["different"] == 0
    assert told["rows"] == len(rows)
    assert told["bytes"] / told["rows"] < 30, "bytes a row on the GPU"
    assert told["twice"] > 1.8 * told["bytes"] and told["left"] == told["bytes"]
    assert told["both"] > 1.1 * told["one"]
    assert told["refused"] == ["NoWebGL", "RangeError"]
