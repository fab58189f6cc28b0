import { test } from "node:test";
import assert from "node:assert/strict";
import { cellFacts, COLUMNS, tableText } from "../../assets/modules/facts.mjs";
import { calibration, cellOf, timeline, tiny } from "./tiny.mjs";

const embryo = tiny();
const factsOf = (name) => cellFacts(embryo, timeline(), calibration, cellOf(embryo, name));
const text = (title, fact) => COLUMNS.find((column) => column.title === title).text(fact);

test("a whole cycle runs from birth to the birth of the daughters", () => {
  const fact = factsOf("ABa"); // frames 3 to 5, daughters at 6
  assert.deepEqual([fact.birth, fact.division, fact.cycle, fact.cycleSeen, fact.why], [3, 7.5, 4.5, true, ""]);
  assert.equal(fact.mother, "AB");
  assert.ok(Math.abs(fact.path - (0.5 + 0.3)) < 1e-12, "5 pixels of 0.1 µm, then 0.3 planes");
  assert.deepEqual([fact.meanBlot, fact.maxBlot], [300, 600]);
  assert.equal(text("Cycle, min", fact), "4.5");
});

test("born before the recording: at least so long, and the words say why", () => {
  const fact = factsOf("AB");
  assert.deepEqual([fact.birth, fact.division, fact.cycle, fact.cycleSeen], [null, 3, 3, false]);
  assert.equal(fact.why, "born before the start");
  assert.equal(fact.mother, "P0", "known by name, though not followed");
  assert.deepEqual(["Cycle, min", "Birth", "Division"].map((title) => text(title, fact)), ["≥ 3.0", "< 0.0", "3.0"]);
});

test("still there at the end, and no longer tracked, are told apart", () => {
  const there = factsOf("ABal");
  assert.deepEqual([there.birth, there.division, there.cycle, there.why], [7.5, null, 1.5, "there at the end"]);
  assert.equal(text("Division", there), "> 9.0");
  const lost = factsOf("ABar");
  assert.deepEqual([lost.cycle, lost.why], [0, "no longer tracked"]);
  assert.equal(factsOf("P1").why, "born before the start; no longer tracked");
});

test("a gap in a track doesn't end it, and its path is straight there", () => {
  const fact = factsOf("ABp"); // frames 3, 4, 6, 7
  assert.deepEqual([fact.first, fact.last, fact.birth], [3, 7, 3]);
  assert.ok(Math.abs(fact.path - 3) < 1e-12);
  assert.deepEqual([fact.meanBlot, fact.maxBlot], [20, 60]);
});

test("rows before the recording are told by negative minutes", () => {
  const fact = factsOf("EMS");
  assert.deepEqual([fact.birth, fact.from, fact.until], [null, -6, -4.5]);
});

test("the table as text names its units and what is exact", () => {
  const lines = tableText([factsOf("ABa"), factsOf("AB")]).split("\n");
  assert.equal(lines[0], "cell,cycle_min,cycle_is,not_seen,birth_min,first_seen_min,division_min,last_seen_min,path_um,mean_blot,max_blot,mother");
  assert.equal(lines[1], "ABa,4.5,exact,,3.0,3.0,7.5,6.0,0.8,300.0,600,AB");
  assert.equal(lines[2], "AB,3.0,at least,born before the start,,0.0,3.0,1.5,1.1,5.0,15,P0");
});

test("a name that is a formula stays text, and a number stays a number", () => {
  const fact = { ...factsOf("ABa"), name: '=HYPERLINK("x")', maxBlot: -70, mother: "a,b" };
  const line = tableText([fact]).split("\n")[1];
  assert.ok(line.startsWith(`"'=HYPERLINK(""x"")",`));
  assert.ok(line.endsWith(',-70,"a,b"'));
  assert.ok(tableText([{ ...fact, name: "=1+1" }], "\t").includes("\n'=1+1\t"));
});
