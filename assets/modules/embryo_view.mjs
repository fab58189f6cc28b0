/**
 * What the embryos page shows, as plain values: the view that stands in its address, and the address of
 * chosen embryos on other pages. No document in here.
 */

const FIELDS = ["q", "set", "tag", "sort", "filter"];
/** More ids than this make an address that mail programs cut; a named set stands in for them. */
export const MOST_IDS = 100;

/** `view` (field -> text) as a query string without empty fields, "" when nothing is asked for. */
export function queryOf(view) {
  const query = new URLSearchParams();
  for (const field of FIELDS) if (view[field]) query.set(field, view[field]);
  return query.size ? `?${query}` : "";
}

/** ag-grid's sort model as "cells:desc,name:asc". */
export const sortOf = (model) => (model ?? []).map(({ colId, sort }) => `${colId}:${sort}`).join(",");

/** The other way round: column -> {sort, sortIndex}. */
export function sortedColumns(text) {
  const pairs = (text || "").split(",").filter(Boolean).map((part) => part.split(":"));
  return pairs.map(([colId, sort], sortIndex) => ({ colId, sort: sort === "desc" ? "desc" : "asc", sortIndex }));
}

/** ag-grid's filter model as JSON, "" for none. */
export const filterOf = (model) => (model && Object.keys(model).length ? JSON.stringify(model) : "");

/** The filter model of an address; null for none or for text that is no JSON object. */
export function filterModel(text) {
  try {
    const model = JSON.parse(text || "null");
    return model && typeof model === "object" && !Array.isArray(model) ? model : null;
  } catch {
    return null;
  }
}

/**
 * The `embryos=` of Labels and Train for the chosen ids: "all", "set:<name>" or ids; null when there are too
 * many ids for an address. `shown` is {ids, view}: all ids that match the view, when they are known.
 */
export function embryosParam(chosen, shown) {
  const isShown = shown && shown.ids.length === chosen.size && shown.ids.every((id) => chosen.has(id));
  if (isShown && !queryOf({ ...shown.view, sort: "" })) return "all";
  if (isShown && shown.view.set && !queryOf({ ...shown.view, sort: "", set: "" })) return `set:${shown.view.set}`;
  return chosen.size <= MOST_IDS ? [...chosen].join(",") : null;
}

/** Below this width of table a row has two lines: the name, and under it what else matters. */
export const TWO_LINES = 640;

/** Which columns have room at `width` px of table. */
export function columnsAt(width) {
  const columns = ["choose", "name", "curve"];
  if (width >= TWO_LINES) columns.push("end_cells", "gene", "flags");
  if (width >= 820) columns.push("date");
  if (width >= 960) columns.push("cells", "minutes");
  if (width >= 1180) columns.push("strain", "source");
  if (width >= 1340) columns.push("frames", "tags");
  return columns;
}

/** "1 embryo", "1,234 embryos". */
export const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
