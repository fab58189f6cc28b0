/**
 * A table that somebody opens to colour by: a header with `cell` and `time` (the frame, as in a CD file; without
 * it a value holds for the cell's whole life) and one or more columns of numbers or words. It stays in the
 * browser. Pure but for `openTable`.
 */

import { takeResult } from "./colours.mjs";

const MOST_BYTES = 30e6;
const MOST_COLUMNS = 20;
const MOST_LABELS = 200; // different words in a column
const LONGEST_LABEL = 60;
const NONE = /^(|na|n\/a|nan|null|none|-)$/i;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

/** A table that can't be used, in words for the person who opened it. */
export class BadTable extends Error {}

/**
 * The columns of a table by the rows of `tracks`: {columns: [{name, values}], matched, unmatched}. `values` is what
 * takeResult takes; `matched` of the table's rows are nuclei of this embryo. Throws `BadTable`.
 */
export function readTable(text, tracks) {
  const lines = recordsOf(text.replace(/^\ufeff/, ""));
  const head = lines.next().value;
  const names = (head?.fields ?? []).map((name) => name.trim());
  const folded = names.map((name) => name.toLowerCase());
  if (folded.includes("celltime")) throw new BadTable("This is a CD file: import it on the Embryos page. To colour by a table, its columns are cell, time and values.");
  const [cellAt, timeAt] = [folded.indexOf("cell"), ["time", "frame"].map((name) => folded.indexOf(name)).find((at) => at >= 0) ?? -1];
  const valueAt = names.flatMap((name, i) => (i === cellAt || i === timeAt || name === "" ? [] : [i]));
  if (cellAt < 0 || valueAt.length === 0) {
    throw new BadTable(`The first line is “${shortened(names.join(","))}”; a header with cell, time and one or more columns of values is expected.`);
  }
  if (valueAt.length > MOST_COLUMNS) throw new BadTable(`${valueAt.length} columns of values; at most ${MOST_COLUMNS} are expected.`);
  const columns = valueAt.map((at) => ({ name: names[at].slice(0, LONGEST_LABEL), at, texts: new Array(tracks.rows).fill("") }));
  const cells = new Map(tracks.names.map((name, cell) => [name, cell]));
  let [matched, unmatched] = [0, 0];
  for (const { line, fields } of lines) {
    if (fields.length > names.length) throw new BadTable(`Line ${line}: ${fields.length} fields; at most ${names.length} are expected, as in the header.`);
    const cell = cells.get((fields[cellAt] ?? "").trim());
    const rows = rowsOf(tracks, cell, timeAt < 0 ? null : (fields[timeAt] ?? "").trim(), line);
    if (rows[0] === rows[1]) unmatched += 1;
    else matched += 1;
    for (const column of columns) column.texts.fill((fields[column.at] ?? "").trim(), ...rows);
  }
  if (matched === 0) {
    throw new BadTable(unmatched ? `None of its ${unmatched} rows is a nucleus of this embryo: cell and time (frame) are expected as in its CD file.` : "A header and no rows.");
  }
  return { columns: columns.map(({ name, texts }) => ({ name, values: valuesOf(name, texts) })), matched, unmatched };
}

/** Rows of `cell` (undefined: none) at a frame, or of its whole life: [first, end). */
function rowsOf(tracks, cell, time, line) {
  if (time !== null && !/^[+-]?\d{1,7}(\.0+)?$/.test(time)) throw new BadTable(`Line ${line}: “${shortened(time)}” as time; a whole frame number is expected.`);
  if (cell === undefined) return [0, 0];
  if (time === null) return [tracks.firstRow[cell], tracks.firstRow[cell + 1]];
  const row = tracks.rowOf(cell, Number(time));
  return row < 0 ? [0, 0] : [row, row + 1];
}

/** A column as numbers (NaN: none) where all are, else as labels (null: none). */
function valuesOf(name, texts) {
  if (texts.every((text) => NUMBER.test(text) || NONE.test(text))) {
    if (texts.every((text) => NONE.test(text))) throw new BadTable(`Column “${shortened(name)}” holds no value.`);
    return Float32Array.from(texts, (text) => (NONE.test(text) ? NaN : Number(text)));
  }
  const labels = texts.map((text) => (NONE.test(text) ? null : text.slice(0, LONGEST_LABEL)));
  const different = new Set(labels).size;
  if (different > MOST_LABELS + 1) throw new BadTable(`Column “${shortened(name)}” holds ${different} different words; numbers or at most ${MOST_LABELS} words are expected.`);
  return labels;
}

const shortened = (text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

/** The lines of a table that aren't blank: {line, fields}. Commas, tabs or semicolons; fields may be quoted. */
function* recordsOf(text) {
  const first = text.slice(0, text.search(/[\r\n]|$/));
  const separator = ["\t", ";"].find((mark) => first.includes(mark)) ?? ",";
  let line = 0;
  for (const raw of text.split(/\r\n|\r|\n/)) {
    line += 1;
    if (raw.trim() === "") continue;
    yield { line, fields: raw.includes('"') ? quoted(raw, separator, line) : raw.split(separator) };
  }
}

function quoted(raw, separator, line) {
  const fields = [];
  let at = 0;
  while (at <= raw.length) {
    if (raw[at] === '"') {
      let [field, end] = ["", at + 1];
      for (;;) {
        const close = raw.indexOf('"', end);
        if (close < 0) throw new BadTable(`Line ${line}: a quoted field without an end.`);
        field += raw.slice(end, close);
        end = close + 1;
        if (raw[end] !== '"') break;
        field += '"';
        end += 1;
      }
      fields.push(field);
      at = end + 1;
      if (end < raw.length && raw[end] !== separator) throw new BadTable(`Line ${line}: text after a quoted field.`);
    } else {
      const end = raw.indexOf(separator, at) < 0 ? raw.length : raw.indexOf(separator, at);
      fields.push(raw.slice(at, end));
      at = end + 1;
    }
  }
  return fields;
}

/** Open a File to colour the page's embryo by: its first column is shown, what went wrong is told. */
export async function openTable(watch, file) {
  try {
    if (file.size > MOST_BYTES) throw new BadTable(`${(file.size / 1e6).toFixed(0)} MB; at most ${MOST_BYTES / 1e6} MB are expected.`);
    const { columns, matched, unmatched } = readTable(decoded(await file.arrayBuffer()), watch.tracks);
    columns.reverse().forEach(({ name, values }, i) => takeResult(watch, name, {
      title: name, meaning: `From ${file.name}, opened in this browser only`, values,
    }, i === columns.length - 1));
    const rest = unmatched ? `; ${unmatched.toLocaleString("en")} match none` : "";
    watch.toast(`${file.name}: ${matched.toLocaleString("en")} rows to colour by${rest}.`);
  } catch (error) {
    if (!(error instanceof BadTable)) throw error;
    watch.toast(`${file.name} can't be used. ${error.message}`);
  }
}

function decoded(buffer) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer);
  } catch {
    throw new BadTable("It isn't UTF-8 text.");
  }
}
