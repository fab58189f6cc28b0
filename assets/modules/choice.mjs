/**
 * Which cells are chosen. A choice is a list of terms, as people write them: a cell (`ABala`), a pattern in
 * which `x` is either daughter (`MSxp`), or a cell with all that descends from it (`ABala*`). Terms stand in
 * the address and on the chips, and mean the same in another embryo.
 */

import { isSulston, matches, mother } from "./lineage.mjs";

export const MOST_TERMS = 400; // as many nuclei as a box may hold; their names fit an address

const isSublineage = (term) => term.endsWith("*") && term.length > 1;

const MOST_KEPT = 1000; // terms of one embryo whose cells are kept
const families = new WeakMap(); // names -> what is known of them; names don't change

function familyOf(names) {
  if (!families.has(names)) families.set(names, { exact: indexed(names), folded: null, below: null, cells: new Map() });
  return families.get(names);
}

const indexed = (names) => new Map(names.map((name, cell) => [name, cell]));

function grouped(pairs) {
  const groups = new Map();
  for (const [key, cell] of pairs) {
    if (groups.has(key)) groups.get(key).push(cell);
    else groups.set(key, [cell]);
  }
  return groups;
}

/** Folded name -> its cells. */
const foldedOf = (family, names) => (family.folded ??= grouped(names.map((name, cell) => [name.toLowerCase(), cell])));

/** Name -> the cells that are it or descend from it; of those that aren't followed themselves too. */
function belowOf(family, names) {
  if (family.below) return family.below;
  const lines = new Map(); // name -> itself and its ancestors
  const lineOf = (name) => {
    if (!lines.has(name)) {
      const above = mother(name);
      lines.set(name, above === null ? [name] : [name, ...lineOf(above)]);
    }
    return lines.get(name);
  };
  family.below = grouped(names.flatMap((name, cell) => lineOf(name).map((above) => [above, cell])));
  return family.below;
}

/** Indices into `names` of the cells that one term means, in order. Not to be changed: it is kept. */
export function cellsOf(term, names) {
  const family = familyOf(names);
  if (!family.cells.has(term)) {
    if (family.cells.size >= MOST_KEPT) family.cells.clear();
    family.cells.set(term, found(term, names, family));
  }
  return family.cells.get(term);
}

function found(term, names, family) {
  if (isSublineage(term)) return belowOf(family, names).get(spelled(term.slice(0, -1), names)) ?? [];
  if (!/x/i.test(term)) return foldedOf(family, names).get(term.toLowerCase()) ?? [];
  return names.flatMap((name, cell) => (matches(term, name) ? [cell] : []));
}

/** `text` as `names` spells it, ancestors of those names too, capitals apart; as it is where no name is meant. */
export function spelled(text, names) {
  const family = familyOf(names);
  if (family.exact.has(text)) return text;
  const folded = text.toLowerCase();
  const [cell] = foldedOf(family, names).get(folded) ?? [];
  if (cell !== undefined) return names[cell];
  const below = belowOf(family, names);
  if (below.has(text)) return text;
  for (const name of below.keys()) if (name.toLowerCase() === folded) return name;
  return text;
}

/** The chosen cells of all terms, each once, in lineage order. */
export function chosenCells(terms, names) {
  const cells = new Set();
  for (const term of terms) for (const cell of cellsOf(term, names)) cells.add(cell);
  return [...cells].sort((a, b) => a - b);
}

/**
 * The terms of a text such as "ABala, MSxp C*", as `names` spells them. `functional` are functional names by
 * cell: a word that is one of them means its cells, or the closest ancestors that are followed.
 */
export function termsOf(text, names, functional = {}) {
  const terms = text.split(/[\s,;]+/).filter(Boolean).flatMap((term) => {
    if (isSublineage(term)) return [`${spelled(term.slice(0, -1), names)}*`];
    const meant = cellsOf(term, names).length ? null : indexOf(functional).get(term.toLowerCase());
    return (meant && followed(meant.cells, names).terms) ?? [spelled(term, names)];
  });
  return [...new Set(terms)].slice(0, MOST_TERMS);
}

// Functional names: ADAL is ABplapaaaapp

const indices = new WeakMap();

