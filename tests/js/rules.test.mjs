import { test } from "node:test";
import assert from "node:assert/strict";
import {
  cellsAllowed, colourOf, conditionsOf, fits, formatRules, meaningOf, MOST_RULES, parseRules, rowsByRule, SAFE, textOfRules,
} from "../../assets/modules/rules.mjs";
import { PRESETS } from "../../assets/modules/rule_editor.mjs";
import { tiny } from "./tiny.mjs";

const embryo = tiny();
const read = (text) => parseRules(text).rules;
const again = (rules) => parseRules(formatRules(rules));
const painted = (text) => {
  const { rules } = parseRules(text);
  const { rows } = rowsByRule(rules, embryo);
  return Object.fromEntries(embryo.names.map((name, cell) => [name, [...rows.slice(embryo.firstRow[cell], embryo.firstRow[cell + 1])].join("")]));
};
const allowed = (text, names) => names.filter((_, i) => cellsAllowed(conditionsOf(text), names)[i]);
const names = ["P0", "AB", "ABa", "ABpl", "ABpla", "ABplaa", "EMS", "MS", "MSap", "MSpp", "Ea", "P4", "Z2", "Nuc1"];

test("an address of version 1 keeps its meaning", () => {
  // Never change this line: links that people have shared look like it.
  const text = "1!ABpla*~d55e00!MSxp~e69f00~muscle!P4*,Nuc1~009e73!gen.ge.8.and.blot.gt.2000~ff0000~late%2C on!letters.eq.3~0072b2!*~7d8795~the rest";
  const { rules, rest, problems } = parseRules(text);
  assert.deepEqual(problems, []);
  assert.deepEqual(rules.map(({ when, colour, label, error }) => [when, colour, label, error]), [
    [[{ kind: "cells", terms: ["ABpla*"] }], "#d55e00", "", null],
    [[{ kind: "cells", terms: ["MSxp"] }], "#e69f00", "muscle", null],
    [[{ kind: "cells", terms: ["P4*", "Nuc1"] }], "#009e73", "", null],
    [[{ kind: "generation", is: ">=", n: 8 }, { kind: "expression", measure: "blot", is: ">", level: 2000 }], "#ff0000", "late, on", null],
    [[{ kind: "letters", is: "=", n: 3 }], "#0072b2", "", null],
  ]);
  assert.deepEqual(rest, { colour: "#7d8795", label: "the rest" });
  assert.equal(formatRules(parseRules(formatRules(parseRules(text)))), formatRules(parseRules(text)));
});

test("rules are read as people write them", () => {
  const { rules, rest } = parseRules("ABpla* : #D55E00\r\nMSxp : orange : muscle: body wall\n\n generation >= 8 & blot > 2,000 : #f00\nEMS*\n else : grey : other");
  assert.deepEqual(rules.map(({ text, colour, label }) => [text, colour, label]), [
    ["ABpla*", "#d55e00", ""],
    ["MSxp", "#e69f00", "muscle: body wall"],
    ["gen >= 8 and blot > 2000", "#ff0000", ""],
    ["EMS*", SAFE[3][0], ""],
  ]);
  assert.deepEqual(rest, { colour: "#7d8794", label: "other" });
  assert.deepEqual(read("1;ABa*=#ff0000;gen=8=0072b2;gen=8").map(({ text, colour }) => [text, colour]), [
    ["ABa*", "#ff0000"], ["gen = 8", "#0072b2"], ["gen = 8", SAFE[2][0]],
  ]);
  assert.deepEqual(conditionsOf("gen>7"), conditionsOf("depth ≥ 8"));
  assert.deepEqual(conditionsOf("gen<8"), conditionsOf("gen <= 7"));
  assert.deepEqual(["#D50", "d55e00", " Sky Blue", "bluish", "#12345", ""].map(colourOf), ["#dd5500", "#d55e00", "#56b4e9", null, null, null]);
});

test("what can't be read says why, stays as it was written and paints nothing", () => {
  const text = "ABa* : bluish : x\ngen : red\ngen >= 99 : red\nwings > 3 : red\nAB pla*, <b> : red\nblot = 3 : red\n : red\nABa* and E* and MS* and C* and D* : red";
  const { rules } = parseRules(text);
  assert.deepEqual(rules.map(({ when }) => when), rules.map(() => null));
  for (const [i, words] of [/“bluish” is no colour/, /such as gen >= 8/, /from 0 to 40/, /what can be compared/, /“<b>” is no cell|compared/, /never exactly/, /Which cells/, /At most 4/].entries()) {
    assert.match(rules[i].error, words);
  }
  assert.deepEqual(again(parseRules(text)), parseRules(text));
  assert.deepEqual(parseRules(textOfRules(parseRules(text))), parseRules(text));
  assert.ok(Object.values(painted(text)).every((rows) => /^8+$/.test(rows)));
});

test("a condition that would be everything else stays one", () => {
  const rules = { rules: [{ text: "else", when: [{ kind: "cells", terms: ["else"] }], colour: "#ff0000", label: "", error: null }], rest: { colour: "#7d8794", label: "" } };
  assert.deepEqual(again(rules).rules, rules.rules);
  const unread = { ...rules, rules: [{ text: "*", when: null, colour: "#ff0000", label: "", error: "" }] };
  assert.equal(again(unread).rules[0].when, null);
  assert.equal(again(unread).rest.colour, "#7d8794");
});

