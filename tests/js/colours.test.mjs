import { test } from "node:test";
import assert from "node:assert/strict";
import { along, countsAt, mixed, painter, sharedRange, takeResult, VIRIDIS } from "../../assets/modules/colours.mjs";
import { legendAsSvgItems, rangeFrom } from "../../assets/modules/legend.mjs";
import { BadTable, readTable } from "../../assets/modules/result_table.mjs";
import { minutesOfPaths, pathTraces, strideOf, tailRows } from "../../assets/modules/paths.mjs";
import { planeOf } from "../../assets/modules/projection.mjs";
import { calibration, cellOf, timeline, tiny } from "./tiny.mjs";

const embryo = tiny();
const safe = { ABa: "#56b4e9", ABp: "#0072b2", AB: "#2b93ce", MS: "#009e73", E: "#e69f00", EMS: "#73a03a", C: "#cc79a7", D: "#d55e00", P: "#f0e442", unnamed: "#8b939e" };
const palettes = { safe, acetree: { ...safe, ABa: "#ff0000" } };
const colourOf = (paint, name, frame) => {
  const cell = cellOf(embryo, name);
  const row = embryo.rowOf(cell, frame);
  return paint.colours[paint.of(cell, row, row, 0)];
};

test("founders have their colours, and the legend holds those that are there", () => {
  const paint = painter(embryo, { colour: "safe" }, palettes);
  assert.equal(colourOf(paint, "ABal", 6), "#56b4e9");
  assert.equal(colourOf(paint, "P1", 1), "#f0e442");
  assert.deepEqual(paint.legend.swatches.map(({ label }) => label), ["ABa", "ABp", "AB", "EMS", "P0 to P4, Z", "unnamed"]);
  assert.equal(colourOf(painter(embryo, { colour: "acetree" }, palettes), "ABal", 6), "#ff0000");
});

test("cells of one compact name share a colour", () => {
  const paint = painter(embryo, { colour: "compact", k: 3 }, palettes);
  assert.deepEqual(paint.legend.swatches.map(({ label }) => label), ["AB", "ABa", "ABp", "P1", "EMS", "Nuc"]);
  assert.equal(colourOf(paint, "ABal", 6), colourOf(paint, "ABa", 3));
  assert.equal(new Set(paint.colours).size, 6);
});

test("expression runs from black to red, and what is negative is told apart", () => {
  const paint = painter(embryo, { colour: "blot" }, palettes);
  assert.equal(paint.legend.most, 600);
  assert.equal(colourOf(paint, "ABa", 5), "#ff0000");
  assert.equal(colourOf(paint, "ABal", 6), "#000000");
  assert.equal(colourOf(paint, "ABp", 7), paint.legend.below);
  assert.equal(colourOf(paint, "AB", 1), paint.legend.below);
});

const NO_VALUE = "#4f5866";
const context = { timeline: timeline(), calibration };
const paintBy = (view, more = {}) => painter(embryo, view, palettes, { ...context, ...more });

test("a range that is set moves the ends; beyond it the ends hold", () => {
  const paint = paintBy({ colour: "blot", range: [100, 300] });
  assert.deepEqual([paint.legend.least, paint.legend.most, paint.legend.less, paint.legend.more, paint.legend.isSet], [100, 300, true, true, true]);
  assert.equal(colourOf(paint, "ABa", 5), "#ff0000", "600 is beyond");
  assert.equal(colourOf(paint, "ABa", 4), along(["#000000", "#ff0000"], 32 / 63));
  assert.equal(colourOf(paint, "ABa", 3), "#000000");
  assert.equal(colourOf(paint, "ABp", 3), "#000000", "40 is below, and not negative");
  assert.equal(colourOf(paint, "ABp", 7), paint.legend.below, "-70 is told apart whatever the range");
  for (const range of [[3, 3], [5, 1], [0, NaN], "0,1", [0]]) assert.equal(paintBy({ colour: "blot", range }).legend.most, 600);
});

test("a range below zero shows how negative, with zero black", () => {
  const paint = paintBy({ colour: "blot", range: [-70, 70] });
  assert.equal(paint.legend.below, null);
  assert.equal(colourOf(paint, "ABp", 7), "#41597a");
  assert.equal(paint.legend.stops[16], "#000000");
  assert.equal(colourOf(paint, "ABa", 3), "#ff0000");
  assert.ok(paint.legend.zero);
});

