import { test } from "node:test";
import assert from "node:assert/strict";
import { DEFAULTS, isNewer, searchOf, viewOf } from "../../assets/modules/watch_view.mjs";

test("nothing asked for is the default view", () => {
  assert.deepEqual(viewOf(""), { ...DEFAULTS });
  assert.equal(searchOf(DEFAULTS), "?v=2");
  assert.deepEqual(viewOf(searchOf(DEFAULTS)), { ...DEFAULTS });
});

test("an address of version 1 keeps its meaning: the plane", () => {
  const address = "?v=1&cells=ABala,MSxp,C*&frame=57.5&axes=xz&units=file&colour=blot&k=4&tail=20&paths=0&panel=0";
  assert.deepEqual(viewOf(address), {
    ...DEFAULTS, stage: "plane", cells: ["ABala", "MSxp", "C*"], frame: 57.5, axes: "xz", units: "file", colour: "blot", k: 4,
    tail: 20, paths: false, panel: false,
  });
  assert.equal(viewOf("?v=1").stage, "plane");
  assert.equal(viewOf("?cells=ABa").stage, "space", "a link without a version is of no version");
});

test("an address of version 2 keeps its meaning", () => {
  // Never change this line: links that people have shared look like it.
  const address = "?v=2&cells=ABpl*,MSxp&frame=57.25&colour=rules&k=4&range=-120,2000.5&rules=1;ABa*=%23ff0000;*=%23888888"
    + "&tail=12&ahead=4.5&tailWidth=3&tailColour=time&tailsOf=all&others=hide&names=0&camera=0.5,0.5,0.5,0.5,1.25,3,-4.5,1"
    + "&shell=1&panel=0&tree=0&tab=notes&root=ABp&folded=ABpl,MS&along=blot&odd=1&contact=1.5&beside=abc,def1&scales=own&match=EMS";
  const view = viewOf(address);
  assert.deepEqual(view, {
    ...DEFAULTS,
    cells: ["ABpl*", "MSxp"], frame: 57.25, colour: "rules", k: 4, range: [-120, 2000.5], rules: "1;ABa*=#ff0000;*=#888888",
    tail: 12, ahead: 4.5, tailWidth: 3, tailColour: "time", tailsOf: "all", others: "hide", names: false,
    camera: { turn: [0.5, 0.5, 0.5, 0.5], zoom: 1.25, pan: [3, -4.5], flat: true },
    shell: true, panel: false, tree: false, tab: "notes", root: "ABp", folded: ["ABpl", "MS"], along: "blot", odd: true, contact: 1.5,
    beside: ["abc", "def1"], scales: "own", match: "EMS",
  });
  assert.deepEqual(viewOf(searchOf(view)), view, "written and read again it is the same view");
});

test("what can't be read takes the default", () => {
  const view = viewOf(
    "?cells=&frame=1e9&axes=xx&units=miles&colour=__proto__&k=99&tail=3000&paths=maybe&panel=%00&other=1&range=5,1&range=0,1"
    + "&camera=0,0,0,0,1,0,0,0&beside=../x,<b>&folded=&stage=&match=&odd=2&tailWidth=0",
  );
  assert.deepEqual(view, { ...DEFAULTS });
  assert.equal(viewOf("?frame=-3.25").frame, -3.25);
  assert.equal(viewOf("?camera=1,0,0,0,1e9,0,0,0").camera, null);
  assert.deepEqual(viewOf("?camera=2,0,0,0,1,0,0,0").camera.turn, [1, 0, 0, 0], "a turn is a unit quaternion");
});

test("names that aren't Sulston's go through the address and back", () => {
  const cells = ["Nuc1", "a&b=c", "é*", "<script>", "a,b"];
  assert.deepEqual(viewOf(searchOf({ ...DEFAULTS, cells })).cells, ["Nuc1", "a&b=c", "é*", "<script>", "a", "b"]);
  assert.deepEqual(viewOf("?cells=%E0%A4%A,ABa").cells, ["ABa"], "a broken escape is left out");
});

test("a result's column is a colour", () => {
  const view = { ...DEFAULTS, colour: "result:right or wrong" };
  assert.equal(viewOf(searchOf(view)).colour, view.colour);
});

test("a newer address is told as such", () => {
  assert.equal(isNewer("?v=3&cells=ABa"), true);
  assert.equal(isNewer("?v=2"), false);
  assert.equal(isNewer("?cells=ABa"), false);
});
