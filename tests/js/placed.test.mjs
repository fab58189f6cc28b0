import test from "node:test";
import assert from "node:assert/strict";
import { Camera } from "../../assets/modules/camera.mjs";
import { Placed, boxOutline, encloses } from "../../assets/modules/placed.mjs";

const [WIDTH, HEIGHT] = [800, 600];

/** A body as scene.mjs has them, with nuclei at fixed world places. */
function shownAt(places, { styles = places.map(() => 1), alpha = places.map(() => 1) } = {}) {
  const body = {
    frame: 1,
    places: () => ({
      count: places.length, cells: Int32Array.from(places, (_, i) => i), world: Float32Array.from(places.flat()),
      radius: new Float32Array(places.length).fill(2), alpha: Float32Array.from(alpha),
    }),
  };
  return [{ body, styles: Uint8Array.from(styles) }];
}
const camera = (state) => new Camera(state).fit(30);
const filled = (shown, view = camera()) => new Placed().fill(shown, view, WIDTH, HEIGHT);

test("a nucleus lies where the camera says, at that depth and of that size", () => {
  for (const state of [null, { turn: [0.3, 0.5, -0.2, 0.7], zoom: 2.2, pan: [3, -4], flat: false }, { turn: [0.1, 0, 0.6, 0.5], flat: true }]) {
    const view = camera(state);
    const places = [[3, 7, -9], [-14, 2, 5]];
    const placed = filled(shownAt(places), view);
    places.forEach((place, i) => {
      const { x, y, depth, perUm } = view.project(place, WIDTH, HEIGHT);
      for (const [is, should] of [[placed.x[i], x], [placed.y[i], y], [placed.depth[i], depth], [placed.radius[i], 2 * perUm]]) {
        assert.ok(Math.abs(is - should) < 1e-3, `${is} ${should}`);
      }
    });
  }
});

test("the foremost of those under the pointer is found, then a near miss, else none", () => {
  const placed = filled(shownAt([[0, 0, -5], [0, 0, 5], [20, 0, 0]]));
  assert.equal(placed.at(400, 300), 1, "+z is towards the viewer");
  assert.equal(placed.at(placed.x[2] + placed.radius[2] + 3, placed.y[2]), 2);
  assert.equal(placed.at(placed.x[2] + placed.radius[2] + 9, placed.y[2]), -1);
});

test("a ball that reaches farther forward at that point wins over one with a nearer centre", () => {
  // The pointer is at the middle of the first one, and at the rim of the second, whose centre is 1 µm nearer.
  const placed = filled(shownAt([[0, 0, 0], [1.98, 0, 1]]), camera({ flat: true }));
  assert.equal(placed.at(400, 300), 0);
});

test("what is dimmed is seen through: another at that point comes before it, the foremost dim one else", () => {
  const placed = filled(shownAt([[0, 0, 9], [0, 0, 5], [0, 0, -5], [12, 0, 0]], { styles: [2, 2, 3, 2] }));
  assert.equal(placed.at(400, 300), 2);
  assert.equal(placed.at(placed.x[3], placed.y[3]), 3);
  const dim = filled(shownAt([[0, 0, 5], [0, 0, 9]], { styles: [2, 2] }));
  assert.equal(dim.at(400, 300), 1);
});

test("what is hidden or nearly gone can't be pointed at", () => {
  const placed = filled(shownAt([[0, 0, 0], [10, 0, 0], [20, 0, 0]], { styles: [0, 1, 3], alpha: [1, 0.1, 1] }));
  assert.equal(placed.count, 1);
  assert.equal(placed.find(0, 2), 0);
  assert.equal(placed.find(0, 0), -1);
});

test("an outline takes what lies within it, also a lasso with a bay", () => {
  const placed = filled(shownAt([[-10, 0, 0], [0, 0, 0], [10, 0, 0]]));
  const right = boxOutline(390, 290, 790, 310);
  assert.deepEqual(placed.within(right), [1, 2]);
  const bay = [0, 0, 10, 0, 10, 10, 5, 2, 0, 10];
  assert.equal(encloses(bay, 5, 1), true);
  assert.equal(encloses(bay, 5, 8), false);
});

test("the nearest come first", () => {
  const placed = filled(shownAt([[0, 0, 0], [9, 0, 0], [0, 0, 4], [-6, 0, 0]]));
  assert.deepEqual(placed.nearest(0), [2, 3, 1]);
});
