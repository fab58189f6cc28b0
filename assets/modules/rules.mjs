/**
 * Sublineages painted by the user: rules in order, the first that a nucleus meets gives its colour, and a last
 * colour is for everything else. A rule names no embryo, so it means the same in every other one.
 *
 * Rules are a text, which stands in the address (`view.rules`) and which people may write by hand:
 *
 *     1!ABpla*~d55e00!MSxp~e69f00~muscle!gen.ge.8.and.blot.gt.2000~ff0000!*~7d8794
 *
 * or one a line, as `textOfRules` writes them and `parseRules` reads as well:
 *
 *     MSxp : #e69f00 : muscle
 *     gen >= 8 and blot > 2000 : red
 *     * : grey
 *
 * - `1` is the version of this form. Rules are separated by `!`, `;` or lines; condition, colour and label by
 *   `~` or `:`. A rule without a colour takes the next of the safe palette. `*` alone is everything else.
 * - A condition is one or more of these, joined by `and` (`&`): cells as in choice.mjs (`ABala`, `MSxp`,
 *   `ABpla*`, several separated by commas), `gen >= 8` (divisions since P0; also = and <=), `letters = 3` (of
 *   the name), `blot > 2000` (one of five measures, at that moment; also >=, < and <=).
 * - What would separate is written %XX. What can't be read stays in the text as it is, and matches nothing.
 */

import { cellsOf } from "./choice.mjs";
import { generations } from "./row_values.mjs";
import { MEASURES } from "./tracks.mjs";

export const VERSION = 1;
export const MOST_RULES = 60;
export const MOST_CHARACTERS = 3000; // as they stand in an address, escapes counted
export const REST = "#7d8794";
/** Colours that are told apart by colour-blind eyes too (after Okabe and Ito 2008), on dark and white ground. */
export const SAFE = [
  ["#56b4e9", "sky blue"], ["#e69f00", "orange"], ["#009e73", "green"], ["#cc79a7", "pink"],
  ["#0072b2", "blue"], ["#d55e00", "vermilion"], ["#f0e442", "yellow"], ["#b9bec5", "light grey"],
];
const WORDS = new Map([
  ...SAFE.map(([colour, word]) => [word, colour]),
  ["red", "#ff0000"], ["purple", "#8e5bd0"], ["violet", "#ee82ee"], ["magenta", "#ff00ff"], ["cyan", "#00ffff"],
  ["white", "#ffffff"], ["black", "#000000"], ["grey", REST], ["gray", REST], ["brown", "#9a6324"],
]);
const MOST_PARTS = 4; // conditions in one rule
const MOST_TERMS = 60; // cells named in one condition
const LONGEST_TERM = 100;
const LONGEST_LABEL = 40;
const DEEPEST = 40;
const WHICH = "Which cells? Write ABala, MSxp, ABpla*, gen >= 8 or blot > 2000.";
const EVERYTHING_ELSE = /^(?:\*|else|everything else|rest|others?)$/i;
const COMPARISON = new RegExp(
  `^(gen|generation|depth|letters|${MEASURES.join("|")})\\s*`
  + "(>=|=>|≥|<=|=<|≤|==?|>|<|\\.(?:ge|le|eq|gt|lt)\\.)\\s*(-?[\\d,]{1,12}(?:\\.\\d{1,6})?)$",
  "i",
);
/** A name that begins like the words above is no comparison: its first letter is escaped. */
const LEADING_WORD = new RegExp(`^(?:gen|generation|depth|letters|${MEASURES.join("|")})\\b`, "i");
const SIGNS = { "=>": ">=", "≥": ">=", ".ge.": ">=", "=<": "<=", "≤": "<=", ".le.": "<=", "==": "=", ".eq.": "=", ".gt.": ">", ".lt.": "<" };
const SHORT = { ">=": ".ge.", "<=": ".le.", "=": ".eq.", ">": ".gt.", "<": ".lt." };
const SHOWN = { ">=": "≥", "<=": "≤", "=": "=", ">": ">", "<": "<" };

/** What can't be read, in words for the person who wrote it. */
export class UnreadRule extends Error {}

// Reading

/**
 * The rules of a text: {rules, rest: {colour, label}, problems: words about the whole}. A rule is
 * {text, when, colour, label, error}: `text` its condition as people write it, `when` its conditions that all
 * must hold, or null with `error` saying why it can't be read (`colourText` then keeps a colour that isn't
 * one). Never throws, whatever the text.
 */