/** Folded functional name -> {name, cells: Sulston names}, in order. */
function indexOf(functional) {
  if (!indices.has(functional)) {
    const index = new Map();
    for (const [cell, name] of Object.entries(functional).sort(([, a], [, b]) => (a < b ? -1 : Number(a > b)))) {
      const folded = name.toLowerCase();
      if (!index.has(folded)) index.set(folded, { name, cells: [] });
      index.get(folded).cells.push(cell);
    }
    indices.set(functional, index);
  }
  return indices.get(functional);
}

/** The closest cell of `names` that `cell` descends from; null for none. */
function closestAncestor(cell, names) {
  const { exact } = familyOf(names);
  let above = mother(cell);
  while (above !== null && !exact.has(above)) above = mother(above);
  return above;
}

/** Those of `cells` that are followed as {terms}; where none is, the closest ancestors as {terms, instead: true}. */
function followed(cells, names) {
  const { exact } = familyOf(names);
  const here = cells.filter((cell) => exact.has(cell));
  if (here.length) return { terms: here };
  const above = [...new Set(cells.map((cell) => closestAncestor(cell, names)))].filter((cell) => cell !== null);
  return above.length ? { terms: above, instead: true } : { terms: null };
}

/** `terms` with `name` added, or without it where it was chosen: a term that held more is written out. */
export function toggled(terms, name, names) {
  const index = names.indexOf(name);
  if (!chosenCells(terms, names).includes(index)) return [...terms, name];
  return terms.flatMap((term) => {
    const cells = cellsOf(term, names);
    return cells.includes(index) ? cells.filter((cell) => cell !== index).map((cell) => names[cell]) : [term];
  });
}

/** The names of the five cells that are seen first; of those that come at one frame, in lineage order. */
export function firstFive(tracks) {
  const first = tracks.names.map((name, cell) => ({ name, frame: tracks.time[tracks.firstRow[cell]] }));
  const begun = first.filter(({ frame }) => frame >= tracks.startFrame);
  return begun.sort((a, b) => a.frame - b.frame).slice(0, 5).map(({ name }) => name);
}

/**
 * What a half-typed term may mean: up to `most` of {term, cells (how many)}. Whole cells first in lineage
 * order, then the sublineage of what was typed; names that only hold the text come after those that begin so.
 *
 * By `functional` names (cell -> name): {name, of: the cells of that name, terms, cells}. Where this embryo
 * ends before a cell is born, `instead` is true and the terms are the closest ancestors that are followed.
 */
export function suggestions(text, names, most = 8, functional = {}) {
  const typed = text.trim();
  if (typed === "") return [];
  const whole = cellsOf(typed, names);
  const found = [];
  const add = (term, cells) => {
    if (cells > 0 && !found.some((each) => each.term === term)) found.push({ term, cells });
  };
  if (isSublineage(typed)) add(termsOf(typed, names)[0], whole.length);
  const exact = whole.length === 1 ? names[whole[0]] : null;
  if (exact !== null) add(exact, 1);
  else add(typed, whole.length);
  const root = spelled(typed.replace(/\*$/, ""), names);
  const below = cellsOf(`${root}*`, names).length;
  if (below > 1) add(`${root}*`, below);
  const folded = typed.toLowerCase();
  found.push(...called(folded, names, functional, most));
  if (found.length === 0 && isSulston(typed)) {
    const above = closestAncestor(typed, names);
    if (above !== null) found.push({ name: null, of: [typed], terms: [above], cells: 1, instead: true });
  }
  const beginning = names.filter((name) => name.toLowerCase().startsWith(folded));
  const holding = names.filter((name) => name.toLowerCase().indexOf(folded) > 0);
  beginning.sort((a, b) => a.length - b.length);
  for (const name of [...beginning, ...holding]) {
    if (found.length >= most) break;
    add(name, 1);
  }
  return found.slice(0, most);
}

/** What a functional name that is `folded`, or (of two letters and more) begins so, may mean. */
function called(folded, names, functional, most) {
  const index = indexOf(functional);
  const meant = index.has(folded) ? [index.get(folded)] : [];
  if (folded.length > 1) {
    for (const [other, each] of index) {
      if (meant.length >= most) break;
      if (other !== folded && other.startsWith(folded)) meant.push(each);
    }
  }
  return meant.flatMap(({ name, cells }) => {
    const { terms, instead = false } = followed(cells, names);
    return terms ? [{ name, of: cells, terms, cells: terms.length, instead }] : [];
  });
}
