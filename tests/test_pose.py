"""How embryos lie: orientation by names, clock, shell, mirror images, corrections by hand, and their calls."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

from services.cd_file import write_cd
from services.eggshell import smallest_shell
from services.embryos import minutes_of
from services.lab import open_lab
from services.pose import checked_rotation, described_rotation, pose_of
from services.poses import PoseStore
from services.simulate import PIXEL_UM, PLANE_UM, circumstances, simulate
from tests.conftest import REFERENCE
from tests.hand_made import cd_file

MIRRORED = "CD20241009_JIM767_25_L5"
QUARTER = [0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]


def any_rotation(seed: int) -> np.ndarray:
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return rotation * np.sign(np.linalg.det(rotation))


def degrees_between(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(one.T @ other) - 1) / 2, -1, 1))))


def posed(table: pandas.DataFrame, interval_min: float = 1.0, **given: Any) -> Any:
    return pose_of(table, PIXEL_UM, PLANE_UM, lambda frames: (frames - 1) * interval_min, 1, **given)


# ---- real embryos


@pytest.fixture(scope="module")
def real(epic: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """(embryo, table, pose) of each real embryo."""
    from tests.conftest import settings_of

    lab = open_lab(settings_of(tmp_path_factory.mktemp("poses") / "data"))
    found = []
    for path in sorted(epic.glob("CD*.csv")):
        embryo = lab.embryos.add(path.read_bytes(), path.name).embryo
        table = lab.embryos.table(embryo.id)
        pose = pose_of(
            table, embryo.pixel_um, embryo.plane_um, partial(minutes_of, embryo), embryo.first_frame
        )
        found.append((embryo, table, pose))
    return found


def last_place(embryo: Any, table: pandas.DataFrame, pose: Any, *cells: str) -> Any:
    """Mean world place of `cells` at the end of their lives; None where one isn't followed."""
    ends = []
    for cell in cells:
        rows = table[(table["cell"] == cell) & (table["time"] >= embryo.first_frame)]
        if not len(rows):
            return None
        row = rows.iloc[-1]
        recorded = np.array(
            [row["x"] * embryo.pixel_um, row["y"] * embryo.pixel_um, row["z"] * embryo.plane_um]
        )
        ends.append(pose.rotation @ (recorded - pose.centre))
    return np.mean(ends, axis=0)


@pytest.mark.embryos
def test_abpl_is_on_the_animals_left_in_every_oriented_embryo(real: Any) -> None:
    """And anterior is at low x, dorsal up. ABpl lies left of ABpr, ABa's cells before ABp's, ABp over EMS."""
    asked = {"left": 0, "anterior": 0, "dorsal": 0}
    oriented = [each for each in real if each[2].axes == "animal"]
    assert len(oriented) == len(real) - 1, "all but the one that fits only mirrored"
    for embryo, table, pose in oriented:
        place = partial(last_place, embryo, table, pose)
        assert np.linalg.det(pose.rotation) == pytest.approx(1)
        assert np.allclose(pose.rotation @ pose.rotation.T, np.eye(3))
        pairs = {
            "left": (place("ABpl"), place("ABpr"), 2),
            "anterior": (place("ABpla", "ABplp", "ABpra", "ABprp"), place("ABala", "ABalp"), 0),
            "dorsal": (place("ABpla", "ABplp", "ABpra", "ABprp"), place("MS", "E"), 1),
        }
        for what, (one, other, axis) in pairs.items():
            if one is None or other is None:
                continue  # not followed in this embryo
            asked[what] += 1
            if what == "left":
                assert one[axis] > 0, f"{embryo.name}: ABpl isn't on the left"
            assert one[axis] > other[axis] + 1, f"{embryo.name}: {what}"
    assert min(asked.values()) >= len(oriented) - 2, asked


@pytest.mark.embryos
def test_only_the_mirrored_embryo_is_called_mirrored_and_it_is_not_forced(real: Any) -> None:
    assert [embryo.name for embryo, _, pose in real if pose.mirrored] == [MIRRORED]
    (pose,) = [pose for embryo, _, pose in real if embryo.name == MIRRORED]
    assert (pose.axes, pose.whence) == ("recorded", "recorded")
    assert "mirror image" in pose.why
    assert np.array_equal(pose.rotation, np.diag([1, -1, -1]))


