import { test } from "node:test";
import assert from "node:assert/strict";
import {
  CHOSEN, DIM, kept16, linesOf, momentOf, outlineOf, packed, placesAt, roomFor, segmentsOf, shadesOf, tailTimes,
  TEXTURE_WIDTH, toWorldOf,
} from "../../assets/modules/bodies.mjs";
import { calibration, cellOf, tiny } from "./tiny.mjs";

const AS_RECORDED = { rotation: [1, 0, 0, 0, -1, 0, 0, 0, -1], centre: [10, 20, 10], shell: null };
const close = (found, expected, within = 1e-4) => {
  assert.equal(found.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(found[i] - value) <= within, `[${[...found]}] is not [${expected}]`));
};

/** name -> {x, y, z (file units), radius (µm), alpha} of what is drawn at a frame. */
function seen(tracks, frame, pose = AS_RECORDED) {
  const out = placesAt(tracks, segmentsOf(tracks), calibration, pose, [0, 0, 0], frame, roomFor(0));
  return Object.fromEntries(Array.from({ length: out.count }, (_, i) => {
    const [x, y, z] = out.world.subarray(3 * i, 3 * i + 3);
    const place = [(x + 10) * 10, (20 - y) * 10, 10 - z].map((value) => Math.round(value * 1000) / 1000);
    return [tracks.names[out.cells[i]], { place, radius: out.radius[i], alpha: Math.round(out.alpha[i] * 1e6) / 1e6 }];
  }));
}

test("at a whole frame exactly its rows are drawn, fully, where the file says", () => {
  const tracks = tiny();
  for (let frame = tracks.firstFrame - 1; frame <= tracks.lastFrame + 2; frame += 1) {
    const drawn = seen(tracks, frame);
    const rows = [...tracks.rowsAt(frame)];
    assert.deepEqual(Object.keys(drawn).sort(), rows.map((row) => tracks.names[tracks.cells[row]]).sort(), `frame ${frame}`);
    for (const row of rows) {
      const { place, radius, alpha } = drawn[tracks.names[tracks.cells[row]]];
      assert.deepEqual(place, ["x", "y", "z"].map((axis) => tracks.value(axis, row)));
      assert.ok(Math.abs(radius - tracks.value("size", row) / 20) < 1e-6);
      assert.equal(alpha, 1);
    }
  }
});

test("between frames nuclei are on their way; daughters leave from the mother's place and size", () => {
  const drawn = seen(tiny(), 2.25); // AB at 2: 110, 200; ABa at 3: 90, 190; ABp at 3: 130, 200
  assert.deepEqual(Object.keys(drawn).sort(), ["ABa", "ABp", "P1"]);
  assert.deepEqual(drawn.ABa.place, [105, 197.5, 10.375]);
  assert.deepEqual(drawn.ABp.place, [115, 200, 10.625]);
  assert.ok(Math.abs(drawn.ABp.radius - (40 - 0.25 * 4) / 20) < 1e-6);
  assert.equal(drawn.ABa.alpha, 1);
  assert.deepEqual(seen(tiny(), 2.01).ABp.place, [110.2, 200, 10.505]);
});

test("what is no longer tracked fades out where it was last, and is gone a frame later", () => {
  const { P1, ...others } = seen(tiny(), 3.25);
  assert.deepEqual([P1.place, P1.alpha], [[303, 204, 9], 0.75]);
  assert.deepEqual(Object.keys(others).sort(), ["ABa", "ABp"]);
  assert.ok(!("P1" in seen(tiny(), 4)));
  assert.ok(!("AB" in seen(tiny(), 2.5)), "who divides has no end");
});

