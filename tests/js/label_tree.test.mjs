import assert from "node:assert/strict";
import { test } from "node:test";
import { cellAt, named, shades } from "../../assets/modules/label_tree.mjs";

// P0 with AB (ABa, ABp) and P1
const tree = {
  names: ["P0", "AB", "ABa", "ABp", "P1"],
  mother: [-1, 0, 1, 1, 0],
  top: [0, 10, 20, 20, 10],
  bottom: [10, 20, 60, 60, 60],
  x: [0.5, 0.25, 0, 0.5, 1],
};
const place = (cell) => ({ x: tree.x[cell] * 200, top: tree.top[cell], bottom: tree.bottom[cell] });
const width = (text) => text.length * 6;

test("neighbouring classes of one colour group differ, other groups start afresh", () => {
  const colours = shades([
    { colour: "ABa", order: 1 }, { colour: "ABa", order: 0 }, { colour: "MS", order: 2 }, { colour: "ABa", order: 3 },
  ]);
  assert.equal(colours[1], "var(--founder-ABa)");
  assert.equal(colours[2], "var(--founder-MS)");
  assert.equal(new Set([colours[0], colours[1], colours[3]]).size, 3);
});

test("a class is named once, beside the first of its cells", () => {
  const classes = [{ label: "A" }, { label: "P" }];
  const found = named(tree, classes, [1, 0, 0, 0, 1], place, width, 200);
  assert.deepEqual(found.map(({ index }) => index).sort(), [0, 1]);
  const a = found.find(({ index }) => index === 0);
  assert.equal(a.x, 53); // right of AB, which stands at 50
});

test("names don't cover each other or leave the picture, and cells in no embryo have none", () => {
  const classes = ["AB", "ABaaaaaaaaaaaaaaa", "ABp", "P1"].map((label) => ({ label }));
  const found = named(tree, classes, [-1, 0, 1, 2, 3], place, width, 200);
  const p1 = found.find(({ index }) => index === 3);
  assert.ok(p1.x + width("P1") <= 200);
  const boxes = found.map(({ index, x, y }) => ({ left: x, right: x + width(classes[index].label), top: y - 6, bottom: y + 6 }));
  for (const one of boxes) for (const other of boxes) {
    if (one !== other) assert.ok(one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top);
  }
  assert.deepEqual(named(tree, classes, [-1, -1, -1, -1, -1], place, width, 200), []);
});

test("no more names than the picture has room for", () => {
  const classes = tree.names.map((label) => ({ label }));
  assert.ok(named(tree, classes, [0, 1, 2, 3, 4], place, width, 60).length <= 3);
});

test("the cell under the pointer is the nearest line at that minute", () => {
  assert.equal(tree.names[cellAt(tree, place, 3, 40)], "ABa");
  assert.equal(tree.names[cellAt(tree, place, 52, 15)], "AB");
  assert.equal(cellAt(tree, place, 150, 40), -1);
});