@pytest.mark.embryos
def test_oriented_embryos_lie_over_each_other(real: Any) -> None:
    """Cells of one name at their division: in the median within 6 µm of the median over embryos."""
    names = ("ABpl", "MSa", "Ea", "Ca", "ABala", "ABarp", "ABplap", "MSpp")
    for name in names:
        places = [last_place(*each, name) for each in real if each[2].axes == "animal"]
        there = np.array([place for place in places if place is not None])
        assert len(there) > 60
        off = np.linalg.norm(there - np.median(there, axis=0), axis=1)
        assert np.median(off) < 6, name


@pytest.mark.embryos
def test_clocks_agree_on_when_cells_are_born(real: Any) -> None:
    """A cell of 100 minutes is born within 4 minutes of the median, in nine of ten embryos."""
    births = []
    for embryo, table, pose in real:
        first = table[table["cell"] == "ABalaaaa"]["time"].min()
        if first == first and pose.clock.zero is not None:
            minute = minutes_of(embryo, np.array([first]))[0]
            births.append(pose.clock.rate * (minute - pose.clock.zero))
    assert len(births) > 60
    assert np.mean(np.abs(np.array(births) - np.median(births)) < 4) >= 0.9


@pytest.mark.embryos
def test_a_short_recording_is_oriented_by_its_founders(real: Any) -> None:
    """The first frames, up to 12 cells: in nine of ten within 30° of what the whole recording says."""
    angles = []
    for embryo, table, pose in real:
        if pose.axes != "animal" or embryo.start_cells > 6:
            continue
        counts = table[table["time"] >= embryo.first_frame].groupby("time").size()
        short = table[table["time"] < counts.index[counts > 12][0]]
        early = pose_of(
            short, embryo.pixel_um, embryo.plane_um, partial(minutes_of, embryo), embryo.first_frame
        )
        assert early.whence == "names", embryo.name
        angles.append(degrees_between(early.rotation, pose.rotation))
    assert len(angles) > 50
    assert np.mean(np.array(angles) < 30) > 0.9
    assert max(angles) < 60


@pytest.mark.embryos
def test_a_pose_takes_no_time(real: Any) -> None:
    import time

    took = []
    for embryo, table, _pose in real[:20]:
        start = time.process_time()
        pose_of(table, embryo.pixel_um, embryo.plane_um, partial(minutes_of, embryo), embryo.first_frame)
        took.append(time.process_time() - start)
    assert np.median(took) < 0.15, "50 ms on an idle machine; all threads' time is counted here"


# ---- simulated embryos, of which the truth is known


@pytest.mark.parametrize("seed", range(1, 7))
def test_rotation_rate_and_start_of_a_simulated_embryo_are_found(seed: int) -> None:
    rotation = circumstances(seed).rotation if seed % 2 else any_rotation(seed)
    rate = [0.7, 1.0, 1.4][seed % 3]
    stretch = np.array([1.1, 0.95, 1.0])
    pose = posed(simulate(seed, minutes=150 * rate, rotation=rotation, rate=rate, stretch=stretch))
    assert (pose.axes, pose.whence, pose.why, pose.mirrored) == ("animal", "names", "", False)
    assert degrees_between(pose.rotation, rotation.T) < 4
    assert 1 / pose.clock.rate == pytest.approx(rate, rel=0.05)
    assert np.linalg.norm(pose.rotation @ (circumstances(seed).centre_um - pose.centre)) < 4


def test_the_zero_of_the_clock_is_the_birth_of_abal() -> None:
    table = simulate(3)
    born = table[table["cell"] == "ABal"]["time"].min() - 1
    assert posed(table).clock.zero == pytest.approx(born, abs=3)
    every_90_s = posed(table, interval_min=1.5)
    assert every_90_s.clock.rate == pytest.approx(posed(table).clock.rate / 1.5)
    assert every_90_s.clock.zero == pytest.approx(posed(table).clock.zero * 1.5)


def test_a_recording_before_any_division_has_no_clock_and_is_oriented_by_four_cells() -> None:
    table = simulate(4, start_cells=4, minutes=3)
    assert set(table["cell"]) == {"ABa", "ABp", "EMS", "P2"}
    pose = posed(table)
    assert pose.clock.zero is None
    assert pose.clock.rate == 1
    assert pose.whence == "names"
    assert degrees_between(pose.rotation, circumstances(4).rotation.T) < 45


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_a_flipped_embryo_is_called_mirrored(axis: str) -> None:
    table = simulate(5, minutes=120)
    table[axis] = table[axis].max() - table[axis]
    pose = posed(table)
    assert pose.mirrored
    assert pose.axes == "recorded"


