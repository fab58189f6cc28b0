import { test } from "node:test";
import assert from "node:assert/strict";
import { ages, generations, sizes, speeds } from "../../assets/modules/row_values.mjs";
import { calibration, cellOf, timeline, tiny } from "./tiny.mjs";

const embryo = tiny();
const of = (values, name) => [...values.slice(embryo.firstRow[cellOf(embryo, name)], embryo.firstRow[cellOf(embryo, name) + 1])];
const near = (found, expected) => {
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => assert.ok(Object.is(value, expected[i]) || Math.abs(value - expected[i]) < 1e-6, `${value} is not ${expected[i]}`));
};

test("a diameter in µm is pixels by the size of a pixel", () => {
  near(of(sizes(embryo, calibration), "P1"), [5, 5, 5]);
  near(of(sizes(embryo, { ...calibration, pixel_um: 0.5 }), "Nuc1"), [10]);
});

test("speed is the straight distance over a window, in three dimensions, one-sided at the ends", () => {
  const values = speeds(embryo, timeline(), calibration);
  // ABa: 90,190,10 then 93,194,10 then 93,194,10.3, a frame each minute and a half: within two minutes is one frame.
  near(of(values, "ABa"), [0.5 / 1.5, Math.hypot(0.3, 0.4, 0.3) / 3, 0.3 / 1.5]);
  assert.ok(Number.isNaN(of(values, "Nuc1")[0]), "seen once");
  assert.ok(Number.isNaN(of(values, "ABar")[0]));
  const wide = speeds(embryo, timeline(), calibration, 12);
  near(of(wide, "ABa"), [1, 1, 1].map(() => Math.hypot(0.3, 0.4, 0.3) / 3));
});

test("frames longer than the window: from the row before to the row after", () => {
  near(of(speeds(embryo, timeline(), calibration, 1), "ABa"), [0.5 / 1.5, Math.hypot(0.3, 0.4, 0.3) / 3, 0.3 / 1.5]);
});

test("age counts from a birth that was seen, over gaps too", () => {
  const values = ages(embryo, timeline());
  near(of(values, "ABa"), [0, 1.5, 3]);
  near(of(values, "ABp"), [0, 1.5, 4.5, 6]);
  for (const name of ["AB", "P1", "EMS", "Nuc1"]) assert.ok(of(values, name).every(Number.isNaN), `${name}'s birth wasn't seen`);
});

test("generations count divisions from P0", () => {
  assert.deepEqual([...generations(["P0", "AB", "P1", "EMS", "MS", "MSa", "Z2", "P4", "ABplapaaaapp", "Nuc1"])], [0, 1, 1, 2, 3, 4, 5, 4, 11, -1]);
});
