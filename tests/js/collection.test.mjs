import test from "node:test";
import assert from "node:assert/strict";
import { cellOf, tiny, timeline, calibration } from "./tiny.mjs";
import { DEFAULTS, searchOf, viewOf } from "../../assets/modules/collection_view.mjs";
import { gatherNames, turnsOf } from "../../assets/modules/collection_names.mjs";
import { collectionPainter, embryoColour, nameColour, oklch } from "../../assets/modules/collection_colours.mjs";
import {
  developmentalRange, frameAt, laid, lifeOf, median, middlingShell, NOWHERE, nucleiAbout, placeOfCell, spreadOf, timelineOf, whyLeftOut,
} from "../../assets/modules/collection_places.mjs";
import { listed, Loading } from "../../assets/modules/collection_load.mjs";
import { turnAbout, worldOf } from "../../assets/modules/pose.mjs";
import { placeOf } from "../../assets/modules/facts.mjs";
import { packed as packedTiny } from "./tiny.mjs";

const pose = {
  rotation: turnAbout("x", 40), centre: [3, 2, 1], axes: "animal", whence: "names", why: "", mirrored: false,
  shell: { centre: [1, -0.5, 0.25], semiaxes: [30, 15, 18] }, clock: { zero: 3, rate: 2 },
};
const told = { id: "a", name: "Tiny", tracks: "/tracks/a", calibration, pose, first_frame: 1, last_frame: 7, interval_s: 90, minutes: null, curve: [2, 4, 6] };
const entry = (tracks, size = 1, shell = null) => ({ told, tracks, timeline: timeline(), ...laid(told, size, shell) });
const close = (a, b, within = 1e-9) => a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < within, `${a} is not ${b}`));

test("the view goes into the address and comes back", () => {
  const view = {
    ...DEFAULTS, embryos: "set:Mondays & more", real: true, cells: ["ABala*", "MSxp"], minute: 57.5, colour: "embryo", scale: "same", others: "hide",
    size: 0.3, camera: { turn: [0, 0.6, 0, 0.8], zoom: 2, pan: [1, -2], flat: true }, panel: false,
  };
  assert.deepEqual(viewOf(searchOf(view)), view);
  assert.equal(searchOf({ ...DEFAULTS }), "?v=1");
  assert.deepEqual(viewOf("?colour=red&k=99&minute=x&camera=1,2&embryos="), { ...DEFAULTS });
});

test("names of many embryos stand in the order of the lineage, each once", () => {
  const names = gatherNames([], [["ABal", "Nuc1", "MS"], ["P1", "ABar", "AB", "ABal", "E"]]);
  assert.deepEqual(names, ["AB", "ABal", "ABar", "P1", "MS", "E", "Nuc1"]);
  assert.equal(gatherNames(names, [["AB", "E"]]), names);
  assert.deepEqual(turnsOf("Ca"), [false, false, true, true]);
});

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const apart = (a, b) => Math.hypot(...rgb(nameColour(a)).map((value, i) => value - rgb(nameColour(b))[i]));

