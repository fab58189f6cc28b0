import { test } from "node:test";
import assert from "node:assert/strict";
import { cellCounts, displacement, divisions, expression, speed } from "../../assets/modules/cell_curves.mjs";
import { calibration, cellOf, timeline, tiny } from "./tiny.mjs";

const embryo = tiny();
const of = (curve, name) => curve(embryo, timeline(), calibration, cellOf(embryo, name));
const near = (values, expected) => values.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-9, `${values}`));

test("cells and divisions at each frame of the recording", () => {
  assert.deepEqual([...cellCounts(embryo)], [2, 2, 3, 2, 1, 3, 3]);
  assert.deepEqual([...divisions(embryo)], [0, 0, 1, 0, 0, 1, 0]);
});

test("displacement is straight from the place of birth, in µm", () => {
  const { minutes, values } = of(displacement, "ABa");
  assert.deepEqual(minutes, [3, 4.5, 6]);
  near(values, [0, 0.5, Math.hypot(0.5, 0.3)]);
});

test("speed spans the frames before and after", () => {
  const { values } = of(speed, "ABa");
  near(values, [0.5 / 1.5, Math.hypot(0.5, 0.3) / 3, 0.3 / 1.5]);
  assert.deepEqual(of(speed, "ABar").values, [null]);
  near(of(speed, "ABp").values, [1 / 1.5, Math.hypot(1, 1) / 4.5, 2 / 4.5, 1 / 1.5]);
});

test("expression as recorded, negative values too", () => {
  assert.deepEqual(expression(embryo, timeline(), "blot", cellOf(embryo, "ABp")), { minutes: [3, 4.5, 7.5, 9], values: [40, 50, 60, -70] });
});

test("rows before the recording are left out", () => {
  assert.deepEqual(of(displacement, "EMS"), { minutes: [], values: [] });
});