test("what has no row before fades in at its place; a gap is not bridged", () => {
  assert.deepEqual(seen(tiny(), 6.5).Nuc1, { place: [100, 100, 5], radius: 1, alpha: 0.5 });
  const gap = seen(tiny(), 4.25).ABp; // rows at 4 and 6
  assert.deepEqual([gap.place, gap.alpha], [[140, 200, 11], 0.75]);
  assert.deepEqual(seen(tiny(), 5.75).ABp, { place: [140, 210, 11], radius: gap.radius, alpha: 0.75 });
  assert.ok(!("ABp" in seen(tiny(), 5)));
});

test("each row is one segment, each that ends one more, and a moment is one range", () => {
  const tracks = tiny();
  const segments = segmentsOf(tracks);
  const ends = segments.rows.filter((row) => row < 0);
  assert.equal(segments.count, tracks.rows + ends.length);
  assert.deepEqual([...ends].map((row) => tracks.names[tracks.cells[~row]]).sort(), ["ABal", "ABar", "ABp", "ABp", "EMS", "Nuc1", "P1"].sort());
  const { interval, share } = momentOf(segments, 2.25);
  assert.deepEqual([interval, share], [3 - tracks.firstFrame, 0.25]);
  assert.deepEqual([momentOf(segments, 3).interval, momentOf(segments, 3).share], [interval, 1]);
  assert.equal(momentOf(segments, -99).interval, -1);
  assert.equal(momentOf(segments, 99).interval, -1);
});

test("what goes to the GPU is what is drawn, to float rounding", () => {
  const tracks = tiny();
  const pose = { rotation: [0, 1, 0, 0, 0, 1, 1, 0, 0], centre: [12.5, 21, 9], shell: null };
  const offset = [1, 2, 3];
  const segments = segmentsOf(tracks);
  const { places, ids, axes } = packed(tracks, segments);
  const world = toWorldOf(axes, calibration, pose, offset);
  assert.equal(places.length, 4 * TEXTURE_WIDTH);
  for (const frame of [1, 2, 2.25, 3.5, 5.9, 6, 6.25, 7]) {
    const { interval, share } = momentOf(segments, frame);
    const told = placesAt(tracks, segments, calibration, pose, offset, frame, roomFor(0));
    for (let i = 0; i < told.count; i += 1) {
      const segment = segments.starts[3 * interval] + i;
      const low = (word) => places[4 * segment + word] & 65535;
      const high = (word) => places[4 * segment + word] >>> 16;
      const mix = (from, to) => from + share * (to - from);
      const kept = [mix(low(0), low(2)), mix(high(0), high(2)), mix(low(1), low(3))];
      const found = [0, 1, 2].map((axis) => (
        world[axis] * kept[0] + world[3 + axis] * kept[1] + world[6 + axis] * kept[2] + world[9 + axis]));
      close(found, [...told.world.subarray(3 * i, 3 * i + 3)], 1e-5);
      const radius = (axes[3].least + axes[3].step * mix(high(1), high(3))) * calibration.pixel_um / 2;
      close([radius], [told.radius[i]], 1e-6);
      assert.deepEqual([ids[segment] & 262143, ids[segment] >>> 18], [told.cells[i], interval]);
    }
  }
});

test("a pose moves places by a proper rotation about its centre", () => {
  const tracks = tiny();
  const quarter = { rotation: [0, -1, 0, 1, 0, 0, 0, 0, 1], centre: [11, 20, 10.5], shell: null };
  const { world, cells } = placesAt(tracks, segmentsOf(tracks), calibration, quarter, [0, 0, 5], 2, roomFor(0));
  const i = cells.indexOf(cellOf(tracks, "P1")); // 30, 20, 9 µm
  close([...world.subarray(3 * i, 3 * i + 3)], [0, 19, 3.5]);
});