def test_without_names_it_lies_as_recorded() -> None:
    table = simulate(6, minutes=60)
    named = table["cell"].unique()
    table["cell"] = table["cell"].map({name: f"Nuc{number}" for number, name in enumerate(named)})
    pose = posed(table)
    assert (pose.axes, pose.whence, pose.mirrored) == ("recorded", "recorded", False)
    assert "fewer than 4" in pose.why
    assert np.array_equal(pose.rotation, np.diag([1, -1, -1]))
    middle = np.array([table["x"].mean() * PIXEL_UM, table["y"].mean() * PIXEL_UM, table["z"].mean()])
    assert np.linalg.norm(pose.centre - middle) < 5


def test_names_that_mean_nothing_orient_nothing() -> None:
    table = simulate(7, minutes=100)
    named = table["cell"].unique()
    dealt = np.random.default_rng(0).permutation(named)
    table["cell"] = table["cell"].map(dict(zip(named, dealt, strict=True)))
    pose = posed(table)
    assert pose.axes == "recorded"
    assert pose.why


def test_a_few_misnamed_cells_and_strays_change_little() -> None:
    table = simulate(8, minutes=120)
    sound = posed(table)
    table["cell"] = table["cell"].replace(
        {"ABalaaa": "Cppp", "Cppp": "ABalaaa", "MSaa": "ABprpp", "ABprpp": "MSaa"}
    )
    stray = table.iloc[[50]].assign(cell="Nuc1", x=9000, y=-9000, z=400)
    before = table.iloc[[0]].assign(cell="P0", time=-20, x=0, y=0, z=0)
    pose = posed(pandas.concat([table, stray, before], ignore_index=True))
    assert degrees_between(pose.rotation, sound.rotation) < 3
    assert pose.shell.semiaxes == pytest.approx(sound.shell.semiaxes, rel=0.1)


@pytest.mark.parametrize("cells", [("ABa",), ("ABa", "ABp"), ("Nuc1", "Nuc2")])
def test_an_embryo_of_next_to_nothing_has_a_pose(cells: tuple[str, ...]) -> None:
    rows = [
        {"cell": cell, "time": time, "x": 10.0 * number, "y": 5.0, "z": 3.0, "size": 20.0}
        for number, cell in enumerate(cells)
        for time in (1, 2)
    ]
    pose = posed(pandas.DataFrame(rows))
    assert pose.axes == "recorded"
    assert np.isfinite(pose.shell.semiaxes).all()
    assert (pose.shell.semiaxes > 0).all()


# ---- the shell


def test_the_smallest_shell_of_an_ellipsoid_is_the_ellipsoid() -> None:
    random = np.random.default_rng(1)
    outward = random.normal(size=(6000, 3))
    outward /= np.linalg.norm(outward, axis=1)[:, None]
    semiaxes, centre = np.array([27.0, 15.0, 18.0]), np.array([1.0, -2.0, 3.0])
    filled = outward * np.cbrt(random.uniform(size=6000))[:, None] * (semiaxes - 2) + centre
    shell = smallest_shell(filled, np.full(6000, 2.0))
    assert shell.semiaxes == pytest.approx(semiaxes, rel=0.04)
    assert shell.centre == pytest.approx(centre, abs=0.5)


@pytest.mark.embryos
def test_the_shell_holds_all_nuclei_but_strays(real: Any) -> None:
    for embryo, table, pose in real[::6]:
        inside = table[table["time"] >= embryo.first_frame]
        recorded = inside[["x", "y", "z"]].to_numpy() * (embryo.pixel_um, embryo.pixel_um, embryo.plane_um)
        world = (recorded - pose.centre) @ pose.rotation.T - pose.shell.centre
        radius = inside["size"].to_numpy() * embryo.pixel_um / 2
        # The point of each nucleus that lies farthest out, by the direction of the shell there.
        out = world / np.square(pose.shell.semiaxes)
        outermost = world + radius[:, None] * out / np.linalg.norm(out, axis=1)[:, None]
        share = np.sqrt(np.square(outermost / pose.shell.semiaxes).sum(axis=1))
        assert share.max() < 1.03, embryo.name
        assert np.quantile(share, 0.999) > 0.9, "and not larger than it must be"
        assert (pose.shell.semiaxes > 12).all()
        assert (pose.shell.semiaxes < 36).all()