test("size, speed and age run through viridis, and what has none is told apart", () => {
  const size = paintBy({ colour: "size" });
  assert.deepEqual([size.legend.title, size.legend.unit, size.legend.least, size.legend.most, size.legend.none], ["Size", "µm", 2, 5, null]);
  assert.equal(colourOf(size, "P1", 1), VIRIDIS.at(-1));
  assert.equal(colourOf(size, "Nuc1", 7), VIRIDIS[0]);
  const age = paintBy({ colour: "age" });
  assert.deepEqual([age.legend.least, age.legend.most, age.legend.none], [0, 6, { label: "birth not seen", colour: NO_VALUE }]);
  assert.equal(colourOf(age, "P1", 1), NO_VALUE);
  assert.equal(colourOf(age, "ABp", 3), VIRIDIS[0]);
  assert.equal(colourOf(age, "ABp", 7), VIRIDIS.at(-1));
  assert.equal(colourOf(age, "ABp", 4), along(VIRIDIS, 16 / 63), "one and a half of six minutes");
  const speed = paintBy({ colour: "speed" });
  assert.equal(speed.legend.unit, "µm/min");
  assert.equal(colourOf(speed, "Nuc1", 7), NO_VALUE);
  assert.equal(colourOf(paintBy({ colour: "speed", range: [0, 0.2] }), "ABa", 5), VIRIDIS.at(-1));
  assert.match(speed.legend.meaning, /over 4 minutes/);
});

test("between two rows colours run with the value; where one has none the other's holds", () => {
  const index = (paint, name, frame, share) => {
    const to = embryo.rowOf(cellOf(embryo, name), frame);
    return paint.colours[paint.of(cellOf(embryo, name), embryo.previous[to], to, share)];
  };
  assert.equal(index(paintBy({ colour: "age", range: [0, 3] }), "ABa", 4, 0.5), along(VIRIDIS, 16 / 63), "0.75 of 3 minutes");
  assert.equal(index(paintBy({ colour: "age" }), "ABa", 3, 0.25), VIRIDIS[0], "her mother's age isn't known");
});

test("generations are steps, each with its colour", () => {
  const paint = paintBy({ colour: "generation" });
  assert.deepEqual(paint.legend.swatches.map(({ label, colour }) => [label, colour]), [
    ["1", VIRIDIS[0]], ["2", along(VIRIDIS, 0.5)], ["3", VIRIDIS.at(-1)], ["unnamed", NO_VALUE],
  ]);
  assert.equal(colourOf(paint, "ABal", 6), VIRIDIS.at(-1));
  assert.equal(colourOf(paint, "Nuc1", 7), NO_VALUE);
});

test("rules paint: the first that holds, at each moment", () => {
  const paint = paintBy({ colour: "rules", rules: "1!blot.gt.150.and.ABa*~ff0000~on!ABx~0072b2!nonsense<~ffffff!*~222222" });
  assert.deepEqual(["3", "4", "5"].map((frame) => colourOf(paint, "ABa", Number(frame))), ["#0072b2", "#ff0000", "#ff0000"]);
  assert.equal(colourOf(paint, "P1", 1), "#222222");
  assert.deepEqual(paint.legend.swatches.map(({ label, colour, index }) => [label, colour, index]), [
    ["on", "#ff0000", 0], ["ABx", "#0072b2", 1], ["everything else", "#222222", 3],
  ]);
  assert.deepEqual([...countsAt(embryo, paint, 4)], [1, 1, 0, 0]);
  assert.deepEqual([...countsAt(embryo, paint, 5.5)], [0, 0, 0, 2], "in its gap ABp isn't there");
  assert.deepEqual([...countsAt(embryo, paint, 6)], [0, 1, 0, 2]);
  assert.equal(paintBy({ colour: "rules", rules: "" }).legend.swatches.length, 1);
});

test("a daughter who is being born has her own rule, not her mother's", () => {
  const paint = paintBy({ colour: "rules", rules: "ABa : red\nblot > 1e9 : blue\nABal : green" });
  const to = embryo.rowOf(cellOf(embryo, "ABal"), 6);
  for (const share of [0.1, 0.9]) assert.equal(paint.colours[paint.of(cellOf(embryo, "ABal"), embryo.previous[to], to, share)], "#009e73");
});

test("a result is numbers or labels a row; with signs zero is grey in the middle", () => {
  const results = new Map([
    ["score", { title: "Score", unit: "", values: Float32Array.from({ length: embryo.rows }, (_, row) => row - 9) }],
    ["gaps", { title: "Gaps", unit: "s", values: Float32Array.from({ length: embryo.rows }, (_, row) => (row % 2 ? NaN : row)) }],
    ["fate", { title: "Fate", unit: "", values: Array.from({ length: embryo.rows }, (_, row) => [null, "gut", "<b>"][row % 3]) }],
  ]);
  const score = paintBy({ colour: "result:score" }, { results });
  assert.deepEqual([score.legend.title, score.legend.least, score.legend.most], ["Score", -9, 9]);
  assert.deepEqual([score.legend.stops[0], score.legend.stops[16], score.legend.stops[32]], ["#3b8fe0", "#c9cdd2", "#ee8a1d"]);
  const lopsided = paintBy({ colour: "result:score", range: [-1, 3] }, { results });
  assert.equal(lopsided.legend.stops[8], "#c9cdd2", "zero is a quarter of the way, and grey");
  const gaps = paintBy({ colour: "result:gaps" }, { results });
  assert.deepEqual(gaps.legend.none, { label: "no value", colour: NO_VALUE });
  assert.equal(gaps.colours[gaps.of(0, 1, 1, 0)], NO_VALUE);
  const fate = paintBy({ colour: "result:fate" }, { results });
  assert.deepEqual(fate.legend.swatches.map(({ label }) => label), ["<b>", "gut", "no value"]);
  assert.equal(fate.colours[fate.of(embryo.cells[1], 1, 1, 0)], "#e69f00");
  const gone = paintBy({ colour: "result:gone" }, { results });
  assert.deepEqual([gone.legend.title, gone.legend.swatches[0].label, colourOf(gone, "ABa", 3)], ["gone", "no values here", NO_VALUE]);
});