test("integers keep their value in 16 bits wherever they lie; what is finer is near enough", () => {
  const exact = kept16({ values: Int32Array.from([70000, 70010, 135535]), scale: 10 });
  assert.deepEqual([exact.least, exact.step, exact.count], [7000, 0.1, 1]);
  const values = Float64Array.from({ length: 500 }, (_, i) => 300 + Math.sin(i) * 280);
  const fine = kept16({ values, scale: 1 });
  for (const value of values) {
    const back = fine.least + fine.step * Math.round((value - fine.from) / fine.count);
    assert.ok(Math.abs(back - value) * 0.09 < 0.01, "within a hundredth of a µm");
  }
  assert.equal(kept16({ values: new Int16Array(0), scale: 1 }).step, 1);
  assert.deepEqual([kept16({ values: Int16Array.from([5, 5]), scale: 1 }).least, linesOf(0), linesOf(1025)], [5, 1, 2]);
});

test("colours are asked for where a segment leaves and where it arrives", () => {
  const tracks = tiny();
  const segments = segmentsOf(tracks);
  const asked = { of: (cell, from, to, share) => (share === 0 ? from : to) };
  const shades = shadesOf(tracks, segments, asked, new Uint32Array(segments.count));
  for (let segment = 0; segment < segments.count; segment += 1) {
    const row = segments.rows[segment] < 0 ? ~segments.rows[segment] : segments.rows[segment];
    const from = segments.rows[segment] >= 0 && tracks.previous[row] >= 0 ? tracks.previous[row] : row;
    assert.deepEqual([shades[segment] & 65535, shades[segment] >>> 16], [from, row]);
  }
});

test("a chosen cell has her tail, her mothers' once she is there, her daughters' while she is", () => {
  const tracks = tiny();
  const styles = new Uint8Array(tracks.names.length).fill(DIM);
  styles[cellOf(tracks, "ABa")] = CHOSEN;
  const { from, until } = tailTimes(tracks, styles);
  const drawn = (name, frame) => {
    const now = frame - tracks.firstFrame;
    return now >= from[cellOf(tracks, name)] || now < until[cellOf(tracks, name)];
  };
  assert.deepEqual(["ABa", "AB", "ABal", "ABar", "ABp", "P1", "EMS"].map((name) => drawn(name, 4)), [true, true, true, true, false, false, false]);
  assert.deepEqual([drawn("AB", 2), drawn("AB", 3)], [false, true]);
  assert.deepEqual([drawn("ABal", 5), drawn("ABal", 6), drawn("ABal", 7)], [true, false, false]);
  assert.ok(!tailTimes(tracks, styles.fill(DIM)).until.some(Boolean));
});

test("an ellipsoid's outline is where the line of sight just touches it", () => {
  const semiaxes = [27, 17, 15];
  for (const nearness of [0, 1 / 150]) {
    const towards = [0.48, 0.6, 0.64];
    const { centre, a, b } = outlineOf(semiaxes, towards, nearness);
    for (let angle = 0; angle < 6; angle += 0.5) {
      const p = centre.map((value, i) => value + a[i] * Math.cos(angle) + b[i] * Math.sin(angle));
      assert.ok(Math.abs(p.reduce((sum, value, i) => sum + (value / semiaxes[i]) ** 2, 0) - 1) < 1e-9, "on the ellipsoid");
      const sight = towards.map((value, i) => value - nearness * p[i]);
      const touching = p.reduce((sum, value, i) => sum + (value / semiaxes[i] ** 2) * sight[i], 0);
      assert.ok(Math.abs(touching) < 1e-9, "square to its normal");
    }
  }
});

test("more cells or frames than can be numbered are refused", () => {
  const few = { rows: 2, names: ["A"], time: [0, 20000], previous: [-1, -1], firstFrame: 0, lastFrame: 20000 };
  assert.throws(() => segmentsOf(few), /16384 frames/);
  assert.throws(() => segmentsOf({ ...few, names: { length: 300000 } }), /262144 cells/);
});

test("an embryo without rows has nothing to draw", () => {
  const none = { rows: 0, names: [], time: [], previous: [], firstFrame: 0, lastFrame: 0 };
  assert.equal(momentOf(segmentsOf(none), 0).interval, -1);
});
