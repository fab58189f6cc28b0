/** Contacts over time of an embryo made by hand: cells on a line in µm, so that every face is a known ellipse. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { Tracks } from "../../assets/modules/tracks.mjs";
import { Timeline } from "../../assets/modules/clock.mjs";
import { contactsTable, inSlices, Space, spansOf, touching } from "../../assets/modules/neighbours.mjs";

const calibration = { pixel_um: 0.5, plane_um: 2 };
const timeline = new Timeline(1, [0, 1.5, 3, 4.5, 6, 7.5]);

/** Tracks of {name: {frame: [x, y, z] in µm}}, packed as services/tracks.py packs columns of decimals. */
function tracksOf(cells) {
  const names = Object.keys(cells);
  const rows = Object.values(cells).flatMap((places) => Object.entries(places).map(([frame, place]) => [Number(frame), ...place]));
  const columns = { time: 0, x: 1, y: 2, z: 3 };
  const scale = [1, 1 / calibration.pixel_um, 1 / calibration.pixel_um, 1 / calibration.plane_um];
  const values = Float64Array.from(Object.values(columns).flatMap((i) => rows.map((row) => row[i] * scale[i])));
  const header = {
    rows: rows.length, start: 1, names, mothers: names.map(() => -1), counts: Object.values(cells).map((places) => Object.keys(places).length),
    columns: Object.keys(columns).map((name) => ({ name, planes: 0 })),
  };
  return new Tracks(header, new Uint8Array(values.buffer), 0);
}

const still = (place, frames) => Object.fromEntries(frames.map((frame) => [frame, place]));
/** A sphere of 10 µm round the origin; recorded x is the world's -y, so that the turn matters. */
const pose = { rotation: [0, 1, 0, -1, 0, 0, 0, 0, 1], centre: [0, 0, 0], shell: { centre: [0, 0, 0], semiaxes: [20, 10, 10] } };
const embryo = () => tracksOf({
  ABa: still([0, -8, 0], [1, 2, 3, 4, 5]),
  ABp: still([0, 0, 0], [1, 2, 4, 5]),
  EMS: still([0, 8, 0], [1, 2, 3, 4, 5]),
  "=P2": still([0, 4, 0], [5]),
});
const run = (generator) => { let step; do step = generator.next(); while (!step.done); return step.value; };
const near = (value, expected, share = 2e-3) => assert.ok(Math.abs(value - expected) <= share * expected, `${value}; expected ${expected}`);

test("cells on a line touch their next ones, in the shell as the pose turns it", () => {
  const space = new Space(embryo(), calibration, pose);
  assert.equal(space.guessed, false);
  const { contacts, outside, surface } = space.around(1, 1);
  assert.deepEqual(contacts.map(({ cell }) => cell).sort(), [0, 2]);
  for (const { area } of contacts) near(area, Math.PI * 100 * (1 - (4 / 20) ** 2)); // 4 µm along the long axis
  near(surface, outside + contacts[0].area + contacts[1].area);
  assert.deepEqual(space.around(0, 1).contacts.map(({ cell }) => cell), [1]);
  assert.deepEqual(space.around(0, 3).contacts.map(({ cell }) => cell), [2], "who isn't seen can't touch");
  assert.equal(space.around(1, 3), null);
});

test("without a pose the shell is round all nuclei, and holds them", () => {
  const tracks = embryo();
  const space = new Space(tracks, calibration);
  assert.equal(space.guessed, true);
  for (let cell = 0; cell < 4; cell += 1) assert.ok(space.around(cell, 5).volume > 0);
});

test("a life tells spans, minutes and the largest face of each neighbour", () => {
  const space = new Space(embryo(), calibration, pose);
  assert.equal(space.known(2), null);
  const life = run(space.life(2));
  assert.equal(space.known(2), life, "computed once");
  assert.deepEqual([...life.frames], [1, 2, 3, 4, 5]);
  const found = touching(life, 3, timeline);
  const told = found.map(({ cell, spans, minutes, from, until }) => ({ cell, spans, minutes, from, until }));
  assert.deepEqual(told, [
    { cell: 1, spans: [[1, 2], [4, 4]], minutes: 4.5, from: 0, until: 6 },
    { cell: 0, spans: [[3, 3]], minutes: 1.5, from: 3, until: 4.5 },
    { cell: 3, spans: [[5, 5]], minutes: 1.5, from: 6, until: 7.5 },
  ]);
  near(found[0].most, Math.PI * 100 * (1 - (4 / 20) ** 2));
  assert.deepEqual(touching(life, 310, timeline).map(({ cell }) => cell), [0], "the face in the middle is the largest: 314 µm²");
  assert.deepEqual(touching(life, 999, timeline), []);
});

test("spans are broken by frames that are missing and by faces that are too small", () => {
  assert.deepEqual(spansOf([1, 2, 3, 5, 6, 7], [3, 4, 2, 5, 5, 0], 3), [[1, 2], [5, 6]]);
  assert.deepEqual(spansOf([1, 2], [0, 0], 0), [], "no face is no contact, also from 0 µm²");
});

test("the table has a line for each frame of contact, and no formula", () => {
  const tracks = embryo();
  const life = run(new Space(tracks, calibration, pose).life(2));
  const lines = contactsTable([life], 3, tracks, timeline).trim().split("\n");
  assert.equal(lines[0], "cell,neighbour,frame,minute,area_um2,surface_share");
  assert.equal(lines.length, 1 + 5);
  assert.match(lines[1], /^EMS,ABp,1,0\.00,30\d\.\d\d,0\.\d{4}$/);
  assert.match(lines[5], /^EMS,'=P2,5,6\.00,/);
});

test("strays before the start are no part of a life", () => {
  const tracks = tracksOf({ ABa: still([0, 0, 0], [-3, 1, 2]), ABp: still([0, 2, 0], [1, 2]) });
  assert.deepEqual([...run(new Space(tracks, calibration, pose).life(0)).frames], [1, 2]);
});

test("where many are no longer followed it is told", () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`Nuc${i}`, still([i, 0, 0], i < 17 ? [1, 2] : [1, 2, 3])]));
  const space = new Space(tracksOf(many), calibration, pose);
  assert.deepEqual([1, 2, 3].map((frame) => space.sparse(frame)), [false, false, true]);
});

test("work is cut into slices, and stops when it is cancelled", () => {
  function* ten() { for (let i = 0; i < 10; i += 1) { clock += 2; yield i; } return "done"; }
  let clock = 0;
  const waiting = [];
  const options = { slice: 5, now: () => clock, later: (go) => waiting.push(go) };
  let told = null;
  inSlices(ten(), (value) => { told = value; }, options);
  const slices = [];
  while (waiting.length) {
    const begun = clock;
    waiting.shift()();
    slices.push(clock - begun);
  }
  assert.equal(told, "done");
  assert.deepEqual(slices, [6, 6, 6, 2], "a slice ends with the step that uses it up");
  told = null;
  const cancel = inSlices(ten(), (value) => { told = value; }, options);
  waiting.shift()();
  cancel();
  const before = clock;
  while (waiting.length) waiting.shift()();
  assert.deepEqual([told, clock], [null, before]);
});
