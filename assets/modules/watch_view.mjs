/**
 * The view of one embryo as the address holds it. Versioned: an address of version 1 keeps its meaning.
 *
 * v=1 & cells=ABala,MSxp,C* & frame=57.5 & axes=xz & units=file & colour=blot & k=3 & tail=10 & paths=0 &
 * panel=0. What stands at its default is left out; what can't be read takes the default.
 */

import { MEASURES } from "./tracks.mjs";
import { MOST_TERMS } from "./choice.mjs";

export const VERSION = 1;
export const COLOURS = ["safe", "acetree", "compact", ...MEASURES];
export const TAILS = [0, 5, 10, 20, 40];
export const DEFAULTS = Object.freeze({
  cells: Object.freeze([]), // terms, see choice.mjs
  frame: null, // null: the start of the recording
  axes: "xy", // what runs right, what runs down
  units: "um", // or "file": pixels and planes
  colour: "safe",
  k: 3, // characters of a compact name
  tail: 10, // minutes of past behind a chosen cell
  paths: true, // whole paths of chosen cells, with time marked along them
  panel: true, // the panel of chosen cells is open
});

const within = (value, least, most) => (value >= least && value <= most ? value : null);
const number = (text) => (text !== null && /^-?\d{1,7}(\.\d{1,4})?$/.test(text) ? Number(text) : null);
const oneOf = (value, allowed) => (allowed.includes(value) ? value : null);

function cellsOf(search) {
  const raw = /[?&]cells=([^&]*)/.exec(search)?.[1];
  if (!raw) return null;
  const terms = raw.split(/,|%2C/i).map((term) => {
    try {
      return decodeURIComponent(term.replaceAll("+", " ")).trim().slice(0, 60);
    } catch {
      return "";
    }
  });
  return [...new Set(terms.filter(Boolean))].slice(0, MOST_TERMS);
}

/** The view that the query string `search` ("?v=1&…") holds. */
export function viewOf(search) {
  const query = new URLSearchParams(search);
  const flag = (name) => ({ 0: false, 1: true })[query.get(name)];
  const axes = query.get("axes") ?? "";
  const read = {
    cells: cellsOf(search),
    frame: number(query.get("frame")),
    axes: /^[xyz]{2}$/.test(axes) && axes[0] !== axes[1] ? axes : null,
    units: oneOf(query.get("units"), ["um", "file"]),
    colour: oneOf(query.get("colour"), COLOURS),
    k: within(Math.round(number(query.get("k")) ?? 0), 1, 12),
    tail: oneOf(number(query.get("tail")), TAILS),
    paths: flag("paths"),
    panel: flag("panel"),
  };
  const view = {};
  for (const [name, value] of Object.entries(DEFAULTS)) view[name] = read[name] ?? value;
  return view;
}

/** The query string of a view, "?v=1…"; the same for the same view. */
export function searchOf(view) {
  const parts = [`v=${VERSION}`];
  for (const [name, standard] of Object.entries(DEFAULTS)) {
    const value = view[name];
    if (name === "cells") {
      if (value.length) parts.push(`cells=${value.map((term) => encodeURIComponent(term)).join(",")}`);
    } else if (value !== standard && value !== null) {
      const text = typeof value === "boolean" ? Number(value) : name === "frame" ? Number(value.toFixed(2)) : value;
      parts.push(`${name}=${text}`);
    }
  }
  return `?${parts.join("&")}`;
}
