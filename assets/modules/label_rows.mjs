/** Classes of a label as rows of a table: sorted, and as text that leaves the page. No document in here. */

export const COLUMNS = [
  { key: "label", title: "Label" },
  { key: "rows", title: "Rows", number: true },
  { key: "share", title: "Share", number: true },
  { key: "cells", title: "Cells", number: true },
  { key: "after", title: "Rows after", number: true },
  { key: "distinct", title: "Distinct rows behind", number: true },
  { key: "copied", title: "Copied" },
];

/** One row a class, most rows first, as they come from the server. */
export function rowsOf(classes) {
  const total = classes.reduce((sum, each) => sum + each.rows, 0) || 1;
  return classes.map((each) => ({
    label: each.label,
    colour: each.colour,
    order: each.order,
    rows: each.rows,
    share: each.rows / total,
    cells: each.cells,
    after: each.after.rows,
    distinct: each.after.distinct,
    copied: each.after.copied ? "yes" : "",
  }));
}

/** `rows` by one column; labels in the lineage's order. Equal ones keep their order. */
export function sorted(rows, key, descending) {
  const value = (row) => (key === "label" ? row.order : row[key]);
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => (value(a) < value(b) ? -sign : value(a) > value(b) ? sign : 0));
}

/** How a value reads in the table. */
export function shownAs(key, value) {
  if (key === "share" && value > 0 && value < 0.00005) return "<0.01%";
  if (key === "share") return value >= 0.0995 ? `${(100 * value).toFixed(1)}%` : `${(100 * value).toFixed(2)}%`;
  return typeof value === "number" ? value.toLocaleString("en-US") : value;
}

/** Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers are left alone. */
function cell(value) {
  if (typeof value === "number") return String(Number(value.toPrecision(6)));
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The rows as CSV, or with tabs for a spreadsheet's clipboard. */
export function asText(rows, separator = ",") {
  const tidy = (text) => (separator === "\t" ? text.replaceAll(/[\t\r\n]/g, " ") : text);
  const line = (values) => values.map((value) => tidy(cell(value))).join(separator);
  const lines = [line(COLUMNS.map(({ title }) => title)), ...rows.map((row) => line(COLUMNS.map(({ key }) => row[key])))];
  return `${lines.join("\n")}\n`;
}
