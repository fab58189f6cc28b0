import test from "node:test";
import assert from "node:assert/strict";
import { besideOf, measured, nucleusLines, placeWords, recordedWords, sister } from "../../assets/modules/tooltip.mjs";
import { calibration, cellOf, timeline, tiny } from "./tiny.mjs";

test("a sister is the other daughter, also of the early cells", () => {
  const asked = ["AB", "P1", "EMS", "E", "C", "P4", "Z2", "ABal", "ABplaa", "MSap", "P0", "Nuc1"];
  assert.deepEqual(asked.map(sister), ["P1", "AB", "P2", "MS", "P3", "D", "Z3", "ABar", "ABplap", "MSaa", null, null]);
});

test("a place reads in the field's words", () => {
  assert.equal(placeWords([-12.34, 4, 2.06]), "12.3 µm anterior, 4.0 dorsal, 2.1 left of the centre");
  assert.equal(placeWords([1, -2, -3]), "1.0 µm posterior, 2.0 ventral, 3.0 right of the centre");
});

test("the recorded place is what was turned and moved", () => {
  const pose = { rotation: [1, 0, 0, 0, -1, 0, 0, 0, -1], centre: [30, 20, 10] };
  assert.equal(recordedWords([1, 2, 3], pose), "x 31.0, y 18.0, z 7.0 µm");
});

test("what is told of a nucleus: name, kin, birth, age, place, size, expression", () => {
  const tracks = tiny();
  const cell = tracks.names.findIndex((_, i) => tracks.mothers[i] >= 0);
  const frame = tracks.time[tracks.firstRow[cell]] + 1;
  const row = tracks.rowOf(cell, frame);
  const lines = nucleusLines(cell, frame, [1, 2, 3], {
    tracks, timeline: timeline(), calibration, pose: { axes: "animal" }, names: { [tracks.names[cell]]: "ADAL" }, colour: "cross",
  });
  const name = tracks.names[cell];
  assert.equal(lines[0], `${name} · ADAL`);
  assert.equal(lines[1], `daughter of ${tracks.names[tracks.mothers[cell]]}, sister ${sister(name)}`);
  const born = timeline().minutes(tracks.time[tracks.firstRow[cell]]);
  assert.equal(lines[2], `born at ${born.toFixed(0)} min, ${(1.5).toFixed(0)} min old`);
  assert.match(lines[3], /posterior.*dorsal.*left/);
  assert.match(lines[4], /µm wide · blot .* · cross /);
  assert.ok(lines[4].startsWith((tracks.value("size", row) * calibration.pixel_um).toFixed(1)));
});

test("expression between two frames lies between theirs", () => {
  const tracks = tiny();
  const cell = cellOf(tracks, tracks.names.find((_, i) => tracks.firstRow[i + 1] - tracks.firstRow[i] > 1));
  const row = tracks.firstRow[cell];
  const [a, b] = [tracks.value("blot", row), tracks.value("blot", row + 1)];
  assert.ok(Math.abs(measured(tracks, "blot", cell, tracks.time[row] + 0.25) - (a + 0.25 * (b - a))) < 1e-9);
  assert.equal(measured(tracks, "blot", cell, 999), null);
});

test("the box stands beside its nucleus and never over it", () => {
  for (const [x, y] of [[50, 50], [350, 200], [180, 200], [200, 590], [5, 300]]) {
    for (const [wide, high] of [[120, 80], [300, 100]]) {
      const [left, top] = besideOf(x, y, 15, [wide, high], 400, 600);
      assert.ok(left >= 0 && top >= 0 && left + wide <= 400 && top + high <= 600, "it is on the stage");
      const away = [Math.max(left - x, x - left - wide, 0), Math.max(top - y, y - top - high, 0)];
      assert.ok(Math.hypot(...away) >= 15, `${[x, y, wide, left, top]}`);
    }
  }
});