# ---- kept, and corrected by hand


@pytest.fixture
def kept(lab: Any) -> Any:
    return lab.embryos.add(write_cd(simulate(9, minutes=60)), "CD20080101_pha-4_1_L1.csv").embryo


def test_a_pose_is_found_once_and_again_after_a_recalibration(
    lab: Any, kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services import poses

    asked = []
    monkeypatch.setattr(poses, "pose_of", lambda *given: asked.append(given) or pose_of(*given))
    store = PoseStore(lab.engine, lab.embryos)
    first = store.pose_of(kept)
    assert store.pose_of(kept) == first == PoseStore(lab.engine, lab.embryos).poses_of([kept])[kept.id]
    assert len(asked) == 1
    slower = lab.embryos.correct(kept.id, interval_s=120)
    again = store.pose_of(slower)
    assert again["clock"]["rate"] == pytest.approx(first["clock"]["rate"] / 2, rel=1e-3)
    assert len(asked) == 2
    larger = lab.embryos.correct(kept.id, pixel_um=kept.pixel_um * 1.5, plane_um=kept.plane_um * 1.5)
    assert store.pose_of(larger)["shell"]["semiaxes"] == pytest.approx(
        [1.5 * each for each in first["shell"]["semiaxes"]], rel=0.01
    )


def test_a_correction_by_hand_survives_restart_and_recalibration(lab: Any, kept: Any) -> None:
    store = PoseStore(lab.engine, lab.embryos)
    by_names = store.pose_of(kept)
    assert by_names["whence"] == "names"
    turned = store.correct(kept.id, QUARTER)
    assert (turned["whence"], turned["axes"], turned["rotation"]) == ("hand", "animal", QUARTER)
    again = open_lab(lab.settings)
    later = PoseStore(again.engine, again.embryos)
    assert later.pose_of(again.embryos.get(kept.id)) == turned
    larger = again.embryos.correct(kept.id, plane_um=kept.plane_um * 1.2)
    assert later.pose_of(larger)["rotation"] == QUARTER
    assert later.pose_of(larger)["whence"] == "hand"
    assert later.correct(kept.id, None)["whence"] == "names"
    again.embryos.correct(kept.id, plane_um=kept.plane_um)
    back = later.pose_of(again.embryos.get(kept.id))
    assert back["rotation"] == pytest.approx(by_names["rotation"])
    again.engine.dispose()


def test_a_turn_by_hand_beats_a_pose_that_is_being_found(
    lab: Any, kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services import poses

    store, other = PoseStore(lab.engine, lab.embryos), PoseStore(lab.engine, lab.embryos)
    meanwhile = [lambda: other.correct(kept.id, QUARTER)]

    def slow(*given: Any) -> Any:
        found = pose_of(*given)
        if meanwhile:
            meanwhile.pop()()
        return found

    monkeypatch.setattr(poses, "pose_of", slow)
    assert store.pose_of(kept)["rotation"] == QUARTER


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ([1, 0, 0, 0, 1, 0, 0, 0, -1], "mirrors"),
        ([1, 0, 0, 0, 1, 0, 0, 0, 0.99], "deform"),
        ([1, 0, 0, 0, 1, 0, 0, 0], "nine numbers"),
        ([1, 0, 0, 0, 1, 0, 0, 0, float("nan")], "between -1 and 1"),
        ([1, 0, 0, 0, 1, 0, 0, 0, 10**400], "between -1 and 1"),
        ([True, 0, 0, 0, 1, 0, 0, 0, 1], "nine numbers"),
        (["1", 0, 0, 0, 1, 0, 0, 0, 1], "nine numbers"),
        ("none", "nine numbers"),
        ({}, "nine numbers"),
    ],
)
def test_what_is_no_proper_rotation_is_refused(numbers: Any, why: str) -> None:
    with pytest.raises(ValueError, match="rotation") as refused:
        checked_rotation(numbers)
    assert why in refused.value.args[1]