test("taking a result shows it, and refuses one of another embryo", () => {
  const changes = [];
  const watch = { tracks: embryo, results: new Map(), version: 0, change: (part) => changes.push(part) };
  takeResult(watch, "p", { title: "P", values: new Float32Array(embryo.rows) });
  assert.deepEqual(changes, [{ colour: "result:p", range: null }]);
  assert.equal(watch.results.get("p").title, "P");
  assert.throws(() => takeResult(watch, "q", { values: new Float32Array(3) }), /3 values.*18 rows/);
});

test("equal views have one painter, whatever else differs; what counts makes another", () => {
  const one = paintBy({ colour: "speed", frame: 3 });
  assert.equal(paintBy({ colour: "speed", frame: 9 }), one);
  assert.notEqual(paintBy({ colour: "speed" }, { timeline: timeline() }).key, one.key, "another timeline, other minutes");
  assert.notEqual(paintBy({ colour: "size" }, { calibration: { ...calibration, pixel_um: 0.2 } }).key, paintBy({ colour: "size" }).key);
  const keys = [{ colour: "blot" }, { colour: "blot", range: [0, 1] }, { colour: "none" }, { colour: "safe" }, { colour: "acetree" }, { colour: "compact", k: 2 },
    { colour: "compact", k: 3 }, { colour: "rules", rules: "1!E~ff0000" }, { colour: "rules", rules: "1!E~ff0001" }].map((view) => paintBy(view).key);
  assert.equal(new Set(keys).size, keys.length);
  for (const colour of ["safe", "blot", "size", "speed", "age", "generation", "compact", "rules"]) {
    const paint = paintBy({ colour, k: 2, rules: "blot > 3" });
    for (let row = 0; row < embryo.rows; row += 1) assert.ok(paint.of(embryo.cells[row], row, row, 0) in paint.colours, colour);
    assert.equal(typeof paint.perCell, "boolean");
    assert.equal(paint.scale, Boolean(paint.legend.stops));
  }
});

test("several embryos share a range", () => {
  const range = sharedRange([paintBy({ colour: "blot" }), paintBy({ colour: "age" }), paintBy({ colour: "safe" })]);
  assert.deepEqual(range, [0, 600]);
  assert.equal(paintBy({ colour: "age" }, { range: [0, 60] }).legend.most, 60);
  assert.equal(paintBy({ colour: "age", range: [0, 5] }, { range: [0, 60] }).legend.most, 5);
  assert.equal(sharedRange([paintBy({ colour: "safe" })]), null);
});

test("a range is typed as people write numbers", () => {
  assert.deepEqual(rangeFrom("0", "2,000"), [0, 2000]);
  assert.deepEqual(rangeFrom(" −1.5", "1e3"), [-1.5, 1000]);
  for (const ends of [["2", "1"], ["", "1"], ["a", "1"], ["0", "1e9"], ["1", "1"]]) assert.equal(rangeFrom(...ends), null, ends.join());
});

test("a legend for figures: title, ends with numbers, what is told apart, nothing out of its box", () => {
  const texts = (legend, box = { x: 10, y: 20, width: 160 }, ground = "#ffffff") => {
    const made = legendAsSvgItems(legend, box, ground);
    for (const item of made.items) {
      const [left, top] = [item.x ?? item.cx - item.r, item.y ?? item.cy - item.r];
      assert.ok(left >= box.x - 0.01 && top >= box.y && top <= box.y + made.height, JSON.stringify(item));
    }
    return made.items.filter(({ kind }) => kind === "text").map(({ text }) => text);
  };
  assert.deepEqual(texts(paintBy({ colour: "blot" }).legend), ["blot", "expression, arbitrary units", "0", "600", "below zero"]);
  assert.deepEqual(texts(paintBy({ colour: "blot", range: [-300, 300] }).legend).slice(2), ["-300", "≥ 300", "0"]);
  assert.deepEqual(texts(paintBy({ colour: "age" }).legend).at(-1), "birth not seen");
  assert.deepEqual(texts(paintBy({ colour: "safe" }).legend), ["Founder", "ABa", "ABp", "AB", "EMS", "P0 to P4, Z", "unnamed"]);
  const many = paintBy({ colour: "compact", k: 4 }).legend;
  assert.match(texts(many, { x: 0, y: 0, width: 60, height: 70 }).at(-1), /^and \d more$/);
  const dark = legendAsSvgItems(many, { x: 0, y: 0, width: 100 }, "#0e1116").items.find(({ kind }) => kind === "text");
  assert.equal(dark.fill, "#e8ebef");
});

