import test from "node:test";
import assert from "node:assert/strict";
import { MOST_LABELS, Placing, namedOnes, tieOf } from "../../assets/modules/stage_labels.mjs";

const HEIGHT = 16;
const label = (key, x, y, across = 50, radius = 10) => ({ key, x, y, across, radius });

function overlapping(labels) {
  const shown = labels.filter((each) => each.shown);
  const pairs = shown.flatMap((a, i) => shown.slice(i + 1).map((b) => [a, b]));
  return pairs.filter(([a, b]) => (
    a.left < b.left + b.across && a.left + a.across > b.left && a.top < b.top + HEIGHT && a.top + HEIGHT > b.top
  ));
}

test("a lone name stands right of its nucleus, at its height, without a line", () => {
  const [one] = new Placing().place([label("a", 100, 100)], 400, 300);
  assert.deepEqual([one.left, one.top, one.tied, one.shown], [114, 92, false, true]);
});

test("at the right edge it stands on the left", () => {
  const [one] = new Placing().place([label("a", 380, 100)], 400, 300);
  assert.equal(one.left, 380 - 14 - 50);
});

test("names in a crowd don't overlap, and those that moved away have a line", () => {
  const crowd = Array.from({ length: 12 }, (_, i) => label(i, 300 + (i % 4) * 14, 300 + Math.floor(i / 4) * 14, 60));
  const placed = new Placing().place(crowd, 600, 600);
  assert.equal(placed.filter((each) => each.shown).length, 12);
  assert.deepEqual(overlapping(placed), []);
  assert.ok(placed.some((each) => each.tied));
  for (const each of placed.filter(({ tied }) => tied)) {
    const tie = tieOf(each);
    assert.ok(Math.abs(Math.hypot(tie.fromX - each.x, tie.fromY - each.y) - each.radius) < 1e-6, "it begins at the rim");
  }
});

test("where no place is free a name isn't shown", () => {
  const crowd = Array.from({ length: 40 }, (_, i) => label(i, 60, 40, 90));
  const placed = new Placing().place(crowd, 120, 80);
  assert.deepEqual(overlapping(placed), []);
  assert.ok(placed.some((each) => !each.shown));
});

test("no more than the limit are shown", () => {
  const many = Array.from({ length: MOST_LABELS + 20 }, (_, i) => label(i, 50 + (i % 10) * 100, 20 + Math.floor(i / 10) * 40, 40));
  const placed = new Placing().place(many, 1200, 900);
  assert.equal(placed.filter((each) => each.shown).length, MOST_LABELS);
});

test("a name keeps its place while that is free", () => {
  const placing = new Placing();
  const both = () => [label("a", 100, 100), label("b", 102, 100)];
  const first = placing.place(both(), 400, 300).map(({ left, top }) => [left, top]);
  const alone = placing.place([label("b", 102, 100)], 400, 300)[0];
  assert.deepEqual([alone.left, alone.top], first[1]);
});

test("those that had a name keep it, the foremost come next", () => {
  const kept = new Set(["b", "gone"]);
  assert.deepEqual([...namedOnes(["a", "b", "c", "d"], [3, 9, 1, 2], kept, 3)].sort(), ["b", "c", "d"]);
});
