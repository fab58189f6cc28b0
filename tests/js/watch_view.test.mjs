import { test } from "node:test";
import assert from "node:assert/strict";
import { DEFAULTS, searchOf, viewOf } from "../../assets/modules/watch_view.mjs";

test("nothing asked for is the default view", () => {
  assert.deepEqual(viewOf(""), { ...DEFAULTS });
  assert.equal(searchOf(DEFAULTS), "?v=1");
});

test("an address of version 1 keeps its meaning", () => {
  const address = "?v=1&cells=ABala,MSxp,C*&frame=57.5&axes=xz&units=file&colour=blot&k=4&tail=20&paths=0&panel=0";
  const view = viewOf(address);
  assert.deepEqual(view, {
    cells: ["ABala", "MSxp", "C*"], frame: 57.5, axes: "xz", units: "file", colour: "blot", k: 4, tail: 20, paths: false, panel: false,
  });
  assert.equal(searchOf(view), address);
});

test("what can't be read takes the default", () => {
  const view = viewOf("?cells=&frame=1e9&axes=xx&units=miles&colour=__proto__&k=99&tail=3&paths=maybe&panel=%00&other=1");
  assert.deepEqual(view, { ...DEFAULTS });
  assert.equal(viewOf("?frame=-3.25").frame, -3.25);
});

test("names that aren't Sulston's go through the address and back", () => {
  const cells = ["Nuc1", "a&b=c", "é*", "<script>"];
  assert.deepEqual(viewOf(searchOf({ ...DEFAULTS, cells })).cells, cells);
  assert.deepEqual(viewOf("?cells=%E0%A4%A,ABa").cells, ["ABa"], "a broken escape is left out");
});
