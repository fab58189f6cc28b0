/**
 * The legend of a painter (colours.mjs): as an element over the stage, and as plain marks for figures that
 * are saved, so that a canvas, an SVG and a PDF show the same one.
 */

import { element } from "./dom.mjs";
import { along, countsAt, mixed, VIRIDIS } from "./colours.mjs";
import { minutesOfPaths } from "./paths.mjs";

const COUNTS_EVERY_MS = 250; // while it plays
const LARGEST = 9_999_999; // of a range, as the address holds it

/** A number of a legend in few digits: 75,000, 2.6, 0.0125. */
export const told = (value) => value.toLocaleString("en", { maximumSignificantDigits: 4 });

/** The texts at both ends of a ramp; with a sign where there are values beyond. */
export const endsOf = ({ least, most, less, more }) => [`${less ? "≤ " : ""}${told(least)}`, `${more ? "≥ " : ""}${told(most)}`];

/** What stands beside a ramp: [{label, colour}]. */
export function besideRamp({ below, none }) {
  return [...(below ? [{ label: "below zero", colour: below }] : []), ...(none ? [none] : [])];
}

const headOf = ({ title, unit }) => (unit ? `${title}, ${unit}` : title);

// Over the stage

/**
 * The legend as an element. `changed(range)` is told of a range that the reader set for a ramp ([least, most],
 * or null: from the data again); without it the ends can't be changed. The element's `tell(counts)` shows how
 * many nuclei each colour has (colours.mjs's countsAt).
 */
export function legendElement(legend, { changed = null } = {}) {
  const box = element("div", { class: "legend", title: legend.meaning || null });
  const numbers = [];
  if (legend.swatches) {
    box.append(element("ul", { class: "swatches" }, ...legend.swatches.map((swatch) => {
      const number = element("span", { class: "count" });
      numbers.push([swatch.index, number]);
      return element("li", {}, dot(swatch.colour), swatch.label, legend.counts ? number : "");
    })));
  } else {
    box.append(scaleOf(legend, changed));
    const beside = besideRamp(legend);
    if (beside.length) {
      box.append(element("ul", { class: "swatches" }, ...beside.map(({ label, colour }) => element("li", {}, dot(colour), label))));
    }
  }
  box.tell = (counts) => {
    for (const [index, number] of numbers) {
      const text = counts[index].toLocaleString("en");
      if (number.textContent !== text) number.textContent = text;
    }
  };
  return box;
}

const dot = (colour) => element("i", { class: "dot", style: `background: ${colour}` });

const gradientOf = (stops) => element("i", { class: "gradient", style: `background: linear-gradient(to right, ${stops.join(",")})` });

function scaleOf(legend, changed) {
  const ends = endsOf(legend);
  const bar = element("span", { class: "ramp" }, gradientOf(legend.stops));
  if (legend.zero && legend.least < 0) {
    bar.append(element("i", { class: "ramp-zero", style: `left: ${(-100 * legend.least) / (legend.most - legend.least)}%`, title: "zero" }));
  }
  if (!changed || !legend.rangeOf) return element("div", { class: "scale" }, element("span", { text: ends[0] }), bar, element("span", { text: ends[1] }));
  const edit = (text, which) => element("button", {
    type: "button", class: "range-end", text, title: `Change the range of ${legend.title}`, "aria-label": `${which}: ${text}. Change the range`,
    onclick: () => { form.hidden = false; form.querySelectorAll("input")[which === "Least" ? 0 : 1].select(); },
  });
  const form = rangeForm(legend, changed);
  return element("div", {}, element("div", { class: "scale" }, edit(ends[0], "Least"), bar, edit(ends[1], "Most")), form);
}

/** Least and most of a range, to be typed; Enter takes them, Escape leaves them. */
export function rangeForm(legend, changed) {
  const field = (label, value) => element("input", {
    type: "text", inputmode: "decimal", "aria-label": `${label} of ${headOf(legend)}`, value: String(value), maxlength: "14", autocomplete: "off",
  });
  const fields = [field("Least", legend.least), field("Most", legend.most)];
  const error = element("p", { class: "range-error", role: "alert", hidden: true });
  const take = (event) => {
    event.preventDefault();
    const range = rangeFrom(...fields.map(({ value }) => value));
    error.hidden = range !== null;
    if (range) changed(range);
    else error.textContent = "Two numbers, the least below the most.";
  };
  const reset = element("button", {
    type: "button", class: "quiet-button", text: "Reset", title: "Take the range from the data", disabled: !legend.isSet, onclick: () => changed(null),
  });
  const form = element(
    "form", { class: "range-form", hidden: true, onsubmit: take },
    fields[0], "to", fields[1], element("button", { type: "submit", class: "quiet-button", text: "Set" }), reset, error,
  );
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    form.hidden = true;
    event.stopPropagation();
  });
  return form;
}

