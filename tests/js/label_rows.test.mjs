import assert from "node:assert/strict";
import { test } from "node:test";
import { asText, rowsOf, shownAs, sorted } from "../../assets/modules/label_rows.mjs";

const given = (label, rows, order, after = {}) => ({
  label, rows, order, cells: 1, colour: "E", after: { rows, distinct: rows, copied: false, ...after },
});
const classes = [given("MSa", 60, 1), given("ABa", 30, 0, { rows: 60, copied: true }), given("Nuc", 10, 2)];

test("each row holds its own label, rows and share", () => {
  const rows = rowsOf(classes);
  assert.deepEqual(rows.map(({ label, rows: count, share }) => [label, count, share]), [
    ["MSa", 60, 0.6], ["ABa", 30, 0.3], ["Nuc", 10, 0.1],
  ]);
  assert.equal(rows[1].after, 60);
  assert.equal(rows[1].distinct, 30);
  assert.equal(rows[1].copied, "yes");
  assert.deepEqual(rowsOf([]), []);
});

test("sorting by label is the lineage's order, by anything else its value", () => {
  const names = (key, descending) => sorted(rowsOf(classes), key, descending).map(({ label }) => label);
  assert.deepEqual(names("label", false), ["ABa", "MSa", "Nuc"]);
  assert.deepEqual(names("rows", false), ["Nuc", "ABa", "MSa"]);
  assert.deepEqual(names("rows", true), ["MSa", "ABa", "Nuc"]);
  assert.deepEqual(names("cells", true), ["MSa", "ABa", "Nuc"]); // equal ones keep their order
});

test("small shares are not told as nothing", () => {
  assert.equal(shownAs("share", 0.352), "35.2%");
  assert.equal(shownAs("share", 0.0042), "0.42%");
  assert.equal(shownAs("share", 0.00001), "<0.01%");
  assert.equal(shownAs("share", 0), "0.00%");
  assert.equal(shownAs("rows", 12345), "12,345");
});

test("CSV escapes what a spreadsheet would run and what would break the line", () => {
  const hostile = ["=1+1", "+a", "-a", "@a", "\ta", 'a,"b"', "a\nb"].map((label, order) => given(label, 1, order));
  const lines = asText(rowsOf(hostile));
  for (const cell of ["'=1+1,", "'+a,", "'-a,", "'@a,", "'\ta,", '"a,""b""",', '"a\nb",']) assert.ok(lines.includes(`\n${cell}1,`), cell);
  assert.ok(lines.startsWith("Label,Rows,Share,Cells,Rows after,Distinct rows behind,Copied\n"));
});

test("the clipboard gets one line a class, tabs between", () => {
  const text = asText(rowsOf([given("a\tb\nc", 3, 0)]), "\t");
  const [, line, end] = text.split("\n");
  assert.equal(end, "");
  assert.equal(line.split("\t").length, 7);
});
