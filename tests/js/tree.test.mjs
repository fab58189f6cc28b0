import { test } from "node:test";
import assert from "node:assert/strict";
import { Timeline } from "../../assets/modules/clock.mjs";
import { mother } from "../../assets/modules/lineage.mjs";
import { newick, newickName } from "../../assets/modules/newick.mjs";
import { alongPainter, branchRuns, legible, linesOn } from "../../assets/modules/tree_branches.mjs";
import { figureLegend } from "../../assets/modules/tree_files.mjs";
import { svgOf, treeFigure, xmlText } from "../../assets/modules/tree_figure.mjs";
import { branchAt, firstBranch, stepped, treeLayout } from "../../assets/modules/tree_layout.mjs";
import { oddCounts, oddDivisions, oddWords } from "../../assets/modules/tree_timing.mjs";
import { AXIS_PX, contrast, nameRoom, TreeView } from "../../assets/modules/tree_view.mjs";
import { cellOf, timeline, tiny } from "./tiny.mjs";

/** Tracks of cells given as [name, first frame, last frame], in lineage order; `blot` by row, else 0. */
function made(cells, { start = 1, blot = null } = {}) {
  const names = cells.map(([name]) => name);
  const time = cells.flatMap(([, first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
  const firstRow = [0];
  cells.forEach(([, first, last], i) => firstRow.push(firstRow[i] + last - first + 1));
  const mothers = names.map((name) => names.indexOf(mother(name) ?? (/^Nuc\d+[ap]+$/.test(name) ? name.slice(0, -1) : "")));
  const previous = new Int32Array(time.length).fill(-1);
  names.forEach((_, cell) => {
    for (let row = firstRow[cell] + 1; row < firstRow[cell + 1]; row += 1) previous[row] = row - 1;
    const last = mothers[cell] < 0 ? -1 : firstRow[mothers[cell] + 1] - 1;
    if (last >= 0 && time[last] === time[firstRow[cell]] - 1) previous[firstRow[cell]] = last;
  });
  return {
    names, time, firstRow, mothers, previous, startFrame: start, lastFrame: Math.max(...time),
    daughters: names.map((_, cell) => mothers.flatMap((above, other) => (above === cell ? [other] : []))),
    column: () => ({ values: blot ?? new Int32Array(time.length), scale: 1 }),
  };
}

/** A minute a frame, frame 1 at minute 0. */
const minutes = (last) => new Timeline(1, Array.from({ length: last }, (_, i) => i));
const of = (layout, name) => layout.nodes.find((node) => node.name === name);
const places = (layout) => Object.fromEntries(layout.nodes.map(({ name, x }) => [name, x]));

// The layout

test("the tree of the hand-made embryo", () => {
  const layout = treeLayout(tiny(), timeline());
  const told = layout.nodes.map(({ name, x, from, until, seenFrom, seenUntil, divides }) => [name, x, from, until, seenFrom, seenUntil, divides]);
  const top = -0.03 * 9; // nobody saw P0 divide: a share of the recording above its start
  assert.deepEqual(told, [
    ["P0", 2.625, top, top, null, null, false],
    ["AB", 1.75, top, 3, 0, 3, true],
    ["ABa", 1, 3, 7.5, 3, 7.5, true],
    ["ABal", 0.5, 7.5, 9, 7.5, 9, false],
    ["ABar", 1.5, 7.5, 7.5, 7.5, 7.5, false],
    ["ABp", 2.5, 3, 9, 3, 9, false],
    ["P1", 3.5, top, 3, 0, 3, false],
    ["Nuc1", 6.5, 9, 9, 9, 9, false],
  ], "EMS's rows are strays from before the recording: she is no branch");
  assert.deepEqual([layout.width, layout.lineageWidth, layout.unnamed, layout.first, layout.last], [7, 4, 6, top, 9]);
  assert.deepEqual(layout.of.map((node) => node?.name ?? null), ["AB", "ABa", "ABal", "ABar", "ABp", "P1", null, "Nuc1"]);
});

test("founders stand in the field's order and the anterior daughter left, also of l/r and d/v", () => {
  const names = ["ABal", "ABar", "ABpl", "ABpr", "MSa", "MSp", "E", "Cad", "Cav", "D", "P4"];
  const layout = treeLayout(made(names.map((name) => [name, 1, 5])), minutes(5));
  const leaves = layout.nodes.filter(({ cell }) => cell >= 0).sort((a, b) => a.x - b.x);
  assert.deepEqual(leaves.map(({ name }) => name), names);
  assert.deepEqual(layout.nodes.filter(({ cell }) => cell < 0).map(({ name }) => name), ["P0", "AB", "ABa", "ABp", "P1", "EMS", "MS", "P2", "Ca", "P3"],
    "unseen mothers of two lines are joined; C, of one line, isn't");
});

test("a recording that begins at four cells has its mothers joined above it", () => {
  const layout = treeLayout(made([["ABa", 1, 11], ["ABp", 1, 11], ["EMS", 1, 11], ["P2", 1, 11]]), minutes(11));
  const told = layout.nodes.map(({ name, x, from, until, cell }) => [name, x, from, until, cell]);
  const close = (value) => Math.round(value * 1e6) / 1e6;
  assert.deepEqual(told.map(([name, x, from, until, cell]) => [name, x, close(from), close(until), cell]), [
    ["P0", 2, -0.6, -0.6, -1],
    ["AB", 1, -0.6, -0.3, -1],
    ["ABa", 0.5, -0.3, 10, 0],
    ["ABp", 1.5, -0.3, 10, 1],
    ["P1", 3, -0.6, -0.3, -1],
    ["EMS", 2.5, -0.3, 10, 2],
    ["P2", 3.5, -0.3, 10, 3],
  ]);
  assert.equal(of(layout, "ABa").seenFrom, 0, "and the time before she was seen is told apart");
});

test("a mother who isn't followed leaves a gap that is told apart, and late daughters too", () => {
  const layout = treeLayout(made([["ABal", 1, 4], ["ABalaa", 9, 12], ["ABalap", 10, 12], ["ABalp", 7, 12]]), minutes(12));
  const told = Object.fromEntries(layout.nodes.map(({ name, from, until, seenFrom, seenUntil, cell }) => [name, [from, until, seenFrom, seenUntil, cell >= 0]]));
  assert.deepEqual(told.ABal, [0, 6, 0, 3, true], "she divides when her first daughter is seen, and was lost before");
  assert.deepEqual(told.ABala, [6, 8, null, null, false]);
  assert.deepEqual(told.ABalap, [8, 11, 9, 11, true]);
  assert.deepEqual(told.ABalp, [6, 11, 6, 11, true]);
});

test("rows that contradict each other make no branch of negative length", () => {
  const layout = treeLayout(made([["AB", 5, 9], ["ABa", 3, 4], ["ABp", 10, 12]]), minutes(12));
  for (const { name, from, until, seenFrom, seenUntil } of layout.nodes) {
    assert.ok(from <= seenFrom && seenFrom <= seenUntil && seenUntil <= until, name);
  }
});

test("a folded sublineage keeps its own branch and stands for what it hides", () => {
  const layout = treeLayout(tiny(), timeline(), { folded: ["ABa", "nobody"] });
  const node = of(layout, "ABa");
  assert.deepEqual([node.folded, node.children, node.cells, node.bottom], [true, [], 3, 9]);
  assert.deepEqual(places(layout), { P0: 2.625, AB: 1.75, ABa: 1, ABp: 2.5, P1: 3.5, Nuc1: 6.5 });
  assert.equal(layout.of[cellOf(tiny(), "ABal")], node);
});

test("a cell as root: only what descends from it, whether it was seen or not", () => {
  assert.deepEqual(places(treeLayout(tiny(), timeline(), { root: "ABa" })), { ABa: 1, ABal: 0.5, ABar: 1.5 });
  const four = made([["ABa", 1, 3], ["ABp", 1, 3], ["EMS", 1, 3], ["P2", 1, 3]]);
  assert.deepEqual(places(treeLayout(four, minutes(3), { root: "AB" })), { AB: 1, ABa: 0.5, ABp: 1.5 });
  assert.deepEqual(places(treeLayout(tiny(), timeline(), { root: "Nuc1" })), { Nuc1: 0.5 });
  const nothing = treeLayout(tiny(), timeline(), { root: "MSa" });
  assert.deepEqual([nothing.nodes, nothing.first, nothing.last], [[], 0, 9]);
});

test("unnamed nuclei share lanes that are free at their time", () => {
  const layout = treeLayout(made([["E", 1, 9], ["Nuc1", 1, 3], ["Nuc2", 2, 5], ["Nuc3", 4, 6], ["Nuc4", 6, 9]]), minutes(9));
  assert.deepEqual(places(layout), { E: 0.5, Nuc1: 3.5, Nuc2: 4.5, Nuc3: 3.5, Nuc4: 4.5 });
});

test("unnamed nuclei whose mothers are known are trees of their own, before the others", () => {
  const embryo = made([["E", 1, 9], ["Nuc1", 1, 3], ["Nuc1a", 4, 9], ["Nuc1p", 4, 9], ["Nuc2", 1, 9]]);
  const layout = treeLayout(embryo, minutes(9));
  assert.deepEqual(places(layout), { E: 0.5, Nuc1: 4, Nuc1a: 3.5, Nuc1p: 4.5, Nuc2: 5.5 });
  assert.deepEqual([of(layout, "Nuc1").until, of(layout, "Nuc1").divides, layout.width], [3, true, 6]);
  assert.deepEqual(places(treeLayout(embryo, minutes(9), { root: "Nuc1" })), { Nuc1: 1, Nuc1a: 0.5, Nuc1p: 1.5 });
});

test("a branch is found where it is drawn", () => {
  const layout = treeLayout(tiny(), timeline());
  const at = (x, minute) => branchAt(layout, x, minute, 0.3, 0.2)?.node.name ?? null;
  assert.deepEqual([at(1, 5), at(1.2, 5), at(1.45, 5), at(2.5, 5)], ["ABa", "ABa", null, "ABp"]);
  assert.equal(at(2.1, 3.1), "AB", "the bar belongs to the mother");
  assert.equal(at(2.625, -0.27), null, "nobody can take P0, whom nobody saw");
  assert.equal(branchAt(layout, 2.5, 5.3, 0.3, 0.2).minute, 5.3);
  const folded = treeLayout(tiny(), timeline(), { folded: ["ABa"] });
  assert.equal(branchAt(folded, 1.3, 8.9, 0.3, 0.2).node.name, "ABa", "in the triangle");
});

test("steps lead to mother, daughter, sister and neighbour", () => {
  const layout = treeLayout(tiny(), timeline());
  const go = (name, way) => stepped(layout, of(layout, name), way).name;
  assert.deepEqual(["up", "down", "left", "right"].map((way) => go("ABa", way)), ["AB", "ABal", "ABa", "ABp"]);
  assert.equal(go("AB", "up"), "AB", "P0 wasn't seen");
  assert.equal(go("AB", "right"), "P1");
  assert.equal(go("ABar", "left"), "ABal");
  assert.equal(firstBranch(layout).name, "AB");
});

// The view

test("the whole tree fits, and comes nearer about the pointer", () => {
  const layout = treeLayout(tiny(), timeline());
  const view = new TreeView();
  view.set(layout, 400, 300);
  assert.ok(view.xOf(0) >= AXIS_PX && view.xOf(layout.width) <= 400);
  assert.ok(view.yOf(layout.first) >= 0 && view.yOf(layout.last) <= 300);
  const [x, minute] = [view.xAt(200), view.minuteAt(100)];
  view.zoomBy(2, 1.5, 200, 100);
  assert.ok(Math.abs(view.xOf(x) - 200) < 1e-9 && Math.abs(view.yOf(minute) - 100) < 1e-9);
  assert.equal(view.isFitted, false);
  view.zoomBy(0.01, 0.01, 10, 10);
  assert.equal(view.isFitted, true, "no farther than the whole");
  view.panBy(1e6, 1e6);
  assert.ok(view.xOf(0) < 400 && view.yOf(layout.first) < 300, "it can't be lost");
});

test("a hidden branch is brought into view, and a seen one moves nothing", () => {
  const layout = treeLayout(made(Array.from({ length: 300 }, (_, i) => [`Nuc${i}`, 1, 50])), minutes(50));
  const view = new TreeView();
  view.set(layout, 400, 300);
  assert.equal(view.reveal(299, 299, 0, 10), false);
  view.zoomBy(20, 1, AXIS_PX, 0);
  assert.ok(view.xOf(299) > 400);
  assert.equal(view.reveal(299, 299, 0, 10), true);
  assert.ok(view.xOf(299) < 400);
});

test("ticks keep their distance and stay within the recording", () => {
  const layout = treeLayout(tiny(), timeline());
  const view = new TreeView();
  view.set(layout, 400, 300);
  assert.deepEqual(view.ticks(), { step: 2, minutes: [0, 2, 4, 6, 8] });
});

test("a name stands where it has room", () => {
  const leaf = { x: 0.5, left: 0, right: 1, from: 0, until: 10, children: [], folded: false };
  const inner = { ...leaf, x: 1, right: 2, children: [1, 2] };
  assert.equal(nameRoom(leaf, 30, 5, 1), null);
  assert.equal(nameRoom(leaf, 30, 12, 1), "under");
  assert.equal(nameRoom(leaf, 30, 40, 1), "below");
  assert.equal(nameRoom(inner, 30, 40, 2), "beside");
  assert.equal(nameRoom(inner, 30, 20, 4), "along");
  assert.equal(nameRoom(inner, 30, 20, 2), null, "too short");
});

// Colours

test("lines are seen on their ground", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(legible("#0072b2", "#ffffff", "#1b1f24"), "#0072b2", "as it is where that will do");
  const yellow = legible("#f0e442", "#ffffff", "#1b1f24");
  assert.ok(contrast(yellow, "#ffffff") >= 3);
  const ramp = { scale: true, colours: ["#fde725"] };
  assert.equal(linesOn(ramp, "#ffffff", "#000000"), ramp.colours);
});

test("expression runs green, black, red about zero, one scale for both", () => {
  const values = [-500, -1, 0, 1, 500, 1000];
  const painter = alongPainter(made([["E", 1, 6]], { blot: values }), "blot");
  const colours = values.map((_, row) => painter.colours[painter.of(0, row, row, 0)]);
  const [red, green, blue] = [0, 1, 2].map((part) => colours.map((hex) => parseInt(hex.slice(1 + 2 * part, 3 + 2 * part), 16)));
  assert.deepEqual(red, [0, 0, 0, 0, red[4], 255]);
  assert.ok(red[4] > 120 && red[4] < 140);
  assert.ok(green[0] > green[1] && green[1] > 50, "also the least negative is told from zero");
  assert.deepEqual(green.slice(2), [0, 0, 0, 0]);
  assert.deepEqual(blue, [0, 0, 0, 0, 0, 0]);
  assert.deepEqual([painter.legend.least, painter.legend.most], [-500, 1000]);
  assert.equal(alongPainter(made([["E", 1, 2]], { blot: [0, 0] }), "blot").legend.stops.below, null);
});

test("runs of one colour follow each other down a branch, and a gap stays empty", () => {
  const embryo = tiny();
  const layout = treeLayout(embryo, timeline());
  const byFrame = { perCell: false, colours: ["a", "b"], of: (cell, from, to) => (embryo.time[to] >= 5 ? 1 : 0) };
  const runs = branchRuns(embryo, timeline(), layout, byFrame);
  const told = Array.from({ length: runs.count }, (_, i) => [
    layout.nodes[runs.node[i]].name, runs.from[i], runs.until[i], i >= runs.starts[1] ? 1 : 0]);
  assert.deepEqual(told.filter(([name]) => name === "ABa"), [["ABa", 3, 6, 0], ["ABa", 6, 7.5, 1]]);
  assert.deepEqual(told.filter(([name]) => name === "ABp"), [["ABp", 3, 6, 0], ["ABp", 7.5, 9, 1]], "frame 5 wasn't seen");
  assert.equal(runs.ends[of(layout, "ABa").index], 1);
  assert.equal(runs.ends[0], -1, "P0 has no colour");
  const perCell = branchRuns(embryo, timeline(), layout, { perCell: true, colours: ["a"], of: () => 0 });
  assert.equal(perCell.count, 7, "one run a cell");
});

// Timing

const cells = [["ABa", 1, 10], ["ABal", 11, 30], ["ABar", 11, 45], ["ABala", 31, 60], ["ABalp", 31, 60], ["ABara", 46, 60], ["ABarp", 46, 60], ["E", 1, 60]];
const reference = { ABal: [29, 1], ABar: [29, 2], ABala: [90, 1], E: [20, 4], Z2: [3, 1] };

test("a division that comes late is late by as much, and one on time is not told", () => {
  const odd = oddDivisions(made(cells), minutes(60), reference, { zero: 0, rate: 1 });
  assert.deepEqual(odd.map(({ cell, kind, by, at, expected }) => [cells[cell][0], kind, by, at, expected]), [
    ["ABar", "late", 15, 45, 30],
    ["E", "missing", 39, 59, 20],
  ]);
  assert.equal(oddWords(odd[0]), "divides 15 min late, at 45 min (expected 30)");
  assert.equal(oddWords(odd[1]), "division missing: expected at 20 min, still undivided at 59 min");
  assert.equal(oddCounts(odd), "1 late, 1 missing");
});

test("the embryo's own clock is what is compared", () => {
  const fast = oddDivisions(made(cells), minutes(60), { ABal: [58, 1], ABar: [58, 2] }, { zero: 0, rate: 2 });
  assert.deepEqual(fast.map(({ kind, by, expected }) => [kind, by, expected]), [["late", 30, 30]]);
  const later = oddDivisions(made(cells), minutes(60), { ABal: [19, 1] }, { zero: 10, rate: 1 });
  assert.deepEqual(later, []);
  assert.deepEqual(oddDivisions(made(cells), minutes(60), reference, { zero: null, rate: 1 }), []);
});

test("a spread as wide as the difference is no oddity, and neither is a division that nobody followed", () => {
  assert.deepEqual(oddDivisions(made(cells), minutes(60), { ABar: [29, 7] }, { zero: 0, rate: 1 }), []);
  assert.deepEqual(oddDivisions(made(cells), minutes(60), { E: [50, 1] }, { zero: 0, rate: 1 }), [], "too soon to be missed");
  const gap = made([["ABa", 1, 10], ["ABal", 40, 60]]);
  assert.deepEqual(oddDivisions(gap, minutes(60), { ABa: [30, 1] }, { zero: 0, rate: 1 }), []);
});

test("a division as late as its mother's is told so", () => {
  const late = made([["ABa", 1, 30], ["ABal", 31, 50], ["ABala", 51, 60]]);
  const odd = oddDivisions(late, minutes(60), { ABa: [19, 1], ABal: [38, 1] }, { zero: 0, rate: 1 });
  assert.deepEqual(odd.map(({ kind, by, inherited }) => [kind, by, inherited]), [["late", 10, false], ["late", 11, true]]);
  assert.match(oddWords(odd[1]), /as its mother was$/);
});

// Newick

test("Newick: names quoted as need be, minutes as lengths, one tree a line", () => {
  assert.deepEqual(["ABal", "a b", "it's", "x(y)", "a_b", "a\nb", "", "Nuc-1.5"].map(newickName),
    ["ABal", "'a b'", "'it''s'", "'x(y)'", "'a_b'", "'a b'", "''", "Nuc-1.5"]);
  assert.equal(newick(treeLayout(tiny(), timeline())), "(((ABal:1.5,ABar:0)ABa:4.5,ABp:6)AB:3,P1:3)P0:0;\nNuc1:0;\n");
  assert.equal(newick(treeLayout(tiny(), timeline(), { root: "ABa" })), "(ABal:1.5,ABar:0)ABa:4.5;\n");
});

test("Newick: an unseen division takes no time, and what comes late is as long as it lived since", () => {
  const layout = treeLayout(made([["ABa", 1, 11], ["ABp", 1, 11], ["EMS", 1, 11], ["P2", 5, 11]]), minutes(11));
  assert.equal(newick(layout), "((ABa:10,ABp:10)AB:0,(EMS:10,P2:10)P1:0)P0:0;\n");
});

// The figure

const figure = (options = {}) => {
  const embryo = tiny();
  const layout = treeLayout(embryo, timeline(), options.layout);
  const painter = { perCell: true, colours: ["#112233"], of: () => 0 };
  return treeFigure({
    layout, runs: branchRuns(embryo, timeline(), layout, painter), colours: painter.colours, isRamp: false,
    chosen: new Uint8Array(8), odd: null, legend: { title: "Founder", unit: "", swatches: [{ label: "all", colour: "#112233" }] },
    title: "one <b>&\"'\u0000 embryo", subtitle: "", ...options,
  });
};

test("a figure holds branches, names, a scale of time and a legend, all within its page", () => {
  const { width, height, lines, polygons, texts, title } = figure();
  const words = texts.map(({ text }) => text);
  for (const name of ["AB", "ABa", "ABal", "ABp", "P1", "Nuc1", "minutes of the recording", "Founder", "all", title]) {
    assert.ok(words.includes(name), name);
  }
  assert.ok(!words.includes("P0"), "nobody saw her");
  const points = [...lines.flatMap(({ at }) => at.flatMap(([a, b, c, d]) => [[a, b], [c, d]])), ...polygons.flatMap(({ at }) => at)];
  assert.ok(points.every(([x, y]) => x >= 0 && x <= width && y >= 0 && y <= height));
  const own = lines.filter(({ colour, width: wide }) => colour === "#112233" && wide > 0.5).flatMap(({ at }) => at);
  assert.equal(own.length, 7, "a line for each cell");
  const ticks = texts.filter(({ anchor, text }) => anchor === "end" && /^\d+$/.test(text));
  const perMinute = (ticks[1].y - ticks[0].y) / (ticks[1].text - ticks[0].text);
  const [, from, , until] = own.reduce((longest, line) => (line[3] - line[1] > longest[3] - longest[1] ? line : longest));
  assert.ok(Math.abs((until - from) / perMinute - 6) < 0.01, "ABp lives six minutes on the scale");
});

test("odd divisions and folded sublineages are marked by words too", () => {
  const layout = treeLayout(tiny(), timeline(), { folded: ["ABa"] });
  const odd = new Map([[of(layout, "AB"), { kind: "late", by: 7.4, inherited: false }]]);
  const embryo = tiny();
  const painter = { perCell: true, colours: ["#112233"], of: () => 0 };
  const { texts, polygons } = figure({ layout, odd, runs: branchRuns(embryo, timeline(), layout, painter) });
  const words = texts.map(({ text }) => text).join("\n");
  assert.match(words, /late 7 min/);
  assert.match(words, /2 cells/);
  assert.match(words, /medians over 66 embryos/);
  assert.ok(polygons.length >= 3);
});

test("an SVG is well-formed whatever the names hold", () => {
  const svg = svgOf(figure());
  assert.match(svg, /<title>one &lt;b&gt;&amp;&quot;&#39; embryo<\/title>/);
  assert.match(svg, /^<\?xml version="1.0" encoding="UTF-8"\?>\n<svg [^>]*width="180mm"/);
  assert.equal(xmlText("a\ud800b\u000bc\uffff"), "abc");
  assert.equal(xmlText("\u{1f9ec}"), "\u{1f9ec}");
});

test("a ramp's legend becomes strips, with zero where it lies", () => {
  const legend = alongPainter(made([["E", 1, 3]], { blot: [-250, 0, 750] }), "blot").legend;
  const { shown, middle } = figureLegend(legend);
  assert.equal(middle, 0.25);
  assert.deepEqual([shown[0].share, shown.at(-1).colour], [0, "#ff0000"]);
  assert.equal(shown.find(({ share }) => share === 0.25).colour, "#000000");
  assert.deepEqual(figureLegend({ stops: ["#000000", "#ffffff"], least: 0, most: 1 }).shown, [{ share: 0, colour: "#000000" }, { share: 0.5, colour: "#ffffff" }]);
});