/** A range from two texts as people type them: [least, most], or null. */
export function rangeFrom(least, most) {
  const numbers = [least, most].map((text) => {
    const plain = text.trim().replace(/[−–]/, "-").replace(/(\d),(?=\d{3}\b)/g, "$1");
    return plain === "" ? NaN : Number(Number(plain).toFixed(4));
  });
  return numbers.every((value) => Math.abs(value) <= LARGEST) && numbers[0] < numbers[1] ? numbers : null;
}

/** What colours by time mean, from one minute to another. */
function timeScale(title, [first, last]) {
  return [
    element("div", { class: "legend-title", text: title }),
    element(
      "div", { class: "scale" },
      element("span", { text: `${Math.round(first)}` }), element("span", { class: "ramp" }, gradientOf(VIRIDIS)), element("span", { text: `${Math.round(last)} min` }),
    ),
  ];
}

/**
 * The legend that floats over the stage and folds, as a part of the page (watch.mjs): {element, show, tick}.
 * Ranges are set here; colours that count their nuclei do so at every moment; paths in the plane tell their time.
 */
export function makeLegend(watch) {
  const words = element("div");
  const summary = element("summary");
  const box = element("details", { class: "stage-legend", open: !watch.isNarrow() }, summary, words);
  let shown = null;
  let painter = null;
  let legend = null;
  let counted = { at: NaN, when: 0 };
  let later = null;

  function count() {
    if (!painter?.legend.counts || !box.open || counted.at === watch.clock.frame) return;
    const since = performance.now() - counted.when;
    clearTimeout(later);
    if (watch.clock.playing && since < COUNTS_EVERY_MS) {
      later = setTimeout(count, COUNTS_EVERY_MS - since);
      return;
    }
    counted = { at: watch.clock.frame, when: performance.now() };
    legend.tell(countsAt(watch.tracks, painter, watch.clock.frame));
  }

  function show() {
    const { view, cells, tracks, timeline } = watch;
    const withPaths = cells.length > 0 && view.paths && view.stage === "plane";
    const withTails = view.stage === "space" && view.tailColour === "time" && (view.tail > 0 || view.ahead > 0)
      && (view.tailsOf === "all" || cells.length > 0);
    const key = [watch.painter.key, withPaths && cells.join(), withTails, watch.version].join("|");
    if (key !== shown) {
      shown = key;
      painter = watch.painter;
      counted = { at: NaN, when: 0 };
      summary.textContent = headOf(painter.legend);
      const typed = box.contains(document.activeElement);
      legend = legendElement(painter.legend, { changed: (range) => watch.change({ range }) });
      const parts = [legend];
      if (withPaths) {
        parts.push(...timeScale("Time along the paths", minutesOfPaths(tracks, timeline, cells)));
      }
      if (withTails) parts.push(...timeScale("Time along the tails", [tracks.firstFrame, tracks.lastFrame].map((frame) => timeline.minutes(frame))));
      words.replaceChildren(...parts);
      if (typed) box.querySelector(".range-end")?.focus();
    }
    count();
  }
  box.addEventListener("toggle", count);
  return { element: box, show, tick: count, end: () => clearTimeout(later) };
}

// In figures

const TEXT = 12;
const LINE = 17;
const DOT = 5; // radius
const GLYPH = 0.56; // width of a character, in its height, on average
const BOLD = 1.08; // so much wider
const SLICES = 48;
const widthOf = (text) => text.length * GLYPH * TEXT;
const cut = (text, width) => (widthOf(text) <= width ? text : `${text.slice(0, Math.max(Math.floor(width / (GLYPH * TEXT)) - 1, 1))}…`);

const isDark = (ground) => [1, 3, 5].reduce((sum, at) => sum + parseInt(ground.slice(at, at + 2), 16), 0) < 384;

/**
 * A legend as marks within `box` {x, y, width, height (left out: as high as it gets)} px on a ground (#rrggbb):
 * {items, width, height}. An item is {kind: "text", x, y (baseline), text, size, weight, anchor, fill},
 * {kind: "rect", x, y, width, height, fill} or {kind: "circle", cx, cy, r, fill, stroke}.
 */
