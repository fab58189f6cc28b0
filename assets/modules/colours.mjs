/**
 * What a nucleus is coloured by, and the legend that says so. Pure: names and numbers in, colours out.
 *
 * A painter is {key, colours, of, perCell, scale, legend}:
 * - `colours` are "#rrggbb"; `of(cell, from, to, share)` is the index of a nucleus's colour (see nucleiAt). It
 *   allocates nothing.
 * - `perCell`: the index depends on the cell alone. `scale`: the colours after the first are a ramp, so that
 *   indices between rows may be interpolated; the first is what lies off the ramp (negative, or no value),
 *   and where one of two rows has it the other's holds.
 * - `legend` is {title, unit, meaning (a sentence, or "")} and either `swatches`: [{label, colour, index}] or, of
 *   a ramp, `stops` (evenly spaced from `least` to `most`), less and more (whether there are values beyond the
 *   ends), `below` (colour of negative values where they are off the ramp and occur, or null), `none`
 *   ({label, colour} of what has no value, or null), `zero` (whether zero lies within and is told), `isSet`
 *   (whether the range was set by hand) and `rangeOf` (whether it can be). `counts`: how many nuclei each
 *   colour has now is worth telling.
 * - Painters of one embryo with equal `key`s paint the same; they are kept, so asking again costs nothing.
 */

import { colourGroup } from "./lineage.mjs";
import { MEASURES, nucleiAt } from "./tracks.mjs";
import { ages, generations, sizes, speeds, SPEED_WINDOW } from "./row_values.mjs";
import { meaningOf, parseRules, rowsByRule, SAFE } from "./rules.mjs";

const GROUPS = ["ABa", "ABp", "AB", "MS", "E", "EMS", "C", "D", "P", "unnamed"];
const GROUP_WORDS = { P: "P0 to P4, Z", unnamed: "unnamed" };
const STEPS = 64; // shades of a ramp
const BELOW_ZERO = "#41597a"; // told apart from black to red by its hue
const NO_VALUE = "#4f5866";
const MOST_KEPT = 24; // painters of one embryo
const EXPRESSION = ["#000000", "#ff0000"];
const SIGNED = ["#3b8fe0", "#c9cdd2", "#ee8a1d"]; // blue, grey, orange
export const VIRIDIS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58",
  "#b5de2b", "#fde725"];
export const MEASURED = ["size", "speed", "age", "generation"];
/** The name of a column of a model's result that `colour` asks for; null for another colour. */
export const resultOf = (colour) => (colour.startsWith("result:") ? colour.slice(7) : null);

