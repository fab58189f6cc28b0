/**
 * The tree as a figure for a paper: white ground, title, scale of time, legend of colours. Pure.
 *
 * A figure is one plain list, {title, width, height, lines, polygons, texts}, in points (1/72 inch) from the top
 * left corner; services/figure_pdf.py draws the same list:
 *   lines     [{colour, width, dotted, at: [[x1, y1, x2, y2], …]}]
 *   polygons  [{colour (of the inside, or null), edge (or null), at: [[x, y], …]}]
 *   texts     [{text, x, y (of the baseline), size, colour, anchor ("start", "middle", "end"), turn (degrees
 *             clockwise about x, y), bold}]
 * Lines are drawn first, then polygons, then texts, each in its order.
 */

import { nameRoom } from "./tree_view.mjs";
import { SOURCE } from "./tree_timing.mjs";

const MM = 72 / 25.4;
const TWO_COLUMNS = 180 * MM; // the width of a page's two columns in most journals
const LEAST_BRANCH = 1.25; // pt: narrower ones run into each other, and the figure gets wider than a page
const WIDEST_BRANCH = 40;
const MOST_WIDTH = 14000; // pt; PDF ends at 14,400
const TREE_HEIGHT = 100 * MM;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 12, 44, 14];
const [INK, QUIET, FAINT, EDGE] = ["#1b1f24", "#5b6470", "#d9d9d4", "#8b95a3"];
const NAME_PT = 6;
const LETTER = 0.56; // of a letter's height: the mean width of Helvetica's
const MOST_SWATCHES = 60;
const STEPS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

export const textWidth = (text, size) => text.length * size * LETTER;

/** Lines of one colour and width, gathered into one entry. */
class Lines {
  #groups = new Map();

