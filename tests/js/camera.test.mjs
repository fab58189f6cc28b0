import { test } from "node:test";
import assert from "node:assert/strict";
import { between, Camera, rotationOf, times, unit } from "../../assets/modules/camera.mjs";

const near = (found, expected, within = 1e-9, words = "") => {
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) <= within, `${words} ${found} is not ${expected}`));
};
const determinant = ([a, b, c, d, e, f, g, h, i]) => a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
const [anterior, posterior] = [[-1, 0, 0], [1, 0, 0]];
const [dorsal, ventral] = [[0, 1, 0], [0, -1, 0]];
const [left, right] = [[0, 0, 1], [0, 0, -1]];

/** Numbers between -1 and 1, the same in every run. */
function numbers(seed = 7) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 1073741824 - 1;
  };
}

test("canonical: anterior left, dorsal up, the left side towards the viewer", () => {
  const camera = Camera.canonical();
  near(camera.toEye(anterior), [-1, 0, 0]);
  near(camera.toEye(dorsal), [0, 1, 0]);
  near(camera.toEye(left), [0, 0, 1]);
  assert.deepEqual(camera.state(), { turn: [0, 0, 0, 1], zoom: 1, pan: [0, 0], flat: false });
});

test("each side faces the viewer with its canonical upright", () => {
  const [toViewer, up, toTheLeft] = [[0, 0, 1], [0, 1, 0], [-1, 0, 0]];
  const sides = { A: anterior, P: posterior, L: left, R: right, D: dorsal, V: ventral };
  for (const [side, towards] of Object.entries(sides)) {
    const camera = new Camera().look(side);
    near(camera.toEye(towards), toViewer, 1e-9, side);
    if ("DV".includes(side)) near(camera.toEye(anterior), toTheLeft, 1e-9, side);
    else near(camera.toEye(dorsal), up, 1e-9, side);
  }
  assert.throws(() => new Camera().look("N"), /no side/);
});

test("whatever is done to it, it stays a proper rotation of unit length", () => {
  const next = numbers();
  const camera = new Camera();
  for (let i = 0; i < 2000; i += 1) {
    camera.rotate(200 * next(), 200 * next());
    camera.roll(next());
    if (i % 50 === 0) camera.turn = [next(), next(), next(), next()].map((value) => 40 * value);
    assert.ok(Math.abs(Math.hypot(...camera.turn) - 1) < 1e-12);
    assert.ok(Math.abs(determinant(camera.rotation) - 1) < 1e-9);
  }
  camera.turn = [0, 0, 0, 0];
  near(camera.turn, [0, 0, 0, 1]);
  camera.turn = [Number.NaN, 0, 0, 1];
  near(camera.turn, [0, 0, 0, 1]);
});

test("what is near goes with the pointer, from every side (no gimbal lock)", () => {
  const next = numbers(3);
  for (let i = 0; i < 50; i += 1) {
    const camera = new Camera({ turn: unit([next(), next(), next(), next()]), flat: true });
    const front = camera.toWorld([0, 0, camera.radius]);
    const before = camera.project(front);
    camera.rotate(3, -2);
    const after = camera.project(front);
    near([after.x - before.x, after.y - before.y], [3, -2], 0.01);
  }
});

test("a drag and its way back end where they began", () => {
  const camera = new Camera();
  camera.rotate(120, 40);
  camera.rotate(-120, -40);
  near(camera.turn, [0, 0, 0, 1]);
});

test("the whole embryo fits into the smaller side at zoom 1, and not much is left over", () => {
  for (const flat of [true, false]) {
    const camera = new Camera({ flat }).fit(28);
    let most = 0;
    for (let angle = 0; angle < 180; angle += 1) {
      const [up, front] = [Math.sin((angle * Math.PI) / 180), Math.cos((angle * Math.PI) / 180)];
      most = Math.max(most, Math.abs(camera.project([0, 28 * up, 28 * front], 900, 700).y - 350));
    }
    assert.ok(most < 350 && most > 320, `${most} of 350 px`);
  }
});