def test_the_api_tells_poses_and_takes_corrections(client: Any, kept: Any) -> None:
    address = f"/api/v1/embryos/{kept.id}/pose"
    pose = client.get(address).get_json()
    assert set(pose) == {"rotation", "centre", "axes", "whence", "why", "mirrored", "shell", "clock"}
    assert len(pose["rotation"]) == 9
    turned = client.put(address, json={"rotation": QUARTER})
    assert turned.status_code == 200
    assert client.get(address).get_json() == turned.get_json()
    assert client.put(address, json={"rotation": None}).get_json() == pose
    for body in (
        {"rotation": [0] * 9},
        {"rotation": "x"},
        {},
        [],
        {"rotation": QUARTER, "centre": [0, 0, 0]},
    ):
        refused = client.put(address, json=body)
        assert refused.status_code == 422, body
        assert refused.get_json()["error"]["field"] == "rotation"
    assert client.put(address, data=b"{").status_code == 422
    assert client.get("/api/v1/embryos/nobody/pose").status_code == 404
    assert client.put("/api/v1/embryos/nobody/pose", json={"rotation": QUARTER}).status_code == 404


def test_an_embryo_of_another_kind_has_a_pose_too(lab: Any, client: Any) -> None:
    embryo = lab.embryos.add(cd_file(), "CD20080101_pha-4_9_L1.csv").embryo
    pose = client.get(f"/api/v1/embryos/{embryo.id}/pose").get_json()
    assert pose["axes"] in ("animal", "recorded")
    assert np.linalg.det(np.reshape(pose["rotation"], (3, 3))) == pytest.approx(1)


@pytest.mark.embryos
def test_the_reference_embryo_lies_with_anterior_left_and_dorsal_up(lab: Any, epic: Path) -> None:
    embryo = lab.embryos.add((epic / REFERENCE).read_bytes(), REFERENCE).embryo
    pose = PoseStore(lab.engine, lab.embryos).pose_of(embryo)
    assert (pose["whence"], pose["mirrored"]) == ("names", False)
    assert pose["shell"]["semiaxes"] == pytest.approx([31, 17, 20], abs=1.5)


# ---- turned by hand, in a browser

SHOWN = "window.blastoscope.watching"


@pytest.fixture(scope="module")
def program(serve: Any) -> Any:
    program = serve()
    program.embryo = program.lab.embryos.add(
        write_cd(simulate(2, minutes=50)), "CD20080101_pha-4_1_L1.csv"
    ).embryo
    return program


def turning(page: Any, program: Any, embryo: Any) -> Any:
    page.goto(f"{program.url}/embryos/{embryo.id}?frame=30")
    page.locator("#watch[data-ready]").wait_for()
    page.get_by_role("button", name="View", exact=True).click()
    page.get_by_text("Orientation", exact=True).click()
    return page.get_by_role("group", name="Orientation")


def world(page: Any, cell: str) -> np.ndarray:
    """The world place of a cell as the stage has it, µm."""
    return np.array(
        page.evaluate(
            f"""(name) => {{
                const watch = {SHOWN};
                const [body] = watch.space.bodies;
                const at = body.places(watch.clock.frame);
                const i = [...at.cells.subarray(0, at.count)].indexOf(watch.tracks.names.indexOf(name));
                return [...at.world.subarray(3 * i, 3 * i + 3)];
            }}""",
            cell,
        )
    )


def saved(program: Any) -> dict[str, Any]:
    return dict(program.lab.poses.pose_of(program.lab.embryos.get(program.embryo.id)))


@pytest.mark.browser
def test_an_embryo_is_turned_by_hand_and_back(page: Any, program: Any) -> None:
    by_names = saved(program)
    group = turning(page, program, program.embryo)
    assert "From the names" in group.inner_text()
    keep = group.get_by_role("button", name="Save for everybody")
    assert keep.is_disabled()
    before = world(page, "ABpla")
    group.get_by_role("button", name="Turn by 90° about L–R").click()
    assert world(page, "ABpla") == pytest.approx([-before[1], before[0], before[2]], abs=0.01)
    assert "not saved" in group.inner_text()
    assert saved(program) == by_names, "nothing is kept until it is pressed"
    group.get_by_role("button", name="Undo").click()
    assert world(page, "ABpla") == pytest.approx(before, abs=0.01)
    group.get_by_role("button", name="Turn by 180° about A–P").click()
    fine = group.get_by_role("slider", name="Fine turn about A–P")
    fine.focus()
    for _press in range(5):
        page.keyboard.press("ArrowRight")
    assert page.evaluate(f"{SHOWN}.clock.frame") == 30, "the slider's keys are its own"
    keep.click()
    page.get_by_text("kept with the embryo").wait_for()
    kept = saved(program)
    assert kept["whence"] == "hand"
    turned = degrees_between(np.reshape(kept["rotation"], (3, 3)), np.reshape(by_names["rotation"], (3, 3)))
    assert 160 < turned <= 180
    assert np.linalg.det(np.reshape(kept["rotation"], (3, 3))) == pytest.approx(1)
    here = world(page, "ABpla")
    page.reload()
    page.locator("#watch[data-ready]").wait_for()
    assert world(page, "ABpla") == pytest.approx(here, abs=0.01)
    group = turning(page, program, program.embryo)
    assert "by hand" in group.inner_text()
    group.get_by_role("button", name="Back to the names").click()
    page.get_by_text("by the names again").wait_for()
    assert saved(program) == by_names
    assert world(page, "ABpla") == pytest.approx(before, abs=0.01)