/** "#rrggbb" as [r, g, b], 0 to 255. */
export const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const hexOf = (rgb) => `#${rgb.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;

/** The colour at `share` (0 to 1) of the way from one colour (#rrggbb) to another. */
export function mixed(from, to, share) {
  const target = channels(to);
  return hexOf(channels(from).map((value, i) => value + share * (target[i] - value)));
}

/** The colour at `share` (0 to 1) along evenly spaced `stops`. */
export function along(stops, share) {
  const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const whole = Math.min(Math.floor(at), stops.length - 2);
  return mixed(stops[whole], stops[whole + 1], at - whole);
}

function hueOf(index, count) {
  if (count <= SAFE.length) return SAFE[index][0];
  // Lineage order runs round the circle of hues, neighbours told apart by lightness.
  const hue = (360 * index) / count;
  const lightness = index % 2 ? 0.72 : 0.52;
  const part = (n) => {
    const k = (n + hue / 30) % 12;
    return 255 * (lightness - 0.62 * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return hexOf([part(0), part(8), part(4)]);
}

// Painters

const kept = new WeakMap(); // tracks -> key -> painter
const numbers = new WeakMap(); // an object -> its number, for keys
let given = 0;

function numberOf(object) {
  if (object === undefined || object === null) return 0;
  if (!numbers.has(object)) numbers.set(object, (given += 1));
  return numbers.get(object);
}

/**
 * The painter of a view's `colour` (watch_view.mjs), with `k` (characters of a compact name), `range` ([least,
 * most] of a ramp, or null: from the data) and `rules` (see rules.mjs). `palettes` is {safe, acetree}: colour
 * group -> colour.
 *
 * `context` is the page, or what of it is needed: {timeline, calibration (or data.calibration)} by size, speed and
 * age, {results} by a result, and {range} as what stands where the view sets none: several embryos side by
 * side are coloured alike by the range that `sharedRange` gives.
 */
export function painter(tracks, view, palettes, context = {}) {
  const { colour, k } = view;
  const range = isRange(view.range) ? view.range : null;
  const instead = isRange(context.range) ? context.range : null;
  const calibration = context.calibration ?? context.data?.calibration;
  const ends = `${range}|${instead}`;
  if (MEASURES.includes(colour)) return keptAs(tracks, `${colour}|${ends}`, () => byExpression(tracks, colour, range, instead));
  if (colour === "compact") return keptAs(tracks, `compact|${k}`, () => byCompactName(tracks, k));
  if (colour === "generation") return keptAs(tracks, "generation", () => byGeneration(tracks));
  if (colour === "rules") {
    const rules = view.rules ?? "";
    return keptAs(tracks, `rules|${rules}`, () => byRules(tracks, rules));
  }
  if (MEASURED.includes(colour)) {
    const key = [colour, calibration?.pixel_um, calibration?.plane_um, numberOf(context.timeline), ends].join("|");
    return keptAs(tracks, key, () => byMeasure(tracks, colour, context.timeline, calibration, range, instead));
  }
  const name = resultOf(colour);
  if (name !== null) {
    const result = context.results?.get(name);
    return keptAs(tracks, `result|${name}|${numberOf(result)}|${ends}`, () => byResult(tracks, name, result, range, instead));
  }
  const palette = palettes[colour] ?? palettes.safe;
  return keptAs(tracks, `founder|${Object.values(palette)}`, () => byFounder(tracks, palette));
}

function keptAs(tracks, key, make) {
  if (!kept.has(tracks)) kept.set(tracks, new Map());
  const painters = kept.get(tracks);
  let found = painters.get(key);
  if (found) painters.delete(key); // and to the end again: the last asked for go last
  else found = { key, ...make() };
  painters.set(key, found);
  if (painters.size > MOST_KEPT) painters.delete(painters.keys().next().value);
  return found;
}

const isRange = (range) => Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1];

/** Nuclei of each colour of a painter at a time (frames): Int32Array by index into `colours`. */
export function countsAt(tracks, paint, frame, counts = new Int32Array(paint.colours.length)) {
  const nuclei = nucleiAt(tracks, frame, scratch);
  counts.fill(0);
  for (let i = 0; i < nuclei.count; i += 1) {
    counts[paint.of(tracks.cells[nuclei.to[i]], nuclei.from[i], nuclei.to[i], nuclei.share)] += 1;
  }
  return counts;
}

const scratch = { from: new Int32Array(0), to: new Int32Array(0) };

/** A range that holds those of all `painters` that have one, for `context.range`; null without any. */
export function sharedRange(painters) {
  const ends = painters.map(({ legend }) => legend).filter(({ stops }) => stops);
  if (ends.length === 0) return null;
  return [Math.min(...ends.map(({ least }) => least)), Math.max(...ends.map(({ most }) => most))];
}

// Classes

/** Of each cell an index; `entries` are [{label, colour}] by index. */
function byCell(index, entries, legend) {
  return {
    colours: entries.map(({ colour }) => colour),
    of: (cell) => index[cell],
    perCell: true,
    scale: false,
    legend: { unit: "", meaning: "", ...legend, swatches: entries.map((entry, i) => ({ ...entry, index: i })) },
  };
}

function byFounder(tracks, palette) {
  const groups = tracks.names.map(colourGroup);
  const present = GROUPS.filter((group) => groups.includes(group));
  const index = Uint16Array.from(groups, (group) => present.indexOf(group));
  const entries = present.map((group) => ({ label: GROUP_WORDS[group] ?? group, colour: palette[group] }));
  return byCell(index, entries, { title: "Founder" });
}

function byCompactName(tracks, k) {
  const classes = [...new Set(tracks.names.map((name) => name.slice(0, k)))];
  const place = new Map(classes.map((name, i) => [name, i]));
  const index = Uint16Array.from(tracks.names, (name) => place.get(name.slice(0, k)));
  const entries = classes.map((label, i) => ({ label, colour: hueOf(i, classes.length) }));
  return byCell(index, entries, { title: `Compact name, ${k} character${k === 1 ? "" : "s"}` });
}

function byGeneration(tracks) {
  const born = generations(tracks.names);
  const present = [...new Set(born)].sort((a, b) => a - b).filter((each) => each >= 0);
  const [least, most] = [present[0] ?? 0, present.at(-1) ?? 0];
  const entries = present.map((each) => ({ label: `${each}`, colour: along(VIRIDIS, most > least ? (each - least) / (most - least) : 0) }));
  if (born.includes(-1)) entries.push({ label: "unnamed", colour: NO_VALUE });
  const index = Uint8Array.from(born, (each) => (each < 0 ? entries.length - 1 : present.indexOf(each)));
  return byCell(index, entries, { title: "Generation", unit: "divisions since P0" });
}

function byRules(tracks, text) {
  const { rules, rest } = parseRules(text);
  const { rows, perCell } = rowsByRule(rules, tracks);
  const { cells, firstRow } = tracks;
  const entries = [...rules.map((rule) => ({ label: meaningOf(rule), colour: rule.colour })), { label: rest.label || "everything else", colour: rest.colour }];
  const shown = entries.map((entry, i) => ({ ...entry, index: i })).filter((_, i) => i === rules.length || rules[i].when);
  return {
    colours: entries.map(({ colour }) => colour),
    // Between two frames the nearer one's; while it is being born the daughter's own, not her mother's.
    of: perCell
      ? (cell) => rows[firstRow[cell]]
      : (cell, from, to, share) => rows[share < 0.5 && cells[from] === cell ? from : to],
    perCell,
    scale: false,
    legend: { title: "Your rules", unit: "", meaning: "The first rule that a nucleus meets gives its colour", counts: true, swatches: shown },
  };
}

// Ramps

/** What lies in a column: {low, high (1 in 200 beyond each), least, most, finite}. */
function spreadOf(values, scale = 1) {
  if (!spreads.has(values)) {
    const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
    const last = sorted.length - 1;
    const at = (place) => (last >= 0 ? sorted[place] / scale : 0);
    spreads.set(values, { low: at(Math.floor(last * 0.005)), high: at(Math.ceil(last * 0.995)), least: at(0), most: at(last), finite: sorted.length });
  }
  return spreads.get(values);
}

const spreads = new WeakMap();

/** `value` with two digits, not nearer to zero (or, with `up` false, lower). */
function roundedOut(value, up = true) {
  if (value === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
  const whole = up ? Math.ceil(value / unit - 1e-9) : Math.floor(value / unit + 1e-9);
  return Number((whole * unit).toPrecision(12));
}

/** Where a ramp from zero ends: two digits above what one row in two hundred exceeds. */
const topOf = ({ high }) => (high > 0 ? roundedOut(high) : 1);

/**
 * A painter of one number a row. `ramp(share, value)` is the colour at a share of the range; what isn't a number,
 * and with `below` what is negative, has the first colour.
 */
function byNumber(values, scale, [least, most], stops, { below = null, none, legend }) {
  const spread = spreadOf(values, scale);
  const perStep = STEPS / (most - least);
  const floor = below === null ? -Infinity : 0;
  const ramp = rampOf(stops, least, most);
  return {
    colours: [below ?? none.colour, ...Array.from({ length: STEPS }, (_, i) => ramp(i / (STEPS - 1)))],
    of(cell, from, to, share) {
      const a = values[from];
      const b = values[to];
      const value = (a !== a ? b : b !== b ? a : a + share * (b - a)) / scale; // only NaN isn't itself
      if (!(value >= floor)) return 0;
      return 1 + Math.max(0, Math.min(STEPS - 1, Math.floor((value - least) * perStep)));
    },
    perCell: false,
    scale: true,
    legend: {
      meaning: "", least, most, stops: Array.from({ length: 33 }, (_, i) => ramp(i / 32)), rangeOf: true,
      below: below !== null && spread.least < 0 ? below : null,
      none: below === null && spread.finite < values.length ? none : null,
      less: spread.least < least && !(below !== null && least === 0), more: spread.most > most,
      zero: least <= 0 && most > 0,
      ...legend,
    },
  };
}

/** The colour at a share of [least, most]: `stops` evenly spaced, or with zero in the middle of them. */
function rampOf({ colours, middle }, least, most) {
  if (!middle || least >= 0 || most <= 0) {
    const [from, to] = !middle ? [0, 1] : least >= 0 ? [0.5, 1] : [0, 0.5];
    return (share) => along(colours, from + share * (to - from));
  }
  return (share) => {
    const value = least + share * (most - least);
    return along(colours, value < 0 ? 0.5 * (1 - value / least) : 0.5 + (0.5 * value) / most);
  };
}

function byExpression(tracks, measure, range, instead) {
  const { values, scale } = tracks.column(measure);
  const spread = spreadOf(values, scale);
  const ends = range ?? instead ?? [0, topOf(spread)];
  const signed = ends[0] < 0; // the reader wants to see how negative
  return byNumber(values, scale, ends, signed ? { colours: [BELOW_ZERO, ...EXPRESSION], middle: true } : { colours: EXPRESSION }, {
    below: signed ? null : BELOW_ZERO,
    none: { label: "no value", colour: NO_VALUE },
    legend: {
      title: measure, unit: "expression, arbitrary units", isSet: range !== null,
      meaning: "Reporter expression; negative values are real and told apart",
    },
  });
}

const MEASURE_WORDS = {
  size: { title: "Size", unit: "µm", meaning: "Diameter of the nucleus as it was recorded", none: "no size" },
  speed: {
    title: "Speed", unit: "µm/min", none: "seen once",
    meaning: `Straight distance in three dimensions over ${SPEED_WINDOW} minutes, by the time; the frame before to the frame after where frames are longer`,
  },
  age: { title: "Cell age", unit: "min since birth", meaning: "Minutes since the cell's first frame", none: "birth not seen" },
};

function byMeasure(tracks, colour, timeline, calibration, range, instead) {
  const make = { size: () => sizes(tracks, calibration), speed: () => speeds(tracks, timeline, calibration), age: () => ages(tracks, timeline) };
  const values = make[colour]();
  const spread = spreadOf(values);
  const ownEnds = colour === "size" && spread.high > spread.low ? [roundedOut(spread.low, false), roundedOut(spread.high)] : [0, topOf(spread)];
  const { none, ...legend } = MEASURE_WORDS[colour];
  return byNumber(values, 1, range ?? instead ?? ownEnds, { colours: VIRIDIS }, {
    none: { label: none, colour: NO_VALUE }, legend: { ...legend, isSet: range !== null },
  });
}

// Results

/**
 * Keep a column to colour by under `name`, and colour by it: {title, unit, meaning, values}, `values` one for each
 * row of the tracks: a Float32Array (NaN: none), or an Array of labels (null: none). `watch` is the page.
 */
export function takeResult(watch, name, { title = name, unit = "", meaning = "", values }, shown = true) {
  if (values.length !== watch.tracks.rows) {
    throw new Error(`the result “${name}” has ${values.length} values; this embryo has ${watch.tracks.rows} rows`);
  }
  if (watch.results.has(name)) watch.version += 1; // the same name, other values
  watch.results.set(name, { title, unit, meaning, values });
  if (shown) watch.change({ colour: `result:${name}`, range: null });
}

function byResult(tracks, name, result, range, instead) {
  if (!result) {
    return byCell(new Uint8Array(tracks.names.length), [{ label: "no values here", colour: NO_VALUE }], {
      title: name, meaning: "This column isn't here: open its table again", isMissing: true,
    });
  }
  const { values, ...words } = result;
  if (Array.isArray(values)) return byLabel(tracks, values, words);
  const spread = spreadOf(values);
  const signed = spread.least < 0;
  const end = Math.max(Math.abs(spread.low), Math.abs(spread.high));
  let ends = signed ? [-roundedOut(end), roundedOut(end)] : [roundedOut(spread.low, false), roundedOut(spread.high)];
  if (ends[0] > 0 && ends[0] < 0.2 * ends[1]) ends = [0, ends[1]];
  if (!(ends[0] < ends[1])) ends = [ends[0], ends[0] + 1];
  return byNumber(values, 1, range ?? instead ?? ends, signed ? { colours: SIGNED, middle: true } : { colours: VIRIDIS }, {
    none: { label: "no value", colour: NO_VALUE }, legend: { ...words, isSet: range !== null },
  });
}

function byLabel(tracks, values, words) {
  const labels = [...new Set(values)].filter((label) => label !== null).sort();
  const entries = labels.map((label, i) => ({ label, colour: hueOf(i, labels.length) }));
  const place = new Map(labels.map((label, i) => [label, i]));
  if (values.includes(null)) entries.push({ label: "no value", colour: NO_VALUE });
  const rows = Uint16Array.from(values, (label) => place.get(label) ?? entries.length - 1);
  const { cells } = tracks;
  return {
    colours: entries.map(({ colour }) => colour),
    of: (cell, from, to, share) => rows[share < 0.5 && cells[from] === cell ? from : to],
    perCell: false,
    scale: false,
    legend: { ...words, counts: true, swatches: entries.map((entry, i) => ({ ...entry, index: i })) },
  };
}