test("perspective is gentle, and orthographic is none", () => {
  const camera = new Camera().fit(30);
  const [near30, far30] = [camera.project([0, 0, 30]), camera.project([0, 0, -30])];
  assert.ok(near30.perUm / far30.perUm > 1.2 && near30.perUm / far30.perUm < 1.6);
  assert.deepEqual([near30.depth, far30.depth], [-30, 30]);
  camera.flat = true;
  assert.equal(camera.project([0, 0, 30]).perUm, camera.project([0, 0, -30]).perUm);
});

test("zooming keeps what is under the pointer; panning goes with it", () => {
  for (const flat of [true, false]) {
    const camera = new Camera({ turn: unit([0.2, 0.4, -0.1, 0.9]), flat, pan: [3, -4] });
    const place = [7, -5, 11];
    const before = camera.project(place, 900, 700);
    camera.zoomBy(1.7, before.x, before.y, 900, 700);
    const zoomed = camera.project(place, 900, 700);
    near([zoomed.x, zoomed.y, zoomed.perUm], [before.x, before.y, 1.7 * before.perUm], 1e-9);
    camera.panBy(13, 21, 900, 700);
    const moved = camera.project(place, 900, 700);
    near([moved.x, moved.y], [before.x + 13, before.y + 21], 1e-9);
  }
});

test("zoom is held within what can be drawn", () => {
  const camera = new Camera({ zoom: 1e9 });
  assert.equal(camera.zoom, 60);
  camera.zoomBy(1e-9);
  assert.equal(camera.zoom, 0.05);
  assert.equal(new Camera({ zoom: Number.NaN, pan: [Number.NaN, 2] }).zoom, 1);
});

test("the matrix and the projection are the same", () => {
  const next = numbers(11);
  for (const flat of [true, false]) {
    const camera = new Camera({ turn: unit([next(), next(), next(), next()]), zoom: 1.3, pan: [4, 2], flat }).fit(27);
    const m = camera.matrix(900, 700);
    for (let i = 0; i < 20; i += 1) {
      const world = [30 * next(), 30 * next(), 30 * next()];
      const [x, y, z, w] = [0, 1, 2, 3].map((row) => (
        m[row] * world[0] + m[4 + row] * world[1] + m[8 + row] * world[2] + m[12 + row]));
      const told = camera.project(world, 900, 700);
      near([450 * (1 + x / w), 350 * (1 - y / w)], [told.x, told.y], 1e-3);
      assert.ok(Math.abs(z / w) < 1, "within the clipped depth");
    }
    const depth = (front) => {
      const world = camera.toWorld([0, 0, front]);
      const [z, w] = [2, 3].map((row) => m[row] * world[0] + m[4 + row] * world[1] + m[8 + row] * world[2] + m[12 + row]);
      return z / w;
    };
    assert.ok(depth(20) < depth(0) && depth(0) < depth(-20), "nearer is less deep");
  }
});

test("a state is taken and given back; a part of one leaves the rest canonical", () => {
  const state = { turn: unit([1, 2, 3, 4]), zoom: 2.5, pan: [1, -2], flat: true };
  const given = new Camera(state).state();
  near(given.turn, state.turn);
  assert.deepEqual({ ...given, turn: 0 }, { ...state, turn: 0 });
  assert.deepEqual(new Camera(state).set(null).state(), Camera.canonical().state());
  assert.equal(new Camera({ zoom: 3 }).flat, false);
});

test("turns are composed and halved the shortest way", () => {
  const quarter = unit([0, 1, 0, 1]);
  near(times(quarter, quarter), [0, 1, 0, 0]);
  near(between([0, 0, 0, 1], quarter, 0.5), unit([0, Math.tan(Math.PI / 8), 0, 1]));
  near(between([0, 0, 0, 1], quarter.map((value) => -value), 0.5), unit([0, Math.tan(Math.PI / 8), 0, 1]));
  near(rotationOf(between(quarter, quarter, 0.3)), rotationOf(quarter));
});
