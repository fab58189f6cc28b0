import test from "node:test";
import assert from "node:assert/strict";
import { Camera } from "../../assets/modules/camera.mjs";
import { Flight, isCanonical, isSameView } from "../../assets/modules/stage_flight.mjs";
import { fittedRadius, reachOf, shellReach } from "../../assets/modules/stage_reach.mjs";
import { calibration, tiny } from "./tiny.mjs";

const POSE = { rotation: [1, 0, 0, 0, -1, 0, 0, 0, -1], centre: [10, 10, 5] };

test("whatever is fitted is seen whole, turned about either axis of the screen", () => {
  const tracks = tiny();
  const reach = reachOf(tracks, calibration, POSE);
  const rows = Array.from({ length: tracks.rows }, (_, row) => row).filter((row) => tracks.time[row] >= tracks.startFrame);
  for (const [width, height] of [[900, 500], [390, 600]]) {
    for (const turn of [[0, 0, 0, 1], [0, 0.5, 0, 0.866], [0.6, 0, 0, 0.8]]) {
      const camera = new Camera({ turn, flat: true }).fit(fittedRadius([reach], width, height));
      for (const row of rows) {
        const recorded = ["x", "y", "z"].map((name, i) => tracks.value(name, row) * [0.1, 0.1, 1][i] - POSE.centre[i]);
        const { x, y, perUm } = camera.project([recorded[0], -recorded[1], -recorded[2]], width, height);
        const radius = (tracks.value("size", row) * 0.1 * perUm) / 2;
        assert.ok(x - radius >= 0 && x + radius <= width && y - radius >= 0 && y + radius <= height);
      }
    }
  }
});

test("a shell reaches its semiaxes and where it stands", () => {
  assert.deepEqual(shellReach({ centre: [1, -2, 0], semiaxes: [30, 16, 19] }), { across: 31, up: 19 });
});

test("what lies along the wide side may be larger", () => {
  assert.equal(fittedRadius([{ across: 30, up: 15 }], 800, 400), 15);
  assert.equal(fittedRadius([{ across: 30, up: 15 }, { across: 10, up: 20 }], 800, 400), 20);
  assert.equal(fittedRadius([{ across: 30, up: 15 }], 400, 800), 30);
});

test("a flight begins where the camera stands, stays a rotation and ends exactly where it should", () => {
  const from = new Camera({ zoom: 4, pan: [3, 0] }).state();
  const to = new Camera({ turn: [0.5, 0.5, 0.5, 0.5] }).state();
  const flight = new Flight(from, to);
  const camera = new Camera(from);
  assert.equal(flight.steer(camera, 1000), false);
  assert.ok(isSameView(camera.state(), from));
  assert.equal(flight.steer(camera, 1125), false);
  assert.ok(Math.abs(camera.zoom - 2) < 1e-9, "half way its zoom is the middle of the logarithms");
  assert.ok(Math.abs(Math.hypot(...camera.turn) - 1) < 1e-9);
  assert.equal(flight.steer(camera, 1251), true);
  assert.ok(isSameView(camera.state(), to));
});

test("the canonical view is known as such", () => {
  assert.equal(isCanonical(Camera.canonical()), true);
  assert.equal(isCanonical(new Camera({ zoom: 1.2 })), false);
  assert.equal(isCanonical(new Camera({ flat: true })), false);
});

/** Nuclei of no size along x, at these µm from the centre. */
const along = (places) => {
  const flat = { values: new Float32Array(places.length), scale: 1 };
  const columns = { x: { values: Float32Array.from(places), scale: 1 }, y: flat, z: flat, size: flat };
  return { rows: places.length, time: new Float32Array(places.length), startFrame: 0, column: (name) => columns[name] };
};

test("a stray nucleus far off doesn't make an embryo small, but of few nuclei every one counts", () => {
  const recorded = { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], centre: [0, 0, 0] };
  const across = (places) => reachOf(along(places), { pixel_um: 1, plane_um: 1 }, recorded).across;
  const embryo = Array.from({ length: 1999 }, (_, i) => (30 * i) / 1999);
  assert.ok(Math.abs(across([...embryo, 90]) - 30) < 0.2);
  assert.equal(across([...embryo.slice(0, 500), 90]), 90);
  assert.equal(across([10, 20, 7000]), 7000);
});
