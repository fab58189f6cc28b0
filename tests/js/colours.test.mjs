import { test } from "node:test";
import assert from "node:assert/strict";
import { along, mixed, painter } from "../../assets/modules/colours.mjs";
import { minutesOfPaths, pathTraces, strideOf, tailRows } from "../../assets/modules/paths.mjs";
import { planeOf } from "../../assets/modules/projection.mjs";
import { calibration, cellOf, timeline, tiny } from "./tiny.mjs";

const embryo = tiny();
const safe = { ABa: "#56b4e9", ABp: "#0072b2", AB: "#2b93ce", MS: "#009e73", E: "#e69f00", EMS: "#73a03a", C: "#cc79a7", D: "#d55e00", P: "#f0e442", unnamed: "#8b939e" };
const palettes = { safe, acetree: { ...safe, ABa: "#ff0000" } };
const colourOf = (paint, name, frame) => {
  const cell = cellOf(embryo, name);
  const row = embryo.rowOf(cell, frame);
  return paint.colours[paint.of(cell, row, row, 0)];
};

test("founders have their colours, and the legend holds those that are there", () => {
  const paint = painter(embryo, { colour: "safe" }, palettes);
  assert.equal(colourOf(paint, "ABal", 6), "#56b4e9");
  assert.equal(colourOf(paint, "P1", 1), "#f0e442");
  assert.deepEqual(paint.legend.swatches.map(({ label }) => label), ["ABa", "ABp", "AB", "EMS", "P0 to P4, Z", "unnamed"]);
  assert.equal(colourOf(painter(embryo, { colour: "acetree" }, palettes), "ABal", 6), "#ff0000");
});

test("cells of one compact name share a colour", () => {
  const paint = painter(embryo, { colour: "compact", k: 3 }, palettes);
  assert.deepEqual(paint.legend.swatches.map(({ label }) => label), ["AB", "ABa", "ABp", "P1", "EMS", "Nuc"]);
  assert.equal(colourOf(paint, "ABal", 6), colourOf(paint, "ABa", 3));
  assert.equal(new Set(paint.colours).size, 6);
});

test("expression runs from black to red, and what is negative is told apart", () => {
  const paint = painter(embryo, { colour: "blot" }, palettes);
  assert.equal(paint.legend.most, 600);
  assert.equal(colourOf(paint, "ABa", 5), "#ff0000");
  assert.equal(colourOf(paint, "ABal", 6), "#000000");
  assert.equal(colourOf(paint, "ABp", 7), paint.legend.below);
  assert.equal(colourOf(paint, "AB", 1), paint.legend.below);
});

test("colours mix straight", () => {
  assert.equal(mixed("#000000", "#ff8000", 0.5), "#804000");
  assert.deepEqual([0, 0.25, 0.5, 1, 2].map((share) => along(["#000000", "#640000", "#006400"], share)), ["#000000", "#320000", "#640000", "#006400", "#006400"]);
});

test("paths are marked with the minutes, and break between cells", () => {
  const cells = ["ABa", "ABal"].map((name) => cellOf(embryo, name));
  assert.deepEqual(minutesOfPaths(embryo, timeline(), cells), [3, 9]);
  const [line, marks, ends] = pathTraces(embryo, timeline(), planeOf("xy", "um", calibration), cells, () => "#123456");
  assert.deepEqual(line.x, [9, 9.3, 9.3, null, 9, 9, null].map((x) => (x === null ? null : x)));
  assert.deepEqual(marks.text, ["ABa · 3.0 min", "ABa · 4.5 min", "ABa · 6.0 min", "ABal · 7.5 min", "ABal · 9.0 min"]);
  assert.deepEqual(marks.customdata, [1, 1, 1, 2, 2]);
  assert.equal(marks.marker.color[0], "#440154");
  assert.deepEqual(ends.text, ["3′", "6′", "8′", "9′"]);
  assert.deepEqual(pathTraces(embryo, timeline(), planeOf("xy", "um", calibration), [], () => ""), []);
});

test("marks thin out when there are many", () => {
  const many = { firstRow: [0, 4000], time: [] };
  assert.equal(strideOf(many, [0]), 5);
});

test("a tail goes back through the mother and stops at a gap", () => {
  const times = (name, frame, since) => tailRows(embryo, embryo.rowOf(cellOf(embryo, name), frame), since).map((row) => [embryo.names[embryo.cells[row]], embryo.time[row]]);
  assert.deepEqual(times("ABal", 6, 4), [["ABal", 6], ["ABa", 5], ["ABa", 4]]);
  assert.deepEqual(times("ABp", 7, 1), [["ABp", 7], ["ABp", 6]]);
});