@pytest.mark.browser
def test_what_is_seen_is_taken_as_anterior_left_and_dorsal_up(page: Any, program: Any) -> None:
    group = turning(page, program, program.embryo)
    page.evaluate(
        f"{SHOWN}.change({{camera: {{turn: [0.5, 0.5, 0.5, 0.5], zoom: 1, pan: [0, 0], flat: true}}}})"
    )
    page.wait_for_timeout(200)
    where = f"{SHOWN}.space.drawn().map(({{ name, x, y }}) => [name, x, y]).sort()"
    seen = page.evaluate(where)
    group.get_by_role("button", name="Take what I see").click()
    page.wait_for_timeout(400)
    assert page.evaluate(f"{SHOWN}.view.camera.turn") == [0, 0, 0, 1]
    # The picture stays; only how large the whole is drawn may follow the new length and height.
    after = page.evaluate(where)
    assert [name for name, *_ in after] == [name for name, *_ in seen]
    one, other = (np.array([[x, y] for _, x, y in each]) for each in (seen, after))
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    scale = (one * other).sum() / (one * one).sum()
    assert np.abs(other - scale * one).max() < 2
    group.get_by_role("button", name="Undo").click()
    assert page.evaluate(f"{SHOWN}.view.camera.turn") == [0.5, 0.5, 0.5, 0.5]


@pytest.mark.browser
def test_a_mirrored_embryo_says_so(page: Any, program: Any) -> None:
    table = simulate(3, minutes=60)
    flipped = program.lab.embryos.add(
        write_cd(table.assign(x=table["x"].max() - table["x"])), "CD20080102_pha-4_2_L1.csv"
    ).embryo
    group = turning(page, program, flipped)
    assert "fits only mirrored: flipped when recorded, or named so" in group.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.mark.parametrize(("code", "anterior"), [("ADL", -1), ("AVR", -1), ("PDR", 1), ("pvl", 1)])
def test_auxinfo_tells_how_an_embryo_lies_where_its_names_do_not(code: str, anterior: int) -> None:
    rotation = described_rotation({"name": "one", "AXIS": code, "ang": 0.0})
    assert rotation is not None
    assert np.linalg.det(rotation) == pytest.approx(1), "never a mirror image"
    assert rotation @ np.array([1.0, 0, 0]) == pytest.approx([-anterior, 0, 0]), "which end lies at high x"
    table = pandas.DataFrame(
        [("Nuc1", 1, 10, 20, 5, 50), ("Nuc2", 1, 300, 90, 9, 50)],
        columns=["cell", "time", "x", "y", "z", "size"],
    )
    found = pose_of(table, 0.1, 1.0, lambda frames: frames * 1.0, described=rotation)
    assert (found.axes, found.whence) == ("animal", "AuxInfo")
    assert found.rotation == pytest.approx(rotation)


def test_auxinfo_without_a_code_tells_nothing() -> None:
    for info in (None, {}, {"axis": "XYZ"}, {"axis": "ADR"}, {"axis": 3.0}):
        assert described_rotation(info) is None


@pytest.mark.embryos
@pytest.mark.parametrize("series", ["20241108_JIM767_25_L5", "20241009_JIM767_25_L1"])
def test_the_long_axis_of_auxinfo_is_that_of_the_names(lab: Any, epic: Path, series: str) -> None:
    embryo = lab.embryos.add((epic / f"CD{series}.csv").read_bytes(), f"CD{series}.csv").embryo
    by_names = np.array(lab.poses.pose_of(embryo)["rotation"]).reshape(3, 3)
    info = pandas.read_csv(epic / f"{series}AuxInfo.csv").iloc[0].to_dict()
    described = described_rotation(info)
    assert described is not None
    assert np.degrees(np.arccos(by_names[0] @ described[0])) < 5
