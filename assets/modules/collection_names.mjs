/** Names of many embryos in one order, that of the lineage. Pure. */

import { founder, isSulston, mother } from "./lineage.mjs";

const LEFT = new Set(["AB", "EMS", "MS", "C", "D", "Z2"]);
const LEFT_LETTERS = "ald";

/** Whether a cell is the daughter that is drawn left. */
export const isLeft = (name) => (LEFT.has(name) ? true : founder(name) !== name && LEFT_LETTERS.includes(name.at(-1)));

/** The divisions from P0 down to a cell: of each, whether the cell or its ancestor was the left daughter. */
export function turnsOf(name) {
  const turns = [];
  for (let cell = name; mother(cell) !== null; cell = mother(cell)) turns.unshift(isLeft(cell));
  return turns;
}

const keyOf = (name) => (isSulston(name) ? `0${turnsOf(name).map((left) => (left ? "0" : "1")).join("")}` : `1${name}`);

/** Each name of `lists` and of `names` once, a mother before her daughters, left before right, unnamed last; `names` if none is new. */
export function gatherNames(names, lists) {
  const found = new Set(names);
  for (const list of lists) for (const name of list) found.add(name);
  if (found.size === names.length) return names;
  const keyed = [...found].map((name) => [keyOf(name), name]);
  keyed.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  return keyed.map(([, name]) => name);
}