test("sisters resemble, cousins less, and each name has one colour of its own", () => {
  for (const [one, sister, far] of [["ABalaaaal", "ABalaaaar", "ABprppppp"], ["MSaaa", "MSaap", "Eala"], ["Caaaa", "Caaap", "Cpppp"]]) {
    assert.ok(apart(one, sister) < apart(one, far), `${one} ${sister} ${far}`);
    assert.ok(apart(one, sister) > 0);
  }
  assert.ok(apart("ABa", "ABp") > 80);
  assert.match(nameColour("Nuc1"), /^#[0-9a-f]{6}$/);
  assert.equal(oklch(1, 0, 0), "#ffffff");
  assert.equal(oklch(0, 0, 0), "#000000");
});

test("a painter gives each cell the colour of its name, in every embryo", () => {
  const tracks = tiny();
  const palettes = { safe: Object.fromEntries(["ABa", "ABp", "AB", "MS", "E", "EMS", "C", "D", "P", "unnamed"].map((group) => [group, "#123456"])) };
  const byName = collectionPainter(tracks, { colour: "name", k: 3 }, palettes, 0);
  tracks.names.forEach((name, cell) => assert.equal(byName.colours[byName.of(cell, 0, 0, 0)], nameColour(name)));
  assert.ok(byName.perCell);
  assert.deepEqual(new Set(collectionPainter(tracks, { colour: "embryo", k: 3 }, palettes, 4).colours), new Set([embryoColour(4)]));
  assert.deepEqual(new Set(collectionPainter(tracks, { colour: "safe", k: 3 }, palettes, 0).colours), new Set(["#123456"]));
  assert.notEqual(byName.key, collectionPainter(tracks, { colour: "compact", k: 2 }, palettes, 0).key);
});

test("what can't be laid over the others says why", () => {
  assert.equal(whyLeftOut(told), "");
  assert.match(whyLeftOut({ pose: { ...pose, mirrored: true } }), /mirrored/);
  assert.match(whyLeftOut({ pose: { ...pose, axes: "recorded", why: "few names" } }), /few names/);
  assert.match(whyLeftOut({ pose: { ...pose, clock: { zero: null, rate: 1 } } }), /clock/);
});

test("one clock: developmental minutes become each embryo's own frame, and nothing outside its recording", () => {
  const one = entry(tiny());
  assert.equal(frameAt(one, 0), 3); // minute 3 of the recording is frame 3
  assert.equal(frameAt(one, 1.5), 3.5);
  assert.equal(frameAt(one, -7), NOWHERE);
  assert.equal(frameAt(one, 13), NOWHERE);
  assert.deepEqual(developmentalRange(told, timeline()), [-6, 12]);
  assert.deepEqual([...timelineOf(told).values], [0, 1.5, 3, 4.5, 6, 7.5, 9]);
  assert.deepEqual([...timelineOf({ ...told, minutes: [0, 1, 2, 3, 4, 5, 7] }).values], [0, 1, 2, 3, 4, 5, 7]);
});

test("a cell's place is the recorded one in the world, however large nuclei are drawn", () => {
  const tracks = tiny();
  const cell = 0;
  const row = tracks.firstRow[cell];
  const there = worldOf(pose, placeOf(tracks, calibration, row));
  for (const size of [1, 0.5, 0.3]) close(placeOfCell(entry(tracks, size), cell, tracks.time[row]), there);
  assert.equal(placeOfCell(entry(tracks), cell, tracks.time[row] - 1), null);
  if (tracks.firstRow[cell + 1] - row > 1) {
    const next = worldOf(pose, placeOf(tracks, calibration, row + 1));
    close(placeOfCell(entry(tracks), cell, tracks.time[row] + 0.25), there.map((value, i) => value + 0.25 * (next[i] - value)));
  }
  assert.ok(cellOf(tracks, tracks.names[0]) === 0);
});

test("at one size shells lie on one shell, centre upon centre", () => {
  const [x, y, z] = pose.shell.semiaxes;
  const { calibration: scaled, pose: as } = laid(told, 0.5, [20, 20, 20]);
  const inverse = [0, 1, 2].map((row) => [0, 1, 2].map((column) => pose.rotation[3 * column + row]));
  const recorded = (world) => inverse.map((r, i) => r.reduce((sum, value, j) => sum + value * world[j], 0) + pose.centre[i]);
  const drawn = (world) => worldOf(as, recorded(world).map((value) => (value * scaled.pixel_um) / calibration.pixel_um));
  close(drawn(pose.shell.centre), [0, 0, 0]);
  close(drawn([pose.shell.centre[0] + x, pose.shell.centre[1], pose.shell.centre[2]]), [20, 0, 0]);
  close(drawn([pose.shell.centre[0], pose.shell.centre[1] - y, pose.shell.centre[2]]), [0, -20, 0]);
  close(drawn([pose.shell.centre[0], pose.shell.centre[1], pose.shell.centre[2] + z]), [0, 0, 20]);
  assert.deepEqual(middlingShell([told, { pose: { shell: { semiaxes: [32, 17, 20] } } }, { pose: { shell: { semiaxes: [10, 16, 19] } } }]), [30, 16, 19]);
});

test("spread: median place, median distance, nine of ten", () => {
  const places = [[0, 0, 0], [2, 0, 0], [1, 0, 0], [1, 5, 0], [1, 0, 0]];
  const { count, place, median: middle, ninth } = spreadOf(places);
  assert.deepEqual([count, place, middle, ninth], [5, [1, 0, 0], 1, 5]);
  assert.deepEqual(spreadOf([]), { count: 0, place: null, distances: [], median: null, ninth: null });
  assert.equal(median([3, 1]), 2);
});

test("when a cell lives, and about how many nuclei there are", () => {
  const tracks = tiny();
  const [born, gone] = lifeOf(entry(tracks), 0);
  assert.equal(born, 2 * (timeline().minutes(tracks.time[tracks.firstRow[0]]) - 3));
  assert.ok(gone >= born);
  assert.equal(nucleiAbout(told, [0, 10], 5), 4);
  assert.equal(nucleiAbout(told, [0, 10], 7.5), 5);
  assert.equal(nucleiAbout(told, [0, 10], 11), 0);
});

const answer = (body) => ({ ok: true, json: async () => body, arrayBuffer: async () => body });

test("the list comes page by page", async () => {
  const pages = [{ total: 9, shown: 3, next: 2, embryos: [1, 2] }, { total: 9, shown: 3, next: null, embryos: [3] }];
  const asked = [];
  const list = await listed((from) => `/list?from=${from}`, () => {}, null, async (url) => { asked.push(url); return answer(pages[asked.length - 1]); });
  assert.deepEqual(list, { embryos: [1, 2, 3], total: 9, shown: 3 });
  assert.deepEqual(asked, ["/list?from=0", "/list?from=2"]);
  const refused = { ok: false, status: 404, json: async () => ({ error: { message: "there is no set" } }) };
  await assert.rejects(listed((from) => from, () => {}, null, async () => refused), /there is no set/);
});

const many = (count) => Array.from({ length: count }, (_, i) => ({ id: String(i), tracks: `/tracks/${i}` }));

test("tracks come a few at a time, each once, and one that fails doesn't stop the others", async () => {
  let [open, most] = [0, 0];
  const took = [];
  const failed = [];
  await new Promise((ended) => new Loading(many(12), {
    address: (path) => path, took: (embryo, tracks) => took.push([embryo.id, tracks.rows]), failed: (embryo) => failed.push(embryo.id), ended, pause: async () => {},
    fetched: async (url) => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => { setTimeout(resolve, 1); });
      open -= 1;
      return url.endsWith("/7") ? { ok: false, status: 500, json: async () => ({}) } : answer(packedTiny());
    },
  }));
  assert.equal(took.length, 11);
  assert.ok(took.every(([, rows]) => rows === tiny().rows));
  assert.deepEqual(failed, ["7"]);
  assert.ok(most > 1 && most <= 5, `${most} at once`);
});

test("loading can be cancelled; what hasn't come is left", async () => {
  const took = [];
  await new Promise((ended) => {
    const loading = new Loading(many(20), {
      address: (path) => path, failed: assert.fail, ended: (whole) => { assert.equal(whole, false); ended(); }, pause: async () => {},
      took: (embryo) => { took.push(embryo.id); if (took.length === 3) loading.cancel(); },
      fetched: async () => answer(packedTiny()),
    });
    globalThis.kept = loading;
  });
  assert.equal(took.length + globalThis.kept.left.length, 20);
});

test("tracks give up what isn't wanted", () => {
  const tracks = tiny();
  const x = [...tracks.column("x").values];
  tracks.keepOnly(["x", "y", "z", "size"]);
  assert.deepEqual([...tracks.column("x").values], x);
  assert.ok(tracks.rowsAt(tracks.startFrame).length > 0);
  assert.throws(() => tracks.column("blot"), /no column blot/);
});
