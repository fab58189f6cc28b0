import { test } from "node:test";
import assert from "node:assert/strict";
import { History } from "../../assets/modules/watch_history.mjs";
import { DEFAULTS } from "../../assets/modules/watch_view.mjs";

test("what was changed comes back, and again", () => {
  const history = new History();
  const first = { ...DEFAULTS, cells: ["ABa"] };
  history.note(DEFAULTS, { cells: first.cells }, 0);
  const second = { ...first, colour: "blot" };
  history.note(first, { colour: "blot" }, 5000);
  const back = history.undo(second);
  assert.deepEqual([back.cells, back.colour], [["ABa"], "safe"]);
  assert.deepEqual(history.undo({ ...second, ...back }).cells, []);
  assert.equal(history.undo(DEFAULTS), null);
  assert.deepEqual(history.redo(DEFAULTS).cells, ["ABa"]);
});

test("time and camera aren't undone, and a drag is one change", () => {
  const history = new History();
  history.note(DEFAULTS, { frame: 3, camera: { zoom: 2 } }, 0);
  assert.equal(history.undo(DEFAULTS), null);
  for (let k = 4; k < 9; k += 1) history.note({ ...DEFAULTS, k: k - 1 }, { k }, 100 * k);
  assert.equal(history.undo({ ...DEFAULTS, k: 8 }).k, 3);
  assert.equal(history.undo(DEFAULTS), null);
});

test("steps of a choice are undone one by one, a double click is one step, and what is cleared comes back", () => {
  const history = new History();
  const chosen = (...cells) => ({ ...DEFAULTS, cells });
  history.note(chosen(), { cells: ["ABa"] }, 0);
  history.note(chosen("ABa"), { cells: ["ABa*"] }, 250); // the second click
  history.note(chosen("ABa*"), { cells: [] }, 400); // Escape
  assert.deepEqual(history.undo(chosen()).cells, ["ABa*"]);
  assert.deepEqual(history.undo(chosen("ABa*")).cells, []);
  assert.equal(history.undo(DEFAULTS), null);
  history.note(chosen(), { cells: ["MS"] }, 5000);
  history.note(chosen("MS"), { cells: ["MS", "E"] }, 5600);
  assert.deepEqual(history.undo(chosen("MS", "E")).cells, ["MS"]);
});
