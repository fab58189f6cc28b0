import { test } from "node:test";
import assert from "node:assert/strict";
import { decode, load, nucleiAt } from "../../assets/modules/tracks.mjs";
import { cellOf, packed, tiny } from "./tiny.mjs";

const seen = (embryo, frame) => {
  const { count, from, to, share } = nucleiAt(embryo, frame);
  const x = embryo.column("x").values;
  return Object.fromEntries(Array.from({ length: count }, (_, i) => (
    [embryo.names[embryo.cells[to[i]]], x[from[i]] + share * (x[to[i]] - x[from[i]])])));
};

test("cells stand in lineage order with their mothers and rows", () => {
  const embryo = tiny();
  assert.deepEqual(embryo.names, ["AB", "ABa", "ABal", "ABar", "ABp", "P1", "EMS", "Nuc1"]);
  assert.deepEqual([...embryo.mothers], [-1, 0, 1, 1, 0, -1, 5, -1]);
  assert.deepEqual([...embryo.firstRow], [0, 2, 5, 7, 8, 12, 15, 17, 18]);
  assert.deepEqual([embryo.firstFrame, embryo.startFrame, embryo.lastFrame], [-3, 1, 7]);
});

test("values are exact, in the smallest arrays that hold them", () => {
  const embryo = tiny();
  assert.equal(embryo.column("x").values.constructor, Int16Array);
  assert.deepEqual(embryo.column("z").scale, 10);
  assert.equal(embryo.value("z", embryo.rowOf(cellOf(embryo, "ABa"), 5)), 10.3);
  const row = embryo.rowOf(cellOf(embryo, "ABp"), 7);
  assert.deepEqual(["none", "global", "local", "blot", "cross"].map((name) => embryo.value(name, row)), [25930, 930, 230, -70, -71]);
});

test("a row is found by cell and frame", () => {
  const embryo = tiny();
  const p = cellOf(embryo, "ABp");
  assert.deepEqual([2, 3, 4, 5, 6, 7, 8].map((frame) => embryo.rowOf(p, frame)), [-1, 8, 9, -1, 10, 11, -1]);
});

test("cells are counted at each frame, strays apart", () => {
  const embryo = tiny();
  assert.deepEqual([-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 3.5].map((frame) => embryo.countAt(frame)), [0, 1, 1, 0, 0, 2, 2, 3, 2, 1, 3, 3, 0, 0]);
});

test("at a whole frame every nucleus lies where the file says", () => {
  assert.deepEqual(seen(tiny(), 2), { AB: 110, P1: 300 });
});

test("between frames nuclei are on their way, and daughters leave from the mother's place", () => {
  assert.deepEqual(seen(tiny(), 2.25), { ABa: 105, ABp: 115, P1: 300.75 });
});

test("what is no longer tracked is not drawn, and a gap is not bridged", () => {
  assert.deepEqual(seen(tiny(), 3.5), { ABa: 91.5, ABp: 135 }, "P1 is gone");
  assert.deepEqual(Object.keys(seen(tiny(), 5.5)), ["ABal", "ABar"], "ABp comes back at 6, not before");
  assert.deepEqual(Object.keys(seen(tiny(), 6)), ["ABal", "ABar", "ABp"]);
  assert.deepEqual(Object.keys(seen(tiny(), 6.5)), ["ABal", "ABp"], "Nuc1 comes at 7");
  assert.deepEqual(seen(tiny(), 9), {});
});

test("buffers of nuclei are used again", () => {
  const embryo = tiny();
  const out = nucleiAt(embryo, 3);
  const { from } = out;
  assert.equal(nucleiAt(embryo, 2, out), out);
  assert.equal(out.from, from);
  assert.equal(out.count, 2);
});

test("other bytes are refused", () => {
  assert.throws(() => decode(new ArrayBuffer(3)), /no tracks/);
  assert.throws(() => decode(new TextEncoder().encode("cell,time,none,global").buffer), /no tracks/);
  assert.throws(() => decode(packed().slice(0, -5)), /cut off/);
});

test("an address is fetched once, and again after it failed", async () => {
  let asked = 0;
  const good = async () => { asked += 1; return { ok: true, arrayBuffer: async () => packed() }; };
  assert.equal(await load("/one", good), await load("/one", good));
  assert.equal(asked, 1);
  await assert.rejects(load("/two", async () => ({ ok: false, status: 503 })), /503/);
  assert.equal((await load("/two", good)).rows, 18);
});
