/** What a nucleus is coloured by, and the legend that says so. Pure: names and numbers in, colours out. */

import { colourGroup } from "./lineage.mjs";
import { MEASURES } from "./tracks.mjs";

const GROUPS = ["ABa", "ABp", "AB", "MS", "E", "EMS", "C", "D", "P", "unnamed"];
const GROUP_WORDS = { P: "P0 to P4, Z", unnamed: "unnamed" };
const STEPS = 64; // shades of a scale of expression
const BELOW_ZERO = "#5f86b8"; // told apart from black to red by its hue
export const VIRIDIS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58",
  "#b5de2b", "#fde725"];

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
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
  // Lineage order runs round the circle of hues, neighbours told apart by lightness.
  const hue = (360 * index) / count;
  const lightness = index % 2 ? 0.72 : 0.52;
  const part = (n) => {
    const k = (n + hue / 30) % 12;
    return 255 * (lightness - 0.62 * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return hexOf([part(0), part(8), part(4)]);
}

/**
 * How nuclei are painted: {colours, of(cell, from, to, share), legend}. `of` gives an index into `colours`
 * of a nucleus (see nucleiAt). `legend` is {title, unit, swatches: [{label, colour}]} or, for a scale,
 * {title, unit, stops, least, most, below} in which `below` is the colour of negative values.
 *
 * `colour` is one of view.mjs's COLOURS, `k` the characters of a compact name, `palettes` {safe, acetree}:
 * colour group -> colour.
 */
export function painter(tracks, { colour, k }, palettes) {
  if (MEASURES.includes(colour)) return byExpression(tracks, colour);
  return colour === "compact" ? byCompactName(tracks, k) : byFounder(tracks, palettes[colour]);
}

function byFounder(tracks, palette) {
  const groups = tracks.names.map(colourGroup);
  const present = GROUPS.filter((group) => groups.includes(group));
  const index = Uint16Array.from(groups, (group) => present.indexOf(group));
  return {
    colours: present.map((group) => palette[group]),
    of: (cell) => index[cell],
    legend: {
      title: "Founder",
      swatches: present.map((group) => ({ label: GROUP_WORDS[group] ?? group, colour: palette[group] })),
    },
  };
}

function byCompactName(tracks, k) {
  const classes = [...new Set(tracks.names.map((name) => name.slice(0, k)))];
  const place = new Map(classes.map((name, i) => [name, i]));
  const colours = classes.map((_, i) => hueOf(i, classes.length));
  const index = Uint16Array.from(tracks.names, (name) => place.get(name.slice(0, k)));
  return {
    colours,
    of: (cell) => index[cell],
    legend: {
      title: `Compact name, ${k} character${k === 1 ? "" : "s"}`,
      swatches: classes.map((label, i) => ({ label, colour: colours[i] })),
    },
  };
}

/** The value that one row in two hundred exceeds, rounded up to two digits: where the scale ends. */
function topOf(tracks, measure) {
  const { values, scale } = tracks.column(measure);
  const finite = Float64Array.from(values).filter(Number.isFinite).sort();
  const high = finite.length ? finite[Math.ceil((finite.length - 1) * 0.995)] / scale : 0;
  if (!(high > 0)) return 1;
  const unit = 10 ** (Math.floor(Math.log10(high)) - 1);
  return Math.ceil(high / unit) * unit;
}

function byExpression(tracks, measure) {
  const { values, scale } = tracks.column(measure);
  const most = topOf(tracks, measure);
  const stops = ["#000000", "#ff0000"];
  return {
    colours: [BELOW_ZERO, ...Array.from({ length: STEPS }, (_, i) => along(stops, i / (STEPS - 1)))],
    of(cell, from, to, share) {
      const value = (values[from] + share * (values[to] - values[from])) / scale;
      return value < 0 ? 0 : 1 + Math.min(STEPS - 1, Math.floor((value / most) * STEPS));
    },
    legend: {
      title: measure,
      unit: "expression, arbitrary units",
      stops,
      least: 0,
      most,
      below: values.some((value) => value < 0) ? BELOW_ZERO : null,
    },
  };
}