export function legendAsSvgItems(legend, box, ground = "#ffffff") {
  const dark = isDark(ground);
  const ink = dark ? "#e8ebef" : "#1b1f24";
  const quiet = dark ? "#9aa4b2" : "#5b6470";
  const outline = dark ? mixed(ground, "#ffffff", 0.2) : "#3c444e"; // light colours are too faint alone on white
  const items = [];
  const text = (x, y, words, { fill = ink, anchor = "start", weight = 400 } = {}) => (
    items.push({ kind: "text", x: box.x + x, y: box.y + y, text: words, size: TEXT, weight, anchor, fill }));
  const beside = widthOf(`${legend.title} `) * BOLD + 4;
  const below = legend.unit && beside + widthOf(legend.unit) > box.width; // the unit takes a line of its own
  let width = Math.max(widthOf(legend.title) * BOLD, legend.unit ? widthOf(legend.unit) + (below ? 0 : beside) : 0);
  text(0, TEXT, legend.title, { weight: 600 });
  if (legend.unit) text(below ? 0 : beside, below ? TEXT + LINE : TEXT, legend.unit, { fill: quiet });
  let y = (below ? LINE : 0) + TEXT + 8;
  if (!legend.swatches) {
    y = rampItems(items, text, legend, box, y, quiet);
    width = Math.max(width, box.width);
  }
  const entries = (legend.swatches ?? besideRamp(legend)).map((entry) => ({ ...entry, label: cut(entry.label, box.width - 2 * DOT - 6) }));
  const column = Math.max(...entries.map(({ label }) => widthOf(label)), 0) + 2 * DOT + 18;
  const columns = Math.max(1, Math.min(Math.floor(box.width / column), entries.length));
  const lines = box.height ? Math.max(1, Math.floor((box.height - y) / LINE)) : Infinity;
  const room = columns * lines;
  const drawn = entries.length > room ? entries.slice(0, room - 1) : entries;
  const rows = Math.ceil((drawn.length + (drawn.length < entries.length)) / columns);
  const place = (i) => [Math.floor(i / rows) * column, y + (i % rows) * LINE];
  drawn.forEach(({ label, colour }, i) => {
    const [left, top] = place(i);
    items.push({ kind: "circle", cx: box.x + left + DOT, cy: box.y + top + LINE / 2, r: DOT, fill: colour, stroke: outline });
    text(left + 2 * DOT + 6, top + LINE / 2 + TEXT * 0.36, label);
  });
  if (drawn.length < entries.length) {
    const [left, top] = place(drawn.length);
    text(left, top + LINE / 2 + TEXT * 0.36, `and ${entries.length - drawn.length} more`, { fill: quiet });
  }
  if (entries.length) width = Math.max(width, Math.min(columns, Math.ceil((drawn.length || 1) / rows)) * column);
  return { items, width, height: y + rows * LINE };
}

function rampItems(items, text, legend, box, y, quiet) {
  const slice = box.width / SLICES;
  for (let i = 0; i < SLICES; i += 1) {
    const last = i === SLICES - 1; // slices overlap, so that no ground shows between them
    items.push({
      kind: "rect", x: box.x + i * slice, y: box.y + y, width: last ? slice : slice + 1, height: 10, fill: along(legend.stops, (i + 0.5) / SLICES),
    });
  }
  const [least, most] = endsOf(legend);
  text(0, y + 10 + TEXT + 2, least, { fill: quiet });
  text(box.width, y + 10 + TEXT + 2, most, { fill: quiet, anchor: "end" });
  if (legend.zero && legend.least < 0) {
    const at = (-legend.least / (legend.most - legend.least)) * box.width;
    items.push({ kind: "rect", x: box.x + at - 0.5, y: box.y + y - 2, width: 1, height: 14, fill: quiet });
    if (at > widthOf(least) + 8 && at < box.width - widthOf(most) - 8) text(at, y + 10 + TEXT + 2, "0", { fill: quiet, anchor: "middle" });
  }
  return y + 10 + TEXT + 10;
}

/** Draw a legend into `box` (as for legendAsSvgItems) of a 2D canvas; returns {width, height}. */
export function legendOnCanvas(context, legend, box, ground = "#ffffff") {
  const { items, width, height } = legendAsSvgItems(legend, box, ground);
  context.save();
  context.textBaseline = "alphabetic";
  for (const item of items) {
    context.fillStyle = item.fill;
    if (item.kind === "rect") context.fillRect(item.x, item.y, item.width, item.height);
    else if (item.kind === "circle") {
      context.beginPath();
      context.arc(item.cx, item.cy, item.r, 0, 2 * Math.PI);
      context.fill();
      context.strokeStyle = item.stroke;
      context.lineWidth = 0.75;
      context.stroke();
    } else {
      context.font = `${item.weight} ${item.size}px system-ui, 'DejaVu Sans', sans-serif`;
      context.textAlign = { start: "left", middle: "center", end: "right" }[item.anchor];
      context.fillText(item.text, item.x, item.y);
    }
  }
  context.restore();
  return { width, height };
}
