import { test } from "node:test";
import assert from "node:assert/strict";
import { nucleiAt } from "../../assets/modules/tracks.mjs";
import { extentOf, fitted, nucleusAt, planeOf, projected } from "../../assets/modules/projection.mjs";
import { calibration, cellOf, tiny } from "./tiny.mjs";

const embryo = tiny();
const place = (axes, units, frame, at) => projected(embryo, nucleiAt(embryo, at), planeOf(axes, units, calibration), frame, calibration.pixel_um, {});

test("no view is a mirror image: the third axis runs away as the right-hand rule says", () => {
  const away = (axes) => {
    const { axis, um } = planeOf(axes, "um", calibration).away;
    return [axis, Math.sign(um)];
  };
  assert.deepEqual(["xy", "yz", "zx"].map(away), [["z", 1], ["x", 1], ["y", 1]]);
  assert.deepEqual(["yx", "zy", "xz"].map(away), [["z", -1], ["x", -1], ["y", -1]]);
});

test("titles say axis, unit and direction", () => {
  const { right, down } = planeOf("xz", "file", calibration);
  assert.deepEqual([right.title, down.title], ["x, pixels →", "z, planes ↓"]);
  assert.equal(planeOf("xz", "um", calibration).down.title, "z, µm ↓");
});

test("a nucleus lies where its pixels say, x to the right and y down", () => {
  const frame = { left: 50, top: 10, width: 400, height: 300, right: [0, 40], down: [0, 30] }; // 10 px a µm
  const placed = place("xy", "um", frame, 2.25); // ABa, ABp, P1 on their way
  assert.deepEqual([...placed.x.slice(0, 3)], [50 + 105, 50 + 115, 50 + 300.75]);
  assert.deepEqual([...placed.y.slice(0, 2)].map((y) => Number(y.toFixed(9))), [10 + 197.5, 10 + 200]);
  assert.ok(Math.abs(placed.radius[0] - (39.5 / 2)) < 1e-9, "its own diameter");
  assert.deepEqual([...placed.order], [1, 0, 2], "the highest z is farthest and drawn first");
});

test("pixels and planes show the same picture with other numbers", () => {
  const um = { left: 0, top: 0, width: 400, height: 300, right: [0, 40], down: [0, 30] };
  const file = { ...um, right: [0, 400], down: [0, 30] };
  const [one, other] = [place("xz", "um", um, 1), place("xz", "file", file, 1)];
  assert.deepEqual([...one.x.slice(0, 2)], [...other.x.slice(0, 2)]);
  assert.deepEqual([...one.radius.slice(0, 2)], [...other.radius.slice(0, 2)]);
});

test("everything fits, at one scale, in the middle", () => {
  const plane = planeOf("xy", "um", calibration);
  const extent = extentOf(embryo, plane, calibration.pixel_um);
  assert.deepEqual(extent, { right: [71, 328], down: [90, 238] }, "discs included, strays left out");
  const { right, down } = fitted(plane, extent, 506, 100);
  const scales = [(right[1] - right[0]) / 506, (down[1] - down[0]) / 100];
  assert.ok(Math.abs(scales[0] - scales[1]) < 1e-9);
  assert.ok(Math.abs((right[0] + right[1]) / 2 - 19.95) < 1e-9);
});

test("the nucleus under a point is the nearest to the viewer", () => {
  const frame = { left: 0, top: 0, width: 400, height: 300, right: [0, 40], down: [0, 30] };
  const nuclei = nucleiAt(embryo, 3);
  const placed = place("xy", "um", frame, 3);
  const named = (x, y) => {
    const i = nucleusAt(placed, x, y);
    return i < 0 ? null : embryo.names[embryo.cells[nuclei.to[i]]];
  };
  assert.equal(named(90, 190), "ABa");
  assert.equal(named(130, 200), "ABp");
  assert.equal(named(10, 10), null);
  const overlapping = { count: 2, order: [1, 0], x: [0, 1], y: [0, 0], radius: [5, 5] };
  assert.equal(nucleusAt(overlapping, 0.5, 0), 0);
  assert.equal(nucleusAt(overlapping, 0.5, 0, 2, (i) => i === 1), 1);
  assert.equal(cellOf(embryo, "ABp"), 4);
});
