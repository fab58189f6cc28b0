import { test } from "node:test";
import assert from "node:assert/strict";
import { cellsOf, chosenCells, firstFive, suggestions, termsOf, toggled } from "../../assets/modules/choice.mjs";
import { tiny } from "./tiny.mjs";

const names = ["ABa", "ABal", "ABala", "ABalp", "ABar", "MSa", "MSap", "MSp", "MSpp", "C", "Ca", "D", "Nuc1"];
const named = (cells) => cells.map((cell) => names[cell]);

test("a term is a cell, a pattern or a sublineage", () => {
  assert.deepEqual(named(cellsOf("ABal", names)), ["ABal"]);
  assert.deepEqual(named(cellsOf("abAL", names)), ["ABal"]);
  assert.deepEqual(named(cellsOf("MSxp", names)), ["MSap", "MSpp"]);
  assert.deepEqual(named(cellsOf("abal*", names)), ["ABal", "ABala", "ABalp"]);
  assert.deepEqual(named(cellsOf("EMS*", names)), ["MSa", "MSap", "MSp", "MSpp"], "the root needn't be followed");
  assert.deepEqual(cellsOf("<b>", names), []);
});

test("chosen cells are there once, in lineage order", () => {
  assert.deepEqual(named(chosenCells(["C", "MSxp", "ABal*", "ABala", "nobody"], names)), ["ABal", "ABala", "ABalp", "MSap", "MSpp", "C"]);
});

test("text is read as people write it", () => {
  assert.deepEqual(termsOf(" abala, MSXP ;c* ABala", names), ["ABala", "MSXP", "C*"]);
});

test("adding and taking away one cell, out of a sublineage too", () => {
  assert.deepEqual(toggled(["C"], "D", names), ["C", "D"]);
  assert.deepEqual(toggled(["C", "D"], "D", names), ["C"]);
  assert.deepEqual(toggled(["ABal*"], "ABala", names), ["ABal", "ABalp"]);
});

test("suggestions: the cell, all below it, then what begins so, then what holds it", () => {
  assert.deepEqual(suggestions("abal", names).map(({ term, cells }) => [term, cells]), [["ABal", 1], ["ABal*", 3], ["ABala", 1], ["ABalp", 1]]);
  assert.deepEqual(suggestions("MSxp", names), [{ term: "MSxp", cells: 2 }]);
  assert.deepEqual(suggestions("uc", names), [{ term: "Nuc1", cells: 1 }]);
  assert.deepEqual(suggestions("C*", names), [{ term: "C*", cells: 2 }]);
  assert.deepEqual(suggestions("EMS", names), [{ term: "EMS*", cells: 4 }]);
  assert.deepEqual(suggestions("q", names), []);
  assert.deepEqual(suggestions("  ", names), []);
  assert.equal(suggestions("A", names, 3).length, 3);
});

test("the first five are those seen first, strays left out", () => {
  assert.deepEqual(firstFive(tiny()), ["AB", "P1", "ABa", "ABp", "ABal"]);
});
