import { test } from "node:test";
import assert from "node:assert/strict";
import { colourGroup, descends, founder, matches, mother } from "../../assets/modules/lineage.mjs";

test("dropping a letter is the mother, but not in the early divisions", () => {
  const mothers = { ABala: "ABal", AB: "P0", E: "EMS", MS: "EMS", C: "P2", D: "P3", Z2: "P4", P0: null, Nuc1: null, Ea: "E" };
  for (const [name, expected] of Object.entries(mothers)) assert.equal(mother(name), expected, name);
});

test("founders and colours", () => {
  assert.deepEqual(["ABpl", "EMS", "Ealaad", "P3", "Z3", "Nuc1"].map(founder), ["AB", "EMS", "E", "P3", "P4", ""]);
  assert.deepEqual(["ABpl", "AB", "EMS", "Ealaad", "Z3", "Nuc1"].map(colourGroup), ["ABp", "AB", "EMS", "E", "P", "unnamed"]);
});

test("x is either daughter", () => {
  const names = ["MSap", "MSpp", "MSaa", "MSapp", "E", "MS"];
  assert.deepEqual(names.filter((name) => matches("MSxp", name)), ["MSap", "MSpp"]);
  assert.deepEqual(names.filter((name) => matches("EMSx", name)), ["E", "MS"]);
  assert.ok(matches("msXP", "MSpp"));
  assert.ok(!matches("x", "E"));
});

test("descent goes through the early divisions", () => {
  assert.ok(descends("Ealaad", "P1"));
  assert.ok(descends("Cxp".replace("x", "a"), "C"));
  assert.ok(!descends("ABala", "ABalp"));
  assert.ok(!descends("Nuc1", "P0"));
});