  add(colour, width, x1, y1, x2, y2, dotted = false) {
    const key = `${colour} ${width} ${dotted}`;
    if (!this.#groups.has(key)) this.#groups.set(key, { colour, width, dotted, at: [] });
    this.#groups.get(key).at.push([x1, y1, x2, y2].map(short));
  }

  get list() { return [...this.#groups.values()]; }
}

const short = (value) => Math.round(value * 100) / 100;
const text = (words, x, y, more = {}) => ({
  text: words, x: short(x), y: short(y), size: NAME_PT, colour: INK, anchor: "start", turn: 0, bold: false, ...more,
});

/**
 * The figure of a layout (tree_layout.mjs) with its `runs` (tree_branches.mjs) in `colours` that are seen on
 * white. `chosen` (Uint8Array by cell) are drawn thick; `odd` (node -> odd division, or null) are marked;
 * `legend` is the painter's; `title` and `subtitle` are words.
 */
export function treeFigure({ layout, runs, colours, isRamp, chosen, odd, legend, title, subtitle }) {
  const units = Math.max(layout.width, 1);
  const perX = Math.min(Math.max((TWO_COLUMNS - LEFT - RIGHT) / units, LEAST_BRANCH), WIDEST_BRANCH, MOST_WIDTH / units);
  const width = Math.max(LEFT + RIGHT + units * perX, TWO_COLUMNS);
  const perMinute = TREE_HEIGHT / Math.max(layout.last - layout.first, 1e-3);
  const leaves = layout.nodes.filter((node) => node.children.length === 0 && !node.folded);
  const hanging = perX >= NAME_PT ? Math.max(0, ...leaves.map(({ name }) => textWidth(name, NAME_PT))) : 0;
  const draw = {
    layout, runs, colours, isRamp, chosen, odd, perX, perMinute,
    lines: new Lines(), polygons: [], texts: [],
    x: (unit) => LEFT + unit * perX,
    y: (minute) => TOP + (minute - layout.first) * perMinute,
    wide: isRamp ? Math.min(Math.max(0.65 * perX, 0.7), 5) : Math.min(Math.max(0.4 * perX, 0.5), 1.2),
  };
  axis(draw, width);
  branches(draw);
  folded(draw);
  if (odd) marks(draw);
  names(draw);
  const line = (words, y, size, more) => { // smaller where it would run off the page
    draw.texts.push(text(words, LEFT, y, { size: short(size * Math.min(1, (width - LEFT - RIGHT) / textWidth(words, size))), ...more }));
  };
  line(title, 18, 11, { bold: true });
  line(subtitle, 31, 8, { colour: QUIET });
  const bottom = TOP + TREE_HEIGHT + hanging + BOTTOM;
  const height = legendOf(draw, legend, bottom, width);
  return {
    title, width: short(width), height: short(height), lines: draw.lines.list,
    polygons: draw.polygons, texts: draw.texts.filter((each) => each.text !== ""),
  };
}

function axis({ layout, lines, texts, x, y, perMinute }, width) {
  const step = STEPS.find((each) => each * perMinute >= 22) ?? STEPS.at(-1);
  const begin = Math.max(layout.first, 0);
  const left = x(0) - 6;
  lines.add(INK, 0.5, left, y(begin), left, y(layout.last));
  for (let i = Math.ceil(begin / step - 1e-9) || 0; i * step <= layout.last + 1e-9; i += 1) {
    const at = y(i * step);
    lines.add(INK, 0.5, left - 3, at, left, at);
    lines.add(FAINT, 0.25, left, at, width - RIGHT, at);
    texts.push(text(String(Number((i * step).toFixed(2))), left - 5, at + 2.4, { size: 7, anchor: "end" }));
  }
  texts.push(text("minutes of the recording", 12, (y(begin) + y(layout.last)) / 2, { size: 8, anchor: "middle", turn: -90 }));
}

function branches({ layout, runs, colours, isRamp, chosen, lines, x, y, wide }) {
  const extra = (node) => (chosen[node.cell] === 1 ? 1.2 : 0);
  for (const node of layout.nodes) {
    const at = x(node.x);
    const [one, other] = [node.children[0], node.children.at(-1)];
    if (node.cell < 0) {
      if (node.until > node.from) lines.add(QUIET, 0.5, at, y(node.from), at, y(node.until), true);
      lines.add(QUIET, 0.5, x(one.x), y(node.until), x(other.x), y(node.until), true);
      continue;
    }
    if (node.seenFrom > node.from) lines.add(QUIET, 0.5, at, y(node.from), at, y(node.seenFrom), true);
    if (node.until > node.seenUntil) lines.add(QUIET, 0.5, at, y(node.seenUntil), at, y(node.until), true);
    if (isRamp) lines.add(EDGE, wide + extra(node) + 0.4, at, y(node.seenFrom), at, y(node.seenUntil));
    if (one) {
      const colour = colours[runs.ends[node.index]];
      lines.add(colour, 0.5, x(Math.min(one.x, node.x)), y(node.until), x(Math.max(other.x, node.x)), y(node.until));
    }
  }
  for (let colour = 0; colour < colours.length; colour += 1) {
    for (let run = runs.starts[colour]; run < runs.starts[colour + 1]; run += 1) {
      const node = layout.nodes[runs.node[run]];
      const from = y(runs.from[run]);
      const until = Math.max(y(runs.until[run]), from + 0.5); // a cell seen once is seen
      lines.add(colours[colour], wide + extra(node), x(node.x), from, x(node.x), until);
    }
  }
}

function folded({ layout, runs, colours, polygons, texts, x, y, perX }) {
  for (const node of layout.nodes) {
    if (!node.folded) continue;
    const [at, half, bottom] = [x(node.x), Math.max(0.8 * perX, 2), y(node.bottom)];
    polygons.push({
      colour: colours[runs.ends[node.index]], edge: null,
      at: [[at, y(node.until)], [at + half, bottom], [at - half, bottom]].map((point) => point.map(short)),
    });
    texts.push(text(`${node.cells - 1} cells`, at, bottom + 7, { anchor: "middle" }));
  }
}

function marks({ layout, odd, lines, polygons, texts, x, y }) {
  for (const node of layout.nodes) {
    const found = odd.get(node);
    if (!found) continue;
    const [at, down] = [x(node.x), y(node.until)];
    const size = found.inherited ? 1.6 : 2.6;
    const inside = found.inherited ? "#ffffff" : INK;
    if (found.kind === "missing") {
      lines.add(INK, 0.8, at - size, down - size, at + size, down + size);
      lines.add(INK, 0.8, at - size, down + size, at + size, down - size);
    } else {
      const tip = found.kind === "early" ? -size : size;
      polygons.push({
        colour: inside, edge: INK,
        at: [[at, down + tip], [at + size, down - tip], [at - size, down - tip]].map((point) => point.map(short)),
      });
    }
    if (!found.inherited) {
      const words = found.kind === "missing" ? "missing" : `${found.kind} ${Math.round(Math.abs(found.by))} min`;
      const [left, right] = [at + size + 1.5, at + size + 1.5 + textWidth(words, 5)];
      polygons.push({ // it is read over whatever branches it crosses
        colour: "#ffffff", edge: null,
        at: [[left, down - 6.5], [right, down - 6.5], [right, down - 1], [left, down - 1]].map((point) => point.map(short)),
      });
      texts.push(text(words, left, down - 2, { size: 5 }));
    }
  }
}

function names({ layout, perX, perMinute, texts, x, y, chosen, wide }) {
  for (const node of layout.nodes) {
    if (node.cell < 0) continue;
    const room = nameRoom(node, textWidth(node.name, NAME_PT), perX, perMinute, NAME_PT);
    const bold = chosen[node.cell] === 1;
    const at = x(node.x);
    const beside = at + wide / 2 + 1.8;
    if (room === "below") texts.push(text(node.name, at, y(node.until) + 8, { anchor: "middle", bold }));
    else if (room === "beside") texts.push(text(node.name, beside, y(node.from) + 7, { bold }));
    else if (room) {
      const [along, from] = room === "under" ? [at - 2, node.until] : [beside, node.from];
      texts.push(text(node.name, along, y(from) + 3, { turn: 90, bold }));
    }
  }
}

/** The legend under the tree; returns the height of the whole figure. */
function legendOf({ odd, polygons, texts }, legend, top, width) {
  let [x, y] = [LEFT, top + 10];
  const words = (entry, more = {}) => texts.push(text(entry, x, y, { size: 7, ...more }));
  const square = (left, colour, side = 6) => polygons.push({
    colour, edge: QUIET,
    at: [[left, y - side], [left + side, y - side], [left + side, y], [left, y]].map((point) => point.map(short)),
  });
  const next = (room) => {
    if (x + room <= width - RIGHT) return;
    [x, y] = [LEFT, y + 12];
  };
  const entry = (label, colour) => {
    const room = 10 + textWidth(label, 7) + 10;
    next(room);
    square(x, colour);
    x += 9;
    words(label);
    x += room - 9;
  };
  const heading = legend.unit ? `${legend.title}, ${legend.unit}` : legend.title;
  words(heading, { colour: QUIET });
  x += textWidth(heading, 7) + 12;
  if (legend.swatches) {
    legend.swatches.slice(0, MOST_SWATCHES).forEach(({ label, colour }) => entry(label, colour));
    if (legend.swatches.length > MOST_SWATCHES) words(`and ${legend.swatches.length - MOST_SWATCHES} more`);
  } else {
    x = ramp({ polygons, texts }, legend, x, y);
    if (legend.none) entry(legend.none.label, legend.none.colour);
    if (legend.below) entry("below zero", legend.below);
  }
  if (odd) {
    [x, y] = [LEFT, y + 12];
    words("Divisions: triangle up, early; triangle down, late; cross, missing (open: as odd as the mother's)", { colour: QUIET });
    y += 10;
    words(SOURCE, { colour: QUIET });
  }
  return y + 12;
}

/**
 * A ramp as a strip of colour with its ends told: `shown` is [{share, colour}], `middle` the share at which zero
 * lies (null: at an end or nowhere). Returns where it ends.
 */
function ramp({ polygons, texts }, { least, most, shown, middle }, x, y) {
  const [strip, high] = [110, 6];
  const label = (value) => Number(value.toPrecision(6)).toLocaleString("en").replace("-", "–");
  const begin = x + textWidth(label(least), 7) + 4;
  texts.push(text(label(least), x, y, { size: 7 }));
  shown.forEach(({ share, colour }, i) => {
    const until = shown[i + 1]?.share ?? 1;
    const [left, right] = [begin + share * strip, begin + until * strip];
    polygons.push({ colour, edge: null, at: [[left, y - high], [right, y - high], [right, y], [left, y]].map((point) => point.map(short)) });
  });
  if (middle !== null) texts.push(text("0", begin + middle * strip, y - high - 1.5, { size: 6, anchor: "middle" }));
  const words = `${label(most)} and more`;
  texts.push(text(words, begin + strip + 4, y, { size: 7 }));
  return begin + strip + 4 + textWidth(words, 7) + 14;
}

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text as XML may hold it: what has a meaning there is escaped, what may not stand there is left out. */
export const xmlText = (words) => words.replace(FORBIDDEN, "").replace(/[&<>"']/g, (sign) => ENTITIES[sign]);

/** The figure as an SVG document, its size in mm, its texts as texts. */
export function svgOf({ title, width, height, lines, polygons, texts }) {
  const path = ({ at }) => at.map(([x1, y1, x2, y2]) => (
    x1 === x2 ? `M${x1} ${y1}V${y2}` : y1 === y2 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1}L${x2} ${y2}`)).join("");
  const parts = [
    `<title>${xmlText(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...lines.map((line) => (
      `<path d="${path(line)}" fill="none" stroke="${line.colour}" stroke-width="${short(line.width)}"${line.dotted ? ' stroke-dasharray="1 2"' : ""}/>`)),
    ...polygons.map(({ colour, edge, at }) => (
      `<polygon points="${at.map((point) => point.join(",")).join(" ")}" fill="${colour ?? "none"}"${edge ? ` stroke="${edge}" stroke-width="0.5"` : ""}/>`)),
    ...texts.map(({ text: words, x, y, size, colour, anchor, turn, bold }) => (
      `<text x="${x}" y="${y}" font-size="${size}" fill="${colour}"${anchor === "start" ? "" : ` text-anchor="${anchor}"`}`
      + `${turn ? ` transform="rotate(${turn} ${x} ${y})"` : ""}${bold ? ' font-weight="bold"' : ""}>${xmlText(words)}</text>`)),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="${short(width / MM)}mm" `
    + `height="${short(height / MM)}mm" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif">\n${parts.join("\n")}\n</svg>\n`;
}