export function parseRules(text) {
  const found = { rules: [], rest: { colour: REST, label: "" }, problems: [] };
  let parts = String(text ?? "").slice(0, 4 * MOST_CHARACTERS).split(/[!;\r\n]/).map((part) => part.trim()).filter(Boolean);
  const version = /^v?(\d{1,4})$/i.exec(parts[0] ?? "");
  if (version) parts = parts.slice(1);
  if (version && Number(version[1]) !== VERSION) {
    found.problems.push(`These rules are of version ${version[1]}; this Blastoscope reads version ${VERSION}. Some may be read wrongly.`);
  }
  for (const part of parts) {
    const { condition, colour, label } = split(part);
    if (EVERYTHING_ELSE.test(condition)) {
      found.rest = { colour: colourOf(colour ?? "") ?? REST, label };
    } else if (found.rules.length < MOST_RULES) {
      found.rules.push(read(condition, colour, label, found.rules.length));
    } else {
      found.left = (found.left ?? 0) + 1;
    }
  }
  if (found.left) found.problems.push(`At most ${MOST_RULES} rules are read: ${found.left} more were left out.`);
  delete found.left;
  return found;
}

/** Condition, colour and label of one rule's text; null for what it doesn't say. */
function split(part) {
  const at = part.search(/[~:]/);
  if (at >= 0) {
    const rest = part.slice(at + 1);
    const next = rest.search(/[~:]/);
    const colour = (next < 0 ? rest : rest.slice(0, next)).trim();
    return { condition: part.slice(0, at).trim(), colour: colour || null, label: next < 0 ? "" : labelOf(rest.slice(next + 1)) };
  }
  const last = part.lastIndexOf("=");
  const after = part.slice(last + 1).trim();
  if (last > 0 && colourOf(after) !== null && !/[<>=]$/.test(part.slice(0, last)) && !/^\d{1,2}$/.test(after)) {
    return { condition: part.slice(0, last).trim(), colour: after, label: "" };
  }
  return { condition: part, colour: null, label: "" };
}

function read(condition, colour, label, place) {
  const rule = { text: condition, when: null, colour: SAFE[place % SAFE.length][0], label, error: null };
  try {
    const when = conditionsOf(condition);
    if (colour !== null) rule.colour = checkedColour(colour);
    Object.assign(rule, { when, text: textOf(when) });
  } catch (error) {
    if (!(error instanceof UnreadRule)) throw error;
    rule.error = error.message;
    const known = colour === null ? null : colourOf(colour);
    if (known !== null) rule.colour = known;
    else if (colour !== null) rule.colourText = colour;
  }
  return rule;
}

/** The conditions of a text such as "ABpla* and blot > 2000". Throws `UnreadRule`. */
export function conditionsOf(text) {
  const parts = text.split(/\s+and\s+|\.and\.|\s*&+\s*/i).map((part) => part.trim()).filter(Boolean);
  if (parts.length === 0) throw new UnreadRule(WHICH);
  if (parts.length > MOST_PARTS) throw new UnreadRule(`At most ${MOST_PARTS} conditions go together with “and”.`);
  return parts.map(conditionOf);
}

function conditionOf(text) {
  const compared = COMPARISON.exec(text);
  if (compared) return comparison(...compared.slice(1));
  const word = LEADING_WORD.exec(text)?.[0];
  if (word) {
    const expression = MEASURES.includes(word.toLowerCase());
    throw new UnreadRule(expression ? `Write a level after it, such as ${word} > 2000.` : `Write a number after it, such as ${word} >= 8.`);
  }
  if (/[<>=≥≤]/.test(text)) {
    throw new UnreadRule(`“${shortened(unescaped(text))}”: what can be compared is gen, letters, ${MEASURES.slice(0, -1).join(", ")} and ${MEASURES.at(-1)}.`);
  }
  return { kind: "cells", terms: termsOf(text) };
}