test("a table becomes columns by row", () => {
  const { columns, matched, unmatched } = readTable("cell,time,score,fate\nABa,3,1.5,gut\nABa,4,-2e1,\nABa,9,7,x\nnobody,3,1,x\n\nP1,1,NaN,\"a, \"\"b\"\"\"\n", embryo);
  assert.deepEqual([matched, unmatched], [3, 2]);
  assert.deepEqual(columns.map(({ name }) => name), ["score", "fate"]);
  assert.ok(columns[0].values instanceof Float32Array);
  assert.deepEqual([...columns[0].values.slice(2, 5)], [1.5, -20, NaN]);
  assert.deepEqual([columns[1].values[2], columns[1].values[3], columns[1].values[12]], ["gut", null, 'a, "b"']);
  const whole = readTable("\ufeffCell\tx\r\nABp\t3\r\n", embryo);
  assert.deepEqual([...whole.columns[0].values.slice(8, 12)], [3, 3, 3, 3], "without a time: for the whole life");
});

test("a table that can't be used says why", () => {
  const bad = {
    "": /a header with cell, time/,
    "a,b\n1,2": /“a,b”/,
    "cell,time\nABa,3": /columns of values/,
    "cellTime,cell,time,none\nABa:3,ABa,3,1": /CD file/,
    "cell,time,v\nABa,three,1": /Line 2: “three” as time/,
    "cell,time,v\nABa,3,1,2": /Line 2: 4 fields; at most 3/,
    'cell,time,v\nABa,3,"1': /Line 2: a quoted field without an end/,
    "cell,time,v\nABq,3,1": /None of its 1 rows/,
    "cell,time,v": /no rows/,
    "cell,time,v\nABa,3,": /holds no value/,
    [`cell,time,${Array.from({ length: 21 }, (_, i) => `v${i}`)}\nABa,3`]: /at most 20/,
  };
  for (const [text, words] of Object.entries(bad)) assert.throws(() => readTable(text, embryo), (error) => error instanceof BadTable && words.test(error.message), text);
});

test("colours mix straight", () => {
  assert.equal(mixed("#000000", "#ff8000", 0.5), "#804000");
  assert.deepEqual([0, 0.25, 0.5, 1, 2].map((share) => along(["#000000", "#640000", "#006400"], share)), ["#000000", "#320000", "#640000", "#006400", "#006400"]);
});

test("paths are marked with the minutes, and break between cells", () => {
  const cells = ["ABa", "ABal"].map((name) => cellOf(embryo, name));
  assert.deepEqual(minutesOfPaths(embryo, timeline(), cells), [3, 9]);
  const [line, marks, ends] = pathTraces(embryo, timeline(), planeOf("xy", "um", calibration), cells, () => "#123456");
  assert.deepEqual(line.x, [9, 9.3, 9.3, null, 9, 9, null].map((x) => (x === null ? null : x)));
  assert.deepEqual(marks.text, ["ABa · 3.0 min", "ABa · 4.5 min", "ABa · 6.0 min", "ABal · 7.5 min", "ABal · 9.0 min"]);
  assert.deepEqual(marks.customdata, [1, 1, 1, 2, 2]);
  assert.equal(marks.marker.color[0], "#440154");
  assert.deepEqual(ends.text, ["3′", "6′", "8′", "9′"]);
  assert.deepEqual(pathTraces(embryo, timeline(), planeOf("xy", "um", calibration), [], () => ""), []);
});

test("marks thin out when there are many", () => {
  const many = { firstRow: [0, 4000], time: [] };
  assert.equal(strideOf(many, [0]), 5);
});

test("a tail goes back through the mother and stops at a gap", () => {
  const times = (name, frame, since) => tailRows(embryo, embryo.rowOf(cellOf(embryo, name), frame), since).map((row) => [embryo.names[embryo.cells[row]], embryo.time[row]]);
  assert.deepEqual(times("ABal", 6, 4), [["ABal", 6], ["ABa", 5], ["ABa", 4]]);
  assert.deepEqual(times("ABp", 7, 1), [["ABp", 7], ["ABp", 6]]);
});
