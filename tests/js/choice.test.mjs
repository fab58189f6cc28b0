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
  assert.deepEqual(named(cellsOf("ems*", names)), ["MSa", "MSap", "MSp", "MSpp"], "whatever the capitals");
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

const functional = { ABalpx: "ghost", ABalapp: "ADAL", ABalap: "ADF", ABplap: "ADAR", MSpp: "mu bod", MSap: "mu bod", Cpaa: "hyp7", Daaa: "hyp7", MSppa: "<b>", Ga: "none" };

test("a functional name means its cell, or the closest ancestor that is followed", () => {
  assert.deepEqual(suggestions("adal", names, 8, functional), [
    { name: "ADAL", of: ["ABalapp"], terms: ["ABala"], cells: 1, instead: true },
  ]);
  const followed = [...names, "ABalapp"];
  assert.deepEqual(suggestions("ADAL", followed, 8, functional), [{ name: "ADAL", of: ["ABalapp"], terms: ["ABalapp"], cells: 1, instead: false }]);
  assert.deepEqual(suggestions("ad", followed, 8, functional).map(({ name, terms }) => [name, terms[0]]), [["ADAL", "ABalapp"], ["ADF", "ABala"]], "of ADAR not even an ancestor");
  assert.deepEqual(suggestions("hyp7", names, 8, functional), [{ name: "hyp7", of: ["Cpaa", "Daaa"], terms: ["C", "D"], cells: 2, instead: true }]);
  assert.deepEqual(suggestions("none", names, 8, functional), [], "of that name no ancestor can be followed");
  assert.deepEqual(suggestions("a", followed, 3, functional).map(({ name }) => name), [undefined, undefined, undefined], "one letter is a cell's");
  assert.equal(suggestions("ABal", names, 8, functional)[0].term, "ABal", "a cell comes before a functional name");
  assert.deepEqual(suggestions("adal", names), [], "without a table there are no such names");
});

test("a lineage name that isn't born yet offers its closest ancestor", () => {
  assert.deepEqual(suggestions("ABalaapp", names), [{ name: null, of: ["ABalaapp"], terms: ["ABala"], cells: 1, instead: true }]);
  assert.deepEqual(suggestions("Ea", names), []);
});

test("functional names stand in a list of terms", () => {
  assert.deepEqual(termsOf("ADAL, ABar hyp7; Q", names, functional), ["ABala", "ABar", "C", "D", "Q"]);
  assert.deepEqual(termsOf("ADAL", names), ["ADAL"]);
});

test("the first five are those seen first, strays left out", () => {
  assert.deepEqual(firstFive(tiny()), ["AB", "P1", "ABa", "ABp", "ABal"]);
});