function comparison(name, sign, number) {
  const kind = name.toLowerCase();
  const is = SIGNS[sign] ?? sign;
  const value = Number(number.replace(/(\d),(?=\d{3}\b)/g, "$1"));
  if (!Number.isFinite(value)) throw new UnreadRule(`“${number}” isn't a number.`);
  if (MEASURES.includes(kind)) {
    if (is === "=") throw new UnreadRule(`Expression is never exactly a number: write ${kind} > ${value} or ${kind} <= ${value}.`);
    return { kind: "expression", measure: kind, is, level: value };
  }
  if (!Number.isInteger(value) || value < 0 || value > DEEPEST) throw new UnreadRule(`A whole number from 0 to ${DEEPEST} is expected after ${sign}.`);
  const whole = { ">": [">=", value + 1], "<": ["<=", value - 1] }[is] ?? [is, value];
  return { kind: kind === "letters" ? "letters" : "generation", is: whole[0], n: whole[1] };
}

function termsOf(text) {
  const terms = text.split(/[\s,]+/).filter(Boolean).map((raw) => {
    const term = unescaped(raw);
    const plain = /^[\p{L}\p{N}_.%'()*-]+$/u.test(raw);
    if (!plain || term.length > LONGEST_TERM || /\*./.test(term) || term === "*" || /[\p{C}]/u.test(term)) {
      throw new UnreadRule(`“${shortened(term)}” is no cell. Write a name (ABala), a pattern (MSxp) or a sublineage (ABpla*).`);
    }
    return term;
  });
  if (terms.length === 0) throw new UnreadRule(WHICH);
  if (terms.length > MOST_TERMS) throw new UnreadRule(`At most ${MOST_TERMS} cells are named in one rule.`);
  return [...new Set(terms)];
}

const shortened = (text) => (text.length > 30 ? `${text.slice(0, 29)}…` : text);
const labelOf = (text) => unescaped(text).replace(/[\p{C}]+/gu, " ").trim().slice(0, LONGEST_LABEL);

/** "#rrggbb" of a colour as people write it: d55e00, #d50, orange; null where it is none. */
export function colourOf(text) {
  const written = text.trim().toLowerCase();
  if (WORDS.has(written)) return WORDS.get(written);
  const hex = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/.exec(written)?.[1];
  if (!hex) return null;
  return `#${hex.length === 6 ? hex : [...hex].map((digit) => digit + digit).join("")}`;
}

function checkedColour(text) {
  const colour = colourOf(text);
  if (colour === null) throw new UnreadRule(`“${shortened(text)}” is no colour. Write #0072b2 or a word such as blue.`);
  return colour;
}

function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// Writing

const percent = (character) => (
  character.codePointAt(0) < 128 ? `%${character.codePointAt(0).toString(16).padStart(2, "0").toUpperCase()}` : encodeURIComponent(character));
const escapedTerm = (term) => term.replace(/[^\p{L}\p{N}_*-]/gu, percent).replace(LEADING_WORD, (word) => word.replace(/^./, percent));
const escaped = (text) => text.replace(/[%!;:~\r\n]/g, percent);
/** What can't be read, as it is but for what would separate. */
const asWritten = (text) => text.replace(/[!;:~\r\n]/g, percent);
/** A condition that would be read as everything else is none. */
const apart = (condition) => (EVERYTHING_ELSE.test(condition) ? condition.replace(/^./, percent) : condition);

const numeral = (value) => String(Number(value.toFixed(6)));

function compact(condition) {
  if (condition.kind === "cells") return condition.terms.map(escapedTerm).join(",");
  if (condition.kind === "expression") return `${condition.measure}${SHORT[condition.is]}${numeral(condition.level)}`;
  return `${condition.kind === "letters" ? "letters" : "gen"}${SHORT[condition.is]}${condition.n}`;
}

/** Conditions as people write them; what `conditionsOf` reads. */
export function textOf(when) {
  return when.map((condition) => {
    if (condition.kind === "cells") return condition.terms.map(escapedTerm).join(", ");
    if (condition.kind === "expression") return `${condition.measure} ${condition.is} ${numeral(condition.level)}`;
    return `${condition.kind === "letters" ? "letters" : "gen"} ${condition.is} ${condition.n}`;
  }).join(" and ");
}

const isStandard = ({ colour, label }) => colour === REST && !label;

/** The compact text of rules, for the address; "" for none. What `parseRules` reads as the same. */
export function formatRules({ rules, rest }) {
  if (rules.length === 0 && isStandard(rest)) return "";
  const one = (condition, { colour, colourText, label }) => (
    [condition, colourText === undefined ? colour.slice(1) : asWritten(colourText), ...(label ? [escaped(label)] : [])].join("~"));
  const written = rules.map((rule) => one(apart(rule.when ? rule.when.map(compact).join(".and.") : asWritten(rule.text)), rule));
  return [VERSION, ...written, ...(isStandard(rest) ? [] : [one("*", rest)])].join("!");
}

/** The rules as lines that people read, send and edit. */
export function textOfRules({ rules, rest }) {
  const one = (condition, { colour, colourText, label }) => (
    [condition, colourText === undefined ? colour : asWritten(colourText), ...(label ? [escaped(label)] : [])].join(" : "));
  return [...rules.map((rule) => one(apart(rule.when ? rule.text : asWritten(rule.text)), rule)), one("*", rest)].join("\n");
}

/** Whether rules in their compact form are few enough for an address. */
export const fits = (text) => encodeURIComponent(text).length <= MOST_CHARACTERS;

/** What a rule means, for a legend: its label, or its conditions in words. */
export function meaningOf({ label, when, text }) {
  if (label) return label;
  if (!when) return text;
  const words = when.map((condition) => {
    if (condition.kind === "expression") return `${condition.measure} ${SHOWN[condition.is]} ${condition.level.toLocaleString("en")}`;
    if (condition.kind === "generation") return `generation ${SHOWN[condition.is]} ${condition.n}`;
    if (condition.kind === "letters") return `${SHOWN[condition.is]} ${condition.n} letters`.replace("= ", "");
    const told = condition.terms.map((term) => (term.endsWith("*") ? `${term.slice(0, -1)} and below` : term));
    return told.length > 3 ? `${told.slice(0, 2).join(", ")} and ${told.length - 2} more` : told.join(", ");
  });
  return words.join(", ");
}

// Meaning

const HOLDS = {
  ">": (value, level) => value > level,
  ">=": (value, level) => value >= level,
  "=": (value, level) => value === level,
  "<=": (value, level) => value <= level,
  "<": (value, level) => value < level,
};

/** Uint8Array: 1 for each of `names` that a rule's conditions on cells allow. */
export function cellsAllowed(when, names) {
  const allowed = new Uint8Array(names.length).fill(1);
  for (const condition of when) {
    if (condition.kind === "expression") continue;
    if (condition.kind === "cells") {
      const named = new Uint8Array(names.length);
      for (const term of condition.terms) for (const cell of cellsOf(term, names)) named[cell] = 1;
      for (let cell = 0; cell < names.length; cell += 1) allowed[cell] &= named[cell];
      continue;
    }
    const deep = condition.kind === "letters" ? names.map((name) => name.length) : generations(names);
    for (let cell = 0; cell < names.length; cell += 1) allowed[cell] &= deep[cell] >= 0 && HOLDS[condition.is](deep[cell], condition.n);
  }
  return allowed;
}

/**
 * Which rule each row of `tracks` meets first: {rows: Uint8Array of indices into `rules`, or rules.length for
 * none, perCell: whether all rows of a cell meet the same one}. Rules that can't be read are met by none.
 */
export function rowsByRule(rules, tracks) {
  const read = rules.map(({ when }) => when && {
    cells: cellsAllowed(when, tracks.names),
    levels: when.filter(({ kind }) => kind === "expression")
      .map(({ measure, is, level }) => ({ ...tracks.column(measure), holds: HOLDS[is], level })),
  });
  const rows = new Uint8Array(tracks.rows).fill(rules.length);
  let perCell = true;
  for (let cell = 0; cell < tracks.names.length; cell += 1) {
    const [first, end] = [tracks.firstRow[cell], tracks.firstRow[cell + 1]];
    for (let i = rules.length - 1; i >= 0; i -= 1) { // from the last: an earlier one paints over it
      if (!read[i]?.cells[cell]) continue;
      if (read[i].levels.length === 0) rows.fill(i, first, end);
      else {
        perCell = false;
        paintRows(rows, first, end, i, read[i].levels);
      }
    }
  }
  return { rows, perCell };
}

function paintRows(rows, first, end, rule, levels) {
  for (let row = first; row < end; row += 1) {
    if (levels.every(({ values, scale, holds, level }) => holds(values[row] / scale, level))) rows[row] = rule;
  }
}
