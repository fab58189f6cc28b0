/**
 * Colours of cells that are the same in every embryo. Pure.
 *
 * By name: each division moves a cell's colour from its mother's, to one side for the daughter that is drawn left
 * and to the other for her sister, first far and then less and less. So sisters resemble, cousins less, and
 * sublineages are told apart. In OKLCH (Ottosson 2020, "A perceptual color space for image processing"), whose
 * steps look about alike.
 */

import { colourGroup, isSulston } from "./lineage.mjs";
import { turnsOf } from "./collection_names.mjs";

const HUE = { first: 86, share: 0.74, middle: 60 }; // degrees of the first division; what each next is of the last
const LIGHTNESS = { first: 0.09, share: 0.8, middle: 0.74 };
const RANGE = [0.58, 0.9];
const UNNAMED = "#8b939e";
const GOLDEN = 137.508; // degrees: neighbours in a list far apart on the circle
function channel(linear) {
  const held = Math.min(Math.max(linear, 0), 1);
  return held <= 0.0031308 ? 12.92 * held : 1.055 * held ** (1 / 2.4) - 0.055;
}

/** "#rrggbb" of lightness (0 to 1), chroma and hue (degrees) in OKLCH; less chroma where a screen has no such colour. */
export function oklch(lightness, chroma, hue) {
  for (let c = chroma; ; c -= 0.01) {
    const [a, b] = [c * Math.cos((hue * Math.PI) / 180), c * Math.sin((hue * Math.PI) / 180)];
    const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
    const rgb = [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
    ];
    if (c <= 0 || rgb.every((value) => value >= -0.002 && value <= 1.002)) {
      return `#${rgb.map((value) => Math.round(255 * channel(value)).toString(16).padStart(2, "0")).join("")}`;
    }
  }
}

const known = new Map();

/** The one colour of a cell's name. */
export function nameColour(name) {
  if (!known.has(name)) known.set(name, found(name));
  return known.get(name);
}

function found(name) {
  if (!isSulston(name)) return UNNAMED;
  let [hue, lightness] = [HUE.middle, LIGHTNESS.middle];
  turnsOf(name).forEach((left, division) => {
    const side = left ? 1 : -1;
    hue += side * HUE.first * HUE.share ** division;
    lightness += (division % 2 ? side : -side) * LIGHTNESS.first * LIGHTNESS.share ** division;
  });
  return oklch(Math.min(Math.max(lightness, RANGE[0]), RANGE[1]), 0.15, hue);
}

/** The one colour of an embryo, the `nth` of the collection. */
export const embryoColour = (nth) => oklch(nth % 2 ? 0.68 : 0.8, 0.14, nth * GOLDEN);

/** Name -> its colour in a view of the collection; of the embryo that is the `nth`. */
export function colourOfNames({ colour, k }, palettes, nth = null) {
  return {
    name: nameColour,
    compact: (name) => nameColour(isSulston(name) ? name.slice(0, k) : ""),
    embryo: () => (nth === null ? UNNAMED : embryoColour(nth)),
  }[colour] ?? ((name) => palettes[colour][colourGroup(name)]);
}

/**
 * How the nuclei of one embryo are painted, as colours.mjs's painters are: {key, colours, of, perCell, scale}.
 * `nth` is its number in the collection.
 */
export function collectionPainter(tracks, view, palettes, nth) {
  return {
    key: `${view.colour}|${view.colour === "compact" ? view.k : ""}`, perCell: true, scale: false, of: (cell) => cell,
    colours: tracks.names.map(colourOfNames(view, palettes, nth)),
  };
}

/** What a colour stands for, in words: {title, meaning, swatches: [{label, colour}]}. */
export function collectionLegend({ colour, k }, palettes) {
  const groups = ["ABa", "ABp", "MS", "E", "C", "D", "P"];
  const of = colourOfNames({ colour, k }, palettes);
  const swatches = colour === "embryo" ? [] : groups.map((group) => (
    group === "P" ? { label: "P0 to P4, Z", colour: of("P4") } : { label: group, colour: of(group) }));
  const [title, meaning] = {
    name: ["Name", "Each cell name has one colour in all embryos; sisters resemble"],
    compact: [`Compact name, ${k} character${k === 1 ? "" : "s"}`, "One colour for the first characters of a name"],
    embryo: ["Embryo", "Each embryo has one colour"],
  }[colour] ?? ["Founder", ""];
  return { title, meaning, swatches };
}
