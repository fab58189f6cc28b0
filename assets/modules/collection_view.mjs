/**
 * The view of the collection as its address holds it: v=1 & embryos=all & real=1 & cells=ABala,MSxp & minute=57.5
 * & colour=name and so on, one entry for each of FIELDS. What stands at its default is left out; what can't be
 * read takes the default. `embryos` is what the program's other addresses mean by it: all, set:<name>, or ids.
 */

import { amount, camera, choice, entriesOf, flag, terms, words } from "./watch_view.mjs";
import { MOST_TERMS } from "./choice.mjs";

export const VERSION = 1;
export const COLOURS = ["name", "safe", "acetree", "compact", "embryo"];

/** Field -> [its default, how it is read and written]. */
const FIELDS = {
  embryos: ["all", words(6000)],
  real: [false, flag], // without the simulated ones
  cells: [Object.freeze([]), terms(MOST_TERMS)], // terms, see choice.mjs
  minute: [null, amount(-1e5, 1e6)], // developmental; null: where most embryos have begun
  colour: ["name", choice(...COLOURS)],
  k: [3, amount(1, 12, 0)], // characters of a compact name
  scale: ["um", choice("um", "same")], // µm as they are, or every embryo in a shell of one size
  others: ["dim", choice("dim", "hide", "show")], // what isn't chosen, while something is
  size: [0.5, amount(0.2, 1, 1)], // how large nuclei are drawn, 1 being as they are
  camera: [null, camera], // null: the canonical view
  panel: [true, flag],
};

export const DEFAULTS = Object.freeze(Object.fromEntries(Object.entries(FIELDS).map(([name, [standard]]) => [name, standard])));

/** The view that the query string `search` holds. */
export function viewOf(search) {
  const entries = entriesOf(search);
  const view = {};
  for (const [name, [standard, { read }]] of Object.entries(FIELDS)) {
    const text = entries.get(name);
    view[name] = (text === undefined || text === "" ? null : read(text)) ?? standard;
  }
  view.k = Math.round(view.k);
  return view;
}

/** The query string of a view, "?v=1…"; the same for the same view. */
export function searchOf(view) {
  const parts = [`v=${VERSION}`];
  for (const [name, [standard, { write }]] of Object.entries(FIELDS)) {
    const value = view[name];
    if (value === standard || value === null || (Array.isArray(value) && value.length === 0)) continue;
    parts.push(`${name}=${write(value)}`);
  }
  return `?${parts.join("&")}`;
}