test("names that no lineage has come back as they were", () => {
  for (const name of ["a b", "<b>x</b>", "50%", "a;b!c~d:e", "Ωmega", "x,y", "a.and.b", "H1R.aa", "'\"&", "%41", "…".repeat(40), "gen", "Blot-7", "none"]) {
    const one = { rules: [{ text: "", when: [{ kind: "cells", terms: [name] }], colour: "#ff0000", label: `${name} §`.slice(0, 40), error: null }], rest: { colour: "#7d8794", label: "" } };
    const back = again(one).rules[0];
    assert.deepEqual(back.when, one.rules[0].when, name);
    assert.equal(back.label, one.rules[0].label.trim(), name);
    assert.deepEqual(parseRules(textOfRules(again(one))).rules, again(one).rules, name);
  }
});

test("whatever the text, nothing is thrown and writing is stable", () => {
  let seed = 7;
  const random = (n) => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed % n; };
  const pieces = ["AB", "a*", "x", "~", "!", ":", ";", "\n", "%", "%2", "%ff", "gen", ">=", "=", ".ge.", "8", "blot", "<script>", " and ", "&", ",", "*", "else", "#f00", "red", "1", "v2", "\u0000", "\u202e", "é", "~~", "-5", "1e9", "__proto__", "constructor"];
  for (let round = 0; round < 3000; round += 1) {
    const text = Array.from({ length: random(24) }, () => pieces[random(pieces.length)]).join("");
    const once = parseRules(text);
    for (const { colour, label, error, when } of once.rules) {
      assert.match(colour, /^#[0-9a-f]{6}$/);
      assert.ok(label.length <= 40 && !/\p{C}/u.test(label));
      assert.equal(error === null, when !== null, text);
    }
    const { problems: _, ...stable } = again(once);
    const { problems: __, ...first } = once;
    assert.deepEqual(stable, first, JSON.stringify(text));
    assert.equal(formatRules(again(once)), formatRules(once));
    rowsByRule(once.rules, embryo);
  }
});

test("there is an end to rules", () => {
  const many = parseRules(Array.from({ length: 100 }, (_, i) => `ABa${"p".repeat(i % 9)} : red`).join("\n"));
  assert.equal(many.rules.length, MOST_RULES);
  assert.match(many.problems[0], /40 more were left out/);
  assert.ok(fits(formatRules(many)));
  assert.ok(!fits("~é".repeat(600)), "escapes count");
  assert.match(parseRules("2!ABa*~ff0000").problems[0], /version 2/);
  const at = performance.now();
  parseRules("AB!".repeat(1e6));
  assert.ok(performance.now() - at < 500);
});

test("conditions mean what the field means by them", () => {
  assert.deepEqual(allowed("ABpl*", names), ["ABpl", "ABpla", "ABplaa"]);
  assert.deepEqual(allowed("P1*", names), ["EMS", "MS", "MSap", "MSpp", "Ea", "P4", "Z2"]);
  assert.deepEqual(allowed("MSxp, Nuc1", names), ["MSap", "MSpp", "Nuc1"]);
  assert.deepEqual(allowed("abPLA", names), ["ABpla"]);
  assert.deepEqual(allowed("gen <= 1", names), ["P0", "AB"], "an unnamed nucleus has no generation");
  assert.deepEqual(allowed("gen = 4", names), ["ABpla", "Ea", "P4"]);
  assert.deepEqual(allowed("letters = 4", names), ["ABpl", "MSap", "MSpp", "Nuc1"]);
  assert.deepEqual(allowed("ABp* and gen >= 4", names), ["ABpla", "ABplaa"]);
  assert.deepEqual(allowed("blot > 3", names), names, "expression says nothing of a cell as such");
});

test("the first rule that holds wins, at each moment", () => {
  // Rows of each cell by time: the index of the rule, 3 for none. blot of ABa: 100, 200, 600; of ABp: 40, 50, 60, -70.
  assert.deepEqual(painted("blot > 150 and ABa*\nABx\nblot < 0"), {
    AB: "23", ABa: "100", ABal: "33", ABar: "3", ABp: "1111", P1: "333", EMS: "33", Nuc1: "3",
  });
  assert.equal(painted("ABx\nblot > 150")["ABa"], "000");
  const perCell = (text) => rowsByRule(read(text), embryo).perCell;
  assert.deepEqual(["ABa*", "gen >= 2", "blot > 1", "E* and blot > 1", "P1 and blot > 100"].map(perCell), [true, true, false, true, false]);
});

test("rules are told in words", () => {
  const told = read("ABpla*\nMSxp, MSxa\ngen >= 8 and blot > 2000\nletters = 5\nlocal <= -20.5\nA, B, C, D, E\nC* :: skin").map(meaningOf);
  assert.deepEqual(told, ["ABpla and below", "MSxp, MSxa", "generation ≥ 8, blot > 2,000", "5 letters", "local ≤ -20.5", "A, B and 3 more", "skin"]);
});

test("presets are rules, and a germ line is P0 to P4 and what comes of it", () => {
  for (const [title, text] of PRESETS) {
    const { rules, problems } = parseRules(text);
    assert.ok(rules.length > 1 && rules.every(({ error }) => error === null) && problems.length === 0, title);
    assert.equal(formatRules(parseRules(text)), text, title);
  }
  assert.deepEqual(names.filter((name, i) => rowsOfNames(PRESETS[2][1])[i]), ["P0", "P4", "Z2"]);
});

const rowsOfNames = (text) => names.map((_, i) => read(text).some(({ when }) => cellsAllowed(when, names)[i]));
