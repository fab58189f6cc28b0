import assert from "node:assert/strict";
import test from "node:test";
import { applies, brings, headline, pick, progressWords, refusal } from "../../assets/modules/import.mjs";
import { size } from "../../assets/modules/progress.mjs";

const file = (name, bytes = 10) => ({ name, size: bytes });
const ended = (summary, state = "done", message = "") => ({ state, message, summary: { imported: [], rejected: [], applied: [], ...summary } });

test("from a folder only tables and zips are sent; what was picked by hand goes as it is", () => {
  const folder = ["a.csv", "b.ZIP", "image.tif", ".hidden.csv", "notes.docx"].map((name) => ({ file: file(name), inFolder: true }));
  const { sent, left } = pick([...folder, { file: file("picked.tif"), inFolder: false }]);
  assert.deepEqual(sent.map(({ name }) => name), ["a.csv", "b.ZIP", "picked.tif"]);
  assert.equal(left, 3);
});

test("nothing to send and too much to send are said before a byte leaves", () => {
  assert.match(refusal([], 600), /no CD file/);
  assert.equal(refusal([file("a", 600e6)], 600), null);
  assert.match(refusal([file("a", 400e6), file("b", 201e6)], 600), /2 files with 601 MB are over the limit of 600 MB/);
});

test("progress in words: bytes while downloading, files while importing", () => {
  assert.equal(progressWords({ phase: "importing", done: 37, total: 260 }), "Importing: 37 of 260 files");
  assert.equal(progressWords({ phase: "importing", done: 0, total: 1 }), "Importing: 0 of 1 file");
  const message = "12 of 84 MB";
  assert.equal(progressWords({ phase: "downloading", done: 12e3, total: 84e3, message }), "Downloading the EPIC collection: 12 of 84 MB");
});

test("the headline counts what came in, what was here and what didn't come in", () => {
  const came = { id: "a", name: "a", existed: false, flags: [] };
  assert.equal(headline(ended({ imported: [came] })), "1 embryo came in.");
  assert.equal(headline(ended({ imported: [came, { ...came, existed: true }] })), "1 embryo came in, 1 was here already.");
  assert.equal(headline(ended({ rejected: [{}, {}] })), "0 embryos came in, 2 files didn't come in.");
  assert.equal(headline(ended({ applied: [{}] })), "1 table applied.");
  assert.equal(headline(ended({ imported: [came] }, "cancelled")), "Cancelled. 1 embryo came in.");
  assert.match(headline(ended({}, "failed", "There is no network.")), /^There is no network\. 0 embryos/);
});

test("a table says which embryos it matched and how many of its rows matched none", () => {
  assert.equal(applies(["one"], 0), "applied to 1 embryo: one");
  assert.equal(brings(958, 0), "functional names of 958 cells came in");
  assert.match(brings(1, 12), /of 1 cell came in; 12 rows without a name, or of a cell outside the embryo, left out$/);
  assert.equal(applies([], 3), "no embryo of that name is here; 3 rows matched none");
  assert.match(applies(["1", "2", "3", "4", "5", "6", "7", "8"], 1), /8 embryos: 1, 2, 3, 4, 5, 6 and 2 more; 1 row matched none/);
});

test("sizes as people say them", () => {
  assert.deepEqual([size(1200), size(1.5e6), size(260e6)], ["2 kB", "1.5 MB", "260 MB"]);
});
