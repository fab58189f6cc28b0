/**
 * The view of one embryo as the address holds it. Versioned: addresses of older versions keep their meaning.
 *
 * v=2 & cells=ABala,MSxp,C* & frame=57.5 & stage=plane & colour=blot & range=0,2000 & camera=… and so on, one
 * entry for each of FIELDS. What stands at its default is left out; what can't be read takes the default.
 * Version 1 knew the plane only, so an address with v=1 shows the plane.
 */

import { MEASURES } from "./tracks.mjs";
import { MOST_TERMS } from "./choice.mjs";

export const VERSION = 2;
export const COLOURS = ["safe", "acetree", "compact", ...MEASURES, "size", "speed", "age", "generation", "rules"];
export const MOST_BESIDE = 5;
const MOST_FOLDED = 200;
const MOST_RULES = 3000; // characters

const number = (text) => (/^-?\d{1,7}(\.\d{1,4})?$/.test(text) ? Number(text) : null);
const short = (value, digits) => String(Number(value.toFixed(digits)));
const escaped = (term) => encodeURIComponent(term).replaceAll("%2F", "/").replaceAll("%3A", ":");

function unescaped(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return "";
  }
}

// What a field holds: how it is read (null: it can't be) and written. `read` gets the text as it stands in the
// address, escapes and all, so that a comma within a term is not one between two.

export const choice = (...allowed) => ({
  read: (text) => (allowed.includes(text) ? text : null),
  write: String,
});
export const flag = { read: (text) => ({ 0: false, 1: true })[text] ?? null, write: (value) => String(Number(value)) };
export const amount = (least, most, digits = 2) => ({
  read: (text) => {
    const value = number(text);
    return value === null || value < least || value > most ? null : value;
  },
  write: (value) => short(value, digits),
});
export const terms = (most, longest = 60, allowed = /[^]/) => ({
  read: (text) => {
    const found = text.split(/,|%2C/i).map((term) => unescaped(term).trim().slice(0, longest));
    return [...new Set(found.filter((term) => term && allowed.test(term)))].slice(0, most);
  },
  write: (value) => value.map(escaped).join(","),
});
export const words = (longest, allowed = /[^]/) => ({
  read: (text) => {
    const value = unescaped(text).slice(0, longest);
    return allowed.test(value) ? value : null;
  },
  write: escaped,
});
const colour = {
  read: (text) => (COLOURS.includes(text) || /^result:[^]{1,60}$/.test(unescaped(text)) ? unescaped(text) : null),
  write: escaped,
};
const range = {
  read: (text) => {
    const ends = unescaped(text).split(",").map(number);
    return ends.length === 2 && ends.every((end) => end !== null) && ends[0] < ends[1] ? ends : null;
  },
  write: (value) => value.map((end) => short(end, 4)).join(","),
};
export const camera = {
  read: (text) => {
    const told = unescaped(text).split(",").map(number);
    if (told.length !== 8 || told.some((value) => value === null)) return null;
    const length = Math.hypot(...told.slice(0, 4));
    const [zoom, x, y, flat] = told.slice(4);
    if (length < 0.5 || zoom < 0.05 || zoom > 100 || Math.hypot(x, y) > 1000) return null;
    return { turn: told.slice(0, 4).map((value) => value / length), zoom, pan: [x, y], flat: flat === 1 };
  },
  write: ({ turn, zoom, pan, flat }) => (
    [...turn.map((value) => short(value, 4)), short(zoom, 3), ...pan.map((value) => short(value, 2)), Number(flat)].join(",")
  ),
};

/** Field -> [its default, how it is read and written]. */
const FIELDS = {
  cells: [Object.freeze([]), terms(MOST_TERMS)], // terms, see choice.mjs
  frame: [null, amount(-1e6, 9999999)], // null: the start of the recording
  stage: ["space", choice("space", "plane")],
  axes: ["xy", choice("xy", "xz", "yz", "yx", "zx", "zy")], // of the plane: what runs right, what runs down
  units: ["um", choice("um", "file")], // of the plane: µm, or pixels and planes
  colour: ["safe", colour],
  k: [3, amount(1, 12, 0)], // characters of a compact name
  range: [null, range], // of a scale of colours; null: from the data
  rules: ["", words(MOST_RULES)], // see rules.mjs
  tail: [10, amount(0, 400)], // minutes of past behind a cell
  ahead: [0, amount(0, 400)], // minutes of future before it
  tailWidth: [2, amount(1, 6, 1)], // pixels
  tailColour: ["cell", choice("cell", "time")],
  tailsOf: ["chosen", choice("chosen", "all")],
  others: ["dim", choice("dim", "hide", "show")], // what isn't chosen, while something is
  names: [true, flag], // of chosen cells, beside them
  paths: [true, flag], // of the plane: whole paths of chosen cells
  camera: [null, camera], // null: the canonical view
  shell: [false, flag], // the eggshell's outline
  panel: [true, flag], // the panel of cells, neighbours and notes is open
  tree: [true, flag], // the tree is open
  tab: ["cells", choice("cells", "neighbours", "notes")],
  root: ["", words(60)], // of the tree
  folded: [Object.freeze([]), terms(MOST_FOLDED)], // sublineages of the tree
  along: ["", choice("", ...MEASURES)], // expression along the tree's branches
  odd: [false, flag], // divisions that are early, late or missing
  contact: [3, amount(0, 1000)], // µm²: the least face that counts as touching; why 3, see neighbours_panel.mjs
  beside: [Object.freeze([]), terms(MOST_BESIDE, 10, /^[a-z0-9]{1,10}$/)], // embryos shown beside this one
  scales: ["one", choice("one", "own")], // of colours side by side: one for all, or each embryo its own
  match: ["minutes", words(60)], // how their moments are matched, see matching.mjs
};

export const DEFAULTS = Object.freeze(
  Object.fromEntries(Object.entries(FIELDS).map(([name, [standard]]) => [name, standard])),
);

/** The entries of a query string as they stand, escapes and all; of an entry that comes twice the first. */
export function entriesOf(search) {
  const entries = new Map();
  for (const part of search.replace(/^\?/, "").split("&")) {
    const at = part.indexOf("=");
    const name = at < 0 ? part : part.slice(0, at);
    if (at >= 0 && !entries.has(name)) entries.set(name, part.slice(at + 1));
  }
  return entries;
}

/** The view that the query string `search` ("?v=2&…") holds. */
export function viewOf(search) {
  const entries = entriesOf(search);
  const view = {};
  for (const [name, [standard, { read }]] of Object.entries(FIELDS)) {
    const text = entries.get(name);
    view[name] = (text === undefined || text === "" ? null : read(text)) ?? standard;
  }
  if (entries.get("v") === "1" && !entries.has("stage")) view.stage = "plane";
  view.k = Math.round(view.k);
  return view;
}

/** Whether `search` was written by a newer version, so that something of it may be unknown here. */
export const isNewer = (search) => (number(entriesOf(search).get("v") ?? "") ?? 0) > VERSION;

/** The query string of a view, "?v=2…"; the same for the same view. */
export function searchOf(view) {
  const parts = [`v=${VERSION}`];
  for (const [name, [standard, { write }]] of Object.entries(FIELDS)) {
    const value = view[name];
    if (value === standard || value === null || value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    parts.push(`${name}=${write(value)}`);
  }
  return `?${parts.join("&")}`;
}
