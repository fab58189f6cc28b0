import assert from "node:assert/strict";
import test from "node:test";
import { columnsAt, counted, embryosParam, filterModel, filterOf, MOST_IDS, queryOf, sortedColumns, sortOf } from "../../assets/modules/embryo_view.mjs";

test("an address holds what was asked for and nothing else", () => {
  assert.equal(queryOf({ q: "", set: "", sort: "" }), "");
  assert.equal(queryOf({ q: "pha-4 E", set: "a&b" }), "?q=pha-4+E&set=a%26b");
});

test("sorting goes into an address and comes back", () => {
  const model = [{ colId: "cells", sort: "desc" }, { colId: "name", sort: "asc" }];
  assert.equal(sortOf(model), "cells:desc,name:asc");
  assert.deepEqual(sortedColumns("cells:desc,name:asc").map(({ colId, sort }) => ({ colId, sort })), model);
  assert.deepEqual(sortedColumns(""), []);
});

test("filters go into an address and come back; nonsense is no filter", () => {
  const model = { cells: { filterType: "number", type: "greaterThan", filter: 300 } };
  assert.deepEqual(filterModel(filterOf(model)), model);
  assert.equal(filterOf({}), "");
  for (const nonsense of ["{", "3", "[]", ""]) assert.equal(filterModel(nonsense), null);
});

test("chosen embryos become all, a set, or ids; too many ids become nothing", () => {
  const ids = ["a", "b"];
  const chosen = new Set(ids);
  assert.equal(embryosParam(chosen, { ids, view: { sort: "name:asc" } }), "all");
  assert.equal(embryosParam(chosen, { ids, view: { set: "mine" } }), "set:mine");
  assert.equal(embryosParam(chosen, { ids, view: { set: "mine", q: "E" } }), "a,b");
  assert.equal(embryosParam(chosen, { ids: ["a", "b", "c"], view: {} }), "a,b");
  assert.equal(embryosParam(chosen, null), "a,b");
  const many = new Set(Array.from({ length: MOST_IDS + 1 }, (_, i) => `e${i}`));
  assert.equal(embryosParam(many, null), null);
});

test("a narrow table keeps the name and the curve", () => {
  assert.deepEqual(columnsAt(374), ["choose", "name", "curve"]);
  assert.equal(columnsAt(1408).length, 13);
});

test("counted", () => assert.deepEqual([counted(1, "embryo"), counted(1234, "embryo")], ["1 embryo", "1,234 embryos"]));
